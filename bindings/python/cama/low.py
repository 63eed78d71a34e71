"""The library's functions as they are in cama.h, without their prefix: cama.low.predict(session, model, ...).

They are made from the header when the package is built. Arguments are checked (arguments.py). A function with a status
raises its error; handles that it gives are its results instead of arguments: `model = low.model_load(path)`. Everything
else is as the header says, and help(low.predict) shows its comment.

>>> from cama import low
>>> low.version() >= 100
True
>>> low.options_create("trian")
Traceback (most recent call last):
    ...
cama.errors.OptionError: there are no options for "trian"; did you mean "train"?
"""
from __future__ import annotations

import ctypes
import os
from typing import Any

from . import _header
from .arguments import Handle, argument_of, result_of
from .errors import error_of

SONAME = "libcama.so.0"


def _load() -> ctypes.CDLL:
    """$LIBCAMA, the library inside the package, or the system's."""
    inside = os.path.join(os.path.dirname(os.path.abspath(__file__)), SONAME)
    path = os.environ.get("LIBCAMA") or (inside if os.path.exists(inside) else SONAME)
    try:
        return ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"cama: libcama, or BLIS or zlib, which it needs, cannot be loaded: {error}") from error


library = _load()
CALLBACKS: dict[str, Any] = {
    name: ctypes.CFUNCTYPE(result_of(result), *(
        ctypes.c_char_p if kind == "const char *" else ctypes.c_void_p if "*" in kind else result_of(kind)
        for kind, _ in parameters))
    for name, (result, parameters) in _header.CALLBACKS.items()
}


def _check_version() -> None:
    library.cama_version.restype = ctypes.c_int32
    found = library.cama_version()
    wanted = 10000 * _header.CONSTANTS["CAMA_VERSION_MAJOR"] + 100 * _header.CONSTANTS["CAMA_VERSION_MINOR"]
    if found < wanted or found // 10000 != wanted // 10000:
        raise ImportError(f"cama: expected libcama of release {wanted // 10000}.{wanted // 100 % 100} or a later "
                          f"{wanted // 10000}.x, got {found // 10000}.{found // 100 % 100} ({library._name})")


def _handle_class(kind: str) -> type[Handle]:
    free = getattr(library, kind + "_free")
    free.argtypes, free.restype = [ctypes.c_void_p], None
    name = kind.removeprefix("cama_").capitalize() + "Handle"
    return type(name, (Handle,), {"kind": kind, "_free": free, "__slots__": (), "__doc__": f"A handle of {kind}."})


HANDLES: dict[str, type[Handle]] = {}
CONSTANTS = _header.CONSTANTS


def _function(name: str) -> Any:
    """The library's function with the argument types of the header."""
    result, _, parameters = _header.FUNCTIONS[name]
    function = getattr(library, name)
    function.argtypes = [argument_of(kind, _header.HANDLES, CALLBACKS) for kind, _ in parameters]
    function.restype = result_of(result)
    return function


def check(status: int) -> None:
    """Raise the error of a status that is not CAMA_OK. To be called on the thread that made the call."""
    if status != 0:
        raise error_of(status, library.cama_status_name(status).decode(),
                       library.cama_last_error().decode("utf-8", "replace"))


def _given(kind: str) -> str | None:
    """The kind of handle that a `**` argument gives."""
    base = kind.removesuffix(" **")
    return base if kind.endswith(" **") and base in _header.HANDLES else None


def _described(call: Any, name: str, signature: str) -> Any:
    call.__name__ = call.__qualname__ = name.removeprefix("cama_")
    call.__doc__ = f"{signature}\n\n{_header.COMMENTS.get(name, '')}"
    return call


def _signature(name: str) -> str:
    result, _, parameters = _header.FUNCTIONS[name]
    return f"{result} {name}({', '.join(f'{kind} {each}' for kind, each in parameters)})".replace("* ", "*")


def _with_status(name: str) -> Any:
    """A call that raises, and returns the handles that are given."""
    function, parameters = _function(name), _header.FUNCTIONS[name][2]
    given = [_given(kind) for kind, _ in parameters]
    wanted = sum(kind is None for kind in given)

    def call(*arguments: Any) -> Any:
        if len(arguments) != wanted:
            raise TypeError(f"{name[5:]}: expected {wanted} arguments, got {len(arguments)}")
        rest, places = iter(arguments), [ctypes.c_void_p() for kind in given if kind]
        slots = iter(places)
        check(function(*(ctypes.byref(next(slots)) if kind else next(rest) for kind in given)))
        made = [HANDLES[kind](place.value or 0) for kind, place in zip(filter(None, given), places)]
        return None if not made else made[0] if len(made) == 1 else tuple(made)

    return call


def _plain(name: str) -> Any:
    """A call without a status. A handle that comes back is lent by the first argument; texts are decoded."""
    function, (result, _, _) = _function(name), _header.FUNCTIONS[name]
    lent = result.replace("const", "").replace("*", "").strip()

    def call(*arguments: Any) -> Any:
        value = function(*arguments)
        if lent in HANDLES:
            return None if value is None else HANDLES[lent](value, keep=arguments[0], lent=True)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

    return call


def _fill() -> None:
    for name, value in _header.CONSTANTS.items():
        globals()[name.removeprefix("CAMA_")] = value
    HANDLES.update((kind, _handle_class(kind)) for kind in _header.HANDLES)
    for name, (_, checked, _) in _header.FUNCTIONS.items():
        if not name.endswith("_free"):
            call = _with_status(name) if checked else _plain(name)
            globals()[name.removeprefix("cama_")] = _described(call, name, _signature(name))


_check_version()
_fill()
# BLIS starts now, with the kernels that the library asks for. threadpoolctl, which scikit-learn uses, would start a
# BLIS that it finds loaded, with others, and every result would then differ in its last bits (and take longer).
library.cama_build_info()


def __getattr__(name: str) -> Any:
    raise AttributeError(f"cama.low has no {name!r}: libcama {version_text()} has no cama_{name}")


def version_text() -> str:
    """Version of the library that is loaded."""
    return str(library.cama_version_string().decode())
