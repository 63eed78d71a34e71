"""reader_test - CamaClassifier(reader=...): trained beside the model, read in predictions, kept by adapt, in files and
pickles."""
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
            with self.assertRaisesRegex(ValueError, "save: expected reader=FILE too"):
                self.both.save(path)
            self.assertEqual(os.listdir(folder), [])
            self.both.save(path, reader=reader)
            loaded = CamaClassifier.load(path, reader=reader, classes=self.both.classes_, threads=1)
            self.assertEqual(loaded.reader, "measurement-logistic")
            np.testing.assert_array_equal(loaded.predict_proba(np.hstack([X, C])[TEST]), p)
            alone = CamaClassifier.load(path, classes=self.both.classes_, threads=1)
            np.testing.assert_array_equal(alone.predict_proba(XC[TEST]), self.alone.predict_proba(XC[TEST]))
            with self.assertRaisesRegex(ValueError, "this estimator has none"):
                self.alone.save(path, reader=reader)
            with self.assertRaisesRegex(ValueError, "reader: expected a discriminative model, got"):
                CamaClassifier.load(path, reader=path)
            self.both.save(path, reader=False)
            other = CamaClassifier(reader=True, epochs=1, threads=1).fit(X[TRAIN], Y[TRAIN])
            other.save(os.path.join(folder, "o"), reader=reader)
            with self.assertRaisesRegex(cama.ArgumentError, "reader: expected"):
                CamaClassifier.load(path, reader=reader).predict(XC[TEST])

    def test_gaps(self):
        gaps = np.where(random.random(X.shape) < 0.3, np.nan, X).astype(np.float32)
        model = CamaClassifier(reader=True, co_parents=[4], epochs=20, threads=1, train_options={"drop_cells": 0.5})
        model.fit(XC[TRAIN], Y[TRAIN])
        self.assertGreater(model.score(np.hstack([gaps, C])[TEST], Y[TEST]), 0.5)
        other = fitted()
        self.assertNotEqual(model.reader_.to_bytes(), other.reader_.to_bytes())  # it met gaps in training too

    def test_other_presets_and_what_is_refused(self):
        self.assertEqual(fitted(epochs=1, reader="measurement-dnn").reader_.text("preset"), "measurement-dnn")
        for given, words in (({"reader": 3}, "reader: expected True, False or the name"),
                             ({"reader": "measurement"}, "reader: expected a discriminative model, got \"measurem"),
                             ({"preset": "measurement-dnn"}, "reader: expected a generative model to read beside"),
                             ({"reader": "logistic"}, "expected preset \"measurement\", ")):
            with self.assertRaisesRegex(ValueError, words):
                fitted(epochs=1, **given)


if __name__ == "__main__":
    unittest.main()
