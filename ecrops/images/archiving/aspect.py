"""The aspect of the storage class of one image. Called by the engine.

ECR moves one image a call: each image is an owner, and they are moved in parallel. An index that goes to the archive is
moved in a step before that of its parts. A call that ECR refuses because the image is there already counts as made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.base.conflicts import conflict
from ecrops.engine.aspect import Read
from ecrops.images.archiving.edits import Move
from ecrops.images.archiving.words import (
    INDEX_ADVICE,
    IS_RESTORED,
    MISSING,
    MISSING_ADVICE,
    REFUSED_ADVICE,
    class_part,
    image_words,
)
from ecrops.images.image import ARCHIVE, NO_IMAGE, STANDARD, Image, describe, describe_one, find_one
from ecrops.repositories import calls

base = None
OPERATION = "UpdateImageStorageClass"
REFUSED = "ImageStorageClassUpdateNotSupportedException"
WHAT = "storage class"
CLASSES = {ARCHIVE: "ARCHIVE", STANDARD: "STANDARD"}


def reads(aws: Aws, wants: Mapping[str, Sequence[Move]]) -> Iterator[Read]:
    """Yield one reading for each repository: the listing of its images, or one image if it is about no other."""
    by_repository: dict[str, dict[str, str]] = {}
    for key, edits in wants.items():
        by_repository.setdefault(edits[-1].repository, {})[key] = edits[-1].digest
    for name, digests in by_repository.items():
        yield Read(tuple(digests), partial(_read, aws, name, digests), services=("ecr",), base_missing=(calls.MISSING,))


def _read(aws: Aws, name: str, digests: Mapping[str, str]) -> dict[str, Image | None]:
    if len(digests) == 1:
        return {key: find_one(aws, name, digest) for key, digest in digests.items()}
    images = {image.digest: image for image in describe(aws, name)}
    return {key: images.get(digest) for key, digest in digests.items()}


def changes(key: str, edits: Sequence[Move], current: Image | None) -> Iterator[Change | Note]:
    """Move the image, unless it is there, or on its way. One that is gone is a note, or a conflict if it was named."""
    move = edits[-1]
    if current is None:
        if move.is_named:
            yield conflict(key, WHAT, "", MISSING, MISSING_ADVICE)
        else:
            yield Note(f"{key}: the image was deleted in the meantime").about(key)
    elif move.stays:
        yield conflict(key, WHAT, image_words(current), move.stays, INDEX_ADVICE)
    elif current.restoring and move.target == ARCHIVE:
        yield conflict(key, WHAT, image_words(current), IS_RESTORED)
    elif current.storage_class != move.target and not current.restoring:
        yield _move(key, move, current)


def _move(key: str, move: Move, image: Image) -> Change:
    params = {
        "repositoryName": move.repository,
        "imageId": {"imageDigest": move.digest},
        "targetStorageClass": CLASSES[move.target],
    }
    return Change(
        owner=key,
        kind=Kind.UPDATE,
        what=WHAT,
        before=image_words(image),
        after=move.target,
        call=Call("ecr", OPERATION, params),
        removed=[class_part(image.storage_class, move.digest)],
        added=[class_part(move.target, move.digest)],
        races=Races(superseded=(NO_IMAGE,), is_made=partial(_is_made, move)),
        for_owners=move.for_keys,
        step=move.step,
        advice={REFUSED: REFUSED_ADVICE},
    )


def _is_made(move: Move, aws: Aws, error: Exception) -> bool:
    """Whether an image is where it should be, after ECR refused to move it: an answer was lost, or it was moved."""
    if code_of(error) != REFUSED:
        return False
    try:
        image = describe_one(aws, move.repository, move.digest)
    except ClientError:
        return False
    is_archived = image.storage_class == ARCHIVE and not image.restoring
    return is_archived == (move.target == ARCHIVE)


def after(change: Change, current: Image | None) -> Image | None:
    """Return the image after a change. In a dry run a restored image can be pulled at once."""
    is_archived = change.params["targetStorageClass"] == CLASSES[ARCHIVE]
    return current and replace(current, storage_class=ARCHIVE if is_archived else STANDARD, restoring=False)


def verify(edit: Move) -> bool:
    """Whether another writer can undo the edit unseen: it is one call, so never."""
    return False
