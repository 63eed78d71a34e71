"""Running a verb: a session that nobody else uses, progress, Ctrl-C and exceptions of callbacks.

Each thread has its own idle sessions, so that predictions of one model run side by side, and a verb that is called
inside of a callback gets a session of its own. Python runs signal handlers between its own instructions alone. While a
verb runs that is inside of the progress callback, which the library calls ten times a second, and there an exception
must not leave: so the handlers are wrapped for that time, their exception is kept, and raised when the verb has ended.
"""
from __future__ import annotations

import signal
import sys
import threading
import warnings
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from . import low, options
from .arguments import Handle
from .errors import Cancelled

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGALRM") if hasattr(signal, name)]


class Progress(NamedTuple):
    """What a running verb tells: its phase, step of total, the last objective (mean per example, in nats; NaN where
    there is none) and the seconds since it began."""

    phase: str
    step: int
    total: int
    objective: float
    seconds: float


Callback = Callable[[Progress], object]
_idle = threading.local()


def _sessions(threads: int) -> list[Handle]:
    """The idle sessions of this thread of Python that compute with so many threads."""
    table: dict[int, list[Handle]] | None = getattr(_idle, "table", None)
    if table is None:
        table = _idle.table = {}
    return table.setdefault(threads, [])


_warned: list[str] = []


def _check_kernel() -> None:
    """Say once, and loudly, that the library computes without BLIS's kernels, many times slower."""
    info = low.build_info()
    if "naive" in info and not _warned:
        _warned.append(info)
        warnings.warn(f"cama: computing without BLIS's kernels, many times slower: {info}", stacklevel=5)


def _new_session(threads: int) -> Handle:
    _check_kernel()
    made: Handle = low.session_create(options.make("session", threads=threads))
    return made


class _Line:
    """One line on stderr, where tqdm is not installed."""

    def __call__(self, at: Progress) -> None:
        nats = f", {at.objective:.2f} nats" if at.objective == at.objective else ""
        sys.stderr.write(f"\r{at.phase} {at.step}/{at.total}{nats}, {at.seconds:.1f} s ")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\n")


class _Bar:
    """A bar of tqdm."""

    def __init__(self, tqdm: Any) -> None:
        self.tqdm, self.bar = tqdm, None

    def __call__(self, at: Progress) -> None:
        if self.bar is None:
            self.bar = self.tqdm(total=at.total, desc=at.phase, unit="step")
        bar: Any = self.bar
        bar.update(at.step - bar.n)
        if at.objective == at.objective:
            bar.set_postfix_str(f"{at.objective:.2f} nats", refresh=False)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def _display() -> _Line | _Bar:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Line()
    return _Bar(tqdm)


class Run:
    """`with Run(threads) as session: low.train(session, ...)`. A callback gets a Progress; a true result ends the verb
    with Cancelled, or, with `may_stop`, without an exception."""

    def __init__(self, threads: int = 0, callback: Callback | None = None, verbose: int | bool = 0,
                 may_stop: bool = False) -> None:
        self.threads, self.callback, self.may_stop = threads, callback, may_stop
        self.show = _display() if verbose else None
        self.raised: BaseException | None = None
        self.stopped = False
        self.told = 0
        self.handlers: dict[int, Any] = {}

    def __enter__(self) -> Handle:
        idle = _sessions(self.threads)
        self.session: Handle = idle.pop() if idle else _new_session(self.threads)
        self.function = low.CALLBACKS["cama_progress"](self._tell)
        low.session_set_progress(self.session, self.function, None)
        if threading.current_thread() is threading.main_thread():
            self._wrap_signals()
        return self.session

    def _wrap_signals(self) -> None:
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler):
                self.handlers[number] = handler
                signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        handler = self.handlers[number]
        outer = getattr(handler, "__self__", None)
        try:
            handler(number, frame)
            if isinstance(outer, Run) and outer.raised is not None:  # this verb runs in a callback of another
                raise outer.raised
        except BaseException as error:
            self.raised = error
            low.session_cancel(self.session)

    def _tell(self, user: int | None, phase: bytes, step: int, total: int, objective: float, seconds: float) -> int:
        try:
            self.told = step
            if self.raised is None:
                at = Progress(phase.decode(), step, total, objective, seconds)
                if self.show is not None:
                    self.show(at)
                if self.callback is not None and self.callback(at):
                    self.stopped = True
            return int(self.stopped or self.raised is not None)
        except BaseException as error:
            self.raised = error
            return 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> bool:
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        low.session_set_progress(self.session, None, None)
        _sessions(self.threads).append(self.session)
        if self.show is not None:
            self.show.close()
        if self.raised is not None:
            raise self.raised
        return self.may_stop and self.stopped and isinstance(error, Cancelled)
