"""What the tests of the program cama share: a folder of their own, running it, tables of a small machine's faults.

Each test is called with the program's path, and whether it was built with libpng (1 or 0).
"""
from __future__ import annotations

import csv
import io
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import zlib

PROGRAM = os.path.realpath(sys.argv[1])
HAS_PNG = sys.argv[2] == "1"
CLASSES = ["loose", "none", "worn"]
GRAPH = "source,target\nfault,x1\nfault,x2\nfault,kind\nload,x1\nload,x2\nfan,x1\nage,fault\nspeed,age\n"
failures = 0
_folder = tempfile.TemporaryDirectory()
work = pathlib.Path(_folder.name)


def check(held: bool, what: str) -> None:
    """Say what does not hold."""
    global failures
    if not held:
        failures += 1
        print("FAILED:", what, flush=True)


def run(*words: object, status: int = 0, **how: object) -> tuple[str, str]:
    """stdout and stderr of cama with some words, which ends with that status."""
    settings = {"text": True, **how}
    done = subprocess.run([PROGRAM, *map(str, words)], cwd=work, capture_output=True, timeout=120,
                          **settings)  # type: ignore[call-overload]
    check(done.returncode == status, f"cama {' '.join(map(str, words))}: ended with {done.returncode}, not {status}:\n"
                                     f"{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def refused(status: int, expected: str, *words: object, **how: object) -> None:
    """That cama ends with a status and one line on stderr with those words, and leaves nothing on stdout."""
    out, err = run(*words, status=status, **how)
    check(expected in err, f"cama {' '.join(map(str, words))}: expected \"{expected}\", got: {err}")
    check(err.count("\n") == 1 and err.startswith("cama: "), f"more than one line: {err}")
    check(out == "", f"something on stdout too: {out}")


def table(name: str, rows: int, seed: int, shift: float = 0, labels: bool = True) -> None:
    """A table of a machine: what is measured depends on its fault and its load, and is shifted under a manipulation."""
    draw = random.Random(seed)
    lines = ["age,load,x1,x2,kind,fan,time,fault"]
    for time in range(rows):
        y, load = draw.randrange(3), draw.gauss(0, 1)
        k = (2, 0, 1)[y]
        x1, x2 = k + .8 * load + draw.gauss(0, .3) + shift, -k + .5 * load + draw.gauss(0, .3)
        kind = "hot" if draw.random() < .3 + .2 * k else "cold"
        fault = CLASSES[y] if labels else ""
        lines.append(f"{draw.gauss(0, 1):.3f},{load:.3f},{x1:.3f},{x2:.3f},{kind},3,{time},{fault}")
    (work / name).write_text("\n".join(lines) + "\n")


def tables() -> None:
    """Tables to train on and to test with, and their graph."""
    table("train.csv", 300, 1)
    table("test.csv", 150, 2)
    table("monday.csv", 150, 3, shift=1)
    table("new.csv", 20, 4, shift=1, labels=False)
    (work / "g.csv").write_text(GRAPH)


def rows_of(text: str) -> list[dict[str, str]]:
    """Rows of a CSV text with a header."""
    return list(csv.DictReader(io.StringIO(text)))


def png(path: pathlib.Path, pixels: list[list[int]]) -> None:
    """A grey PNG image of 8 bits."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    head = len(pixels[0]).to_bytes(4, "big") + len(pixels).to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    data = b"".join(b"\0" + bytes(row) for row in pixels)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) +
                     chunk(b"IEND", b""))


def bars(folder: str, count: int, seed: int) -> None:
    """Images of 8x8 of lying and standing bars, in a folder for each."""
    draw = random.Random(seed)
    for name in ("lying", "standing"):
        for number in range(count):
            at = draw.randrange(1, 6)
            pixels = [[255 if (row if name == "lying" else column) in (at, at + 1) else draw.randrange(40)
                       for column in range(8)] for row in range(8)]
            png(work / folder / name / f"{number:03}.png", pixels)


def end() -> None:
    """The status of the test."""
    sys.exit(1 if failures else 0)
