"""Command lines and files that cannot be: the status, and one line that says where."""
import json

from tool import check, end, refused, run, tables, work

tables()
TRAIN = ["train", "train.csv", "--graph", "g.csv", "--target", "fault", "-q", "-o", "m.safetensors", "--set",
         "epochs=1"]
run(*TRAIN)

# Usage: status 2, before anything is read or written.
refused(2, 'there is no command "trian" (cama --help)', "trian")
refused(2, "unknown option --epoch (cama train --help)", *TRAIN, "--epoch", "3")
refused(2, "--clean is no option of train", *TRAIN, "--clean", "x")
refused(2, "unknown option -x", *TRAIN, "-x")
refused(2, "--seed: expected an integer from 0", *TRAIN, "--seed", "-1")
refused(2, "--seed: expected an integer from 0", *TRAIN, "--seed=one")
refused(2, "--json takes no value", *TRAIN, "--json=yes")
refused(2, "-o: expected FILE behind it", "train", "train.csv", "-o")
refused(2, "expected DATA, got 0 operands", "train", "-o", "x")
refused(2, 'expected DATA, got "more" too', *TRAIN, "more")
refused(2, "expected -o FILE", "train", "train.csv")
refused(2, "expected -o FILE", "adapt", "m.safetensors", "monday.csv")
refused(2, "expected --target COLUMN", "train", "train.csv", "-q", "-o", "z")
refused(2, "expected --graph FILE, or --children LIST", "train", "train.csv", "--target", "fault", "-q", "-o", "z")
refused(2, "--format: expected csv, idx, npy or png", "predict", "m.safetensors", "new.csv", "--format", "xlsx")
refused(2, '"nothing"', "options", "nothing")
for text, words in (("epochs", "expected [VERB.]KEY=VALUE"),
                    ("epoch=3", 'no verb of the subcommand has an option "epoch"'),
                    ("train.epoch=3", 'did you mean "epochs"'), ("train.epochs=many", "expected a number"),
                    ("epochs=0", "epochs"), ("predict.samples=3", 'the subcommand does not use "predict"'),
                    ("tarin.epochs=3", 'there is no verb "tarin"'), ("cuts=a", "expected numbers")):
    refused(2, words, *TRAIN, "--set", text)
check("epochs" in run("options", "train")[0] and "csv.missing" in run("options")[0], "options")
told = json.loads(run("options", "--json")[0])
check(len(told) == 17 and told["train"][0]["key"] == "epochs" and told["train"][0]["default"] == "10", "options --json")

# Files: status 1, with file, line and column.
refused(1, "absent.csv: No such file", "predict", "m.safetensors", "absent.csv")
refused(1, "absent.safetensors: ", "predict", "absent.safetensors", "new.csv")
refused(1, "train.csv: expected a safetensors", "predict", "train.csv", "new.csv")
refused(1, "m.safetensors: a model (safetensors), expected data", "predict", "m.safetensors", "m.safetensors")
lines = (work / "train.csv").read_text().splitlines()
lines[7] = lines[7].replace(",", ",oops", 1)
(work / "oops.csv").write_text("\n".join(lines) + "\n")
refused(1, 'oops.csv: line 8, column "load"', "train", "oops.csv", *TRAIN[2:])
(work / "wide.csv").write_text((work / "train.csv").read_text() + "1,2\n")
refused(1, "wide.csv: line 302", "train", "wide.csv", *TRAIN[2:])
refused(1, 'expected a column "fualt"', "train", "train.csv", "--graph", "g.csv", "--target", "fualt", "-q", "-o", "z")
(work / "cycle.csv").write_text("from,to\nfault,x1\nx1,fault\n")
refused(1, "cycle", "train", "train.csv", "--graph", "cycle.csv", "--target", "fault", "-q", "-o", "z")
(work / "utf16.csv").write_bytes((work / "train.csv").read_text().encode("utf-16"))
refused(1, "UTF-16", "predict", "m.safetensors", "utf16.csv")
refused(1, "expected a table (csv)", "predict", "m.safetensors", "new.csv", "--format", "idx")
refused(2, "expected --model MODEL", "convert", "train.csv", "-o", "x.npy", "-q")
refused(1, "expected -o FILE.npy", "convert", "train.csv", "--model", "m.safetensors", "-o", "folder", "-q")
check(not (work / "folder").exists(), "a folder is left")
run("convert", "train.csv", "--model", "m.safetensors", "-o", "x.npy", "-q")
check(b"(300, 4)" in (work / "x.npy").read_bytes()[:128], "a table as an array")
run("convert", "train.csv", "--model", "m.safetensors", "--part", "c", "-o", "c.npy", "-q")
check(b"(300, 1)" in (work / "c.npy").read_bytes()[:128], "co-parents as an array")
(work / "semi.csv").write_text((work / "train.csv").read_text().replace(",", ";").replace(".", ","))
run("train", "semi.csv", *TRAIN[2:], "--set", "decimal=comma")
check(run("--version")[0].startswith("cama ") and "usage: cama" in run("--help")[0], "version and help")
check("usage: cama do" in run("do", "--help")[0], "help of a command")
end()
