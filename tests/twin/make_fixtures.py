"""Write tests/twin/fixtures/*.twin; see README.md.

    python tests/twin/make_fixtures.py [--mnist FOLDER] [--check] [--float32] [--list] [CASE ...]

--check compares gradients with central differences and densities with torch.distributions, and writes nothing.
--float32 computes everything once more in single precision and prints how far that is from the double result:
tolerances are derived from it.
"""
import argparse
import math
import os
import sys

sys.dont_write_bytecode = True

import numpy as np
import torch

import cases
import checks
import philox
import records

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")
LAMBDA, ALPHA, RATE, WHOLE = 0.3, 0.4, 1e-3, 4096
FINE = ("p_m.", "q_m.")


def numbers(value):
    if isinstance(value, torch.Tensor):
        value = value.detach()
    return np.asarray(value, np.float64)


class Twin:
    """One case: its model, its data, and the records written so far."""

    def __init__(self, name, folder, dtype=torch.float64):
        self.name, self.case, self.out, self.dtype = name, cases.CASES[name], {}, dtype
        old = os.path.join(FOLDER, name + ".twin")
        self.net, self.data, self.data2, self.y, self.y2 = cases.build(name, folder, old, dtype)
        self.x, self.x2 = self.data[0], self.data2[0]
        self.n, self.seed, self.M = len(self.x), self.case["seed"], self.case["m"]
        self.table, self.classifies = name in cases.TABLES, self.net.s.discriminative
        self.m0 = np.array([0.5, -1.25, 0.75, 2.0, -0.375] * 7)[:self.M]
        self.images, self.images2 = self.net.batch(*self.data), self.net.batch(*self.data2)
        self.attacked = cases.without_ties(self.x) if name == "mnist" else self.x
        self.overrides = self.choose_overrides()
        self.net.fill(self.overrides)

    def choose_overrides(self):
        """In case gauss, two biases push a log-variance below its bound of -20; in case student, additions to the
        log-variances, of p_merge and of p_m, are large enough for their bound to show."""
        def last_bias(net):
            return max(i for i, s in enumerate(self.net.names) if s.startswith(net) and s.endswith("bias"))

        if self.name == "gauss":
            return np.array([[last_bias("q_m"), self.M, -30.0], [last_bias("q_z"), self.case["z"] + 1, -30.0]])
        if self.name == "student":
            return np.array([[last_bias("p_merge"), self.net.D + 1, 1.9], [last_bias("p_m"), self.net.D, -3.9]])
        return np.zeros((0, 3))

    def put(self, name, value):
        missing = np.isnan(numbers(value)) if name in ("x", "x2") and "gaps" in self.case else False
        assert name not in self.out and np.all(np.isfinite(numbers(value)) | missing), name
        self.out[name] = numbers(value)

    # -- parameters and gradients

    def tensor(self, prefix, name, value):
        """A tensor whole as PREFIX.NAME, or, in the big case, its summary as PREFIX.NAME.sum."""
        value = numbers(value)
        if self.name != "mnist" and value.size <= WHOLE:
            self.put(f"{prefix}.{name}", value)
        else:
            self.put(f"{prefix}.{name}.sum", self.summary(name, value))

    def summary(self, name, value):
        t, flat = self.net.names.index(name), value.reshape(-1)
        out = np.zeros(12)
        r1, r2 = (philox.normals(7, philox.RNG_INIT, t + k, philox.NO_EXAMPLE, 0, flat.size) for k in (1000, 2000))
        out[:4] = flat.sum(), flat @ r1, flat @ r2, flat @ flat
        out[4:4 + min(8, flat.size)] = flat[:8]
        return out

    def trained(self, nets):
        """Tensors of these nets (none given: all); the linear effect of c is never trained."""
        return [t for t in self.net.names if not t.startswith("c_linear.") and (not nets or t.startswith(nets))]

    def gradients(self, name, objective, nets=()):
        tensors = self.trained(nets)
        grads = torch.autograd.grad(objective, [self.net.theta[t] for t in tensors], allow_unused=True)
        self.put(f"objective.{name}", objective)
        for t, g in zip(tensors, grads):
            self.tensor(f"grad.{name}", t, torch.zeros(self.net.theta[t].shape) if g is None else g)

    # -- objectives

    def noise(self, seed, step=0, U=1, K=1):
        return self.net.noise(seed, range(self.n), step, U, K)

    def clean(self, m0, step=0, U=1, K=1):
        noise = self.noise(self.seed, step, 1 if m0 is not None else U, K)
        return self.net.elbo(self.images, self.y, m0, *noise).mean()

    def manipulated(self, m0, step=0, U=1, K=1):
        noise = self.noise(self.seed + 1, step, 1 if m0 is not None else U, K)
        return self.net.elbo(self.images2, self.y2, m0, *noise).mean()

    def unlabelled(self, step=0, U=1, K=1):
        return self.net.elbo_marginal(self.images2, *self.noise(self.seed + 1, step, U, K)).mean()

    def zero(self):
        return np.zeros(self.M)

    def objectives(self):
        """name -> (function of step, names of nets that get gradients)."""
        zero = self.zero()

        def fine(m0, **samples):
            return lambda step: ALPHA * self.clean(m0, step, **samples) + (1 - ALPHA) * self.unlabelled(step, **samples)

        def joint(m0, **samples):
            return lambda step: LAMBDA * self.clean(zero, step, **samples) \
                + (1 - LAMBDA) * self.manipulated(m0, step, **samples)

        table = {"train": (lambda step: self.clean(zero, step), ()), "joint": (joint(None), ())}
        if self.M:
            table["do_m0"] = lambda step: self.clean(self.m0, step), ()
            table["joint_do_m0"] = joint(self.m0), ()
            table["fine_elbo"] = fine(None), FINE
            table["fine_do"] = fine(zero), FINE
        if self.M and self.name != "mnist":
            table["joint_u2k3"] = joint(None, U=2, K=3), ()
            table["fine_elbo_u2k3"] = fine(None, U=2, K=3), FINE
        return table

    def adam(self, name, objective, steps, nets=()):
        """How far torch.optim.Adam moves each tensor from its initial values, which it has again afterwards."""
        self.net.fill(self.overrides)
        tensors = self.trained(nets)
        initial = {t: self.net.theta[t].detach().clone() for t in tensors}
        frozen = {t: v.detach().clone() for t, v in self.net.theta.items() if t not in tensors}
        for t in frozen:
            self.net.theta[t].requires_grad_(False)
        optimizer = torch.optim.Adam([self.net.theta[t] for t in tensors], lr=RATE)
        values = []
        for step in range(steps):
            optimizer.zero_grad()
            value = objective(step)
            values.append(float(value.detach()))
            (-value).backward()
            optimizer.step()
        self.put(f"adam.{name}.objective", values)
        for t in tensors:
            self.tensor(f"adam.{name}", t, self.net.theta[t] - initial[t])
        assert all(torch.equal(v, self.net.theta[t]) for t, v in frozen.items())
        self.net.fill(self.overrides)

    def tent(self, name, steps=10):
        """How far each tensor moves as Adam lowers the mean entropy of p(y|x) over `x2`: through the last layer, or
        through a scale and a shift for each output of the (dense) layers before it."""
        net, (*hidden, weight, bias) = self.net, self.net.names
        net.fill(self.overrides)
        source = {t: v.detach().clone() for t, v in net.theta.items()}
        moving = {weight: source[weight].clone(), bias: source[bias].clone()}
        if name == "affine":
            moving = {t: torch.zeros_like(source[t]) if t.endswith("bias") else torch.ones_like(source[t][:, 0])
                      for t in hidden}
        optimizer = torch.optim.Adam([v.requires_grad_() for v in moving.values()], lr=RATE)
        values = []
        for step in range(steps + 1):
            net.theta = {**source, **moving}
            for w, b in zip(hidden[::2], hidden[1::2]) if name == "affine" else ():
                net.theta[w] = moving[w][:, None] * source[w]
                net.theta[b] = moving[w] * source[b] + moving[b]
            log_p = net.log_classifier(self.images2)
            value = (log_p.exp() * log_p).sum(1).mean()
            values.append(float(value.detach()))
            if step < steps:
                optimizer.zero_grad()
                (-value).backward()
                optimizer.step()
        self.put(f"tent.{name}.objective", values)
        for t in hidden if name == "affine" else (weight, bias):
            self.tensor(f"tent.{name}", t, net.theta[t].detach() - source[t])
        net.fill(self.overrides)

    # -- groups of records

    def describe(self):
        case, net = self.case, self.net
        for key, text in case["texts"].items():
            self.put(f"text.{key}", records.text(text))
        self.put("text.likelihood", records.text(case["likelihood"]))
        if self.table:
            self.describe_table()
        if "preset" in case:
            self.put("text.preset", records.text(case["preset"]))
        self.put("text.parameters", records.text("\n".join(net.names)))
        self.put("sizes", [self.n, *net.shape, case["classes"], case["z"], case["m"]])
        self.put("gains", net.gains)
        self.put("counts", [math.prod(s) for s in net.shapes])
        self.put("overrides", self.overrides)
        self.put("seed", self.seed)
        self.put("options", [LAMBDA, ALPHA, RATE])
        for key, value in (("m0", self.m0), ("x", self.x), ("y", self.y), ("x2", self.x2), ("y2", self.y2)):
            self.put(key, value)
        if not self.table:
            self.put("attack.x", self.attacked)
        for t in net.names:
            self.put(f"param.{t}.sum", self.summary(t, numbers(net.theta[t])))

    def describe_table(self):
        """The schema, and what the options of the model are."""
        s = self.net.s
        self.put("text.preset_for", records.text(self.case["preset_for"]))
        lines = [f"{role} {kind} {levels}" for role, kind, levels in s.variables]
        self.put("text.schema", records.text("\n".join(lines)))
        self.put("text.m_enters", records.text(s.m_enters))
        self.put("settings", [s.variance, s.c_linear, s.clip, s.nu])
        if s.mean is not None:
            self.put("standard", [s.mean, s.scale])
        if s.limits is not None:
            self.put("limits", s.limits)
        for key, data in (("", self.data), ("2", self.data2)):
            self.put("a" + key, data[1])
            self.put("c" + key, data[2])

    def scores(self):
        net, mean = self.net, self.noise(self.seed)
        mean = tuple(torch.zeros_like(e) for e in mean)
        for key, m0 in (("zero", self.zero()), ("m0", self.m0)) if self.M else (("zero", self.zero()),):
            for K in (1, 2, 3) if not self.classifies else (1,):
                self.put(f"elbo_do.{key}.k{K}", net.elbo(self.images, self.y, m0, *self.noise(self.seed, 0, 1, K)))
            self.put(f"elbo_do.{key}.mean", net.elbo(self.images, self.y, m0, *mean))
        samples = {"u1k1": (1, 1), "u1k2": (1, 2), "u2k3": (2, 3)}
        for key, eps in [(key, self.noise(self.seed, 0, U, K)) for key, (U, K) in samples.items()] + [("mean", mean)]:
            if self.classifies and key != "u1k1":
                continue
            if self.M or key != "u2k3":
                self.put(f"elbo.{key}", net.elbo(self.images, self.y, None, *eps))
            if not self.classifies and (self.M or key != "u2k3"):
                self.put(f"elbo_marginal.{key}", net.elbo_marginal(self.images, *eps))

    def predictions(self):
        """w, p and the gradient of -log p(y_i|x_i) with respect to x_i, in total and through the encoders alone; the
        rest is the path through the likelihood."""
        net, pick = self.net, torch.arange(self.n)
        for key, m0, U, K in (("infer.u1k1", None, 1, 1), ("infer.u2k3", None, 2, 3), ("infer.mean", None, 1, 1),
                              ("zero.u1k3", self.zero(), 1, 3), ("zero.mean", self.zero(), 1, 1)):
            if m0 is None and not self.M or self.classifies and key != "zero.mean":
                continue
            eps = net.noise(self.seed, self.n, 0, U, K)
            if key.endswith("mean"):
                eps = tuple(torch.zeros_like(e) for e in eps)
            with torch.no_grad():
                w = net.log_weights(self.images, self.images.x, m0, *eps)
                self.put(f"predict.{key}.w", w)
                self.put(f"predict.{key}.p", net.log_predict(w).exp())
            if self.name == "mnist" and key not in ("infer.u2k3", "zero.u1k3"):
                continue
            given = net.batch(self.attacked, *self.data[1:])
            x, target, c = (v.clone().requires_grad_() for v in (given.x, given.x, given.c))
            log_p = net.log_predict(net.log_weights(given._replace(x=x, c=c), target, m0, *eps))
            paths = torch.autograd.grad(-log_p[pick, torch.as_tensor(self.y)].sum(), [x, target, c], allow_unused=True)
            encoder, likelihood = (torch.zeros_like(x) if g is None else g for g in paths[:2])
            encoder, likelihood = (g.permute(0, 2, 3, 1) for g in (encoder, likelihood))
            there = self.images.there.reshape(self.n, net.shape[2], *net.shape[:2]).permute(0, 2, 3, 1)
            self.put(f"attack.{key}.dx", there * (encoder + likelihood))
            if not self.table:
                self.put(f"attack.{key}.dx_encoder", encoder)
            if net.P:
                self.put(f"attack.{key}.dc", paths[2])

    def latents(self):
        """Encode, reconstruct and generate, with z and m at their posterior means and y the label."""
        net, pick, y = self.net, torch.arange(self.n), torch.as_tensor(self.y)
        zero = torch.zeros(self.n, self.M, dtype=self.dtype)
        m0 = torch.as_tensor(self.m0, dtype=self.dtype).expand(self.n, self.M)
        a, c, m = self.images.a, self.images.c, zero
        if self.M:
            m, m_lv = net.encode_m(self.images.x)
            self.put("encode.m_mu", m)
            self.put("encode.m_lv", m_lv)

        def reading(m, given):
            """given: not do(m = 0)."""
            return net.reading(m) if net.readings and given else None

        for key, given in (("infer", m), ("zero", zero)) if self.M else (("zero", zero),):
            seen = net.seen(self.images.x.flatten(1), c, reading(given, key == "infer"), self.images.there)
            mu, lv = net.encode_z(seen[:, None], given[:, None], a, c)
            z = mu[pick, 0, y]
            self.put(f"encode.{key}.z_mu", z)
            self.put(f"encode.{key}.z_lv", lv[pick, 0, y])
            if self.name != "mnist" or key == "infer":
                for target, value in (("same", given), ("zero", zero), ("m0", m0)):
                    if target == "zero" or self.M and self.name != "mnist":
                        is_read = target == "m0" or target == "same" and key == "infer"
                        self.put(f"reconstruct.{key}.{target}",
                                 net.mean(net.decode(y, z, value, c), c, reading(value, is_read)))
        size = self.n * self.case["z"]
        z = cases.exact(philox.normals(101, philox.RNG_MANIPULATE, 2, philox.NO_EXAMPLE, 0, size)).reshape(self.n, -1)
        self.put("generate.z", z)
        params = net.decode(y, torch.as_tensor(z, dtype=self.dtype), m0, c)
        self.put("generate.x", net.mean(params, c, reading(m0, True)))

    def prior(self):
        """The same with log-priors from label frequencies (case gauss)."""
        net, uniform = self.net, self.net.log_prior
        count = np.bincount(self.y, minlength=net.C)
        net.log_prior = torch.tensor(np.log((count + 1) / (self.n + net.C)), dtype=self.dtype)
        self.put("prior.log", net.log_prior)
        self.put("prior.elbo.u1k1", net.elbo(self.images, self.y, None, *self.noise(self.seed)))
        self.put("prior.elbo_marginal.u1k1", net.elbo_marginal(self.images, *self.noise(self.seed)))
        w = net.log_weights(self.images, self.images.x, None, *net.noise(self.seed, self.n, 0, 1, 1))
        self.put("prior.predict.infer.u1k1.p", net.log_predict(w).exp())
        net.log_prior = uniform

    def run(self):
        self.describe()
        with torch.no_grad():
            self.scores()
            if not self.classifies:
                self.latents()
            if self.name == "gauss":
                self.prior()
        self.predictions()
        table = self.objectives()
        for name, (objective, nets) in table.items():
            self.gradients(name, objective(0), nets)
        for name in ("train", "joint", "fine_elbo", "fine_do"):
            if name in table:
                self.adam(name, table[name][0], 5 if name.startswith("fine") and not self.table else 10, table[name][1])
        for name in ("affine", "last") if self.classifies else ():
            self.tent(name)
        return self.out


def rng_records():
    """Known vectors of the generator: keys (seed low, seed high, stream, sample, example, step) and what they give."""
    keys = [(0, 0, 0, 0, 0, 0), (5, 3, 1, 2, 7, 9), (0xFFFFFFFF, 0x7FFFFFFF, 7, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
            (11, 0, 2, 44, philox.NO_EXAMPLE, 0)]
    out = {"keys": np.array(keys, np.float64)}
    for i, (low, high, *rest) in enumerate(keys):
        seed = low | high << 32
        out[f"words.{i}"] = philox.words(seed, *rest, 5).astype(np.float64)
        out[f"uniforms.{i}"] = philox.uniforms(seed, *rest, 18)
        out[f"normals.{i}"] = philox.normals(seed, *rest, 18)
        for n in (1, 2, 3, 10, 257):
            out[f"permutation.{i}.{n}"] = philox.permutation(seed, *rest, n)
    return out


def deviation(name, count, a, b):
    """How far b is from a, in the measure that README.md gives for the kind of record."""
    d = np.abs(a - b)
    if name.endswith(".sum"):
        norm = math.sqrt(a[3]) or 1.0
        return float(max(d[0] / norm / math.sqrt(count), d[1] / norm, d[2] / norm, d[3] / norm ** 2)), "sum"
    if name.startswith("adam") and not name.endswith("objective"):
        return float(d.max() / RATE), "abs/rate"
    if name.endswith(".p"):
        return float(d.max()), "abs"
    return float(d.max() / max(np.abs(a).max(), 1e-300)), "max"


def compare(exact, rough):
    """Largest deviation over the records of each group, and the record where it is."""
    groups, names = {}, bytes(exact["text.parameters"].astype(np.uint8)).decode().split()
    for name, a in exact.items():
        part = name.split(".")
        if a.size == 0 or part[0] == "text":
            continue
        count = a.size
        if part[-1] == "sum":
            count = next(c for n, c in zip(names, exact["counts"]) if name.endswith(f".{n}.sum"))
        error, measure = deviation(name, count, a, rough[name])
        key = ".".join(part[:2] if part[0] in ("grad", "adam") else part[:1]) + " " + measure
        if error >= groups.get(key, (1e-300, ""))[0]:
            groups[key] = error, name
    for key, (error, name) in groups.items():
        print(f"    {key:30} {error:.1e}  {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", metavar="FOLDER", help="MNIST's IDX files; default: images of the present fixture")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--float32", action="store_true")
    parser.add_argument("--list", action="store_true", help="print names and shapes of the records")
    parser.add_argument("case", nargs="*", default=["rng", *cases.CASES])
    options = parser.parse_args()
    philox.self_test()
    torch.set_num_threads(1)  # the same bits in each run on a machine
    for name in options.case:
        if options.check:
            if name != "rng":
                checks.check(Twin(name, options.mnist))
            continue
        out = rng_records() if name == "rng" else Twin(name, options.mnist).run()
        path = os.path.join(FOLDER, name + ".twin")
        records.write(path, out)
        print(f"{name}.twin: {len(out)} records, {os.path.getsize(path)} bytes")
        if options.list:
            for key, value in out.items():
                print(f"    {key} {list(value.shape)}")
        if options.float32 and name != "rng":
            compare(out, Twin(name, options.mnist, torch.float32).run())


if __name__ == "__main__":
    main()
