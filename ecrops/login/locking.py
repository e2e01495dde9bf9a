"""One writer at a time, among the processes and threads of a machine that use this."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecrops.errors import EcropsError

try:
    import fcntl
except ImportError:  # Windows: there the file is only read right before it is written
    fcntl = None  # type: ignore[assignment]

LONGEST = 10.0


@contextmanager
def alone_in(directory: Path, longest: float = LONGEST) -> Iterator[None]:
    """Wait until nobody else is in the directory. The lock is its own: no file is left, and it ends with the process.

    Args:
        directory: Where files are to be replaced.
        longest: How many seconds to wait.

    Raises:
        EcropsError: Somebody else was in it all the time.
    """
    if fcntl is None:
        yield
        return
    number = os.open(directory, os.O_RDONLY)
    try:
        _lock(number, directory, time.monotonic() + longest)
        yield
    finally:
        os.close(number)


def _lock(number: int, directory: Path, until: float) -> None:
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            pass
        except OSError:  # a file system without such locks, as some over a network
            return
        if time.monotonic() > until:
            raise EcropsError(f"{directory} is locked by another login: wait for that, and log in again")
        time.sleep(0.02)
