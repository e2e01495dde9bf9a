"""The ``Condition`` element of a statement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from . import operators
from .operators import compared, date, number
from .patterns import Facts, NoText, NotKnown, Pattern, Values, filled, plain
from .truth import Truth, all_of, any_of, opposite

Test = Callable[[str, Pattern], bool]
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
WITH_VARIABLES: dict[str, Test] = {
    "StringEquals": operators.equals,
    "StringEqualsIgnoreCase": operators.equals_ignoring_case,
    "StringLike": operators.like,
    "ArnEquals": operators.arn_like,
    "ArnLike": operators.arn_like,
}
WITHOUT_VARIABLES: dict[str, Test] = {
    "Bool": operators.is_bool,
    "BinaryEquals": operators.same_bytes,
    "IpAddress": operators.in_network,
    **{f"Numeric{name}": compared(number, order) for name, order in ORDERS.items()},
    **{f"Date{name}": compared(date, order) for name, order in ORDERS.items()},
}
POSITIVE = WITH_VARIABLES | WITHOUT_VARIABLES
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


class Unreadable(Exception):
    """Nobody knows what a policy, or a part of it, means."""


@dataclass(frozen=True)
class Operator:
    """An operator: ``ForAnyValue:StringNotLikeIfExists`` has a set, is negated, and lets a missing key pass."""

    name: str
    negated: bool
    if_exists: bool
    over: str


def parse(text: str) -> Operator:
    """Return what the name of an operator says.

    Raises:
        Unreadable: IAM has no such operator.
    """
    over, _, name = text.rpartition(":")
    if over not in ("", "ForAllValues", "ForAnyValue"):
        raise Unreadable(text)
    if text == "Null":
        return Operator(text, negated=False, if_exists=False, over="")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = name in NEGATED
    name = NEGATED.get(name, name)
    if name not in POSITIVE:
        raise Unreadable(text)
    return Operator(name, negated, if_exists, over)


def listed(values: Any) -> list[str]:
    """Return the values of an element: one or a list, of which numbers and ``true`` are texts too.

    Raises:
        Unreadable: Something in it is neither a text nor a number nor a boolean.
    """
    found = values if isinstance(values, list) else [values]
    if not all(isinstance(value, str | int | float) for value in found):
        raise Unreadable(values)
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in found]


def tests(condition: Any) -> Iterator[tuple[Operator, str, list[str]]]:
    """Yield the tests of a condition: operator, key in small letters (no case counts in it), and values.

    Raises:
        Unreadable: It has no form of a condition.
    """
    if not isinstance(condition, dict):
        raise Unreadable(condition)
    for name, keys in condition.items():
        if not isinstance(keys, dict):
            raise Unreadable(condition)
        for key, values in keys.items():
            yield parse(name), key.lower(), listed(values)


def holds(condition: Any, facts: Facts, *, variables: bool) -> Truth:
    """Return whether a condition holds: all its operators, and all keys of each, have to.

    Args:
        condition: The element; an empty one holds.
        facts: The keys of the request.
        variables: Whether ``${…}`` is a variable here.

    Raises:
        Unreadable: It has no form of a condition.
    """
    return all_of(
        [passes(operator, facts(key), values, facts, variables) for operator, key, values in tests(condition)]
    )


def passes(operator: Operator, found: Values | None, wanted: list[str], facts: Facts, variables: bool) -> Truth:
    """Return whether the values of a key pass one test.

    A missing key passes a negated test, one with ``IfExists``, and one of all its values, which are none; no other.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    if found is None:
        return None
    if operator.name == "Null":
        return str(not found).lower() in [value.lower() for value in wanted]
    if not found:
        return operator.if_exists or operator.over == "ForAllValues" or (operator.negated and not operator.over)
    positive = [any_of(fits(operator, value, each, facts, variables) for each in wanted) for value in found]
    if not operator.over:
        return opposite(any_of(positive)) if operator.negated else any_of(positive)
    single = [opposite(value) for value in positive] if operator.negated else positive
    return all_of(single) if operator.over == "ForAllValues" else any_of(single)


def fits(operator: Operator, value: str, wanted: str, facts: Facts, variables: bool) -> Truth:
    """Return whether one value of the request fits one of the policy."""
    if not variables or operator.name not in WITH_VARIABLES:
        return POSITIVE[operator.name](value, plain(wanted))
    try:
        return POSITIVE[operator.name](value, filled(wanted, facts))
    except NotKnown:
        return None
    except NoText:
        return False
