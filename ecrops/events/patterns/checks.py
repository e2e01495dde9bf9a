"""Refusing event patterns that EventBridge would refuse, or would not take as they are meant. Pure.

Called by ``Pattern`` and ``Event``. It gives every reason at once. It does not know ECR: it checks the language of
patterns, and the fields that every event has.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ecrops.base.plain_json import check_size, plain
from ecrops.base.problems import Problems, is_number
from ecrops.events.patterns.limits import check_limits, wildcards
from ecrops.events.patterns.machines import check_wildcards
from ecrops.events.patterns.matching import COMPARE, OPERATORS, OR, joined, listed

# https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
ENVELOPE = (
    "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail", "replay-name",
)  # fmt: skip
# Names that are operators inside "$or": https://github.com/aws/event-ruler#the-or-primitive
RESERVED = (*OPERATORS, *COMPARE, "exactly", "regex")
# A backslash is followed by '*' or a backslash, and there is no '**'
_WILDCARD = re.compile(r"(?:[^\\*]|\\[\\*]|\*(?!\*))*", re.DOTALL)
_CIDR = re.compile(r"[^/]+/[0-9]{1,3}")
Places = dict[str, str]
"""The place of each field in a pattern, by its path in the event."""


def check_pattern(pattern: object, path: str = "event_pattern") -> None:
    """Refuse a pattern that EventBridge would refuse, or would use only in part.

    Raises:
        SpecError: With every reason.
    """
    problems = Problems()
    problems.take(path, lambda: check_size(pattern))
    problems.raise_any()
    if problems.check(isinstance(pattern, Mapping), path, f"expected a mapping, got {pattern!r}"):
        _check_object(problems, path, pattern)  # type: ignore[arg-type]
    problems.raise_any()
    problems.take(path, lambda: plain(pattern))
    _check_repeated(problems, pattern, path, {})  # type: ignore[arg-type]
    check_limits(problems, path, pattern)  # type: ignore[arg-type]
    problems.raise_any()
    places: Places = {}
    for field, place, wanted in leaves(pattern, path):  # type: ignore[arg-type]
        if any(wildcards(wanted)):
            places[field] = f"{path}.{field}" if field in places else place
    check_wildcards(problems, places, pattern)  # type: ignore[arg-type]
    problems.raise_any()


def check_further(pattern: object, narrowed: Mapping[str, Any], path: str = "event_pattern") -> None:
    """Refuse a pattern that does not narrow down another one.

    Args:
        pattern: The further pattern.
        narrowed: The pattern that it narrows down: that of the rule's kind of event.
        path: The path of the further pattern, for messages.

    Raises:
        SpecError: EventBridge would refuse it, no event could match it, or it would replace a field of the other
            pattern; with every reason.
    """
    check_pattern(pattern, path)
    problems = Problems()
    for field, place, wanted in leaves(pattern, path):  # type: ignore[arg-type]
        _check_envelope(problems, field, place, wanted)
    places = _check_repeated(Problems(), narrowed, "the rule's own pattern", {})
    _check_repeated(problems, pattern, path, places)  # type: ignore[arg-type]
    problems.raise_any()


def leaves(pattern: Mapping[str, Any], place: str, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield each list of a pattern and of its alternatives: the path of its field, its place, and the list."""
    for key, wanted in pattern.items():
        key_place = f"{place}.{key}"
        if key == OR:
            for index, alternative in enumerate(wanted):
                yield from leaves(alternative, f"{key_place}[{index}]", path)
        elif isinstance(wanted, Mapping):
            yield from leaves(wanted, key_place, joined(path, key))
        else:
            yield joined(path, key), key_place, wanted


def _check_repeated(
    problems: Problems, pattern: Mapping[str, Any], place: str, places: Places, path: str = ""
) -> Places:
    """Add a problem for each field that any alternative has twice.

    EventBridge uses the last one and ignores the others: a pattern that is meant to narrow a rule down would widen it.

    Args:
        problems: The problems to add to.
        pattern: The pattern, or a part of one.
        place: The place of that part.
        places: The fields that come before it.
        path: The path of the field that the part is the value of.

    Returns:
        The fields that come before it, and those in it.
    """
    places = dict(places)
    for key, wanted in pattern.items():
        key_place, field = f"{place}.{key}", joined(path, key)
        if key == OR:
            branches = [
                _check_repeated(problems, alternative, f"{key_place}[{index}]", places, path)
                for index, alternative in enumerate(wanted)
            ]
            places = {field: branch[field] for branch in branches for field in branch}
        elif isinstance(wanted, Mapping):
            places = _check_repeated(problems, wanted, key_place, places, field)
        else:
            reason = (
                f"says {field} again, after {places.get(field)}: EventBridge uses the last one only, so say it once"
            )
            problems.check(field not in places, key_place, reason)
            places[field] = key_place
    return places


def _check_envelope(problems: Problems, field: str, place: str, wanted: Any) -> None:
    top, _, inner = field.partition(".")
    if not problems.check(top in ENVELOPE, place, f"an event has no such field, only {', '.join(ENVELOPE)}"):
        return
    if top == "detail":
        problems.check(bool(inner), place, f"an event's detail is an object, got {wanted!r}; write {{field: [values]}}")
    else:
        problems.check(not inner, place, f"an event's {top} has no fields inside: expected a list of its values")
    problems.check(top not in ("account", "region") or "*" not in wanted, place, "'*' matches nothing: leave it out")


def _check_object(problems: Problems, path: str, pattern: Mapping[Any, Any], reserved: tuple[str, ...] = ()) -> None:
    problems.check(bool(pattern), path, "is empty: it needs a field at least")
    for key, wanted in pattern.items():
        key_path = f"{path}.{key}"
        if not problems.check(isinstance(key, str), key_path, f"expected the name of a field, a string, got {key!r}"):
            continue
        reason = "inside '$or' this name is an operator's, and no field can have it"
        problems.check(key not in reserved, key_path, reason)
        if key == OR:
            _check_or(problems, key_path, wanted)
        elif isinstance(wanted, Mapping):
            _check_object(problems, key_path, wanted, reserved)
        elif not isinstance(wanted, list | tuple):
            problems.add("", f"{key_path}: expected a list of values, got {wanted!r}; write [{wanted!r}]")
        elif problems.check(bool(wanted), key_path, "an empty list matches nothing: leave the field out"):
            for want in wanted:
                _check_value(problems, key_path, want)


def _check_or(problems: Problems, path: str, wanted: Any) -> None:
    is_list = isinstance(wanted, list | tuple) and len(wanted) > 1 and all(isinstance(item, Mapping) for item in wanted)
    if problems.check(is_list, path, f"expected a list of two or more patterns, got {wanted!r}"):
        for index, alternative in enumerate(wanted):
            _check_object(problems, f"{path}[{index}]", alternative, RESERVED)


def _check_value(problems: Problems, path: str, want: Any) -> None:
    if isinstance(want, Mapping):
        expected = f"expected one operator of {', '.join(OPERATORS)}, got {want!r}"
        if problems.check(len(want) == 1 and set(want) <= set(OPERATORS), path, expected):
            [(name, argument)] = want.items()
            is_right, form = ARGUMENTS[name]
            problems.check(is_right(argument), path, f"{name} does not take {argument!r}, but {form}")
    else:
        is_finite = not isinstance(want, float) or math.isfinite(want)
        is_scalar = want is None or (isinstance(want, str | int | float) and is_finite)
        problems.check(is_scalar, path, f"expected a string, number, boolean or null, got {want!r}")


def _is_bound(value: Any) -> bool:
    return is_number(value) and abs(value) <= 5e9


def _is_affix(argument: Any) -> bool:
    if isinstance(argument, Mapping):
        return set(argument) == {"equals-ignore-case"} and isinstance(argument["equals-ignore-case"], str)
    return isinstance(argument, str)


def _is_text(argument: Any) -> bool:
    return isinstance(argument, str)


def _is_wildcard(argument: Any) -> bool:
    return isinstance(argument, str) and bool(_WILDCARD.fullmatch(argument))


def _is_numeric(argument: Any) -> bool:
    if not isinstance(argument, list | tuple) or len(argument) not in (2, 4):
        return False
    signs, bounds = argument[::2], argument[1::2]
    if not all(isinstance(sign, str) and sign in COMPARE for sign in signs) or not all(map(_is_bound, bounds)):
        return False
    return len(signs) == 1 or (signs[0] in (">", ">=") and signs[1] in ("<", "<=") and bounds[0] < bounds[1])


def _is_cidr(argument: Any) -> bool:
    """Whether it is a range of two addresses at least: EventBridge takes no prefix of all the bits."""
    try:
        is_text = isinstance(argument, str) and bool(_CIDR.fullmatch(argument))
        return is_text and ipaddress.ip_network(argument, strict=False).num_addresses > 1
    except ValueError:
        return False


def _is_anything_but(argument: Any) -> bool:
    if not isinstance(argument, Mapping):
        values = listed(argument)
        return bool(values) and (all(map(_is_text, values)) or all(map(_is_bound, values)))
    if len(argument) != 1:
        return False
    [(name, inner)] = argument.items()
    return name in INSIDE_BUT and bool(listed(inner)) and all(INSIDE_BUT[name](item) for item in listed(inner))


def _is_nonempty_text(argument: Any) -> bool:
    return isinstance(argument, str) and bool(argument)


# No prefix that ignores case: the library behind EventBridge has it here, but no guide of EventBridge does
INSIDE_BUT: dict[str, Callable[[Any], bool]] = {
    "prefix": _is_nonempty_text,
    "suffix": _is_nonempty_text,
    "equals-ignore-case": _is_text,
    "wildcard": _is_wildcard,
}
_AFFIX = 'a string or {"equals-ignore-case": string}'
ARGUMENTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "prefix": (_is_affix, _AFFIX),
    "suffix": (_is_affix, _AFFIX),
    "equals-ignore-case": (_is_text, "a string"),
    "wildcard": (_is_wildcard, r"a string without '**', in which a backslash comes as \\* or \\\\ only"),
    "numeric": (_is_numeric, 'a comparison such as [">", 0] or [">", 0, "<=", 5], of numbers up to 5e9'),
    "cidr": (_is_cidr, "a range such as 10.0.0.0/24; of one address write the address itself"),
    "anything-but": (
        _is_anything_but,
        f"strings, or numbers, or one of {', '.join(INSIDE_BUT)} with a string or a list of strings",
    ),
    "exists": (lambda argument: isinstance(argument, bool), "true or false"),
}
