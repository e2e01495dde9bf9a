"""What plans say of images: names, and the parts of a difference. Pure. Each text is bounded.

Called by the words of each verb: tagging, deleting, archiving, copying, and the run of a lifecycle policy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ecrops.base.render import MOST_NAMES, count, several
from ecrops.images.graph import Graph
from ecrops.images.image import Image
from ecrops.images.names import short


def name_of(image: Image) -> str:
    """Return the name of an image with all its tags, if they are few: ``v1.2, latest (sha256:0123456789ab)``."""
    if not image.tags:
        return short(image.digest)
    number = len(image.tags) - 2
    more = f" and {count(number, 'tag')} more" if number > 0 else ""
    return f"{', '.join(image.tags[:2])}{more} ({short(image.digest)})"


def image_part(digest: str) -> str:
    """Return an image as a part of a difference."""
    return f"image {digest}"


def tag_part(tag: str, digest: str) -> str:
    """Return a tag on an image as a part of a difference."""
    return f"{tag} {digest}"


def kept_note(kept: Mapping[str, str], graph: Graph) -> str:
    """Return which images fit and stay, by reason."""
    reasons = Counter(kept.values())
    groups = [
        f"{several(graph.images[digest].name for digest, why in kept.items() if why == reason)}: {reason}"
        for reason, _ in reasons.most_common(MOST_NAMES)
    ]
    others = sum(number for _, number in reasons.most_common()[MOST_NAMES:])
    more = f"; and {others:,} more, for other reasons" if others else ""
    stay = "1 image fits and stays" if len(kept) == 1 else f"{len(kept):,} images fit and stay"
    return f"{stay}: {'; '.join(groups)}{more}"
