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

CASES = dict(small=SMALL, gauss=GAUSS, nomanip=NOMANIP, mnist=MNIST)


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


def build(name, folder, old, dtype):
    """-> model, x, x of the manipulated data, y, manipulated y."""
    case = CASES[name]
    net = model.Model(case["shape"], case["classes"], case["z"], case["m"], case["texts"], case["likelihood"], dtype)
    if name == "mnist":
        x, manipulated, y = mnist_data(case, folder, old)
        return net, x, manipulated, y, y
    y = np.array(case["y"])
    return net, drawn(case, 0), drawn(case, 1), y, (y + 1) % case["classes"]
