"""Accuracy with all defaults on small tables: CAMA beside logistic regression and gradient boosting (docs/model.md).

    python -m venv venv && venv/bin/pip install . scikit-learn pandas && venv/bin/python bench/peers/defaults.py [HEART]

CAMA's columns are the model of CamaClassifier() alone, and CamaClassifier() itself, which may have a reader. --small is
for CAMA's columns of the tables from scikit-learn and HEART alone.

UCI's tables as scikit-learn has them, 5 splits that hold out a fourth of the rows; the causal chamber's reference
(examples/data/chamber), the first 8,000 rows against the last 2,000, 3 seeds. HEART: a folder with UCI's
processed.cleveland.data, heart disease in Cleveland; 20 splits, since a fourth of its rows is 76.
"""
from __future__ import annotations

import os
import sys

import numpy as np
import pandas as pd
from cama import CamaClassifier
from sklearn import datasets
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

CHAMBER = os.path.join(os.path.dirname(__file__), "../../examples/data/chamber/uniform_reference.csv.gz")
CHILDREN = ["ir_1", "ir_2", "ir_3", "vis_1", "vis_2", "vis_3", "current"]
CO_PARENTS = ["green", "blue", "pol_1", "pol_2", "l_11", "l_12", "l_21", "l_22", "l_31", "l_32"]
SMALL = "--small" in sys.argv
FOLDERS = [each for each in sys.argv[1:] if each != "--small"]
OLD = {"epochs": 10, "batch": 64, "lr": 1e-3, "train_options": {"warmup": 100, "label_weight": 0}}  # those of 0.1


def score(made, train, test):
    return [made.fit(*train).score(*test)]


def alone_and_read(made, train, test):
    read = score(made, train, test)
    made.reader_ = None
    return [made.score(*test), *read]


def row(name, splits, n, **roles):
    made = {"0.1": lambda seed: CamaClassifier(random_state=seed, threads=1, reader=False, **OLD, **roles),
            "cama": lambda seed: CamaClassifier(random_state=seed, threads=1, **roles),
            "lr": lambda seed: make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=5000)),
            "gbt": lambda seed: HistGradientBoostingClassifier(random_state=seed)}
    means = []
    for kind, make in made.items():
        if kind == "cama" or not SMALL:
            ask = alone_and_read if kind == "cama" else score
            means += np.mean([ask(make(seed), *split) for seed, split in enumerate(splits)], axis=0).tolist()
    print(f"| {name} | {n:,} | " + " | ".join(f"{mean:.3f}".lstrip("0") for mean in means) + " |", flush=True)


def split(X, y, seed):
    a, b, ya, yb = train_test_split(X, y, test_size=0.25, stratify=y, random_state=seed)
    return (a, ya), (b, yb)


for name in ("iris", "wine", "breast_cancer", "digits"):
    data = getattr(datasets, f"load_{name}")()
    row(name.replace("_", " "), [split(data.data, data.target, seed) for seed in range(5)], len(data.data))
if not SMALL:
    frame = pd.read_csv(CHAMBER)
    y = pd.cut(frame["red"], [-1, 21.5, 43, 64.5, 200], labels=False).to_numpy()
    X = frame[CHILDREN + CO_PARENTS]
    row("chamber", [((X[:8000], y[:8000]), (X[8000:], y[8000:]))] * 3, len(X), co_parents=CO_PARENTS)
if FOLDERS:
    columns = ["age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "ca",
               "thal", "num"]
    frame = pd.read_csv(os.path.join(FOLDERS[0], "processed.cleveland.data"), names=columns, na_values="?")
    y = (frame.pop("num") > 0).to_numpy().astype(int)
    row("heart", [split(frame, y, seed) for seed in range(20)], len(frame))
