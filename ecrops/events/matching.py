"""Which events a pattern matches, as EventBridge documents it. Pure.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether EventBridge would send this event to a rule with this pattern."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(alternative, event) for alternative in wanted):
                return False
        elif isinstance(wanted, Mapping):
            if not _matches_object(wanted, event.get(key)):
                return False
        elif not _matches_leaf(wanted, list(_leaves(event[key])) if key in event else []):
            return False
    return True


def _matches_object(pattern: Mapping[str, Any], value: Any) -> bool:
    """Of a list of objects, one must match all by itself. Where there is no object, only ``exists`` can say no."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(_matches_object(pattern, part) for part in value)
    return matches(pattern, value if isinstance(value, Mapping) else {})


def _leaves(value: Any) -> Iterator[Any]:
    """The values of a field: a list has many, and an object is none."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        for part in value:
            yield from _leaves(part)
    elif not isinstance(value, Mapping):
        yield value


def _matches_leaf(wanted: Sequence[Any], values: Sequence[Any]) -> bool:
    return any(_matches_one(want, values) for want in wanted)


def _matches_one(want: Any, values: Sequence[Any]) -> bool:
    if not isinstance(want, Mapping):
        return any(_same(want, value) for value in values)
    [(name, argument)] = want.items()
    if name == "exists":
        return bool(values) is bool(argument)
    return any(OPERATORS[name](argument, value) for value in values)


def _same(want: Any, value: Any) -> bool:
    """Numbers are compared as they are written: 300 is not 300.0."""
    return json.dumps(want) == json.dumps(value)


def _either_case(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def check(argument: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(argument, Mapping):
            return test(value.casefold(), argument["equals-ignore-case"].casefold())
        return test(value, argument)

    return check


def _equals_ignore_case(argument: Any, value: Any) -> bool:
    return isinstance(value, str) and any(value.casefold() == each.casefold() for each in listed(argument))


def _wildcard(argument: Any, value: Any) -> bool:
    return isinstance(value, str) and any(re.fullmatch(_regex(each), value, re.DOTALL) for each in listed(argument))


def _regex(wildcard: str) -> str:
    r"""``*`` is anything; ``\*`` and ``\\`` are the characters themselves."""
    parts = re.findall(r"\\[*\\]|[^\\]|\\", wildcard)
    return "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)


def _numeric(argument: Sequence[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return all(COMPARE[sign](value, bound) for sign, bound in zip(argument[::2], argument[1::2], strict=True))


def _cidr(argument: str, value: Any) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(argument, strict=False)
    except (ValueError, TypeError):
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
}
