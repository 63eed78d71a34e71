"""Options of a verb from keyword arguments. Keys, types and ranges are the library's own (docs/options.md): nothing is
written twice here, and an option that a newer library has can be given at once.

>>> [option.key for option in describe("optimizer")][:3]
['lr', 'beta1', 'beta2']
>>> make("train", epoch=3)
Traceback (most recent call last):
    ...
cama.errors.OptionError: unknown option "epoch" of "train"; did you mean "epochs"?
"""
from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from . import low
from .arguments import Handle

TYPES = {1: "integer", 2: "real", 3: "text", 4: "vector"}


class Option(NamedTuple):
    """One option of a verb: its key, type ("integer", "real", "text", "vector"), default, range and meaning."""

    key: str
    type: str
    default: str
    range: str
    help: str


def describe(verb: str) -> list[Option]:
    """All options of a verb ("train", "finetune", "predict", ...), as the library that is loaded has them."""
    count, found = ctypes.c_int32(), []
    low.options_count(verb, ctypes.byref(count))
    for index in range(count.value):
        texts, kind = [ctypes.c_char_p() for _ in range(4)], ctypes.c_int32()
        key, default, allowed, meaning = texts
        low.options_describe(verb, index, ctypes.byref(key), ctypes.byref(kind), ctypes.byref(default),
                             ctypes.byref(allowed), ctypes.byref(meaning))
        said = [(text.value or b"").decode() for text in texts]
        found.append(Option(said[0], TYPES.get(kind.value, "unknown"), *said[1:]))
    return found


def _set(options: Handle, key: str, value: Any) -> None:
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        low.options_set_int(options, key, int(value))
    elif isinstance(value, (float, np.floating)):
        low.options_set_real(options, key, float(value))
    elif isinstance(value, str):
        low.options_set_text(options, key, value)
    else:
        numbers = np.ascontiguousarray(value, np.float32).reshape(-1)
        low.options_set_vector(options, key, numbers, numbers.size)


def make(verb: str, values: Mapping[str, Any] | None = None, /, **more: Any) -> Handle:
    """Options of a verb; those of `more` come after those of `values`, and None means the default."""
    options: Handle = low.options_create(verb)
    for key, value in {**(values or {}), **more}.items():
        if value is not None:
            _set(options, key, value)
    return options


def keys(verb: str) -> set[str]:
    """The keys that a verb has."""
    return {option.key for option in describe(verb)}
