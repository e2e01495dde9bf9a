"""What a plan says of images that are deleted, and of those that stay. Pure. Each text is bounded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ecrops.base.render import count, several, text_size
from ecrops.images.graph import Graph
from ecrops.images.image import ARCHIVE, Image
from ecrops.images.words import name_of

PUSHING = timedelta(hours=1)
"""How long a push may take."""
PART = "ImageReferencedByManifestList"
GONE = "ImageNotFound"
NO_KEY = "ECR cannot use the key that the repository is encrypted with: look at the state of the key and its policy"
UPSTREAM = "the registry that this repository caches"
FAILURES = {
    PART: "an index has it as a part: delete the index with it",
    "InvalidImageDigest": "ECR does not take this digest",
    "InvalidImageTag": "ECR does not take this tag",
    "ImageTagDoesNotMatchDigest": "the tag is on another image now",
    "MissingDigestAndTag": "ECR got neither a digest nor a tag",
    "KmsError": NO_KEY,
    "UpstreamAccessDenied": f"{UPSTREAM} denies the access: check the credentials of the pull-through cache rule",
    "UpstreamTooManyRequests": f"{UPSTREAM} takes no more requests for now: run it again later",
    "UpstreamUnavailable": f"{UPSTREAM} does not answer: run it again later",
    "ImageInaccessible": "ECR cannot reach the image for now, such as one that is being restored: run it again later",
}
DELETE_INDEX = "delete the index, or what is about it, together with it"


def batch_words(images: Sequence[Image]) -> str:
    """Return what a call deletes: how many images, at most how many bytes, and the names of some."""
    tagged_first = sorted(images, key=lambda image: not image.tags)
    size = text_size(sum(image.size for image in images))
    return f"{count(len(images), 'image')}, at most {size}: {several(map(name_of, tagged_first), '; ')}"


def total_note(graph: Graph, going: Sequence[str], selected: set[str], why: str) -> str:
    """Return what all calls delete together, why, and how much that frees."""
    images = [graph.images[digest] for digest in going]
    tags = sum(len(image.tags) for image in images)
    size = text_size(sum(image.size for image in images))
    fitting = sum(digest in selected for digest in going)
    text = f"{count(len(images), 'image')} with {count(tags, 'tag')} and {size} go: {fitting:,} {why}"
    belonging = [digest for digest in going if digest not in selected]
    referrers = sum(bool(graph.subjects(digest)) for digest in belonging)
    along = [
        *([count(referrers, "artifact") + " about them"] if referrers else []),
        *([count(len(belonging) - referrers, "part") + " without a tag"] if len(belonging) > referrers else []),
    ]
    text += f", and with them {' and '.join(along)}" if along else ""
    archived = sum(image.storage_class == ARCHIVE for image in images)
    text += f"; {archived:,} of them are archived, and ECR charges at least 90 days of the archive" if archived else ""
    return f"{text}; layers that other images share stay, so this is the most that is freed"


def unread_note(graph: Graph) -> str:
    """Return which indexes stay whose parts are not known; empty if there is none."""
    named = [f"{graph.images[digest].name} ({reason})" for digest, reason in graph.unread.items()]
    what = f"the parts of {count(len(named), 'index', 'indexes')} are not known"
    return f"{what}: {several(named)}; ECR keeps a part of an index that stays, and so do we then"


def pulled_note(indexes: int) -> str:
    """Return what the reading of manifests does to the times of pulls."""
    read = f"ECR counts the reading of the manifests of {count(indexes, 'index', 'indexes')} as a pull"
    return f"{read}, now, unless registry.pull_time_exclusions has the role that reads them"


def fresh_note(images: Iterable[Image], now: datetime) -> str:
    """Return how many images without a tag are so new that their index may be still to come; empty if none is."""
    fresh = sum(not image.tags and not image.subject and image.pushed_at > now - PUSHING for image in images)
    if not fresh:
        return ""
    were = "1 image without a tag was" if fresh == 1 else f"{fresh:,} images without a tag were"
    return f"{were} pushed within the last hour: a push of an index begins with its parts; older_than=1 leaves them"


def since_words(tags: Iterable[str]) -> str:
    """Return why an image stays that got a tag after its deletion was decided."""
    return f"it got the tag {several(sorted(tags))} since"
