"""Which events a pattern matches, as AWS's own library for it decides. It knows nothing of ecrops's.

An event is flat here: the values with their paths, and for each list that a value is in, at which place. All fields of
a pattern must match values that are at one place of each list. What must not exist is looked for at the places that the
fields before it, in the order of their names, have matched.

https://github.com/aws/event-ruler (README, ``Event`` and ``ACFinder``), and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import itertools
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Places = Mapping[int, int]
"""For each list, by a number of its own, a place in it."""
COMPARE = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class Leaf(NamedTuple):
    """A value of an event."""

    path: str
    value: Any
    places: Places


def matches(pattern: str, event: Mapping[str, Any]) -> bool:
    """Whether an event matches the text of a pattern."""
    leaves = list(_leaves(event, "", {}, itertools.count()))
    return any(_matches(sorted(fields.items()), leaves, {}) for fields in alternatives(json.loads(pattern), ""))


def _leaves(value: Any, path: str, places: Places, numbers: Iterator[int]) -> Iterator[Leaf]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, f"{path}.{name}" if path else name, places, numbers)
    elif isinstance(value, list):
        number = next(numbers)
        for place, part in enumerate(value):
            yield from _leaves(part, path, {**places, number: place}, numbers)
    else:
        yield Leaf(path, value, places)


def alternatives(pattern: Mapping[str, Any], path: str) -> list[dict[str, Sequence[Any]]]:
    """The fields that a pattern wants, by their paths: one mapping for each way through its ``$or``."""
    found: list[dict[str, Sequence[Any]]] = [{}]
    for name, wanted in pattern.items():
        here = f"{path}.{name}" if path else name
        if name == "$or" and isinstance(wanted, list) and all(isinstance(each, dict) for each in wanted):
            further = [each for part in wanted for each in alternatives(part, path)]
        else:
            further = alternatives(wanted, here) if isinstance(wanted, dict) else [{here: wanted}]
        found = [{**one, **other} for one in found for other in further]
    return found


def _matches(fields: Sequence[tuple[str, Sequence[Any]]], leaves: Sequence[Leaf], places: Places) -> bool:
    if not fields:
        return True
    (path, wanted), *others = fields
    seen = [leaf for leaf in leaves if leaf.path == path and _agree(leaf.places, places)]
    if not seen and {"exists": False} in wanted and _matches(others, leaves, places):
        return True
    return any(
        _matches(others, leaves, {**places, **leaf.places})
        for leaf in seen
        if any(_fits(each, leaf.value) for each in wanted)
    )


def _agree(one: Places, other: Places) -> bool:
    return all(other.get(number, place) == place for number, place in one.items())


def _fits(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, dict):
        return _same(wanted, value)
    [(name, operand)] = wanted.items()
    return OPERATORS[name](operand, value)


def _same(one: Any, other: Any) -> bool:
    return one == other if _is_number(one) and _is_number(other) else type(one) is type(other) and one == other


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_text(fits: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """An operator on texts, which is said of one, of several, or without regard to case."""

    def judge(operand: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(operand, list):
            return any(judge(each, value) for each in operand)
        if isinstance(operand, dict):
            return judge(operand["equals-ignore-case"].lower(), value.lower())
        return fits(operand, value)

    return judge


def _anything_but(operand: Any, value: Any) -> bool:
    if isinstance(operand, dict):
        return not _fits(operand, value)
    return not any(_same(each, value) for each in (operand if isinstance(operand, list) else [operand]))


def _numeric(operand: Sequence[Any], value: Any) -> bool:
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return _is_number(value) and all(COMPARE[sign](value, limit) for sign, limit in pairs)


def _wildcard(operand: str, value: str) -> bool:
    parts = re.findall(r"\\.|.", operand, re.DOTALL)
    text = "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)
    return bool(re.fullmatch(text, value, re.DOTALL))


def _cidr(operand: str, value: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "prefix": _of_text(lambda operand, value: value.startswith(operand)),
    "suffix": _of_text(lambda operand, value: value.endswith(operand)),
    "equals-ignore-case": _of_text(lambda operand, value: value.lower() == operand.lower()),
    "wildcard": _of_text(_wildcard),
    "cidr": _of_text(_cidr),
    "numeric": _numeric,
    "anything-but": _anything_but,
    "exists": lambda operand, value: bool(operand),
}
