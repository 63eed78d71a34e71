"""Readers of tables: a discriminative model beside the causal one, trained on the same rows, which reads each row with
the manipulation undone (docs/sensors.md, "A reader beside the model")."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import low, options
from .data import Dataset, Model
from .running import Run

DEFAULT = "measurement-logistic"
ASKED, BEHIND = 1000, 0.2  # "auto" leaves out a reader that has so much less of (at most) so many training rows right
UNITS = ("standard.mean", "standard.scale")


def preset_of(reader: Any, model: Model) -> str | None:
    """The preset that a parameter `reader` means beside a model; None: no reader."""
    if isinstance(reader, str) and reader != "auto":
        return reader
    if reader is not None and not isinstance(reader, (bool, str)):
        raise ValueError("reader: expected \"auto\", True, False or the name of a discriminative preset, "
                         f"got {reader!r}")
    if reader == "auto" and model.number("discriminative"):
        return None
    return DEFAULT if reader else None


def check(model: Model, reader: Model) -> Model:
    """The reader, if it can be one beside the model."""
    if model.number("discriminative"):
        raise ValueError(f"reader: expected a generative model to read beside, got \"{model.text('preset')}\"")
    if not reader.number("discriminative"):
        raise ValueError(f"reader: expected a discriminative model, got \"{reader.text('preset')}\"")
    return reader


def train(reader: Model, data: Dataset, seed: int, how: Mapping[str, Any], threads: int) -> Model:
    """The reader, trained with the library's defaults for it; of the model's own options `how` it has those that are
    about the rows."""
    values = {key: value for key, value in how.items() if key in ("drop_cells", "outliers")}
    optimizer = low.optimizer_create(reader.handle, None)
    with Run(threads) as session:
        low.train(session, optimizer, data.handle, None, options.make("train", {"seed": seed, **values}))
    return reader


# ---- Files

def beside(path: str | os.PathLike[str]) -> str:
    """Where the reader of the model in a file is.

    >>> beside("m.safetensors")
    'm.reader.safetensors'
    """
    stem, ending = os.path.splitext(os.fspath(path))
    return f"{stem}.reader{ending}"


def found(path: str | os.PathLike[str], model: Model) -> Model | None:
    """The reader that lies beside a model's file, if it was trained on the same rows: then both have learned the same
    units. One of an older model of the same name is none."""
    if model.number("discriminative") or not os.path.exists(beside(path)):
        return None
    reader = Model(low.model_load(beside(path)))
    mine, its = model.tensors(), reader.tensors()
    same = model.number("classes") == reader.number("classes") and model.number("x") == reader.number("x") and all(
        np.array_equal(mine[name], its[name]) for name in UNITS if name in mine and name in its)
    return reader if same and reader.number("discriminative") else None


def forget(path: str | os.PathLike[str], model: Model) -> None:
    """Remove the file beside a model's that `found` would take for its reader."""
    if found(path, model) is not None:
        os.remove(beside(path))
