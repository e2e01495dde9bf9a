"""What all verbs about events have in common: one method, which carries out the verb of a kind of event.

The classes of verbs beside it call it; ``verbs`` and the values in ``on`` implement it.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Generic, TypeVar

R = TypeVar("R")


class Verbs(Generic[R]):
    """Verbs about events, each of which hands on its options under the name of its kind."""

    @abstractmethod
    def _on(self, kind: str, options: dict[str, Any]) -> R:
        """Carry out the verb of a kind of event, with the options that the caller gave, misspelt ones too."""
