"""What the event of an invocation says: whether to plan alone, for which repositories, and where to begin. Pure.

Called by ``entry``. An answer of the handler is an event too: a loop may hand it back as it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ecrops.base.problems import Problems, hint, is_whole
from ecrops.errors import SpecError

OPTIONS = ("dry_run", "only", "next")
BATCH = 500
"""How many specs are planned and made together: many calls in parallel, and a part of a large fleet."""
LONGEST = 20_000
"""Characters of patterns: the answer has them too, and is limited."""
_OF_EVENTBRIDGE = ("detail-type", "source")
_OF_ANSWER = ("done", "request_id")


class Next(NamedTuple):
    """Where an invocation begins: where the one before it ended.

    Args:
        first: The number of the first spec that is not finished.
        size: How many specs are planned together.
        failed: How many owners have failed before.
        idle: How many invocations in a row have made nothing, and finished nothing.
        fleet: The fingerprint of the fleet. In another one, an invocation begins anew.
    """

    first: int = 0
    size: int = BATCH
    failed: int = 0
    idle: int = 0
    fleet: str = ""


class Progress(NamedTuple):
    """Where an invocation over many registries begins.

    Args:
        finished: The registries that are finished, by their numbers: the bits of a number, in hexadecimal digits.
        under_way: Where the work of others begins, by number.
        failed: How many owners of finished registries have failed.
        fleet: The fingerprint of the registries. With other ones, an invocation begins anew.
    """

    finished: str = ""
    under_way: Mapping[str, Next] = {}
    failed: int = 0
    fleet: str = ""


class Options(NamedTuple):
    """The options of one invocation.

    Args:
        dry_run: Whether nothing is changed.
        only: Patterns of the names of repositories, such as ``team/*``; all without one.
        next: Where it begins.
        progress: Where it begins, over many registries.
    """

    dry_run: bool = False
    only: tuple[str, ...] = ()
    next: Next = Next()
    progress: Progress = Progress()


def options_of(event: object, *, dry_run: bool, is_open: bool, are_many: bool = False) -> Options:
    """Return the options in an event.

    Args:
        event: The event, as it came from JSON. One of EventBridge has no options, such as that of a schedule.
        dry_run: The option of the handler: an event cannot take it back.
        is_open: Whether the event may have other members, which are for a function of the event.
        are_many: Whether the work is over many registries.

    Raises:
        SpecError: It has other members, or an option has a wrong value.
    """
    if event is None or (is_open and not isinstance(event, Mapping)):
        return Options(dry_run)
    if not isinstance(event, Mapping):
        raise SpecError(f'event: expected {{}}, or options such as {{"dry_run": true}}, got {event!r}')
    if event.keys() >= {*_OF_EVENTBRIDGE}:
        return Options(dry_run)
    problems = Problems()
    if not is_open and not event.keys() >= {*_OF_ANSWER}:
        for key in event.keys() - {*OPTIONS}:
            problems.add(f"event.{key}", f"unknown option{hint(key, OPTIONS)}")
    is_dry, patterns = event.get("dry_run", False), event.get("only")
    problems.check(isinstance(is_dry, bool), "event.dry_run", f"expected true or false, got {is_dry!r}")
    only = problems.strings("event.only", () if patterns is None else patterns)
    is_short = sum(map(len, only or ())) <= LONGEST
    problems.check(is_short, "event.only", f"expected at most {LONGEST:,} characters in all; choose with *")
    progress = _progress(event.get("next"), problems) if are_many else Progress()
    beginning = Next() if are_many else _next(event.get("next"), problems)
    problems.raise_any()
    return Options(dry_run or is_dry, only or (), beginning, progress)


def _progress(value: object, problems: Problems) -> Progress:
    if value is None:
        return Progress()
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    right = given.keys() == {*Progress._fields} and is_whole(given["failed"]) and given["failed"] >= 0
    right = right and isinstance(given["fleet"], str) and isinstance(given["under_way"], Mapping)
    right = right and isinstance(given["finished"], str) and re.fullmatch("[0-9a-f]*", given["finished"]) is not None
    if not problems.check(right, "event.next", f"expected what an answer has as its next, or null, got {value!r}"):
        return Progress()
    under_way = {str(number): _next(beginning, problems) for number, beginning in given["under_way"].items()}
    return Progress(given["finished"], under_way, given["failed"], given["fleet"])


def _next(value: object, problems: Problems) -> Next:
    if value is None:
        return Next()
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    right = all(is_whole(given.get(name)) and given[name] >= 0 for name in ("first", "size", "failed", "idle"))
    right = right and given.keys() == {*Next._fields} and given["size"] > 0 and isinstance(given["fleet"], str)
    if not problems.check(right, "event.next", f"expected what an answer has as its next, or null, got {value!r}"):
        return Next()
    return Next(**given)


def fingerprint_of(names: Iterable[str]) -> str:
    """Return what tells a fleet from another one: its repositories, in their order."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
