"""test_docs - the programs of docs/python.md run as they stand there, from the root of the source tree."""
import os
import re
import subprocess
import sys

import pytest

pytest.importorskip("pandas")
pytest.importorskip("matplotlib")
ROOT = os.path.abspath(os.environ.get("CAMA_SOURCE", os.path.join(os.path.dirname(__file__), "..", "..", "..")))
with open(os.path.join(ROOT, "docs", "python.md"), encoding="utf-8") as page:
    PROGRAMS = dict(re.findall(r"```python\n# (\w+)\.py\n(.*?)```", page.read(), re.S))


def said(name, folder):
    if not os.path.exists(folder / "examples"):
        os.symlink(os.path.join(ROOT, "examples"), folder / "examples")
    done = subprocess.run([sys.executable, "-c", PROGRAMS[name]], cwd=folder, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_are_run():
    assert sorted(PROGRAMS) == ["chamber", "digits", "five", "parameters", "pictures", "views"]


def test_five(tmp_path):
    score, before, after = (float(word) for word in said("five", tmp_path).split()[:3])
    assert score > 0.85 and after > before


def test_chamber(tmp_path):
    text = said("chamber", tmp_path)
    clean, plain, adapted = (float(each) for each in re.findall(r": (\.?\d\S*)", text)[:3])
    assert clean > 0.75 and adapted > plain
    assert "ir_1" in text


def test_digits(tmp_path):
    assert float(said("digits", tmp_path).split()[0]) > 0.5


def test_views(tmp_path):
    pytest.importorskip("sklearn")
    plain, seeing, cnn, read = (float(each) for each in re.findall(r"^(\S+) (\S+)$", said("views", tmp_path), re.M)
                                for each in each)
    assert seeing > plain + 0.2 and read > cnn + 0.2


def test_pictures_and_parameters(tmp_path):
    said("pictures", tmp_path)
    assert {"interventions.png", "calibration.png", "elbo.png"} <= set(os.listdir(tmp_path))
    assert int(said("parameters", tmp_path)) > 1000
