"""The models and data of the fixtures."""
import gzip
import os

import numpy as np

import model
import philox
import records

SMALL = dict(
    shape=(9, 7, 2), classes=3, z=5, m=4, n=7, likelihood="bernoulli", y=[0, 2, 1, 1, 0, 2, 2], seed=20201,
    texts=dict(
        p_y="dense 5 tanh", p_z="dense 8 relu, dense 6 softplus", p_m="dense 7 elu, dense 4 sigmoid",
        p_merge="dense 5x4x3 elu, tconv 4 3x3 /2 +1 tanh, tconv 3 5x5 /2 softplus, conv 2 3x3 /2 valid",
        q_m="conv 4 3x3 tanh, pool 2, conv 5 3x3 /2 elu, dense 10 sigmoid",
        q_z="conv 6 5x5 relu, pool 2, conv 4 3x3 valid softplus, dense 9 tanh | dense 8 leaky, dense 7 relu"))

GAUSS = dict(
    shape=(1, 1, 6), classes=4, z=3, m=2, n=5, likelihood="gaussian", y=[3, 0, 1, 2, 1], seed=(1 << 33) + 5,
    texts=dict(
        p_y="dense 5 tanh", p_z="dense 6 relu, dense 4 softplus", p_m="dense 4 elu",
        p_merge="dense 7 sigmoid, dense 6",
        q_m="dense 6 leaky", q_z="dense 7 softplus, dense 5 elu | dense 6 tanh"))

NOMANIP = dict(
    shape=(7, 5, 1), classes=2, z=3, m=0, n=4, likelihood="bernoulli", y=[1, 0, 0, 1], seed=77,
    texts=dict(
        p_y="dense 4 relu", p_z="dense 5 tanh",
        p_merge="dense 6 softplus, dense 7x5x3 elu, tconv 2 3x3 leaky, conv 1 3x3",
        q_z="conv 3 3x3 leaky, pool 3, dense 6 relu | dense 5 tanh"))

DENSE = "dense 500 relu"
MNIST = dict(
    shape=(28, 28, 1), classes=10, z=64, m=32, n=6, likelihood="bernoulli", y=None, seed=20201, preset="mnist",
    texts=dict(
        p_y=f"{DENSE}, {DENSE}", p_z=f"{DENSE}, {DENSE}", p_m=", ".join([DENSE] * 4),
        p_merge="dense 4x4x64 relu, tconv 64 3x3 /2 relu, tconv 64 3x3 /2 +1 relu, tconv 1 3x3 /2 +1",
        q_m=", ".join(["conv 64 3x3 relu, pool 2"] * 3 + [DENSE]),
        q_z=", ".join(["conv 64 5x5 relu, pool 2"] * 3 + [DENSE]) + " | " + DENSE))

# ---- Measurement data: role, kind and levels of each variable --------------------------------------------------------

CONTINUOUS, BINARY = ("continuous", 1), ("binary", 1)


def levels(count):
    return "categorical", count


GRAPH = dict(
    classes=3, z=4, m=3, n=9, likelihood="gaussian", seed=515, preset_for="measurement", standard=False,
    variables=[("x", *CONTINUOUS), ("a", *levels(3)), ("x", *CONTINUOUS), ("c", *CONTINUOUS), ("x", *BINARY),
               ("x", *levels(4)), ("a", *CONTINUOUS), ("c", *levels(2)), ("x", *BINARY), ("x", *levels(3)),
               ("c", *BINARY), ("a", *BINARY), ("x", *CONTINUOUS), ("c", *CONTINUOUS)],
    texts=dict(
        p_prior="dense 6 tanh, dense 5 relu", p_y="dense 5 tanh", p_z="dense 6 relu, dense 4 softplus",
        p_m="dense 4 elu", p_c="dense 6 relu, dense 3 tanh", p_merge="dense 7 sigmoid, dense x",
        q_m="dense 6 leaky", q_z="dense 7 softplus, dense 5 elu | dense 6 tanh"))

STUDENT = dict(
    classes=4, z=3, m=2, n=8, likelihood="student", nu=3.5, seed=616, preset_for="measurement", standard=True,
    m_enters="gain", variance=True, c_linear=True, clip=0.75,
    variables=[("c", *CONTINUOUS), ("x", *CONTINUOUS), ("x", *CONTINUOUS), ("x", *BINARY), ("c", *levels(3)),
               ("x", *CONTINUOUS), ("a", *CONTINUOUS), ("a", *CONTINUOUS), ("c", *CONTINUOUS), ("x", *CONTINUOUS)],
    texts=dict(
        p_prior="dense 5 relu", p_y="dense 4 tanh", p_z="dense 5 tanh", p_m="dense 5 elu, dense 4 tanh",
        p_c="dense 5 softplus", p_merge="dense 7 tanh, dense x elu", q_m="dense 6 tanh",
        q_z="dense 6 tanh | dense 5 relu"))

AFFINE = dict(
    classes=3, z=2, m=3, n=7, likelihood="gaussian", seed=717, preset_for="measurement", standard=True,
    m_enters="affine", clip=1.25, limits=[(-0.5, -1.5), (0.75, 0.25)],
    variables=[("x", *CONTINUOUS), ("x", *levels(3)), ("x", *CONTINUOUS), ("c", *CONTINUOUS), ("c", *CONTINUOUS),
               ("x", *CONTINUOUS)],
    texts=dict(
        p_y="dense 4 tanh", p_z="dense 5 relu", p_m="dense 5 tanh", p_c="dense 4 elu", p_merge="dense x",
        q_m="dense 5 elu, dense 4 relu", q_z=" | dense 6 tanh"))

DNN = dict(
    classes=4, z=0, m=0, n=9, likelihood="gaussian", seed=818, preset_for="measurement-dnn", standard=True, clip=0.75,
    variables=[("x", *CONTINUOUS), ("x", *BINARY), ("a", *CONTINUOUS), ("c", *levels(3)), ("x", *levels(3)),
               ("a", *levels(2)), ("c", *CONTINUOUS), ("x", *CONTINUOUS)],
    texts=dict(dnn="dense 7 tanh, dense 6 elu | dense 8 relu, dense 5 tanh"))

GAPS = dict(
    classes=3, z=3, m=2, n=9, likelihood="gaussian", seed=919, preset_for="measurement", standard=True,
    m_enters="affine", variance=True, c_linear=True, clip=1.25, gaps=0.4,
    variables=[("x", *CONTINUOUS), ("c", *CONTINUOUS), ("x", *BINARY), ("x", *levels(3)), ("a", *CONTINUOUS),
               ("x", *CONTINUOUS), ("c", *levels(2)), ("x", *CONTINUOUS)],
    texts=dict(
        p_prior="dense 4 tanh", p_y="dense 4 tanh", p_z="dense 5 tanh", p_m="dense 5 elu", p_c="dense 4 softplus",
        p_merge="dense 7 tanh, dense x", q_m="dense 6 tanh", q_z="dense 6 tanh | dense 5 elu"))

DNN_GAPS = dict(DNN, seed=929, gaps=0.4)

TABLES = dict(graph=GRAPH, student=STUDENT, affine=AFFINE, dnn=DNN, gaps=GAPS, dnn_gaps=DNN_GAPS)
CASES = dict(small=SMALL, gauss=GAUSS, nomanip=NOMANIP, mnist=MNIST, **TABLES)


def exact(values):
    """The nearest float32 numbers, so that both sides start from the same data."""
    return np.asarray(values, np.float32).astype(np.float64)


def without_ties(x):
    """Images with a noise floor: on a constant background all entries of a max pool tie, and the gradient with respect
    to x then has as many values as there are ways to break the ties."""
    noise = philox.uniforms(101, philox.RNG_MANIPULATE, 3, philox.NO_EXAMPLE, 0, x.size).reshape(x.shape)
    return exact(0.9 * x + 0.1 * noise)


def drawn(case, sample):
    """Made-up observations: uniform pixels, or normal vectors."""
    size = (case["n"], *case["shape"])
    draw = philox.uniforms if case["likelihood"] == "bernoulli" else philox.normals
    return exact(draw(101, philox.RNG_MANIPULATE, sample, philox.NO_EXAMPLE, 0, int(np.prod(size)))).reshape(size)


def mnist_data(case, folder, old):
    """The first n test images and their labels; without a folder, those in the old fixture."""
    if folder is None:
        x, y = records.read(old)["x"], records.read(old)["y"]
    else:
        n = case["n"]
        with gzip.open(os.path.join(folder, "t10k-images-idx3-ubyte.gz")) as f:
            x = np.frombuffer(f.read(16 + n * 784)[16:], np.uint8).reshape(n, 28, 28, 1)
        with gzip.open(os.path.join(folder, "t10k-labels-idx1-ubyte.gz")) as f:
            y = np.frombuffer(f.read(8 + n)[8:], np.uint8)
        x = (x.astype(np.float32) / np.float32(255)).astype(np.float64)
    shifted = np.zeros_like(x)
    shifted[:, 3:, 1:] = x[:, :-3, :-1]
    return x, shifted, np.array(y, np.int64)


def block(case, settings, role, sample):
    """Made-up numbers (n, width) of a role: normal, 0 or 1, or one-hot. mean and scale of `settings` if it has them."""
    n, width = case["n"], settings.width(role)
    start = sum(settings.width(r) for r in "xac"[:"xac".index(role)])
    normal, uniform = (draw(101, philox.RNG_MANIPULATE, sample + "xac".index(role), philox.NO_EXAMPLE, 0,
                            n * width).reshape(n, width) for draw in (philox.normals, philox.uniforms))
    out = np.zeros((n, width))
    for kind, first, end in settings.spans(role):
        if kind == "continuous":
            mean, scale = (0.0, 1.0) if settings.mean is None else (settings.mean[start + first],
                                                                   settings.scale[start + first])
            out[:, first] = exact(mean + scale * normal[:, first])
        elif kind == "binary":
            out[:, first] = uniform[:, first] < 0.5
        else:
            out[np.arange(n), first + (uniform[:, first] * (end - first)).astype(int)] = 1
    return out


def take_cells(case, settings, x, sample):
    """x with NaN for about a share `gaps` of its variables; row 0 has all, row 1 none."""
    spans = list(settings.spans("x"))
    drawn = philox.uniforms(107, philox.RNG_MANIPULATE, sample, philox.NO_EXAMPLE, 0, len(x) * len(spans))
    for row, draws in enumerate(drawn.reshape(len(x), -1)):
        for (_, first, end), draw in zip(spans, draws):
            if row == 1 or row > 0 and draw < case["gaps"]:
                x[row, first:end] = np.nan
    return x


def settings_of(case):
    """The case's settings; mean and scale are float32 numbers, 0 and 1 for what is not continuous."""
    out = model.Settings(case["variables"], case.get("m_enters", "merge"), case.get("variance", False),
                         case.get("c_linear", False), case.get("clip", 0.0), case.get("nu", 3.0),
                         limits=case.get("limits"), discriminative="dnn" in case["texts"])
    if case["standard"]:
        flags = [kind == "continuous" for role in "xac" for kind, first, end in out.spans(role)
                 for _ in range(first, end)]
        normal, uniform = (draw(103, philox.RNG_MANIPULATE, 0, philox.NO_EXAMPLE, 0, len(flags))
                           for draw in (philox.normals, philox.uniforms))
        out.mean, out.scale = exact(np.where(flags, normal, 0)), exact(np.where(flags, 0.5 + 2 * uniform, 1))
    return out


def build(name, folder, old, dtype):
    """-> model, clean and manipulated data (x, a, c), y, manipulated y."""
    case = CASES[name]
    if name in TABLES:
        settings = settings_of(case)
        net = model.Model((1, 1, settings.width("x")), case["classes"], case["z"], case["m"], case["texts"],
                          case["likelihood"], settings, dtype)
        data = []
        for sample in (10, 20):
            x, a, c = (block(case, settings, role, sample) for role in "xac")
            x = take_cells(case, settings, x, sample) if "gaps" in case else x
            data.append((x.reshape(len(x), 1, 1, -1), a, c))
        y = np.arange(case["n"]) * 7 % 5 % case["classes"]
        return net, *data, y, (y + 1) % case["classes"]
    net = model.Model(case["shape"], case["classes"], case["z"], case["m"], case["texts"], case["likelihood"],
                      dtype=dtype)
    if name == "mnist":
        x, manipulated, y = mnist_data(case, folder, old)
        return net, (x, None, None), (manipulated, None, None), y, y
    y = np.array(case["y"])
    return net, (drawn(case, 0), None, None), (drawn(case, 1), None, None), y, (y + 1) % case["classes"]
