"""Leftovers: what a principal is still allowed after a revoke, and the call that takes it away. Pure.

Called by the aspects of access, with the policy after the edits. It writes sentences for notes and errors. It knows
only the policy that was read: a leftover in another policy is not found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator

from ecrops.access import actions, words
from ecrops.access.edits import LOGINS, PUBLIC_TOKEN, Drop, Forbid
from ecrops.access.policy_keys import PolicyKey
from ecrops.access.principals.reach import EVERYONE, Reach, is_part, reach
from ecrops.access.removals import arguments_of, organization_of, python_of, removal, revocation
from ecrops.aws import is_account
from ecrops.base.render import several
from ecrops.errors import SpecError
from ecrops.iam.policy import PRINCIPAL, Policy, Subject
from ecrops.iam.sids import is_sid, says
from ecrops.iam.statements import Statement, allows, condition_text, denies, listed, plain_account
from ecrops.iam.wildcards import matches
from ecrops.repositories.values import ECR, PUBLIC

_WORTH_A_TOKEN = (actions.LAMBDA, actions.PUSH, actions.PUBLIC_PUSH)  # what is granted by verbs that bring the token


# In an identity policy


def of_identity(policy_key: PolicyKey, forbid: Forbid, policy: Policy, attach: str = "inline") -> Iterator[str]:
    """Yield what a user, a role or a group may still do with a repository, by an identity policy.

    Args:
        policy_key: The policy.
        forbid: The edit.
        policy: The policy after all edits.
        attach: ``inline`` or ``managed``, as the caller of the verb gave it.
    """
    if not forbid.repository:
        yield from _of_token(policy_key, forbid, policy, attach)
        return
    prefix, _, name = forbid.repository.partition("repository/")
    denied = _denied(policy, lambda statement: _is_about(statement, forbid.repository))
    may = f"{name}: {_identity(policy_key)} may still"
    for subject, allowed in policy.allowed.items():
        if matches(subject.name, forbid.repository) and (remaining := _remaining(allowed, forbid, denied)):
            on = subject.name.removeprefix(f"{prefix}repository/")
            wider = "" if on == name else f" on {on!r}"
            call = revocation(policy_key, subject, arguments_of(remaining, forbid), "" if on == name else on, attach)
            # on= names repositories of this registry: it cannot name a resource that somebody made wider
            way_out = "correct it in IAM" if on == subject.name else f"{call} takes it away"
            what = f"{_do(remaining)}{wider}{_limits(subject.condition)}"
            yield f"{may} {what}, by policy {policy_key.policy}: {way_out}"
    for statement in policy.foreign:
        if _is_about(statement, forbid.repository) and (remaining := _remaining_of(statement, forbid, denied)):
            what = f"{_do(remaining)}{_limits(condition_text(statement.get('Condition')))}"
            yield (
                f"{may} {what}, by {which(statement)} of policy {policy_key.policy}: "
                "ecrops did not write it, and takes nothing from it; correct it in IAM"
            )
    yield from _of_login(policy_key, policy, name, forbid.service)


def _of_login(policy_key: PolicyKey, policy: Policy, name: str, service: str) -> Iterator[str]:
    """Yield a note on a token that came with a verb, and now serves only actions that were granted one by one."""
    has_login = any(subject.sid == LOGINS[service].sid for subject in policy.allowed)
    uses = {
        subject.name.partition("repository/")[2]: allowed
        for subject, allowed in policy.allowed.items()
        if not subject.sid and actions.need_a_token(allowed, service)
    }
    by_verb = any(allowed.issuperset(names) for allowed in uses.values() for names in _WORTH_A_TOKEN)
    if has_login and uses and not by_verb:
        yield (
            f"{name}: {_identity(policy_key)} may still log in, by policy {policy_key.policy}, for what it may do with "
            f"images of {several(uses)}: the token goes when that is revoked"
        )


def _of_token(policy_key: PolicyKey, forbid: Forbid, policy: Policy, attach: str) -> Iterator[str]:
    """Yield what still lets an identity log in, after an edit that was to prevent it."""
    token = actions.PUBLIC_TOKEN[0] if forbid.subject.sid == PUBLIC_TOKEN.sid else actions.TOKEN[0]
    may = f"{_identity(policy_key)} may still"
    for subject, allowed in policy.allowed.items():
        if token in allowed and subject.name == "*":
            call = revocation(policy_key, subject, "", "", attach).replace("revoke", "revoke_read", 1)
            is_same = subject.sid == forbid.subject.sid
            way_out = f"{call} takes it away" if is_same else "it goes when nothing that needs it is granted"
            what = f"{actions.words(allowed)}{_limits(subject.condition)}"
            yield f"{may} {what}, by policy {policy_key.policy}: {way_out}"
    for statement in policy.foreign:
        if allows(statement) and actions.is_among(token, map(str, listed(statement.get("Action", [])))):
            yield f"{may} log in, by {which(statement)} of policy {policy_key.policy}: correct it in IAM"


# In a repository policy


def of_repository(name: str, forbid: Forbid, policy: Policy) -> Iterator[str]:
    """Yield what a principal may still do with a repository, by the repository policy.

    Args:
        name: The repository.
        forbid: The edit.
        policy: The policy after all edits.
    """
    principal = forbid.subject
    denied = _denied(policy, lambda statement: reach(statement, principal) is Reach.WHOLE)
    for subject, allowed in policy.allowed.items():
        if not (remaining := _remaining(allowed, forbid, denied)):
            continue
        way_out = f"revoke({python_of(subject)}{arguments_of(remaining, forbid)}) takes it away"
        if reach(_naming(subject), principal):
            yield f"{name}: {_may(subject, principal, remaining)}: {way_out}"
        elif _is_for(subject, principal):
            what = f"{in_words(subject)} may still {_do(remaining)}{_limits(subject.condition)}"
            yield f"{name}: {what}, for {in_words(principal)}: {way_out}"
    for statement in policy.foreign:
        remaining = _remaining_of(statement, forbid, denied)
        by = f"by {which(statement)} of the repository's policy"
        way_out = f"{removal(statement, policy)} takes the whole statement away"
        if "NotPrincipal" in statement and remaining and reach(statement, principal):
            everyone = Subject(EVERYONE, condition_text(statement.get("Condition")))
            may = _may(everyone, principal, remaining, words.all_but(statement["NotPrincipal"]))
            yield f"{name}: {may}, {by}: {way_out}"
        for subject in _subjects(statement) if remaining else ():
            if reach(_naming(subject), principal):
                yield f"{name}: {_may(subject, principal, remaining)}, {by}: {way_out}"


def check_drop(drop: Drop, policy: Policy) -> None:
    """Refuse to remove a statement of ecrops like a foreign one: it holds the grants of all its principals.

    Raises:
        SpecError: The edit is about such a statement; with the calls that take the grants away.
    """
    for statement in policy.with_foreign(()).document.get("Statement", []):
        sid = statement["Sid"]
        if isinstance(drop.statement, str):
            is_meant = is_sid(drop.statement, sid)
        else:
            is_meant = drop.means(statement) or says(statement, drop.statement)
        if is_meant:
            calls = several(f"revoke({python_of(subject)})" for subject in _subjects(statement))
            raise SpecError(f"the statement {sid!r} holds what ecrops granted: {calls} takes it away")


# Actions


def _denied(policy: Policy, is_about: Callable[[Statement], bool]) -> frozenset[str]:
    """Return the actions that statements deny in every request that they are about, and that nobody is left.

    Args:
        policy: The policy.
        is_about: Whether a statement is about the principal, or the repository, as a whole.
    """
    denials = (statement for statement in policy.foreign if denies(statement) and "NotAction" not in statement)
    return frozenset(
        action
        for statement in denials
        if is_about(statement) and (policy.element is PRINCIPAL or not statement.get("Condition"))
        for service in (ECR, PUBLIC)
        for action in actions.expanded(map(str, listed(statement.get("Action", []))), service)
    )


def _remaining(allowed: Collection[str], forbid: Forbid, denied: frozenset[str]) -> list[str]:
    """Return the actions, as they are written, that still allow something that the edit was to take away."""
    return sorted(
        action
        for action in allowed
        if actions.is_about_repositories(action, forbid.service)
        and (forbid.actions is None or any(actions.have_in_common(action, name) for name in forbid.actions))
        and not (denied and _is_within(action, denied, forbid.service))
    )


def _is_within(action: str, denied: frozenset[str], service: str) -> bool:
    """Whether all that an action means is among others."""
    expanded = actions.expanded([action], service)
    return bool(expanded) and expanded <= denied


def _remaining_of(statement: Statement, forbid: Forbid, denied: frozenset[str]) -> list[str]:
    """Return the same for a foreign statement."""
    if not allows(statement):
        return []
    if "NotAction" in statement:
        excluded = listed(statement["NotAction"])
        every = actions.about_repositories(forbid.service)
        allowed = [action for action in every if not actions.is_among(action, excluded)]
        is_left = bool(_remaining(allowed, forbid, denied))
        return [f"do anything but {actions.words(map(str, excluded))}"] if is_left else []
    return _remaining([name for name in listed(statement.get("Action", [])) if isinstance(name, str)], forbid, denied)


# Subjects


def _is_about(statement: Statement, arn: str) -> bool:
    if "NotResource" in statement:
        return not any(matches(str(pattern), arn) for pattern in listed(statement["NotResource"]))
    return any(matches(str(pattern), arn) for pattern in listed(statement.get("Resource", [])))


def _subjects(statement: Statement) -> Iterator[Subject]:
    """Yield the principals that a statement names."""
    condition = condition_text(statement.get("Condition"))
    return (Subject(name, condition) for name in PRINCIPAL.read(statement.get("Principal", {})))


def _is_for(subject: Subject, principal: Subject) -> bool:
    """Whether a service may do something for an account or an organization, as ``grant_lambda`` lets Lambda in."""
    account = plain_account(principal.name.removeprefix("AWS:"))
    owner = account if is_account(account) else organization_of(principal)
    return subject.name.startswith("Service:") and bool(owner and re.search(rf"\b{owner}\b", subject.condition))


def _naming(subject: Subject) -> Statement:
    """Return the elements of a statement that name a subject."""
    return {"Principal": PRINCIPAL.write([subject.name]), "Condition": json.loads(subject.condition or "{}")}


# Words


def _identity(policy_key: PolicyKey) -> str:
    """Return the user, role or group in words."""
    return str(PolicyKey(policy_key.kind, policy_key.name, policy_key.account))


def in_words(subject: Subject) -> str:
    """Return a principal in words."""
    return words.who(subject.name.partition(":")[2], json.loads(subject.condition or "{}"))


def _do(names: Collection[str]) -> str:
    return "do anything" if {"*", "ecr:*", "ecr-public:*"} & set(names) else actions.words(names)


def _limits(condition: str) -> str:
    return words.limits(json.loads(condition or "{}"))


def _may(subject: Subject, principal: Subject, remaining: Collection[str], name: str = "") -> str:
    """Return what a subject may still do, and how that includes a principal. ``name`` is the subject in words."""
    name, principal_name = name or in_words(subject), in_words(principal)
    limits = "" if name.startswith("organization") else _limits(subject.condition)
    sentence = f"{name} may still {_do(remaining)}{limits}"
    is_everyone = subject.name == EVERYONE
    if subject.name == principal.name or not (is_everyone or is_part(principal.name, subject.name)):
        return sentence
    return f"{sentence}, and so may {principal_name}" if is_everyone else f"{sentence}, and may let {principal_name}"


def which(statement: Statement) -> str:
    """Return a statement in words, by its Sid if it has one."""
    return f"the statement {statement['Sid']!r}" if statement.get("Sid") else "a statement without a Sid"
