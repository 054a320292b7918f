"""Ctrl-C, where it has to wait.

with held():    start what must not be left half started, with processes that hear of no Ctrl-C
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from threading import current_thread, main_thread
from types import FrameType

KINDS = signal.SIGINT, signal.SIGTERM


@contextmanager
def held() -> Iterator[None]:
    """Act on orders to stop when the block is over.

    A terminal tells all processes of Ctrl-C. Those that are begun here leave it to this one to end them.
    """
    if current_thread() is not main_thread():  # no other is told of signals
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    handlers = {kind: handler for kind in KINDS if callable(handler := signal.getsignal(kind))}
    for kind in handlers:
        signal.signal(kind, lambda number, frame: came.append((number, frame)))
    try:
        with _deaf_children():
            yield
    finally:
        for kind, handler in handlers.items():
            signal.signal(kind, handler)
    for number, frame in came[:1]:
        handlers[signal.Signals(number)](number, frame)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Threads that begin here, and the processes that they begin then and later, do not hear of Ctrl-C."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # begun later, it would have its thread hear again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
