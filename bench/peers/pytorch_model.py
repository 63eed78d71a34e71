"""Deep CAMA in PyTorch for speed: nets from the descriptions in a model file, joins in parts, everything at its own
number of rows.

What depends on x alone runs once for each image, p_y once for each class, p_m once for each m (one row under do(m=0)).
Images are channels_last; a dense layer beside an image has its weight in that order, so that flattening copies nothing.
Letters: B images, C classes, K samples of z, R rows, D numbers of x.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

ACTIVATIONS = {"relu": torch.relu_, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "elu": F.elu,
               "leaky": F.leaky_relu, "softplus": F.softplus}


def flat(x):
    """(R, C, H, W) in channels_last, or (R, F) as it is, to (R, F) in the order height, width, channel."""
    return x.permute(0, 2, 3, 1).flatten(1) if x.dim() == 4 else x


class Layer(nn.Module):
    """One layer of a description: `shape` is (features,) or (channels, height, width) of its input."""

    def __init__(self, text, shape, tensors, name):
        super().__init__()
        words, self.shape = text.split(), shape
        self.act = ACTIVATIONS[words.pop()] if words[-1] in ACTIVATIONS else None
        self.kind, size, rest = words[0], words[1], words[2:]
        self.before_pool = False
        if self.kind == "pool":
            self.size, self.out = int(size), (shape[0], *(-(-s // int(size)) for s in shape[1:]))
            return
        weight, bias = (torch.from_numpy(tensors[f"{name}.{part}"].copy()) for part in ("weight", "bias"))
        self.join = None
        if self.kind == "dense":
            self.dense(weight, bias, shape, size)
            return
        self.stride, self.extra = 1, 0
        self.pad = [0, 0] if "valid" in rest else [(int(k) - 1) // 2 for k in rest[0].split("x")]
        for word in rest[1:]:
            self.stride = int(word[1:]) if word[0] == "/" else self.stride
            self.extra = int(word[1:]) if word[0] == "+" else self.extra
        kernel = weight.shape[2:]
        if self.kind == "conv":
            self.out = (len(weight), *((s + 2 * p - k) // self.stride + 1
                                       for s, p, k in zip(shape[1:], self.pad, kernel)))
        else:
            self.out = (weight.shape[1], *((s - 1) * self.stride - 2 * p + k + self.extra
                                           for s, p, k in zip(shape[1:], self.pad, kernel)))
        self.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last))
        self.bias = nn.Parameter(bias)

    def dense(self, weight, bias, shape, size):
        self.out = (len(bias),)
        if len(shape) == 3:
            weight = weight.reshape(-1, *shape).permute(0, 2, 3, 1).flatten(1)
        if "x" in size and size != "x":
            h, w, c = (int(s) for s in size.split("x"))
            self.out = (c, h, w)
            weight = weight.reshape(c, h, w, -1).permute(1, 2, 0, 3).flatten(0, 2)
            bias = bias.reshape(c, h, w).permute(1, 2, 0).flatten()
        self.weight, self.bias = nn.Parameter(weight.contiguous()), nn.Parameter(bias.contiguous())

    def split(self, sizes):
        """Become a join: the columns in parts, each with a weight of its own."""
        self.join = nn.ParameterList(part.contiguous() for part in self.weight.detach().split(sizes, 1))
        del self.weight

    def part(self, index, x):
        return F.linear(flat(x), self.join[index])

    def finish(self, x):
        """Activation and the shape of the output."""
        if len(self.out) == 3 and x.dim() == 2:
            c, h, w = self.out
            x = x.view(-1, h, w, c).permute(0, 3, 1, 2)
        return x if self.act is None else self.act(x)

    def linear(self, x):
        if self.kind == "dense":
            return F.linear(flat(x), self.weight, self.bias)
        if self.kind == "conv":
            return F.conv2d(x, self.weight, self.bias, self.stride, self.pad)
        if len(self.bias) <= 4 and self.stride == 2 and self.weight.shape[2:] == (3, 3) and self.pad == [1, 1]:
            return self.fold(x)
        return F.conv_transpose2d(x, self.weight, self.bias, self.stride, self.pad, self.extra)

    def fold(self, x):
        """The transposed convolution of few channels as a matrix product and shifted sums: 2 to 5 times as fast. Big
        pixel 2q gets tap 1 of small pixel q, 2q + 1 gets tap 2 of q and tap 0 of q + 1."""
        def interleave(taps, dim):
            zero, one, two = taps
            shifted = torch.cat([zero.narrow(dim, 1, size - 1), torch.zeros_like(zero.narrow(dim, 0, 1))], dim)
            return torch.stack([one, two + shifted], dim + 1).flatten(dim, dim + 1)
        (rows, _, size, _), channels = x.shape, len(self.bias)
        taps = (flat(x).view(-1, x.shape[1]) @ self.weight.permute(0, 2, 3, 1).reshape(x.shape[1], -1))
        taps = taps.view(rows, size, size, 3, 3, channels)
        lines = interleave(taps.unbind(3), 1)
        out = interleave(lines.unbind(3), 2) + self.bias
        big = 2 * size - 1 + self.extra
        return out[:, :big, :big].permute(0, 3, 1, 2)

    def pool(self, x):
        return F.max_pool2d(x, self.size, self.size, ceil_mode=True)

    def forward(self, x):
        return self.pool(x) if self.kind == "pool" else self.finish(self.linear(x))


def chain(name, text, shape, tensors, first=0):
    """The layers of a description, the shape that leaves them, and the next number of a layer with parameters."""
    layers, number = nn.ModuleList(), first
    for item in filter(None, (s.strip() for s in text.split(","))):
        layers.append(Layer(item, shape, tensors, f"{name}.{number}"))
        if layers[-1].kind == "pool" and len(layers) > 1:
            layers[-2].before_pool = layers[-2].act is not None  # all of ACTIVATIONS are monotone
        shape = layers[-1].out
        number += layers[-1].kind != "pool"
    return layers, shape, number


def run(layers, x):
    """The layers in turn. An activation changes places with a pool behind it: it then touches fewer numbers."""
    waiting = None
    for layer in layers:
        if waiting is not None:
            x, waiting = waiting(layer.pool(x)), None
        elif layer.before_pool:
            x, waiting = layer.linear(x), layer.finish
        else:
            x = layer(x)
    return x


def posterior(out):
    mu, lv = out.chunk(2, -1)
    return mu, lv.clamp(-20.0, 20.0)


def kl(mu, lv):
    return 0.5 * (mu * mu + lv.exp() - lv - 1.0).sum(-1)


class Model(nn.Module):
    def __init__(self, tensors, metadata):
        super().__init__()
        height, width, channels, self.C, self.Z, self.M = (
            int(metadata[key]) for key in ("height", "width", "channels", "classes", "z", "m"))
        self.image = (height, width, channels) if height * width > 1 else None
        self.run_images = self.run_decoder = run  # a caller may keep the nets on images out of a compiled graph
        shape = (channels, height, width) if self.image else (channels,)
        numbers = math.prod(shape)
        text = {key: metadata[key].replace("dense x", f"dense {numbers}") for key in
                ("p_y", "p_z", "p_m", "p_merge", "q_m", "q_z")}
        self.p_y, y, _ = chain("p_y", text["p_y"], (self.C,), tensors)
        self.p_z, z, _ = chain("p_z", text["p_z"], (self.Z,), tensors)
        self.p_m, m, _ = chain("p_m", text["p_m"], (self.M,), tensors)
        self.q_m, _, _ = chain("q_m", text["q_m"] + f", dense {2 * self.M}", shape, tensors)
        self.p_merge, _, _ = chain("p_merge", text["p_merge"], (y[0] + z[0] + m[0],), tensors)
        trunk, head = text["q_z"].split("|")
        self.trunk, t, number = chain("q_z", trunk, shape, tensors)
        joined = (math.prod(t) + self.C + self.M,)
        self.head, _, _ = chain("q_z", f"{head}, dense {2 * self.Z}", joined, tensors, number)
        self.p_merge[0].split([y[0], z[0], m[0]])
        self.head[0].split([math.prod(t), self.C, self.M])
        self.gaussian = metadata["likelihood"] == "gaussian"
        if self.gaussian:
            self.rho = nn.Parameter(torch.from_numpy(tensors["likelihood.rho"].copy()))
        self.register_buffer("log_prior", torch.from_numpy(tensors["prior.log_prob"].copy()))
        self.register_buffer("eye", torch.eye(self.C))

    def view(self, x):
        """(B, H, W, channels) to what the nets take."""
        return x.permute(0, 3, 1, 2) if self.image else x.reshape(len(x), -1)

    # -- parts, each at its own number of rows

    def trunk_part(self, x):
        return self.head[0].part(0, self.run_images(self.trunk, x))  # (B, .)

    def y_parts(self):
        return self.p_merge[0].part(0, run(self.p_y, self.eye)), self.head[0].part(1, self.eye)  # (C, .), (C, .)

    def m_parts(self, m):
        return self.p_merge[0].part(2, run(self.p_m, m)), self.head[0].part(2, m)  # (rows of m, .) each

    def encode_z(self, joined):
        """mu, lv (..., Z) from the summed parts (..., .) of q_z's join."""
        rows = self.head[0].finish((joined + self.head[0].bias).flatten(0, -2))
        mu, lv = posterior(run(self.head[1:], rows))
        return mu.view(*joined.shape[:-1], -1), lv.view(*joined.shape[:-1], -1)

    def decode(self, z, others):
        """Parameters of p(x|.) (R, D), in the order height, width, channel; others is added to z's part (R, .)."""
        rows = self.p_merge[0].part(1, run(self.p_z, z)).view(*others.shape[:-1], -1)
        joined = (rows + others + self.p_merge[0].bias).flatten(0, -2)
        return flat(self.run_decoder(self.p_merge[1:], self.p_merge[0].finish(joined)))

    def log_x(self, x, params):
        """x (..., D) spread over params (..., D)."""
        if not self.gaussian:
            return (x * params - F.softplus(params)).sum(-1)
        lv = -8.0 + F.softplus(self.rho + 8.0)
        return -0.5 * ((x - params) ** 2 * (-lv).exp() + lv + math.log(2.0 * math.pi)).sum(-1)

    def draw_m(self, x, eps):
        """m (B, M) and its KL; eps None: the posterior mean."""
        mu, lv = posterior(self.run_images(self.q_m, x))
        return (mu if eps is None else mu + (0.5 * lv).exp() * eps), kl(mu, lv)

    # -- objectives and predictions

    def elbo(self, x, t, onehot, m_parts, y_parts, eps):
        """(B): ELBO at the label but for the KL of m. x (B, D), t (B, .) the trunk's part, eps (B, Z) or None."""
        mu, lv = self.encode_z(t + onehot @ y_parts[1] + m_parts[1])
        z = mu if eps is None else mu + (0.5 * lv).exp() * eps
        return self.log_x(x, self.decode(z, onehot @ y_parts[0] + m_parts[0])) + onehot @ self.log_prior - kl(mu, lv)

    def elbo_classes(self, x, t, m_parts, y_parts, eps):
        """(B, C): the same for every class; eps (B, 1, Z) is shared by the classes."""
        mu, lv = self.encode_z(t[:, None] + y_parts[1] + m_parts[1][:, None])
        z = mu if eps is None else mu + (0.5 * lv).exp() * eps
        params = self.decode(z.flatten(0, 1), y_parts[0] + m_parts[0][:, None]).view(len(x), self.C, -1)
        return self.log_x(x[:, None], params) + self.log_prior - kl(mu, lv)

    def log_weights(self, x, t, m_parts, y_parts, eps):
        """(B, C, K) for the Bayes rule, but for the bracket of m, which all rows of an image share. eps (K, Z)."""
        mu, lv = self.encode_z(t[:, None] + y_parts[1] + m_parts[1][:, None])
        z = mu[:, :, None] + (0.5 * lv).exp()[:, :, None] * eps
        others = (y_parts[0] + m_parts[0][:, None])[:, :, None].expand(-1, -1, len(eps), -1)
        params = self.decode(z.flatten(0, 2), others).view(*z.shape[:3], -1)
        ratio = 0.5 * (eps * eps - z * z).sum(-1) + 0.5 * lv.sum(-1)[:, :, None]
        return self.log_x(x[:, None, None], params) + self.log_prior[:, None] + ratio

    def train_do(self, x, y, eps):
        """Minus the mean of ELBO(x,y,do(m=0))."""
        v, onehot = self.view(x), F.one_hot(y, self.C).to(x.dtype)
        m_parts = self.m_parts(x.new_zeros(1, self.M))
        return -self.elbo(x.flatten(1), self.trunk_part(v), onehot, m_parts, self.y_parts(), eps).mean()

    def train_joint(self, x, y, eps_z, eps_m):
        """Minus Eq. 5 with lambda = 1/2: the first half of x is clean, do(m=0), the other manipulated, m inferred."""
        half = len(x) // 2
        v, onehot = self.view(x), F.one_hot(y, self.C).to(x.dtype)
        m, kl_m = self.draw_m(v[half:], eps_m)
        parts = self.m_parts(torch.cat([m.new_zeros(1, self.M), m]))
        parts = [torch.cat([p[:1].expand(half, -1), p[1:]]) for p in parts]
        values = self.elbo(x.flatten(1), self.trunk_part(v), onehot, parts, self.y_parts(), eps_z)
        return -0.5 * (values[:half].mean() + (values[half:] - kl_m).mean())

    def finetune(self, x, y, t, y_parts, eps_z, eps_m):
        """Minus Eq. 8 with alpha = 1/2: the first half of x is clean, with its labels y, the other is the test's. t and
        y_parts come from frozen networks. Rows of both terms go through the decoder together."""
        half, (merge_y, infer_y) = len(x) // 2, y_parts
        m, kl_m = self.draw_m(self.view(x), eps_m)
        merge_m, infer_m = self.m_parts(m)
        base, onehot = t + infer_m, F.one_hot(y[:half], self.C).to(x.dtype)
        mu, lv = self.encode_z(torch.cat([base[:half] + onehot @ infer_y,
                                          (base[half:, None] + infer_y).flatten(0, 1)]))
        z = mu + (0.5 * lv).exp() * torch.cat([eps_z[:half], eps_z[half:].repeat_interleave(self.C, 0)])
        others = torch.cat([merge_m[:half] + onehot @ merge_y, (merge_m[half:, None] + merge_y).flatten(0, 1)])
        params, pixels, kl_z = self.decode(z, others), x.flatten(1), kl(mu, lv)
        clean = self.log_x(pixels[:half], params[:half]) - kl_z[:half] - kl_m[:half] + onehot @ self.log_prior
        test = self.log_x(pixels[half:, None], params[half:].view(half, self.C, -1)) - kl_z[half:].view(half, self.C)
        return -0.5 * (clean.mean() + ((test + self.log_prior).logsumexp(1) - kl_m[half:]).mean())

    def finetune_kept(self, x, y, t, y_parts, eps_z, eps_m):
        """The same gradient from fewer rows: a first pass without gradients finds the classes of each test image whose
        posterior is worth one, and only their rows are computed again with gradients."""
        half, (merge_y, infer_y) = len(x) // 2, y_parts
        m, kl_m = self.draw_m(self.view(x), eps_m)
        merge_m, infer_m = self.m_parts(m)
        pixels, tile = x.flatten(1), 16
        with torch.no_grad():
            share = torch.cat([self.elbo_classes(pixels[i], t[i], (merge_m[i], infer_m[i]), y_parts, eps_z[i, None])
                               for i in torch.arange(half, len(x)).split(tile)]).softmax(1)
            image, c = (share > 1e-8).nonzero(as_tuple=True)
        image, c = torch.cat([torch.arange(len(x) - half), image + half]), torch.cat([y[:half], c])
        mu, lv = self.encode_z((t + infer_m)[image] + infer_y[c])
        z = mu + (0.5 * lv).exp() * eps_z[image]
        elbo = self.log_x(pixels[image], self.decode(z, merge_m[image] + merge_y[c])) - kl(mu, lv) - kl_m[image]
        weight = torch.cat([elbo.new_ones(half), share[image[half:] - half, c[half:]]])
        return -0.5 * (elbo * weight).sum() / half

    def frozen(self, x):
        """What fine-tuning needs of the networks that it does not change."""
        return self.trunk_part(self.view(x)), self.y_parts()

    def predict(self, x, eps_z, eps_m, y_parts):
        """p(y|x) (B, C). eps_z (K, Z), eps_m (1, M): all images share the draws."""
        v = self.view(x)
        m, _ = self.draw_m(v, eps_m)
        w = self.log_weights(x.flatten(1), self.trunk_part(v), self.m_parts(m), y_parts, eps_z)
        return w.logsumexp(2).softmax(1)

    def encode(self, x, y):
        """mu, lv of m and of z for the labels, m at its posterior mean."""
        v, onehot = self.view(x), F.one_hot(y, self.C).to(x.dtype)
        m, m_lv = posterior(self.run_images(self.q_m, v))
        joined = self.trunk_part(v) + self.head[0].part(1, onehot) + self.head[0].part(2, m)
        return m, m_lv, *self.encode_z(joined)

    # -- the check

    def scores(self, x, y):
        """libcama's scores, at the posterior means."""
        v, pixels, onehot, y_parts = self.view(x), x.flatten(1), F.one_hot(y, self.C).to(x.dtype), self.y_parts()
        t, (m, kl_m) = self.trunk_part(v), self.draw_m(v, None)
        parts, zero = self.m_parts(m), self.m_parts(x.new_zeros(1, self.M))
        classes = self.elbo_classes(pixels, t, parts, y_parts, None) - kl_m[:, None]
        return {"elbo": self.elbo(pixels, t, onehot, parts, y_parts, None) - kl_m,
                "elbo_do": self.elbo(pixels, t, onehot, zero, y_parts, None),
                "elbo_marginal": classes.logsumexp(1)}
