"""test_plot - pictures say what the numbers say."""
import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

import cama
from cama import CamaClassifier, CamaImageClassifier, plot

random = np.random.default_rng(0)
Y = random.integers(0, 2, 300)
X = (random.normal(size=(300, 4)) + 2 * np.eye(2, 4)[Y]).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    return CamaClassifier(epochs=30, threads=1).fit(X[:200], Y[:200])


def test_interventions(model):
    batches = {"clean": (X[200:], Y[200:]), "moved": (X[200:] + 2, Y[200:])}
    ax = plot.interventions({"trained": model, "again": model}, batches)
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == pytest.approx([model.score(*batch) for batch in batches.values()] * 2)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["clean", "moved"]


def test_calibration(model):
    ax = plot.calibration(model, X[200:], Y[200:])
    assert "calibration error" in ax.get_legend().get_texts()[0].get_text()
    confidence, accuracy, rows, error = plot.reliability([[0.9, 0.1]] * 4, [1, 1, 1, 0])
    assert (confidence[9], accuracy[9], rows.sum()) == (pytest.approx(0.9), 0.75, 4) and error == pytest.approx(0.15)


def test_elbo_histogram(model):
    ax = plot.elbo_histogram(model, X[200:], X[200:] + 30)
    assert ax.get_title().startswith("100%")
    assert ax.get_xlabel() == "ELBO(x), nats"


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_reconstructions(dtype, tmp_path):
    images = (np.random.default_rng(0).random((20, 8, 8)) * (255 if dtype == np.uint8 else 1)).astype(dtype)
    trained = CamaImageClassifier(epochs=1, threads=1).fit(images, [0, 1] * 10)
    figure = plot.reconstructions(trained, images, do=(None, 0), count=5)
    assert len(figure.axes) == 15
    shown = figure.axes[0].images[0].get_array()
    np.testing.assert_allclose(shown, images[0] / np.float64(255 if dtype == np.uint8 else 1), atol=1e-6)
    figure.savefig(tmp_path / "grid.png")


def test_views():
    images = np.zeros((40, 12, 12), np.float32)
    images[:, 4:8, 4:8] = np.linspace(0.2, 1, 40)[:, None, None]
    trained = CamaImageClassifier(epochs=2, threads=1).fit(images, [0, 1] * 20).with_views(epochs=2)
    figure = plot.views(trained, images, count=3)
    found = trained.views(images[:3])
    assert len(figure.axes) == 6
    assert figure.axes[0].get_xlabel().split()[0] in found.names


def test_it_is_loaded_when_it_is_asked_for():
    assert cama.plot is plot
