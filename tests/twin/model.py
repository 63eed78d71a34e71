"""Deep CAMA the plain way: every row (i, u, c, k) is expanded early, joins are concatenations, gradients autograd's.

Letters: B examples, C classes, U samples of m, K samples of z for each m, D = H*W*channels. Images in here are
(B, channels, H, W). Equation numbers are the paper's (Zhang, Zhang, Li, NeurIPS 2020).
"""
import math

import numpy as np
import torch
import torch.nn.functional as F

import philox

LV_BOUND = 20.0
FLOOR = -8.0
NETS = ("p_y", "p_z", "p_m", "p_merge", "q_m", "q_z")

ACTIVATIONS = {
    "": lambda x: x,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "leaky": lambda x: F.leaky_relu(x, 0.01),
    "elu": F.elu,
    "softplus": lambda x: softplus(x),
}


def softplus(x):
    return torch.logaddexp(x, torch.zeros_like(x))  # F.softplus is only approximate past its threshold


# ---- Nets from text ------------------------------------------------------------------------------------------------

class Layer:
    """One layer: kind, weight shape (None for pool), bias size, fan_in, activation, shape of its output."""

    def __init__(self, text, shape):
        word = text.split()
        self.kind, self.weight = word[0], None
        self.act = word.pop() if word[-1] in ACTIVATIONS else ""
        rest = word[2:]
        if self.kind == "dense":
            size = [int(s) for s in word[1].split("x")]
            self.out = tuple(size) if len(size) == 1 else (size[2], size[0], size[1])
            self.weight, self.fan_in = (math.prod(self.out), math.prod(shape)), math.prod(shape)
            self.bias = math.prod(self.out)
        elif self.kind == "pool":
            self.size = int(word[1])
            self.out = (shape[0],) + tuple(-(-s // self.size) for s in shape[1:])
        else:
            self.convolution(int(word[1]), rest, shape)
            rest = []
        assert not rest, text

    def convolution(self, channels, rest, shape):
        k = [int(s) for s in rest.pop(0).split("x")]
        self.stride, self.extra, self.pad = 1, 0, [(s - 1) // 2 for s in k]
        for word in rest:
            if word[0] == "/":
                self.stride = int(word[1:])
            elif word[0] == "+" and self.kind == "tconv":
                self.extra = int(word[1:])
            elif word == "valid" and self.kind == "conv":
                self.pad = [0, 0]
            else:
                raise ValueError(word)
        self.bias = channels
        if self.kind == "conv":
            self.weight, self.fan_in = (channels, shape[0], *k), shape[0] * k[0] * k[1]
            size = [(s + 2 * p - q) // self.stride + 1 for s, p, q in zip(shape[1:], self.pad, k)]
        elif self.kind == "tconv":
            self.weight, self.fan_in = (shape[0], channels, *k), shape[0] * k[0] * k[1] / self.stride ** 2
            size = [(s - 1) * self.stride - 2 * p + q + self.extra for s, p, q in zip(shape[1:], self.pad, k)]
        else:
            raise ValueError(self.kind)
        self.out = (channels, *size)

    def forward(self, x, weight, bias):
        if self.kind == "dense":
            x = F.linear(x.flatten(1), weight, bias).reshape(-1, *self.out)
        elif self.kind == "conv":
            x = F.conv2d(x, weight, bias, self.stride, self.pad)
        elif self.kind == "tconv":
            x = F.conv_transpose2d(x, weight, bias, self.stride, self.pad, self.extra)
        else:
            x = F.max_pool2d(x, self.size, self.size, ceil_mode=True)
        assert x.shape[1:] == self.out
        return ACTIVATIONS[self.act](x)


class Net:
    """A chain of layers; the weight and bias of the j-th layer that has any are NAME.j.weight and NAME.j.bias."""

    def __init__(self, name, text, shape, first=0):
        self.name, self.first, self.layers = name, first, []
        for item in filter(None, (s.strip() for s in text.split(","))):
            self.layers.append(Layer(item, shape))
            shape = self.layers[-1].out
        self.out = shape

    def tensors(self):
        """(name, shape, gain) in order."""
        j = self.first
        for layer in self.layers:
            if layer.weight is not None:
                yield f"{self.name}.{j}.weight", layer.weight, 1.0 / math.sqrt(layer.fan_in)
                yield f"{self.name}.{j}.bias", (layer.bias,), 0.1
                j += 1
        self.next = j

    def forward(self, theta, x):
        j = self.first
        for layer in self.layers:
            if layer.weight is None:
                x = layer.forward(x, None, None)
            else:
                x = layer.forward(x, theta[f"{self.name}.{j}.weight"], theta[f"{self.name}.{j}.bias"])
                j += 1
        return x


# ---- Densities -----------------------------------------------------------------------------------------------------

def kl(mu, lv):
    """KL(N(mu, exp lv) || N(0, I)), over the last axis."""
    return 0.5 * (mu ** 2 + lv.exp() - lv - 1.0).sum(-1)


def log_normal(z, mu, lv):
    return -0.5 * ((z - mu) ** 2 / lv.exp() + lv + math.log(2.0 * math.pi)).sum(-1)


def ratio(z, lv, eps):
    """log N(z; 0, I) - log N(z; mu, exp lv) at z = mu + exp(lv/2) eps."""
    prior = -0.5 * (z ** 2 + math.log(2.0 * math.pi)).sum(-1)
    posterior = -0.5 * (eps ** 2 + lv + math.log(2.0 * math.pi)).sum(-1)
    return prior - posterior


# ---- The model -----------------------------------------------------------------------------------------------------

class Model:
    """shape is (H, W, channels) of x. texts maps net names to descriptions. theta maps tensor names to tensors."""

    def __init__(self, shape, classes, z, m, texts, likelihood, dtype=torch.float64):
        self.shape, self.C, self.Z, self.M = shape, classes, z, m
        self.likelihood, self.dtype = likelihood, dtype
        self.log_prior = torch.full((classes,), -math.log(classes), dtype=dtype)
        x = (shape[2], shape[0], shape[1])
        n = {"p_y": Net("p_y", texts["p_y"], (classes,)), "p_z": Net("p_z", texts["p_z"], (z,))}
        features = math.prod(n["p_y"].out) + math.prod(n["p_z"].out)
        if m:
            n["p_m"] = Net("p_m", texts["p_m"], (m,))
            features += math.prod(n["p_m"].out)
            n["q_m"] = Net("q_m", texts["q_m"] + f", dense {2 * m}", x)
        n["p_merge"] = Net("p_merge", texts["p_merge"], (features,))
        assert math.prod(n["p_merge"].out) == math.prod(x), n["p_merge"].out
        trunk, head = texts["q_z"].split("|")
        n["q_z"] = Net("q_z", trunk, x)
        list(n["q_z"].tensors())
        joined = math.prod(n["q_z"].out) + classes + m
        n["q_z_head"] = Net("q_z", f"{head}, dense {2 * z}", (joined,), n["q_z"].next)
        self.net = n
        self.names, self.shapes, self.gains = [], [], []
        for name in (*NETS, "q_z_head"):
            for tensor in n[name].tensors() if name in n else ():
                self.append(*tensor)
        if likelihood == "gaussian":
            self.append("likelihood.rho", (math.prod(x),), 2.0)
        self.fill()

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

    # -- encoders and decoder

    def posterior(self, out):
        mu, lv = out.flatten(1).chunk(2, -1)
        return mu, lv.clamp(-LV_BOUND, LV_BOUND)

    def encode_m(self, x):
        return self.posterior(self.net["q_m"].forward(self.theta, x))

    def encode_z(self, x, m):
        """x (B, ...), m (B,U,M) -> mu, lv (B,U,C,Z): q(z | x, y_c, m) for every class."""
        B, U, C = m.shape[0], m.shape[1], self.C
        trunk = self.net["q_z"].forward(self.theta, x).flatten(1)
        joined = torch.cat([trunk[:, None, None].expand(B, U, C, -1), torch.eye(C, dtype=self.dtype).expand(B, U, C, C),
                            m[:, :, None].expand(B, U, C, self.M)], -1)
        mu, lv = self.posterior(self.net["q_z_head"].forward(self.theta, joined.flatten(0, 2)))
        return mu.reshape(B, U, C, -1), lv.reshape(B, U, C, -1)

    def decode(self, y, z, m):
        """y (R) class numbers, z (R,Z), m (R,M) -> parameters of p(x|y,z,m), flat (R,D) in (channels, H, W) order."""
        one_hot = F.one_hot(y, self.C).to(self.dtype)
        features = [self.net["p_y"].forward(self.theta, one_hot), self.net["p_z"].forward(self.theta, z)]
        if self.M:
            features.append(self.net["p_m"].forward(self.theta, m))
        return self.net["p_merge"].forward(self.theta, torch.cat([f.flatten(1) for f in features], -1)).flatten(1)

    def log_likelihood(self, x, params):
        """x, params (..., D) -> (...)."""
        if self.likelihood == "bernoulli":
            return (x * params - softplus(params)).sum(-1)
        lv = FLOOR + softplus(self.theta["likelihood.rho"] - FLOOR)
        return log_normal(x, params, lv)

    def mean(self, params):
        """Mean of p(x|.) as (R, H, W, channels)."""
        x = torch.sigmoid(params) if self.likelihood == "bernoulli" else params
        return x.reshape(-1, self.shape[2], *self.shape[:2]).permute(0, 2, 3, 1)

    # -- rows

    def rows(self, x, target, m0, eps_m, eps_z):
        """All terms of all rows. x enters the encoders, target the likelihood (the same image; apart, so that the two
        paths of a gradient can be told apart). m0: None for m ~ q(m|x), else the vector of do(m = m0).
        eps_m (B,U,M), eps_z (B,U,K,Z)."""
        B, U, K = eps_z.shape[:3]
        C = self.C
        zero = torch.zeros(B, U, dtype=self.dtype)
        if m0 is None and self.M:
            m_mu, m_lv = self.encode_m(x)
            m = m_mu[:, None] + (m_lv[:, None] / 2).exp() * eps_m
            kl_m, ratio_m = kl(m_mu, m_lv), ratio(m, m_lv[:, None], eps_m)
        else:
            vector = torch.zeros(self.M) if m0 is None else torch.as_tensor(np.asarray(m0))
            m = vector.to(self.dtype).expand(B, U, self.M)
            kl_m, ratio_m = zero[:, 0], zero
        mu, lv = self.encode_z(x, m)
        eps = eps_z[:, :, None].expand(B, U, C, K, self.Z)
        z = mu[:, :, :, None] + (lv[:, :, :, None] / 2).exp() * eps
        y = torch.arange(C).reshape(1, 1, C, 1).expand(B, U, C, K)
        params = self.decode(y.reshape(-1), z.reshape(-1, self.Z),
                             m[:, :, None, None].expand(B, U, C, K, self.M).flatten(0, 3))
        log_x = self.log_likelihood(target.flatten(1)[:, None, None, None], params.reshape(B, U, C, K, -1))
        return {"log_x": log_x, "kl_z": kl(mu, lv), "kl_m": kl_m, "ratio_z": ratio(z, lv[:, :, :, None], eps),
                "ratio_m": ratio_m}

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

    def elbo_classes(self, x, m0, eps_m, eps_z):
        """ELBO(x, y_c), Eq. 4, or ELBO(x, y_c, do(m = m0)), Eq. 3: (B,C)."""
        r = self.rows(x, x, m0, eps_m, eps_z)
        return r["log_x"].mean((1, 3)) + self.log_prior - r["kl_z"].mean(1) - r["kl_m"][:, None]

    def elbo(self, x, y, m0, eps_m, eps_z):
        return self.elbo_classes(x, m0, eps_m, eps_z)[torch.arange(len(y)), torch.as_tensor(y)]

    def elbo_marginal(self, x, eps_m, eps_z):
        """Eq. 7."""
        return self.elbo_classes(x, None, eps_m, eps_z).logsumexp(1)

    def log_weights(self, x, target, m0, eps_m, eps_z):
        """w of the Bayes rule, Eq. 6: (B,U,C,K), every bracket sampled."""
        r = self.rows(x, target, m0, eps_m, eps_z)
        return r["log_x"] + self.log_prior[None, None, :, None] + r["ratio_z"] + r["ratio_m"][:, :, None, None]

    def log_predict(self, w):
        """log p(y|x) (B,C) from w: log-mean-exp over (u,k), then log-softmax over classes."""
        samples = w.permute(0, 2, 1, 3).flatten(2)
        return (samples.logsumexp(-1) - math.log(samples.shape[-1])).log_softmax(-1)
