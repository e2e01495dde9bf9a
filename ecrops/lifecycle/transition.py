"""The aspect of images that a lifecycle policy archives, when it is carried out at once. Called by the engine.

``run`` decides which images are archived. Each reading decides it again: an image that was pulled since stays. How
images are archived is known to ``images/archiving``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from ecrops.aws import Aws
from ecrops.base.change import Change, Note
from ecrops.engine.aspect import Read
from ecrops.images.archiving import aspect as archiving
from ecrops.images.archiving.edits import Move
from ecrops.images.image import ARCHIVE, Image, describe
from ecrops.lifecycle.policy.document import Rules
from ecrops.lifecycle.simulation.simulate import evaluate
from ecrops.repositories import calls

base = None


class Transition(NamedTuple):
    """An edit: an image that a policy archives is in the archive.

    Args:
        move: The image, as it is moved.
        rules: The policy.
        moment: The moment of the evaluation.
    """

    move: Move
    rules: Rules
    moment: datetime


class Present(NamedTuple):
    """An image as it is now.

    Args:
        image: The image.
        is_archived_by_policy: Whether the policy still archives it.
    """

    image: Image
    is_archived_by_policy: bool = True


def reads(aws: Aws, wants: Mapping[str, Sequence[Transition]]) -> Iterator[Read]:
    """Yield one reading for each repository: the listing of its images, on which the policy is simulated."""
    by_repository: dict[str, dict[str, Transition]] = {}
    for key, edits in wants.items():
        by_repository.setdefault(edits[-1].move.repository, {})[key] = edits[-1]
    for name, edits_of in by_repository.items():
        yield Read(tuple(edits_of), partial(_read, aws, name, edits_of), ("ecr",), (calls.MISSING,))


def _read(aws: Aws, name: str, edits: Mapping[str, Transition]) -> dict[str, Present | None]:
    images = {image.digest: image for image in describe(aws, name)}
    first = next(iter(edits.values()))
    archived = {verdict.image.digest for verdict in evaluate(first.rules, images.values(), first.moment).archived}
    return {
        key: Present(images[edit.move.digest], edit.move.digest in archived) if edit.move.digest in images else None
        for key, edit in edits.items()
    }


def changes(key: str, edits: Sequence[Transition], current: Present | None) -> Iterator[Change | Note]:
    """Archive the image, if the policy still does."""
    if current and not current.is_archived_by_policy and current.image.storage_class != ARCHIVE:
        yield Note(f"{key}: the policy does not archive it any more: it was used or tagged since").about(key)
    else:
        yield from archiving.changes(key, [edit.move for edit in edits], current and current.image)


def after(change: Change, current: Present | None) -> Present | None:
    """Return the image after a change."""
    image = archiving.after(change, current.image if current else None)
    return Present(image) if image else None


def verify(edit: Transition) -> bool:
    """Whether another writer can undo the edit unseen: it is one call, so never."""
    return False
