"""What may be passed where the header has a type: each class has the from_param that ctypes asks. Nothing is cast: an
array has the header's number type and is C-contiguous, an integer fits, a handle is of its kind. All else is refused.
"""
from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

NUMBERS: dict[str, tuple[Any, Any]] = {
    "int32_t": (ctypes.c_int32, np.dtype(np.int32)),
    "int64_t": (ctypes.c_int64, np.dtype(np.int64)),
    "float": (ctypes.c_float, np.dtype(np.float32)),
    "double": (ctypes.c_double, np.dtype(np.float64)),
}


class Handle:
    """A pointer that the library gave, freed once. `keep` are objects that must live as long as it does."""

    kind = ""
    _free: Callable[[Any], Any] | None = None
    __slots__ = ("_as_parameter_", "_keep", "_lent", "__weakref__")

    def __init__(self, pointer: int, keep: Any = None, lent: bool = False) -> None:
        self._as_parameter_ = ctypes.c_void_p(pointer)
        self._keep, self._lent = keep, lent

    def __del__(self) -> None:
        free = type(self)._free
        if free is not None and not self._lent:
            free(self._as_parameter_)


class _Integer:
    """An integer by value, that fits."""

    def __init__(self, kind: str) -> None:
        self.kind, (self.ctype, self.dtype) = kind, NUMBERS[kind]

    def from_param(self, value: Any) -> Any:
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
            raise TypeError(f"expected an integer ({self.kind}), got {type(value).__name__}")
        limits = np.iinfo(self.dtype)
        if not limits.min <= value <= limits.max:
            raise OverflowError(f"expected an integer that fits in {self.kind}, got {value}")
        return self.ctype(int(value))


class _Numbers:
    """A pointer to numbers: an array, byref() of one number, or None."""

    def __init__(self, kind: str, constant: bool) -> None:
        self.kind, self.constant = kind, constant
        self.ctype, self.dtype = NUMBERS[kind]

    def from_param(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, np.ndarray):
            self.check(value)
            return ctypes.c_void_p(value.ctypes.data)
        referred = getattr(value, "_obj", value)
        if isinstance(referred, (self.ctype, ctypes.Array)) and getattr(referred, "_type_", None) in (
                self.ctype, self.ctype._type_):
            return value
        raise TypeError(f"expected an array of {self.dtype}, got {type(value).__name__}")

    def check(self, array: np.ndarray[Any, Any]) -> None:
        if array.dtype != self.dtype:
            raise TypeError(f"expected an array of {self.dtype}, got {array.dtype}")
        if not array.flags.c_contiguous:
            raise TypeError("expected a C-contiguous array, got strides "
                            f"{array.strides} of shape {array.shape}: numpy.ascontiguousarray copies")
        if not self.constant and not array.flags.writeable:
            raise TypeError("expected an array that can be written, got a read-only one")


class _Text:
    """A text or a path: str, bytes or a path, encoded as the operating system wants it."""

    @staticmethod
    def from_param(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, str):
            encoded = os.fsencode(value) if value.isascii() else value.encode("utf-8", "surrogateescape")
        elif isinstance(value, (bytes, os.PathLike)):
            encoded = os.fsencode(value)
        else:
            raise TypeError(f"expected a text, got {type(value).__name__}")
        if b"\0" in encoded:
            raise ValueError(f"expected a text without a zero byte, got {encoded!r}")
        return ctypes.c_char_p(encoded)


class _Texts:
    """Several texts, or None."""

    @staticmethod
    def from_param(value: Sequence[str] | None) -> Any:
        if value is None:
            return None
        if isinstance(value, (str, bytes)):
            raise TypeError("expected several texts, got one")
        return (ctypes.c_char_p * len(value))(*(_Text.from_param(text).value for text in value))


class _HandleOf:
    """A handle of one kind, or None."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def from_param(self, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, Handle) or value.kind != self.kind:
            got = value.kind or type(value).__name__ if isinstance(value, Handle) else type(value).__name__
            raise TypeError(f"expected a handle of {self.kind}, got {got}")
        return value._as_parameter_


class _Bytes:
    """Memory: bytes or a ctypes buffer where it is read, a ctypes buffer where it is written; or an address."""

    def __init__(self, constant: bool) -> None:
        self.constant = constant

    def from_param(self, value: Any) -> Any:
        if isinstance(value, bytes) and not self.constant:
            raise TypeError("expected memory that can be written, got bytes")
        if value is not None and not isinstance(value, (bytes, int, ctypes.Array, ctypes.c_void_p)):
            raise TypeError(f"expected bytes or a ctypes buffer, got {type(value).__name__}")
        return ctypes.c_void_p.from_param(value)


class _Callback:
    def __init__(self, prototype: Any) -> None:
        self.prototype = prototype

    def from_param(self, value: Any) -> Any:
        return self.prototype.from_param(self.prototype() if value is None else value)


def argument_of(kind: str, handles: Sequence[str], callbacks: dict[str, Any]) -> Any:
    """The ctypes argument type for a type of the header."""
    base = kind.replace("const", "").replace("*", "").strip()
    stars, constant = kind.count("*"), kind.startswith("const")
    if base in callbacks:
        return _Callback(callbacks[base])
    if base in handles:
        return _HandleOf(base) if stars == 1 else ctypes.POINTER(ctypes.c_void_p)
    if base == "char":
        return _Text if stars == 1 else _Texts if kind.endswith("*const *") else ctypes.POINTER(ctypes.c_char_p)
    if base == "void":
        return _Bytes(constant)
    if stars == 0:
        return _Integer(base) if base.startswith("int") else NUMBERS[base][0]
    return _Numbers(base, constant)


def result_of(kind: str) -> Any:
    """The ctypes result type for a type of the header."""
    if kind == "void":
        return None
    if kind == "const char *":
        return ctypes.c_char_p
    return ctypes.c_void_p if kind.endswith("*") else NUMBERS[kind][0]
