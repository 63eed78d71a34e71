"""What both estimators do with a model: fit, adapt, predict, score, and look into it.

Equation numbers are those of Zhang, Zhang and Li, "A Causal View on Robustness of Neural Networks", NeurIPS 2020. There
are n rows, C classes, D numbers of x, Z and M numbers of the latents z and m.
"""
from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from . import low, options
from .arguments import Handle
from .data import Dataset, Floats, Labels, Model, report_of
from .params import Parameters
from .running import Callback, Run
from .stream import Stream
from .validate import Array, class_numbers, classes_of, labels_of, seed_of

Self = TypeVar("Self", bound="Estimator")


class Rows:
    """Rows of data in the library's arrays: x, and of tables a and c; y where it is known."""

    def __init__(self, x: Floats, a: Floats | None = None, c: Floats | None = None, y: Labels | None = None) -> None:
        self.x, self.a, self.c, self.y = x, a, c, y

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: Any) -> Rows:
        """A copy of some rows."""
        a, c, y = (None if part is None else np.ascontiguousarray(part[rows]) for part in (self.a, self.c, self.y))
        return Rows(np.ascontiguousarray(self.x[rows]), a, c, y)


class Estimator(Parameters):
    """See CamaClassifier and CamaImageClassifier, which say how data become Rows and which network is made."""

    preset: str
    epochs: int | None
    batch: int | None
    lr: float | None
    z: int | None
    m: int | None
    model_options: Mapping[str, Any] | None
    optimizer_options: Mapping[str, Any] | None
    train_options: Mapping[str, Any] | None
    finetune_options: Mapping[str, Any] | None
    predict_options: Mapping[str, Any] | None
    keep_clean: int
    random_state: Any
    threads: int
    verbose: int
    model_: Model
    report_: dict[str, Any]
    classes_: Array
    n_features_in_: int
    n_iter_: int
    _clean: Rows | None
    _source: Model
    reader_: Model | None = None  # of tables, trained beside the model

    # ---- What the two kinds differ in

    def _learn(self, X: Any, y: Any) -> tuple[Rows, dict[str, Any]]:
        """(the rows of the training data, the attributes of the fitted estimator)."""
        raise NotImplementedError

    def _rows(self, X: Any) -> Rows:
        """The rows of other data, checked against the training data."""
        raise NotImplementedError

    def _network(self, facts: dict[str, Any], rows: Rows, values: dict[str, Any]) -> Model:
        """A new model for the training data."""
        raise NotImplementedError

    def _dataset(self, rows: Rows, model: Model) -> Dataset:
        raise NotImplementedError

    def _reader(self, facts: dict[str, Any], rows: Rows, model: Model, data: Dataset, seed: int) -> Model | None:
        """A trained reader for a new model; None: no reader."""
        return None

    def _chosen(self, reader: Model | None, rows: Rows, seed: int) -> Model | None:
        """The trained reader, or None where the trained model does better without."""
        return reader

    def _numbers(self, x: Floats, X: Any) -> Any:
        """Numbers of x (n, D) in the shape in which the user gave X."""
        raise NotImplementedError

    # ---- Training

    def _plan(self, seed: int) -> dict[str, Any]:
        """Options "train". What is not set the library chooses by the number of rows (docs/options.md)."""
        given = {"epochs": self.epochs, "batch": self.batch}
        return {**{key: value for key, value in given.items() if value is not None}, "seed": seed,
                **(self.train_options or {})}

    def _interrupted(self, steps: int, n: int) -> int:
        """The epochs that so many steps are, in batches as the library chooses them."""
        batch = self._plan(0).get("batch") or (128 if n >= 4096 else 32)
        return steps // -(-n // int(batch))

    def fit(self: Self, X: Any, y: Any, *, manipulated: tuple[Any, Any] | None = None,
            callback: Callback | None = None) -> Self:
        """Train a new model on X (n rows) and labels y (n) by maximising E ELBO(x, y, do(m=0)) (Eq. 3), or with
        `manipulated`, a pair of more rows and their labels whose manipulation is not known, Eq. 5.

        `callback` gets a Progress up to ten times a second; a true result ends the training. After that, and after
        Ctrl-C, the estimator holds the model of the last step.
        """
        seed = seed_of(self.random_state)
        rows, facts = self._learn(X, y)
        values = {"z": self.z, "m": self.m, "seed": seed, **(self.model_options or {})}
        model = self._network(facts, rows, values)
        data = self._dataset(rows, model)
        more = None if manipulated is None else self._manipulated(manipulated, facts, model)
        if not (model.number("a") or model.number("discriminative")):
            low.model_set_prior(model.handle, data.handle)
        optimizer = low.optimizer_create(model.handle, options.make(
            "optimizer", {**({} if self.lr is None else {"lr": self.lr}), **(self.optimizer_options or {})}))
        how = options.make("train", self._plan(seed))
        reader = self._reader(facts, rows, model, data, seed)
        run = Run(self.threads, callback, self.verbose, may_stop=True)
        report: dict[str, Any] = {}
        try:
            with run as session:
                made = low.train(session, optimizer, data.handle, more and more.handle, how)
                report = report_of(made, "train")
        finally:
            if report or run.told > 0:  # what an interruption leaves is a model too
                self._accept(facts, model, rows, seed, {**report, "stopped": not report})
                self.reader_ = reader
                self.n_iter_ = int(report["epochs"]) if report else self._interrupted(run.told, len(rows))
        if report:
            self.reader_ = self._chosen(reader, rows, seed)
        return self

    def _accept(self, facts: dict[str, Any], model: Model, rows: Rows, seed: int, report: dict[str, Any]) -> None:
        for stale in ("feature_names_in_", "layout_"):
            vars(self).pop(stale, None)
        vars(self).update(facts, model_=model, _source=model, report_=report)
        self._clean = None
        if self.keep_clean > 0:
            kept = np.arange(len(rows))
            if len(rows) > self.keep_clean:
                kept = np.sort(np.random.default_rng(seed).choice(len(rows), self.keep_clean, replace=False))
            self._clean = rows.take(kept)

    def _manipulated(self, pair: tuple[Any, Any], facts: dict[str, Any], model: Model) -> Dataset:
        probe = copy.copy(self)
        vars(probe).update(facts, model_=model)
        return self._dataset(probe._labelled(*pair), model)

    # ---- Adaptation

    def adapt(self: Self, X: Any, *, clean: tuple[Any, Any] | None = None, callback: Callback | None = None,
              **finetune: Any) -> Self:
        """A new estimator whose model was adapted to the unlabelled rows X: a copy, in which the networks p_m and q_m
        alone were moved to maximise alpha E_clean ELBO(x, y) + (1 - alpha) E_X ELBO(x) (Eq. 8).

        `report_` of the result says what that did: "objective_before" and "objective_after" (ELBO(x) on X),
        "clean_before" and "clean_after", "classes_before" and "classes_after" (predicted share of each class),
        "rolled_back" (1: it did harm, and the best state seen was taken). `clean` is a pair (X, y) of clean rows;
        without it those that fit has kept are used. A discriminative baseline is adapted by TENT: the entropy of
        p(y|x) falls (docs/finetuning.md, "TENT"). A true result of `callback` raises Cancelled. More keywords are
        options "finetune" (docs/options.md): steps, lr, alpha, ...
        """
        self._need_fit()
        target = self._dataset(self._rows(X), self.model_)
        values = {"seed": seed_of(self.random_state), **(self.finetune_options or {}),
                  **finetune}
        source = self._labelled(*clean) if clean is not None else self._clean
        alpha = values.get("alpha", 0 if self.model_.number("discriminative") else None)
        if source is None and alpha != 0:
            raise ValueError("adapt: expected clean=(X, y), or alpha=0, since this estimator has kept no training rows "
                             "(keep_clean=0, or it was loaded from a file)")
        data = None if source is None else self._dataset(source, self.model_)
        made = copy.copy(self)
        with Run(self.threads, callback, self.verbose) as session:
            adapted, report = low.finetune(session, self.model_.handle, data and data.handle, target.handle,
                                           options.make("finetune", values))
            made.model_, made.report_ = Model(adapted), report_of(report, "finetune")
        return made

    def stream(self, *, clean: tuple[Any, Any] | None = None, finetune: Mapping[str, Any] | None = None,
               **stream: Any) -> Stream:
        """Adaptation that goes on batch after batch: each call of its predict or predict_proba adapts to the rows and
        predicts them. Keywords are options "stream" (start="keep", "reset" or "drift"; drift, restart, tolerance),
        `finetune` those of each step; `clean` as for adapt. This estimator is not changed."""
        self._need_fit()
        rows = self._labelled(*clean) if clean is not None else self._clean
        return Stream(self, rows, finetune or {}, stream)

    def reset(self: Self) -> Self:
        """Back to the model that was trained, after any adaptation. Returns self."""
        self._need_fit()
        self.model_ = self._source
        return self

    # ---- Prediction and scores

    def _labelled(self, X: Any, y: Any) -> Rows:
        rows = self._rows(X)
        if y is not None:
            rows.y = class_numbers(y, self.classes_, len(rows))
        return rows

    def predict_proba(self, X: Any) -> Floats:
        """p(y|x) (n, C) by Bayes' rule (Eq. 6), in the order of classes_. A row's do not depend on other rows."""
        self._need_fit()
        rows = self._rows(X)
        return self._asked(self.model_, self.reader_, self._dataset(rows, self.model_))

    def _asked(self, model: Model, reader: Model | None, data: Dataset) -> Floats:
        """p(y|x) of a dataset by the model, or by the model and its reader."""
        p = np.empty((len(data), len(self.classes_)), np.float32)
        how = options.make("predict", self.predict_options)
        with Run(self.threads, None, self.verbose > 1) as session:
            if reader is None:
                low.predict(session, model.handle, data.handle, how, p)
            else:
                low.predict_read(session, model.handle, reader.handle, data.handle, how, p)
        return p

    def predict(self, X: Any) -> Array:
        """The most probable class of each row (n)."""
        chosen: Array = self.predict_proba(X).argmax(axis=1)
        return self.classes_[chosen]

    def predict_log_proba(self, X: Any) -> Floats:
        """log p(y|x) (n, C)."""
        with np.errstate(divide="ignore"):
            logs: Floats = np.log(self.predict_proba(X))
        return logs

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of rows whose most probable class is y (n)."""
        right = self.predict(X) == labels_of(y)
        return float(np.average(right, weights=sample_weight))

    def _scored(self, function: Any, rows: Rows, *arguments: Any, **score: Any) -> npt.NDArray[np.float64]:
        data = self._dataset(rows, self.model_)
        values = np.empty(len(rows))
        with Run(self.threads, None, self.verbose > 1) as session:
            function(session, self.model_.handle, data.handle, *arguments, options.make("score", score), values)
        return values

    def score_samples(self, X: Any, **score: Any) -> npt.NDArray[np.float64]:
        """ELBO(x) = log sum_c exp ELBO(x, y_c) of each row (n), in nats (Eq. 7): a bound of log p(x), low where x is
        unlike the training data. Keywords are options "score"; noise="sample" draws z and m, and a row's value then
        depends on its place in X. Without it they are at their posterior means."""
        self._need_fit()
        return self._scored(low.elbo_marginal, self._rows(X), **{"noise": "mean", "m": self._m_mode(), **score})

    def elbo(self, X: Any, y: Any, do: Any = None, **score: Any) -> npt.NDArray[np.float64]:
        """ELBO(x, y) of each row with its label (n), in nats (Eq. 4), or ELBO(x, y, do(m)) (Eq. 3) with `do`, 0 or M
        numbers. Keywords as for score_samples."""
        self._need_fit()
        rows = self._labelled(X, y)
        if do is None:
            return self._scored(low.elbo, rows, **{"noise": "mean", "m": self._m_mode(), **score})
        return self._scored(low.elbo_do, rows, self._m_of(do), **{"noise": "mean", **score})

    def _m_mode(self) -> str | None:
        """m as predict_proba has it: inferred if q(m|x) was trained, otherwise 0."""
        if self.model_.number("discriminative"):
            return None
        return "infer" if self.model_.number("q_m_trained") else "zero"

    def _m_of(self, do: Any) -> Floats:
        size = self.model_.number("m")
        numbers: Floats = np.ascontiguousarray(do, np.float32).reshape(-1)
        if numbers.size == 1 and numbers[0] == 0:
            return np.zeros(size, np.float32)
        if numbers.size != size:
            raise ValueError(f"do: expected 0 or the {size} numbers of m, got {numbers.size}")
        return numbers

    def _m_rows(self, do: Any, n: int) -> Floats:
        """The same m for each of n rows (n, M)."""
        return np.ascontiguousarray(np.broadcast_to(self._m_of(do), (n, self.model_.number("m"))))

    # ---- Latents and interventions

    def encode(self, X: Any, y: Any = None, **encode: Any) -> dict[str, Floats]:
        """Means and log-variances of q(m|x) and q(z|x, y, m) (Eq. 2): "m_mu", "m_lv" (n, M), "z_mu", "z_lv" (n, Z).
        Without y it is the predicted class."""
        self._need_fit()
        rows = self._labelled(X, y)
        data = self._dataset(rows, self.model_)
        made = {name: np.empty((len(rows), self.model_.number(name[0])), np.float32)
                for name in ("m_mu", "m_lv", "z_mu", "z_lv")}
        with Run(self.threads) as session:
            low.encode(session, self.model_.handle, data.handle, options.make("encode", encode), *made.values())
        return made

    def reconstruct(self, X: Any, y: Any = None, *, do: Any = None, **reconstruct: Any) -> Any:
        """The mean of p(x|y, z, m), in the form of X, with z inferred from x and m as inferred; with do=0 or M numbers
        under do(m): x as it would be without the manipulation (Figure 9). Without y it is the predicted class."""
        self._need_fit()
        rows = self._labelled(X, y)
        data = self._dataset(rows, self.model_)
        values: dict[str, Any] = {}
        if do is not None:
            m = self._m_of(do)
            values = {"m": "given", "m0": m} if m.any() else {"m": "zero"}
        x, how = np.empty((len(rows), self.model_.number("x")), np.float32), {**values, **reconstruct}
        with Run(self.threads) as session:
            low.reconstruct(session, self.model_.handle, data.handle, options.make("reconstruct", how), x)
        return self._numbers(x, X)

    def _prior(self, n: int, seed: int) -> Labels:
        """n classes from p(y)."""
        logs = self.model_.tensors()["prior.log_prob"].astype(np.float64)
        p = np.exp(logs - logs.max())
        return np.random.default_rng(seed).choice(len(p), n, p=p / p.sum()).astype(np.int32)

    def _sampled(self, y: Labels, c: Floats | None, m: Any, seed: int, values: Mapping[str, Any]) -> Floats:
        x = np.empty((len(y), self.model_.number("x")), np.float32)
        made = None if m is None else self._m_rows(m, len(y))
        with Run(self.threads) as session:
            low.generate(session, self.model_.handle, len(y), y, c, None, made,
                         options.make("generate", {"draw": "sample", "seed": seed, **values}), x)
        return x

    def _imagined(self, rows: Rows, y_new: Labels | None, c_new: Floats | None, m: Any,
                  values: Mapping[str, Any]) -> Floats:
        data = self._dataset(rows, self.model_)
        x = np.empty((len(rows), self.model_.number("x")), np.float32)
        m_new = None if m is None else self._m_rows(m, len(rows))
        with Run(self.threads) as session:
            low.counterfactual(session, self.model_.handle, data.handle, y_new, c_new, m_new,
                               options.make("counterfactual", values), x)
        return x

    # ---- Files

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one safetensors file, which libcama and PyTorch read. Training rows are not in it; a
        pickle of the estimator has them."""
        self._need_fit()
        low.model_save(self.model_.handle, path)


def learn_classes(y: Any, rows: int) -> tuple[Array, Labels]:
    """Classes and their numbers of a training run's labels."""
    return classes_of(labels_of(y, rows))


def classes_from_names(names: list[str]) -> Array:
    """Classes of a file: integers where all names are written as such, otherwise texts."""
    if all(name == str(int(name)) for name in names if name.lstrip("-").isdigit()) and all(
            name.lstrip("-").isdigit() for name in names):
        return np.array([int(name) for name in names])
    return np.array(names)


def load_model(path: str | os.PathLike[str]) -> Model:
    """A model from its file."""
    return Model(low.model_load(path))


def class_texts(classes: Array) -> list[str]:
    """Names of classes for a file."""
    return [str(each) for each in classes.tolist()]


__all__ = ["Estimator", "Handle", "Rows", "class_texts", "classes_from_names", "learn_classes", "load_model"]
