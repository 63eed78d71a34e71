"""ffi_test - the shared library from another language, by the rules of docs/ffi.md: ctypes and NumPy alone.

usage: ffi_test.py LIBRARY SOURCE_ROOT [NAME...]     (exit code 77: NumPy is missing, nothing was tested)
"""
import ctypes
import os
import re
import subprocess
import sys
import tempfile
import unittest
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int32, c_int64, c_void_p

try:
    import numpy as np
except ImportError as missing:
    print(f"SKIPPED: {missing} ({sys.executable}; Debian: python3-numpy)")
    sys.exit(77)

LIBRARY, ROOT = (os.path.abspath(path) for path in sys.argv[1:3])
PROGRESS = ctypes.CFUNCTYPE(c_int32, c_void_p, c_char_p, c_int64, c_int64, c_double, c_double)
OK, E_ARGUMENT, E_OPTION, E_FORMAT, E_CANCELLED = 0, 1, 3, 6, 8
N, SIDE, CLASSES = 120, 6, 3

SIGNATURES = {
    "cama_version": [],
    "cama_options_create": [c_char_p, POINTER(c_void_p)],
    "cama_options_set_int": [c_void_p, c_char_p, c_int64],
    "cama_options_set_real": [c_void_p, c_char_p, c_double],
    "cama_options_set_text": [c_void_p, c_char_p, c_char_p],
    "cama_options_set_vector": [c_void_p, c_char_p, POINTER(c_float), c_int64],
    "cama_options_get_int": [c_void_p, c_char_p, POINTER(c_int64)],
    "cama_session_create": [c_void_p, POINTER(c_void_p)],
    "cama_session_set_progress": [c_void_p, PROGRESS, c_void_p],
    "cama_dataset_from_arrays": [c_int64, c_int32, c_int32, c_int32, c_int32, POINTER(c_float), POINTER(c_int32),
                                 c_int32, POINTER(c_void_p)],
    "cama_dataset_without_labels": [c_void_p, POINTER(c_void_p)],
    "cama_model_create": [c_char_p, c_void_p, POINTER(c_void_p)],
    "cama_model_load_memory": [c_void_p, c_int64, POINTER(c_void_p)],
    "cama_model_save_memory": [c_void_p, c_void_p, POINTER(c_int64)],
    "cama_model_parameter_count": [c_void_p, POINTER(c_int32)],
    "cama_model_parameter_describe": [c_void_p, c_int32, POINTER(c_char_p), POINTER(c_int32), POINTER(c_int64),
                                      POINTER(c_int64)],
    "cama_model_parameter_read": [c_void_p, c_char_p, c_int64, POINTER(c_float)],
    "cama_model_parameter_write": [c_void_p, c_char_p, c_int64, POINTER(c_float)],
    "cama_optimizer_create": [c_void_p, c_void_p, POINTER(c_void_p)],
    "cama_train": [c_void_p] * 5 + [POINTER(c_void_p)],
    "cama_finetune": [c_void_p] * 5 + [POINTER(c_void_p)] * 2,
    "cama_report_get": [c_void_p, c_char_p, c_int64, POINTER(c_double)],
    "cama_predict": [c_void_p] * 4 + [POINTER(c_float)],
}
FREED = ("options", "session", "dataset", "model", "optimizer", "report")


def load():
    lib = ctypes.CDLL(LIBRARY)
    for name, arguments in SIGNATURES.items():
        function = getattr(lib, name)
        function.argtypes, function.restype = arguments, c_int32
    for kind in FREED:
        function = getattr(lib, f"cama_{kind}_free")
        function.argtypes, function.restype = [c_void_p], None
    lib.cama_last_error.argtypes, lib.cama_last_error.restype = [], c_char_p
    lib.cama_status_name.argtypes, lib.cama_status_name.restype = [c_int32], c_char_p
    return lib


lib = load()


def pointer(array, ctype):
    return array.ctypes.data_as(POINTER(ctype))


def digits(n):
    """Images (n, SIDE, SIDE, 1) in [0,1] whose class is the pair of rows that is bright."""
    random = np.random.default_rng(5)
    y = np.arange(n, dtype=np.int32) % CLASSES
    x = random.uniform(0, 0.3, (n, SIDE, SIDE, 1)).astype(np.float32)
    for i in range(n):
        x[i, 2 * y[i]:2 * y[i] + 2] += np.float32(0.6)
    return x, y


class FfiTest(unittest.TestCase):
    def setUp(self):
        self.session = self.make("session", None)
        self.x, self.y = digits(N)
        self.data = self.make("dataset", N, SIDE, SIDE, 1, CLASSES, pointer(self.x, c_float), pointer(self.y, c_int32),
                              1, function="cama_dataset_from_arrays")
        small = self.options("model", height=SIDE, width=SIDE, classes=CLASSES, z=2, m=2, p_y="dense 16 relu",
                             p_z="dense 16 relu", p_m="dense 8 relu", p_merge="dense 32 relu, dense x",
                             q_m="dense 8 relu", q_z="dense 32 relu | dense 16 relu")
        self.model = self.make("model", b"mnist", small)

    def check(self, status, expected=OK):
        self.assertEqual(status, expected, f"{lib.cama_status_name(status)}: {lib.cama_last_error()}")

    def make(self, kind, *arguments, function=None):
        """A new handle, freed when the test ends."""
        handle = c_void_p()
        self.check(getattr(lib, function or f"cama_{kind}_create")(*arguments, byref(handle)))
        self.addCleanup(getattr(lib, f"cama_{kind}_free"), handle)
        return handle

    def options(self, verb, **values):
        options = self.make("options", verb.encode())
        for key, value in values.items():
            setter = {int: "int", float: "real", str: "text"}[type(value)]
            value = value.encode() if setter == "text" else value
            self.check(getattr(lib, f"cama_options_set_{setter}")(options, key.encode(), value))
        return options

    def train(self, **values):
        optimizer = self.make("optimizer", self.model, self.options("optimizer", lr=0.01))
        report = c_void_p()
        status = lib.cama_train(self.session, optimizer, self.data, None, self.options("train", **values),
                                byref(report))
        self.addCleanup(lib.cama_report_free, report)
        return status, report

    def predict(self, model, data):
        p = np.full((N, CLASSES), -1, np.float32)
        self.check(lib.cama_predict(self.session, model, data, None, pointer(p, c_float)))
        return p

    def file_of(self, model):
        size = c_int64()
        self.check(lib.cama_model_save_memory(model, None, byref(size)))
        buffer = ctypes.create_string_buffer(size.value)
        self.check(lib.cama_model_save_memory(model, buffer, byref(size)))
        self.assertEqual(size.value, len(buffer.raw))
        return buffer.raw

    def test_train_and_predict(self):
        status, report = self.train(epochs=30, batch=20)
        self.check(status)
        first, last = c_double(), c_double()
        self.check(lib.cama_report_get(report, b"objective", 0, byref(first)))
        self.check(lib.cama_report_get(report, b"objective", 29, byref(last)))
        self.assertLess(first.value, last.value)
        p = self.predict(self.model, self.data)
        self.assertTrue(np.isfinite(p).all() and (p >= 0).all())
        # C floats, each within half a rounding of a number that is at most 1
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=0, atol=CLASSES * 2.0**-25)
        self.assertGreater((p.argmax(axis=1) == self.y).mean(), 0.9)

    def test_finetune(self):
        self.check(self.train(epochs=5, batch=20)[0])
        before = self.file_of(self.model)
        test = self.make("dataset", self.data, function="cama_dataset_without_labels")
        adapted, report, steps = c_void_p(), c_void_p(), c_double()
        self.check(lib.cama_finetune(self.session, self.model, self.data, test, self.options("finetune", steps=3),
                                     byref(adapted), byref(report)))
        self.addCleanup(lib.cama_model_free, adapted)
        self.addCleanup(lib.cama_report_free, report)
        self.check(lib.cama_report_get(report, b"steps", 0, byref(steps)))
        self.assertEqual(steps.value, 3)
        self.assertEqual(self.file_of(self.model), before)
        self.assertNotEqual(self.file_of(adapted), before)

    def test_callback_sees_progress_and_cancels(self):
        seen = []

        @PROGRESS
        def stop_at_third_epoch(user, phase, step, total, objective, seconds):
            seen.append((user, phase, step, total, objective, seconds))
            return int(step >= 18)

        self.check(lib.cama_session_set_progress(self.session, stop_at_third_epoch, 7))
        status, report = self.train(epochs=50, batch=20)
        self.check(status, E_CANCELLED)
        self.assertFalse(report)
        self.assertIn(b"cancelled", lib.cama_last_error())
        user, phase, step, total, objective, seconds = seen[-1]
        self.assertEqual((user, phase, step, total), (7, b"train", 18, 300))
        self.assertTrue(np.isfinite(objective) and seconds >= 0)
        self.check(lib.cama_session_set_progress(self.session, PROGRESS(), None))
        told = len(seen)
        self.predict(self.model, self.data)
        self.assertEqual(len(seen), told)

    def test_exception_in_a_callback_is_carried_around_the_library(self):
        raised = []

        @PROGRESS
        def progress(*_):
            try:
                raise KeyboardInterrupt
            except BaseException as error:
                raised.append(error)
                return 1

        self.check(lib.cama_session_set_progress(self.session, progress, None))
        self.check(self.train(epochs=50, batch=20)[0], E_CANCELLED)
        self.assertIsInstance(raised[0], KeyboardInterrupt)

    def test_wrong_keys_and_values(self):
        options, value = self.options("train"), c_int64()
        self.check(lib.cama_options_set_int(options, b"epoch", 3), E_OPTION)
        self.assertIn(b'"epochs"', lib.cama_last_error())
        self.check(lib.cama_options_set_int(options, b"epochs", 0), E_OPTION)
        self.assertIn(b"[1, ", lib.cama_last_error())
        self.check(lib.cama_options_get_int(options, b"epochs", byref(value)))
        self.assertEqual(value.value, 10)
        self.check(lib.cama_predict(self.session, None, self.data, None, pointer(self.x, c_float)), E_ARGUMENT)
        self.assertIn(b"model", lib.cama_last_error())

    def test_save_and_load_in_memory(self):
        self.check(self.train(epochs=3, batch=20)[0])
        raw = self.file_of(self.model)
        copy = self.make("model", raw, len(raw), function="cama_model_load_memory")
        self.assertEqual(self.file_of(copy), raw)
        self.assertTrue((self.predict(copy, self.data) == self.predict(self.model, self.data)).all())
        damaged = c_void_p()
        self.check(lib.cama_model_load_memory(raw[:-1], len(raw) - 1, byref(damaged)), E_FORMAT)
        self.assertFalse(damaged)

    def test_parameters_by_name(self):
        names, count = {}, c_int32()
        self.check(lib.cama_model_parameter_count(self.model, byref(count)))
        for index in range(count.value):
            name, dims, shape, numbers = c_char_p(), c_int32(), (c_int64 * 4)(), c_int64()
            self.check(lib.cama_model_parameter_describe(self.model, index, byref(name), byref(dims), shape,
                                                         byref(numbers)))
            names[name.value] = tuple(shape[:dims.value])
            self.assertEqual(numbers.value, np.prod(shape[:dims.value]))
        self.assertEqual(names[b"q_z.1.weight"], (16, 32 + CLASSES + 2))
        values = np.arange(16, dtype=np.float32)
        back = np.zeros_like(values)
        self.check(lib.cama_model_parameter_write(self.model, b"p_y.0.bias", 16, pointer(values, c_float)))
        self.check(lib.cama_model_parameter_read(self.model, b"p_y.0.bias", 16, pointer(back, c_float)))
        self.assertTrue((values == back).all())

    def test_the_example_of_the_documentation(self):
        with open(os.path.join(ROOT, "docs", "ffi.md"), encoding="utf-8") as page:
            example = re.search(r"```python\n(.*?)```", page.read(), re.S).group(1)
        environment = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(LIBRARY))
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, "-c", example], cwd=folder, env=environment, capture_output=True,
                                  text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("right", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:])
