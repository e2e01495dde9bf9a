"""Which events a pattern matches, as EventBridge does it. Pure.

A pattern is its fields by their paths, an event is its values by theirs, and each value knows which elements of which
lists it is in: what one pattern matches must not come from two elements of one list.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
https://github.com/aws/event-ruler, which says how lists of objects are matched
"""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

OR = "$or"
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
Within = frozenset[tuple[tuple[str | int, ...], int]]
"""The elements that something is in: where each list is in the event, and the index in it."""
Found = tuple[Any, Within]


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether EventBridge would send this event to a rule with this pattern."""
    values: dict[str, list[Found]] = {}
    for path, value, within in _values(event):
        values.setdefault(path, []).append((value, within))
    return any(_matches_all(fields, values) for fields in branches(pattern))


def branches(pattern: Mapping[str, Any], path: str = "") -> list[dict[str, Any]]:
    """The alternatives of a pattern, each by dotted path. Of a field that is said twice the last one counts.

    They multiply: ``checks`` sees to it that they are not too many.
    """
    found: list[dict[str, Any]] = [{}]
    for key, wanted in pattern.items():
        if key == OR:
            parts = [part for alternative in wanted for part in branches(alternative, path)]
        elif isinstance(wanted, Mapping):
            parts = branches(wanted, joined(path, key))
        else:
            parts = [{joined(path, key): wanted}]
        found = [before | part for before in found for part in parts]
    return found


def joined(path: str, key: str) -> str:
    """The path of a field inside another one. A key may be a path itself."""
    return f"{path}.{key}" if path else key


def _values(
    value: Any, path: str = "", at: tuple[str | int, ...] = (), within: Within = frozenset()
) -> Iterator[tuple[str, Any, Within]]:
    """The values of an event. An object is none, and a text in a list is not bound to its place there."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _values(part, joined(path, key), (*at, key), within)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            inside = within | {(at, index)} if isinstance(part, Mapping | list | tuple) else within
            yield from _values(part, path, (*at, index), inside)
    else:
        yield path, value, within


def _matches_all(fields: Mapping[str, Any], values: Mapping[str, Sequence[Found]]) -> bool:
    """Field by field, in the order of their names, with all choices of elements that agree so far."""
    choices: set[Within] = {frozenset()}
    for path in sorted(fields):
        found = values.get(path, ())
        choices = {after for before in choices for after in _further(fields[path], found, before)}
    return bool(choices)


def _further(wanted: Sequence[Any], found: Iterable[Found], before: Within) -> Iterator[Within]:
    near = [(value, before | within) for value, within in found if _agree(before | within)]
    if not near and {"exists": False} in wanted:
        yield before
    for value, after in near:
        if any(matches_value(want, value) for want in wanted):
            yield after


def _agree(within: Within) -> bool:
    """Whether it is one element of each list."""
    return len(dict(within)) == len(within)


def matches_value(want: Any, value: Any) -> bool:
    """Whether one element of a field's list matches a value that is there."""
    if not isinstance(want, Mapping):
        return _same(want, value)
    [(name, argument)] = want.items()
    return OPERATORS[name](argument, value)


def _same(want: Any, value: Any) -> bool:
    """Numbers are compared as they are written: 300 is not 300.0."""
    return json.dumps(want, default=repr) == json.dumps(value, default=repr)


def _either_case(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def check(argument: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(argument, Mapping):
            return test(value.lower(), argument["equals-ignore-case"].lower())
        return test(value, argument)

    return check


def _equals_ignore_case(argument: str, value: Any) -> bool:
    return isinstance(value, str) and value.lower() == argument.lower()


def _wildcard(argument: str, value: Any) -> bool:
    """Each piece is taken where it comes first: going back could not find more."""
    if not isinstance(value, str):
        return False
    first, *rest = pieces(argument)
    if not rest:
        return value == first
    *middle, last = rest
    at = len(first) if value.startswith(first) else len(value) + 1
    for piece in middle:
        found = value.find(piece, at)
        at = found + len(piece) if found >= 0 else len(value) + 1
    return at <= len(value) - len(last) and value.endswith(last)


def pieces(wildcard: str) -> list[str]:
    r"""The texts between the ``*``; ``\*`` and ``\\`` are the characters themselves."""
    found = [""]
    for part in re.findall(r"\\.|.", wildcard, re.DOTALL):
        if part == "*":
            found.append("")
        else:
            found[-1] += part[-1]
    return found


def _numeric(argument: Sequence[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return all(COMPARE[sign](value, bound) for sign, bound in zip(argument[::2], argument[1::2], strict=True))


def _cidr(argument: str, value: Any) -> bool:
    try:
        return isinstance(value, str) and ipaddress.ip_address(value) in ipaddress.ip_network(argument, strict=False)
    except ValueError:
        return False


def _anything_but(argument: Any, value: Any) -> bool:
    if isinstance(argument, Mapping):
        [(name, inner)] = argument.items()
        return not any(OPERATORS[name](each, value) for each in listed(inner))
    return not any(_same(each, value) for each in listed(argument))


def listed(argument: Any) -> Sequence[Any]:
    """Where one value may stand for a list of one."""
    return argument if isinstance(argument, list | tuple) else [argument]


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _either_case(str.startswith),
    "suffix": _either_case(str.endswith),
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
    "exists": lambda argument, _: bool(argument),
}
