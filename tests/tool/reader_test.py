"""A reader beside a model of a table: trained by cama on the same rows, it helps on undisturbed rows of the chamber,
goes on with an adapted model, and what is no reader of the model is refused."""
import gzip
import json
import pathlib
import sys

from tool import bars, check, end, refused, rows_of, run, tables, work

data = pathlib.Path(sys.argv[5]) / "examples" / "data" / "chamber"
lines = gzip.decompress((data / "uniform_reference.csv.gz").read_bytes()).decode().splitlines(keepends=True)
(work / "train.csv").write_text("".join(lines[:8001]))
(work / "test.csv").write_text("".join(lines[:1] + lines[8001:]))
ROLES = ("--graph", data / "dag.csv", "--target", "red", "--cuts", "21.5,43,64.5", "-q")


def trained(name: str, *more: object) -> None:
    run("train", "train.csv", *more, "-o", name)


def scores(model: str, table: object, *more: object) -> dict[str, float]:
    """What eval says of a model on a table."""
    made: dict[str, float] = json.loads(run("eval", model, table, "--json", *more)[0])["data"]
    return made


trained("m.st", *ROLES)
trained("r.st", *ROLES, "--preset", "measurement-logistic")

# Measured: .8800 by the model, .8825 by the reader, .8865 by both; a standard error of 2,000 rows is .007.
model, reader = scores("m.st", "test.csv"), scores("r.st", "test.csv")
both = scores("m.st", "test.csv", "--reader", "r.st")
check(reader["accuracy"] > .87, f"the reader alone: {reader['accuracy']}: its training was too short")
check(both["accuracy"] >= max(model["accuracy"], .88) and both["log_loss"] < model["log_loss"],
      f"read: {both['accuracy']}, {both['log_loss']}, by the model: {model['accuracy']}, {model['log_loss']}")
check(both["elbo"] == model["elbo"], "the ELBO is the model's own")

# Weight 0 is the model's own opinion, 1 the reader's of rows that the model explains.
p = [rows_of(run("predict", "m.st", "test.csv", "-q", *more)[0]) for more in (
    (), ("--reader", "r.st", "--set", "reader_weight=0"), ("--reader", "r.st"))]
check(p[0] == p[1] and p[0] != p[2], "predict --reader: weights")

# A sensor whose exposure was changed: the model adapts, the reader stays as it was.
sensor = data / "uniform_t_ir_1_strong.csv.gz"
run("adapt", "m.st", sensor, "--clean", "train.csv", "-q", "-o", "a.st")
alone, seen, raw = scores("a.st", sensor), scores("a.st", sensor, "--reader", "r.st"), scores("r.st", sensor)
check(seen["accuracy"] > raw["accuracy"] + .2 and seen["accuracy"] > alone["accuracy"] - .02,
      f"a changed sensor: read {seen['accuracy']}, by the model {alone['accuracy']}, raw {raw['accuracy']}")

# What is no reader of the model.
few = ("--set", "epochs=1", "--preset", "measurement-logistic")
trained("fewer.st", *ROLES, *few, "--ignore", "green")
trained("cuts.st", *ROLES[:4], "--cuts", "20,43,64.5", "-q", *few)
for words, name in (('reader: expected a discriminative model, got "measurement-sensors"', "m.st"),
                    ("reader: expected cut 21.5, got 20", "cuts.st"), ("reader: expected variable \"", "fewer.st"),
                    ("none.st: cannot open", "none.st"), ("test.csv: expected a safetensors header", "test.csv")):
    for command in ("predict", "eval"):
        refused(1, words, command, "m.st", "test.csv", "-q", "--reader", name)
refused(1, "predict_read: expected a generative model", "predict", "r.st", "test.csv", "-q", "--reader", "r.st")
refused(2, "expected MODEL", "predict", "m.st", "test.csv", "--reader")
if sys.argv[2] == "1":
    bars("digits", 10, 1)
    run("train", "digits", "-q", "-o", "images.st", "--preset", "mnist-dnn", "--set", "epochs=1")
    refused(1, "reader: expected x of 1x1x7 and 4 classes as the model's, got 8x8x1 and 2 classes", "predict", "m.st",
            "test.csv", "-q", "--reader", "images.st")
end()
