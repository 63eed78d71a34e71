"""libcama seen from the peer: model files made by the shared library, the scores it gives, and their reader."""
import ctypes
import json
import struct
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int32, c_int64, c_void_p

import numpy as np

SIGNATURES = {
    "cama_options_create": [c_char_p, POINTER(c_void_p)],
    "cama_options_set_int": [c_void_p, c_char_p, c_int64],
    "cama_options_set_text": [c_void_p, c_char_p, c_char_p],
    "cama_session_create": [c_void_p, POINTER(c_void_p)],
    "cama_dataset_from_arrays": [c_int64, c_int32, c_int32, c_int32, c_int32, POINTER(c_float), POINTER(c_int32),
                                 c_int32, POINTER(c_void_p)],
    "cama_model_create": [c_char_p, c_void_p, POINTER(c_void_p)],
    "cama_model_save": [c_void_p, c_char_p],
    "cama_model_parameter_count": [c_void_p, POINTER(c_int32)],
    "cama_model_parameter_describe": [c_void_p, c_int32, POINTER(c_char_p), POINTER(c_int32), POINTER(c_int64),
                                      POINTER(c_int64)],
    "cama_model_parameter_read": [c_void_p, c_char_p, c_int64, POINTER(c_float)],
    "cama_model_parameter_write": [c_void_p, c_char_p, c_int64, POINTER(c_float)],
    "cama_elbo": [c_void_p] * 4 + [POINTER(c_double)],
    "cama_elbo_do": [c_void_p] * 3 + [POINTER(c_float), c_void_p, POINTER(c_double)],
    "cama_elbo_marginal": [c_void_p] * 4 + [POINTER(c_double)],
    "cama_predict": [c_void_p] * 4 + [POINTER(c_float)],
}


def read_safetensors(path):
    """({name: array}, metadata) of a file of float32 tensors."""
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    metadata, tensors = header.pop("__metadata__"), {}
    for name, entry in header.items():
        first, end = (8 + size + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[first:end], np.float32).reshape(entry["shape"])
    return tensors, metadata


class Native:
    """The shared library through ctypes: what the check needs of it."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        for name, arguments in SIGNATURES.items():
            function = getattr(self.lib, name)
            function.argtypes, function.restype = arguments, c_int32
        self.lib.cama_last_error.restype = c_char_p
        self.session = self.make("cama_session_create", self.options("session", threads=1))

    def call(self, name, *arguments):
        if getattr(self.lib, name)(*arguments) != 0:
            raise RuntimeError(f"{name}: {self.lib.cama_last_error().decode()}")

    def make(self, name, *arguments):
        handle = c_void_p()
        self.call(name, *arguments, byref(handle))
        return handle

    def options(self, verb, **values):
        options = self.make("cama_options_create", verb.encode())
        for key, value in values.items():
            if isinstance(value, str):
                self.call("cama_options_set_text", options, key.encode(), value.encode())
            else:
                self.call("cama_options_set_int", options, key.encode(), value)
        return options

    def model(self, preset, **values):
        """The model of bench_common.c, where it says why the classes are told apart."""
        model = self.make("cama_model_create", preset.encode(), self.options("model", **values))
        if preset == "mnist":
            weight = np.empty(500 * 500, np.float32)
            self.call("cama_model_parameter_read", model, b"p_y.1.weight", weight.size, self.floats(weight))
            self.call("cama_model_parameter_write", model, b"p_y.1.weight", weight.size, self.floats(weight * 12))
        return model

    def filled_model(self, preset, seed=0, **values):
        """A fresh model with numbers in its biases and silent columns too, so that a check sees them."""
        model = self.make("cama_model_create", preset.encode(), self.options("model", **values))
        count, random = c_int32(), np.random.default_rng(seed)
        self.call("cama_model_parameter_count", model, byref(count))
        for index in range(count.value):
            name, dims, shape, size = c_char_p(), c_int32(), (c_int64 * 4)(), c_int64()
            self.call("cama_model_parameter_describe", model, index, byref(name), byref(dims), shape, byref(size))
            fan_in = np.prod(shape[1:dims.value]) if dims.value > 1 else 100
            if dims.value == 4 and name.value.startswith(b"p_merge"):
                fan_in = shape[0] * shape[2] * shape[3] / 4  # of a transposed convolution with stride 2
            values = (random.standard_normal(size.value) * (2.0 / fan_in) ** 0.5).astype(np.float32)
            self.call("cama_model_parameter_write", model, name, size.value, self.floats(values))
        return model

    def save(self, model, path):
        self.call("cama_model_save", model, path.encode())

    def dataset(self, x, y, classes):
        n, height, width, channels = x.shape
        labels = y.astype(np.int32)
        return self.make("cama_dataset_from_arrays", n, height, width, channels, classes, self.floats(x),
                         labels.ctypes.data_as(POINTER(c_int32)), 1)

    def scores(self, model, x, y, classes):
        """ELBO(x,y), ELBO(x,y,do(m=0)), ELBO(x) and p(y|x) at the posterior means, m inferred."""
        data, n = self.dataset(x, y, classes), len(x)
        options = self.options("score", noise="mean", m="infer")
        found = {name: np.zeros(n) for name in ("elbo", "elbo_do", "elbo_marginal")}
        out = {name: values.ctypes.data_as(POINTER(c_double)) for name, values in found.items()}
        self.call("cama_elbo", self.session, model, data, options, out["elbo"])
        self.call("cama_elbo_do", self.session, model, data, None, options, out["elbo_do"])
        self.call("cama_elbo_marginal", self.session, model, data, options, out["elbo_marginal"])
        p = np.zeros((n, classes), np.float32)
        options = self.options("predict", noise="mean", m="infer", samples=1)
        self.call("cama_predict", self.session, model, data, options, self.floats(p))
        found["predict"] = p
        return found

    @staticmethod
    def floats(array):
        assert array.dtype == np.float32 and array.flags.c_contiguous
        return array.ctypes.data_as(POINTER(c_float))
