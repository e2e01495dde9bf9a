"""What the event of an invocation says: whether to plan alone, and for which repositories. Pure.

Called by ``entry``. An answer of the handler is an event too: a loop may hand it back as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ecrops.base.problems import Problems, hint
from ecrops.errors import SpecError

OPTIONS = ("dry_run", "only")
_OF_EVENTBRIDGE = ("detail-type", "source")
_OF_ANSWER = ("done", "request_id")


class Options(NamedTuple):
    """The options of one invocation.

    Args:
        dry_run: Whether nothing is changed.
        only: Patterns of the names of repositories, such as ``team/*``; all without one.
    """

    dry_run: bool = False
    only: tuple[str, ...] = ()


def options_of(event: object, *, dry_run: bool, is_open: bool) -> Options:
    """Return the options in an event.

    Args:
        event: The event, as it came from JSON. One of EventBridge has no options, such as that of a schedule.
        dry_run: The option of the handler: an event cannot take it back.
        is_open: Whether the event may have other members, which are for a function of the event.

    Raises:
        SpecError: It has other members, or an option has a wrong value.
    """
    if event is None:
        return Options(dry_run)
    if not isinstance(event, Mapping):
        if is_open:
            return Options(dry_run)
        raise SpecError(f'event: expected {{}}, or options such as {{"dry_run": true}}, got {event!r}')
    if event.keys() >= {*_OF_EVENTBRIDGE}:
        return Options(dry_run)
    problems = Problems()
    if not is_open and not event.keys() >= {*_OF_ANSWER}:
        for key in event.keys() - {*OPTIONS}:
            problems.add(f"event.{key}", f"unknown option{hint(key, OPTIONS)}")
    is_dry = _dry_run(event, problems)
    only = problems.strings("event.only", event.get("only") or ())
    problems.raise_any()
    return Options(dry_run or is_dry, only or ())


def _dry_run(event: Mapping[str, Any], problems: Problems) -> bool:
    value = event.get("dry_run", False)
    problems.check(isinstance(value, bool), "event.dry_run", f"expected true or false, got {value!r}")
    return bool(value)
