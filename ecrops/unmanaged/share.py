"""The aspect of a prefix: how much of what is there a plan would take away, and what stays. It calls nothing.

Called by the engine. It makes a plan impossible that would delete more than half of what it found: a wrong prefix, or a
part of the specs, looks like that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ecrops.aws import Aws
from ecrops.base.change import Change, Note
from ecrops.base.conflicts import conflict
from ecrops.base.render import count
from ecrops.engine.aspect import Read

base = None
ADVICE = (
    "it is more than half of what is there: look whether the prefix is right, and all specs are given; force=True "
    "deletes it all the same"
)


class Share(NamedTuple):
    """An edit that changes nothing: it says what is deleted of how much, and what stays.

    Args:
        repositories: How many repositories are deleted, and how many there are.
        things: How many things of all kinds are deleted, and how many there are.
        force: Whether more than half may be deleted.
        notes: What stays, and what could not be read.
    """

    repositories: tuple[int, int]
    things: tuple[int, int]
    force: bool
    notes: tuple[Note, ...] = ()


def reads(aws: Aws, wants: Mapping[str, Sequence[Share]]) -> Iterator[Read]:
    """Yield readings that call nothing: the edit knows everything."""
    for key in wants:
        yield Read((key,), partial(dict, {key: ()}), ())


def changes(key: str, edits: Sequence[Share], current: Any) -> Iterator[Change | Note]:
    """Yield a conflict if more than half would be deleted, and the notes."""
    for edit in edits:
        parts = [
            f"{deleted:,} of {count(total, *nouns)}"
            for (deleted, total), nouns in (
                (edit.repositories, ("repository", "repositories")),
                (edit.things, ("thing that is there", "things that are there")),
            )
            if 2 * deleted > total
        ]
        if parts and not edit.force:
            yield conflict(key, "in no spec", f"{' and '.join(parts)} would be deleted", advice=f"{key}: {ADVICE}")
        yield from edit.notes


def after(change: Change, current: Any) -> Any:
    """Return the value after a change: there is none."""
    return current


def verify(edit: Share) -> bool:
    """Whether the engine reads again after the edit: it changes nothing."""
    return False
