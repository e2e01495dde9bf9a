"""A lock on a directory: one login at a time, among the processes and threads of this machine. Pure standard library.

Called by ``docker`` before it writes the file that holds tokens. Programs other than ecrops do not know the lock.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ecrops.base.waits import Waited, nobody
from ecrops.errors import EcropsError

if TYPE_CHECKING:
    from ecrops.base.waits import Tell

try:
    import fcntl
except ImportError:  # Windows has none: there the file is read right before it is written, and that is all
    fcntl = None  # type: ignore[assignment]

MAX_WAIT = 10.0
PAUSE = 0.02


@contextmanager
def alone_in(directory: Path, longest: float = MAX_WAIT, tell: Tell = nobody) -> Iterator[None]:
    """Hold the lock of a directory. The directory itself is locked: no file is left. The lock ends with the process.

    Args:
        directory: The directory in which files are replaced.
        longest: How many seconds to wait for another login.
        tell: Called before each part of the wait.

    Raises:
        EcropsError: Another login held the lock all the time.
    """
    if fcntl is None:
        yield
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, directory, time.monotonic() + longest, tell)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, directory: Path, deadline: float, tell: Tell) -> None:
    waited = Waited()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            pass
        except OSError:  # a file system without such locks, such as some network file systems
            return
        if time.monotonic() > deadline:
            raise EcropsError(f"{directory} is locked by another login: wait for that, and log in again")
        tell(waited, PAUSE, f"another login writes in {directory}", is_new=not waited.count)
        time.sleep(PAUSE)
