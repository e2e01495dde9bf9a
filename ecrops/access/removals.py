"""The calls that take an allowance or a statement out of a policy, as Python in words. Pure.

Called by ``leftovers`` and by the notes on statements: a note that tells what is still there tells the way out too.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from ecrops.access import words
from ecrops.access.edits import Forbid
from ecrops.access.policy_keys import POLICY, PolicyKey
from ecrops.access.principals.named import ORGANIZATION
from ecrops.access.principals.reach import EVERYONE
from ecrops.iam.narrowing import narrowing
from ecrops.iam.policy import Policy, Subject
from ecrops.iam.statements import Statement, meaning, plain_account


def removal(statement: Statement, policy: Policy) -> str:
    """Return the call that takes a foreign statement out of a policy, and no other statement."""
    sid = statement.get("Sid")
    if not sid:
        return "remove_from_resource_policy(statement)"
    others = {meaning(other) for other in policy.foreign if other.get("Sid") == sid}
    return f"remove_from_resource_policy({sid!r})" if len(others) < 2 else f"remove_from_resource_policy({statement})"


def arguments_of(remaining: Collection[str], forbid: Forbid) -> str:
    """Return the remaining actions as arguments; none if all actions were to be taken away."""
    return "" if forbid.actions is None else "".join(f", {action!r}" for action in remaining)


def revocation(policy_key: PolicyKey, subject: Subject, arguments: str, on: str, attach: str) -> str:
    """Return the call that takes an allowance out of an identity policy."""
    options = {
        "on": on,
        "attach": "" if attach == "inline" else attach,
        "policy_name": "" if policy_key.policy == POLICY else policy_key.policy,
    }
    keywords = "".join(f", {name}={value!r}" for name, value in options.items() if value)
    session = ", session=..." if policy_key.account else ""
    principal = _principal(policy_key.kind.title(), policy_key.name, subject.condition)
    return f"revoke({principal}{arguments}{keywords}{session})"


def python_of(subject: Subject) -> str:
    """Return the principal of a repository policy as Python."""
    kind, _, name = subject.name.partition(":")
    if subject.name == EVERYONE:
        if organization := organization_of(subject):
            return _principal("OrganizationPrincipal", organization, "")
        conditions = json.loads(subject.condition or "{}")
        public = "" if narrowing(conditions) else "public=True"
        return f"AnyPrincipal({', '.join(filter(None, (f'{conditions=}' if conditions else '', public)))})"
    if kind == "AWS":
        account = plain_account(name)
        return _principal("AccountPrincipal" if account.isdecimal() else "ArnPrincipal", account, subject.condition)
    return _principal(f"{kind}Principal", name, subject.condition)


def _principal(kind: str, name: str, condition: str) -> str:
    conditions = f", conditions={json.loads(condition)!r}" if condition else ""
    return f"{kind}({name!r}{conditions})"


def organization_of(subject: Subject) -> str:
    """Return the id of the organization that a subject is; empty if it is none."""
    if subject.name != EVERYONE:
        return ""
    name = words.organization(json.loads(subject.condition or "{}")).removeprefix("organization ")
    return name if ORGANIZATION.fullmatch(name) else ""
