"""The logs of the library on stderr, as long as a command runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ecrops.text import printable_lines


class _Handler(logging.Handler):
    """Hands records to a function, one text each."""

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self._write(printable_lines(f"{record.levelname.lower()}: {record.getMessage()}"))


@contextmanager
def show(write: Callable[[str], object], *, debug: bool) -> Iterator[None]:
    """Write warnings, and with ``debug`` everything that is logged.

    Args:
        write: Gets one text for each record.
        debug: Whether to write every call too.
    """
    logger = logging.getLogger("ecrops")
    before, handler = logger.level, _Handler(write)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if debug else logging.WARNING)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
