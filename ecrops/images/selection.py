"""Which images of a repository are meant. Pure.

Called by the verbs about images.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from ecrops.images.image import Image


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that an image fits."""

    @classmethod
    def of(cls, **fields: Any) -> Self:
        """Return the selection of some conditions."""
        if fields:
            raise NotImplementedError
        return cls()

    def pick(self, images: Iterable[Image]) -> Iterator[Image]:
        """Yield the images that fit."""
        return iter(images)
