"""mnist_test - the study mnist runs to its end with tiny settings, and leaves behind what examples/studies/README.md says.

usage: mnist_test.py PROGRAM     (accuracy is for the tests in tests/slow to judge)
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv[1])
TINY = ("--epochs 1 --train-limit 200 --test-limit 40 --finetune-epochs 1 --samples 2 --seed 1 --cnn-epochs 1 "
        "--oracle-epochs 1 --simulate-epochs 1 --view-steps 1 --simulated-steps 1 --view-images 8").split()
SHIFT = "direction range accuracy accuracy_finetuned clean_after_finetune finetune_seconds rolled_back".split()
SCORES = "view view_finetuned simulated simulated_finetuned".split()
VIEW = ("direction range cnn oracle published published_finetuned clean_after".split() + SCORES +
        [name + "_alone" for name in SCORES])


def run(out, *options):
    subprocess.run([PROGRAM, *TINY, *options, "--out", out], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(out, "results.json"), encoding="utf-8") as file:
        return json.load(file)


class Mnist(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.out = self.folder.name

    def tearDown(self):
        self.folder.cleanup()

    def test_everything(self):
        found = run(self.out, "--shifts", ".3")
        self.assertEqual([(row["direction"], row["range"]) for row in found["views"]],
                         [("vertical", .3), ("horizontal", .3)])
        self.assertEqual(len(found["shifts"]), 2)
        for row in found["shifts"]:
            self.assertEqual([key for key in SHIFT if key not in row], [])
        for row in found["views"]:
            for key in VIEW[2:]:
                self.assertTrue(0 <= row[key] <= 1, key)
                self.assertAlmostEqual(row[key] * 8 % 1, 0)  # of 8 images
            self.assertEqual(row["view"], row["cnn"])  # m = 0: the reader reads the images as they are
        self.assertEqual(sorted(os.listdir(self.out)),
                         ["accuracy.svg", "cnn.safetensors", "displacement.svg", "grid.png", "model.safetensors",
                          "results.json", "view.safetensors"])

    def test_published_form_alone(self):
        found = run(self.out, "--shifts", "0", "--views", "0", "--cnn-epochs", "0")
        self.assertEqual(found["views"], [])
        self.assertEqual(found["shifts"][0]["accuracy"], found["clean_accuracy"])
        self.assertEqual(sorted(os.listdir(self.out)),
                         ["accuracy.svg", "grid.png", "model.safetensors", "results.json"])

    def test_no_reader_no_simulated_views(self):
        found = run(self.out, "--shifts", ".5", "--reader", "0", "--simulate-epochs", "0", "--oracle-epochs", "0")
        row = found["views"][0]
        self.assertIsNone(row["oracle"])
        self.assertIsNone(row["view_finetuned"])
        self.assertIsNone(row["simulated_alone"])
        self.assertTrue(0 <= row["view_finetuned_alone"] <= 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
