"""The aspect of the tags that are taken from images of a repository. Called by the engine.

A tag is removed by its name alone. No document says what ECR deletes if a digest is given with it, and a digest alone
means the whole image: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html

ECR deletes an image with its last tag, and has no call that keeps it. Whether it is the last one is read right before,
and no call says "only if another tag is left": another writer who removes the others in between lets ours delete the
image. One who moves our tag in between lets us remove it from its new image. The answer tells that, and it is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ecrops.aws import Aws, ClientError
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.base.conflicts import conflict
from ecrops.engine.aspect import Read
from ecrops.errors import EcropsError
from ecrops.images.image import find_one
from ecrops.images.tagging.edits import Remove, Tags
from ecrops.images.tagging.words import LAST, LAST_ADVICE, tags_words
from ecrops.images.words import image_part, tag_part
from ecrops.repositories import calls

base = None
OPERATION = "BatchDeleteImage"
CHUNK = 100
"""The tags of one ``BatchDeleteImage``."""
GONE = "ImageNotFound"
ADVICE = {
    "ImageReferencedByManifestList": "the image is a part of an index, which is deleted before it",
    "KmsError": "ECR cannot use the key that the image is encrypted with",
}


def reads(aws: Aws, wants: Mapping[str, Sequence[Remove]]) -> Iterator[Read]:
    """Yield one reading for each repository."""
    for name, edits in wants.items():
        yield Read((name,), partial(_read, aws, name, edits), services=("ecr",), base_missing=(calls.MISSING,))


def _read(aws: Aws, name: str, edits: Sequence[Remove]) -> dict[str, Tags]:
    return {name: Tags({edit.digest: tags_of(aws, name, edit.digest) for edit in edits})}


def tags_of(aws: Aws, name: str, digest: str) -> frozenset[str]:
    """Return the tags of an image; none if it does not exist any more."""
    image = find_one(aws, name, digest)
    return frozenset(image.tags if image else ())


def changes(name: str, edits: Sequence[Remove], current: Tags | None) -> Iterator[Change | Note]:
    """Remove the tags that the images have. The last one of an image is a conflict, unless it may be deleted."""
    for edit in edits:
        tags = current.of(edit) if current else frozenset()
        removed = [tag for tag in dict.fromkeys(edit.tags) if tag in tags]
        is_last = bool(removed) and set(removed) == tags
        words = tags_words(removed, edit.digest)
        if is_last and not edit.delete_last:
            yield conflict(name, "tags of images", words, LAST, LAST_ADVICE)
            continue
        for start in range(0, len(removed), CHUNK):
            chunk = removed[start : start + CHUNK]
            yield _delete(name, edit.digest, chunk, is_last=is_last and start + CHUNK >= len(removed))


def _delete(name: str, digest: str, tags: Sequence[str], *, is_last: bool) -> Change:
    ids = [{"imageTag": tag} for tag in tags]
    words = tags_words(tags, digest)
    return Change(
        owner=name,
        kind=Kind.DELETE,
        what="tags of images",
        before=f"{words}, and the image with its last tag" if is_last else words,
        call=Call("ecr", OPERATION, {"repositoryName": name, "imageIds": ids}, refusal=partial(refusal, digest)),
        removed=[*(tag_part(tag, digest) for tag in tags), *([image_part(digest)] if is_last else [])],
        races=Races(derived=True, not_yet_visible=(calls.MISSING,)),
        images=int(is_last),
        advice=ADVICE,
    )


def refusal(digest: str, answer: Mapping[str, Any]) -> Exception | None:
    """Return the error in an answer; ``None`` if all tags are gone. One that was gone before is none."""
    for failure in answer.get("failures") or ():
        if failure.get("failureCode") != GONE:
            of = failure.get("imageId") or {}
            message = f"{of.get('imageTag', '')}: {failure.get('failureReason') or 'no reason was given'}"
            return ClientError({"Error": {"Code": failure.get("failureCode", ""), "Message": message}}, OPERATION)
    for removed in answer.get("imageIds") or ():
        if removed.get("imageDigest", digest) != digest:
            tag, other = removed.get("imageTag", ""), removed["imageDigest"]
            return EcropsError(
                f"another writer moved {tag} to {other} at the same time, and there it was removed: set it again; "
                "if it was its last tag, ECR has deleted that image"
            )
    return None


def after(change: Change, current: Tags | None) -> Tags:
    """Return the tags after a change."""
    current = current or Tags({})
    return current._replace(gone=current.gone | {image["imageTag"] for image in change.params["imageIds"]})


def verify(edit: Remove) -> bool:
    """Whether another writer can undo the edit unseen: it is one call, so never."""
    return False
