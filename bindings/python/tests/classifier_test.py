"""classifier_test - the two estimators with NumPy alone: fit, adapt, predict, interventions, files, what is refused."""
import copy
import os
import pickle
import subprocess
import sys
import tempfile
import tracemalloc
import unittest
import warnings

import numpy as np

import cama
from cama import CamaClassifier, CamaImageClassifier
from cama.layout import roles_of_graph

random = np.random.default_rng(3)
Y = random.integers(0, 3, 600)
X = (random.normal(size=(600, 5)) + 2.5 * np.eye(3, 5)[Y]).astype(np.float32)


def clouds(**more):
    return CamaClassifier(**{"epochs": 40, "threads": 1, **more}).fit(X[:400], Y[:400])


def bars(n, seed, moved=0):
    """8x8 images of a horizontal or vertical bar."""
    rng = np.random.default_rng(seed)
    y, at = rng.integers(0, 2, n), rng.integers(1, 4, n) + moved
    x = np.zeros((n, 8, 8), np.float32)
    for image, label, place in zip(x, y, at):
        image[(place, slice(None)) if label else (slice(None), place)] = 1
    return x, np.array(["|", "-"])[y]


class TableTest(unittest.TestCase):
    def test_fit_and_predict(self):
        model = clouds()
        p = model.predict_proba(X[400:])
        self.assertEqual(p.dtype, np.float32)
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=0, atol=3 * 2.0**-25)  # C halves of a rounding
        self.assertGreater(model.score(X[400:], Y[400:]), 0.85)
        np.testing.assert_array_equal(model.predict(X[400:]), model.classes_[p.argmax(axis=1)])
        np.testing.assert_allclose(np.exp(model.predict_log_proba(X[400:])), p, rtol=1e-5)
        self.assertEqual(len(model.report_["objective"]), 40)

    def test_a_row_does_not_depend_on_others(self):
        model = clouds()
        for ask in (model.predict_proba, model.score_samples):
            np.testing.assert_array_equal(ask(X[:9]), np.concatenate([ask(X[i:i + 1]) for i in range(9)]))

    def test_labels_of_any_type(self):
        for labels in (np.array(["a", "b", "c"]), np.array([2.0, 5.0, 9.0]), np.array([-1, 7, 300]),
                       np.array(["x", "yy", "zzz"], object)):
            model = CamaClassifier(epochs=20, threads=1).fit(X[:400], labels[Y[:400]])
            np.testing.assert_array_equal(model.classes_, labels)
            self.assertGreater((model.predict(X[:400]) == labels[Y[:400]]).mean(), 0.8)

    def test_defaults_give_small_tables_enough_steps(self):
        report = CamaClassifier(threads=1).fit(X[:50], Y[:50]).report_
        self.assertEqual((report["batch"], report["epochs"], report["steps"], report["warmup"]), (32, 400, 800, 80))
        report = CamaClassifier(epochs=20, threads=1).fit(X[:64], Y[:64]).report_
        self.assertEqual((report["steps"], report["warmup"]), (40, 4))
        report = CamaClassifier(train_options={"warmup": 7}, epochs=1, threads=1).fit(X[:64], Y[:64]).report_
        self.assertEqual(report["warmup"], 7)

    def test_rows_that_are_held_out(self):
        model = CamaClassifier(train_options={"validation": 0.2}, threads=1).fit(X[:400], Y[:400])
        report = model.report_
        self.assertEqual(len(report["validation"]), model.n_iter_)
        self.assertEqual(len(report["objective"]), model.n_iter_)
        self.assertLessEqual(report["best_epoch"], model.n_iter_)
        self.assertIn(report["converged"], (0, 1))

    def test_seeds(self):
        same, again, other = clouds(), clouds(), clouds(random_state=1)
        self.assertEqual(same.model_.to_bytes(), again.model_.to_bytes())
        self.assertNotEqual(same.model_.to_bytes(), other.model_.to_bytes())
        drawn = [clouds(random_state=np.random.RandomState(5), epochs=1).model_.to_bytes() for _ in range(2)]
        self.assertEqual(*drawn)

    def test_adapt_and_reset(self):
        model = clouds(preset="measurement-sensors")
        moved = X[400:] * np.float32(1) + np.array([3, 0, 0, 0, 0], np.float32)
        before = model.model_.to_bytes()
        adapted = model.adapt(moved, steps=60)
        self.assertIsNot(adapted, model)
        self.assertEqual(model.model_.to_bytes(), before)
        self.assertEqual(adapted.report_["steps"], 60)
        self.assertGreater(adapted.report_["objective_after"], adapted.report_["objective_before"])
        self.assertEqual(len(adapted.report_["classes_after"]), 3)
        self.assertGreater(adapted.score(moved, Y[400:]), model.score(moved, Y[400:]))
        after, was = adapted.model_.parameters(), model.model_.parameters()
        changed = {name.split(".")[0] for name in was if not (was[name] == after[name]).all()}
        self.assertEqual(changed, {"p_m", "q_m"})
        further = adapted.adapt(moved, steps=5, clean=(X[:400], Y[:400]))
        self.assertIs(further.reset(), further)
        np.testing.assert_array_equal(further.predict_proba(moved), model.predict_proba(moved))

    def test_adapt_needs_clean_rows_or_alpha_0(self):
        model = clouds(keep_clean=0)
        with self.assertRaisesRegex(ValueError, "clean="):
            model.adapt(X[400:])
        model.adapt(X[400:], alpha=0, steps=2)
        model.adapt(X[400:], clean=(X[:400], Y[:400]), steps=2)
        with self.assertRaises(cama.OptionError):
            model.adapt(X[400:], alpha=0, stepz=2)

    def test_kept_rows_are_a_copy_of_at_most_so_many(self):
        x = X.copy()
        model = CamaClassifier(epochs=1, threads=1, keep_clean=100).fit(x, Y)
        kept = model._clean.x.copy()
        x[:] = 0
        self.assertEqual(kept.shape, (100, 5))
        np.testing.assert_array_equal(model._clean.x, kept)

    def test_manipulated_data_and_the_prior(self):
        model = CamaClassifier(epochs=3, threads=1).fit(X[:400], Y[:400], manipulated=(X[400:] * 2, Y[400:]))
        self.assertEqual(model.model_.number("q_m_trained"), 1)
        counts = np.bincount(Y[:400]) + 1.0
        np.testing.assert_allclose(np.exp(model.model_.tensors()["prior.log_prob"]), counts / counts.sum(), rtol=1e-6)

    def test_scores(self):
        model = clouds()
        clean, far = model.score_samples(X[400:]), model.score_samples(X[400:] + 20)
        self.assertGreater(clean.mean(), far.mean() + 10)
        elbo = np.stack([model.elbo(X[:5], np.full(5, each)) for each in model.classes_], axis=1)
        np.testing.assert_allclose(np.logaddexp.reduce(elbo, axis=1), model.score_samples(X[:5]), rtol=1e-5)  # Eq. 7
        np.testing.assert_allclose(model.elbo(X[:5], Y[:5], do=0), model.elbo(X[:5], Y[:5]), rtol=1e-6)
        drawn = model.score_samples(X[:5], noise="sample", samples=3)
        self.assertFalse((drawn == model.score_samples(X[:5])).any())

    def test_latents(self):
        got = clouds(z=3, m=2).encode(X[:7])
        self.assertEqual({name: each.shape for name, each in got.items()},
                         {"m_mu": (7, 2), "m_lv": (7, 2), "z_mu": (7, 3), "z_lv": (7, 3)})

    def test_reconstruct_sample_and_imagine(self):
        model = clouds()
        self.assertEqual(model.reconstruct(X[:7], do=0).shape, (7, 5))
        m = model.model_.number("m")
        self.assertFalse((model.reconstruct(X[:7], do=np.ones(m)) == model.reconstruct(X[:7], do=0)).all())
        with self.assertRaisesRegex(ValueError, f"the {m} numbers of m"):
            model.reconstruct(X[:7], do=np.ones(m + 1))
        x, y = model.sample(3000)
        np.testing.assert_allclose(np.bincount(y) / 3000, np.exp(model.model_.tensors()["prior.log_prob"]), atol=0.04)
        self.assertGreater(model.score(x, y), 0.7)
        same = model.counterfactual(X[:50], Y[:50])
        np.testing.assert_allclose(same, X[:50], rtol=0, atol=1e-5)
        other = model.counterfactual(X[:50], Y[:50], do={"y": 0})
        self.assertGreater((model.predict(other) == 0).mean(), 0.8)
        with self.assertRaisesRegex(ValueError, "co-parents among"):
            model.counterfactual(X[:5], do={"light": 0})

    def test_a_stream(self):
        model = clouds()
        how = {"steps": 60, "check_every": 0, "seed": 0}
        stream = model.stream(start="reset", finetune=how)
        moved = X[400:] + np.float32(0.5)
        p = stream.predict_proba(moved)
        adapted = model.adapt(moved, **how)
        np.testing.assert_array_equal(p, adapted.predict_proba(moved))
        self.assertEqual((stream.report_["restart"], stream.report_["batches"]), (0, 1))
        self.assertIn("objective_kept", stream.report_)
        self.assertEqual(stream.model.number("classes"), len(model.classes_))
        self.assertGreater((stream.predict(moved) == Y[400:]).mean(), 0.5)
        with self.assertRaises(cama.OptionError):
            model.stream(start="sideways")

    def test_a_discriminative_baseline(self):
        model = clouds(preset="measurement-dnn")
        self.assertGreater(model.score(X[400:], Y[400:]), 0.85)
        adapted = model.adapt(X[400:], steps=20, check_every=0)  # TENT
        self.assertGreater(adapted.report_["objective_after"], adapted.report_["objective_before"])
        with self.assertRaises(cama.ArgumentError):
            model.adapt(X[400:], m_samples=2)


class RoleTest(unittest.TestCase):
    """y moves column 0, column 1 moves 0 too, column 2 (two values) moves y, column 3 has nothing to do with it."""

    def setUp(self):
        rng = np.random.default_rng(5)
        a, c = rng.integers(0, 2, 800), rng.normal(size=800)
        self.y = (rng.random(800) < 0.2 + 0.6 * a).astype(int)
        self.x = np.stack([2 * self.y + 2 * c + 0.3 * rng.normal(size=800), c, a, rng.normal(size=800)], axis=1)

    def model(self, **roles):
        return CamaClassifier(**{"epochs": 40, "threads": 1, **roles}).fit(self.x, self.y)

    def test_lists(self):
        model = self.model(parents=[2], co_parents=["x1"], ignore=[3], binary=[2])
        self.assertEqual([model.model_.number(name) for name in "xac"], [1, 1, 1])
        self.assertGreater(model.score(self.x, self.y), 0.95)
        self.assertEqual(model.layout_.left_out, ["x3"])
        self.assertEqual([each.kind for each in model.layout_.variables], ["continuous", "continuous", "binary"])

    def test_graph(self):
        by_lists = self.model(parents=[2], co_parents=[1], ignore=[3])
        by_graph = self.model(graph=[("x2", "y"), ("y", "x0"), ("x1", "x0"), ("x3", "elsewhere")])
        self.assertEqual(by_lists.model_.to_bytes(), by_graph.model_.to_bytes())
        for graph, said in (([("x2", "x1")], "edge of the target"), ([("x2", "y")], "children"),
                            ([("y", "x0"), ("x0", "x1"), ("x1", "y")], "cycle"),
                            ([("y", "x9")], "ignore= leaves it out"), ([("y", "x0", 1)], "edges")):
            with self.assertRaisesRegex(ValueError, said):
                self.model(graph=graph)
        with self.assertRaisesRegex(ValueError, "got both"):
            self.model(graph=[("y", "x0")], parents=[1])

    def test_the_blanket(self):
        edges = [("season", "y"), ("y", "light"), ("lamp", "light"), ("lamp", "other"), ("root", "season"),
                 ("season", "light")]
        self.assertEqual(roles_of_graph(edges, "y").roles,
                         {"season": ("parent", "co_parent"), "light": ("child",), "lamp": ("co_parent",)})

    def test_a_parent_that_is_a_co_parent_too(self):
        self.x[:, 0] += 2 * self.x[:, 2]
        by_lists = self.model(parents=[2], co_parents=[1, 2], ignore=[3])
        by_graph = self.model(graph=[("x2", "y"), ("x2", "x0"), ("y", "x0"), ("x1", "x0")])
        self.assertEqual([by_lists.model_.number(name) for name in "xac"], [1, 1, 2])
        self.assertEqual(by_lists.model_.to_bytes(), by_graph.model_.to_bytes())
        self.assertGreater(by_lists.score(self.x, self.y), 0.95)
        with tempfile.TemporaryDirectory() as folder:
            by_lists.save(os.path.join(folder, "m.safetensors"))
            loaded = CamaClassifier.load(os.path.join(folder, "m.safetensors"))
            self.assertEqual(loaded.n_features_in_, 3)
            np.testing.assert_array_equal(loaded.predict_proba(self.x[:, :3]), by_lists.predict_proba(self.x))

    def test_confounded_questions_are_refused(self):
        graph = [("x3", "y"), ("x3", "x0"), ("y", "x0"), ("x1", "x0")]
        model = self.model(graph=graph, ignore=["x3"], epochs=1)
        self.assertEqual(model.layout_.confounders, {"y": "x3"})
        with self.assertRaisesRegex(cama.ArgumentError, "x3"):
            model.counterfactual(self.x, self.y, do={"y": 1})
        model.counterfactual(self.x, self.y, do={"x1": 0})

    def test_columns_that_never_vary(self):
        self.x[:, 1] = 4
        with self.assertWarnsRegex(UserWarning, "never vary.*x1"):
            model = self.model(co_parents=[1])
        self.assertEqual(model.model_.number("c"), 0)

    def test_interventions(self):
        model = self.model(parents=[2], co_parents=[1], ignore=[3])
        dark = model.counterfactual(self.x, self.y, do={"x1": 0})
        np.testing.assert_allclose((dark - self.x[:, :1]).ravel(), -2 * self.x[:, 1], atol=1.5)
        on = model.counterfactual(self.x, self.y, do={"y": 1, "x1": self.x[:, 1]})
        self.assertAlmostEqual(float((on - self.x[:, :1])[self.y == 0].mean()), 2, delta=0.3)
        x, y = model.sample(50, y=1, do={"x1": np.linspace(-1, 1, 50)})
        self.assertGreater(np.corrcoef(x[:, 0], np.linspace(-1, 1, 50))[0, 1], 0.9)
        with self.assertRaisesRegex(ValueError, "none for \\['x1'\\]"):
            model.sample(5, y=1)
        with self.assertRaisesRegex(ValueError, "parents a"):
            model.sample(5, do={"x1": 0})

    def test_categories(self):
        words = np.array(["low", "mid", "high"])
        rng = np.random.default_rng(1)
        y = rng.integers(0, 2, 300)
        x = np.stack([words[np.clip(y + rng.integers(0, 2, 300), 0, 2)].astype(object), rng.normal(size=300)], axis=1)
        model = CamaClassifier(epochs=30, threads=1).fit(x, y)
        self.assertEqual(model.layout_.number_names(), ["x0=high", "x0=low", "x0=mid", "x1"])
        self.assertGreater(model.score(x, y), 0.7)
        np.testing.assert_allclose(model.reconstruct(x[:9])[:, :3].sum(axis=1), 1, atol=1e-5)
        x[4, 0] = "higher"
        with self.assertRaisesRegex(ValueError, "column 'x0'.*'higher' in row 4"):
            model.predict(x)
        x[4, 0] = None
        self.assertTrue(np.isfinite(model.predict_proba(x)).all())
        with self.assertRaisesRegex(ValueError, "None in row 4"):  # of a cause
            CamaClassifier(co_parents=[0], epochs=1, threads=1).fit(x, y)


class FileTest(unittest.TestCase):
    def test_pickle_and_copies(self):
        adapted = clouds().adapt(X[400:], steps=3)
        for again in (pickle.loads(pickle.dumps(adapted)), copy.deepcopy(adapted)):
            np.testing.assert_array_equal(again.predict_proba(X), adapted.predict_proba(X))
            self.assertEqual(*(each.adapt(X[400:], steps=3).model_.to_bytes() for each in (again, adapted)))
            np.testing.assert_array_equal(again.reset().predict_proba(X), copy.copy(adapted).reset().predict_proba(X))

    def test_save_and_load(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.safetensors")
            model = clouds()
            model.save(path)
            loaded = CamaClassifier.load(path, threads=1)
            np.testing.assert_array_equal(loaded.classes_, [0, 1, 2])
            np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
            np.testing.assert_array_equal(CamaClassifier.load(path, classes=["a", "b", "c"]).predict(X),
                                          np.array(["a", "b", "c"])[model.predict(X)])
            with self.assertRaisesRegex(ValueError, "expected 3"):
                CamaClassifier.load(path, classes=["a"])
            with self.assertRaisesRegex(ValueError, "CamaClassifier.load"):
                CamaImageClassifier.load(path)

    def test_roles_in_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.safetensors")
            model = CamaClassifier(co_parents=[1], epochs=2, threads=1).fit(X[:, :3], Y)
            model.save(path)
            loaded = CamaClassifier.load(path)
            np.testing.assert_array_equal(loaded.predict_proba(X[:, :3]), model.predict_proba(X[:, :3]))


class MissingTest(unittest.TestCase):
    def test_gaps(self):
        gaps = X.copy()
        gaps[np.random.default_rng(1).random(X.shape) < 0.3] = np.nan
        whole = ~np.isnan(gaps).any(axis=1)
        model = CamaClassifier(epochs=20, threads=1, train_options={"drop_cells": 0.5}).fit(gaps[:400], Y[:400])
        p = model.predict_proba(gaps[400:])
        self.assertTrue(np.isfinite(p).all())
        self.assertGreater(model.score(gaps[400:], Y[400:]), 0.7)
        np.testing.assert_array_equal(p[whole[400:]], model.predict_proba(X[400:])[whole[400:]])
        # Of a row of which nothing is known p(y|x) is nearly p(y).
        unknown = model.predict_proba(np.full((1, X.shape[1]), np.nan))
        np.testing.assert_allclose(unknown[0], np.bincount(Y[:400]) / 400, atol=0.1)
        self.assertTrue(np.isfinite(model.score_samples(gaps)).all())
        filled = model.counterfactual(gaps)
        np.testing.assert_allclose(filled[~np.isnan(gaps)], gaps[~np.isnan(gaps)], atol=1e-3)
        adapted = model.adapt(gaps[400:], steps=5)
        self.assertTrue(np.isfinite(adapted.predict_proba(gaps)).all())
        texts = np.array([["a", "b", None][i % 3] for i in range(600)], object)
        mixed = np.column_stack([gaps.astype(object), texts, (Y > 0).astype(object)])
        mixed[3, 6] = None
        model = CamaClassifier(categorical=[5], binary=[6], epochs=2, threads=1).fit(mixed, Y)
        self.assertEqual(model.layout_.variables[5].levels, ("a", "b"))
        self.assertTrue(np.isfinite(model.predict_proba(mixed)).all())


class RefusedTest(unittest.TestCase):
    def test_training_data(self):
        fit = CamaClassifier(epochs=1, threads=1).fit
        for x, y, said in ((X, Y[:5], "inconsistent numbers of samples: \\[600, 5\\]"), (X, None, "y to be passed"),
                           (X, Y * 0, "one class"), (X, Y + 0.5, "Unknown label type"), (X + 1j, Y, "Complex"),
                           (X.astype(str), Y, "numeric"), (X.astype(np.float64) * 1e40, Y, "too large for dtype"),
                           (X[:, 0], Y, "Reshape your data"), (np.zeros((0, 5)), Y, "0 sample"),
                           (X, np.where(Y == 0, np.nan, Y), "y contains NaN"), (X, np.stack([Y, Y], 1), "1d array"),
                           (X.astype(np.float64) * 1e-9 + 1e3, Y, "less than float32 can tell"),
                           (X.astype("M8[s]"), Y, "datetime64")):
            with self.assertRaisesRegex(ValueError, said):
                fit(x, y)
        spoilt = X.copy()
        spoilt[7, 2] = np.inf
        with self.assertRaisesRegex(ValueError, "infinity.*row 7, column 2"):
            fit(spoilt, Y)
        spoilt[7, 2] = np.nan
        with self.assertRaisesRegex(ValueError, "column 'x2' contains NaN. The first is in row 7[.]"):
            CamaClassifier(co_parents=[2], epochs=1, threads=1).fit(spoilt, Y)
        with self.assertRaisesRegex(ValueError, "NaN alone"):
            fit(np.full(X.shape, np.nan), Y)

    def test_later_data(self):
        with self.assertRaisesRegex(ValueError, "not fitted"):  # of scikit-learn, where that is in use
            CamaClassifier().predict(X)
        model = clouds()
        with self.assertRaisesRegex(ValueError, "4 features, but CamaClassifier is expecting 5"):
            model.predict(X[:, :4])
        with self.assertRaisesRegex(ValueError, "classes among \\[0, 1, 2\\], got 9"):
            model.elbo(X, np.full(600, 9))
        with self.assertRaisesRegex(ValueError, "Invalid parameter 'epoch'"):
            model.set_params(epoch=3)
        for wrong in ({"epochs": 0}, {"batch": 0}, {"epochs": 1.5}, {"batch": 2.5}, {"lr": "fast"}, {"threads": -1}):
            with self.assertRaisesRegex(cama.OptionError, next(iter(wrong))):
                clouds(**wrong)
        with self.assertRaisesRegex(ValueError, "random_state"):
            CamaClassifier(random_state=-1).fit(X, Y)

    def test_conversions_mean_the_same(self):
        model = clouds()
        wide = np.asfortranarray(X.astype(np.float64))
        for same in (wide, X.astype(object), X.tolist(), np.repeat(X, 2, axis=0)[::2]):
            np.testing.assert_array_equal(model.predict_proba(same), model.predict_proba(X))

    def test_float32_arrays_are_not_copied(self):
        big = np.zeros((200_000, 5), np.float32)  # 4 MB
        model = clouds(keep_clean=0)
        for array, copies in ((big, 0), (big.astype(np.float64), 1)):
            tracemalloc.start()
            rows = model._rows(array)
            data = model._dataset(rows, model.model_)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            self.assertEqual(round(peak / big.nbytes), copies)
            self.assertEqual(np.shares_memory(rows.x, array), copies == 0)
            self.assertEqual(len(data), 200_000)


class ImageTest(unittest.TestCase):
    def test_images(self):
        x, y = bars(300, 0)
        model = CamaImageClassifier(epochs=15, threads=1).fit(x, y)
        self.assertEqual((model.shape_, model.likelihood_), ((8, 8, 1), "bernoulli"))
        test, labels = bars(100, 1)
        self.assertGreater(model.score(test, labels), 0.95)
        for same in (test[..., None], test.reshape(100, 64), (test * 255).astype(np.uint8)):
            np.testing.assert_array_equal(model.predict_proba(same), model.predict_proba(test))
        self.assertEqual(model.reconstruct(test[..., None], do=0).shape, (100, 8, 8, 1))
        pictures, drawn = model.sample(4, y="|")
        self.assertEqual((pictures.shape, drawn.tolist()), ((4, 8, 8), ["|"] * 4))
        self.assertEqual(model.counterfactual(test, do={"y": "-"}).shape, test.shape)
        adapted = model.adapt(bars(100, 2, moved=2)[0], steps=10)
        self.assertEqual(adapted.report_["steps"], 10)
        with self.assertRaises(cama.DataError):
            model.predict(test * 2)
        with self.assertRaisesRegex(ValueError, "36 features, but"):
            model.predict(test[:, :6, :6])
        with tempfile.TemporaryDirectory() as folder:
            adapted.save(os.path.join(folder, "m.safetensors"))
            loaded = CamaImageClassifier.load(os.path.join(folder, "m.safetensors"), classes=["-", "|"])
            np.testing.assert_array_equal(loaded.predict(test), adapted.predict(test))

    def test_views(self):
        rng = np.random.default_rng(6)
        y = rng.integers(0, 2, 500)
        x = np.zeros((500, 12, 12), np.float32)
        for image, label in zip(x, y):  # a square, with or without a hole
            image[4:8, 4:8] = 1
            image[5:7, 5:7] = 1 - label
        moved = np.roll(x, (2, -1), (1, 2))
        plain = CamaImageClassifier(epochs=10, threads=1).fit(x[:400], y[:400])
        with self.assertRaises(cama.ArgumentError):
            plain.views(x)
        self.assertFalse(hasattr(plain.adapt(moved[:50], steps=1), "views_"))
        model = plain.with_views()
        views = model.views(moved[400:])
        self.assertEqual((views.names[:2], views.units[0]), (["y", "x"], "pixels"))
        np.testing.assert_allclose(np.median(views.mean[:, :2], axis=0), [2, -1], atol=0.5)
        self.assertGreater(model.score(moved[400:], y[400:]), 0.9)
        seen = model.see(moved[400:])
        self.assertLess(np.abs(seen - x[400:]).mean(), np.abs(moved[400:] - x[400:]).mean() / 2)
        adapted = model.adapt(moved[:100], steps=2)
        self.assertEqual(adapted.views_.mean.shape, (100, len(views.names)))
        reader = CamaImageClassifier("mnist-cnn", epochs=10, threads=1).fit(x[:400], y[:400])
        read = model.predict_proba(moved[400:], reader=reader)
        self.assertGreater((read.argmax(axis=1) == y[400:]).mean(), 0.9)
        self.assertFalse((read == model.predict_proba(moved[400:])).all())
        with self.assertRaisesRegex(ValueError, "classes"):
            model.predict(x, reader=CamaImageClassifier("mnist-cnn", epochs=1, threads=1).fit(x[:400], y[:400] + 1))

    def test_sizes(self):
        for shape in ((28, 28), (32, 32, 3), (9, 16), (17, 12, 2), (33, 50), (3, 5), (8, 8)):
            x = np.random.default_rng(0).random((4,) + shape, np.float32)
            model = CamaImageClassifier(epochs=1, threads=1).fit(x, [0, 1, 0, 1])
            self.assertEqual(model.reconstruct(x).shape, x.shape, shape)

    def test_rows_need_their_shape(self):
        x = np.random.default_rng(0).random((6, 72), np.float32)
        self.assertEqual(CamaImageClassifier(epochs=1, threads=1).fit(x, [0, 1] * 3).shape_, (1, 72, 1))
        self.assertEqual(CamaImageClassifier(shape=(9, 8), epochs=1, threads=1).fit(x, [0, 1] * 3).shape_, (9, 8, 1))
        with self.assertRaisesRegex(ValueError, "shape"):
            CamaImageClassifier(shape=(9, 9)).fit(x, [0, 1] * 3)

    def test_other_units(self):
        x, y = bars(200, 0)
        model = CamaImageClassifier(epochs=10, threads=1).fit(16 * x - 3, y)
        self.assertEqual(model.likelihood_, "gaussian")
        self.assertGreater(model.score(16 * x - 3, y), 0.9)


class ImportTest(unittest.TestCase):
    def test_numpy_is_all_that_is_imported(self):
        others = {"sklearn", "pandas", "matplotlib", "tqdm", "scipy", "networkx"}
        code = f"import sys, cama; print(*{others} & set(sys.modules))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.strip(), "")

    def test_silence(self):
        code = "import numpy as np, cama; x = np.eye(8); cama.CamaClassifier(epochs=2).fit(x, [0, 1] * 4).predict(x)"
        done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout + done.stderr, "")

    def test_a_line_where_tqdm_is_not_installed(self):
        code = ("import sys; sys.modules['tqdm'] = sys.modules['tqdm.auto'] = None\n"
                "import numpy as np, cama; cama.CamaClassifier(epochs=2, verbose=1).fit(np.eye(8), [0, 1] * 4)")
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        self.assertRegex(done.stderr, r"train 2/2, \S+ nats, \S+ s \n$")
        self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    warnings.simplefilter("error")
    unittest.main()
