"""Does fine-tuning do harm? Accuracy as trained and fine-tuned, on manipulations, on changes of p(y) and on nothing,
by the defaults and by one run alone (docs/finetuning.md).

    python -m venv venv && venv/bin/pip install . scikit-learn pandas && venv/bin/python bench/peers/harm.py [SEEDS]

Rows that are fine-tuned on are not scored, but where there are too few (wine, breast cancer).
Means of SEEDS (2) models.
"""
from __future__ import annotations

import os
import sys

import numpy as np
import pandas as pd
from cama import CamaClassifier
from sklearn import datasets
from sklearn.model_selection import train_test_split

CHAMBER = os.path.join(os.path.dirname(__file__), "../../examples/data/chamber/uniform_%s.csv.gz")
CHILDREN = ["ir_1", "ir_2", "ir_3", "vis_1", "vis_2", "vis_3", "current"]
CO_PARENTS = ["green", "blue", "pol_1", "pol_2", "l_11", "l_12", "l_21", "l_22", "l_31", "l_32"]
INTERVENTIONS = ["green_strong", "l_11_mid", "l_31_mid", "pol_1_strong", "t_ir_1_strong", "t_vis_2_strong"]


def split(X, y):
    """Training rows and clean rows."""
    a, b, ya, yb = train_test_split(X, y, test_size=.5, stratify=y, random_state=0)
    return (a, ya), (b, yb)


def halves(name, X, y):
    """A case: its name, the rows that are adapted to, the rows that are scored and their labels."""
    h = len(X) // 2
    return name, X[:h], X[h:], y[h:]


def chamber():
    def read(name):
        frame = pd.read_csv(CHAMBER % name)
        y = pd.cut(frame["red"], [-1, 21.5, 43, 64.5, 200], labels=False).to_numpy()
        return frame[CHILDREN + CO_PARENTS].astype(np.float32), y

    X, y = read("reference")
    cases = [halves("chamber " + each, *read(each)) for each in INTERVENTIONS]
    return (X[:8000], y[:8000]), (X[8000:], y[8000:]), cases, {"co_parents": CO_PARENTS}


def wine():
    X, y = datasets.load_wine(return_X_y=True)
    train, (X, y) = split(X, y)
    more, stronger = X.copy(), X.copy()
    more[:, 12] *= 1.8
    stronger[:, 0] += 1.5
    names = ("wine, nothing changed", "wine, proline times 1.8", "wine, alcohol plus 1.5")
    return train, (X, y), [(name, each, each, y) for name, each in zip(names, (X, more, stronger))], {}


def digits():
    X, y = datasets.load_digits(return_X_y=True)
    train, (X, y) = split(X.astype(np.float32), y)
    noise = np.random.default_rng(0).normal(0, 4, X.shape)
    changed = {"noise of a fourth": X + noise, "half as bright": X / 2, "inverted": 16 - X,
               "moved by a pixel": np.roll(X.reshape(-1, 8, 8), 1, 2).reshape(-1, 64)}
    cases = [halves("8x8 digits, " + name, each.astype(np.float32), y) for name, each in changed.items()]
    return train, (X, y), cases, {}


def one_number():
    """A sign of two classes, and age, which is a cause."""
    rng = np.random.default_rng(0)

    def draw(n, share, shift=0):
        y = (rng.random(n) < share).astype(int)
        age = 50 + 8 * y + rng.normal(0, 9, n)
        return np.c_[130 + 15 * y + shift + rng.normal(0, 12, n), age], y

    train, clean = draw(900, .46), draw(1000, .46)
    changed = (("nothing changed", .46, 0), ("p(y) from .46 to .93", .93, 0), ("p(y) from .46 to .1", .1, 0),
               ("the number moved by 20", .46, 20))
    cases = [halves("one number, " + name, *draw(800, share, shift)) for name, share, shift in changed]
    return train, clean, cases, {"parents": [1]}


def breast_cancer():
    X, y = datasets.load_breast_cancer(return_X_y=True)
    train, (X, y) = split(X[:, :8], y)
    ill, well = np.flatnonzero(y == 0), np.flatnonzero(y == 1)
    counts = ((100, 160), (100, 8), (8, 160))
    chosen = [(f"breast cancer, {i} ill, {w} well", np.r_[ill[:i], well[:w]]) for i, w in counts]
    return train, (X, y), [(name, X[rows], X[rows], y[rows]) for name, rows in chosen], {}


def main(seeds):
    print("| | test | one run | default | clean | after | ended |\n|---|---|---|---|---|---|---|")
    for make in (chamber, wine, digits, one_number, breast_cancer):
        train, clean, cases, roles = make()
        models = [CamaClassifier(threads=1, random_state=seed, **roles).fit(*train) for seed in range(seeds)]
        for name, unlabelled, X, y in cases:
            found, ended = [], []
            for model in models:
                one, both = model.adapt(unlabelled, agreement="off"), model.adapt(unlabelled)
                found.append([each.score(X, y) for each in (model, one, both)])
                found[-1] += [each.score(*clean) for each in (model, both)]
                ended.append(f"{both.report_['stopped']:.0f}")
            cells = " | ".join(f"{each:.3f}".lstrip("0") for each in np.mean(found, 0))
            print(f"| {name} | {cells} | {', '.join(ended)} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
