"""IAM's policy simulator: the policies of a user, role or group, its boundary, and for users the policy of a resource.

Models https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html, which moto lacks.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

from ..evaluator.callers import Caller, Held, caller_of, policies_of
from ..evaluator.patterns import Values
from .identities import KINDS, PAGE, IdentitiesResponse, NoSuchEntity, details
from .simulation import ACCOUNT, Simulation

ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
IDENTITY = re.compile(r"arn:[^:]+:iam::\d{12}:(user|role|group)/.+")


class InvalidInput(ServiceException):
    """A value that the simulator does not take."""

    code = "InvalidInput"


class SimulatorResponse(IdentitiesResponse):
    """One request to IAM, which may be to its simulator."""

    def simulate_principal_policy(self) -> ActionResult:
        """Return what each action comes to, a page at a time."""
        source = self._get_param("PolicySourceArn")
        caller = _with_inputs(
            _caller(self.backend, source),
            [_document(text) for text in self._get_param("PolicyInputList") or ()],
            [_document(text) for text in self._get_param("PermissionsBoundaryPolicyInputList") or ()],
        )
        text, name = self._get_param("ResourcePolicy"), self._get_param("CallerArn") or source
        caller = _calling(caller, name, simulates_resource=bool(text))
        simulation = Simulation(
            caller=caller,
            resource_policy=_document(text) if text and caller.kind == "user" else None,  # none is simulated for roles
            owner=_owner(self._get_param("ResourceOwner")) or caller.account,
            context=_context(self._get_param("ContextEntries") or ()),
        )
        resources = self._get_param("ResourceArns") or ["*"]
        actions = self._get_param("ActionNames")
        start = self._start(self._get_param("Marker"))
        end = start + int(self._get_param("MaxItems", PAGE))
        results = [simulation.result(action, resources) for action in actions[start:end]]
        more = {"IsTruncated": True, "Marker": f"after-{end}"} if end < len(actions) else {"IsTruncated": False}
        return ActionResult({"EvaluationResults": results, **more})


def _with_inputs(caller: Caller, documents: list[Any], boundaries: list[Any]) -> Caller:
    """Return a principal with further policies, and with another boundary if there is one."""
    inputs = tuple(Held(f"PolicyInputList.{number}", "none", each) for number, each in enumerate(documents, 1))
    return replace(caller, policies=caller.policies + inputs, boundary=(*boundaries, caller.boundary)[0])


def _calling(caller: Caller, name: str, *, simulates_resource: bool) -> Caller:
    """Return who calls with the policies of a principal: a resource policy names it by its ARN.

    Raises:
        InvalidInput: It is no user, role or group; or a group, of which no resource policy speaks.
    """
    form = IDENTITY.fullmatch(name)
    if not form:
        raise InvalidInput(f"Invalid Entity Arn: {name}")
    if simulates_resource and form[1] == "group":
        raise InvalidInput("CallerArn is required, since no resource policy names a group")
    if name == caller.name:
        return caller
    return replace(caller, name=name, kind=form[1], account=name.split(":")[ACCOUNT], identity={})


def _owner(arn: str | None) -> str:
    """Return the account of an owner, which is named by the ARN of its root user.

    https://github.com/boto/botocore/issues/1346 has the code and the words for a bare account id.
    """
    if not arn:
        return ""
    found = ROOT.fullmatch(arn)
    if not found:
        raise InvalidInput(f"'{arn}' is not a valid as a Resource Owner.")
    return found[1]


def _context(entries: Any) -> dict[str, Values]:
    return {entry["ContextKeyName"].lower(): tuple(entry["ContextKeyValues"]) for entry in entries}


def _document(text: str) -> Any:
    """Return a policy that is given as text.

    Raises:
        InvalidInput: It is no JSON.
    """
    try:
        return json.loads(text)
    except ValueError:
        raise InvalidInput("The policy is not in the valid JSON format.") from None


def _caller(backend: Any, arn: str) -> Caller:
    """Return the principal with its policies.

    Raises:
        InvalidInput: It is no user, role or group, such as a session.
        NoSuchEntity: There is none.
    """
    if not IDENTITY.fullmatch(arn):
        raise InvalidInput(f"Invalid Entity Arn: {arn}")
    read: dict[str, Any] = {f"{kind}DetailList": [] for kind in KINDS} | {"Policies": []}
    for member, detail in details(backend, [*KINDS, "LocalManagedPolicy", "AWSManagedPolicy"]):
        read[member].append(_parsed(detail()))
    if not any(owner["Arn"] == arn for kind in KINDS for owner in read[f"{kind}DetailList"]):
        raise NoSuchEntity(f"The principal {arn} does not exist.")
    account = arn.split(":")[ACCOUNT]
    group = next((group for group in read["GroupDetailList"] if group["Arn"] == arn), None)
    if group is None:
        return caller_of(arn, account, {account: read})
    return Caller("group", arn, account, known=True, policies=tuple(policies_of(group, read)))


def _parsed(value: Any) -> Any:
    """Return a detail with its documents as JSON."""
    if isinstance(value, dict):
        return {
            name: json.loads(unquote(part)) if name in ("Document", "PolicyDocument") else _parsed(part)
            for name, part in value.items()
        }
    return [_parsed(part) for part in value] if isinstance(value, list) else value
