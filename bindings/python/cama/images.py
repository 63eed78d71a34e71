"""CamaImageClassifier: images, with the paper's networks where their size is MNIST's or CIFAR's."""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from . import low, networks, options
from .base import Rows, learn_classes, load_model
from .data import Dataset, Floats, Model
from .validate import Array, check_names, class_numbers, is_frame, names_of, numbers_of, rows_of, seed_of
from .views import Viewer

Shape = tuple[int, int, int]
Self = TypeVar("Self", bound="CamaImageClassifier")
LEAST_SQUARE = networks.LEAST_SIDE ** 2


def shape_of(array: Array, given: Sequence[int] | None) -> Shape:
    """(height, width, channels) of images (n, height, width[, channels]) or of rows of numbers. Rows are images of the
    shape that is given; otherwise square and grey from 8x8 on, where their length allows that, and else one line."""
    if array.ndim > 2:
        found = tuple(array.shape[1:]) + (1,) * (4 - array.ndim)
    elif given is not None:
        found = tuple(given) + (1,) * (3 - len(given))
    else:
        side = int(np.sqrt(array.shape[1]) + 0.5)
        square = side * side == array.shape[1] >= LEAST_SQUARE
        found = (side, side, 1) if square else (1, array.shape[1], 1)
    if given is not None and tuple(given) + (1,) * (3 - len(given)) != found:
        raise ValueError(f"shape: expected images of {tuple(given)}, got {found}")
    if len(found) != 3 or int(np.prod(found)) != int(np.prod(array.shape[1:])):
        raise ValueError(f"expected images of shape {found}, got rows of {array.shape[1:]}")
    return found[0], found[1], found[2]


class CamaImageClassifier(Viewer):
    """Deep CAMA for images: p(x, y, z, m) = p(m) p(z) p(y) p(x | y, z, m) (Eq. 1).

    X is (n, height, width), (n, height, width, channels), or rows (n, D) with `shape`. Bytes are read as value / 255.
    Where all of X is in [0, 1] the likelihood is Bernoulli; otherwise Gaussian, of pixels with mean and scale learned.

    Parameters
    ----------
    preset : "auto" takes "mnist" for 28x28x1, "cifar" for 32x32x3, and networks of that kind for other sizes. Others:
        docs/networks.md; "mnist-cnn" is a discriminative baseline.
    shape : (height, width[, channels]) of rows (n, D); square and grey by default, where D allows that.
    epochs, batch, lr : None means: at least 1,000 steps and 10 epochs; batches of 64 at most; 1e-3 (3e-3 where a side
        is below 8). The learning rate rises over the first tenth of the steps, 100 at most.
    Others are those of CamaClassifier.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 200)
    >>> X = np.zeros((200, 8, 8), np.float32)
    >>> X[np.arange(200), 2 + 3 * y] = 1                                  # a bar that is high or low
    >>> model = CamaImageClassifier(epochs=10).fit(X, y)
    >>> model.score(X, y)
    1.0
    >>> model.reconstruct(X[:3], do=0).shape
    (3, 8, 8)
    """

    _images = True
    shape_: Shape
    likelihood_: str

    def __init__(self, preset: str = "auto", *, shape: Sequence[int] | None = None, epochs: int | None = None,
                 batch: int | None = None, lr: float | None = None, z: int | None = None, m: int | None = None,
                 model_options: Mapping[str, Any] | None = None, optimizer_options: Mapping[str, Any] | None = None,
                 train_options: Mapping[str, Any] | None = None, finetune_options: Mapping[str, Any] | None = None,
                 predict_options: Mapping[str, Any] | None = None, keep_clean: int = 4096, random_state: Any = 0,
                 threads: int = 0, verbose: int = 0) -> None:
        self.preset, self.shape = preset, shape
        self.epochs, self.batch, self.lr, self.z, self.m = epochs, batch, lr, z, m
        self.model_options, self.optimizer_options = model_options, optimizer_options
        self.train_options, self.finetune_options = train_options, finetune_options
        self.predict_options = predict_options
        self.keep_clean, self.random_state, self.threads, self.verbose = keep_clean, random_state, threads, verbose

    # ---- Data

    def _learn(self, X: Any, y: Any) -> tuple[Rows, dict[str, Any]]:
        named = names_of(X)
        array = rows_of(X, type(self).__name__, (2, 3, 4))
        shape = shape_of(array, self.shape)
        facts: dict[str, Any] = {"shape_": shape, "n_features_in_": int(np.prod(array.shape[1:]))}
        x = self._pixels(array, True)
        facts["likelihood_"] = "bernoulli" if x.min() >= 0 and x.max() <= 1 else "gaussian"
        rows = Rows(x)
        facts["classes_"], rows.y = learn_classes(y, len(rows))
        if named is not None:
            facts["feature_names_in_"] = named
        return rows, facts

    @staticmethod
    def _pixels(array: Array, in_unit: bool) -> Floats:
        if array.dtype == np.uint8 and in_unit:
            return np.ascontiguousarray(array / np.float32(255))
        return numbers_of(array)

    def _rows(self, X: Any) -> Rows:
        self._need_fit()
        owner = type(self).__name__
        check_names(X, getattr(self, "feature_names_in_", None), owner)
        array = rows_of(X, owner, (2, 3, 4))
        if int(np.prod(array.shape[1:])) != self.n_features_in_:
            features = int(np.prod(array.shape[1:]))
            raise ValueError(f"X has {features} features, but {owner} is expecting {self.n_features_in_} features as "
                             "input.")
        shape_of(array, self.shape_)
        return Rows(self._pixels(array, self.likelihood_ == "bernoulli"))

    def _network(self, facts: dict[str, Any], rows: Rows, values: dict[str, Any]) -> Model:
        height, width, channels = facts["shape_"]
        made: dict[str, Any] = {"height": height, "width": width, "channels": channels,
                                "classes": len(facts["classes_"])}
        preset = self.preset
        if preset == "auto":
            preset = networks.PRESETS.get(facts["shape_"], "mnist")
            if facts["shape_"] not in networks.PRESETS:
                made.update(networks.descriptions(*facts["shape_"]))
        if facts["likelihood_"] == "gaussian" and "dnn" not in preset and "cnn" not in preset:
            made.update(likelihood="gaussian", standardise="on")
        given = {key: value for key, value in values.items() if value is not None}
        return Model(low.model_create(preset, options.make("model", {**made, **given})))

    def _interrupted(self, steps: int, n: int) -> int:
        small = min(self.model_.number("height"), self.model_.number("width")) < networks.LEAST_SIDE
        return super()._interrupted(steps, n) if small else steps // -(-n // int(self._plan(0).get("batch") or 64))

    def _dataset(self, rows: Rows, model: Model) -> Dataset:
        height, width, channels = (model.number(name) for name in ("height", "width", "channels"))
        return Dataset.of_images((height, width, channels), model.number("classes"), rows.x, rows.y)

    def _numbers(self, x: Floats, X: Any) -> Any:
        if is_frame(X):
            return type(X)(x, index=X.index, columns=X.columns)
        return x.reshape((len(x),) + np.shape(X)[1:])

    # ---- Interventions

    @staticmethod
    def _intervention(do: Mapping[str, Any] | None) -> tuple[Any, Any]:
        rest = dict(do or {})
        y, m = rest.pop("y", None), rest.pop("m", None)
        if rest:
            raise ValueError(f"do: expected \"y\" or \"m\", got {sorted(map(str, rest))}")
        return y, m

    def counterfactual(self, X: Any, y: Any = None, *, do: Mapping[str, Any] | None = None,
                       **counterfactual: Any) -> Any:
        """What each image would have been under do={"y": a class} or {"m": 0 or M numbers}, all else equal, in the form
        of X. Keywords are options "counterfactual"."""
        self._need_fit()
        rows = self._labelled(X, y)
        y_new, m = self._intervention(do)
        numbers = None if y_new is None else class_numbers(y_new, self.classes_, len(rows))
        return self._numbers(self._imagined(rows, numbers, None, m, counterfactual), X)

    def sample(self, n_samples: int = 1, y: Any = None, *, do: Mapping[str, Any] | None = None, random_state: Any = 0,
               **generate: Any) -> tuple[Floats, Array]:
        """(images (n, height, width[, channels]), y (n)) from p(z) p(x | y, z, do(m)): means of p(x|.), with
        draw="sample" draws of it; y from its prior unless given, m = 0 unless do={"m": ...}. Keywords are options
        "generate"."""
        self._need_fit()
        y_do, m = self._intervention(do)
        y, seed = (y_do if y is None else y), seed_of(random_state)
        numbers = self._prior(n_samples, seed) if y is None else class_numbers(y, self.classes_, n_samples)
        x = self._sampled(numbers, None, m, seed, {"draw": "mean", **generate})
        height, width, channels = self.shape_
        return x.reshape((-1, height, width) + ((channels,) if channels > 1 else ())), self.classes_[numbers]

    @classmethod
    def load(cls: type[Self], path: str | os.PathLike[str], *, classes: Any = None, **params: Any) -> Self:
        """An estimator from a file that `save` or the library wrote. Labels are `classes` (C), or 0, 1, ..."""
        model = load_model(path)
        if model.schema() is not None:
            raise ValueError("expected a model of images, got one of a table: CamaClassifier.load")
        made = cls(**{"preset": model.text("preset"), **params})
        made.shape_ = (model.number("height"), model.number("width"), model.number("channels"))
        made.n_features_in_, made.likelihood_ = model.number("x"), model.text("likelihood")
        made.classes_ = np.arange(model.number("classes")) if classes is None else np.asarray(classes)
        if len(made.classes_) != model.number("classes"):
            raise ValueError(f"classes: expected {model.number('classes')}, got {len(made.classes_)}")
        made.model_ = made._source = model
        made._clean, made.report_, made.n_iter_ = None, {}, 0
        return made
