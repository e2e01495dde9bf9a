"""Whether EventBridge finds the wildcards of a pattern too complex. Pure.

Called by ``checks``. EventBridge reads the fields of an event in the order of their names. Each field has a
**machine**, which holds the lists of all alternatives of ``$or`` that agree on the fields before. So the wildcards of
alternatives count together, also those that stand beside the ``$or``: they are in each alternative. EventBridge refuses
a rule if a text can match more than ten beginnings in one machine: "Rule is too complex - try using fewer wildcard
characters or fewer repeating character sequences after a wildcard".

https://github.com/aws/event-ruler (README, ``GenericMachine``, ``MachineComplexityEvaluator``)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecrops.base.problems import Problems
from ecrops.events.patterns.complexity import MOST_BEGINNINGS, Element, complexity
from ecrops.events.patterns.limits import text_of, wildcards
from ecrops.events.patterns.matching import branches, tokens

MOST_ADDED = 20_000
"""How many elements are added to machines at most: EventBridge judges a pattern that needs more."""
_ABSENT = text_of({"exists": False})


@dataclass(frozen=True, slots=True, eq=False)
class _Machine:
    """The elements of one field that the alternatives have, and what comes after each of them."""

    elements: list[Element] = field(default_factory=list)
    following: dict[str, _Machines] = field(default_factory=dict)

    def add(self, text: str, element: Element | None, after: _Machines | None) -> _Machines:
        """Add an element. Equal elements lead to the same fields, except if they go on behind a ``*``."""
        if element is None:
            return self.following.setdefault(text, after or _Machines())
        if all(None in tokens(wildcard)[:-1] for wildcard in element.wildcards):
            text = f"{text} {len(self.elements)}"
        found = self.following.setdefault(text, after or _Machines())
        number = next(number for number, each in enumerate(self.following.values()) if each is found)
        self.elements.append(element._replace(after=number))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Machines:
    """The machines of the fields that can come next, by the path of the field."""

    by_path: dict[str, _Machine] = field(default_factory=dict)

    def add(self, path: str, wanted: Sequence[tuple[str, Element | None]]) -> list[_Machines]:
        """Add the list of a field, and return what comes after it."""
        machine, after = self.by_path.setdefault(path, _Machine()), dict[int, _Machines]()
        last = None
        for text, element in wanted:
            last = machine.add(text, element, last)
            after[id(last)] = last
        return list(after.values())

    def with_wildcards(self) -> Iterator[tuple[str, Sequence[Element]]]:
        """Yield the wildcards of each machine with the path of its field. None is behind a field that is absent."""
        waiting = [self]
        for machines in waiting:
            for path, machine in machines.by_path.items():
                if machine.elements:
                    yield path, machine.elements
                present = (after for text, after in machine.following.items() if text != _ABSENT)
                waiting += {id(after): after for after in present}.values()


def check_wildcards(problems: Problems, places: Mapping[str, str], pattern: Mapping[str, Any]) -> None:
    """Add a problem for each field whose wildcards EventBridge finds too complex.

    Args:
        problems: The problems to add to.
        places: The place of each field, by its path in the event.
        pattern: The pattern.
    """
    if not any(wildcards(pattern)):
        return
    refused = set[str]()
    for name, elements in _machines(pattern).with_wildcards():
        if name not in refused and (count := complexity(elements)) > MOST_BEGINNINGS:
            refused.add(name)
            found = sorted({wildcard for element in elements for wildcard in element.wildcards})
            reason = (
                f"EventBridge finds {', '.join(map(repr, found))} too complex: a text can match {count} of their "
                f"beginnings or more at once, and {MOST_BEGINNINGS} is the most, in all alternatives of '$or'; "
                "use fewer '*', fewer characters that come again after a '*', or {\"prefix\": ...}"
            )
            problems.add(places[name], reason)


def _machines(pattern: Mapping[str, Any]) -> _Machines:
    """Return the machines of a pattern. Only alternatives with a wildcard are in them."""
    start, added = _Machines(), 0
    lists: dict[int, list[tuple[str, Element | None]]] = {}
    for fields in branches(pattern):
        for wanted in fields.values():
            lists.setdefault(id(wanted), [(text_of(want), _element(want)) for want in wanted])
        if not any(element for wanted in fields.values() for _, element in lists[id(wanted)]):
            continue
        reached = [start]
        for path in sorted(fields):
            wanted = lists[id(fields[path])]
            added += len(wanted) * len(reached)
            if added > MOST_ADDED:
                return start
            reached = [after for machines in reached for after in machines.add(path, wanted)]
    return start


def _element(want: Any) -> Element | None:
    """Return an element of a field's list with its wildcards; ``None`` if it has none."""
    found = tuple(sorted(set(wildcards(want))))
    return Element("anything-but" in want, found) if found else None
