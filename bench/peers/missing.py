"""Accuracy where cells of x are missing: CAMA beside a network that imputes means and gradient boosting that handles NaN
(docs/measurement.md).

    python -m venv venv && venv/bin/pip install . scikit-learn pandas && venv/bin/python bench/peers/missing.py [HEART]

The causal chamber's reference (examples/data/chamber), the first 8,000 rows against the last 2,000, of which shares of
the sensors' cells are gone at random, mean of 3 seeds, without a reader. HEART: a folder with UCI's
processed.HOSPITAL.data, heart disease in four hospitals; all is trained on Cleveland, for 1,500 steps. There cells and
whole columns are missing as they were.
"""
from __future__ import annotations

import os
import sys

import numpy as np
import pandas as pd
from cama import CamaClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

CHAMBER = os.path.join(os.path.dirname(__file__), "../../examples/data/chamber/uniform_reference.csv.gz")
CHILDREN = ["ir_1", "ir_2", "ir_3", "vis_1", "vis_2", "vis_3", "current"]
CO_PARENTS = ["green", "blue", "pol_1", "pol_2", "l_11", "l_12", "l_21", "l_22", "l_31", "l_32"]
SHARES = (0, .1, .2, .3, .4, .5)
DROP = {"drop_cells": 0.5}
HEART = ["age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "ca", "thal"]
CAUSES = ["age", "sex"]  # known of all patients; the others are signs of the illness
HOSPITALS = ("cleveland", "hungarian", "switzerland", "va")


def table(cells):
    return " | ".join(f"{cell:.3f}".lstrip("0") for cell in cells)


def gone(X, share, seed):
    X = X.copy()
    X[CHILDREN] = X[CHILDREN].mask(np.random.default_rng(seed).random((len(X), len(CHILDREN))) < share)
    return X


def chamber():
    frame = pd.read_csv(CHAMBER)
    y = pd.cut(frame["red"], [-1, 21.5, 43, 64.5, 200], labels=False).to_numpy()
    X = frame[CHILDREN + CO_PARENTS].astype(np.float32)
    train, test = slice(0, 8000), slice(8000, None)

    def cama(seed, preset="auto", **options):
        return CamaClassifier(preset, co_parents=CO_PARENTS, threads=1, random_state=seed, reader=False,
                              train_options=options)

    rows = (("CAMA", "whole", cama), ("CAMA, `drop_cells` .5", "whole", lambda seed: cama(seed, **DROP)),
            ("imputing DNN", "whole", lambda seed: cama(seed, "measurement-dnn")),
            ("imputing DNN, `drop_cells` .5", "whole", lambda seed: cama(seed, "measurement-dnn", **DROP)),
            ("gradient boosting", "whole", lambda seed: HistGradientBoostingClassifier(random_state=seed)),
            ("CAMA", ".2 gone", cama), ("imputing DNN", ".2 gone", lambda seed: cama(seed, "measurement-dnn")),
            ("gradient boosting", ".2 gone", lambda seed: HistGradientBoostingClassifier(random_state=seed)))
    for name, of, make in rows:
        found = []
        for seed in range(3):
            model = make(seed).fit(X[train] if of == "whole" else gone(X[train], .2, 1000 + seed), y[train])
            found.append([model.score(gone(X[test], share, 10 * seed + k), y[test]) for k, share in enumerate(SHARES)])
        print(f"| {name} | {of} | {table(np.mean(found, axis=0))} |", flush=True)


def heart(folder):
    read = {name: pd.read_csv(os.path.join(folder, f"processed.{name}.data"), header=None, names=[*HEART, "num"],
                              na_values=["?", "-9"]) for name in HOSPITALS}
    for frame in read.values():  # a cholesterol or blood pressure of 0 was not measured
        frame[["chol", "trestbps"]] = frame[["chol", "trestbps"]].replace(0, np.nan)
    read = {name: (frame[HEART].astype(np.float64), (frame["num"] > 0).to_numpy().astype(int))
            for name, frame in read.items()}
    for name, (X, _) in read.items():
        print(f"{name}: {len(X)} rows, {X.isna().to_numpy().mean():.2f} of the cells missing, lacking: "
              f"{[column for column in HEART if X[column].isna().mean() > .9]}")
    categorical = ["cp", "restecg", "slope", "thal"]

    def cama(seed, preset="auto", **options):
        return CamaClassifier(preset, co_parents=CAUSES, categorical=categorical, binary=["fbs", "exang"], threads=1,
                              random_state=seed, reader=False, epochs=188, train_options=options)

    rows = (("CAMA", cama), ("CAMA, `drop_cells` .5", lambda seed: cama(seed, **DROP)),
            ("CAMA, `drop_cells` .9", lambda seed: cama(seed, drop_cells=.9)),
            ("imputing DNN", lambda seed: cama(seed, "measurement-dnn")),
            ("logistic regression, means imputed",
             lambda seed: make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=5000))),
            ("gradient boosting", lambda seed: HistGradientBoostingClassifier(random_state=seed)))
    X, y = read["cleveland"]
    for name, make in rows:
        found = []
        for seed in range(5):
            held = np.random.default_rng(seed).permutation(len(X)) < 76
            model = make(seed).fit(X[~held], y[~held])
            tests = [(X[held], y[held]), *(read[other] for other in HOSPITALS[1:])]
            found.append([model.score(*test) for test in tests])
        print(f"| {name} | {table(np.mean(found, axis=0))} |", flush=True)


chamber()
if len(sys.argv) > 1:
    heart(sys.argv[1])
