"""Streams: adaptation that goes on batch after batch, with the trained model at hand."""
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import low, options
from .data import Floats, Model, report_of
from .running import Callback, Run
from .validate import seed_of

if TYPE_CHECKING:
    from .base import Estimator, Rows


class Stream:
    """What Estimator.stream gives. `report_` says what the last batch did: "restart" (1: the manipulation changed, and
    adaptation began at the trained model), "objective_source" and "objective_kept", "batches", and the keys of adapt."""

    report_: dict[str, Any]

    def __init__(self, estimator: Estimator, clean: Rows | None, finetune: Mapping[str, Any],
                 stream: Mapping[str, Any]) -> None:
        self._estimator = estimator
        self._clean = None if clean is None else estimator._dataset(clean, estimator.model_)  # the library borrows it
        values = {"seed": seed_of(estimator.random_state), **(estimator.finetune_options or {}), **finetune}
        self._handle = low.stream_create(estimator.model_.handle, self._clean and self._clean.handle,
                                         options.make("stream", stream), options.make("finetune", values))

    def predict_proba(self, X: Any, *, callback: Callback | None = None) -> Floats:
        """Adapt to the unlabelled rows X, and predict them: p(y|x) (n, C). After an error the stream is as before."""
        its = self._estimator
        data = its._dataset(its._rows(X), its.model_)
        p = np.empty((len(data), len(its.classes_)), np.float32)
        with Run(its.threads, callback, its.verbose) as session:
            made = low.stream_step(session, self._handle, data.handle, options.make("predict", its.predict_options), p)
            self.report_ = {**report_of(made, "finetune"), **report_of(made, "stream_step")}
        return p if its.reader_ is None else its._asked(self.model, its.reader_, data)

    def predict(self, X: Any, *, callback: Callback | None = None) -> Any:
        """Adapt to the rows X, and give the most probable class of each (n)."""
        return self._estimator.classes_[self.predict_proba(X, callback=callback).argmax(axis=1)]

    @property
    def model(self) -> Model:
        """A copy of the model as the last batch left it."""
        return Model(low.stream_model(self._handle))
