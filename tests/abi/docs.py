"""docs - what the documents name is there: the targets of relative links, paths, files, symbols, tests.

usage: docs.py SOURCE_ROOT
"""
import os
import re
import sys
from fnmatch import fnmatch

DOCUMENTS = ("*.md", "docs/pictures.py")
SOURCES = ("bench", "bindings", "docs", "examples", "include", "src", "tests", "tools")
ROOMS = "unit|grad|oracle|laws|twin|api|abi|slow|fuzz"
# Words that stand for any name, and names of other people's files and programs.
PLACEHOLDER = re.compile(r"[A-Z]{3,}[./]|[./_-][A-Z]{3,}|_thing_|_noun_|_file_verb|_NOUN_|cama__name")
FOREIGN = set("blis.h zlib.h pthread.h omp.h digits.c first.c".split())  # programs of the README, docs/site


def tree(root):
    """Paths of all files below the source folders, from the root; build folders are not among them."""
    found = set(name for name in os.listdir(root) if os.path.isfile(os.path.join(root, name)))
    for folder in SOURCES:
        for path, folders, files in os.walk(os.path.join(root, folder)):
            folders[:] = [name for name in folders if name != "__pycache__"]
            below = os.path.relpath(path, root)
            found.add(below)
            found.update(os.path.join(below, name) for name in files)
    return found


def slug(heading):
    """The anchor that a heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


class Checker:
    def __init__(self, root):
        self.root = root
        self.files = tree(root)
        self.names = set(os.path.basename(path) for path in self.files)
        self.words = set()
        for path in self.files:
            if path.endswith((".c", ".h", ".inc", ".py", ".map")) or path.endswith("meson.build"):
                self.words.update(re.findall(r"\w+", self.text(path)))
        self.twin = set(re.findall(r"def (\w+)", self.text("tests/twin/model.py")))
        self.failed = 0

    def text(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    def complain(self, where, words):
        print(f"FAILED: {where}: {words}")
        self.failed += 1

    def anchors(self, path):
        return set(slug(line.lstrip("#")) for line in self.text(path).split("\n") if re.match("#+ ", line))

    def links(self, document, where, line):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            full = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
            if not os.path.exists(os.path.join(self.root, full)):
                self.complain(where, f"a link to {target}, which is not there")
            elif anchor and anchor not in self.anchors(full):
                self.complain(where, f"a link to {target}: {full} has no such heading")

    def paths(self, where, line):
        for path in re.findall(r"(?<![\w./-])(?:%s)/[\w./*-]*\w" % "|".join(SOURCES), line):
            base = os.path.splitext(path)[0] if path.endswith(".md") else path
            if not PLACEHOLDER.search(base) and not any(fnmatch(name, path) for name in self.files):
                self.complain(where, f"{path} is not there")
        for name in re.findall(r"(?<![\w./*<-])[a-z0-9_]+[.](?:c|h|inc)\b(?![.(])", line):
            if name not in self.names and name not in FOREIGN and not PLACEHOLDER.search(name):
                self.complain(where, f"no file {name}")
        for room, name in re.findall(r"(?<![\w./-])(%s)/(\w+_test)\b" % ROOMS, line):
            if not any(f"tests/{room}/{name}{end}" in self.files for end in (".c", ".py", ".sh")):
                self.complain(where, f"no test {room}/{name}")

    def symbols(self, where, line):
        pattern = r"(?<![\w./-])(?:cama_\w+|CAMA_\w+|(?:HEAD|SCORE|NET|RNG)_[A-Z_]+)(?![\w*.]|[.][.])"
        for name in re.findall(pattern, line):
            if name not in self.words and not PLACEHOLDER.search(name) and not name.endswith("_"):
                self.complain(where, f"{name} is in no source file")
        for name in re.findall(r"\bModel[.](\w+)`", line):
            if name not in self.twin:
                self.complain(where, f"Model.{name} is not in tests/twin/model.py")

    def document(self, path):
        for number, line in enumerate(self.text(path).split("\n"), 1):
            where = f"{path}:{number}"
            self.links(path, where, line)
            self.paths(where, line)
            self.symbols(where, line)


def main():
    checker = Checker(sys.argv[1])
    found = sorted(path for path in checker.files if any(fnmatch(path, pattern) for pattern in DOCUMENTS))
    if len(found) < 10:
        checker.complain(checker.root, f"only {len(found)} documents")
    for path in found:
        checker.document(path)
    sys.exit(1 if checker.failed else 0)


if __name__ == "__main__":
    main()
