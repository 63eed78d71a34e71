"""low_test - nothing is cast in silence: what does not fit an argument is refused, and statuses are exceptions."""
import ctypes
import gc
import os
import pathlib
import tempfile
import unittest

import numpy as np

import cama
from cama import low, options


class LowTest(unittest.TestCase):
    def setUp(self):
        self.x = np.zeros((4, 3), np.float32)
        self.y = np.array([0, 1, 0, 1], np.int32)

    def dataset(self, x, y, n=4):
        return low.dataset_from_arrays(n, 1, 1, 3, 2, x, y, 1)

    def test_what_fits(self):
        n = ctypes.c_int64()
        low.dataset_shape(self.dataset(self.x, self.y), ctypes.byref(n), None, None, None, None, None)
        self.assertEqual(n.value, 4)
        self.dataset(self.x, None)

    def test_arrays_of_another_type(self):
        for x, y, said in ((self.x.astype(np.float64), self.y, "float32, got float64"),
                           (self.x, self.y.astype(np.int64), "int32, got int64"),
                           (self.x, self.y.astype(np.uint8), "int32, got uint8"),
                           (self.x.tolist(), self.y, "got list"),
                           (self.x.T.copy().T, self.y, "C-contiguous"),
                           (np.zeros((8, 3), np.float32)[::2], self.y, "C-contiguous")):
            with self.assertRaisesRegex((TypeError, ctypes.ArgumentError), said):
                self.dataset(x, y)

    def test_pointers_to_another_type(self):
        data, wrong = self.dataset(self.x, self.y), ctypes.c_int32()
        with self.assertRaisesRegex(ctypes.ArgumentError, "int64"):
            low.dataset_shape(data, ctypes.byref(wrong), None, None, None, None, None)

    def test_outputs_that_cannot_be_written(self):
        data, out = self.dataset(self.x, self.y), np.empty((4, 3), np.float32)
        out.flags.writeable = False
        with self.assertRaisesRegex(ctypes.ArgumentError, "read-only"):
            low.dataset_read(data, 0, 4, out, None)
        fixed = self.x.copy()
        fixed.flags.writeable = False
        self.dataset(fixed, None)  # an input may be

    def test_integers(self):
        for n, said in ((2**40, "fits in int32"), (1.0, "an integer"), (True, "an integer"), ("1", "an integer")):
            with self.assertRaisesRegex(ctypes.ArgumentError, said):
                low.dataset_from_arrays(4, 1, 1, n, 2, self.x, self.y, 1)

    def test_handles(self):
        data = self.dataset(self.x, self.y)
        for wrong, said in ((data, "cama_model, got cama_dataset"), (7, "cama_model, got int")):
            with self.assertRaisesRegex(ctypes.ArgumentError, said):
                low.model_clone(wrong)
        with self.assertRaises(cama.ArgumentError):
            low.model_clone(None)
        with self.assertRaisesRegex(TypeError, "expected 1 arguments, got 0"):
            low.model_clone()

    def test_texts(self):
        for wrong, said in (("a\0b", "zero byte"), (3, "a text, got int")):
            with self.assertRaisesRegex((ctypes.ArgumentError, ValueError), said):
                low.options_create(wrong)
        with self.assertRaisesRegex(ctypes.ArgumentError, "several texts"):
            low.schema_create("y", 2, "ab")

    def test_paths(self):
        model = low.model_create("measurement", options.make("model", channels=3, classes=2))
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "Größe.safetensors"
            low.model_save(model, path)
            self.assertTrue(path.exists())
            low.model_load(os.fsencode(path))

    def test_memory_to_write_is_no_bytes(self):
        model, size = low.model_create("measurement", options.make("model", channels=3, classes=2)), ctypes.c_int64()
        low.model_save_memory(model, None, ctypes.byref(size))
        with self.assertRaisesRegex(ctypes.ArgumentError, "bytes"):
            low.model_save_memory(model, b"\0" * size.value, ctypes.byref(size))

    def test_statuses(self):
        for call, kind, python in (
                (lambda: self.dataset(np.full((4, 3), np.nan, np.float32), None), cama.DataError, ValueError),
                (lambda: options.make("train", epoch=1), cama.OptionError, ValueError),
                (lambda: options.make("train", epochs=1.5), cama.OptionError, ValueError),
                (lambda: low.model_load("/nowhere/m.safetensors"), cama.FileError, OSError),
                (lambda: low.model_load_memory(b"x" * 20, 20), cama.FormatError, ValueError)):
            with self.assertRaises(kind) as caught:
                call()
            self.assertIsInstance(caught.exception, python)
            self.assertIsInstance(caught.exception, cama.CamaError)
            self.assertEqual(caught.exception.name, low.status_name(caught.exception.status))
            self.assertTrue(str(caught.exception))

    def test_a_missing_function_says_so(self):
        with self.assertRaisesRegex(AttributeError, "has no cama_frobnicate"):
            low.frobnicate

    def test_a_lent_schema_keeps_its_model(self):
        schema = cama.CamaClassifier(epochs=1, threads=1).fit(self.x + np.arange(4, dtype=np.float32)[:, None],
                                                              self.y).model_.schema()
        gc.collect()
        count = ctypes.c_int32()
        low.schema_sizes(schema, ctypes.byref(count), None, None, None, None)
        self.assertEqual(count.value, 3)

    def test_handles_are_freed(self):
        freed = []
        kind = low.HANDLES["cama_dataset"]
        real, kind._free = kind._free, staticmethod(lambda pointer: freed.append(pointer.value))
        try:
            made = self.dataset(self.x, self.y)
            pointer = made._as_parameter_.value
            del made
            gc.collect()
            self.assertEqual(freed, [pointer])
        finally:
            kind._free = real
            real(ctypes.c_void_p(freed[0]))


if __name__ == "__main__":
    unittest.main()
