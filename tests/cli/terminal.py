"""A terminal for a process: what it shows, and keys that are pressed."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

_START = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
CTRL_C = "\x03"


class Terminal:
    """A process behind a pseudo-terminal.

    Attributes:
        shown: All that it has shown so far.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=dict(environment),
        )
        os.close(slave)
        self.shown = ""

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Read until it shows a text."""
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < deadline, f"no {text!r} in {self.shown!r}"
            assert self._read(), f"it ended without {text!r}: {self.shown!r}"

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def end(self) -> int:
        """Read until it ends; return its exit code."""
        while self._read():
            pass
        os.close(self._master)
        return self._process.wait(30)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], 30)
        assert ready, f"it shows nothing more: {self.shown!r}"
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux: nobody holds the other side any more
            return False
        self.shown += data.decode().replace("\r\n", "\n")
        return bool(data)
