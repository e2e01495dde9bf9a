"""Whether a request is allowed, by all policies together.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .callers import Caller, caller_of
from .facts import facts_of
from .principals import DIRECT, EVERYONE, ROLE
from .statements import Request, Vote, is_token
from .statements import votes as votes_of
from .truth import Truth, all_of, any_of, at_most_unknown, opposite


def decide(world: dict[str, Any], question: dict[str, Any]) -> Truth:
    """Return whether a caller may do something, ``None`` if it depends on what is not known.

    Args:
        world: ``account``, ``region``, ``partition``, ``details`` (as ``GetAccountAuthorizationDetails`` answers, with
            documents as parsed JSON; ``None`` if not read), ``repository`` with ``name``, ``policy`` and ``tags``,
            ``registry_policy``, and ``now``; ``others`` has the details of other accounts that were read.
        question: ``caller`` (an ARN, or a service's name), ``action``, ``context`` and ``missing``.
    """
    request = request_of(world, question)
    found = votes_on(world, request)
    return all_of([allowed(request, found, world["account"]), opposite(denied(request, found))])


def votes_on(world: dict[str, Any], request: Request) -> dict[str, list[Vote]]:
    """Return what all statements say of a request, by the kind of their policies.

    A token is of no repository. A registry policy grants none, and is not asked about those of another registry.
    """
    caller = request.caller
    asked = {} if request.is_token else {"repository": world["repository"].get("policy")}
    policies = {**asked, "registry": world.get("registry_policy")}
    found = {
        "identity": [vote for held in caller.policies for vote in votes_of(held.document, "identity", request)],
        "boundary": [] if caller.boundary is None else list(votes_of(caller.boundary, "boundary", request)),
        **{kind: list(votes_of(each, kind, request)) for kind, each in policies.items() if each is not None},
    }
    if request.is_token:
        own = caller.account == world["account"]
        found["registry"] = [vote for vote in found.get("registry", ()) if vote.effect == "Deny" and own]
    return found


def request_of(world: dict[str, Any], question: dict[str, Any]) -> Request:
    """Return a question as it is asked of policies."""
    accounts = {world["account"]: world.get("details"), **world.get("others", {})}
    caller = caller_of(question["caller"], world["account"], accounts)
    resource = (
        f"arn:{world['partition']}:ecr:{world['region']}:{world['account']}:repository/{world['repository']['name']}"
    )
    token = is_token(question["action"])
    facts = facts_of(world, question, caller, of_nothing=token)
    return Request(caller, question["action"], "*" if token else resource, facts)


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
    What its own account says to somebody of another one is not known.
    """
    caller = request.caller
    identity = _any(_allowing(found, "identity")) if caller.known else None
    if caller.kind == "account" and caller.known:
        identity = True  # the root user may do everything
    boundary = bound(caller, found)
    own = all_of([identity, boundary])
    if caller.account != account:
        resources = any_of([_any(_allowing(found, "repository")), at_most_unknown(_any(_allowing(found, "registry")))])
        if caller.kind == "service":
            return resources
        return own if request.is_token else all_of([resources, own])
    registry = at_most_unknown(granted(_allowing(found, "registry"), boundary))
    return any_of([own, granted(_allowing(found, "repository"), boundary), registry])


def bound(caller: Caller, found: dict[str, list[Vote]]) -> Truth:
    """Return whether the permissions boundary lets through what identity policies, or a role's name, allow.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    return True if caller.boundary is None else _any(_allowing(found, "boundary"))


def granted(votes: list[Vote], boundary: Truth) -> Truth:
    """Return whether a resource policy alone allows somebody of its own account.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html: one that names the user or the
    session is not limited by a boundary; one that names the role is. Whether one for everyone is, no document says.
    Naming the account leaves it to the policies of the account. Whether a registry policy is enough, no document says.
    """
    return any_of(
        [
            _any_way(votes, DIRECT),
            all_of([_any_way(votes, ROLE), boundary]),
            all_of([_any_way(votes, EVERYONE), boundary or None]),
        ]
    )


def _allowing(found: dict[str, list[Vote]], kind: str) -> list[Vote]:
    return [vote for vote in found.get(kind, ()) if vote.effect == "Allow"]


def _any(votes: Iterable[Vote]) -> Truth:
    return any_of([vote.applies for vote in votes])


def _any_way(votes: Iterable[Vote], way: str) -> Truth:
    return any_of([vote.ways.get(way, False) for vote in votes])
