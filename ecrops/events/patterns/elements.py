"""Whether one choice of list elements has a value for every field of a pattern. Pure.

Called by ``matching``. A list of objects is matched element by element: the values that match a pattern must not come
from two elements of one list. A **choice** says which element of which lists the values so far came from.

Fields are taken in the order of their names, as EventBridge takes them. A choice forgets a list as soon as no later
field has values in it. So a choice is about one list and the lists around it, and there are at most as many choices as
the event has elements, however many lists it has. The only exception are keys of an event that are paths themselves:
``{"a": {"b": …}, "a.b": …}``. Their lists can be chosen from independently, and ``MAX_CHOICES`` bounds that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ecrops.errors import SpecError

MAX_CHOICES = 1000
"""The most choices for an event with fewer elements."""

Within = tuple[tuple[int, int], ...]
"""The list elements that a value is in, from the outermost: the number of each list in the event, and the index."""
Choice = frozenset[tuple[int, int]]


class Found(NamedTuple):
    """A value of a field in an event.

    Args:
        within: The list elements that the value is in.
        fits: Whether the field of the pattern takes the value.
    """

    within: Within
    fits: bool


class Field(NamedTuple):
    """A field of a pattern.

    Args:
        found: Its values in the event.
        may_be_absent: Whether the field may have no value.
    """

    found: Sequence[Found]
    may_be_absent: bool


@dataclass(slots=True)
class _Node:
    """The values of a field in one list element, and in the lists inside of it."""

    within: Within = ()
    has_values: bool = False
    fits: bool = False
    lists: dict[int, dict[int, _Node]] = field(default_factory=dict)


def is_any_choice_right(fields: Sequence[Field]) -> bool:
    """Whether there is a choice of list elements in which each field has a value that fits.

    Args:
        fields: The fields, in the order in which EventBridge takes them.

    Raises:
        SpecError: The keys of the event are paths, and allow too many choices.
    """
    last_field = {
        number: index for index, item in enumerate(fields) for each in item.found for number, _ in each.within
    }
    elements = {element for item in fields for each in item.found for element in each.within}
    limit = max(MAX_CHOICES, len(elements) + 1)
    choices: set[Choice] = {frozenset()}
    for index, item in enumerate(fields):
        root = _tree(item.found)
        after: set[Choice] = set()
        for choice in choices:
            for extended in _extended(root, choice, item.may_be_absent):
                after.add(frozenset(part for part in extended if last_field.get(part[0], -1) > index))
                if len(after) > limit:
                    raise SpecError(
                        f"the event has more than {limit:,} ways to choose elements of its lists: its keys are paths "
                        "with dots, so that several lists are at one path; give each list a path of its own"
                    )
        choices = after
    return bool(choices)


def _tree(found: Sequence[Found]) -> _Node:
    """Return the values of a field by the list elements that they are in."""
    root = _Node()
    for value in found:
        node = root
        for depth, (number, index) in enumerate(value.within, 1):
            elements = node.lists.setdefault(number, {})
            node = elements.setdefault(index, _Node(value.within[:depth]))
        node.has_values = True
        node.fits = node.fits or value.fits
    return root


def _extended(root: _Node, choice: Choice, may_be_absent: bool) -> Iterator[Choice]:
    """Yield a choice with the elements of each value that fits. It stays as it is if the field is rightly absent."""
    is_absent = True
    for node in _reached(root, dict(choice)):
        is_absent = False
        if node.fits:
            yield choice.union(node.within)
    if is_absent and may_be_absent:
        yield choice


def _reached(root: _Node, chosen: Mapping[int, int]) -> Iterator[_Node]:
    """Yield the nodes with values that agree with a choice. What does not agree is not visited."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.has_values:
            yield node
        for number, elements in node.lists.items():
            if number not in chosen:
                waiting.extend(elements.values())
            elif chosen[number] in elements:
                waiting.append(elements[chosen[number]])
