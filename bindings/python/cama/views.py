"""Views: how an image was seen. In a model with option m_enters = view m says that, and it can be told and undone."""
from __future__ import annotations

import copy
import ctypes
from typing import Any, NamedTuple, TypeVar

import numpy as np

from . import low, options
from .base import Estimator
from .data import Floats, Model, report_of
from .running import Callback, Run
from .validate import Array, seed_of

Self = TypeVar("Self", bound="Viewer")


class Views(NamedTuple):
    """What was done to n images: V numbers of each, `mean` and `deviation` (n, V), with their names and units; `none`
    (V) are those of an image that is seen as it is."""

    names: list[str]
    units: list[str]
    none: Floats
    mean: Floats
    deviation: Floats


def described() -> tuple[list[str], list[str], Floats]:
    """(names, units, the values of an image that is seen as it is) of the numbers of a view.

    >>> len(described()[0]) == len(described()[2])
    True
    """
    count, names, units, none = ctypes.c_int32(), [], [], []
    low.view_count(ctypes.byref(count))
    for index in range(count.value):
        name, unit, value = ctypes.c_char_p(), ctypes.c_char_p(), ctypes.c_double()
        low.view_describe(index, ctypes.byref(name), ctypes.byref(unit), ctypes.byref(value))
        names.append((name.value or b"").decode())
        units.append((unit.value or b"").decode())
        none.append(value.value)
    return names, units, np.array(none, np.float32)


class Viewer(Estimator):
    """The part of CamaImageClassifier for models with views. After adapt, `views_` says what was done to its images."""

    views_: Views
    shape_: tuple[int, int, int]

    def with_views(self: Self, *, clean: tuple[Any, Any] | None = None, callback: Callback | None = None,
                   **train: Any) -> Self:
        """A new estimator with the same p(x|y, z, do(m=0)), in which m is how an image was seen. Its q(m|x) is trained
        on clean rows under simulated views: those that fit has kept, or `clean`, a pair (X, y). Keywords are options
        "train"."""
        self._need_fit()
        rows = self._labelled(*clean) if clean is not None else self._clean
        if rows is None:
            raise ValueError("with_views: expected clean=(X, y), since this estimator has kept no training rows")
        seed = seed_of(self.random_state)
        model = Model(low.model_with_views(self.model_.handle, options.make("model", seed=seed)))
        optimizer = low.optimizer_create(model.handle, options.make("optimizer", self.optimizer_options))
        how = options.make("train", {**self._plan(seed), "simulate": "alone", **train})
        data = self._dataset(rows, model)
        made = copy.copy(self)
        with Run(self.threads, callback, self.verbose) as session:
            made.report_ = report_of(low.train(session, optimizer, data.handle, None, how), "train")
        made.model_ = made._source = model
        return made

    def _has_views(self) -> bool:
        return bool(self.model_.number("q_m_trained")) and self.model_.choice("m_enters") == "view"

    def adapt(self: Self, X: Any, *, clean: tuple[Any, Any] | None = None, callback: Callback | None = None,
              **finetune: Any) -> Self:
        made = super().adapt(X, clean=clean, callback=callback, **finetune)
        if made._has_views():
            made.views_ = made.views(X)
        return made

    def views(self, X: Any, **view: Any) -> Views:
        """How each image was seen: its position, rotation, zoom, blur, ... in the units of `units`. Keywords are
        options "view". For a model with views whose q(m|x) was trained."""
        self._need_fit()
        data = self._dataset(self._rows(X), self.model_)
        names, units, none = described()
        mean, deviation = (np.empty((len(data), len(names)), np.float32) for _ in range(2))
        with Run(self.threads) as session:
            low.views(session, self.model_.handle, data.handle, options.make("view", view), mean, deviation)
        return Views(names, units, none, mean, deviation)

    def see(self, X: Any, **view: Any) -> Any:
        """The images with their views undone and contaminated pixels replaced, in the form of X and in the units of the
        model, for any other classifier to read. Keywords are options "view"."""
        self._need_fit()
        data = self._dataset(self._rows(X), self.model_)
        with Run(self.threads) as session:
            seen = low.see(session, self.model_.handle, data.handle, options.make("view", view))
        x = np.empty((len(data), self.model_.number("x")), np.float32)
        low.dataset_read(seen, 0, len(data), x, None)
        return self._numbers(x, X)

    def predict_proba(self, X: Any, *, reader: Estimator | None = None) -> Floats:
        """p(y|x) (n, C) by Bayes' rule (Eq. 6), in the order of classes_. With `reader`, a fitted discriminative
        estimator of the same images and classes, that reads the class from the images with their views undone."""
        if reader is None:
            return super().predict_proba(X)
        self._need_fit()
        data = self._dataset(self._rows(X), self.model_)
        if not np.array_equal(reader.classes_, self.classes_):
            raise ValueError(f"reader: expected one of the classes {self.classes_.tolist()}, got "
                             f"{reader.classes_.tolist()}")
        return self._asked(self.model_, reader.model_, data)

    def predict(self, X: Any, *, reader: Estimator | None = None) -> Array:
        """The most probable class of each image (n), as predict_proba has it."""
        chosen: Array = self.predict_proba(X, reader=reader).argmax(axis=1)
        return self.classes_[chosen]
