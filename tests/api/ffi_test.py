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
OK, E_ARGUMENT, E_DATA, E_OPTION, E_FORMAT, E_CANCELLED = 0, 1, 2, 3, 6, 8
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
    "cama_dataset_from_columns": [c_void_p, c_int64, POINTER(c_float), POINTER(c_float), POINTER(c_float),
                                  POINTER(c_int32), c_int32, POINTER(c_void_p)],
    "cama_dataset_from_csv": [c_char_p, c_void_p, c_void_p, POINTER(c_void_p)],
    "cama_dataset_read": [c_void_p, c_int64, c_int64, POINTER(c_float), POINTER(c_int32)],
    "cama_dataset_read_causes": [c_void_p, c_int64, c_int64, POINTER(c_float), POINTER(c_float)],
    "cama_schema_create": [c_char_p, c_int32, POINTER(c_char_p), POINTER(c_void_p)],
    "cama_schema_add": [c_void_p, c_char_p, c_int32, c_int32, c_int32, POINTER(c_char_p)],
    "cama_schema_from_csv": [c_char_p, c_void_p, POINTER(c_void_p)],
    "cama_schema_sizes": [c_void_p] + [POINTER(c_int32)] * 5,
    "cama_schema_variable": [c_void_p, c_int32, POINTER(c_char_p)] + [POINTER(c_int32)] * 4,
    "cama_schema_level_name": [c_void_p, c_int32, c_int32, POINTER(c_char_p)],
    "cama_schema_class_name": [c_void_p, c_int32, POINTER(c_char_p)],
    "cama_schema_target": [c_void_p, POINTER(c_char_p)],
    "cama_model_create": [c_char_p, c_void_p, POINTER(c_void_p)],
    "cama_model_create_for": [c_char_p, c_void_p, c_void_p, POINTER(c_void_p)],
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
    "cama_counterfactual": [c_void_p] * 3 + [POINTER(c_int32), POINTER(c_float), POINTER(c_float), c_void_p,
                                             POINTER(c_float)],
    "cama_generate": [c_void_p, c_void_p, c_int64, POINTER(c_int32), POINTER(c_float), POINTER(c_float),
                      POINTER(c_float), c_void_p, POINTER(c_float)],
}
FREED = ("options", "session", "schema", "dataset", "model", "optimizer", "report")
CHILD, PARENT, CO_PARENT = range(3)  # CAMA_ROLE_...
CONTINUOUS, BINARY, CATEGORICAL = range(3)  # CAMA_KIND_...


def load():
    lib = ctypes.CDLL(LIBRARY)
    for name, arguments in SIGNATURES.items():
        function = getattr(lib, name)
        function.argtypes, function.restype = arguments, c_int32
    for kind in FREED:
        function = getattr(lib, f"cama_{kind}_free")
        function.argtypes, function.restype = [c_void_p], None
    for owner in ("model", "dataset"):
        function = getattr(lib, f"cama_{owner}_schema")
        function.argtypes, function.restype = [c_void_p], c_void_p
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


class LibraryTest(unittest.TestCase):
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
            setter = {int: "int", float: "real", str: "text", list: "vector"}[type(value)]
            numbers = np.array(value, np.float32) if setter == "vector" else None
            value = value.encode() if setter == "text" else value
            arguments = (value,) if numbers is None else (pointer(numbers, c_float), len(numbers))
            self.check(getattr(lib, f"cama_options_set_{setter}")(options, key.encode(), *arguments))
        return options

    def file_of(self, model):
        size = c_int64()
        self.check(lib.cama_model_save_memory(model, None, byref(size)))
        buffer = ctypes.create_string_buffer(size.value)
        self.check(lib.cama_model_save_memory(model, buffer, byref(size)))
        self.assertEqual(size.value, len(buffer.raw))
        return buffer.raw

class ImageTest(LibraryTest):
    def setUp(self):
        self.session = self.make("session", None)
        self.x, self.y = digits(N)
        self.data = self.make("dataset", N, SIDE, SIDE, 1, CLASSES, pointer(self.x, c_float), pointer(self.y, c_int32),
                              1, function="cama_dataset_from_arrays")
        small = self.options("model", height=SIDE, width=SIDE, classes=CLASSES, z=2, m=2, p_y="dense 16 relu",
                             p_z="dense 16 relu", p_m="dense 8 relu", p_merge="dense 32 relu, dense x",
                             q_m="dense 8 relu", q_z="dense 32 relu | dense 16 relu")
        self.model = self.make("model", b"mnist", small)

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


class TableTest(LibraryTest):
    """A made table: the class moves x, c moves x, and one child is a word."""

    WORDS, CLASSES = ["low", "süß", "high, hot"], ["no", "yes"]

    def setUp(self):
        self.session = self.make("session", None)
        self.schema = self.make("schema", "täglich".encode(), 2, self.texts(self.CLASSES))
        variables = (("x", CHILD, CONTINUOUS, 1, None), ("c", CO_PARENT, CONTINUOUS, 1, None),
                     ("word", CHILD, CATEGORICAL, 3, self.texts(self.WORDS)), ("p", PARENT, BINARY, 1, None))
        for name, role, kind, levels, names in variables:
            self.check(lib.cama_schema_add(self.schema, name.encode(), role, kind, levels, names))
        random = np.random.default_rng(7)
        self.y = random.integers(0, 2, N).astype(np.int32)
        self.c = random.normal(size=(N, 1)).astype(np.float32)
        self.a = (random.random((N, 1)) < 0.2 + 0.6 * self.y[:, None]).astype(np.float32)
        number = 3 * self.y[:, None] + self.c + random.normal(0, 0.3, (N, 1))
        word = np.eye(3)[self.y + random.integers(0, 2, N)]
        self.x = np.hstack([number, word]).astype(np.float32)
        self.data = self.rows(self.schema, self.x)

    @staticmethod
    def texts(words):
        return (c_char_p * len(words))(*(word.encode() for word in words))

    def rows(self, schema, x):
        return self.make("dataset", schema, N, pointer(x, c_float), pointer(self.a, c_float), pointer(self.c, c_float),
                         pointer(self.y, c_int32), 1, function="cama_dataset_from_columns")

    def trained(self):
        model = self.make("model", b"measurement", self.schema, None, function="cama_model_create_for")
        optimizer = self.make("optimizer", model, None)
        how = self.options("train", epochs=30, batch=30, warmup=0, kl_warmup=0.0)
        self.check(lib.cama_train(self.session, optimizer, self.data, None, how, None))
        return model

    def predict(self, model, data):
        p = np.full((N, 2), -1, np.float32)
        self.check(lib.cama_predict(self.session, model, data, None, pointer(p, c_float)))
        return p

    def described(self, schema):
        count, text, at = c_int32(), c_char_p(), [c_int32() for _ in range(4)]
        self.check(lib.cama_schema_sizes(schema, byref(count), None, None, None, None))
        found = {}
        for index in range(count.value):
            self.check(lib.cama_schema_variable(schema, index, byref(text), *map(byref, at)))
            found[text.value.decode()] = tuple(number.value for number in at)
        return found

    def test_schema_by_hand(self):
        wanted = {"x": (CHILD, CONTINUOUS, 1, 0), "c": (CO_PARENT, CONTINUOUS, 1, 0),
                  "word": (CHILD, CATEGORICAL, 3, 1), "p": (PARENT, BINARY, 1, 0)}
        self.assertEqual(self.described(self.schema), wanted)
        sizes, text = [c_int32() for _ in range(5)], c_char_p()
        self.check(lib.cama_schema_sizes(self.schema, *map(byref, sizes)))
        self.assertEqual([size.value for size in sizes], [4, 4, 1, 1, 2])
        self.check(lib.cama_schema_target(self.schema, byref(text)))
        self.assertEqual(text.value.decode(), "täglich")
        for level, word in enumerate(self.WORDS):
            self.check(lib.cama_schema_level_name(self.schema, 2, level, byref(text)))
            self.assertEqual(text.value.decode(), word)
        self.check(lib.cama_schema_class_name(self.schema, 2, byref(text)), E_ARGUMENT)
        self.assertEqual(text.value.decode(), self.WORDS[-1])
        self.check(lib.cama_schema_add(self.schema, b"x", CHILD, CONTINUOUS, 1, None), E_ARGUMENT)
        self.assertEqual(len(self.described(self.schema)), 4)

    def test_dataset_keeps_all_columns(self):
        x, a, c, y = (np.full_like(array, -1) for array in (self.x, self.a, self.c, self.y))
        self.check(lib.cama_dataset_read(self.data, 0, N, pointer(x, c_float), pointer(y, c_int32)))
        self.check(lib.cama_dataset_read_causes(self.data, 0, N, pointer(a, c_float), pointer(c, c_float)))
        for got, wanted in ((x, self.x), (a, self.a), (c, self.c), (y, self.y)):
            self.assertTrue((got == wanted).all())
        bad, made = self.x.copy(), c_void_p()
        bad[5, 1:] = [1, 1, 0]
        self.check(lib.cama_dataset_from_columns(self.schema, N, pointer(bad, c_float), pointer(self.a, c_float),
                                                 pointer(self.c, c_float), None, 1, byref(made)), E_DATA)
        self.assertFalse(made)
        self.assertIn(b'row 5, categorical variable "word"', lib.cama_last_error())

    def test_model_with_a_schema(self):
        model = self.trained()
        p = self.predict(model, self.data)
        self.assertGreater((p.argmax(axis=1) == self.y).mean(), 0.9)
        raw = self.file_of(model)
        loaded = self.make("model", raw, len(raw), function="cama_model_load_memory")
        lent = lib.cama_model_schema(loaded)
        self.assertEqual(self.described(lent), self.described(self.schema))
        self.assertTrue((self.predict(loaded, self.rows(lent, self.x)) == p).all())
        self.assertIsNone(lib.cama_model_schema(None))

    def test_interventions(self):
        model = self.trained()
        same, moved, drawn = (np.full_like(self.x, -1) for _ in range(3))
        self.check(lib.cama_counterfactual(self.session, model, self.data, None, None, None, None,
                                           pointer(same, c_float)))
        np.testing.assert_allclose(same[:, 0], self.x[:, 0], rtol=0, atol=1e-5)  # roundings of numbers of about 4
        y = np.ones(N, np.int32)
        self.check(lib.cama_counterfactual(self.session, model, self.data, pointer(y, c_int32), None, None, None,
                                           pointer(moved, c_float)))
        self.assertGreater((moved - same)[self.y == 0, 0].mean(), 1.5)
        np.testing.assert_allclose(moved[:, 1:].sum(axis=1), 1, rtol=0, atol=1e-5)
        self.check(lib.cama_generate(self.session, model, N, pointer(y, c_int32), None, None, None, None,
                                     pointer(drawn, c_float)), E_ARGUMENT)
        self.assertTrue((drawn == -1).all())
        self.assertIn(b"expected c", lib.cama_last_error())
        self.check(lib.cama_generate(self.session, model, N, pointer(y, c_int32), pointer(self.c, c_float), None, None,
                                     None, pointer(drawn, c_float)))
        self.assertTrue(np.isfinite(drawn).all())

    def test_schema_and_rows_from_a_file(self):
        path = os.path.join(ROOT, "examples", "data", "chamber", "uniform_reference.csv.gz").encode()
        roles = self.options("schema", target="red", children="ir_1,vis_1", co_parents="green,blue",
                             cuts=[21.5, 43, 64.5])
        schema = self.make("schema", path, roles, function="cama_schema_from_csv")
        self.assertEqual(list(self.described(schema)), ["green", "blue", "ir_1", "vis_1"])
        data = self.make("dataset", path, schema, None, function="cama_dataset_from_csv")
        x, c, y = np.empty(2, np.float32), np.empty(2, np.float32), np.empty(1, np.int32)
        self.check(lib.cama_dataset_read(data, 0, 1, pointer(x, c_float), pointer(y, c_int32)))
        self.check(lib.cama_dataset_read_causes(data, 0, 1, None, pointer(c, c_float)))
        self.assertEqual((*x, *c, *y), (14377, 3598, 18, 60, 3))
        self.check(lib.cama_dataset_read_causes(data, 0, 1, pointer(x, c_float), None), E_ARGUMENT)


class DocumentationTest(unittest.TestCase):
    """The Python of docs/ffi.md as it stands there: each part begins with a comment that names its file."""

    @classmethod
    def setUpClass(cls):
        with open(os.path.join(ROOT, "docs", "ffi.md"), encoding="utf-8") as page:
            cls.parts = dict(re.findall(r"```python\n# (\w+\.py): (.*?)```", page.read(), re.S))

    def run_program(self, text):
        self.parts["program.py"] = text
        try:
            return self.run_part("program.py")
        finally:
            del self.parts["program.py"]

    def run_part(self, name):
        environment = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(LIBRARY))
        with tempfile.TemporaryDirectory() as folder:
            for part in ("cama.py", name):
                with open(os.path.join(folder, part), "w", encoding="utf-8") as file:
                    file.write("# " + self.parts[part])
            os.symlink(os.path.join(ROOT, "examples"), os.path.join(folder, "examples"))
            done = subprocess.run([sys.executable, name], cwd=folder, env=environment, capture_output=True, text=True,
                                  check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def number(self, pattern, said):
        self.assertRegex(said, pattern)
        return float(re.search(pattern, said).group(1))

    def test_all_parts_are_run(self):
        self.assertEqual(sorted(self.parts), ["cama.py", "chamber.py", "clouds.py"])

    def test_other_types_are_refused(self):
        said = self.run_program("""
import numpy as np
from cama import floats, ints
for make, array in ((ints, np.zeros(3, np.int64)), (floats, np.zeros(3)), (floats, np.zeros((4, 2), np.float32)[::2])):
    try:
        make(array)
    except TypeError as error:
        print(error)
""")
        self.assertEqual(re.findall("got (\\w+)", said), ["int64", "float64", "float32"])

    def test_threads_have_sessions_of_their_own(self):
        said = self.run_program("""
import concurrent.futures as futures
import numpy as np
from cama import Handle, floats, lib, options, predict, session
x = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
data = Handle("dataset", 300, 1, 1, 5, 3, floats(x), None, 1, create=lib.cama_dataset_from_arrays)
model = Handle("model", b"measurement", options("model", channels=5, classes=3))
wanted = predict(model, data, 3)
with futures.ThreadPoolExecutor(8) as pool:
    same = list(pool.map(lambda _: (predict(model, data, 3) == wanted).all(), range(80)))
    apart = set(pool.map(lambda _: id(session()), range(80)))
print("all", all(same), session() not in apart)
""")
        self.assertIn("all True True", said)

    def test_arrays(self):
        self.assertGreater(self.number(r"(\d+) of 100 right", self.run_part("clouds.py")), 50)

    def test_tables(self):
        said = self.run_part("chamber.py")
        self.assertIn("'21.5 <= red < 43'", said)
        self.assertGreater(self.number(r"clean: (\S+) right", said), 0.5)
        self.assertGreater(self.number(r"after fine-tuning (\S+)", said), 0.4)
        measured = self.number(r"ir_1: (\d+), under", said)
        self.assertLess(self.number(r"ir_1: .* (\d+)\n", said), measured)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:])
