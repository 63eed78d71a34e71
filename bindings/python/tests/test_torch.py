"""test_torch - a checkpoint opens in PyTorch by name, and the fixtures' independent model (tests/twin/model.py) gives
with it what the library gives; parameters trained in PyTorch open here."""
import os
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
safetensors = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")

ROOT = os.environ.get("CAMA_SOURCE", os.path.join(os.path.dirname(__file__), "..", "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "twin"))
import model as twin
from safetensors import safe_open

from cama import CamaClassifier, CamaImageClassifier
from cases import SMALL

# The twin's README: single precision is off by at most 5e-6 in p(y|x) and 5e-7 of the largest in ELBOs; ten times that.
P_TOLERANCE, ELBO_TOLERANCE = 5e-5, 5e-6
NETS = ("p_y", "p_z", "p_m", "p_merge", "q_m", "q_z")
WHOLE = {"class_pruning": 0.0}  # no class is left out
K = 10  # draws of z in predict's defaults

random = np.random.default_rng(2)
Y = random.integers(0, 3, 60)
IMAGES = random.random((60, 9, 7, 2)).astype(np.float32) * (0.4 + 0.3 * Y[:, None, None, None]).astype(np.float32)
ROWS = (100 * random.normal(size=(60, 5)) + 300 * np.eye(3, 5)[Y]).astype(np.float32)


def images():
    return CamaImageClassifier(epochs=3, z=5, m=4, threads=1, model_options=SMALL["texts"], predict_options=WHOLE).fit(
        IMAGES, Y)


def rows():
    return CamaClassifier(epochs=5, threads=1, reader=False, predict_options=WHOLE).fit(ROWS, Y)


def opened(path):
    """The independent model, made from the file alone."""
    tensors = safetensors.load_file(path)
    with safe_open(path, "pt") as file:
        meta = file.metadata()
    size = {key: int(meta[key]) for key in ("height", "width", "channels", "classes", "z", "m")}
    settings = twin.Settings()
    if meta["likelihood"] == "gaussian":
        mean, scale = (tensors["standard." + name].double().numpy() for name in ("mean", "scale"))
        settings = twin.Settings(variables=[("x", "continuous", 1)] * size["channels"], mean=mean, scale=scale)
    made = twin.Model((size["height"], size["width"], size["channels"]), size["classes"], size["z"], size["m"],
                      {net: meta[net] for net in NETS}, meta["likelihood"], settings)
    made.log_prior = tensors["prior.log_prob"].double()
    assert set(made.theta) == {name for name in tensors if not name.startswith(("prior.", "standard."))}
    for name in made.theta:
        assert made.theta[name].shape == tensors[name].shape, name
        made.theta[name] = tensors[name].double().requires_grad_()
    return made


def compare(estimator, net, x):
    """Logits and scores of both under do(m = 0), as neither has trained q_m."""
    shaped = x.reshape(len(x), *net.shape)
    batch, zero = net.batch(shaped), np.zeros(net.M)
    with torch.no_grad():
        logits = net.log_predict(net.log_weights(batch, batch.x, zero, *net.noise(0, len(x), 0, 1, K))).numpy()
        silent = torch.zeros(len(x), 1, net.M), torch.zeros(len(x), 1, 1, net.Z)
        elbo = net.elbo(batch, Y[:len(x)], zero, *silent).numpy()
    p = estimator.predict_proba(x)
    assert np.ptp(p[:, 0]) > 0.01  # the rows differ, or nothing is compared
    np.testing.assert_allclose(p, np.exp(logits), rtol=0, atol=P_TOLERANCE)
    ours = estimator.elbo(x, Y[:len(x)], do=0)
    np.testing.assert_allclose(ours, elbo, rtol=0, atol=ELBO_TOLERANCE * np.abs(elbo).max())


@pytest.mark.parametrize("make, x", [(images, IMAGES), (rows, ROWS)], ids=["images", "rows"])
def test_a_checkpoint_opens_in_pytorch(make, x, tmp_path):
    estimator = make()
    estimator.save(tmp_path / "m.safetensors")
    compare(estimator, opened(tmp_path / "m.safetensors"), x[:20])


@pytest.mark.parametrize("make, x", [(images, IMAGES), (rows, ROWS)], ids=["images", "rows"])
def test_one_trained_in_pytorch_opens_here(make, x, tmp_path):
    estimator = make()
    estimator.save(tmp_path / "m.safetensors")
    net, zero = opened(tmp_path / "m.safetensors"), np.zeros(estimator.model_.number("m"))
    names = [name for name in net.theta if not name.startswith(("p_m.", "q_m."))]  # do(m = 0) does not train these
    optimizer = torch.optim.Adam([net.theta[name] for name in names], lr=3e-3)
    batch = net.batch(x.reshape(60, *net.shape))
    for step in range(10):
        optimizer.zero_grad()
        loss = -net.elbo(batch, Y, zero, *net.noise(0, range(60), step, 1, 1)).mean()
        loss.backward()
        optimizer.step()
    before = estimator.predict_proba(x)
    trained = estimator.model_.clone()
    for name, tensor in net.theta.items():
        trained.set_parameter(name, tensor.detach().numpy())
    estimator.model_ = trained
    assert np.abs(estimator.predict_proba(x) - before).max() > 0.01
    compare(estimator, net, x[:20])
    estimator.save(tmp_path / "trained.safetensors")
    loaded = type(estimator).load(tmp_path / "trained.safetensors", predict_options=WHOLE)
    compare(loaded, opened(tmp_path / "trained.safetensors"), x[:20])
