"""What this process has made a moment ago: not every part of AWS sees it yet.

Called by everything that waits for not-found errors of new things. One value is shared by all copies of ``Aws``.
"""

from __future__ import annotations

import time


class Recent:
    """The owners that were made a moment ago, by key.

    Args:
        seconds: How long an owner counts as new.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._moments: dict[str, float] = {}

    def __contains__(self, key: str) -> bool:
        """Whether this process made an owner a moment ago."""
        return key in self._moments and time.monotonic() - self._moments[key] < self._seconds

    def add(self, key: str) -> None:
        """Remember that an owner was made just now."""
        self._moments[key] = time.monotonic()

    def discard(self, key: str) -> None:
        """Forget that an owner was made: it was removed, and not-found errors are final again."""
        self._moments.pop(key, None)
