"""running_test - progress, Ctrl-C, exceptions of callbacks, threads, fork and spawn."""
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import unittest
import warnings

import numpy as np

import cama
from cama import CamaClassifier, Progress, low, options, running
from cama.running import Run, _sessions

random = np.random.default_rng(0)
Y = random.integers(0, 3, 400)
X = (random.normal(size=(400, 6)) + 2 * np.eye(3, 6)[Y]).astype(np.float32)
LONG = 10**6  # epochs: hours
SETTLE = 0.2  # seconds: the promise; the tests allow MARGIN times that, since other programs may have the processors
MARGIN = 5

INTERRUPTED = """
import numpy as np, os, sys, threading, time
from cama import CamaClassifier
random = np.random.default_rng(0)
y = random.integers(0, 2, 300)
x = random.normal(size=(300, 8)) + y[:, None]
model = CamaClassifier(epochs=10**6, threads=2)
def later():
    time.sleep(1)
    model.sent = time.monotonic()
    os.kill(os.getpid(), 2)
threading.Thread(target=later).start()
try:
    model.fit(x, y)
except KeyboardInterrupt:
    took = time.monotonic() - model.sent
    print(took, model.predict(x).shape == (300,), model.report_["stopped"], model.n_iter_ > 0)
"""


def fitted(**more):
    return CamaClassifier(**{"epochs": 5, "threads": 1, **more}).fit(X, Y)


def predict_in_child(pipe, model):
    pipe.send(model.predict_proba(X))


def fit_in_child(pipe):
    pipe.send(fitted().predict_proba(X))


class CallbackTest(unittest.TestCase):
    def test_progress_is_told(self):
        told = []
        fitted_model = CamaClassifier(epochs=3, threads=1).fit(X, Y, callback=told.append)
        self.assertIsInstance(told[-1], Progress)
        self.assertEqual((told[-1].phase, told[-1].step, told[-1].total), ("train", 39, 39))  # 3 epochs of 13 batches
        self.assertEqual(fitted_model.n_iter_, 3)
        self.assertFalse(fitted_model.report_["stopped"])

    def test_a_true_result_stops_and_leaves_the_model(self):
        model = CamaClassifier(epochs=LONG, threads=1).fit(X, Y, callback=lambda at: at.step >= 26)
        self.assertTrue(model.report_["stopped"])
        self.assertGreaterEqual(model.n_iter_, 2)
        self.assertEqual(model.predict_proba(X).shape, (400, 3))

    def test_an_adaptation_that_is_stopped_gives_nothing(self):
        model = fitted()
        with self.assertRaises(cama.Cancelled):
            model.adapt(X, callback=lambda at: at.step > 0)
        self.assertEqual(model.report_["epochs"], 5)

    def test_an_exception_comes_out(self):
        class Mine(Exception):
            pass

        def fail(at):
            if at.step > 0:
                raise Mine("here")

        model = CamaClassifier(epochs=LONG, threads=1)
        with self.assertRaisesRegex(Mine, "here"):
            model.fit(X, Y, callback=fail)
        self.assertEqual(model.predict(X).shape, (400,))
        with self.assertRaises(SystemExit):
            fitted().adapt(X, callback=lambda at: sys.exit(3))

    def test_a_failed_fit_leaves_the_old_model(self):
        model = fitted()
        before = model.predict_proba(X)
        with self.assertRaises(ValueError):
            model.fit(np.full((400, 6), np.nan), Y)
        with self.assertRaises(ValueError):
            model.set_params(train_options={"batchh": 1}).fit(X, Y)
        np.testing.assert_array_equal(model.predict_proba(X), before)

    def test_a_callback_may_predict(self):
        other, seen = fitted(), []
        CamaClassifier(epochs=2, threads=1).fit(X, Y, callback=lambda at: seen.append(other.predict(X)) and None)
        np.testing.assert_array_equal(seen[0], other.predict(X))

    def test_a_session_comes_back(self):
        fitted()
        idle = len(_sessions(1))
        for _ in range(3):
            fitted()
        self.assertEqual(len(_sessions(1)), idle)


class KernelTest(unittest.TestCase):
    def test_slow_kernels_are_said_once(self):
        real, low.build_info = low.build_info, lambda: "libcama, naive 6x4 (BLIS is of another release)"
        try:
            with self.assertWarnsRegex(UserWarning, "many times slower.*another release"):
                running._new_session(1)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                running._new_session(1)
        finally:
            low.build_info = real
            running._warned.clear()


class InterruptTest(unittest.TestCase):
    def test_ctrl_c_stops_soon_and_leaves_a_model(self):
        done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60,
                              check=True)
        self.assertEqual(done.stderr, "")
        took, *rest = done.stdout.split()
        print(f"Ctrl-C: {float(took):.3f} s")
        self.assertEqual(rest, ["True", "True", "True"])
        self.assertLess(float(took), MARGIN * SETTLE)

    def test_a_handler_that_raises_nothing_stops_nothing(self):
        got = []
        before = signal.signal(signal.SIGINT, lambda *_: got.append(1))
        try:
            timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            model = CamaClassifier(epochs=LONG, threads=1).fit(X, Y, callback=lambda at: at.seconds > 0.8)
            self.assertEqual(got, [1])
            self.assertTrue(model.report_["stopped"])
            self.assertNotEqual(signal.getsignal(signal.SIGINT), signal.default_int_handler)
        finally:
            signal.signal(signal.SIGINT, before)

    def test_handlers_are_wrapped_and_put_back(self):
        before, seen = signal.getsignal(signal.SIGINT), []
        CamaClassifier(epochs=1, threads=1).fit(X, Y, callback=lambda at: seen.append(signal.getsignal(signal.SIGINT)))
        self.assertIsNot(seen[0], before)  # which could raise where nothing may be raised
        self.assertIs(signal.getsignal(signal.SIGINT), before)

    def test_ctrl_c_in_a_verb_within_a_callback_stops_both(self):
        told = []

        def inner(at):
            told.append(at)
            if len(told) == 1:
                signal.raise_signal(signal.SIGINT)

        def outer(at):
            CamaClassifier(epochs=LONG, threads=1).fit(X, Y, callback=inner)

        with self.assertRaises(KeyboardInterrupt):
            CamaClassifier(epochs=LONG, threads=1).fit(X, Y, callback=outer)
        self.assertLess(len(told), 4)

    def test_cancel_from_another_thread(self):
        timers, began = [], time.monotonic()

        def later(at):
            if not timers:
                timers.append(threading.Timer(0.2, low.session_cancel, (run.session,)))
                timers[0].start()

        data = low.dataset_from_arrays(400, 1, 1, 6, 3, X, Y.astype(np.int32), 1)
        model = low.model_create("measurement", options.make("model", channels=6, classes=3))
        optimizer, run = low.optimizer_create(model, None), Run(1, later)
        with self.assertRaisesRegex(Exception, "cancelled after step"):
            with run as session:
                low.train(session, optimizer, data, None, options.make("train", epochs=LONG))
        self.assertLess(time.monotonic() - began, 30)


class ThreadTest(unittest.TestCase):
    def test_predictions_of_one_model_run_side_by_side(self):
        model, gate, passed = fitted(reader=False), threading.Barrier(2, timeout=30), []
        data = model._dataset(model._rows(X), model.model_)
        alone = model.predict_proba(X)

        def predict():
            met = []

            def meet(at):  # both are inside of the library before either goes on
                if not met:
                    met.append(gate.wait())

            p = np.empty((400, 3), np.float32)
            with Run(1, meet) as session:
                low.predict(session, model.model_.handle, data.handle, None, p)
            passed.append((p == alone).all())

        threads = [threading.Thread(target=predict) for _ in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)
        self.assertEqual(passed, [True, True])

    def test_many_threads_get_the_same_bits(self):
        model, wrong = fitted(), []
        alone = model.predict_proba(X)

        def predict():
            for _ in range(20):
                if not (model.predict_proba(X) == alone).all():
                    wrong.append(1)

        threads = [threading.Thread(target=predict) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(120)
        self.assertEqual(wrong, [])


class ProcessTest(unittest.TestCase):
    def in_child(self, how, target, *arguments):
        context = multiprocessing.get_context(how)
        here, there = context.Pipe()
        child = context.Process(target=target, args=(there, *arguments))
        child.start()
        self.assertTrue(here.poll(120), "the child has not answered")
        got = here.recv()
        child.join(60)
        self.assertEqual(child.exitcode, 0)
        return got

    def test_fork_and_spawn(self):
        model = fitted(threads=2)
        alone = model.predict_proba(X)
        for how in ("fork", "spawn"):
            with self.subTest(how):
                np.testing.assert_array_equal(self.in_child(how, predict_in_child, model), alone)
                np.testing.assert_array_equal(self.in_child(how, fit_in_child), fitted().predict_proba(X))
        np.testing.assert_array_equal(model.predict_proba(X), alone)


if __name__ == "__main__":
    unittest.main()
