"""SIGTERM while a command changes something: it stops like Ctrl-C, and says what was done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def like_ctrl_c() -> Iterator[None]:
    """Let SIGTERM stop what is done inside as Ctrl-C does: a job in CI, or a container, is ended with it.

    Whoever has a handler of their own, or ignores the signal, keeps that.
    """
    is_free = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not is_free or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
