"""From names and conditions to the want that images are gone. Called by ``deleting/verbs``.

The images are read here, since what is to go is decided once, by all of them. The engine gets that reading, and makes
another one only if it is too old, or if other writers were faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ecrops.aws import Aws
from ecrops.base.problems import Problems
from ecrops.base.render import several
from ecrops.engine.aspect import Want
from ecrops.engine.plan import Plan
from ecrops.engine.reading import Readings
from ecrops.errors import SpecError
from ecrops.images import graph as graphs
from ecrops.images.deleting import aspect, replicas
from ecrops.images.deleting.edits import Delete, Present, batches_of
from ecrops.images.deleting.words import fresh_note, pulled_note, total_note, unread_note
from ecrops.images.graph import Graph
from ecrops.images.image import describe
from ecrops.images.names import check_name
from ecrops.images.relations import is_index, with_subjects
from ecrops.images.selection import Selection
from ecrops.images.usage.values import Protected, checked, resolve
from ecrops.images.words import kept_note

if TYPE_CHECKING:
    from ecrops.base.waits import OnWait
    from ecrops.engine.telling import OnChange
    from ecrops.repositories.handle import Handle

NOTHING_SAID = (
    "expected which images: tags or digests, a condition such as untagged=True or older_than=30, or all=True for "
    "every image"
)
CONDITIONS = ("tags", "untagged", "older_than", "pulled_before", "larger_than", "archived")
Fields = Mapping[str, Any]


def delete(
    repository: Handle,
    names: Sequence[str],
    conditions: Fields,
    *,
    orphans: bool = False,
    everything: bool = False,
    never: Protected = (),
    on_change: OnChange | None = None,
    on_wait: OnWait | None = None,
    progress: bool = False,
) -> Plan:
    """Delete images: see ``RepositoryVerbs.delete_images``."""
    wanted = _Wanted(names, conditions, orphans=orphans, everything=everything, never=never)
    repository._check_account()
    name = repository.name
    with repository.registry.telling(on_change, on_wait, progress) as registry:
        aws, known = registry.aws.stoppable(), Readings()
        goal = (aspect, name)
        present = registry.assumed.get(goal) or Present(_read(aws, name, wanted))
        host = repository.registry_uri if wanted.never else ""  # the account may have to be asked for it
        edit = wanted.edit(aws, name, present.now, host)
        known.take(aws, goal, present)
        return registry.make(Want(aspect, name, edit), known=known)


def _read(aws: Aws, name: str, wanted: _Wanted) -> Graph:
    """Read the images, and the manifests of indexes if any image is meant: ECR counts that as a pull of each index."""
    images = sorted(describe(aws, name), key=lambda image: (image.pushed_at, image.digest))  # plans are comparable
    if wanted.orphans:
        images = list(with_subjects(aws, name, images).values())
    graph = Graph(images)
    selected, _ = wanted.selected(graph)
    return graphs.with_parts(aws, name, graph.images.values()) if selected else graph


class _Wanted:
    """What a user wants to be deleted, checked.

    Raises:
        SpecError: It says no images, or too much.
    """

    def __init__(
        self, names: Sequence[str], conditions: Fields, *, orphans: bool, everything: bool, never: Protected
    ) -> None:
        problems = Problems()
        self.names = tuple(dict.fromkeys(problems.each("", names, check_name, numbered=False)))
        for name, value in (("orphans", orphans), ("all", everything)):
            problems.check(isinstance(value, bool), name, f"expected True or False, got {value!r}")
        self.never = problems.take("never", lambda: checked(never)) or ()
        self.selection = problems.take("", lambda: _selection(conditions)) or Selection()
        self.orphans, self.everything = orphans, everything
        says = bool(conditions) or orphans is True
        problems.check(bool(names) or says or everything is True, "", NOTHING_SAID)
        problems.check(not (names and says), "", "expected names of images, or conditions, and got both")
        problems.check(
            not (everything is True and (names or says)), "all", "every image is meant: leave the others out"
        )
        problems.raise_any()
        self._is_by_pulls = "pulled_before" in conditions
        self._why = _words(conditions, orphans=orphans, everything=everything)

    def edit(self, aws: Aws, name: str, graph: Graph, host: str) -> Delete:
        """Return the edit, and what the user must know of it. What goes and what stays is decided here."""
        selected, missing = self.selected(graph)
        named = frozenset(selected) if self.names else frozenset()
        never = resolve(self.never, graph, repository=name, host=host or None)
        deletion = graph.deletion(selected, never, named)
        reasons = {digest: why for digest, why in deletion.kept.items() if digest not in named or digest in never}
        batches = batches_of(_unread_first(graph, deletion.order))
        order = [digest for batch in batches for digest in batch]
        notes = list(self._notes(aws, name, graph, order, set(selected)))
        if missing:
            notes.append(f"there is no image {several(missing)}: nothing is to be deleted of it")
        if reasons:
            notes.append(kept_note(reasons, graph))
        tags = {digest: frozenset(graph.images[digest].tags) for digest in order}
        return Delete(batches, tags, named, self.never, host, tuple(notes))

    def selected(self, graph: Graph) -> tuple[list[str], list[str]]:
        """Return the digests of the images that are meant, and the names that no image has."""
        if self.names:
            return graph.named(self.names)
        orphans = set(graph.orphans()) if self.orphans else set()
        picked = self.selection.pick(graph.images.values())
        return [image.digest for image in picked if not self.orphans or image.digest in orphans], []

    def _notes(self, aws: Aws, name: str, graph: Graph, order: Sequence[str], selected: set[str]) -> Iterator[str]:
        if not order:
            return
        yield total_note(graph, order, selected, self._why)
        if fresh := fresh_note((graph.images[digest] for digest in order if not self.names), datetime.now(UTC)):
            yield fresh
        if not graph.unread.keys() <= set(order):
            yield unread_note(graph)
        indexes = sum(is_index(image) for image in graph.images.values())
        if self._is_by_pulls and indexes:
            yield pulled_note(indexes)
        yield from replicas.notes(aws, name, len(order))


def _selection(conditions: Fields) -> Selection:
    """Return the selection of some conditions: ``older_than`` is that of pushes.

    Raises:
        SpecError: A condition is none, or has another name.
    """
    fields = dict(conditions)
    problems = Problems()
    problems.known(fields, CONDITIONS, "", {"pushed_before": "write older_than, in days too"})
    problems.raise_any()
    if "older_than" in fields:
        fields["pushed_before"] = fields.pop("older_than")
    try:
        return Selection.of(**fields)
    except SpecError as error:
        reasons = (reason.replace("pushed_before", "older_than") for reason in error.reasons)
        raise SpecError(*reasons) from None


def _unread_first(graph: Graph, digests: Sequence[str]) -> list[list[str]]:
    """Return groups of images, first those with an index whose parts are not known: they may be in other groups."""
    return sorted(graph.groups(digests), key=lambda group: not any(digest in graph.unread for digest in group))


def _words(conditions: Fields, *, orphans: bool, everything: bool) -> str:
    """Return why images are deleted."""
    if everything:
        return "since every image is meant"
    words = [f"{name}={_short(value)}" for name, value in conditions.items()]
    words += ["orphans=True"] if orphans else []
    return f"by {', '.join(words)}" if words else "by name"


def _short(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{several(map(repr, value))}]"
    return repr(value) if isinstance(value, int | str | bool) else str(value)
