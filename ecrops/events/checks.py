"""What EventBridge accepts as an event pattern. Pure; every reason at once."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ecrops.events.matching import COMPARE, OPERATORS, listed
from ecrops.fields import Problems

# The quotas of EventBridge: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
MOST_CHARACTERS = 2048
MOST_RULES = 300
MOST_WILDCARD_RULES = 30
# https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
ENVELOPE = (
    "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail", "replay-name",
)  # fmt: skip


def check_pattern(pattern: object, path: str = "event_pattern") -> None:
    """Whether EventBridge would take a pattern.

    Raises:
        SpecError: It would not; with every reason.
    """
    problems = Problems()
    if problems.check(isinstance(pattern, Mapping), path, f"expected a mapping, got {pattern!r}"):
        _check_object(problems, path, pattern)  # type: ignore[arg-type]
    problems.raise_any()
    size = len(text_of(pattern))
    problems.check(size <= MOST_CHARACTERS, path, f"has at most {MOST_CHARACTERS} characters, this has {size:,}")
    problems.raise_any()


def check_further(pattern: object, path: str = "event_pattern") -> None:
    """Whether a pattern could narrow down which events of AWS a rule is for.

    Raises:
        SpecError: EventBridge would refuse it, or no event could match it; with every reason.
    """
    check_pattern(pattern, path)
    problems, fields = Problems(), dict(pattern)  # type: ignore[call-overload]
    for key in fields:
        expected = f"an event has no such field, only {', '.join(ENVELOPE)}"
        problems.check(key in (*ENVELOPE, "$or"), f"{path}.{key}", expected)
    for key in ("account", "region"):
        problems.check("*" not in listed(fields.get(key, ())), f"{path}.{key}", "'*' matches nothing: leave it out")
    problems.raise_any()


def text_of(pattern: object) -> str:
    """A pattern as short as JSON can be: its length counts."""
    return json.dumps(pattern, separators=(",", ":"))


def wildcards(pattern: Any) -> Iterator[str]:
    """The wildcards in a pattern."""
    if isinstance(pattern, Mapping):
        for key, value in pattern.items():
            yield from listed(value) if key == "wildcard" else wildcards(value)
    elif isinstance(pattern, list | tuple):
        for part in pattern:
            yield from wildcards(part)


def _check_object(problems: Problems, path: str, pattern: Mapping[Any, Any]) -> None:
    problems.check(bool(pattern), path, "is empty: it needs a field at least")
    for key, wanted in pattern.items():
        here = f"{path}.{key}"
        if key == "$or":
            _check_or(problems, here, wanted)
        elif isinstance(wanted, Mapping):
            _check_object(problems, here, wanted)
        elif not isinstance(wanted, list | tuple):
            problems.add("", f"{here}: expected a list of values, got {wanted!r}; write [{wanted!r}]")
        elif problems.check(bool(wanted), here, "an empty list matches nothing: leave the field out"):
            for want in wanted:
                _check_value(problems, here, want)


def _check_or(problems: Problems, path: str, wanted: Any) -> None:
    right = isinstance(wanted, list | tuple) and len(wanted) > 1 and all(isinstance(each, Mapping) for each in wanted)
    if problems.check(right, path, f"expected a list of two or more patterns, got {wanted!r}"):
        for index, alternative in enumerate(wanted):
            _check_object(problems, f"{path}[{index}]", alternative)


def _check_value(problems: Problems, path: str, want: Any) -> None:
    if isinstance(want, Mapping):
        names = [*OPERATORS, "exists"]
        if problems.check(len(want) == 1 and set(want) <= set(names), path, _expected(names, want)):
            [(name, argument)] = want.items()
            problems.check(ARGUMENTS[name](argument), path, f"{name} does not take {argument!r}")
    else:
        problems.check(_is_scalar(want), path, f"expected a string, number, boolean or null, got {want!r}")


def _expected(names: list[str], want: Any) -> str:
    return f"expected one operator of {', '.join(names)}, got {want!r}"


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 5e9


def _is_affix(argument: Any) -> bool:
    if isinstance(argument, Mapping):
        return set(argument) == {"equals-ignore-case"} and isinstance(argument["equals-ignore-case"], str)
    return isinstance(argument, str)


def _is_text(argument: Any) -> bool:
    return isinstance(argument, str)


def _is_wildcard(argument: Any) -> bool:
    return isinstance(argument, str) and "**" not in argument.replace("\\\\", "").replace("\\*", "")


def _is_numeric(argument: Any) -> bool:
    if not isinstance(argument, list | tuple) or len(argument) not in (2, 4):
        return False
    signs, bounds = argument[::2], argument[1::2]
    ranged = len(signs) == 1 or (signs[0] in (">", ">=") and signs[1] in ("<", "<=") and bounds[0] < bounds[1])
    return all(sign in COMPARE for sign in signs) and all(_is_number(bound) for bound in bounds) and ranged


def _is_cidr(argument: Any) -> bool:
    try:
        ipaddress.ip_network(argument, strict=False)
    except ValueError:
        return False
    return isinstance(argument, str)


def _is_anything_but(argument: Any) -> bool:
    if not isinstance(argument, Mapping):
        values = listed(argument)
        return bool(values) and (all(_is_text(each) for each in values) or all(_is_number(each) for each in values))
    if len(argument) != 1:
        return False
    [(name, inner)] = argument.items()
    allowed = ("prefix", "suffix", "equals-ignore-case", "wildcard")
    return name in allowed and bool(listed(inner)) and all(ARGUMENTS[name](each) for each in listed(inner))


ARGUMENTS: dict[str, Callable[[Any], bool]] = {
    "prefix": _is_affix,
    "suffix": _is_affix,
    "equals-ignore-case": _is_text,
    "wildcard": _is_wildcard,
    "numeric": _is_numeric,
    "cidr": _is_cidr,
    "anything-but": _is_anything_but,
    "exists": lambda argument: isinstance(argument, bool),
}
