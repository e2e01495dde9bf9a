"""The aspect of one tag of a repository: which image has it. Called by the engine.

Its key is the tag with its repository, ``team/api:stable``: each tag is set by a ``PutImage`` of its own. A tag that is
moved is taken from the image that had it in the same call, so no moment lacks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from ecrops.aws import Aws
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.base.conflicts import conflict
from ecrops.engine.aspect import Read
from ecrops.images import manifests
from ecrops.images.image import find_one
from ecrops.images.names import short
from ecrops.images.tagging.edits import Point, Pointed
from ecrops.images.tagging.words import NOT_THERE, TAKEN, TAKEN_ADVICE, image_words
from ecrops.images.words import tag_part
from ecrops.repositories import calls, states

base = None
TAKEN_CODE = "ImageTagAlreadyExistsException"
ADVICE = {
    TAKEN_CODE: TAKEN_ADVICE,
    "LayersNotFoundException": "a layer of the image is gone: push it again",
    "ReferencedImagesNotFoundException": "a part of the index is gone: push it again",
}
CHUNK = manifests.CHUNK // 2
"""The tags of a reading: each may have an image of its own."""


def reads(aws: Aws, wants: Mapping[str, Sequence[Point]]) -> Iterator[Read]:
    """Yield one reading for up to fifty tags of a repository."""
    by_repository: dict[str, dict[str, Point]] = {}
    for key, edits in wants.items():
        by_repository.setdefault(edits[-1].repository, {})[key] = edits[-1]
    for name, points in by_repository.items():
        keys = list(points)
        for start in range(0, len(keys), CHUNK):
            chunk = {key: points[key] for key in keys[start : start + CHUNK]}
            yield Read(tuple(chunk), partial(_read, aws, name, chunk), services=("ecr",))


def _read(aws: Aws, name: str, points: Mapping[str, Point]) -> dict[str, Pointed]:
    digests = {point.digest for point in points.values() if point.digest}
    answer = manifests.ask(aws, name, [*(point.tag for point in points.values()), *digests])
    return pointed(aws, name, points, answer)


def pointed(aws: Aws, name: str, points: Mapping[str, Point], answer: manifests.Answer) -> dict[str, Pointed]:
    """Return where tags are, from an answer about them and the images that they are to be on.

    Where a tag is moved and an edit asks for it, the mutability of the repository is read too.
    """
    missing = frozenset(
        name_of_image for name_of_image, (code, _) in answer.failures.items() if code == manifests.NOT_FOUND
    )
    states_by_key = {key: Pointed(holder_of(aws, name, point.tag, answer), missing) for key, point in points.items()}
    moved = [key for key, point in points.items() if states_by_key[key].digest not in ("", point.digest)]
    if not any(points[key].is_checked for key in moved):
        return states_by_key
    fixed = fixed_tags(aws, name, [points[key].tag for key in moved])
    return states_by_key | {key: states_by_key[key]._replace(is_fixed=points[key].tag in fixed) for key in moved}


def holder_of(aws: Aws, name: str, tag: str, answer: manifests.Answer) -> str:
    """Return the digest of the image that has a tag; empty if none has. ECR hands out no manifest of some images."""
    if tag in answer.manifests:
        return answer.manifests[tag].digest
    if answer.failures.get(tag, (manifests.NOT_FOUND,))[0] == manifests.NOT_FOUND:
        return ""
    image = find_one(aws, name, tag)
    return image.digest if image else ""


def fixed_tags(aws: Aws, name: str, tags: Iterable[str]) -> frozenset[str]:
    """Return which of some tags that are taken cannot be moved in a repository. It is read."""
    settings = calls.find(aws, [name], states.parse).get(name, states.Settings())
    return frozenset(tag for tag in tags if settings.keeps(tag))


def changes(key: str, edits: Sequence[Point], current: Pointed | None) -> Iterator[Change | Note]:
    """Set the tag, unless the image has it. An image that is gone, and a tag that cannot be moved, are conflicts."""
    point, current = edits[-1], current or Pointed()
    if not point.digest or point.digest in current.missing:
        yield conflict(key, "", "", f"{short(point.source)}: {NOT_THERE}")
        return
    if current.digest == point.digest:
        return
    before = short(current.digest)
    after = image_words(point.source, point.digest)
    if current.is_fixed:
        yield conflict(key, "", before, f"{after}: {TAKEN}", TAKEN_ADVICE)
    elif len(point.manifest) > manifests.LARGEST:
        characters = f"its manifest has {len(point.manifest):,} characters, and PutImage takes {manifests.LARGEST:,}"
        yield conflict(key, "", before, f"{after}: {characters}")
    else:
        yield _put(key, point, current, before, after)


def _put(key: str, point: Point, current: Pointed, before: str, after: str) -> Change:
    params = {
        "repositoryName": point.repository,
        "imageManifest": point.manifest,
        "imageTag": point.tag,
        "imageDigest": point.digest,
    }
    if point.media_type:
        params["imageManifestMediaType"] = point.media_type
    return Change(
        owner=key,
        kind=Kind.UPDATE if current.digest else Kind.CREATE,
        what="",
        before=before,
        after=after,
        call=Call("ecr", "PutImage", params),
        removed=[tag_part(point.tag, current.digest)] if current.digest else [],
        added=[tag_part(point.tag, point.digest)],
        races=Races(done=("ImageAlreadyExistsException",)),
        advice=ADVICE,
    )


def after(change: Change, current: Pointed | None) -> Pointed:
    """Return where the tag is after a change."""
    return (current or Pointed())._replace(digest=change.params["imageDigest"])


def verify(edit: Point) -> bool:
    """Whether another writer can undo the edit unseen: it is one call, so never."""
    return False
