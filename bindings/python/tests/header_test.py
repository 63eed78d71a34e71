"""header_test - the bindings have what the header has, as the compiler reads it, the map, and the option tables."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from cama import _header, low, options

ROOT = os.environ.get("CAMA_SOURCE", os.path.join(os.path.dirname(__file__), "..", "..", ".."))


def text_of(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def prototypes():
    """{name: (result, [types])} of cama.h as gcc prints them, or None without gcc."""
    if shutil.which("gcc") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, out = (os.path.join(folder, name) for name in ("all.c", "all.txt"))
        with open(source, "w", encoding="utf-8") as file:
            file.write("#include <cama/cama.h>\n")
        include = "-I" + os.path.join(ROOT, "include")
        subprocess.run(["gcc", include, "-fsyntax-only", "-aux-info", out, source], check=True)
        with open(out, encoding="utf-8") as file:
            lines = re.findall(r"extern (.*?)(cama_\w+) \((.*)\);", file.read())
    plain = {}
    for result, name, inside in lines:
        kinds = [] if inside == "void" else [kind.strip() for kind in inside.split(",")]
        plain[name] = (result.strip(), kinds)
    return plain


class HeaderTest(unittest.TestCase):
    def test_every_symbol_of_the_map_can_be_called(self):
        symbols = re.findall(r"^\s+(cama_\w+);", text_of("libcama.map"), re.M)
        self.assertGreater(len(symbols), 60)
        self.assertEqual(sorted(symbols), sorted(_header.FUNCTIONS))
        for symbol in symbols:
            if symbol.endswith("_free"):
                self.assertIn(symbol[:-5], low.HANDLES)
            else:
                self.assertTrue(callable(getattr(low, symbol[5:])), symbol)

    def test_types_are_those_that_the_compiler_sees(self):
        seen = prototypes()
        if seen is None:
            self.skipTest("gcc is not installed")
        mine = {name: (result, [kind for kind, _ in arguments])
                for name, (result, _, arguments) in _header.FUNCTIONS.items()}
        self.assertEqual(mine, seen)

    def test_ctypes_has_as_many_arguments(self):
        for name, (_, _, arguments) in _header.FUNCTIONS.items():
            if not name.endswith("_free"):
                self.assertEqual(len(getattr(low.library, name).argtypes), len(arguments), name)

    def test_constants(self):
        defined = re.findall(r"^#define (CAMA_\w+) (\d+)", text_of("include", "cama", "cama.h"), re.M)
        self.assertGreater(len(defined), 20)
        for name, value in defined:
            self.assertEqual(getattr(low, name[5:]), int(value), name)

    def test_every_status_has_its_exception(self):
        from cama.errors import CLASSES
        statuses = {name for name in _header.CONSTANTS if name.startswith("CAMA_E_")}
        self.assertEqual(statuses, set(CLASSES))

    def test_options_are_those_of_the_documentation(self):
        page = text_of("docs", "options.md")
        verbs = re.split(r"^## (\w+)$", page, flags=re.M)[1:]
        self.assertGreater(len(verbs), 20)
        for verb, body in zip(verbs[::2], verbs[1::2]):
            rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", body, re.M)
            self.assertEqual([(each.key, each.type) for each in options.describe(verb)], rows, verb)

    def test_every_function_has_its_comment(self):
        bare = [name for name, comment in _header.COMMENTS.items() if not comment and not name.endswith("_free")]
        self.assertEqual(bare, ["cama_model_clone"])
        self.assertIn("Bayes' rule", low.predict.__doc__)


if __name__ == "__main__":
    unittest.main()
