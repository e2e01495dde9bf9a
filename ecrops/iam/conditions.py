"""The conditions of a statement: which operators IAM has, and which conditions it refuses. Pure.

Called by principals and by statements that check themselves. It checks the form of a condition. It does not know which
condition keys there are, because every service of AWS has its own.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from ecrops.base.plain_json import check_size, plain
from ecrops.base.problems import hint
from ecrops.errors import SpecError
from ecrops.iam.statements import condition_text, listed

_ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS = (
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    *(f"Numeric{order}" for order in _ORDERS),
    *(f"Date{order}" for order in _ORDERS),
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
)
SETS = ("ForAllValues:", "ForAnyValue:")
_KNOWN = {
    f"{prefix}{operator}{end}".lower()
    for prefix in ("", *SETS)
    for operator in OPERATORS
    for end in ("", "IfExists")
    if operator + end != "NullIfExists"
}
_RESOURCE_KEY = re.compile(r"aws:Resource(Tag/|Account$|Org(ID|Paths)$)|ecr:ResourceTag/", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{\s*([^},\s]+)")
SHAPE = '{operator: {key: value}}, as in a policy, such as {"Bool": {"aws:SecureTransport": "true"}}'


def check_conditions(conditions: object) -> dict[str, Any]:
    """Return conditions in the form that a policy has them: a copy, in plain JSON.

    Raises:
        SpecError: IAM would refuse them; with every reason.
    """
    check_size(conditions)
    if not isinstance(conditions, Mapping):
        raise SpecError(f"expected {SHAPE}, got {conditions!r}")
    copied: dict[str, Any] = plain(conditions)
    reasons = [reason for operator, test in copied.items() for reason in _problems(operator, test)]
    if reasons:
        raise SpecError(*reasons)
    return copied


def without_resources(condition: str) -> str:
    """Return a condition, given as JSON, without the tests of a resource: for a statement about ``*``, which has none.

    It loses the tests of a resource's owner and tags, and those that compare with such a key as a variable.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resource-properties
    """
    remaining = {
        operator: tests
        for operator, test in json.loads(condition or "{}").items()
        if (tests := {key: value for key, value in test.items() if not _is_of_resource(key, value)})
    }
    return condition_text(remaining)


def _is_of_resource(key: str, value: Any) -> bool:
    variables = chain.from_iterable(_VARIABLE.findall(str(item)) for item in listed(value))
    return any(_RESOURCE_KEY.match(name) for name in (key, *variables))


def _problems(operator: str, test: Any) -> Iterator[str]:
    if operator.lower() not in _KNOWN:
        yield f"IAM has no condition operator {operator!r}{_hint(operator)}"
    if not isinstance(test, dict) or not test:
        yield f"expected {SHAPE}, got {test!r} under {operator!r}"
        return
    for key, value in test.items():
        values = listed(value)
        if not key:
            yield f"expected the name of a condition key under {operator!r}, got ''"
        if not values or not all(isinstance(item, str | bool | int | float) for item in values):
            yield f"expected strings, numbers or booleans, at least one, as {key!r} under {operator!r}, got {value!r}"


def _hint(operator: str) -> str:
    """Return which operator was probably meant, as the end of a message."""
    prefix = next((prefix for prefix in SETS if operator.lower().startswith(prefix.lower())), "")
    bare = operator[len(prefix) :]
    end = "IfExists" if bare.lower().endswith("ifexists") else ""
    return hint(bare[: len(bare) - len(end)], OPERATORS, prefix, end if bare.lower() != "nullifexists" else "")
