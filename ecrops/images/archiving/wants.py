"""From names and conditions to images that are moved to the archive, and back. Called by ``archiving/verbs``.

The images are read here, since which ones are meant is decided by all of them. The engine gets that reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecrops.base.change import Note
from ecrops.base.problems import Problems
from ecrops.engine.account import Account
from ecrops.engine.aspect import Want
from ecrops.engine.plan import Plan
from ecrops.engine.reading import Readings
from ecrops.errors import SpecError
from ecrops.images import graph as graphs
from ecrops.images.archiving import aspect, words
from ecrops.images.archiving.choosing import Choice, to_archive, to_restore
from ecrops.images.archiving.edits import Move, key_of, moves
from ecrops.images.archiving.waiting import Waiter
from ecrops.images.graph import Graph
from ecrops.images.image import ARCHIVE, STANDARD, Image
from ecrops.images.names import address, check_name
from ecrops.images.relations import is_index
from ecrops.images.selection import Selection
from ecrops.images.statuses import check_known
from ecrops.images.usage.values import Protected, checked, resolve
from ecrops.images.words import kept_note

if TYPE_CHECKING:
    from ecrops.base.waits import OnWait
    from ecrops.engine.telling import OnChange
    from ecrops.repositories.handle import Handle

NOTHING_SAID = (
    "expected which images: tags or digests, a condition such as pulled_before=90, or all=True for every image"
)
NOT_BOTH = "expected names of images, or conditions, or all=True, and got several of them"


class Wanted:
    """Which images a user wants to be moved, checked.

    Args:
        names: Tags and digests.
        conditions: The conditions of a ``Selection``.
        everything: Whether every image is meant.

    Raises:
        SpecError: It says no images, or several things at once.
    """

    def __init__(self, names: Sequence[str], conditions: Mapping[str, Any], everything: object) -> None:
        problems = Problems()
        problems.check(isinstance(everything, bool), "all", f"expected True or False, got {everything!r}")
        self.names = tuple(dict.fromkeys(problems.each("", names, check_name, numbered=False)))
        self.selection = problems.take("", lambda: Selection.of(**conditions)) or Selection()
        ways = bool(names) + bool(conditions) + (everything is True)
        problems.check(ways > 0, "", NOTHING_SAID)
        problems.check(ways < 2, "", NOT_BOTH)
        problems.raise_any()

    def of(self, graph: Graph, *, archived: bool) -> tuple[list[str], list[str]]:
        """Return the digests of the images that are meant, and the names that no image has.

        Args:
            graph: The images of the repository.
            archived: Whether the images that conditions select are archived ones, or others.
        """
        if not self.names:
            meant = self.selection.pick(graph.images.values())
            return [image.digest for image in meant if (image.storage_class == ARCHIVE) == archived], []
        return graph.named(self.names)


def archive(
    repository: Handle,
    wanted: Wanted,
    never: Protected,
    on_change: OnChange | None = None,
    on_wait: OnWait | None = None,
    progress: bool = False,
) -> Plan:
    """Move images to the archive: see ``RepositoryVerbs.archive_images``."""
    kept_names = _protected(never)
    check_known(aspect.OPERATION)
    repository._check_account()
    name = repository.name
    with repository.registry.telling(on_change, on_wait, progress) as registry:
        graph = _read(registry, name)
        selected, missing = wanted.of(graph, archived=False)
        named = selected if wanted.names else []
        protected = resolve(kept_names, graph, repository=name, host=repository.registry_uri) if kept_names else {}
        choice = to_archive(graph, selected, protected, named)
        reasons = {digest: why for digest, why in choice.kept.items() if graph.images[digest].storage_class != ARCHIVE}
        impossible = [digest for digest in reasons if digest in named and digest not in protected]
        edits = moves(name, graph, choice.order, ARCHIVE, named)
        plan = _make(registry, name, graph, edits, missing, {digest: reasons.pop(digest) for digest in impossible})
    moved = [graph.images[change.params["imageId"]["imageDigest"]] for change in plan if change.call]
    notes = [words.archive_note(moved)] if moved else []
    if moved and choice.by_ecr:
        notes.append(words.by_ecr_note(_names(graph, choice), is_archived=True))
    if reasons:
        notes.append(kept_note(reasons, graph))
    return _with_notes(plan, name, notes)


def restore(
    repository: Handle,
    wanted: Wanted,
    timeout: float,
    wait: bool,
    on_change: OnChange | None = None,
    on_wait: OnWait | None = None,
    progress: bool = False,
) -> Plan:
    """Restore images, and wait for them: see ``RepositoryVerbs.restore_images``."""
    problems = Problems()
    problems.seconds("timeout", timeout)
    problems.check(isinstance(wait, bool), "wait", f"expected True or False, got {wait!r}")
    problems.raise_any()
    check_known(aspect.OPERATION)
    repository._check_account()
    with repository.registry.telling(on_change, on_wait, progress) as registry:
        waiter = Waiter(registry.aws, repository.name, timeout)
        plans = list(_restored(registry, repository.name, wanted, waiter if wait else None))
    first = plans[0]
    for plan in plans[1:]:
        first = replace(first, changes=(*first.changes, *plan.changes), applied=(*first.applied, *plan.applied))
    return first


def _restored(registry: Account, name: str, wanted: Wanted, waiter: Waiter | None) -> Iterator[Plan]:
    """Yield the plan of each round. The parts of an index are known, and restored, once the index is."""
    graph = _read(registry, name)
    selected, missing = wanted.of(graph, archived=True)
    while True:
        choice = to_restore(graph, selected)
        edits = moves(name, graph, choice.order, STANDARD, selected if wanted.names else [])
        images = {digest: graph.images[digest] for digest in choice.order}
        plan = _make(registry, name, graph, edits, missing, {})
        indexes = [digest for digest, image in images.items() if is_index(image)]
        yield _with_notes(plan, name, _restore_notes(graph, plan, choice, indexes, is_later=waiter is None))
        if registry.dry_run or waiter is None:
            return
        waiter.wait_for(images)
        if not indexes:
            return
        graph, selected, missing = _read(registry, name), [*indexes], []


def _restore_notes(
    graph: Graph, plan: Plan, choice: Choice, indexes: Sequence[str], *, is_later: bool
) -> Iterator[str]:
    moved = [graph.images[change.params["imageId"]["imageDigest"]] for change in plan if change.call]
    if moved:
        yield words.restore_note(moved)
    if indexes:
        names = [graph.images[digest].name for digest in indexes]
        yield words.later_note(names) + ("; run it again then" if is_later else "")
    if choice.by_ecr:
        yield words.by_ecr_note(_names(graph, choice), is_archived=False)


def _names(graph: Graph, choice: Choice) -> list[str]:
    return [graph.images[digest].name for digest in choice.by_ecr]


def _protected(never: Protected) -> tuple[Any, ...]:
    try:
        return checked(never)
    except SpecError as error:
        raise error.at("never") from None


def _read(registry: Account, name: str) -> Graph:
    """Read the images of a repository. A dry run knows which ones it would have moved."""
    graph = graphs.read(registry.aws, name)
    if not registry.assumed:
        return graph
    moved = (registry.assumed.get((aspect, key_of(name, image))) for image in graph.images.values())
    classes = {image.digest: image.storage_class for image in moved if image}
    images = (
        replace(image, storage_class=classes.get(image.digest, image.storage_class)) for image in graph.images.values()
    )
    return Graph(images, graph.unread)


def _make(
    registry: Account,
    name: str,
    graph: Graph,
    edits: Mapping[str, Move],
    missing: Sequence[str],
    impossible: Mapping[str, str],
) -> Plan:
    """Make the edits. What was named, and cannot be moved, is a conflict.

    Raises:
        ConflictError: Nothing was changed.
    """
    known = Readings()
    wants = [Want(aspect, key, edit) for key, edit in edits.items()]
    known |= {(aspect, key): graph.images[edit.digest] for key, edit in edits.items()}
    for other in missing:
        key = address(name, other)
        wants.append(Want(aspect, key, Move(name, other, ARCHIVE, is_named=True)))
        known[aspect, key] = None
    for digest, reason in impossible.items():
        image: Image = graph.images[digest]
        key = key_of(name, image)
        wants.append(Want(aspect, key, Move(name, digest, ARCHIVE, is_named=True, stays=reason)))
        known[aspect, key] = image
    return registry.make(*wants, known=known)


def _with_notes(plan: Plan, name: str, notes: Sequence[str] | Iterator[str]) -> Plan:
    return replace(plan, notes=(*plan.notes, *(Note(f"{name}: {note}").about(name) for note in notes)))
