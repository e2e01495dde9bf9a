"""What no policy allows, with the statement that would, and where it has to stand. Pure.

Called by ``questions/can``. Within an account, an identity policy is named: it can say all that is needed, also the
token. A service has no identity policy, and of another account both sides have to allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecrops.access.actions import IDENTITY_ONLY
from ecrops.access.answers.answer import Missing
from ecrops.access.answers.case import Case, certainly
from ecrops.access.answers.needs import TOKEN, VERBS
from ecrops.access.answers.words import policy_owner
from ecrops.aws import Arn
from ecrops.iam.evaluation.decide import Layer
from ecrops.iam.policy import one_or_all

_PERMISSION_SET = "AWSReservedSSO_"


def missing_of(case: Case) -> list[Missing]:
    """Return what is missing: in the policy of the repository, in those of the caller, and in its boundary."""
    identity, boundary, repository = list[str](), list[str](), list[str]()
    for action in case.rulings:
        on_repository, on_identity = _sides(case, action)
        if on_repository:
            repository.append(action)
        if on_identity:
            allowances = [vote for vote in case.votes(action, Layer.IDENTITY) if vote.statement.allows]
            limits = [vote for vote in case.votes(action, Layer.BOUNDARY) if vote.allows]
            if not certainly(allowances):
                identity.append(action)
            if not limits:
                boundary.append(action)
    found = [*_of_repository(case, repository), *_of_identity(case, identity, _identity_place(case))]
    if case.asker.boundary is not None:
        name = case.asker.boundary.source.policy
        found += _of_identity(case, boundary, f"the permissions boundary {name} of {policy_owner(case)}")
    return found


def _sides(case: Case, action: str) -> tuple[bool, bool]:
    """Return whether a statement is missing in the policy of the repository, and in those of the caller."""
    ruling = case.rulings[action]
    if case.asked.kind == "service":
        return ruling.resource.at(0) is False and action != TOKEN and action not in IDENTITY_ONLY, False
    if not case.needs_both(action):
        is_unread = case.asker.identity is None and not case.is_here
        return False, case.undenied(action).at(0) is False or is_unread
    on_repository = ruling.resource.at(0) is False and action not in IDENTITY_ONLY and case.asked.kind != "everyone"
    return on_repository, ruling.identity.at(0) is False or case.asker.identity is None


def _of_repository(case: Case, actions: list[str]) -> Iterator[Missing]:
    if actions:
        statement = {"Effect": "Allow", "Principal": _principal(case), "Action": _action(case, actions)}
        yield Missing(tuple(actions), f"the policy of repository {case.name}", statement)


def _action(case: Case, actions: list[str]) -> Any:
    """Return the actions as a statement has them: as they were asked for, if all are missing."""
    is_pattern = case.need.what not in (*actions, *VERBS) and len(actions) == len(case.need.actions)
    return case.need.what if is_pattern else one_or_all(actions)


def _principal(case: Case) -> dict[str, Any]:
    asked, partition = case.asked, case.evaluation.documents.partition
    if asked.kind == "service":
        return {"Service": asked.name}
    if asked.kind in ("account", "group"):
        return {"AWS": str(Arn(partition, "iam", "", asked.account, "root"))}
    caller = case.asker.caller
    known = caller.role if caller.kind == "session" else caller.name
    resource = f"{asked.identity_kind}/{asked.name}"
    return {"AWS": known or str(Arn(partition, "iam", "", asked.account, resource))}


def _identity_place(case: Case) -> str:
    asked = case.asked
    if asked.kind == "account":
        return f"an identity policy of its users and roles, in account {asked.account}"
    if asked.kind == "everyone":
        return "an identity policy of whoever calls"
    if asked.name.startswith(_PERMISSION_SET):
        return f"the permission set of {policy_owner(case)}, in IAM Identity Center"
    return f"an identity policy of {asked.identity_kind} {asked.name}, in account {asked.account}"


def _of_identity(case: Case, actions: list[str], where: str) -> Iterator[Missing]:
    is_known = case.asker.identity is not None
    on_repository = [action for action in actions if action != TOKEN]
    if on_repository:
        statement = {"Effect": "Allow", "Action": _action(case, on_repository), "Resource": case.arn}
        yield Missing(tuple(on_repository), where, statement, is_known)
    if TOKEN in actions:
        yield Missing((TOKEN,), where, {"Effect": "Allow", "Action": TOKEN, "Resource": "*"}, is_known)
