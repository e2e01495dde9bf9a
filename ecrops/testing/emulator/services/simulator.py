"""IAM's policy simulator: the policies of a user, role or group, its boundary, and for users the policy of a resource.

Models https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html, which moto lacks. The
emulator's own evaluator decides. It knows no service control policies: the account is in no organization here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from moto.core.responses import ActionResult

from ..evaluator.callers import Caller, caller_of, policies_of
from ..evaluator.decide import allowed
from ..evaluator.patterns import Values
from ..evaluator.statements import Request, Vote, votes
from ..evaluator.truth import Truth, any_of
from .identities import KINDS, IdentitiesResponse, NoSuchEntity, details

EXPLICIT, IMPLICIT, ALLOWED = "explicitDeny", "implicitDeny", "allowed"
ACCOUNT = 4
"""The place of the account in the parts of an ARN."""


class SimulatorResponse(IdentitiesResponse):
    """One request to IAM, which may be to its simulator."""

    def simulate_principal_policy(self) -> ActionResult:
        """What each action on each resource comes to."""
        source = self._get_param("PolicySourceArn")
        caller = _caller(self.backend, source)
        policy = self._get_param("ResourcePolicy") if caller.kind == "user" else None
        simulation = Simulation(
            caller=caller,
            resource_policy=json.loads(policy) if policy else None,
            context={
                entry["ContextKeyName"].lower(): tuple(entry["ContextKeyValues"])
                for entry in self._get_param("ContextEntries") or ()
            },
        )
        resources = self._get_param("ResourceArns") or ["*"]
        results = [simulation.result(action, resources) for action in self._get_param("ActionNames")]
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})


class Simulation:
    """The policies of one principal, and what is told of the request.

    Args:
        caller: The principal.
        resource_policy: The policy of the resources; ``None`` for none.
        context: Values of the keys of conditions, by key in lower case.
    """

    def __init__(self, caller: Caller, resource_policy: Any, context: dict[str, Values]) -> None:
        self.caller = caller
        self.resource_policy = resource_policy
        self.context = context
        documents = (*caller.policies, caller.boundary, resource_policy)
        self._spelled = {key.lower(): key for document in documents for key in _keys(document)}

    def result(self, action: str, resources: list[str]) -> dict[str, Any]:
        """What an action comes to: on all resources that are named, one by one, or on none."""
        each = [self._of_resource(action, resource) for resource in resources]
        whole = {
            "EvalActionName": action,
            "EvalResourceName": "*" if len(each) > 1 else resources[0],
            "EvalDecision": min((verdict for verdict, _ in each), key=(EXPLICIT, IMPLICIT, ALLOWED).index),
            "MatchedStatements": [],
            "MissingContextValues": sorted({key for _, missing in each for key in missing}),
        }
        if resources == ["*"]:
            return whole
        specific = [
            {
                "EvalResourceName": resource,
                "EvalResourceDecision": verdict,
                "MatchedStatements": [],
                "MissingContextValues": missing,
            }
            for resource, (verdict, missing) in zip(resources, each, strict=True)
        ]
        return whole | {"ResourceSpecificResults": specific}

    def _of_resource(self, action: str, resource: str) -> tuple[str, list[str]]:
        """The decision, and the keys that it depends on and was not told: it is made as if the request lacked them."""
        missing: dict[str, None] = {}

        def told(key: str) -> Values | None:
            if key not in self.context:
                missing[self._spelled.get(key, key)] = None
            return self.context.get(key)

        denied, permitted = self._weighed(Request(self.caller, action, resource, told))
        depends = denied is None or (denied is False and permitted is None)
        if depends:
            lacking = Request(self.caller, action, resource, lambda key: self.context.get(key, ()))
            denied, permitted = self._weighed(lacking)
        verdict = EXPLICIT if denied else ALLOWED if permitted else IMPLICIT
        return verdict, list(missing) if depends else []

    def _weighed(self, request: Request) -> tuple[Truth, Truth]:
        """Whether a statement denies, and whether the policies together allow."""
        found = {
            "identity": [vote for policy in self.caller.policies for vote in votes(policy, "identity", request)],
            "boundary": self._votes(self.caller.boundary, "boundary", request),
            "repository": self._votes(self.resource_policy, "repository", request),
        }
        denied = any_of(vote.applies for each in found.values() for vote in each if vote.effect == "Deny")
        return denied, allowed(request, found, self.caller.account)

    def _votes(self, policy: Any, kind: str, request: Request) -> list[Vote]:
        return [] if policy is None else list(votes(policy, kind, request))


def _caller(backend: Any, arn: str) -> Caller:
    """The principal with its policies.

    Raises:
        NoSuchEntity: There is none.
    """
    read: dict[str, Any] = {f"{kind}DetailList": [] for kind in KINDS} | {"Policies": []}
    for member, detail in details(backend, [*KINDS, "LocalManagedPolicy", "AWSManagedPolicy"]):
        read[member].append(_parsed(detail()))
    if not any(owner["Arn"] == arn for kind in KINDS for owner in read[f"{kind}DetailList"]):
        raise NoSuchEntity(f"The principal {arn} does not exist.")
    account = arn.split(":")[ACCOUNT]
    group = next((group for group in read["GroupDetailList"] if group["Arn"] == arn), None)
    if group is None:
        return caller_of(arn, account, read)
    return Caller("group", arn, account, known=True, policies=tuple(policies_of(group, read)))


def _parsed(value: Any) -> Any:
    """A detail with its documents as JSON."""
    if isinstance(value, dict):
        return {
            name: json.loads(unquote(part)) if name in ("Document", "PolicyDocument") else _parsed(part)
            for name, part in value.items()
        }
    return [_parsed(part) for part in value] if isinstance(value, list) else value


def _keys(document: Any) -> Iterator[str]:
    """The keys of the conditions of a policy, as they are written."""
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    for statement in statements if isinstance(statements, list) else [statements]:
        condition = statement.get("Condition") if isinstance(statement, dict) else None
        for tests in condition.values() if isinstance(condition, dict) else ():
            yield from tests if isinstance(tests, dict) else ()
