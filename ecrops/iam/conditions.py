"""The conditions of a statement, as IAM knows them. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from ecrops.base.problems import hint
from ecrops.errors import SpecError
from ecrops.iam.plain_json import plain
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
    f"{each}{operator}{end}".lower()
    for each in ("", *SETS)
    for operator in OPERATORS
    for end in ("", "IfExists")
    if operator + end != "NullIfExists"
}
_RESOURCE_KEY = re.compile(r"aws:Resource(Tag/|Account$|Org(ID|Paths)$)|ecr:ResourceTag/", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{\s*([^},\s]+)")
SHAPE = '{operator: {key: value}}, as in a policy, such as {"Bool": {"aws:SecureTransport": "true"}}'


def check_conditions(conditions: object) -> dict[str, Any]:
    """Conditions in the form that a policy has them: a copy, in plain JSON.

    Raises:
        SpecError: IAM would refuse them; with every reason.
    """
    if not isinstance(conditions, Mapping):
        raise SpecError(f"expected {SHAPE}, got {conditions!r}")
    copied: dict[str, Any] = plain(conditions)
    reasons = [reason for operator, test in copied.items() for reason in _problems(operator, test)]
    if reasons:
        raise SpecError(*reasons)
    return copied


def without_resources(condition: str) -> str:
    """A condition, as a subject has it, without the tests of the resource: what is about ``*`` has none to test.

    Tests of the owner and the tags of a resource go, and those whose values are such a key as a variable.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resource-properties
    """
    left = {
        operator: kept
        for operator, test in json.loads(condition or "{}").items()
        if (kept := {key: value for key, value in test.items() if not _is_of_resource(key, value)})
    }
    return condition_text(left)


def _is_of_resource(key: str, value: Any) -> bool:
    variables = (_VARIABLE.findall(str(each)) for each in listed(value))
    return any(_RESOURCE_KEY.match(each) for each in (key, *chain.from_iterable(variables)))


def _problems(operator: str, test: Any) -> Iterator[str]:
    if operator.lower() not in _KNOWN:
        yield f"IAM has no condition operator {operator!r}{_meant(operator)}"
    if not isinstance(test, dict) or not test:
        yield f"expected {SHAPE}, got {test!r} under {operator!r}"
        return
    for key, value in test.items():
        values = listed(value)
        if not key:
            yield f"expected the name of a condition key under {operator!r}, got ''"
        if not values or not all(isinstance(each, str | bool | int | float) for each in values):
            yield f"expected strings, numbers or booleans, at least one, as {key!r} under {operator!r}, got {value!r}"


def _meant(operator: str) -> str:
    """What may have been meant, for a name that IAM does not have."""
    start = next((each for each in SETS if operator.lower().startswith(each.lower())), "")
    bare = operator[len(start) :]
    end = "IfExists" if bare.lower().endswith("ifexists") else ""
    return hint(bare[: len(bare) - len(end)], OPERATORS, start, end if bare.lower() != "nullifexists" else "")
