"""Readers of tables: a discriminative model beside the causal one, trained on the same rows, which reads each row with
the manipulation undone (docs/sensors.md, "A reader beside the model")."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import low, options
from .data import Dataset, Model
from .running import Run

DEFAULT = "measurement-logistic"


def preset_of(reader: Any) -> str | None:
    """The preset that a parameter `reader` means; None: no reader.

    >>> preset_of(True), preset_of("measurement-dnn"), preset_of(False)
    ('measurement-logistic', 'measurement-dnn', None)
    """
    if isinstance(reader, str):
        return reader
    if reader is not None and not isinstance(reader, bool):
        raise ValueError(f"reader: expected True, False or the name of a discriminative preset, got {reader!r}")
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
