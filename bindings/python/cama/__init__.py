"""cama: deep causal manipulation augmented models, the Python package of libcama.

    from cama import CamaClassifier
    model = CamaClassifier().fit(X, y)
    p = model.predict_proba(X_new)
    adapted = model.adapt(X_new)            # unlabelled; a new estimator with a report_
    p = adapted.predict_proba(X_new)

CamaClassifier is for tables and vectors, CamaImageClassifier for images; cama.plot draws (matplotlib), cama.low has
every function of cama.h, cama.options.describe(verb) every option. NumPy is all that is needed.
"""
from __future__ import annotations

import importlib
from typing import Any

from . import low, options
from .errors import (ArgumentError, CamaError, Cancelled, DataError, FileError, FormatError, NonFiniteError,
                     OptionError, OutOfMemory, SystemServiceError)
from .images import CamaImageClassifier
from .running import Progress
from .tables import CamaClassifier
from .validate import NotFittedError

__version__ = low.version_text()
__all__ = ["ArgumentError", "CamaClassifier", "CamaError", "CamaImageClassifier", "Cancelled", "DataError", "FileError",
           "FormatError", "NonFiniteError", "NotFittedError", "OptionError", "OutOfMemory", "Progress",
           "SystemServiceError", "build_info", "low", "options", "plot"]


def build_info() -> str:
    """One line about the library: compiler, BLIS version and kernel. For bug reports."""
    return str(low.build_info())


def __getattr__(name: str) -> Any:
    if name == "plot":  # needs matplotlib, which nothing else does
        return importlib.import_module(".plot", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
