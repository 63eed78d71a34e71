"""CamaClassifier: tables and vectors, with or without known causes (section 3.2 of the paper)."""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from . import low, options, readers
from .base import Estimator, Rows, class_texts, classes_from_names, learn_classes, load_model
from .data import Dataset, Floats, Model, read_schema, schema_of
from .layout import Layout, Wanted, encoded
from .validate import Array, check_names, class_numbers, is_frame, names_of, rows_of, seed_of

MOST_VARIABLES = 4096  # of a schema: wider vectors have none

Self = TypeVar("Self", bound="CamaClassifier")


class CamaClassifier(Estimator):
    """Deep CAMA for tables and vectors: p(x, y, z, m | a, c) = p(m) p(z) p(y|a) p(x | y, c, z, m) (Eq. 9).

    NaN in the column of an effect is a missing cell: it is left out of p(x | ...) in training and by Bayes' rule, and
    counterfactual and reconstruct fill it in. Where rows to predict have gaps that training rows have not, take cells
    out in training: train_options={"drop_cells": 0.5}. In causes a and c NaN is an error.

    The columns of X are effects x of the class y ("children") unless they are named as causes a of y (parents) or as
    other causes c of x (co_parents), or `graph` says so: edges (cause, effect), or a networkx DiGraph, with the
    target's name `target` (or the name of the Series y); columns outside of its Markov blanket are then left out.

    Parameters
    ----------
    preset : "measurement" is the paper's form, "measurement-sensors" that for sensors whose readings are changed
        (docs/sensors.md), "measurement-dnn" a discriminative baseline; "auto" is "measurement-sensors" where there are
        co-parents, which it extrapolates, and otherwise "measurement".
    parents, co_parents, ignore, categorical, binary : lists of columns, by name or number. Texts, categories and truth
        values of a frame are categorical and binary by themselves.
    graph, target : the causal graph and its node that y is.
    epochs, batch, lr : None means: at least 1,500 steps and 20 epochs, or 60 epochs where these are 800 steps; batches
        of 32, of 128 from 4,096 rows on; 3e-3. The learning rate rises over the first tenth of the steps, 100 at most.
    z, m : sizes of the latents; None means the preset's. m=0 leaves m out: such a model cannot be adapted.
    model_options, optimizer_options, train_options, finetune_options, predict_options : any options of docs/options.md.
    keep_clean : at most so many training rows are kept (copied) for adapt, and pickled.
    reader : "auto" trains a logistic regression on the same rows, which reads each row as it would be under do(m=0);
        its opinion and the model's are pooled (docs/sensors.md). adapt keeps it. It is left out where it has a fifth
        less of the training rows right than the model has. True always has it; False leaves predictions to the model
        alone; a name is that of another discriminative preset. predict_options={"reader_weight": 0.3} weighs it.
    random_state : an integer, a RandomState, a Generator, or None (NumPy's global one).
    threads : that compute; 0 means all processors.
    verbose : 1 shows the progress of fit and adapt, 2 of predictions too.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 3, 300)
    >>> X = rng.normal(size=(300, 5)) + 3 * np.eye(3, 5)[y]
    >>> model = CamaClassifier().fit(X[:200], y[:200])
    >>> model.score(X[200:], y[200:]) > 0.85
    True
    >>> adapted = model.adapt(X[200:] + 0.5, steps=20)
    >>> adapted.report_["steps"]
    20.0
    """

    layout_: Layout
    target_: str
    feature_names_in_: Array

    def __init__(self, preset: str = "auto", *, parents: Sequence[Any] | None = None,
                 co_parents: Sequence[Any] | None = None, graph: Any = None, target: str | None = None,
                 ignore: Sequence[Any] | None = None, categorical: Sequence[Any] | None = None,
                 binary: Sequence[Any] | None = None, epochs: int | None = None, batch: int | None = None,
                 lr: float | None = None, z: int | None = None, m: int | None = None,
                 model_options: Mapping[str, Any] | None = None, optimizer_options: Mapping[str, Any] | None = None,
                 train_options: Mapping[str, Any] | None = None, finetune_options: Mapping[str, Any] | None = None,
                 predict_options: Mapping[str, Any] | None = None, reader: bool | str = "auto",
                 keep_clean: int = 4096, random_state: Any = 0, threads: int = 0, verbose: int = 0) -> None:
        self.preset = preset
        self.parents, self.co_parents, self.graph, self.target = parents, co_parents, graph, target
        self.ignore, self.categorical, self.binary = ignore, categorical, binary
        self.epochs, self.batch, self.lr, self.z, self.m = epochs, batch, lr, z, m
        self.model_options, self.optimizer_options = model_options, optimizer_options
        self.train_options, self.finetune_options = train_options, finetune_options
        self.predict_options, self.reader = predict_options, reader
        self.keep_clean, self.random_state, self.threads, self.verbose = keep_clean, random_state, threads, verbose

    # ---- Data

    def _learn(self, X: Any, y: Any) -> tuple[Rows, dict[str, Any]]:
        owner, named = type(self).__name__, names_of(X)
        if not is_frame(X):
            X = rows_of(X, owner)
        elif 0 in X.shape:
            rows_of(X, owner)
        names = [f"x{index}" for index in range(X.shape[1])] if named is None else [str(name) for name in named]
        target = self.target or getattr(y, "name", None) or "y"
        while target in names:
            if self.graph is not None:
                raise ValueError(f"expected the target {target!r} as y alone, got a column of X of that name too")
            target = f"{target}_"
        wanted = Wanted(self.parents, self.co_parents, self.graph, self.ignore, self.categorical, self.binary)
        layout = Layout.learn(X, names, wanted, str(target))
        rows = Rows(*layout.split(X, owner, learning=True))
        if np.isnan(rows.x).all():
            raise ValueError("Input X contains NaN alone: expected a child's cell that is not missing, got none")
        classes, rows.y = learn_classes(y, len(rows))
        facts: dict[str, Any] = {"classes_": classes, "layout_": layout, "target_": str(target),
                                 "n_features_in_": layout.n_features}
        if named is not None:
            facts["feature_names_in_"] = named
        return rows, facts

    def _rows(self, X: Any) -> Rows:
        self._need_fit()
        owner = type(self).__name__
        check_names(X, getattr(self, "feature_names_in_", None), owner)
        if not is_frame(X):
            X = rows_of(X, owner)
        return Rows(*self.layout_.split(X, owner))

    def _network(self, facts: dict[str, Any], rows: Rows, values: dict[str, Any]) -> Model:
        return self._network_of(self.preset, facts, rows, values)

    def _network_of(self, preset: str, facts: dict[str, Any], rows: Rows, values: dict[str, Any]) -> Model:
        layout, classes = facts["layout_"], facts["classes_"]
        if preset == "auto":
            preset = "measurement-sensors" if layout.widths[2] else "measurement"
        if len(layout.variables) <= MOST_VARIABLES:
            schema = schema_of(facts["target_"], class_texts(classes), layout.variables, layout.confounders)
            return Model(low.model_create_for(preset, schema, options.make("model", values)))
        if not layout.plain:
            raise ValueError(f"expected at most {MOST_VARIABLES} columns with roles or kinds, got "
                             f"{len(layout.variables)}")
        sizes = {"channels": rows.x.shape[1], "classes": len(classes)}
        return Model(low.model_create(preset, options.make("model", {**values, **sizes})))

    def _reader(self, facts: dict[str, Any], rows: Rows, model: Model, data: Dataset, seed: int) -> Model | None:
        preset = readers.preset_of(self.reader, model)
        if preset is None:
            return None
        reader = readers.check(model, self._network_of(preset, facts, rows, {"seed": seed}))
        return readers.train(reader, data, seed, self.train_options or {}, self.threads)

    def _chosen(self, reader: Model | None, rows: Rows, seed: int) -> Model | None:
        if reader is None or self.reader != "auto":
            return reader
        asked = rows.take(np.random.default_rng(seed).permutation(len(rows))[:readers.ASKED])
        data = self._dataset(asked, self.model_)
        mine, its = (float((self._asked(each, None, data).argmax(axis=1) == asked.y).mean())
                     for each in (self.model_, reader))
        return reader if its >= mine - readers.BEHIND else None

    def _dataset(self, rows: Rows, model: Model) -> Dataset:
        schema = model.schema()
        if schema is None:
            return Dataset.of_images((1, 1, rows.x.shape[1]), model.number("classes"), rows.x, rows.y)
        return Dataset.of_table(schema, rows.x, rows.a, rows.c, rows.y)

    def _numbers(self, x: Floats, X: Any) -> Any:
        if not is_frame(X):
            return x
        return type(X)(x, index=X.index, columns=self.layout_.number_names())

    # ---- Interventions

    def _co_parents(self, c: Floats | None, do: Mapping[Any, Any], n: int) -> Floats | None:
        """c (n, P) with the co-parents that `do` names set; without c all must be named."""
        mine = [each for each in self.layout_.variables if each.role == "co_parent"]
        unknown = set(map(str, do)) - {each.name for each in mine}
        if unknown:
            raise ValueError(f"do: expected co-parents among {[each.name for each in mine]}, \"y\" or \"m\", got "
                             f"{sorted(unknown)}")
        if not do and c is not None or not mine:
            return c
        missing = [each.name for each in mine if each.name not in do]
        if c is None and missing:
            raise ValueError(f"do: expected a value for each co-parent, got none for {missing}")
        made = np.empty((n, self.layout_.widths[2]), np.float32) if c is None else c.copy()
        first = 0
        for each in mine:
            if each.name in do:
                values = np.broadcast_to(np.asarray(do[each.name]), (n,))
                made[:, first:first + each.width] = encoded(values, each)
            first += each.width
        return made

    def _intervention(self, do: Any) -> tuple[Any, Any, dict[Any, Any]]:
        """(y, m, co-parents) of do={"y": ..., "m": ..., "light": ...}; y also by the target's own name."""
        rest = dict(do or {})
        m, y = rest.pop("m", None), rest.pop(self.target_, None)
        return (rest.pop("y", None) if y is None else y), m, rest

    def counterfactual(self, X: Any, y: Any = None, *, do: Mapping[Any, Any] | None = None,
                       **counterfactual: Any) -> Any:
        """What x of each row would have been under do(y), do(c) or do(m), all else equal: do={"light": 0},
        {"y": "on"}, {"m": 0}, a value for all rows or one for each. z, m and the row's own noise are inferred from the
        row as it is, with its label y or the predicted class. Children in the form of X (n, D); probabilities for
        binary and categorical ones. Keywords are options "counterfactual"."""
        self._need_fit()
        rows = self._labelled(X, y)
        y_new, m, rest = self._intervention(do)
        c_new = self._co_parents(rows.c, rest, len(rows)) if rest else None
        y_numbers = None if y_new is None else class_numbers(y_new, self.classes_, len(rows))
        return self._numbers(self._imagined(rows, y_numbers, c_new, m, counterfactual), X)

    def sample(self, n_samples: int = 1, y: Any = None, *, do: Mapping[Any, Any] | None = None, random_state: Any = 0,
               **generate: Any) -> tuple[Floats, Array]:
        """(x (n, D), y (n)) from p(z) p(x | y, c, z, do(m)): y from its prior unless given, m = 0 unless do={"m": ...},
        and `do` has a value for each co-parent. Keywords are options "generate"; draw="mean" gives means of p(x|.)."""
        self._need_fit()
        y_do, m, rest = self._intervention(do)
        y, seed = (y_do if y is None else y), seed_of(random_state)
        if y is None and self.model_.number("a"):
            raise ValueError("sample: expected y, since its prior depends on the parents a, got none")
        numbers = self._prior(n_samples, seed) if y is None else class_numbers(y, self.classes_, n_samples)
        x = self._sampled(numbers, self._co_parents(None, rest, len(numbers)), m, seed, generate)
        return x, self.classes_[numbers]

    # ---- Files

    def save(self, path: str | os.PathLike[str], *, reader: str | os.PathLike[str] | bool | None = None) -> None:
        """Write the model to one safetensors file, which libcama and PyTorch read, and the reader of an estimator that
        has one to another: to `reader`, or beside the model's, to m.reader.safetensors for m.safetensors; reader=False
        leaves it out. Where none is written beside the model, an older one that load would take for its own is removed.
        Training rows are not in them; a pickle of the estimator has them and all the rest."""
        self._need_fit()
        if self.reader_ is None and reader:
            raise ValueError(f"save: expected no file of a reader, since this estimator has none, got {reader!r}")
        where: str | os.PathLike[str] | None = None
        if self.reader_ is not None and reader is not False:
            where = readers.beside(path) if reader is None or reader is True else reader
            low.model_save(self.reader_.handle, where)
        super().save(path)
        if where is None or os.fspath(where) != readers.beside(path):
            readers.forget(path, self.model_)

    @classmethod
    def load(cls: type[Self], path: str | os.PathLike[str], *, classes: Any = None,
             reader: str | os.PathLike[str] | bool | None = None, **params: Any) -> Self:
        """An estimator from a file that `save` or the library wrote, with the reader in the file `reader`, or in the
        one that lies beside it (m.reader.safetensors) if it was trained on the same rows; reader=False: with none.
        Columns are those that the model uses, in its order. Classes are integers where all their names are, otherwise
        texts; `classes` (C) says otherwise."""
        model = load_model(path)
        if reader is None or isinstance(reader, bool):
            read_by = None if reader is False else readers.found(path, model)
        else:
            read_by = readers.check(model, load_model(reader))
        made = cls(**{"preset": model.text("preset"), "reader": False if read_by is None else read_by.text("preset"),
                      **params})
        made.reader_ = read_by
        schema = model.schema()
        if schema is None:
            from .data import Variable

            if model.number("height") * model.number("width") != 1:
                raise ValueError("expected a model of a table or of vectors, got one of images: "
                                 "CamaImageClassifier.load")
            names, variables = [str(each) for each in range(model.number("classes"))], [
                Variable(f"x{index}", "child") for index in range(model.number("x"))]
            made.target_ = "y"
        else:
            made.target_, names, variables = read_schema(schema)
            columns = list(dict.fromkeys(each.name for each in variables))
            if columns != [f"x{index}" for index in range(len(columns))]:
                made.feature_names_in_ = np.array(columns, dtype=object)
        columns = list(dict.fromkeys(each.name for each in variables))  # a parent that is a co-parent too is one column
        made.layout_ = Layout(variables, [columns.index(each.name) for each in variables], len(columns), [], {})
        made.n_features_in_ = len(columns)
        made.classes_ = classes_from_names(names) if classes is None else np.asarray(classes)
        if len(made.classes_) != len(names):
            raise ValueError(f"classes: expected {len(names)}, got {len(made.classes_)}")
        made.model_ = made._source = model
        made._clean, made.report_, made.n_iter_ = None, {}, 0
        return made
