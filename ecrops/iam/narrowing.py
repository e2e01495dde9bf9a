"""Which conditions keep callers out of a statement for everyone, and which let in everybody all the same. Pure.

Called by principals, by the notes on statements and by the report. A condition on a key that this module does not know
counts as one that keeps callers out: every service of AWS has keys of its own.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (what each key says),
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html (``…IfExists``),
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
(``ForAllValues`` is true where the request has no such key).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any, NamedTuple

from ecrops.iam.statements import listed, value_text

SOURCES = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
"""The keys that say for whom a service of AWS makes a call."""
_SETS = ("forallvalues:", "foranyvalue:")
# What every caller can meet: by how, when and on what the call is made, and by tags and names that callers give
# themselves in accounts of their own.
_OF_EVERYBODY = re.compile(
    r"aws:(securetransport|currenttime|epochtime|tokenissuetime|multifactorauth(present|age)|requestedregion|useragent"
    r"|referer|viaawsservice|calledvia(first|last)?|principalisawsservice|principaltype|username|tagkeys"
    r"|(principal|request|resource)tag/.*|resource(account|orgid|orgpaths))|ecr(-public)?:.*"
)
_BY_VALUE = ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress")
_VARIABLE = re.compile(r"\$\{\s*(?!aws:resource)[^}]*\}", re.IGNORECASE)
_KINDS_OF_IDS = frozenset(("", "o", "r", "ou", "vpc", "vpce", "a", "aid", "aida", "aro", "aroa"))
"""What the ids of all organizations, networks, users and roles begin with: alone it keeps nobody out."""
_SMALLEST_PREFIX = 8
"""Networks that are larger are of no one owner: the largest that the registries of addresses give are of this size."""


class Test(NamedTuple):
    """One test of a condition, with the operator taken apart.

    Args:
        operator: The operator in lower case, without what stands before and after it.
        key: The key in lower case.
        values: The values, of which one must fit.
        quantifier: ``forallvalues:``, ``foranyvalue:`` or empty.
        if_exists: Whether the test is met where the request has no such key.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: str = ""
    if_exists: bool = False

    def __str__(self) -> str:
        return f"{self.key} {self.quantifier}{self.operator}{'ifexists' if self.if_exists else ''}"


def tests(condition: Any) -> Iterator[Test]:
    """Yield the tests of a condition, all of which must be met. What is no test is left out."""
    for spelled, keys in condition.items() if isinstance(condition, Mapping) else ():
        operator = str(spelled).lower()
        quantifier = next((prefix for prefix in _SETS if operator.startswith(prefix)), "")
        operator = operator.removeprefix(quantifier)
        bare = operator.removesuffix("ifexists")
        for key, values in keys.items() if isinstance(keys, Mapping) else ():
            yield Test(bare, str(key).lower(), tuple(map(value_text, listed(values))), quantifier, bare != operator)


def narrowing(condition: Any) -> list[Test]:
    """Return the tests of a condition that keep callers out."""
    all_tests = list(tests(condition))
    return [test for test in all_tests if not _why_not(test, all_tests)]


def reasons(condition: Any) -> list[str]:
    """Return why each test of a condition keeps nobody out; empty if the condition keeps callers out, or is empty."""
    all_tests = list(tests(condition))
    found = [_why_not(test, all_tests) for test in all_tests]
    return found if all(found) else []


def _why_not(test: Test, others: list[Test]) -> str:
    """Return why a test keeps nobody out; empty if it keeps callers out."""
    if _OF_EVERYBODY.fullmatch(test.key):
        return f"{test.key} says nothing of who calls, or callers choose it themselves"
    if test.operator in ("null", "bool") or "not" in test.operator:
        return f"{test} lets in all but some"
    demanded = any(other[:3] == ("null", test.key, ("false",)) for other in others)
    if (test.if_exists or test.quantifier == "forallvalues:") and not demanded:
        return f"{test} is met where a request has no {test.key}"
    if test.operator in _BY_VALUE and (wide := [value for value in test.values if _is_wide(test, value)]):
        return f"{test} has the value {wide[0]!r}, which everybody can meet"
    return ""


def _is_wide(test: Test, value: str) -> bool:
    """Whether callers of every account can have a value."""
    if test.operator == "ipaddress":
        return _is_everywhere(value)
    if "like" not in test.operator and "arn" not in test.operator:
        return bool(_VARIABLE.search(value))
    pattern = _VARIABLE.sub("*", value)
    parts = pattern.split(":", 5)
    if test.key.endswith("arn") and len(parts) == 6:
        has_wildcard = bool({"*", "?"} & set(parts[4]))
        return has_wildcard or (not parts[4] and not parts[5].strip("*?"))
    if test.key.endswith(("arn", "account")) and {"*", "?"} & set(pattern):
        return not re.search(r"\d{12}", pattern)  # in StringLike a wildcard means colons too
    words = re.split(r"[*?/:-]+", pattern.lower())
    return not set(words) - _KINDS_OF_IDS


def _is_everywhere(network: str) -> bool:
    try:
        return ip_network(network, strict=False).prefixlen < _SMALLEST_PREFIX
    except ValueError:
        return False
