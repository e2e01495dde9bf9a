"""The aspect of one image at the target of a copy: that it is there, whole, under its tags. Called by the engine.

Its key is the image there, such as ``team/api:v1.2``. Content is named by its digest, so nobody can have changed it
since it was read: only tags are compared. The changes of a copy are made in steps: parts before their index, images
before artifacts about them, and all of them before tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.base.conflicts import conflict
from ecrops.engine.aspect import Read
from ecrops.images import manifests
from ecrops.images.copying.edits import Copied, Piece, TargetState
from ecrops.images.copying.source import TAGS, is_unknown
from ecrops.images.copying.words import REFUSED, archived_words, piece_words
from ecrops.images.image import ARCHIVE, describe
from ecrops.images.names import short
from ecrops.images.tagging.setting import fixed_tags, holder_of
from ecrops.images.tagging.words import TAKEN, TAKEN_ADVICE
from ecrops.images.words import image_part, tag_part
from ecrops.repositories import calls

base = None
EXISTS, LAYERS_GONE = "ImageAlreadyExistsException", "LayersNotFoundException"
FEW = manifests.CHUNK
"""Up to so many images and tags are asked for by name; more are looked for in a listing."""


def reads(aws: Aws, wants: Mapping[str, Sequence[Copied]]) -> Iterator[Read]:
    """Yield one reading for each target."""
    by_target: dict[str, dict[str, Copied]] = {}
    for key, edits in wants.items():
        by_target.setdefault(edits[-1].repository, {})[key] = edits[-1]
    for name, copies in by_target.items():
        yield Read(tuple(copies), partial(read, aws, name, copies), services=("ecr",))


def read(aws: Aws, name: str, copies: Mapping[str, Copied]) -> dict[str, TargetState]:
    """Return what is at the target of some images. A target that does not exist has none."""
    digests = {digest for copied in copies.values() for digest in copied.digests}
    tags = {tag for copied in copies.values() for tag in copied.tags}
    try:
        present, holders, archived = (
            _asked(aws, name, digests, tags) if len(digests | tags) <= FEW else _listed(aws, name)
        )
    except ClientError as error:
        if code_of(error) != calls.MISSING:
            raise
        return dict.fromkeys(copies, TargetState())
    moved = {
        tag for copied in copies.values() for tag in copied.tags if holders.get(tag, copied.digest) != copied.digest
    }
    fixed = fixed_tags(aws, name, moved) if moved else frozenset[str]()
    return {
        key: TargetState(
            frozenset(present.intersection(copied.digests)),
            {tag: holders[tag] for tag in copied.tags if tag in holders},
            fixed & set(copied.tags),
            archived=frozenset(archived.intersection(copied.digests)),
        )
        for key, copied in copies.items()
    }


def _asked(aws: Aws, name: str, digests: set[str], tags: set[str]) -> tuple[set[str], dict[str, str], set[str]]:
    """Return which images are there, the images of tags, and what is in the archive, asked for by name."""
    answer = manifests.ask(aws, name, [*sorted(digests), *sorted(tags)])
    present = {digest for digest in digests if digest in answer.manifests}
    present |= {requested for requested, (code, _) in answer.failures.items() if code != manifests.NOT_FOUND}
    holders = {tag: holder_of(aws, name, tag, answer) for tag in tags}
    archived = {requested for requested, (code, _) in answer.failures.items() if code == manifests.INACCESSIBLE}
    return present, {tag: holder for tag, holder in holders.items() if holder}, archived


def _listed(aws: Aws, name: str) -> tuple[set[str], dict[str, str], set[str]]:
    """Return which images are there, the images of tags, and what is in the archive, by a listing."""
    images = {image.digest: image for image in describe(aws, name)}
    archived = {digest for digest, image in images.items() if image.storage_class == ARCHIVE}
    return set(images), {tag: image.digest for image in images.values() for tag in image.tags}, archived


def changes(key: str, edits: Sequence[Copied], current: TargetState | None) -> Iterator[Change | Note]:
    """Write what is missing: manifests, each after its layers, then tags. What cannot be copied is a conflict."""
    copied, current = edits[-1], current or TargetState()
    missing = [piece for piece in copied.pieces if piece.digest not in current.digests]
    layers = dict.fromkeys(layer.digest for piece in missing for layer in piece.layers)
    bad = next((digest for digest in layers if digest in current.missing), "")
    problem = f"layer {short(bad)} {current.missing[bad]}" if bad else copied.problem
    if problem and (missing or copied.digest not in current.digests):
        yield conflict(key, after=problem)
        return
    brought = {digest for digest in layers if digest in current.layers}
    for piece in missing:
        yield _put(key, copied, piece, brought)
        brought.update(layer.digest for layer in piece.layers)
        if is_unknown(piece):
            kind = piece.media_type or "none"
            yield Note(f"{key}: its manifest has the type {kind}, which ecrops does not know: it is copied as it is")
    if current.archived:
        yield Note(f"{key}: {archived_words(current.archived)}")
    for tag in copied.tags:
        if current.tags.get(tag) != copied.digest:
            yield _tagged(key, copied, tag, current)


def _put(key: str, copied: Copied, piece: Piece, present: set[str]) -> Change:
    prepare = partial(copied.transfers.bring, manifest=piece.digest, layers=piece.layers) if piece.layers else None
    return Change(
        owner=key,
        kind=Kind.CREATE,
        what=piece.what,
        after=piece_words(piece, present),
        call=Call("ecr", "PutImage", _params(copied, piece), _needs(piece), prepare=prepare),
        added=[image_part(piece.digest)],
        races=Races(done=(EXISTS,), superseded=(LAYERS_GONE,), not_yet_visible=(calls.MISSING,)),
        step=piece.step,
        advice=REFUSED,
    )


def _needs(piece: Piece) -> Sequence[str]:
    layers = ("BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload")
    return [f"ecr:{operation}" for operation in layers] if piece.layers else ()


def _params(copied: Copied, piece: Piece) -> dict[str, str]:
    params = {"repositoryName": copied.repository, "imageManifest": piece.text, "imageDigest": piece.digest}
    return {**params, "imageManifestMediaType": piece.media_type} if piece.media_type else params


def _tagged(key: str, copied: Copied, tag: str, current: TargetState) -> Change:
    before = current.tags.get(tag, "")
    if tag in current.fixed:
        return conflict(key, f"tag {tag}", short(before), f"{short(copied.digest)}: {TAKEN}", TAKEN_ADVICE)
    return Change(
        owner=key,
        kind=Kind.UPDATE if before else Kind.CREATE,
        what=f"tag {tag}",
        before=short(before),
        after=short(copied.digest),
        call=Call("ecr", "PutImage", {**copied.root, "repositoryName": copied.repository, "imageTag": tag}),
        removed=[tag_part(tag, before)] if before else [],
        added=[tag_part(tag, copied.digest)],
        races=Races(done=(EXISTS,), not_yet_visible=(calls.MISSING,)),
        step=TAGS,
        advice=REFUSED,
    )


def after(change: Change, current: TargetState | None) -> TargetState:
    """Return what is at the target after a change."""
    current = current or TargetState()
    digest, tag = change.params["imageDigest"], change.params.get("imageTag")
    tags = {**current.tags, tag: digest} if tag else current.tags
    return current._replace(digests=current.digests | {digest}, tags=tags)


def verify(edit: Copied) -> bool:
    """Whether another writer can undo the edit unseen: no image is changed, and a tag is one call."""
    return False
