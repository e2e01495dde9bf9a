"""The aspect of images that are deleted from a repository. Called by the engine.

A change is one ``BatchDeleteImage``. Which images go was decided before, with the graph of all images; each reading
decides again which of them stay. ECR refuses to delete a part of an index that is there, by our order or by that of
another writer: the images are read again then, and a part stays that ECR calls one twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ecrops.aws import Aws, ClientError
from ecrops.base.change import Call, Change, Kind, Note, Partly, Races
from ecrops.base.conflicts import conflict
from ecrops.base.render import count, several
from ecrops.engine.aspect import Read
from ecrops.errors import EcropsError
from ecrops.images import graph as graphs
from ecrops.images.deleting.edits import MOST_REFUSALS, Delete, Present
from ecrops.images.deleting.words import DELETE_INDEX, FAILURES, GONE, PART, batch_words, since_words
from ecrops.images.graph import Graph
from ecrops.images.image import Image
from ecrops.images.names import short
from ecrops.images.usage.values import resolve
from ecrops.images.words import image_part, kept_note, name_of, tag_part
from ecrops.repositories import calls

base = None
OPERATION = "BatchDeleteImage"
WHAT = "images"
UNKNOWN_INDEX = "ECR says that it is a part of an index, which is not known here"


def reads(aws: Aws, wants: Mapping[str, Sequence[Delete]]) -> Iterator[Read]:
    """Yield one reading for each repository: its images, and the manifests of its indexes."""
    for name, edits in wants.items():
        yield Read((name,), partial(_read, aws, name, edits), services=("ecr",), base_missing=(calls.MISSING,))


def _read(aws: Aws, name: str, edits: Sequence[Delete]) -> dict[str, Present]:
    return {name: Present(graphs.read(aws, name), refused=refused_by_ecr(edits))}


def refused_by_ecr(edits: Iterable[Delete]) -> frozenset[str]:
    """Return the images that ECR called a part of an index so often that they stay."""
    every = ((digest, times) for edit in edits for digest, times in list(edit.refused.items()))
    return frozenset(digest for digest, times in every if times >= MOST_REFUSALS)


def changes(name: str, edits: Sequence[Delete], current: Present | None) -> Iterator[Change | Note]:
    """Delete the images that are there, batch by batch. What has to stay since is said; if named, it is a conflict."""
    if current is None:
        return
    graph = current.now
    for edit in edits:
        yield from (Note(f"{name}: {note}") for note in edit.notes)
        never = resolve(edit.never, graph, repository=name, host=edit.host or None)
        held = _held(edit, graph, current.refused)
        wanted = [digest for digest in (*edit.digests, *edit.named) if digest not in held]
        deletion = graph.deletion(wanted, never, edit.named, alone=True)
        reasons = deletion.kept | held
        impossible = [digest for digest in reasons if digest in edit.named and digest not in never]
        yield from _conflicts(name, {digest: reasons.pop(digest) for digest in impossible}, graph)
        if noted := {digest: reason for digest, reason in reasons.items() if digest in edit.tags}:
            yield Note(f"{name}: {kept_note(noted, graph)}")
        going = set(deletion.order)
        for number, batch in enumerate(edit.batches, 1):
            if images := [graph.images[digest] for digest in batch if digest in going]:
                yield _delete(name, edit, images, len(edit.batches) - number)


def _held(edit: Delete, graph: Graph, refused: frozenset[str]) -> dict[str, str]:
    """Return which images stay because of what happened since it was decided that they go."""
    held = {digest: UNKNOWN_INDEX for digest in refused if digest in graph.images}
    for digest, tags in edit.tags.items():
        if digest in graph.images and (since := set(graph.images[digest].tags) - tags):
            held[digest] = since_words(since)
    return held


def _conflicts(name: str, reasons: Mapping[str, str], graph: Graph) -> Iterator[Change]:
    for digest, reason in reasons.items():
        yield conflict(name, WHAT, name_of(graph.images[digest]), f"it stays: {reason}", DELETE_INDEX)


def _delete(name: str, edit: Delete, images: Sequence[Image], following: int) -> Change:
    """Return one call. Its name says how many follow, so that it is the same after those before it were made."""
    ids = [{"imageDigest": image.digest} for image in images]
    answered = _Answered(name, {image.digest: image for image in images}, edit.refused)
    return Change(
        owner=name,
        kind=Kind.DELETE,
        what=f"{WHAT}, then {count(following, 'call')} more" if following else WHAT,
        call=Call(
            "ecr",
            OPERATION,
            {"repositoryName": name, "imageIds": ids},
            refusal=answered.refusal,
            partly=answered.partly,
        ),
        races=Races(derived=True, superseded=(PART,), not_yet_visible=(calls.MISSING,)),
        advice=FAILURES,
        **_difference(images),
    )


def _difference(images: Sequence[Image]) -> dict[str, Any]:
    parts = [image_part(image.digest) for image in images]
    tags = [tag_part(tag, image.digest) for image in images for tag in image.tags]
    return {"before": batch_words(images), "removed": [*parts, *tags], "images": len(images)}


@dataclass(frozen=True, slots=True)
class _Answered:
    """What the answer to one call says.

    Args:
        repository: The repository.
        images: The images that it was about.
        refused: How often ECR called an image a part of an index.
    """

    repository: str
    images: Mapping[str, Image]
    refused: dict[str, int]

    def refusal(self, answer: Mapping[str, Any]) -> ClientError | None:
        """Return the error that an image is a part of an index. The images are read again then."""
        parts = [digest for digest, (code, _) in _failures(answer).items() if code == PART]
        if not parts:
            return None
        for digest in parts:
            self.refused[digest] = self.refused.get(digest, 0) + 1
        message = f"{several(map(short, parts))}: {FAILURES[PART]}"
        return ClientError({"Error": {"Code": PART, "Message": message}}, OPERATION)

    def partly(self, change: Change, answer: Mapping[str, Any]) -> Partly:
        """Return what was deleted, and the error of the images that were not. One that was gone before is deleted."""
        failures = {digest: why for digest, why in _failures(answer).items() if why[0] != GONE}
        if not failures:
            return Partly(change)
        deleted = [image for digest, image in self.images.items() if digest not in failures]
        made = replace(change, **_difference(deleted)) if deleted else None
        errors = {digest: why for digest, why in failures.items() if why[0] != PART}
        return Partly(made, self._error(errors) if errors else None)

    def _error(self, failures: Mapping[str, tuple[str, str]]) -> EcropsError:
        """Return the error of images that ECR did not delete: which, why, and the way out."""
        by_code: dict[str, list[str]] = {}
        for digest, (code, _) in failures.items():
            by_code.setdefault(code, []).append(digest)
        texts = []
        for code, digests in by_code.items():
            names = several(name_of(self.images[digest]) if digest in self.images else digest for digest in digests)
            reasons = (code, failures[digests[0]][1], FAILURES.get(code, ""))
            texts.append(f"{names}: {': '.join(filter(None, reasons))}")
        were = "1 image was" if len(failures) == 1 else f"{len(failures)} images were"
        return EcropsError(f"{self.repository}: {were} not deleted: {'; '.join(texts)}")


def _failures(answer: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return why images were not deleted, by digest: a code, and the reason in words."""
    return {
        failure.get("imageId", {}).get("imageDigest", ""): (
            failure.get("failureCode", ""),
            failure.get("failureReason", ""),
        )
        for failure in answer.get("failures") or ()
    }


def after(change: Change, current: Present | None) -> Present | None:
    """Return the images after a change."""
    if current is None:
        return None
    return current._replace(gone=current.gone | {image["imageDigest"] for image in change.params["imageIds"]})


def verify(edit: Delete) -> bool:
    """Whether another writer can undo the edit unseen: an image that was pushed again is another one, so never."""
    return False
