"""What EventBridge accepts as an event pattern. Pure; every reason at once."""

from __future__ import annotations

import ipaddress
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ecrops.base.problems import Problems
from ecrops.events.patterns.matching import COMPARE, OPERATORS, OR, joined, listed

# The quotas of EventBridge: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
MOST_CHARACTERS = 2048
MOST_RULES = 300
MOST_WILDCARD_RULES = 30
MOST_ALTERNATIVES = 1000
# https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
ENVELOPE = (
    "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail", "replay-name",
)  # fmt: skip
# Taken for operators inside "$or": https://github.com/aws/event-ruler#the-or-primitive
RESERVED = (*OPERATORS, *COMPARE, "exactly", "regex")
# A backslash stands before '*' or a backslash, and no '*' stands beside another one
_WILDCARD = re.compile(r"(?:[^\\*]|\\[\\*]|\*(?!\*))*", re.DOTALL)
_CIDR = re.compile(r"[^/]+/[0-9]{1,3}")
Places = dict[str, str]
"""Where each field is said, by the path that EventBridge joins its keys to."""


def check_pattern(pattern: object, path: str = "event_pattern") -> None:
    """Whether EventBridge would take a pattern, and take all of it.

    Raises:
        SpecError: It would not; with every reason.
    """
    problems = Problems()
    if problems.check(isinstance(pattern, Mapping), path, f"expected a mapping, got {pattern!r}"):
        _check_object(problems, path, pattern)  # type: ignore[arg-type]
    problems.raise_any()
    _check_twice(problems, pattern, path, {})  # type: ignore[arg-type]
    size, count = len(text_of(pattern)), alternatives(pattern)  # type: ignore[arg-type]
    problems.check(size <= MOST_CHARACTERS, path, f"has at most {MOST_CHARACTERS} characters, this has {size:,}")
    most = f"its '$or' make at most {MOST_ALTERNATIVES:,} alternatives, these make {count:,}"
    problems.check(count <= MOST_ALTERNATIVES, path, most)
    problems.raise_any()


def check_further(pattern: object, own: Mapping[str, Any], path: str = "event_pattern") -> None:
    """Whether a pattern narrows down another one, which says which events of AWS a rule is for.

    Raises:
        SpecError: EventBridge would refuse it, no event could match it, or it would take the place of what the other
            one says; with every reason.
    """
    check_pattern(pattern, path)
    problems = Problems()
    for field, place, wanted in leaves(pattern, path):  # type: ignore[arg-type]
        _check_envelope(problems, field, place, wanted)
    said = _check_twice(Problems(), own, "the rule's own pattern", {})
    _check_twice(problems, pattern, path, said)  # type: ignore[arg-type]
    problems.raise_any()


def text_of(pattern: object) -> str:
    """A pattern as short as JSON can be: its length counts."""
    return json.dumps(pattern, separators=(",", ":"))


def canonical(pattern: Any) -> Any:
    """A pattern of its own, with what is in no order sorted, and nothing twice where that means nothing."""
    if isinstance(pattern, Mapping):
        return {key: _canonical_part(key, value) for key, value in sorted(pattern.items())}
    if isinstance(pattern, list | tuple):
        return [json.loads(text) for text in sorted({text_of(canonical(each)) for each in pattern})]
    return pattern


def _canonical_part(key: str, value: Any) -> Any:
    ordered = key == "numeric" and all(not isinstance(each, Mapping) for each in listed(value))
    if ordered or key == OR:  # two alternatives that are one are two: "$or" takes no fewer
        parts = [each if ordered else canonical(each) for each in listed(value)]
        return parts if ordered else sorted(parts, key=text_of)
    return canonical(value)


def wildcards(pattern: Any) -> Iterator[str]:
    """The wildcards in a pattern."""
    if isinstance(pattern, Mapping):
        for key, value in pattern.items():
            yield from listed(value) if key == "wildcard" else wildcards(value)
    elif isinstance(pattern, list | tuple):
        for part in pattern:
            yield from wildcards(part)


def leaves(pattern: Mapping[str, Any], place: str, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Each list of a pattern, those of all alternatives too: the path of its field, its place, and the list."""
    for key, wanted in pattern.items():
        here = f"{place}.{key}"
        if key == OR:
            for index, alternative in enumerate(wanted):
                yield from leaves(alternative, f"{here}[{index}]", path)
        elif isinstance(wanted, Mapping):
            yield from leaves(wanted, here, joined(path, key))
        else:
            yield joined(path, key), here, wanted


def alternatives(pattern: Mapping[str, Any]) -> int:
    """How many patterns without ``$or`` a pattern stands for."""
    count = 1
    for key, wanted in pattern.items():
        if key == OR:
            count *= sum(alternatives(each) for each in wanted)
        elif isinstance(wanted, Mapping):
            count *= alternatives(wanted)
    return count


def _check_twice(problems: Problems, pattern: Mapping[str, Any], place: str, said: Places, path: str = "") -> Places:
    """Notes the fields that are said twice on the way to any alternative; returns all that are said by then.

    EventBridge takes the last one and forgets the others: a pattern that is meant to narrow a rule down would widen it.
    """
    said = dict(said)
    for key, wanted in pattern.items():
        here, field = f"{place}.{key}", joined(path, key)
        if key == OR:
            each = [_check_twice(problems, one, f"{here}[{index}]", said, path) for index, one in enumerate(wanted)]
            said = {field: at for places in each for field, at in places.items()}
        elif isinstance(wanted, Mapping):
            said = _check_twice(problems, wanted, here, said, field)
        else:
            reason = f"says {field} again, after {said.get(field)}: EventBridge uses the last one only, so say it once"
            problems.check(field not in said, here, reason)
            said[field] = here
    return said


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
        here = f"{path}.{key}"
        if not problems.check(isinstance(key, str), here, f"expected the name of a field, a string, got {key!r}"):
            continue
        problems.check(key not in reserved, here, "inside '$or' this name is an operator's, and no field can have it")
        if key == OR:
            _check_or(problems, here, wanted)
        elif isinstance(wanted, Mapping):
            _check_object(problems, here, wanted, reserved)
        elif not isinstance(wanted, list | tuple):
            problems.add("", f"{here}: expected a list of values, got {wanted!r}; write [{wanted!r}]")
        elif problems.check(bool(wanted), here, "an empty list matches nothing: leave the field out"):
            for want in wanted:
                _check_value(problems, here, want)


def _check_or(problems: Problems, path: str, wanted: Any) -> None:
    right = isinstance(wanted, list | tuple) and len(wanted) > 1 and all(isinstance(each, Mapping) for each in wanted)
    if problems.check(right, path, f"expected a list of two or more patterns, got {wanted!r}"):
        for index, alternative in enumerate(wanted):
            _check_object(problems, f"{path}[{index}]", alternative, RESERVED)


def _check_value(problems: Problems, path: str, want: Any) -> None:
    if isinstance(want, Mapping):
        expected = f"expected one operator of {', '.join(OPERATORS)}, got {want!r}"
        if problems.check(len(want) == 1 and set(want) <= set(OPERATORS), path, expected):
            [(name, argument)] = want.items()
            right, form = ARGUMENTS[name]
            problems.check(right(argument), path, f"{name} does not take {argument!r}, but {form}")
    else:
        problems.check(_is_scalar(want), path, f"expected a string, number, boolean or null, got {want!r}")


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 5e9


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
    if not all(isinstance(sign, str) and sign in COMPARE for sign in signs) or not all(map(_is_number, bounds)):
        return False
    return len(signs) == 1 or (signs[0] in (">", ">=") and signs[1] in ("<", "<=") and bounds[0] < bounds[1])


def _is_cidr(argument: Any) -> bool:
    """A range has two addresses at least: EventBridge takes no prefix of all the bits."""
    try:
        right = isinstance(argument, str) and bool(_CIDR.fullmatch(argument))
        return right and ipaddress.ip_network(argument, strict=False).num_addresses > 1
    except ValueError:
        return False


def _is_anything_but(argument: Any) -> bool:
    if not isinstance(argument, Mapping):
        values = listed(argument)
        return bool(values) and (all(map(_is_text, values)) or all(map(_is_number, values)))
    if len(argument) != 1:
        return False
    [(name, inner)] = argument.items()
    return name in INSIDE_BUT and bool(listed(inner)) and all(INSIDE_BUT[name](each) for each in listed(inner))


def _is_some_text(argument: Any) -> bool:
    return isinstance(argument, str) and bool(argument)


# The case of a prefix cannot be ignored here: no guide of EventBridge has that, though the library it is made of does
INSIDE_BUT: dict[str, Callable[[Any], bool]] = {
    "prefix": _is_some_text,
    "suffix": _is_some_text,
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
