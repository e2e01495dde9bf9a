"""Grants that change nothing for the principal, as far as the policy shows that is written: the notes on them. Pure.

Called by the aspects of policies, with the policy before the edits. The evaluator of IAM is asked: a note is written if
the policy allows, or denies, what is granted in every request. What other policies say is not known here: the verb
``access_changes`` of a registry tells that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache, reduce
from itertools import chain
from operator import or_

from ecrops.access import actions, leftovers
from ecrops.access.edits import Allow, Edit
from ecrops.access.policy_keys import PolicyKey
from ecrops.access.principals.reach import EVERYONE, account_of
from ecrops.base.change import Note
from ecrops.base.render import several
from ecrops.iam.evaluation.caller import Caller
from ecrops.iam.evaluation.compiled import compile_policy
from ecrops.iam.evaluation.decide import Policies, Ruling, decide
from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.evaluation.resource_policies import ResourcePolicies
from ecrops.iam.evaluation.universe import ANY, Universe
from ecrops.iam.narrowing import tests
from ecrops.iam.policy import Policy, Subject
from ecrops.iam.statements import plain_account

_ANYTHING = ("*", "?", "${")


def of_repository(name: str, edit: Allow, before: Policy) -> Iterator[str]:
    """Yield that a repository policy allows already what a grant is to allow.

    What it denies is told by ``denials``.

    Args:
        name: The repository.
        edit: The grant.
        before: The policy before the edits.
    """
    caller = _caller(edit)
    if caller is None or edit.is_met(before):
        return
    resource = ResourcePolicies([(1, compile_policy(before.document, "repository policy", name))])
    policies = Policies(None, resource=resource, is_of_account=not edit.is_of_other_account)
    universe, facts = Universe([f"repository/{name}"]), _facts(edit.subject.condition)
    rulings = decide(caller, _expanded(frozenset(edit.actions)), universe, facts, policies).values()
    if rulings and all(ruling.resource.certain & ~_denied(ruling) for ruling in rulings):
        by = f"{_which(rulings, 1, allows=True)} of the repository's policy"
        who, what = leftovers.in_words(edit.subject), actions.words(edit.actions)
        yield f"{name}: {who} may {what} already, {_adds_nothing(by)}"


def of_identity(policy_key: PolicyKey, edits: Iterable[Edit], before: Policy) -> Iterator[Note]:
    """Yield that an identity policy allows already, or denies, what grants are to allow. Each note is of a repository.

    Args:
        policy_key: The policy.
        edits: The edits; grants that are there already have no notes.
        before: The policy before them.
    """
    new: dict[str, list[Allow]] = {}
    for edit in edits:
        if isinstance(edit, Allow) and not edit.is_met(before):
            new.setdefault(edit.subject.condition, []).append(edit)
    if not new or not before.document:
        return
    policies = Policies([compile_policy(before.document, "policy", policy_key.policy)])
    caller = Caller("role" if policy_key.kind == "role" else "user", "")  # its name decides nothing in its own policy
    for condition, alike in new.items():
        # one question for all: a policy may have the grants on thousands of repositories
        places = {arn: index for index, arn in enumerate(dict.fromkeys(edit.subject.name for edit in alike))}
        universe = Universe(list(places))
        names = _expanded(frozenset(chain.from_iterable(edit.actions for edit in alike)))
        rulings = decide(caller, names, universe, _facts(condition), policies)
        decided = reduce(or_, (_denied(ruling) | ruling.allowed.certain for ruling in rulings.values()), 0)
        has_login = cache(lambda login: _has_login(login, caller, policies))
        for edit in alike:
            bit = 1 << places[edit.subject.name]
            if not decided & bit:
                continue
            of_edit = {name: rulings[name] for name in _expanded(frozenset(edit.actions))}
            on = edit.subject.name.partition("repository/")[2] or edit.subject.name
            for text in _of_identity(policy_key, edit, of_edit, bit, has_login(edit.login)):
                yield Note(f"{on}: {text}").about(on)


def _of_identity(
    policy_key: PolicyKey, edit: Allow, rulings: Mapping[str, Ruling], bit: int, has_login: bool
) -> Iterator[str]:
    who = str(PolicyKey(policy_key.kind, policy_key.name, policy_key.account))
    may = f"{who} may"
    denied = [action for action, ruling in rulings.items() if _denied(ruling) & bit]
    if denied:
        what = actions.words(edit.actions) if len(denied) == len(rulings) else several(map(actions.short, denied))
        by = _which((rulings[action] for action in denied), bit, allows=False)
        yield (
            f"{may} not {what}, whatever is granted, by {by} of policy {policy_key.policy}: ecrops did not write it; "
            "correct it in IAM"
        )
    elif rulings and has_login and all(ruling.allowed.certain & bit for ruling in rulings.values()):
        by = f"{_which(rulings.values(), bit, allows=True)} of policy {policy_key.policy}"
        yield f"{may} {actions.words(edit.actions)} already, {_adds_nothing(by)}"


def _adds_nothing(by: str) -> str:
    return f"by {by}: what is granted now adds nothing to that"


def _has_login(login: Iterable[tuple[Subject, tuple[str, ...]]], caller: Caller, policies: Policies) -> bool:
    """Whether the token that comes with a grant is allowed already."""
    return all(
        ruling.allowed.certain
        for subject, names in login
        for ruling in decide(caller, names, Universe([ANY]), _facts(subject.condition), policies).values()
    )


@lru_cache(256)
def _expanded(patterns: frozenset[str]) -> tuple[str, ...]:
    """Return all actions that the actions of grants mean."""
    services = {actions.service_of(action) for action in patterns}
    return tuple(sorted(name for service in services for name in actions.expanded(patterns, service)))


def _caller(edit: Allow) -> Caller | None:
    """Return whom a repository policy would name; ``None`` for a provider of identities."""
    kind, _, name = edit.subject.name.partition(":")
    if kind == "Service":
        return Caller("service", name)
    if edit.subject.name == EVERYONE:
        return Caller("everyone", name)
    account = account_of(name) if kind == "AWS" else ""
    if not account:
        return None
    if account == plain_account(name):
        return Caller("account", account, account)
    return Caller("user" if ":user/" in name else "role", name, account, has_boundary=None)


def _facts(condition: str) -> Facts:
    """Return what all requests say that meet the condition of a grant."""
    return Facts(
        {
            test.key: test.values
            for test in tests(json.loads(condition or "{}"))
            if test.operator in ("stringequals", "arnequals")
            and not (test.quantifier or test.if_exists or len(test.values) > 1)
            and not any(sign in value for value in test.values for sign in _ANYTHING)
        }
    )


def _denied(ruling: Ruling) -> int:
    """Return where a statement denies it in every request."""
    return reduce(or_, (vote.extent.certain for vote in ruling.votes if vote.denies), 0)


def _which(rulings: Iterable[Ruling], bit: int, *, allows: bool) -> str:
    """Return the statements that decide about a resource, in words."""
    votes = (vote for ruling in rulings for vote in ruling.votes if vote.extent.certain & bit)
    decisive = (vote.statement for vote in votes if (vote.allows if allows else vote.denies))
    return several(dict.fromkeys(leftovers.which(statement.document) for statement in decisive), " and ", 3)
