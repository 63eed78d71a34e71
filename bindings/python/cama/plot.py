"""Pictures of what a model does (matplotlib). Each function draws into `ax`, or new axes, and returns them."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .base import Estimator
from .validate import Array, labels_of
from .views import Viewer


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(5, 3.5), layout="constrained")[1]


def interventions(models: Mapping[str, Estimator], batches: Mapping[str, tuple[Any, Any]], ax: Any = None) -> Any:
    """Accuracy of each model, by name, on each batch (X, y), by the name of the intervention: one group of bars for
    each batch."""
    ax = _axes(ax)
    width = 0.8 / len(models)
    for index, (name, model) in enumerate(models.items()):
        heights = [model.score(X, y) for X, y in batches.values()]
        ax.bar(np.arange(len(batches)) + index * width - 0.4 + width / 2, heights, width, label=name)
    ax.set_xticks(range(len(batches)), list(batches), rotation=20 if len(batches) > 3 else 0)
    ax.set(ylim=(0, 1), ylabel="accuracy")
    ax.legend(loc="lower right", fontsize="small")
    return ax


def reconstructions(model: Estimator, X: Any, do: Sequence[Any] = (None, 0), count: int = 8) -> Any:
    """Images in the first row, below them their reconstructions: with m as inferred (None), under do(m=0) (0), or under
    other values of m. Returns the figure."""
    import matplotlib.pyplot as plt

    X = np.asarray(X)[:count]
    rows = [("x", X)] + [("m as inferred" if each is None else "do(m=0)" if np.ndim(each) == 0 else "do(m)",
                          np.asarray(model.reconstruct(X, do=each))) for each in do]
    figure, axes = plt.subplots(len(rows), len(X), figsize=(len(X), 1.1 * len(rows)), squeeze=False,
                                layout="constrained")
    shape = getattr(model, "shape_", None)
    low, high = (0.0, 1.0) if getattr(model, "likelihood_", "") == "bernoulli" else (float(X.min()), float(X.max()))
    for line, (name, images) in zip(axes, rows):
        for ax, image in zip(line, images):
            picture = image.astype(np.float64) if shape is None else image.reshape(shape).astype(np.float64)
            if X.dtype == np.uint8 and name == "x":
                picture = picture / 255
            picture = np.clip((picture - low) / (high - low or 1.0), 0, 1)
            ax.imshow(picture.squeeze() if picture.ndim > 1 else picture[None], cmap="gray", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, fontsize="small")
    return figure


def views(model: Viewer, X: Any, count: int = 8) -> Any:
    """Images, below each what was done to it, and the images with that undone, of a model with views. Returns the
    figure."""
    import matplotlib.pyplot as plt

    X = np.asarray(X)[:count]
    found, seen = model.views(X), np.asarray(model.see(X))
    figure, axes = plt.subplots(2, len(X), figsize=(1.3 * len(X), 3.4), squeeze=False, layout="constrained")
    for index, (image, undone) in enumerate(zip(X, seen)):
        shown = image / 255 if X.dtype == np.uint8 else image
        for ax, picture in zip(axes[:, index], (shown, undone)):
            ax.imshow(np.clip(picture.reshape(model.shape_).squeeze(), 0, 1), cmap="gray", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
        most = np.argsort(-np.abs(found.mean[index] - found.none) / found.deviation[index].clip(1e-6))[:3]
        said = [f"{found.names[each]} {found.mean[index, each]:.2g}" for each in most]
        axes[0, index].set_xlabel("\n".join(said), fontsize="x-small")
    axes[0, 0].set_ylabel("x", fontsize="small")
    axes[1, 0].set_ylabel("view undone", fontsize="small")
    return figure


def reliability(p: npt.ArrayLike, right: npt.ArrayLike, bins: int = 10) -> tuple[Array, Array, Array, float]:
    """(mean confidence, accuracy, rows) of each bin of the largest probability of p (n, C), and the expected
    calibration error: the mean of their distance over rows.

    >>> reliability([[0.9, 0.1], [0.2, 0.8]], [True, False], bins=2)[3]
    0.35
    """
    top = np.asarray(p, np.float64).max(axis=1)
    hit = np.asarray(right, np.float64)
    place = np.minimum((top * bins).astype(int), bins - 1)
    rows = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(place, top, bins) / rows
        accuracy = np.bincount(place, hit, bins) / rows
    error = float(np.nansum(rows * np.abs(confidence - accuracy)) / rows.sum())
    return confidence, accuracy, rows, round(error, 12)


def calibration(model: Estimator, X: Any, y: Any, bins: int = 10, ax: Any = None, label: str | None = None) -> Any:
    """Accuracy against confidence p(y|x) of the predicted class: on the diagonal the model is as sure as it may be."""
    ax = _axes(ax)
    p = model.predict_proba(X)
    confidence, accuracy, _, error = reliability(p, model.classes_[p.argmax(axis=1)] == labels_of(y), bins)
    ax.plot([0, 1], [0, 1], color="gray", linewidth=1, linestyle=":")
    ax.plot(confidence, accuracy, marker="o", label=f"{label + ', ' if label else ''}calibration error {error:.3f}")
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="accuracy")
    ax.legend(loc="upper left", fontsize="small")
    return ax


def elbo_histogram(model: Estimator, clean: Any, new: Any, bins: int = 40, ax: Any = None) -> Any:
    """Histograms of ELBO(x) (Eq. 7) of clean and of new rows: a new batch to the left of the clean one is unlike the
    training data, perhaps manipulated. The title says which share of it lies below 95 % of the clean rows."""
    ax = _axes(ax)
    values = [model.score_samples(clean), model.score_samples(new)]
    below = float((values[1] < np.quantile(values[0], 0.05)).mean())
    low, high = np.quantile(np.concatenate(values), [0.01, 1])
    edges = np.linspace(low, high, bins + 1)
    for each, name in zip(values, ("clean", "new")):
        ax.hist(np.clip(each, low, high), edges, density=True, alpha=0.6, label=name)
    ax.set(xlabel="ELBO(x), nats", ylabel="density", title=f"{below:.0%} of new rows are below 95 % of clean rows")
    ax.title.set_fontsize("small")
    ax.legend(fontsize="small")
    return ax
