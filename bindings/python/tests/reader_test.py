"""reader_test - CamaClassifier(reader=...): trained beside the model, read in predictions, kept by adapt, in files and
pickles; and the logistic regression that it is by default: the maximum of its likelihood with a ridge penalty of 1."""
import copy
import os
import pickle
import tempfile
import unittest

import numpy as np

import cama
from cama import CamaClassifier

random = np.random.default_rng(3)
C = random.normal(size=(1000, 1)).astype(np.float32)
Y = random.integers(0, 3, 1000)
X = (random.normal(size=(1000, 4)) + 1.2 * np.eye(3, 4)[Y] + C * np.array([1, -1, .5, 0])).astype(np.float32)
XC = np.hstack([X, C])
TRAIN, TEST = slice(0, 500), slice(500, 1000)


def fitted(**more):
    given = {"co_parents": [4], "epochs": 20, "threads": 1, "reader": True, **more}
    return CamaClassifier(**given).fit(XC[TRAIN], Y[TRAIN])


class ReaderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.alone, cls.both = fitted(reader=False), fitted()

    def test_it_is_trained_beside_the_model_and_read(self):
        both = self.both
        self.assertEqual(both.model_.to_bytes(), self.alone.model_.to_bytes())
        self.assertEqual(both.reader_.text("preset"), "measurement-logistic")
        self.assertIsNone(self.alone.reader_)
        p = both.predict_proba(XC[TEST])
        np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
        self.assertGreater(np.abs(p - self.alone.predict_proba(XC[TEST])).max(), 0.01)
        # Gaussian classes, of which logistic regression is the form: measured .742 by both, .720 alone; a standard
        # error of the 500 rows is .02.
        self.assertGreater(both.score(XC[TEST], Y[TEST]), self.alone.score(XC[TEST], Y[TEST]) - 0.02)
        np.testing.assert_array_equal(np.concatenate([both.predict_proba(XC[i:i + 1]) for i in range(5)]),
                                      both.predict_proba(XC[:5]))

    def test_weights(self):
        mine = copy.copy(self.both).set_params(predict_options={"reader_weight": 0.0})
        np.testing.assert_array_equal(mine.predict_proba(XC[TEST]), self.alone.predict_proba(XC[TEST]))

    def test_adapt_and_streams_keep_it(self):
        moved = XC[TEST] + np.array([3, 0, 0, 0, 0], np.float32)
        adapted = self.both.adapt(moved, steps=60)
        self.assertIs(adapted.reader_, self.both.reader_)
        alone = copy.copy(adapted).set_params(predict_options={"reader_weight": 0.0})
        self.assertTrue((adapted.predict_proba(moved) != alone.predict_proba(moved)).any())
        stream = self.both.stream(finetune={"steps": 5})
        p, after = stream.predict_proba(moved), copy.copy(self.both)
        after.model_ = stream.model
        np.testing.assert_array_equal(p, after.predict_proba(moved))

    def test_a_new_fit_has_the_reader_of_its_own_rows(self):
        model = fitted(epochs=1)
        first = model.reader_.to_bytes()
        self.assertNotEqual(model.fit(XC[TEST], Y[TEST]).reader_.to_bytes(), first)
        self.assertIsNone(model.set_params(reader=False).fit(XC[TEST], Y[TEST]).reader_)

    def test_files_and_pickles_keep_it(self):
        p = self.both.predict_proba(XC[TEST])
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(self.both)).predict_proba(XC[TEST]), p)
        np.testing.assert_array_equal(copy.deepcopy(self.both).predict_proba(XC[TEST]), p)
        with tempfile.TemporaryDirectory() as folder:
            path, reader = os.path.join(folder, "m.safetensors"), os.path.join(folder, "r.safetensors")
            self.both.save(path, reader=reader)
            self.assertEqual(sorted(os.listdir(folder)), ["m.safetensors", "r.safetensors"])
            loaded = CamaClassifier.load(path, reader=reader, classes=self.both.classes_, threads=1)
            self.assertEqual(loaded.reader, "measurement-logistic")
            np.testing.assert_array_equal(loaded.predict_proba(np.hstack([X, C])[TEST]), p)
            alone = CamaClassifier.load(path, classes=self.both.classes_, threads=1)
            np.testing.assert_array_equal(alone.predict_proba(XC[TEST]), self.alone.predict_proba(XC[TEST]))
            with self.assertRaisesRegex(ValueError, "this estimator has none"):
                self.alone.save(path, reader=reader)
            with self.assertRaisesRegex(ValueError, "reader: expected a discriminative model, got"):
                CamaClassifier.load(path, reader=path)
            os.remove(path)
            self.both.save(path, reader=False)
            self.assertEqual(sorted(os.listdir(folder)), ["m.safetensors", "r.safetensors"])
            other = CamaClassifier(reader=True, epochs=1, threads=1).fit(X[TRAIN], Y[TRAIN])
            other.save(os.path.join(folder, "o"), reader=reader)
            with self.assertRaisesRegex(cama.ArgumentError, "reader: expected"):
                CamaClassifier.load(path, reader=reader).predict(XC[TEST])

    def test_a_reader_beside_the_models_file(self):
        p = self.both.predict_proba(XC[TEST])
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.safetensors")
            self.both.save(path)
            self.assertEqual(sorted(os.listdir(folder)), ["m.reader.safetensors", "m.safetensors"])

            def loaded(**more):
                return CamaClassifier.load(path, threads=1, **more).predict_proba(XC[TEST])

            np.testing.assert_array_equal(loaded(), p)
            np.testing.assert_array_equal(loaded(reader=False), self.alone.predict_proba(XC[TEST]))
            self.both.adapt(XC[TEST], steps=2).save(path)  # units are those of training
            self.assertIsNotNone(CamaClassifier.load(path).reader_)
            self.alone.save(path)  # of the same rows, without a reader
            self.assertEqual(os.listdir(folder), ["m.safetensors"])
            np.testing.assert_array_equal(loaded(), self.alone.predict_proba(XC[TEST]))
            self.both.save(path, reader=os.path.join(folder, "m.reader.safetensors"))
            np.testing.assert_array_equal(loaded(), p)
            later = CamaClassifier(co_parents=[4], epochs=1, threads=1, reader=False).fit(XC[TEST], Y[TEST])
            later.save(path)  # the reader of other rows still lies there
            self.assertIsNone(CamaClassifier.load(path).reader_)
            np.testing.assert_array_equal(loaded(), later.predict_proba(XC[TEST]))

    def test_auto(self):
        auto = fitted(reader="auto")
        self.assertEqual(CamaClassifier().reader, "auto")
        self.assertEqual(auto.reader_.to_bytes(), self.both.reader_.to_bytes())
        self.assertIsNone(fitted(reader="auto", preset="measurement-dnn", epochs=1).reader_)
        # Which side of a circle: nothing that is linear in x.
        rows = random.normal(size=(300, 2)).astype(np.float32)
        inside = ((rows ** 2).sum(axis=1) < 1.4).astype(int)
        models = [CamaClassifier(reader=reader, threads=1).fit(rows, inside) for reader in ("auto", True, False)]
        self.assertEqual([model.reader_ is None for model in models], [True, False, True])
        np.testing.assert_array_equal(models[0].predict_proba(rows), models[2].predict_proba(rows))

    def test_nothing_known_is_nothing_read(self):
        alone, both = (model.predict_proba(np.hstack([np.full((9, 4), np.nan), C[:9]]))
                       for model in (self.alone, self.both))
        np.testing.assert_array_equal(both, alone)

    def test_a_logistic_regression_has_a_ridge_penalty(self):
        few = CamaClassifier("measurement-logistic", batch=60, threads=1).fit(X[:60], Y[:60])
        units = few.model_.tensors()
        rows = (X[:60] - units["standard.mean"]) / units["standard.scale"]
        weight = next(value for name, value in few.model_.parameters().items() if name.endswith("weight"))
        # Where sum log p(y|x) - |w|^2 / 2 is largest, its gradient is 0.
        pull = (np.eye(3)[Y[:60]] - few.predict_proba(X[:60])).T @ rows
        np.testing.assert_allclose(weight, pull, atol=0.001)
        self.assertGreater(np.abs(weight).max(), 0.5)

        def largest(decay):
            model = CamaClassifier("measurement-logistic", batch=60, threads=1,
                                   optimizer_options={"weight_decay": decay})
            model.fit(X[:60], Y[:60])
            return max(np.abs(value).max() for value in model.model_.parameters().values())

        self.assertGreater(largest(0.0), 1.1 * np.abs(weight).max())  # one that was set takes its place
        self.assertLess(largest(1.0), largest(0.0))

    def test_gaps(self):
        gaps = np.where(random.random(X.shape) < 0.3, np.nan, X).astype(np.float32)
        model = CamaClassifier(reader=True, co_parents=[4], epochs=20, threads=1, train_options={"drop_cells": 0.5})
        model.fit(XC[TRAIN], Y[TRAIN])
        self.assertGreater(model.score(np.hstack([gaps, C])[TEST], Y[TEST]), 0.5)
        other = fitted()
        self.assertNotEqual(model.reader_.to_bytes(), other.reader_.to_bytes())  # it met gaps in training too

    def test_other_presets_and_what_is_refused(self):
        self.assertEqual(fitted(epochs=1, reader="measurement-dnn").reader_.text("preset"), "measurement-dnn")
        for given, words in (({"reader": 3}, "reader: expected \"auto\", True, False or the name"),
                             ({"reader": "measurement"}, "reader: expected a discriminative model, got \"measurem"),
                             ({"preset": "measurement-dnn"}, "reader: expected a generative model to read beside"),
                             ({"reader": "logistic"}, "expected preset \"measurement\", ")):
            with self.assertRaisesRegex(ValueError, words):
                fitted(epochs=1, **given)


if __name__ == "__main__":
    unittest.main()
