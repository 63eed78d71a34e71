"""The cases of bench/bench on PyTorch for the CPU, as fast as they can be written there. bench/compare runs this.

    python pytorch.py --library BUILD/libcama.so [--threads N] [--plan eager]

Before anything is timed, the models are compared with libcama's scores on the same parameters and images. Then lines
"CASE COLUMN" are read from standard input, COLUMN float32 or bf16 (autocast), and each is answered by one repetition,
a line of JSON. The first repetition of a case tries its plans (as it stands, compiled, with different tiles) and keeps
the fastest.
"""
import argparse
import contextlib
import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time


def keep_memory():
    """Have malloc keep what is freed: large tensors then cost no page faults at every step."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, (1 << 31) - 1)  # M_TRIM_THRESHOLD


keep_memory()
import numpy as np  # noqa: E402
import torch  # noqa: E402

from native import Native, read_safetensors  # noqa: E402
from pytorch_model import Model, run  # noqa: E402

TOLERANCE = 1e-4  # relative difference of scores from libcama's
LEAST_SECONDS = 0.06  # of a repetition
PRESETS = {"mnist": {}, "measurement": {"channels": 16, "classes": 4}}


def read_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", help="libcama.so")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--plan", default="", help="only the plans whose name begins so")
    parser.add_argument("--cpu-time", action="store_true", help="count processor time, as bench --cpu-time does")
    parser.add_argument("--startup", help="load this model, predict one image, say so, and leave")
    return parser.parse_args()


# ---- Models, and whether they are libcama's

def load_model(path):
    return Model(*read_safetensors(path))


def shape_of(model):
    return model.image or (1, 1, model.q_m[0].weight.shape[1])


def objectives(model, x, y):
    """What the cases compute, at the posterior means."""
    n, half = len(x), len(x) // 2
    eps_z, eps_m = x.new_zeros(n, model.Z), x.new_zeros(n, model.M)
    return {"train_do": model.train_do(x, y, eps_z), "train_joint": model.train_joint(x, y, eps_z, eps_m[half:]),
            "finetune": model.finetune(x, y, *model.frozen(x), eps_z, eps_m),
            "predict": model.predict(x, eps_z[:1], eps_m[:1], model.y_parts())}


def differences(native, handle, model):
    """The largest relative differences of scores and objectives on 12 random images."""
    random = np.random.default_rng(1)
    x = random.random((12, *shape_of(model)), dtype=np.float32)
    y = random.integers(0, model.C, 12)
    expected = native.scores(handle, x, y, model.C)
    elbo, elbo_do, marginal = (expected[name] for name in ("elbo", "elbo_do", "elbo_marginal"))
    expected |= {"train_do": -elbo_do.mean(), "train_joint": -(elbo_do[:6].mean() + elbo[6:].mean()) / 2,
                 "finetune": -(elbo[:6].mean() + marginal[6:].mean()) / 2}
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    with torch.inference_mode():
        got = model.scores(x, y) | objectives(model, x, y)
    return {name: float(np.abs(got[name].numpy() - value).max() / np.abs(value).max())
            for name, value in expected.items()}


def make_models(library, folder):
    """A file for each preset, written by libcama, of the model that is timed. Refuses to go on if PyTorch computes something else."""
    native, files, found = Native(library), {}, {}
    for preset, options in PRESETS.items():
        files[preset] = os.path.join(folder, f"{preset}.safetensors")
        handle = native.filled_model(preset, **options)
        native.save(handle, files[preset])
        for name, value in differences(native, handle, load_model(files[preset])).items():
            found[f"{preset}.{name}"] = value
            if not value <= TOLERANCE:
                sys.exit(f"pytorch.py: preset {preset}, {name}: expected libcama's numbers to {TOLERANCE:g}, got a "
                         f"relative difference of {value:g}: not the same computation, nothing is timed")
        native.save(native.model(preset, **options), files[preset])
    return files, found


# ---- Cases. A maker gets the case and fills in plans: (name, function that returns what one call does)

class Case:
    unit, amount, inference = "images", 1, False

    def __init__(self, name, files, arguments):
        self.name, self.arguments, self.column, self.kept = name, arguments, "float32", {}
        self.path = files["measurement" if name.startswith("measurement") else "mnist"]
        self.shape, self.plans = shape_of(load_model(self.path)), []
        maker, options = CASES.get(name, (layer, {}))
        maker(self, **options)
        compiler = shutil.which("g++") or shutil.which("clang++")
        self.plans = [p for p in self.plans if p[0].startswith(arguments.plan)
                      and (compiler or not p[0].startswith("compiled"))]

    def data(self, n, classes):
        torch.manual_seed(1)
        return torch.rand(n, *self.shape), torch.arange(n) % classes

    def both(self, build):
        """The plans of a step: as it stands, and compiled but for the nets on images, whose pools are slower then."""
        def compiled():
            model = load_model(self.path)
            if model.image:
                model.run_images = torch.compiler.disable(run)
            return build(model, lambda f: torch.compile(f, dynamic=False))
        self.plans += [("eager", lambda: build(load_model(self.path), lambda f: f)), ("compiled", compiled)]

    @contextlib.contextmanager
    def mode(self):
        with contextlib.ExitStack() as stack:
            if self.inference:
                stack.enter_context(torch.inference_mode())
            if self.column == "bf16":
                stack.enter_context(torch.autocast("cpu", torch.bfloat16))
            yield

    def contenders(self):
        """The plans whose best of four tries, taken in turns, is nearly the best of all, and the seconds of all."""
        calls, self.tried = {}, {}
        for name, build in self.plans:
            try:
                calls[name] = build()
                self.seconds_of(calls[name])  # which may compile
                self.tried[name] = self.seconds_of(calls[name])
            except Exception as error:  # a plan that does not work here is not the fastest
                calls.pop(name, None)
                print(f"pytorch.py: {self.name}, {name}: {type(error).__name__}: {str(error)[:200]}", file=sys.stderr)
        if self.tried and len(calls) > 1:
            for _ in range(3):
                self.tried = {name: min(self.tried[name], self.seconds_of(call)) for name, call in calls.items()}
        best = min(self.tried.values())
        return [(name, calls[name]) for name, s in self.tried.items() if s < 1.1 * best], dict(self.tried), best

    def seconds_of(self, call):
        clock = time.process_time if self.arguments.cpu_time else time.perf_counter
        start = clock()
        took = call()
        return clock() - start if took is None else took

    def repeat(self, column):
        self.column = column
        if column not in self.kept:
            plans, tried, best = self.contenders()
            self.kept[column] = plans, tried, max(1, round(LEAST_SECONDS / best))
        plans, tried, calls = self.kept[column]
        plan, call = plans[0]
        plans.append(plans.pop(0))  # the next repetition is the next plan's
        seconds = sum(self.seconds_of(call) for _ in range(calls))
        return {"case": self.name, "column": column, "unit": self.unit, "rate": self.amount * calls / seconds,
                "plan": plan, "tried": {name: self.amount / s for name, s in tried.items()},
                "rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-4, fused=True)


def descend(optimizer, loss):
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def train(case, n, batch=128, joint=False):
    case.amount = n

    def build(model, compiled):
        (x, y), optimizer = case.data(n, model.C), adam(model.parameters())
        objective = compiled(model.train_joint if joint else model.train_do)
        eps = [torch.empty(batch, model.Z)] + ([torch.empty(batch // 2, model.M)] if joint else [])

        def epoch():
            for rows in torch.randperm(n).split(batch):
                noise = [e.normal_() for e in eps]
                with case.mode():
                    loss = objective(x[rows], y[rows], *noise)
                descend(optimizer, loss)
        return epoch
    case.both(build)


def finetune(case, batch=128):
    case.amount = 2 * batch

    def build(model, compiled, kept=False):
        model.requires_grad_(False)
        adapted = [*model.p_m.requires_grad_(True).parameters(), *model.q_m.requires_grad_(True).parameters()]
        (x, y), optimizer = case.data(2 * batch, model.C), adam(adapted)
        eps_z, eps_m = torch.empty(2 * batch, model.Z), torch.empty(2 * batch, model.M)
        objective, frozen = compiled(model.finetune_kept if kept else model.finetune), compiled(model.frozen)

        def step():
            order = torch.cat([torch.randperm(batch), batch + torch.randperm(batch)])
            eps_z.normal_(), eps_m.normal_()
            with case.mode():
                with torch.no_grad():
                    shared = frozen(x[order])
                loss = objective(x[order], y[order], *shared, eps_z, eps_m)
            descend(optimizer, loss)
        return step
    case.both(build)
    case.plans.append(("eager, kept rows", lambda: build(load_model(case.path), lambda f: f, kept=True)))


def tiled(case, n, tiles, function, noise):
    """Plans of an inference: tiles of different size as it stands, and the best of them compiled."""
    case.amount, case.inference = n, True

    def build(tile, compile_it):
        model = load_model(case.path).requires_grad_(False)
        x, y = case.data(n, model.C)
        call = torch.compile(getattr(model, function), dynamic=False) if compile_it else getattr(model, function)
        draws = [torch.empty(rows, getattr(model, size)) for rows, size in noise]

        def predict():
            with case.mode():
                eps = [d.normal_() for d in draws]
                more = (*eps, model.y_parts()) if eps else ()
                for i in range(0, n, tile):
                    call(x[i:i + tile], *(more or (y[i:i + tile],)))
        return predict

    def compiled():
        eager = {name: s for name, s in case.tried.items() if name.startswith("eager")}
        return build(int(min(eager, key=eager.get).split()[-1]), True)
    case.plans += [(f"eager, tile {tile}", lambda tile=tile: build(tile, False)) for tile in tiles]
    case.plans.append(("compiled", compiled))


def predict(case, n, k, tiles):
    tiled(case, n, tiles, "predict", [(k, "Z"), (1, "M")])


def encode(case, n, tiles):
    tiled(case, n, tiles, "encode", [])


def once(unit, amount, prepare):
    """A case with one plan; prepare gives the call, which may return the seconds that count."""
    def maker(case):
        case.unit, case.amount = unit, amount
        case.plans.append(("eager", lambda: prepare(case)))
    return maker


def adam_step(case):
    model = load_model(case.path)
    for p in model.parameters():
        p.grad = p.detach() * 1e-3
    optimizer = adam(model.parameters())
    return lambda: optimizer.step()


def noise(case):
    values = torch.empty(1 << 16)

    def call():
        values.normal_()
    return call


def save(case):
    model, path = load_model(case.path), case.path + ".pt"
    return lambda: torch.save(model.state_dict(), path)


def load(case):
    path = case.path + ".pt"
    torch.save(load_model(case.path).state_dict(), path)
    model = load_model(case.path)

    def call():
        model.load_state_dict(torch.load(path, weights_only=True), assign=True)
    return call


def startup(case):
    """Seconds from the start of a process to its byte that says that the prediction is there."""
    command = [sys.executable, os.path.abspath(__file__), "--startup", case.path,
               "--threads", str(case.arguments.threads)]

    def call():
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert child.stdout.read(1) == b"!"
        seconds = time.perf_counter() - start
        child.wait()
        return seconds
    return call


def start_up(path):
    model = load_model(path).requires_grad_(False)
    with torch.inference_mode():
        model.predict(torch.rand(1, 28, 28, 1), torch.randn(10, model.Z), torch.randn(1, model.M), model.y_parts())
    os.write(1, b"!")


def layer(case):
    """NET.INDEX[.PART].PASS, as bench_layers.c names it; the backwards alone, through a graph that is kept."""
    net, index, *part, what = case.name.split(".")
    model = load_model(case.path)
    layers = [*model.trunk, *model.head] if net == "q_z" else list(getattr(model, net))
    pools = index.startswith("pool")
    found = [each for each in layers if (each.kind == "pool") == pools][int(index.removeprefix("pool"))]
    n = model.C if net == "p_y" or part == ["y"] else 128
    shape, weight, function = found.shape, getattr(found, "weight", None), found.pool if pools else found.linear
    if part:
        weight = found.join[{"x": 0, "y": 0 if net == "p_merge" else 1, "z": 1, "m": 2}[part[0]]]
        shape, function = (weight.shape[1],), lambda x: torch.nn.functional.linear(x, weight)
    x = torch.rand(n, *shape)
    x = x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x
    out = function(x.requires_grad_())
    wanted, gradient = x if what == "data" else weight, torch.rand_like(out)

    def forward():
        with torch.inference_mode():
            function(x) if part or pools else found(x)

    def backward():
        torch.autograd.grad(out, wanted, gradient, retain_graph=True)
    case.amount = n
    case.plans.append(("eager", lambda: forward if what == "forward" else backward))


CASES = {
    "train_do": (train, {"n": 256}),
    "train_joint": (train, {"n": 256, "batch": 256, "joint": True}),
    "finetune": (finetune, {}),
    "predict_k1": (predict, {"n": 576, "k": 1, "tiles": (8, 16, 48, 144)}),
    "predict_k10": (predict, {"n": 144, "k": 10, "tiles": (1, 2, 6, 18, 144)}),
    "predict_k100": (predict, {"n": 48, "k": 100, "tiles": (1, 2)}),
    "predict_one": (predict, {"n": 1, "k": 10, "tiles": (1,)}),
    "encode": (encode, {"n": 576, "tiles": (48, 144, 576)}),
    "measurement_train": (train, {"n": 6400}),
    "measurement_predict": (predict, {"n": 1152, "k": 10, "tiles": (16, 64, 288, 1152)}),
    "startup": (once("starts", 1, startup), {}),
    "adam": (once("steps", 1, adam_step), {}),
    "noise": (once("normals", 1 << 16, noise), {}),
    "save": (once("files", 1, save), {}),
    "load": (once("files", 1, load), {}),
}


def work(arguments):
    with tempfile.TemporaryDirectory() as folder:
        files, found = make_models(os.path.abspath(arguments.library), folder)
        print(json.dumps({"ready": f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}",
                          "differences": found}), flush=True)
        cases = {}
        for line in sys.stdin:
            name, column = line.split()
            if name not in cases:
                cases[name] = Case(name, files, arguments)
            print(json.dumps(cases[name].repeat(column)), flush=True)


def main():
    arguments = read_arguments()
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    with contextlib.suppress(AttributeError, KeyError):
        torch._dynamo.config.recompile_limit = 256  # one function compiled for every case, tile and column
    if arguments.startup:
        start_up(arguments.startup)
    else:
        work(arguments)


if __name__ == "__main__":
    main()
