"""Deep CAMA the plain way: every row (i, u, c, k) is expanded early, joins are concatenations, gradients autograd's.

Letters: B examples, C classes, U samples of m, K samples of z for each m, D = H*W*channels numbers of x, A of the
parents a, P of the co-parents c. Images in here are (B, channels, H, W). Equation numbers are the paper's (Zhang,
Zhang, Li, NeurIPS 2020). Everything is in standard units, (value - mean) / scale, where the model has them.
"""
import collections
import math

import numpy as np
import torch
import torch.nn.functional as F

import philox
from nets import Net, softplus

LV_BOUND = 20.0
FLOOR = -8.0
SPREAD, GAIN = 10.0, 4.0  # bounds of additions to log-variances and of gains: b tanh(v / b)
NETS = ("p_prior", "p_y", "p_z", "p_m", "p_c", "p_merge", "q_m", "q_z", "q_z_head", "c_linear", "dnn", "dnn_head")

# x (B, channels, H, W), a (B, A), c (B, P), there (B, D): 1, and 0 where a cell of x is missing
Batch = collections.namedtuple("Batch", "x a c there")


# ---- Densities -----------------------------------------------------------------------------------------------------

def kl(mu, lv):
    """KL(N(mu, exp lv) || N(0, I)), over the last axis."""
    return 0.5 * (mu ** 2 + lv.exp() - lv - 1.0).sum(-1)


def log_normal(z, mu, lv):
    return -0.5 * ((z - mu) ** 2 / lv.exp() + lv + math.log(2.0 * math.pi)).sum(-1)


def log_student(x, mu, lv, nu):
    """t with nu degrees of freedom, location mu and squared scale exp lv, over the last axis."""
    constant = math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2) - 0.5 * math.log(nu * math.pi)
    return (constant - 0.5 * lv - (nu + 1) / 2 * torch.log1p((x - mu) ** 2 / lv.exp() / nu)).sum(-1)


def ratio(z, lv, eps):
    """log N(z; 0, I) - log N(z; mu, exp lv) at z = mu + exp(lv/2) eps."""
    prior = -0.5 * (z ** 2 + math.log(2.0 * math.pi)).sum(-1)
    posterior = -0.5 * (eps ** 2 + lv + math.log(2.0 * math.pi)).sum(-1)
    return prior - posterior


# ---- The model -----------------------------------------------------------------------------------------------------

class Settings:
    """What a model of measurement data has beyond its nets. variables: (role, kind, levels) in order, role "x", "a" or
    "c", kind "continuous", "binary" or "categorical"; none: x alone, all of the case's likelihood. m_enters: "merge",
    "gain" or "affine". mean and scale: of x, a, c, one after the other, or None. clip: of c as networks read it, 0 for
    no limit; limits: (lowest, highest) number that they read, for each number of c, or None."""

    def __init__(self, variables=(), m_enters="merge", variance=False, c_linear=False, clip=0.0, nu=3.0, mean=None,
                 scale=None, limits=None, discriminative=False):
        self.variables, self.m_enters, self.variance = variables, m_enters, variance
        self.c_linear, self.clip, self.nu, self.mean, self.scale = c_linear, clip, nu, mean, scale
        self.limits, self.discriminative = limits, discriminative

    def spans(self, role):
        """(kind, first number, end) of each variable of a role."""
        first = 0
        for r, kind, levels in self.variables:
            if r == role:
                yield kind, first, first + levels
                first += levels

    def width(self, role):
        return sum(end - first for _, first, end in self.spans(role))


class Model:
    """shape is (H, W, channels) of x. texts maps net names to descriptions. theta maps tensor names to tensors."""

    def __init__(self, shape, classes, z, m, texts, likelihood, settings=None, dtype=torch.float64):
        self.shape, self.C, self.Z, self.M = shape, classes, z, m
        self.likelihood, self.dtype = likelihood, dtype
        self.s = s = settings or Settings()
        self.D, self.A, self.P = math.prod(shape), s.width("a"), s.width("c")
        self.log_prior = torch.full((classes,), -math.log(classes), dtype=dtype)
        self.spans = list(s.spans("x")) or [("continuous" if likelihood != "bernoulli" else "binary", 0, self.D)]
        self.continuous = torch.zeros(self.D, dtype=dtype)
        for kind, first, end in self.spans:
            self.continuous[first:end] = kind == "continuous"
        self.unknown = torch.zeros(self.D, dtype=dtype)  # what encoders read of a missing cell
        for kind, first, end in self.spans:
            self.unknown[first:end] = 0.5 if kind == "binary" else 0.0
        self.readings = 0
        if m and s.m_enters != "merge":
            self.readings = ({"gain": 1, "affine": 2}[s.m_enters] + s.variance) * self.D
        self.zero = self.log_scale = torch.zeros(self.D, dtype=dtype)
        if s.mean is not None:
            mean, scale = s.mean[:self.D], s.scale[:self.D]
            self.zero = torch.tensor(-mean / scale, dtype=dtype)
            self.log_scale = torch.as_tensor(np.log(scale), dtype=dtype)
        self.net = self.classifier(texts) if s.discriminative else self.generative(texts)
        self.names, self.shapes, self.gains = [], [], []
        for name in NETS:
            for tensor in self.net[name].tensors() if name in self.net else ():
                self.append(*tensor)
        if not s.discriminative and likelihood != "bernoulli" and self.continuous.any():
            self.append("likelihood.rho", (self.D,), 2.0)
        self.fill()

    def generative(self, texts):
        """The nets of Eq. 9 and 10."""
        s, m, z, classes, x = self.s, self.M, self.Z, self.C, (self.shape[2], self.shape[0], self.shape[1])
        n = {"p_y": Net("p_y", texts["p_y"], (classes,)), "p_z": Net("p_z", texts["p_z"], (z,))}
        features = math.prod(n["p_y"].out) + math.prod(n["p_z"].out)
        if self.A:
            n["p_prior"] = Net("p_prior", texts["p_prior"] + f", dense {classes}", (self.A,))
        if m:
            n["p_m"] = Net("p_m", texts["p_m"] + (f", dense {self.readings}" if self.readings else ""), (m,))
            features += 0 if self.readings else math.prod(n["p_m"].out)
            n["q_m"] = Net("q_m", texts["q_m"] + f", dense {2 * m}", x)
        if self.P:
            n["p_c"] = Net("p_c", texts["p_c"], (self.P,))
            features += math.prod(n["p_c"].out)
            if s.c_linear:
                n["c_linear"] = Net("c_linear", f"dense {self.D}", (self.P,))
        outputs = (1 + s.variance) * self.D
        n["p_merge"] = Net("p_merge", texts["p_merge"].replace("dense x", f"dense {outputs}"), (features,))
        assert math.prod(n["p_merge"].out) == outputs, n["p_merge"].out
        self.joined(n, "q_z", texts["q_z"], x, classes + m + self.A + self.P, 2 * z)
        return n

    def classifier(self, texts):
        """p(y|x,a,c) as one net."""
        n = {}
        self.joined(n, "dnn", texts["dnn"], (self.shape[2], self.shape[0], self.shape[1]), self.A + self.P, self.C)
        return n

    @staticmethod
    def joined(nets, name, text, x, others, outputs):
        """A trunk on x, and a head on the trunk's output beside `others` more numbers."""
        trunk, head = text.split("|")
        nets[name] = Net(name, trunk, x)
        list(nets[name].tensors())
        joined = math.prod(nets[name].out) + others
        head = ", ".join(filter(str.strip, (head, f"dense {outputs}")))
        nets[name + "_head"] = Net(name, head, (joined,), nets[name].next)

    def append(self, name, shape, gain):
        self.names.append(name)
        self.shapes.append(tuple(shape))
        self.gains.append(gain)

    def fill(self, overrides=()):
        """Parameters are gain * normal, tensor by tensor; then come overrides (tensor index, element, value)."""
        self.theta = {}
        for t, (name, shape, gain) in enumerate(zip(self.names, self.shapes, self.gains)):
            value = gain * philox.normals(11, philox.RNG_INIT, t, philox.NO_EXAMPLE, 0, math.prod(shape))
            for tensor, element, number in overrides:
                if int(tensor) == t:
                    value[int(element)] = number
            self.theta[name] = torch.tensor(value.reshape(shape), dtype=self.dtype, requires_grad=True)

    def image(self, x):
        """(B, H, W, channels) numbers -> (B, channels, H, W) tensor."""
        x = torch.as_tensor(np.asarray(x), dtype=self.dtype)
        return x.reshape(-1, *self.shape).permute(0, 3, 1, 2).contiguous()

    def batch(self, x, a=None, c=None):
        """Data (B, H, W, channels), (B, A), (B, P) in its own units -> Batch."""
        blocks, at = [], 0
        for value in (x, np.zeros((len(x), 0)) if a is None else a, np.zeros((len(x), 0)) if c is None else c):
            value = np.asarray(value)
            if self.s.mean is not None:
                flat = value.reshape(len(value), -1)
                part = slice(at, at + flat.shape[1])
                value = ((flat - self.s.mean[part]) / self.s.scale[part]).reshape(value.shape)
                at += flat.shape[1]
            blocks.append(value)
        there = torch.as_tensor(1.0 - np.isnan(blocks[0]).reshape(len(x), -1), dtype=self.dtype)
        return Batch(self.image(np.where(np.isnan(blocks[0]), self.unknown.numpy().reshape(self.shape), blocks[0])),
                     *(torch.as_tensor(b, dtype=self.dtype) for b in blocks[1:]), there)

    def own_units(self, x):
        """(B, D) in standard units -> in the data's."""
        if self.s.mean is None:
            return x
        return x * torch.as_tensor(self.s.scale[:self.D], dtype=self.dtype) \
            + torch.as_tensor(self.s.mean[:self.D], dtype=self.dtype)

    # -- encoders and decoder

    def posterior(self, out):
        mu, lv = out.flatten(1).chunk(2, -1)
        return mu, lv.clamp(-LV_BOUND, LV_BOUND)

    def encode_m(self, x):
        return self.posterior(self.net["q_m"].forward(self.theta, x))

    def read_c(self, c):
        """c as networks read it; gradients pass where it is not cut."""
        if self.s.clip > 0:
            c = c.clamp(-self.s.clip, self.s.clip)
        if self.s.limits is not None:
            c = c.clamp(*(torch.as_tensor(v, dtype=self.dtype) for v in self.s.limits))
        return c

    def reading(self, m):
        """m (..., M) -> gains, offsets, additions to the log-variances (..., D), 0 for what is not continuous."""
        out = self.net["p_m"].forward(self.theta, m.reshape(-1, self.M)).reshape(*m.shape[:-1], -1, self.D)
        parts = [part * self.continuous for part in out.unbind(-2)]
        gain = GAIN * torch.tanh(parts.pop(0) / GAIN)
        offset = parts.pop(0) if self.s.m_enters == "affine" else torch.zeros_like(gain)
        return gain, offset, parts.pop(0) if self.s.variance else torch.zeros_like(gain)

    def linear(self, c):
        """The linear effect of c (..., P) on what is continuous of x (..., D)."""
        if not self.s.c_linear:
            return torch.zeros(*c.shape[:-1], self.D, dtype=self.dtype)
        out = self.net["c_linear"].forward(self.theta, c.reshape(-1, self.P)).reshape(*c.shape[:-1], self.D)
        return out * self.continuous

    def seen(self, x, c, reading, there):
        """x (..., D) with the reading and the linear effect of c undone; 0 where a continuous number is missing."""
        if reading is not None:
            gain, offset, _ = reading
            x = torch.where(self.continuous > 0, self.zero + (x - offset - self.zero) * (-gain).exp(), x)
        return torch.where((there == 0) & (self.continuous > 0), 0.0, x - self.linear(c))

    def unseen(self, x, c, reading):
        """The inverse of seen."""
        x = x + self.linear(c)
        if reading is not None:
            gain, offset, _ = reading
            x = torch.where(self.continuous > 0, self.zero + (x - self.zero) * gain.exp() + offset, x)
        return x

    def is_seen(self, m0):
        """Whether there is a reading: do(m = 0) is x as it is."""
        return bool(self.readings) and (m0 is None or bool(np.any(np.asarray(m0) != 0)))

    def encode_z(self, seen, m, a, c):
        """seen (B, U or 1, D), m (B,U,M), a (B,A), c (B,P) -> mu, lv (B,U,C,Z): q(z | x, y_c, m, a, c), every class."""
        B, U, C = m.shape[0], m.shape[1], self.C
        image = seen.flatten(0, 1).reshape(-1, self.shape[2], *self.shape[:2])
        trunk = self.net["q_z"].forward(self.theta, image).flatten(1).reshape(B, seen.shape[1], -1)

        def rows(v):
            return v.expand(B, U, C, v.shape[-1])

        joined = torch.cat([rows(trunk[:, :, None]), rows(torch.eye(C, dtype=self.dtype)), rows(m[:, :, None]),
                            rows(a[:, None, None]), rows(self.read_c(c)[:, None, None])], -1)
        mu, lv = self.posterior(self.net["q_z_head"].forward(self.theta, joined.flatten(0, 2)))
        return mu.reshape(B, U, C, -1), lv.reshape(B, U, C, -1)

    def decode(self, y, z, m, c):
        """y (R) class numbers, z (R,Z), m (R,M), c (R,P) -> parameters of p(x|y,c,z,m) as seen, flat (R, D or 2D) in
        (channels, H, W) order."""
        one_hot = F.one_hot(y, self.C).to(self.dtype)
        features = [self.net["p_y"].forward(self.theta, one_hot), self.net["p_z"].forward(self.theta, z)]
        if self.M and not self.readings:
            features.append(self.net["p_m"].forward(self.theta, m))
        if self.P:
            features.append(self.net["p_c"].forward(self.theta, self.read_c(c)))
        return self.net["p_merge"].forward(self.theta, torch.cat([f.flatten(1) for f in features], -1)).flatten(1)

    def log_variance(self, params, more):
        lv = FLOOR + softplus(self.theta["likelihood.rho"] - FLOOR)
        if self.s.variance:
            lv = lv + SPREAD * torch.tanh((params[..., self.D:] + more) / SPREAD)
        return lv

    def log_likelihood(self, x, params, more=0.0, there=None):
        """x (..., D), params (..., D or 2D), more: additions to the log-variances -> (...). With `there` (..., D) a
        variable that is missing has no term; such a one is a span of its own."""
        total, lv = 0.0, None
        if "likelihood.rho" in self.theta:
            lv = self.log_variance(params, more).expand(*params.shape[:-1], self.D)
        for kind, first, end in self.spans:
            at, p = x[..., first:end], params[..., first:end]
            if kind == "binary":
                term = (at * p - softplus(p)).sum(-1)
            elif kind == "categorical":
                term = (at * p.log_softmax(-1)).sum(-1)
            elif self.likelihood == "student":
                term = log_student(at, p, lv[..., first:end], self.s.nu)
            else:
                term = log_normal(at, p, lv[..., first:end])
            total = total + (term if there is None else there[..., first] * term)
        return total

    def mean(self, params, c, reading=None):
        """Mean of p(x|.) in the data's units, as (R, H, W, channels)."""
        parts = []
        for kind, first, end in self.spans:
            p = params[..., first:end]
            parts.append(torch.sigmoid(p) if kind == "binary" else p.softmax(-1) if kind == "categorical" else p)
        x = self.own_units(self.unseen(torch.cat(parts, -1), c, reading))
        return x.reshape(-1, self.shape[2], *self.shape[:2]).permute(0, 2, 3, 1)

    # -- rows

    def rows(self, batch, target, m0, eps_m, eps_z):
        """All terms of all rows. batch.x enters the encoders, target the likelihood (the same image; apart, so that the
        two paths of a gradient can be told apart). m0: None for m ~ q(m|x), else the vector of do(m = m0).
        eps_m (B,U,M), eps_z (B,U,K,Z)."""
        B, U, K = eps_z.shape[:3]
        C, (x, a, c, there) = self.C, batch
        zero = torch.zeros(B, U, dtype=self.dtype)
        if m0 is None and self.M:
            m_mu, m_lv = self.encode_m(x)
            m = m_mu[:, None] + (m_lv[:, None] / 2).exp() * eps_m
            kl_m, ratio_m = kl(m_mu, m_lv), ratio(m, m_lv[:, None], eps_m)
        else:
            vector = torch.zeros(self.M) if m0 is None else torch.as_tensor(np.asarray(m0))
            m = vector.to(self.dtype).expand(B, U, self.M)
            kl_m, ratio_m = zero[:, 0], zero
        reading = self.reading(m) if self.is_seen(m0) else None
        mu, lv = self.encode_z(self.seen(x.flatten(1)[:, None], c[:, None], reading, there[:, None]), m, a, c)
        eps = eps_z[:, :, None].expand(B, U, C, K, self.Z)
        z = mu[:, :, :, None] + (lv[:, :, :, None] / 2).exp() * eps
        y = torch.arange(C).reshape(1, 1, C, 1).expand(B, U, C, K)

        def flat(v):
            return v.expand(B, U, C, K, v.shape[-1]).flatten(0, 3)

        params = self.decode(y.reshape(-1), z.reshape(-1, self.Z), flat(m[:, :, None, None]),
                             flat(c[:, None, None, None])).reshape(B, U, C, K, -1)
        judged = self.seen(target.flatten(1)[:, None], c[:, None], reading, there[:, None])[:, :, None, None]
        more = reading[2][:, :, None, None] if reading is not None else 0.0
        observed = there[:, None, None, None]
        log_x = self.log_likelihood(judged, params, more, observed) - (observed * self.log_scale).sum(-1)
        if reading is not None:
            log_x = log_x - (there[:, None] * reading[0]).sum(-1)[:, :, None, None]
        return {"log_x": log_x, "log_y": self.log_y(a)[:, None, :, None], "kl_z": kl(mu, lv), "kl_m": kl_m,
                "ratio_z": ratio(z, lv[:, :, :, None], eps), "ratio_m": ratio_m}

    def log_y(self, a):
        """log p(y|a), (B, C)."""
        if not self.A:
            return self.log_prior.expand(len(a), self.C)
        return self.net["p_prior"].forward(self.theta, a).log_softmax(-1)

    def log_classifier(self, batch):
        """log p(y|x,a,c) of the discriminative model, (B, C)."""
        trunk = self.net["dnn"].forward(self.theta, batch.x).flatten(1)
        joined = torch.cat([trunk, batch.a, self.read_c(batch.c)], -1)
        return self.net["dnn_head"].forward(self.theta, joined).log_softmax(-1)

    def noise(self, seed, examples, step, U, K):
        """examples: indices in the dataset, or a count of examples that all see the same draws."""
        if isinstance(examples, int):
            index = [philox.NO_EXAMPLE] * examples
        else:
            index = list(examples)

        def draw(stream, samples, size):
            table = [philox.normals(seed, stream, s, i, step, size) for i in index for s in range(samples)]
            return torch.tensor(np.array(table), dtype=self.dtype)

        B = len(index)
        return draw(philox.RNG_M, U, self.M).reshape(B, U, self.M), \
            draw(philox.RNG_Z, U * K, self.Z).reshape(B, U, K, self.Z)

    # -- heads

    def elbo_classes(self, batch, m0, eps_m, eps_z):
        """ELBO(x, y_c), Eq. 4, or ELBO(x, y_c, do(m = m0)), Eq. 3: (B,C). Of a discriminative model, log p(y_c|.)."""
        if self.s.discriminative:
            return self.log_classifier(batch)
        r = self.rows(batch, batch.x, m0, eps_m, eps_z)
        return r["log_x"].mean((1, 3)) + r["log_y"][:, 0, :, 0] - r["kl_z"].mean(1) - r["kl_m"][:, None]

    def elbo(self, batch, y, m0, eps_m, eps_z):
        return self.elbo_classes(batch, m0, eps_m, eps_z)[torch.arange(len(y)), torch.as_tensor(y)]

    def elbo_marginal(self, batch, eps_m, eps_z):
        """Eq. 7."""
        return self.elbo_classes(batch, None, eps_m, eps_z).logsumexp(1)

    def log_weights(self, batch, target, m0, eps_m, eps_z):
        """w of the Bayes rule, Eq. 6 and 11: (B,U,C,K), every bracket sampled."""
        if self.s.discriminative:
            return self.log_classifier(batch._replace(x=target))[:, None, :, None]
        r = self.rows(batch, target, m0, eps_m, eps_z)
        return r["log_x"] + r["log_y"] + r["ratio_z"] + r["ratio_m"][:, :, None, None]

    def log_predict(self, w):
        """log p(y|x) (B,C) from w: log-mean-exp over (u,k), then log-softmax over classes."""
        samples = w.permute(0, 2, 1, 3).flatten(2)
        return (samples.logsumexp(-1) - math.log(samples.shape[-1])).log_softmax(-1)
