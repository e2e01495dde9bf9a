"""Which images are used, as a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Protected: TypeAlias = str | Iterable[str]
