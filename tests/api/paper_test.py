"""paper_test - the study paper in a quick run: its rows, its report, a run that goes on where another stopped, errors.

usage: paper_test.py PROGRAM     (accuracy is not judged: the quick run has few digits and steps)
"""
import csv
import glob
import html.parser
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.path.abspath(sys.argv[1])
COLUMNS = "figure model trained_on finetuned_on test_direction range seed accuracy".split()
MODELS = {"dnn", "cnn", "cnn-tent", "cvae", "cama", "cama-view"}
TRAINED = {"clean", "vertical", "horizontal", "oracle"}
VOID = {"meta", "img", "br"}


def command(out, *options):
    return [PROGRAM, "--quick", "1", "--threads", "1", "--out", out, *options]


def run(out, *options, status=0):
    done = subprocess.run(command(out, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != status:
        raise AssertionError("ended with %d\n%s\n%s" % (done.returncode, done.stdout, done.stderr))
    return done


def rows_of(out, key):
    with open(os.path.join(out, "figure-%s.csv" % key), encoding="utf-8", newline="") as file:
        found = csv.DictReader(file)
        rows = list(found)
        if found.fieldnames != COLUMNS:
            raise AssertionError(found.fieldnames)
        return rows


class Page(html.parser.HTMLParser):
    """Tags that are opened and not closed, and every address that would be loaded."""

    def __init__(self):
        super().__init__()
        self.open, self.loaded, self.seen, self.wrong = [], [], set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "srcset", "data", "xlink:href") or (name == "href" and tag != "a"):
                self.loaded.append(value)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def page_of(out):
    with open(os.path.join(out, "report.html"), encoding="utf-8") as file:
        text = file.read()
    page = Page()
    page.feed(text)
    page.close()
    return text, page


class Paper(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.out = os.path.join(self.folder.name, "out")

    def tearDown(self):
        self.folder.cleanup()

    def check_rows(self, key):
        rows = rows_of(self.out, key)
        self.assertTrue(rows)
        self.assertEqual(len({tuple(row[name] for name in COLUMNS[:7]) for row in rows}), len(rows), "a row twice")
        for row in rows:
            self.assertEqual(row["figure"].split("-")[0], key.lstrip("0"))
            self.assertIn(row["model"], MODELS)
            self.assertIn(row["trained_on"], TRAINED)
            self.assertTrue(0 <= float(row["accuracy"]) <= 1)
            self.assertTrue(row["range"] == "none" or float(row["range"]) <= 3)
        with open(os.path.join(self.out, "figure-%s.json" % key), encoding="utf-8") as file:
            told = json.load(file)
        self.assertEqual([row["accuracy"] for row in told["rows"]], [float(row["accuracy"]) for row in rows])
        said = [one["holds"] for one in told["seen"]]
        holds, fails = said.count("yes"), said.count("no")
        self.assertEqual(told["verdict"], "not measured" if holds + fails == 0 else "supported" if fails == 0 else
                         "not supported" if holds == 0 else "partly supported")
        return rows

    def check_stream(self, rows):
        """Every model meets every batch, in the order in which the batches come; "told" says yes or no."""
        came = ["1-clean", "2-vertical.3", "3-horizontal.3"]
        policies = {"-" + form + policy for form in ("", "unseen-")
                    for policy in ("reset", "keep", "drift", "no-restart", "keep-told", "drift-told")}
        wanted = {("cnn", "", "none"), ("cnn-tent", "", "same"), ("cama-view", "", "none"), ("cama", "", "none")}
        wanted |= {("cama-view", policy, "same") for policy in policies}
        wanted |= {("cama", policy, "same") for policy in policies if "unseen" not in policy}
        met = {}
        for row in rows:
            key = (row["model"], row["figure"][len("stream"):], row["finetuned_on"])
            met.setdefault(key, []).append(row["test_direction"])
            if row["figure"].endswith("-told"):
                self.assertIn(row["accuracy"], ("0", "1"))
        self.assertEqual(set(met), wanted)
        for key, tests in met.items():
            self.assertEqual(tests, came, key)

    def check_ticks(self, name, words):
        """The numbers below the first panel, in order, and apart from each other: 7 units for a character."""
        with open(os.path.join(self.out, name), encoding="utf-8") as file:
            found = re.findall(r'<text x="([0-9.]+)" y="([0-9.]+)" class="x">([0-9.]+)</text>', file.read())
        self.assertEqual([word for _, _, word in found[:len(words)]], words)
        self.assertEqual(len({y for _, y, _ in found[:len(words)]}), 1)
        for (left, _, before), (right, _, after) in zip(found, found[1:len(words)]):
            self.assertGreaterEqual(float(right) - float(left), 3.5 * (len(before) + len(after)))

    def check_no_paths(self):
        """What is published names no folder of this machine: what came from where is said in words."""
        for path in glob.glob(os.path.join(self.out, "*")):
            if path.endswith((".csv", ".json", ".svg", ".html")):
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                self.assertNotIn(self.folder.name, text, path)
                self.assertEqual(re.findall(r"[\"' =>]/(?!/)[a-z]+/[^\"<]*", text), [], path)

    def test_runs_of_single_figures_share_a_report(self):
        run(self.out, "--figure", "1")
        run(self.out, "--figure", "8")
        run(self.out, "--figure", "chamber")
        text, page = page_of(self.out)
        self.assertEqual((page.open, page.wrong), ([], []))
        for key in ("01", "08", "chamber"):
            self.assertIn("all rows: figure-%s.csv" % key, text)
        self.assertNotIn("figure-07.csv", text)
        self.assertIn("200 training and 40 test digits", text)
        self.check_no_paths()

    def test_all_figures(self):
        run(self.out)
        for key in "01 07 08 09 10 11 12 13 14 beyond stream chamber".split():
            self.check_rows(key)
        oracle = [row for row in rows_of(self.out, "07") if row["trained_on"] == "oracle"]
        self.assertEqual({(row["model"], row["test_direction"], row["range"]) for row in oracle},
                         {("cnn", d, r) for d in ("vertical", "horizontal") for r in ("0", "0.3", "0.5")})
        tuned = {(row["finetuned_on"], row["test_direction"]) for row in rows_of(self.out, "07")
                 if row["model"] == "cama" and row["figure"] == "7"}
        self.assertLessEqual({("none", "vertical"), ("vertical", "vertical"), ("horizontal", "vertical"),
                              ("both", "horizontal")}, tuned)
        attacks = {(row["figure"], row["model"], row["finetuned_on"]) for row in rows_of(self.out, "11")}
        adapting = {(figure, model, "same") for figure in ("11", "11-adaptive", "11-clean")
                    for model in ("cama", "cama-view")}
        self.assertEqual(attacks, adapting | {("11", model, "none") for model in ("dnn", "cnn", "cama", "cama-view")} |
                         {("11-transfer", model, "none") for model in ("cnn", "cama")})
        self.assertIn(("cnn-tent", "same"), {(row["model"], row["finetuned_on"])
                                             for row in rows_of(self.out, "beyond")})
        self.check_stream(rows_of(self.out, "stream"))
        self.check_ticks("figure-08.svg", "0 0.01 0.02 0.05 0.1 0.2 0.5 1".split())
        self.check_ticks("figure-stream.svg", "1 2 3".split())
        self.assertEqual(glob.glob(os.path.join(self.out, "*.new")), [])
        self.check_no_paths()

        text, page = page_of(self.out)
        self.assertEqual((page.open, page.wrong), ([], []))
        self.assertEqual([address for address in page.loaded if not address.startswith("data:image/png;base64,")], [])
        self.assertNotIn("script", page.seen)
        self.assertEqual(re.findall(r"@import|url\(", text), [])
        self.assertIn('name="viewport"', text)
        self.assertIn("@media print", text)
        self.assertGreater(text.count("<svg"), 20)
        self.assertLess(len(text.encode()), 500000)
        self.assertIn("Not measured", text)  # the task that has no data here

    def test_a_second_run_takes_what_is_there(self):
        run(self.out, "--figure", "1")
        before = rows_of(self.out, "01")
        models = {path: os.stat(path).st_mtime_ns for path in glob.glob(os.path.join(self.out, "models", "*"))}
        self.assertEqual(len(models), 3)
        again = run(self.out, "--figure", "01")
        self.assertIn("figure 1: %d rows, 0 of them new" % len(before), again.stdout)
        self.assertEqual(rows_of(self.out, "01"), before)
        more = run(self.out, "--figure", "1", "--seeds", "2")
        self.assertIn("figure 1: %d rows, %d of them new" % (2 * len(before), len(before)), more.stdout)
        self.assertEqual(rows_of(self.out, "01")[:len(before)], before)
        self.assertEqual({path: os.stat(path).st_mtime_ns for path in models}, models)
        other = run(self.out, "--figure", "1", "--quick", "0", status=1)
        self.assertIn("give another --out", other.stderr)

    def test_a_stopped_run_goes_on(self):
        whole = os.path.join(self.folder.name, "whole")
        run(whole, "--figure", "7")
        for how in (signal.SIGINT, signal.SIGKILL):
            out = os.path.join(self.folder.name, how.name)
            path = os.path.join(out, "figure-07.csv")
            with subprocess.Popen(command(out, "--figure", "7"), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as running:
                while running.poll() is None and not os.path.exists(path):
                    time.sleep(0.002)
                running.send_signal(how)
            first = rows_of(out, "07")
            self.assertLess(len(first), len(rows_of(whole, "07")), "it was not stopped in time")
            self.assertEqual(running.returncode, 130 if how == signal.SIGINT else -9)
            run(out, "--figure", "7")
            self.assertEqual(rows_of(out, "07"), rows_of(whole, "07"))

    def test_errors(self):
        self.assertIn("--figure: wants one of 1 7", run(self.out, "--figure", "2", status=1).stderr)
        self.assertIn("--seeds wants an integer in [0, 16], got 'x'", run(self.out, "--seeds", "x", status=2).stderr)
        self.assertIn("unknown option --nothing", run(self.out, "--nothing", "1", status=2).stderr)
        self.assertFalse(os.path.exists(self.out))
        skipped = run(self.out, "--figure", "cifar").stdout
        self.assertIn("figure cifar: skipped: no data", skipped)
        os.remove(os.path.join(self.out, "settings.txt"))
        with open(os.path.join(self.out, "figure-01.csv"), "w", encoding="utf-8") as file:
            file.write("something,else\n")
        self.assertIn("got another one", run(self.out, "--figure", "1", status=1).stderr)
        self.assertIn("Not a directory", run(os.path.join(self.out, "settings.txt"), "--figure", "1", status=1).stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
