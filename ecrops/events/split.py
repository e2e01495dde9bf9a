"""Several rules in place of one whose pattern is too long. Pure.

Called by ``wants`` for a verb with ``split=True``. The parts have the repositories in order, about as many each, and
are named after the rule: ``NAME-1``, ``NAME-2`` and so on. They replace a rule ``NAME``, and it replaces them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ecrops.errors import SpecError
from ecrops.events.event import Event
from ecrops.events.patterns.kinds import SCAN_TYPES
from ecrops.events.patterns.selection import Location, check_selection
from ecrops.events.rule_options import make_event

PART = "ecrops-part-of"
"""The tag of a part: its value is the name of the rule that was split. A rule without it is removed by no split."""


def parts(kind: str, options: Mapping[str, Any], characters: int, location: Location) -> list[Event]:
    """Return the fewest events of which each has a pattern that is short enough.

    Args:
        kind: The kind of event.
        options: The name of the rule, and the options that the caller of the verb gave.
        characters: How long a pattern may be.
        location: The account and region of the registry.

    Raises:
        SpecError: An option is wrong, the rule has no name, or the pattern is too long even for one repository.
    """
    if options.get("name") is None:
        raise SpecError("split: give the rule a name: its parts are NAME-1, NAME-2 and so on")
    try:
        selected = check_selection(options.get("repositories"))
    except SpecError as error:
        raise error.at("repositories") from None
    tags = options.get("tags")
    marked = {**options, "tags": {**(tags or {}), PART: options["name"]} if isinstance(tags, Mapping | None) else tags}
    if not isinstance(selected, Sequence) or isinstance(selected, str):
        return [make_event(kind, {**marked, "name": f"{options['name']}-1"})]

    def make(names: Sequence[str], number: int = 1) -> Event:
        named = {"name": f"{options['name']}-{number}", "repositories": list(names)}
        return make_event(kind, {**marked, **named})

    return [make(chunk, number) for number, chunk in enumerate(_chunks(selected, make, characters, location), 1)]


def _chunks(
    names: Sequence[str], make: Callable[[Sequence[str]], Event], characters: int, location: Location
) -> list[Sequence[str]]:
    """Return names in the fewest parts, whose sizes differ by one at most.

    A name makes a pattern longer by its own length, and always the same for what stands around it.
    """
    one, two = _length(make(names[:1]), location), _length(make(names[:2]), location)
    fixed, around = one - len(names[0]), two - one - len(names[1])
    for count in range(1, len(names) + 1):
        bounds = [number * len(names) // count for number in range(count + 1)]
        chunks = [names[start:end] for start, end in pairwise(bounds)]
        if all(fixed + len("".join(chunk)) + around * (len(chunk) - 1) <= characters for chunk in chunks):
            return chunks
    raise SpecError(f"split: the pattern has more than {characters:,} characters even for one repository")


def _length(event: Event, location: Location) -> int:
    scan_types = SCAN_TYPES if event.needs_scan_type else SCAN_TYPES[:1]
    return max(len(str(event.pattern(location, scan_type))) for scan_type in scan_types)
