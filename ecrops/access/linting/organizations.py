"""Conditions on organizations that do not hold what they promise. Pure.

Called for each statement of a resource policy.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
(and ``aws:PrincipalOrgPaths``, with the form of a path),
https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html (the form of an id)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecrops.access.linting.known import Known
from ecrops.access.linting.remark import Remark
from ecrops.access.principals.named import ORGANIZATION
from ecrops.iam.narrowing import Test, narrowing, tests
from ecrops.iam.statements import Statement, allows

IDS = ("aws:principalorgid", "aws:sourceorgid")
PATHS = ("aws:principalorgpaths", "aws:sourceorgpaths")
_PARTS = (ORGANIZATION, re.compile(r"r-[a-z0-9]{4,32}"), re.compile(r"ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}"))
_WILDCARD = re.compile(r"[*?]|\$\{")
_FORMS = {
    IDS: "an id is 'o-' and 10 to 32 lower-case letters and digits, as organizations:DescribeOrganization tells it",
    PATHS: "a path is like 'o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/', with a slash at its end, and 'StringLike' for '*'",
}


def remarks(statement: Statement, known: Known) -> Iterator[Remark]:
    """Yield what is probably not meant in the conditions of a statement on organizations."""
    for test in tests(statement.get("Condition")):
        for keys, form in _FORMS.items():
            if test.key in keys and test.operator.startswith("string"):
                wrong = [value for value in test.values if _is_misspelt(test, value)]
                for value in wrong:
                    message = f"compares {test.key} with {value!r} by {test.operator}, which no request has"
                    yield Remark("misspelt-organization", message, form)
                yield from _foreign(statement, test, known)


def _is_misspelt(test: Test, value: str) -> bool:
    """Whether no request has a value: it is no id or path, or it has a wildcard that is plain text."""
    text = value.lower() if "ignorecase" in test.operator else value
    if "${" in text:
        return False
    if test.key in IDS:
        return not ("like" in test.operator and _WILDCARD.search(text)) and not ORGANIZATION.fullmatch(text)
    has_wildcard = "like" in test.operator and bool(_WILDCARD.search(text))
    *parts, last = _WILDCARD.split(text)[0].split("/") if has_wildcard else text.split("/")
    is_whole = has_wildcard or (not last and len(parts) > 1)
    return not is_whole or not all(
        _PARTS[min(number, len(_PARTS) - 1)].fullmatch(part) for number, part in enumerate(parts)
    )


def _foreign(statement: Statement, test: Test, known: Known) -> Iterator[Remark]:
    """Yield the organizations that a statement lets in, and that are not the registry's; or that it lets in alone."""
    values = [value.partition("/")[0] for value in test.values]
    named = [value for value in dict.fromkeys(values) if ORGANIZATION.fullmatch(value)]
    foreign = [name for name in named if known.is_foreign_organization(name)]
    negated = "not" in test.operator
    own = known.organization() if foreign else None
    here = f"this account is of {own}" if own else "this account is of none"
    if allows(statement) and not negated:
        for name in foreign if test in narrowing(statement.get("Condition")) else ():
            way_out = f"say accounts=[{name!r}] if it is meant to, or correct the condition"
            yield Remark("other-organization", f"lets in organization {name}, and {here}", way_out)
    elif not allows(statement) and negated and foreign and len(foreign) == len(values):
        message = f"denies everybody but organization {', '.join(foreign)}, and {here}"
        yield Remark("other-organization", message, "correct the condition, or take the statement out")
