"""test_progress - a bar where tqdm is installed."""
import numpy as np
import pytest

pytest.importorskip("tqdm")

from cama import CamaClassifier


def test_bar(capsys):
    x = np.eye(40)
    CamaClassifier(epochs=3, batch=10, threads=1, verbose=1).fit(x, [0, 1] * 20)
    said = capsys.readouterr()
    assert said.out == ""
    assert "train: 100%" in said.err and "12/12" in said.err and "nats" in said.err
