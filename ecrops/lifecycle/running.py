"""The aspect of a lifecycle policy that is carried out at once. Called by the engine.

``run`` decides which images expire. Each reading decides it again: an image that the policy does not expire any more
stays. How images are deleted is known to ``images/deleting``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from ecrops.aws import Aws
from ecrops.base.change import Change, Note
from ecrops.base.conflicts import conflict
from ecrops.base.render import several
from ecrops.engine.aspect import Read
from ecrops.images import graph as graphs
from ecrops.images.deleting import aspect as deleting
from ecrops.images.deleting.edits import Delete, Present
from ecrops.images.graph import Graph
from ecrops.images.relations import listed
from ecrops.lifecycle.guard import Impact
from ecrops.lifecycle.policy.document import Rules
from ecrops.lifecycle.simulation.simulate import evaluate
from ecrops.repositories import calls

base = None
GUARD_ADVICE = (
    "if these images may go, give a guard that lets them, or none with guard=False; never= keeps some of them"
)


@dataclass(frozen=True, slots=True)
class Run:
    """An edit: what a policy expires is gone.

    Args:
        delete: The images that it expires, as they are deleted.
        rules: The policy.
        moment: The moment of the evaluation.
        references: Whether the parts of indexes are read.
        impact: What the policy does to the images, and why the guard refuses it.
    """

    delete: Delete
    rules: Rules
    moment: datetime
    references: bool = True
    impact: Impact | None = None

    @property
    def refused(self) -> dict[str, int]:
        """How often ECR called an image a part of an index: as in ``Delete``."""
        return self.delete.refused

    def rederived(self) -> Run:
        """Return the edit without what the guard said, which judges once: when the edit is planned."""
        return replace(self, impact=None)


def read_graph(aws: Aws, name: str, *, references: bool) -> Graph:
    """Read the images of a repository.

    Args:
        aws: The account and region.
        name: The repository.
        references: Whether to read the manifests of the indexes, which ECR counts as pulls of them.
    """
    if references:
        return graphs.read(aws, name)
    return Graph(listed(aws, name).values())


def reads(aws: Aws, wants: Mapping[str, Sequence[Run]]) -> Iterator[Read]:
    """Yield one reading for each repository: its images, and the manifests of its indexes if they are asked for."""
    for name, edits in wants.items():
        yield Read((name,), partial(_read, aws, name, edits), services=("ecr",), base_missing=(calls.MISSING,))


def _read(aws: Aws, name: str, edits: Sequence[Run]) -> dict[str, Present]:
    graph = read_graph(aws, name, references=any(edit.references for edit in edits))
    return {name: Present(graph, refused=deleting.refused_by_ecr(edit.delete for edit in edits))}


def changes(name: str, edits: Sequence[Run], current: Present | None) -> Iterator[Change | Note]:
    """Delete the images that the policy expires, unless the guard refuses it."""
    for edit in edits:
        if edit.impact and edit.impact.refusals:
            yield conflict(name, "lifecycle", after=f"{edit.impact}", advice=GUARD_ADVICE)
        elif current is not None:
            yield from _changes(name, edit, current)


def _changes(name: str, edit: Run, current: Present) -> Iterator[Change | Note]:
    graph = current.now
    expired = {verdict.image.digest for verdict in evaluate(edit.rules, graph.images.values(), edit.moment).expired}
    staying = [digest for digest in edit.delete.digests if digest in graph.images and digest not in expired]
    if staying:
        images = several(graph.images[digest].name for digest in staying)
        yield Note(f"{name}: the policy does not expire {images} any more: it was used, restored or tagged since")
    batches = [tuple(digest for digest in batch if digest in expired) for batch in edit.delete.batches]
    yield from deleting.changes(name, [replace(edit.delete, batches=batches)], current)


def after(change: Change, current: Present | None) -> Present | None:
    """Return the images after a change."""
    return deleting.after(change, current)


def verify(edit: Run) -> bool:
    """Whether another writer can undo the edit unseen: an image that was pushed again is another one, so never."""
    return False
