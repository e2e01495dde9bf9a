"""The conditions of a statement: which operators IAM has, and which conditions it refuses. Pure.

Called by principals and by statements that check themselves. It checks the form of a condition, and refuses a misspelt
global key. Other unknown keys pass, because every service of AWS has its own, and AWS adds keys.

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
_RESOURCE_KEY = re.compile(r"aws:Resource(Tag/|Account$|Org(ID|Paths)$)|ecr(-public)?:ResourceTag/", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{\s*([^},\s]+)")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
GLOBAL_KEYS = tuple(
    f"aws:{name}"
    for name in [
        "AssumedRoot",
        "CalledVia",
        "CalledViaFirst",
        "CalledViaLast",
        "ChatbotSourceArn",
        "CurrentTime",
        "Ec2InstanceSourcePrivateIPv4",
        "Ec2InstanceSourceVpc",
        "EpochTime",
        "FederatedProvider",
        "MultiFactorAuthAge",
        "MultiFactorAuthPresent",
        "PrincipalAccount",
        "PrincipalArn",
        "PrincipalIsAWSService",
        "PrincipalOrgID",
        "PrincipalOrgPaths",
        "PrincipalServiceName",
        "PrincipalServiceNamesList",
        "PrincipalTag",
        "PrincipalType",
        "RequestTag",
        "RequestedRegion",
        "ResourceAccount",
        "ResourceOrgID",
        "ResourceOrgPaths",
        "ResourceTag",
        "SecureTransport",
        "SignInSessionArn",
        "SourceAccount",
        "SourceArn",
        "SourceIdentity",
        "SourceIp",
        "SourceOrgID",
        "SourceOrgPaths",
        "SourceVpc",
        "SourceVpcArn",
        "SourceVpce",
        "TagKeys",
        "TokenIssueTime",
        "UserAgent",
        "ViaAWSService",
        "VpcSourceIp",
        "VpceAccount",
        "VpceOrgID",
        "VpceOrgPaths",
        "referer",
        "userid",
        "username",
    ]
)
_LIKENESS = 0.9
"""How alike two names of keys are, from 0 to 1, that one is a misspelling: AWS adds keys with names like others."""
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
        elif close := _meant(key):
            yield f"IAM has no condition key {key!r}; did you mean {close}?"
        if not values or not all(isinstance(item, str | bool | int | float) for item in values):
            yield f"expected strings, numbers or booleans, at least one, as {key!r} under {operator!r}, got {value!r}"


def _meant(key: str) -> str:
    """Return the global key that a key is a misspelling of; empty if it is one, or resembles none."""
    name, slash, tag = key.partition("/")
    known = {known_key.lower(): known_key for known_key in GLOBAL_KEYS}
    if name.lower() in known or not name.lower().startswith("aws:"):
        return ""
    from difflib import get_close_matches

    near = get_close_matches(name.lower().removeprefix("aws:"), [word[4:] for word in known], 1, _LIKENESS)
    return f"{known[f'aws:{near[0]}']}{slash}{tag}" if near else ""


def _hint(operator: str) -> str:
    """Return which operator was probably meant, as the end of a message."""
    prefix = next((prefix for prefix in SETS if operator.lower().startswith(prefix.lower())), "")
    bare = operator[len(prefix) :]
    end = "IfExists" if bare.lower().endswith("ifexists") else ""
    return hint(bare[: len(bare) - len(end)], OPERATORS, prefix, end if bare.lower() != "nullifexists" else "")
