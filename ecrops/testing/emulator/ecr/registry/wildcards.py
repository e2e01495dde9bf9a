"""The one wildcard of ECR's filters."""

from __future__ import annotations

import re


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern matches a whole text. ``*`` is zero or more characters, everything else is itself."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
