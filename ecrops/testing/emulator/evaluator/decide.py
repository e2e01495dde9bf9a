"""Whether a request is allowed, by all policies together.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .callers import Caller, caller_of
from .facts import facts_of
from .principals import DIRECT, EVERYONE, ROLE
from .statements import Request, Vote, votes
from .truth import Truth, all_of, any_of, at_most_unknown, opposite


def decide(world: dict[str, Any], question: dict[str, Any]) -> Truth:
    """Return whether a caller may do something, ``None`` if it depends on what is not known.

    Args:
        world: ``account``, ``region``, ``partition``, ``details`` (as ``GetAccountAuthorizationDetails`` answers, with
            documents as parsed JSON; ``None`` if not read), ``repository`` with ``name``, ``policy`` and ``tags``,
            ``registry_policy``, and ``now``.
        question: ``caller`` (an ARN, or a service's name), ``action``, ``context`` and ``missing``.
    """
    request = request_of(world, question)
    caller = request.caller
    asked = {} if request.is_token else {"repository": world["repository"].get("policy")}
    policies = {**asked, "registry": world.get("registry_policy")}
    found = {
        "identity": [vote for each in caller.policies for vote in votes(each, "identity", request)],
        "boundary": [] if caller.boundary is None else list(votes(caller.boundary, "boundary", request)),
        **{kind: list(votes(each, kind, request)) for kind, each in policies.items() if each is not None},
    }
    return all_of([allowed(request, found, world["account"]), opposite(denied(request, found))])


def request_of(world: dict[str, Any], question: dict[str, Any]) -> Request:
    """Return a question as it is asked of policies."""
    caller = caller_of(question["caller"], world["account"], world.get("details"))
    resource = (
        f"arn:{world['partition']}:ecr:{world['region']}:{world['account']}:repository/{world['repository']['name']}"
    )
    request = Request(caller, question["action"], resource, facts_of(world, question, caller))
    return Request(caller, request.action, "*", request.facts) if request.is_token else request


def denied(request: Request, found: dict[str, list[Vote]]) -> Truth:
    """Return whether a statement denies, of whatever policy: it wins over all that allow.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html
    Who is not known may have a policy that denies: somebody of another account, not read, or deleted.
    """
    explicit = any_of(vote.applies for each in found.values() for vote in each if vote.effect == "Deny")
    unseen = None if request.caller.kind != "service" and not request.caller.known else False
    return any_of([explicit, unseen])


def allowed(request: Request, found: dict[str, list[Vote]], account: str) -> Truth:
    """Return whether the policies together allow, whatever is denied.

    Within an account, one side is enough; across accounts, both have to allow:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
    A registry policy that allows may be enough; no document says.
    """
    caller, repository = request.caller, [vote for vote in found.get("repository", ()) if vote.effect == "Allow"]
    registry = () if request.is_token else found.get("registry", ())
    beside = at_most_unknown(_any(vote for vote in registry if vote.effect == "Allow"))
    if caller.kind == "service":
        return any_of([_any(repository), beside])
    if caller.account != account:
        sides = None if request.is_token else any_of([_any(repository), beside])
        return all_of([sides, None])  # what its own account says is not known
    identity = _any(vote for vote in found["identity"] if vote.effect == "Allow") if caller.known else None
    if caller.kind == "account":
        identity = True  # the root user may do everything
    boundary = bound(caller, found)
    return any_of(
        [
            all_of([identity, boundary]),
            _any_way(repository, DIRECT),
            all_of([_any_way(repository, ROLE), boundary]),
            all_of([_any_way(repository, EVERYONE), True if boundary is True else None]),
            beside,
        ]
    )


def bound(caller: Caller, found: dict[str, list[Vote]]) -> Truth:
    """Return whether the permissions boundary lets through what identity policies, or a role's name, allow.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html: a resource policy that names the
    user or the session is not limited by it; one that names the role is.
    """
    return True if caller.boundary is None else _any(vote for vote in found["boundary"] if vote.effect == "Allow")


def _any(found: Iterable[Vote]) -> Truth:
    return any_of([vote.applies for vote in found])


def _any_way(found: Iterable[Vote], way: str) -> Truth:
    return any_of([vote.ways.get(way, False) for vote in found])
