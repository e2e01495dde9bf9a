"""What IAM's policy simulator decides, by the emulator's own evaluator. Called by ``simulator``.

Models https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html and its data types. It knows
no service control policies: the account is in no organization here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..evaluator.callers import Caller
from ..evaluator.decide import allowed, bound
from ..evaluator.patterns import Values
from ..evaluator.statements import Request, Vote, votes
from ..evaluator.truth import Truth, any_of

EXPLICIT, IMPLICIT, ALLOWED = "explicitDeny", "implicitDeny", "allowed"
ACCOUNT = 4
"""The place of the account in the parts of an ARN."""
REPOSITORY = "arn:${Partition}:ecr:${Region}:${Account}:repository/${RepositoryName}"


class Matched(NamedTuple):
    """What a statement says, and the policy that it is in: name and type, as the reference has them."""

    vote: Vote
    policy: str
    kind: str


class Decision(NamedTuple):
    """What an action on a resource comes to."""

    verdict: str
    statements: list[dict[str, str]]
    missing: list[str]
    by_boundary: Truth


@dataclass(frozen=True)
class Simulation:
    """The policies of one principal, and what is told of the requests.

    Args:
        caller: The principal.
        resource_policy: The policy of every resource; ``None`` for none.
        owner: The account that owns what does not tell its owner.
        context: Values of the keys of conditions, by key in small letters.
    """

    caller: Caller
    resource_policy: Any
    owner: str
    context: Mapping[str, Values]
    _spelled: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        documents = (*(held.document for held in self.caller.policies), self.caller.boundary, self.resource_policy)
        self._spelled.update((key.lower(), key) for document in documents for key in _keys(document))

    def result(self, action: str, resources: Sequence[str]) -> dict[str, Any]:
        """Return what an action comes to: one result, which is that of the resource with the least rights."""
        decisions = {resource: self._decision(action, resource) for resource in resources}
        least = min((each.verdict for each in decisions.values()), key=(EXPLICIT, IMPLICIT, ALLOWED).index)
        matched = [each for found in decisions.values() if found.verdict == least for each in found.statements]
        whole = {
            "EvalActionName": action,
            "EvalResourceName": REPOSITORY if action.lower().startswith("ecr:") and resources != ["*"] else "*",
            "EvalDecision": least,
            "MatchedStatements": [each for number, each in enumerate(matched) if each not in matched[:number]],
            "MissingContextValues": sorted({key for found in decisions.values() for key in found.missing}),
            **_bounded([found.by_boundary for found in decisions.values()], self.caller),
        }
        if resources == ["*"]:
            return whole
        specific = [
            {
                "EvalResourceName": resource,
                "EvalResourceDecision": found.verdict,
                "MatchedStatements": found.statements,
                "MissingContextValues": found.missing,
                **_bounded([found.by_boundary], self.caller),
            }
            for resource, found in decisions.items()
        ]
        return whole | {"ResourceSpecificResults": specific}

    def _decision(self, action: str, resource: str) -> Decision:
        """Return the decision, and the keys that it depends on and was not told: it is made as if they were missing."""
        missing: dict[str, None] = {}

        def told(key: str) -> Values | None:
            if key not in self.context:
                missing[self._spelled.get(key, key)] = None
            return self.context.get(key)

        owner = (resource.split(":", 5)[ACCOUNT] if resource.count(":") >= 5 else "") or self.owner
        found = self._found(Request(self.caller, action, resource, told))
        denied, permitted = _denied(found), allowed(self._request(action, resource), _by_layer(found), owner)
        depends = denied is None or (denied is False and permitted is None)
        if depends:
            found = self._found(self._request(action, resource))
            denied, permitted = _denied(found), allowed(self._request(action, resource), _by_layer(found), owner)
        verdict = EXPLICIT if denied else ALLOWED if permitted else IMPLICIT
        boundary = bound(self.caller, _by_layer(found))
        return Decision(verdict, _matched(found, verdict), list(missing) if depends else [], boundary)

    def _request(self, action: str, resource: str) -> Request:
        return Request(self.caller, action, resource, lambda key: self.context.get(key, ()))

    def _found(self, request: Request) -> dict[str, list[Matched]]:
        """Return what all statements say, by the layer that they are in."""
        identity = [
            Matched(vote, held.name, held.kind)
            for held in self.caller.policies
            for vote in votes(held.document, "identity", request)
        ]
        return {
            "identity": identity,
            "boundary": _votes(self.caller.boundary, "boundary", request),
            "repository": _votes(self.resource_policy, "repository", request),
        }


def _votes(document: Any, layer: str, request: Request) -> list[Matched]:
    name = {"boundary": ("PermissionsBoundary", "none"), "repository": ("ResourcePolicy", "resource")}[layer]
    return [] if document is None else [Matched(vote, *name) for vote in votes(document, layer, request)]


def _by_layer(found: Mapping[str, Sequence[Matched]]) -> dict[str, list[Vote]]:
    return {layer: [matched.vote for matched in each] for layer, each in found.items()}


def _denied(found: Mapping[str, Sequence[Matched]]) -> Truth:
    return any_of(matched.vote.applies for each in found.values() for matched in each if matched.vote.effect == "Deny")


def _matched(found: Mapping[str, Sequence[Matched]], verdict: str) -> list[dict[str, str]]:
    """Return the policies whose statements decide: those that deny alone, if any does. A boundary is in neither."""
    effect = {EXPLICIT: "Deny", ALLOWED: "Allow"}.get(verdict)
    return [
        {"SourcePolicyId": matched.policy, "SourcePolicyType": matched.kind}
        for layer, each in found.items()
        for matched in each
        if matched.vote.effect == effect and matched.vote.applies and layer != "boundary"
    ]


def _bounded(allowed_by: Sequence[Truth], caller: Caller) -> dict[str, Any]:
    """Return what the boundary says, for who has one."""
    if caller.boundary is None:
        return {}
    return {
        "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": all(each is True for each in allowed_by)}
    }


def _keys(document: Any) -> Iterator[str]:
    """Yield the keys of the conditions of a policy, as they are written."""
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    for statement in statements if isinstance(statements, list) else [statements]:
        condition = statement.get("Condition") if isinstance(statement, dict) else None
        for tests in condition.values() if isinstance(condition, dict) else ():
            yield from tests if isinstance(tests, dict) else ()
