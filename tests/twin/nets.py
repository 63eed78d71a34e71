"""Nets from their text descriptions: layers, their tensors in order, and the forward pass."""
import math

import torch
import torch.nn.functional as F

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
