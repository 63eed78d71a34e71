"""Datasets, models and reports of the library as Python sees them: arrays in, arrays and dictionaries out."""
from __future__ import annotations

import ctypes
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import low, options
from ._header import COMMENTS
from .arguments import Handle

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]
ROLES = ("child", "parent", "co_parent")
KINDS = ("continuous", "binary", "categorical")


class Variable(NamedTuple):
    """A column of a table: role "child" (in x), "parent" (in a) or "co_parent" (in c); kind "continuous", "binary" or
    "categorical", the last with the names of its levels."""

    name: str
    role: str
    kind: str = "continuous"
    levels: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many numbers it takes."""
        return len(self.levels) or 1


def _text(function: Any, *arguments: Any) -> str:
    place = ctypes.c_char_p()
    function(*arguments, ctypes.byref(place))
    return (place.value or b"").decode("utf-8", "replace")


def schema_of(target: str, classes: Sequence[str], variables: Sequence[Variable],
              confounders: Mapping[str, str] | None = None) -> Handle:
    """The library's schema of a table's variables. confounders: why do() of the target or of a co-parent is not
    answered."""
    schema: Handle = low.schema_create(target, len(classes), list(classes))
    for each in variables:
        low.schema_add(schema, each.name, ROLES.index(each.role), KINDS.index(each.kind), each.width,
                       list(each.levels) or None)
    known = {target} | {each.name for each in variables if each.role == "co_parent"}
    for name, why in (confounders or {}).items():
        if name in known:
            low.schema_set_confounder(schema, name, why)
    return schema


def read_schema(schema: Handle) -> tuple[str, list[str], list[Variable]]:
    """(target, names of the classes, variables) of a schema."""
    count, classes = ctypes.c_int32(), ctypes.c_int32()
    low.schema_sizes(schema, ctypes.byref(count), None, None, None, ctypes.byref(classes))
    variables = []
    for index in range(count.value):
        name, (role, kind, levels) = ctypes.c_char_p(), (ctypes.c_int32(), ctypes.c_int32(), ctypes.c_int32())
        low.schema_variable(schema, index, ctypes.byref(name), ctypes.byref(role), ctypes.byref(kind),
                            ctypes.byref(levels), None)
        named = KINDS[kind.value] == "categorical"
        names = [_text(low.schema_level_name, schema, index, level) for level in range(levels.value if named else 0)]
        variables.append(Variable((name.value or b"").decode(), ROLES[role.value], KINDS[kind.value], tuple(names)))
    return (_text(low.schema_target, schema),
            [_text(low.schema_class_name, schema, index) for index in range(classes.value)], variables)


class Dataset:
    """Rows for one or more calls. The arrays are lent to the library, not copied, and kept alive."""

    def __init__(self, handle: Handle, arrays: tuple[Any, ...]) -> None:
        self.handle, self.arrays = handle, arrays

    @classmethod
    def of_table(cls, schema: Handle, x: Floats, a: Floats | None, c: Floats | None, y: Labels | None) -> Dataset:
        """x (n, D), NaN where a cell is missing, a (n, A), c (n, P), y (n)."""
        keep = options.make("columns", {"missing": "keep"}) if np.isnan(x).any() else None
        return cls(low.dataset_from_columns_with(schema, len(x), x, a, c, y, 0, keep), (x, a, c, y))

    @classmethod
    def of_images(cls, shape: tuple[int, int, int], classes: int, x: Floats, y: Labels | None) -> Dataset:
        """x (n, height, width, channels) or flat, y (n); vectors have the shape (1, 1, D)."""
        return cls(low.dataset_from_arrays(len(x), *shape, classes, x, y, 0), (x, y))

    def __len__(self) -> int:
        return len(self.arrays[0])


class Model:
    """A model: read by any number of threads at once, written by training alone."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle

    @classmethod
    def from_bytes(cls, raw: bytes) -> Model:
        """A model from the bytes of its file."""
        return cls(low.model_load_memory(raw, len(raw)))

    def to_bytes(self) -> bytes:
        """The bytes of its file (safetensors)."""
        size = ctypes.c_int64()
        low.model_save_memory(self.handle, None, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        low.model_save_memory(self.handle, buffer, ctypes.byref(size))
        return buffer.raw

    def __reduce__(self) -> tuple[Any, ...]:
        return Model.from_bytes, (self.to_bytes(),)

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        return self.clone()

    def clone(self) -> Model:
        """A copy."""
        return Model(low.model_clone(self.handle))

    def number(self, name: str) -> int:
        """A number by its name in cama_model_get_int: "x", "a", "c", "classes", "z", "m", "parameters", ..."""
        value = ctypes.c_int64()
        low.model_get_int(self.handle, name, ctypes.byref(value))
        return value.value

    def text(self, name: str) -> str:
        """A text by its name in cama_model_get_text: "preset", "likelihood", "p_merge", "summary", ..."""
        return _text(low.model_get_text, self.handle, name)

    def schema(self) -> Handle | None:
        """Its schema, lent; None for images and vectors without one."""
        lent: Handle | None = low.model_schema(self.handle)
        return lent

    def parameters(self) -> dict[str, Floats]:
        """Copies of all parameters by name, in PyTorch's shapes: `torch.from_numpy` of each is a state_dict."""
        count, found = ctypes.c_int32(), {}
        low.model_parameter_count(self.handle, ctypes.byref(count))
        for index in range(count.value):
            name, dims, shape, numbers = ctypes.c_char_p(), ctypes.c_int32(), np.zeros(4, np.int64), ctypes.c_int64()
            low.model_parameter_describe(self.handle, index, ctypes.byref(name), ctypes.byref(dims), shape,
                                         ctypes.byref(numbers))
            values = np.empty(tuple(shape[:dims.value]), np.float32)
            text = (name.value or b"").decode()
            low.model_parameter_read(self.handle, text, values.size, values)
            found[text] = values
        return found

    def set_parameter(self, name: str, values: npt.ArrayLike) -> None:
        """Replace one parameter by as many finite numbers, in PyTorch's order."""
        numbers = np.ascontiguousarray(values, np.float32)
        low.model_parameter_write(self.handle, name, numbers.size, numbers)

    def _file(self) -> tuple[bytes, dict[str, Any], int]:
        """(bytes of its file, the header's entries, where the numbers begin)."""
        raw = self.to_bytes()
        begin = 8 + int.from_bytes(raw[:8], "little")
        return raw, json.loads(raw[8:begin]), begin

    def metadata(self) -> dict[str, str]:
        """The texts of its file (docs/file-format.md)."""
        return dict(self._file()[1]["__metadata__"])

    def tensors(self) -> dict[str, Floats]:
        """All tensors of its file: the parameters, and `prior.log_prob`, `standard.mean`, `standard.scale` and others
        where it has them (docs/file-format.md)."""
        raw, header, begin = self._file()
        found = {}
        for name, entry in header.items():
            if name != "__metadata__":
                first, end = (begin + at for at in entry["data_offsets"])
                found[name] = np.frombuffer(raw[first:end], "<f4").reshape(entry["shape"])
        return found

    def choice(self, key: str) -> str:
        """What an option "model" that the file has as a number was: `choice("m_enters")` is "merge", "view", ..."""
        allowed = next(each.range for each in options.describe("model") if each.key == key).split("|")
        return allowed[1 + int(self.metadata()[key])]  # the first is "preset"


def report_of(report: Handle, verb: str) -> dict[str, Any]:
    """The values of a report by key: a number, or an array of those that have one for each epoch or class. The keys are
    those that the header's comment on the verb names."""
    found: dict[str, Any] = {}
    for name in re.findall(r'"(\w+)"', COMMENTS["cama_" + verb]):
        count, value = ctypes.c_int64(), ctypes.c_double()
        try:
            low.report_count(report, name, ctypes.byref(count))
        except ValueError:  # another quoted word
            continue
        values = []
        for index in range(count.value):
            low.report_get(report, name, index, ctypes.byref(value))
            values.append(value.value)
        several = len(values) != 1 or name in ("objective", "label") or name.startswith(("classes", "validation"))
        found[name] = np.array(values) if several else values[0]
    return found
