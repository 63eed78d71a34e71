"""Images from folders of PNG, IDX and NPY files; models with views say what was done, and put it back."""
import gzip
import json

from tool import HAS_PNG, bars, check, end, png, refused, rows_of, run, work

PER_CLASS = 40


def idx(path: str, shape: tuple[int, ...], data: bytes) -> None:
    head = bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)
    (work / path).write_bytes((gzip.compress if path.endswith(".gz") else bytes)(head + data))


pixels, labels = bytearray(), bytearray()
for number in range(2 * PER_CLASS):
    at, lying = 1 + number * 7 % 5, number % 2
    pixels += bytes(255 if (i // 8 if lying else i % 8) in (at, at + 1) else 0 for i in range(64))
    labels.append(lying)
idx("x-idx3-ubyte.gz", (2 * PER_CLASS, 8, 8), bytes(pixels))
idx("y-idx1-ubyte", (2 * PER_CLASS,), bytes(labels))

# IDX and NPY hold the same, and give the same model.
fast = ("--set", "epochs=30", "-q")
run("train", "x-idx3-ubyte.gz", "--labels", "y-idx1-ubyte", "-o", "idx.safetensors", *fast)
run("convert", "x-idx3-ubyte.gz", "-o", "x.npy")
run("convert", "x-idx3-ubyte.gz", "--labels", "y-idx1-ubyte", "--part", "y", "-o", "y.npy")
run("train", "x.npy", "--labels", "y.npy", "-o", "npy.safetensors", *fast)
check((work / "idx.safetensors").read_bytes() == (work / "npy.safetensors").read_bytes(), "IDX and NPY: other models")
raw = (work / "x.npy").read_bytes()
check(raw[:6] == b"\x93NUMPY" and len(raw) % 64 == 0 and b"(80, 8, 8, 1)" in raw[:128], "an NPY file")
told = json.loads(run("eval", "idx.safetensors", "x.npy", "--labels", "y.npy", "--json")[0])
check(told["data"]["accuracy"] > .9 and told["input"]["format"] == "npy", f"accuracy: {told['data']['accuracy']}")
out, _ = run("info", "idx.safetensors")
check("form: published" in out and "classes: 0, 1" in out, f"info: {out}")
(work / "y9.npy").write_bytes(raw[:128].replace(b"(80, 8, 8, 1)", b"(9,)         ") + raw[128:128 + 36])
refused(1, "expected 80 labels, one for each row, got 9", "train", "x.npy", "--labels", "y9.npy", "-o", "z", *fast)
(work / "cut.npy").write_bytes(raw[:-4])
refused(1, "cut.npy: expected 20480 bytes of numbers, got 20476", "predict", "idx.safetensors", "cut.npy")
(work / "big.npy").write_bytes(raw.replace(b"'<f4'", b"'>f4'"))
refused(1, "big.npy: expected numbers of a type <f4", "predict", "idx.safetensors", "big.npy")
(work / "odd.npy").write_bytes(raw.replace(b"'<f4'", b"\xff\n\xc3f'"))
refused(1, "odd.npy: expected numbers of a type <f4, <f8, <i2, <i4, <i8, <u2, |u1, |i1 or |b1, got ???f'", "predict",
        "idx.safetensors", "odd.npy")
(work / "f.npy").write_bytes(raw.replace(b"False", b"True "))
refused(1, "f.npy: expected an array in C order", "predict", "idx.safetensors", "f.npy")
refused(2, "expected --labels FILE", "train", "x.npy", "-o", "z", *fast)

# Into the form with views, q(m|x) from simulated ones, what was done to each image, and undone.
run("convert", "idx.safetensors", "--views", "-o", "v0.safetensors")
refused(1, "expected a model with views whose q(m|x) was trained", "view", "v0.safetensors", "x.npy")
run("train", "x.npy", "--labels", "y.npy", "--from", "v0.safetensors", "--set", "simulate=alone", "-o",
    "v.safetensors", "-q", "--set", "epochs=2")
check("form: views" in run("info", "v.safetensors")[0], "form of a model with views")
rows = rows_of(run("view", "v.safetensors", "x.npy", "--restored", "seen.npy")[0])
check(len(rows) == 80 and "rotation (degrees)" in rows[0] and "y (pixels)" in rows[0], f"view: {rows[:1]}")
check((work / "seen.npy").stat().st_size == len(raw), "restored images")
told = json.loads(run("view", "v.safetensors", "x.npy", "--json", "--limit", 3)[0])
check(len(told["rows"]) == 3 and len(told["rows"][0]["view"]) == len(told["numbers"]) == 10, "view --json")
check("Views" in (run("eval", "v.safetensors", "x.npy", "--report", "r.html"), (work / "r.html").read_text())[1],
      "views")
run("do", "v.safetensors", "x.npy", "m=0", "-o", "undone.npy", "-q")
check((work / "undone.npy").stat().st_size == len(raw), "do(m = 0)")
run("train", "x.npy", "--labels", "y.npy", "--preset", "mnist-dnn", "-o", "dnn.safetensors", "-q", "--set", "epochs=5")
check("discriminative" in run("info", "dnn.safetensors")[0], "form of a discriminative model")
check(len(rows_of(run("predict", "v.safetensors", "x.npy", "--reader", "dnn.safetensors")[0])) == 80, "read by another")
run("eval", "dnn.safetensors", "x.npy", "--labels", "y.npy")

# Vectors.
(work / "flat.npy").write_bytes(raw[:128].replace(b"(80, 8, 8, 1)", b"(80, 64)     ") + raw[128:])
check((work / "flat.npy").stat().st_size == len(raw), "a flat array")
out, _ = run("predict", "idx.safetensors", "flat.npy")
check(out == run("predict", "idx.safetensors", "x.npy")[0], "flat rows: other predictions")
run("train", "flat.npy", "--labels", "y.npy", "-o", "flat.safetensors", "-q", "--set", "epochs=3")
check("x 64" in run("info", "flat.safetensors")[0], "a model of vectors")
refused(1, "expected rows of 1x1x64", "predict", "flat.safetensors", "x.npy")
refused(1, "expected images or vectors", "predict", "flat.safetensors", "g.csv", "--format", "csv")

# Folders of PNG, with their names.
if not HAS_PNG:
    bars("bars", 1, 1)
    refused(1, "built without libpng", "train", "bars", "-o", "z", "-q")
    refused(1, "built without libpng", "convert", "x.npy", "-o", "folder", "-q")
    end()
bars("bars", PER_CLASS, 1)
bars("test", 15, 2)
(work / "bars" / "lying" / "notes.txt").write_text("no image")
out, _ = run("train", "bars", "-o", "bars.safetensors", "--set", "epochs=80")
check("80 rows of 8x8x1, labelled" in out and "1 files that are no .png were left out" in out, f"train: {out}")
check("classes: lying, standing" in run("info", "bars.safetensors")[0], "names of the folders")
rows = rows_of(run("predict", "bars.safetensors", "test")[0])
right = sum(row["file"].split("/")[0] == row["class"] for row in rows)
check(len(rows) == 30 and right >= 27, f"classes by name: {right} of 30 right")
run("adapt", "bars.safetensors", "test", "-o", "b2.safetensors", "-q", "--set", "steps=2")
run("convert", "b2.safetensors", "--views", "-o", "b3.safetensors")
check("classes: lying, standing" in run("info", "b3.safetensors")[0], "names after adapting and converting")
check(json.loads(run("eval", "b2.safetensors", "test", "--json")[0])["data"]["scored"] == 30, "eval of folders")
run("convert", "test", "-o", "copies")
run("convert", "copies", "-o", "copies.npy")
run("convert", "test", "-o", "test.npy")
check((work / "copies.npy").read_bytes() == (work / "test.npy").read_bytes(), "PNG written and read: other pixels")
run("do", "bars.safetensors", "test", "y=lying", "-o", "turned", "-q")
check(len(list((work / "turned" / "standing").glob("*.png"))) == 15, "do(y): images by class")
png(work / "flat" / "one.png", [[0] * 8] * 8)
check(len(rows_of(run("predict", "bars.safetensors", "flat")[0])) == 1, "images without classes")
refused(1, "flat: expected one folder inside for each class", "train", "flat", "-o", "z", "-q")
png(work / "mixed" / "a" / "1.png", [[0] * 8] * 8)
png(work / "mixed" / "b" / "2.png", [[0] * 9] * 8)
refused(1, "mixed/b/2.png: expected an image of 8x8, as a/1.png, got 8x9", "train", "mixed", "-o", "z", "-q")
png(work / "large" / "1.png", [[0] * 9] * 9)
refused(1, "large: expected rows of 8x8x1", "predict", "bars.safetensors", "large")
(work / "mixed" / "b" / "2.png").write_bytes(b"no image")
refused(1, "mixed/b/2.png: expected a PNG image", "train", "mixed", "-o", "z", "-q")
(work / "empty").mkdir()
refused(1, "empty: expected PNG images, got none", "train", "empty", "-o", "z", "-q")
end()
