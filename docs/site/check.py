"""check - runs the programs of a page of the site as they stand there.

usage: check.py PAGE SOURCE_ROOT BUILD_ROOT          (exit code 77: something that the page needs was not found)

In an empty folder, with examples/ of the source tree in it: a block whose first line names a file is written to that
file, an sh block is run by sh. Both in the order of the page; a command that fails ends the test. PATH, PKG_CONFIG_PATH
and the like lead to the build folder, so that what the page calls installed is what was built.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

NEEDS = {"sh": "sh", "c": "cc", "julia": "julia"}
FILE = re.compile(r"^(?:#|/\*|//) (\w+\.\w+)")
# A result that must come out, so that a page whose commands do nothing is found: a number after a word.
RESULT = {
    "start-c": r"adapted (0\.9|1\.0)", "start-python": r"adapted: (0\.[89]|1\.0)",
    "start-julia": r"adapted: (0\.[89]|1\.0)", "start-command-line": r"(?m)^row,class",
    "how-images": r"with views: (0\.[89]|1\.0)", "how-table": r"(?m)^row,class,heat",
    "how-hurt": r"standard errors apart", "how-service": r"adapted: (True|False) batches: 8",
    "how-counterfactuals": r"by the process itself",
}


def skip(words):
    print("SKIPPED: " + words)
    sys.exit(77)


def environment(root, build):
    found = dict(os.environ)

    def add(name, *paths):
        found[name] = os.pathsep.join(list(paths) + ([found[name]] if found.get(name) else []))

    add("PATH", os.path.join(build, "tools", "cama"))
    add("LD_LIBRARY_PATH", build)
    add("PKG_CONFIG_PATH", os.path.join(build, "meson-uninstalled"))
    add("CPATH", os.path.join(root, "include"))  # which the file there does not name
    add("PYTHONPATH", os.path.join(build, "bindings", "python"))
    found["LIBCAMA"] = os.path.join(build, "libcama.so.0")
    found["JULIA_LOAD_PATH"] = os.pathsep.join([os.path.join(root, "bindings", "julia"), "@stdlib"])
    return found


def blocks(page):
    with open(page, encoding="utf-8") as file:
        return re.findall(r"^```(\w+)\n(.*?)^```$", file.read(), re.M | re.S)


def check_needs(found, folder, env):
    for language in {language for language, _ in found}:
        program = NEEDS.get(language)
        if program and shutil.which(program, path=env["PATH"]) is None:
            skip(f"{program} was not found")
    if any(re.search(r"^cama ", text, re.M) for _, text in found) and shutil.which("cama", path=env["PATH"]) is None:
        skip("the program cama was not built")
    bin_ = os.path.join(folder, "bin")
    os.mkdir(bin_)
    debian = "/usr/bin/python3"  # the one that Debian's NumPy belongs to
    if os.path.exists(debian):
        os.symlink(debian, os.path.join(bin_, "python3"))
    env["PATH"] = bin_ + os.pathsep + env["PATH"]
    if any(language == "python" for language, _ in found) and subprocess.run(
            ["python3", "-c", "import numpy"], env=env, stderr=subprocess.DEVNULL, check=False).returncode:
        skip("NumPy was not found")
    if any(language == "julia" for language, _ in found):
        env["JULIA_DEPOT_PATH"] = os.path.join(folder, "depot")
        if subprocess.run(["julia", "-e", "try; error(); catch; end"], env=env, stderr=subprocess.DEVNULL,
                          check=False).returncode:
            skip("this julia crashes on an exception (docs/julia.md)")


def main(page, root, build):
    name, found = os.path.splitext(os.path.basename(page))[0], blocks(page)
    said, ran = "", 0
    with tempfile.TemporaryDirectory() as folder:
        env, work = environment(root, build), os.path.join(folder, "work")
        check_needs(found, folder, env)
        os.mkdir(work)
        os.symlink(os.path.join(root, "examples"), os.path.join(work, "examples"))
        for language, text in found:
            named = FILE.match(text)
            if language == "sh":
                done = subprocess.run(["sh", "-eux"], input=text, cwd=work, env=env, stdout=subprocess.PIPE, text=True,
                                      check=False)
                said, ran = said + done.stdout, ran + 1
                print(done.stdout, end="", flush=True)
                if done.returncode:
                    sys.exit(f"FAILED: {page}: a command ended with {done.returncode}")
            elif named:
                with open(os.path.join(work, named.group(1)), "w", encoding="utf-8") as file:
                    file.write(text)
    if not ran or not re.search(RESULT[name], said):
        sys.exit(f"FAILED: {page}: expected {RESULT[name]!r} among what it prints")


if __name__ == "__main__":
    main(*(os.path.abspath(path) for path in sys.argv[1:4]))
