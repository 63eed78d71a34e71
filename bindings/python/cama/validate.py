"""What comes in, made into the library's arrays or refused: float32 numbers that are finite, labels as int32.

An array that is float32 and C-contiguous is passed on as it is. Everything else is converted once, and refused with a
message where it cannot be meant: complex numbers, texts, sparse matrices, values that float32 does not hold. The
messages are scikit-learn's where it has one; it need not be installed.
"""
from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from .data import Floats, Labels

Array = npt.NDArray[Any]


class NotFittedError(ValueError, AttributeError):
    """The estimator was asked before it was fitted."""


def not_fitted(name: str) -> Exception:
    """scikit-learn's own exception where it is in use, so that its tools know it."""
    kind: Any = getattr(sys.modules.get("sklearn.exceptions"), "NotFittedError", NotFittedError)
    error: Exception = kind(f"This {name} instance is not fitted yet. Call 'fit' with appropriate arguments before "
                            "using this estimator.")
    return error


def is_frame(X: Any) -> bool:
    """Whether X is a table with named columns, as pandas has them."""
    return hasattr(X, "iloc") and hasattr(X, "columns")


def names_of(X: Any) -> Array | None:
    """The column names of a frame where all are texts, as scikit-learn's feature_names_in_; otherwise None."""
    if not is_frame(X):
        return None
    names = list(X.columns)
    texts = [isinstance(name, str) for name in names]
    if any(texts) and not all(texts):
        raise TypeError("Feature names are only supported if all input features have string names, but your input has "
                        f"{sorted({type(name).__name__ for name in names})} as feature name / column name types.")
    return np.array(names, dtype=object) if names and all(texts) else None


def check_names(X: Any, fitted: Array | None, owner: str) -> None:
    """Refuse columns that have other names, or another order, than those of fit."""
    given = names_of(X)
    if given is None and fitted is None:
        return
    if given is None:
        if not is_frame(X):
            warnings.warn(f"X does not have valid feature names, but {owner} was fitted with feature names",
                          stacklevel=4)
        return
    if fitted is None:
        warnings.warn(f"X has feature names, but {owner} was fitted without feature names", stacklevel=4)
        return
    if len(given) == len(fitted) and (given == fitted).all():
        return
    said = "The feature names should match those that were passed during fit.\n"
    new, gone = sorted(set(given) - set(fitted)), sorted(set(fitted) - set(given))
    for title, names in (("Feature names unseen at fit time", new),
                         ("Feature names seen at fit time, yet now missing", gone)):
        if names:
            said += f"{title}:\n" + "".join(f"- {name}\n" for name in names[:5]) + ("- ...\n" if len(names) > 5 else "")
    if not new and not gone:
        said += "Feature names must be in the same order as they were in fit.\n"
    raise ValueError(said)


def rows_of(X: Any, owner: str, dims: tuple[int, ...] = (2,)) -> Array:
    """X as an array of one of the dims, with rows and columns, not yet of numbers."""
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise TypeError("Sparse data was passed, but dense data is required: X.toarray() makes a dense array.")
    array: Array = np.asarray(X)
    if array.ndim not in dims:
        shape = f"{array.ndim}D array, got shape {array.shape}" if array.ndim else "scalar array instead"
        hint = "Reshape your data either using array.reshape(-1, 1) if your data has a single feature or " \
               "array.reshape(1, -1) if it contains a single sample."
        raise ValueError(f"Expected {dims[0]}D array, got {shape}. {hint}")
    if array.shape[0] == 0:
        raise ValueError(f"Found array with 0 sample(s) (shape={array.shape}) while a minimum of 1 is required by "
                         f"{owner}.")
    if 0 in array.shape:
        raise ValueError(f"Found array with 0 feature(s) (shape={array.shape}) while a minimum of 1 is required by "
                         f"{owner}.")
    return array


def is_missing(value: Any) -> bool:
    """None, NaN or pandas' NA."""
    return value is None or type(value).__name__ == "NAType" or bool(value != value)


def numbers_of(array: Array, what: str = "Input X", missing: bool = False) -> Floats:
    """The array as float32, C-contiguous and finite, but for NaN where cells may be missing: itself if it is that
    already, otherwise one copy."""
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {what} has dtype {array.dtype}")
    if array.dtype.kind in "USMmV":
        raise ValueError(f"{what}: dtype='numeric' is not compatible with {array.dtype}. Convert your data to numeric "
                         "values explicitly instead.")
    with np.errstate(over="ignore", invalid="ignore"):
        if array.dtype.kind == "O" and missing:
            array = np.array([np.nan if is_missing(value) else value for value in array.flat]).reshape(array.shape)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
        numbers: Floats = np.ascontiguousarray(array, dtype=np.float32)
        finite = np.isfinite(numbers.sum(dtype=np.float64))
    bad = None if finite else np.isinf(numbers) if missing else ~np.isfinite(numbers)
    if bad is not None and bad.any():
        named = what.startswith("column ")  # one column, whose place among others is not known here
        at = tuple(int(place) for place in np.argwhere(bad)[0])
        kind = "NaN" if np.isnan(numbers[at]) else "infinity or a value too large for dtype('float32')"
        raise ValueError(f"{what} contains {kind}. The first is in row {at[0]}"
                         + (f", column {', '.join(map(str, at[1:]))}." if len(at) > 1 and not named else "."))
    return numbers


def check_resolution(array: Array, numbers: Floats, names: list[str]) -> None:
    """Refuse columns whose differences float32 does not hold: a time stamp in nanoseconds, say."""
    if array.dtype == numbers.dtype or array.dtype.kind not in "fiu" or array.dtype.itemsize < 4:
        return
    constant = (numbers == numbers[0]).all(axis=0)
    for column in np.flatnonzero(constant):
        if not (array[:, column] == array[0, column]).all():
            raise ValueError(f"column {names[column]!r} varies by less than float32 can tell at its size "
                             f"({array[0, column]}): subtract a constant from it")


def labels_of(y: Any, rows: int | None = None) -> Array:
    """y (n) as it is, of any type that has an order; a column becomes a row with a warning."""
    if y is None:
        raise ValueError("This estimator requires y to be passed, but the target y is None.")
    if hasattr(y, "toarray") and hasattr(y, "nnz"):
        raise TypeError("Sparse data was passed for y, but dense data is required.")
    array: Array = np.asarray(y)
    if array.ndim == 2 and array.shape[1] == 1:
        kind: Any = getattr(sys.modules.get("sklearn.exceptions"), "DataConversionWarning", UserWarning)
        warnings.warn("A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
                      "(n_samples,), for example using ravel().", kind, stacklevel=4)
        array = array.ravel()
    if array.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {array.shape} instead.")
    if rows is not None and len(array) != rows:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: [{rows}, {len(array)}]")
    if array.dtype.kind == "c":
        raise ValueError("Complex data not supported: y")
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise ValueError(f"Input y contains {'NaN' if np.isnan(array).any() else 'infinity'}.")
        if (array != np.floor(array)).any():
            raise ValueError("Unknown label type: continuous. Expected classes; numpy.digitize cuts numbers into some.")
    return array


def classes_of(y: Array) -> tuple[Array, Labels]:
    """(the classes in order, the number of each row's class)."""
    try:
        classes, numbers = np.unique(y, return_inverse=True)
    except TypeError as error:
        kinds = sorted({type(each).__name__ for each in y})
        raise ValueError(f"Unknown label type: expected labels of one type, got {', '.join(kinds)}") from error
    if any(each is None or each != each for each in classes):
        raise ValueError("Input y contains NaN.")
    if len(classes) < 2:
        raise ValueError(f"Classifier can't train when only one class is present: expected at least 2 classes, got "
                         f"{list(classes)}")
    return classes, numbers.astype(np.int32)


def class_numbers(y: Any, classes: Array, rows: int) -> Labels:
    """The numbers of the classes of y (n), or of one class for all rows."""
    if np.ndim(y) == 0:
        y = np.full(rows, y)
    array = labels_of(y, rows)
    places = {each: index for index, each in enumerate(classes.tolist())}
    try:
        return np.array([places[each] for each in array.tolist()], np.int32)
    except KeyError as unknown:
        raise ValueError(f"expected classes among {classes.tolist()}, got {unknown.args[0]!r}") from None


def seed_of(random_state: Any) -> int:
    """A seed of the library: an integer as it is; of a RandomState, a Generator or None (NumPy's global one) a draw."""
    if random_state is None:
        random_state = np.random.mtrand._rand
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool) and random_state >= 0:
        return int(random_state)
    raise ValueError("random_state: expected an integer from 0, a RandomState, a Generator or None, got "
                     f"{random_state!r}")
