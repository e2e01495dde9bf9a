"""Whether a pattern matches an event, by the rules of EventBridge. Pure.

Called by ``Pattern.matches`` and by the samples. A pattern becomes its fields by path, an event its values by path.
Each value knows which elements of which lists it is in, because the values that match a pattern must not come from two
elements of one list: ``elements`` chooses them.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
https://github.com/aws/event-ruler, which says how lists of objects are matched
"""

from __future__ import annotations

import ipaddress
import itertools
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ecrops.base.problems import is_number
from ecrops.base.wildcards import fits
from ecrops.events.patterns.elements import Field, Found, Within, is_any_choice_right

OR = "$or"
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
Located = tuple[Any, Within]
"""A value of an event, and the list elements that it is in."""


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether EventBridge would send this event to a rule with this pattern."""
    values: dict[str, list[Located]] = {}
    for path, value, within in _values(event, itertools.count()):
        values.setdefault(path, []).append((value, within))
    return any(_matches_all(fields, values) for fields in branches(pattern))


def branches(pattern: Mapping[str, Any], path: str = "") -> list[dict[str, Any]]:
    """Return the alternatives of a pattern, each as its fields by path. If a field is there twice, the last one counts.

    Alternatives multiply: ``checks`` limits their number.
    """
    result: list[dict[str, Any]] = [{}]
    for key, wanted in pattern.items():
        if key == OR:
            parts = [part for alternative in wanted for part in branches(alternative, path)]
        elif isinstance(wanted, Mapping):
            parts = branches(wanted, joined(path, key))
        else:
            parts = [{joined(path, key): wanted}]
        result = [before | part for before in result for part in parts]
    return result


def joined(path: str, key: str) -> str:
    """Return the path of a field inside another one. A key may be a path itself."""
    return f"{path}.{key}" if path else key


def _values(
    value: Any, numbers: Iterator[int], path: str = "", within: Within = ()
) -> Iterator[tuple[str, Any, Within]]:
    """Yield the values of an event with their paths. An object is no value. Scalars have no list element.

    Args:
        value: The event, or a part of it.
        numbers: Numbers for its lists.
        path: The path of the part.
        within: The list elements that the part is in.
    """
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _values(part, numbers, joined(path, key), within)
    elif isinstance(value, list | tuple):
        number = next(numbers)
        for index, part in enumerate(value):
            is_element = isinstance(part, Mapping | list | tuple)
            yield from _values(part, numbers, path, (*within, (number, index)) if is_element else within)
    else:
        yield path, value, within


def _matches_all(fields: Mapping[str, Any], values: Mapping[str, Sequence[Located]]) -> bool:
    """Whether all fields match, with values whose list elements agree. EventBridge takes them in order of names."""
    return is_any_choice_right([_field(fields[path], values.get(path, ())) for path in sorted(fields)])


def _field(wanted: Sequence[Any], located: Sequence[Located]) -> Field:
    found = [Found(within, any(matches_value(want, value) for want in wanted)) for value, within in located]
    return Field(found, {"exists": False} in wanted)


def matches_value(want: Any, value: Any) -> bool:
    """Whether one element of a field's list in a pattern matches a value of an event."""
    if not isinstance(want, Mapping):
        return _same(want, value)
    [(name, argument)] = want.items()
    return OPERATORS[name](argument, value)


def _same(want: Any, value: Any) -> bool:
    """Numbers are equal by value: 300, 300.0 and 3e2 are one number, as event-ruler takes them. True is no number."""
    if is_number(want) and is_number(value):
        return bool(want == value)
    return json.dumps(want, default=repr) == json.dumps(value, default=repr)


def _either_case(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def check(argument: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(argument, Mapping):
            return test(value.lower(), argument["equals-ignore-case"].lower())
        return test(value, argument)

    return check


def tokens(wildcard: str) -> list[str | None]:
    r"""Return the characters of a wildcard, and ``None`` for each ``*``; ``\*`` and ``\\`` are characters too."""
    return [None if part == "*" else part[-1] for part in re.findall(r"\\.|.", wildcard, re.DOTALL)]


def pieces(wildcard: str) -> list[str]:
    """Return the texts between the ``*``."""
    texts = [""]
    for token in tokens(wildcard):
        if token is None:
            texts.append("")
        else:
            texts[-1] += token
    return texts


def _numeric(argument: Sequence[Any], value: Any) -> bool:
    comparisons = zip(argument[::2], argument[1::2], strict=True)
    return is_number(value) and all(COMPARE[sign](value, bound) for sign, bound in comparisons)


def _cidr(argument: str, value: Any) -> bool:
    try:
        return isinstance(value, str) and ipaddress.ip_address(value) in ipaddress.ip_network(argument, strict=False)
    except ValueError:
        return False


def _anything_but(argument: Any, value: Any) -> bool:
    if isinstance(argument, Mapping):
        [(name, inner)] = argument.items()
        return not any(OPERATORS[name](item, value) for item in listed(inner))
    return not any(_same(item, value) for item in listed(argument))


def listed(argument: Any) -> Sequence[Any]:
    """Return a list, or a list of the one value that stands for it."""
    return argument if isinstance(argument, list | tuple) else [argument]


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _either_case(str.startswith),
    "suffix": _either_case(str.endswith),
    "equals-ignore-case": lambda argument, value: isinstance(value, str) and value.lower() == argument.lower(),
    "wildcard": lambda argument, value: isinstance(value, str) and fits(value, pieces(argument)),
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
    "exists": lambda argument, _: bool(argument),
}
