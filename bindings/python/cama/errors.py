"""Statuses of the library as exceptions: each is a CamaError and the built-in exception that it resembles."""
from __future__ import annotations


class CamaError(Exception):
    """A call of the library failed. `status` is its number and `name` its name in cama.h, "CAMA_E_DATA"; the text says
    what was expected, what came, and where."""

    status = 0
    name = "CAMA_E_UNKNOWN"


class ArgumentError(CamaError, ValueError):
    """A size or a combination of arguments that cannot work."""


class DataError(CamaError, ValueError):
    """A value in the data: NaN, a label out of range, a pixel outside [0, 1]."""


class OptionError(CamaError, ValueError):
    """An unknown option, or a value of the wrong type or out of range."""


class OutOfMemory(CamaError, MemoryError):
    """No memory, or the session's memory_limit would be exceeded."""


class FileError(CamaError, OSError):
    """The operating system refused a file operation."""


class FormatError(CamaError, ValueError):
    """A file is not what it should be: truncated, oversized, corrupt, of another kind."""


class NonFiniteError(CamaError, ArithmeticError):
    """The objective or a gradient became NaN or infinite."""


class Cancelled(CamaError):
    """The callback or another thread asked to stop. What was being trained is valid."""


class SystemServiceError(CamaError, OSError):
    """Threads or another system service could not be had."""


CLASSES: dict[str, type[CamaError]] = {
    "CAMA_E_ARGUMENT": ArgumentError,
    "CAMA_E_DATA": DataError,
    "CAMA_E_OPTION": OptionError,
    "CAMA_E_MEMORY": OutOfMemory,
    "CAMA_E_IO": FileError,
    "CAMA_E_FORMAT": FormatError,
    "CAMA_E_NONFINITE": NonFiniteError,
    "CAMA_E_CANCELLED": Cancelled,
    "CAMA_E_SYSTEM": SystemServiceError,
}


def error_of(status: int, name: str, message: str) -> CamaError:
    """The exception of a status; of one that a newer library has added, a plain CamaError."""
    error = CLASSES.get(name, CamaError)(message)
    error.status, error.name = status, name
    return error
