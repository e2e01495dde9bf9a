"""IAM's own simulator: what ``iam:SimulatePrincipalPolicy`` decides of actions on resources.

Called by ``check_access``, and by ``ecrops doctor``. The simulator knows the policies of a user, a role or a group, its
boundary, and service control policies. It knows no session policies and no endpoint policies, and a resource policy
only if it is given one, for a user.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecrops.aws import Aws

PERMISSION = "iam:SimulatePrincipalPolicy"
ALLOWED, EXPLICIT, IMPLICIT = "allowed", "explicitDeny", "implicitDeny"
MAX_ACTIONS, MAX_RESOURCES = 100, 50
"""How many actions and resources are asked about in one call. IAM documents no limit, and answers in pages."""


class Decision(NamedTuple):
    """What the simulator decides of an action on a resource.

    Args:
        action: The action.
        resource: The ARN of the resource, or ``*``.
        verdict: ``allowed``, ``explicitDeny`` or ``implicitDeny``.
        missing: The keys of conditions that it was not told.
        by_organization: Whether service control policies allow it; ``None`` if that was not told.
        by_boundary: Whether the boundary allows it; ``None`` if that was not told.
    """

    action: str
    resource: str
    verdict: str
    missing: tuple[str, ...] = ()
    by_organization: bool | None = None
    by_boundary: bool | None = None

    @property
    def allowed(self) -> bool | None:
        """Whether it is allowed; ``None`` if that depends on what the simulator was not told."""
        if self.verdict == EXPLICIT:
            return False
        return None if self.missing else self.verdict == ALLOWED


def simulated(
    aws: Aws, source: str, actions: Sequence[str], resources: Sequence[str], **options: Any
) -> Iterator[Decision]:
    """Yield the decisions about all actions on all resources.

    Args:
        aws: The account.
        source: The ARN of the user, role or group whose policies are simulated.
        actions: The actions.
        resources: The ARNs of resources, or ``*``.
        options: Further members of the input, such as ``ResourcePolicy``.

    Raises:
        ClientError: There is no such user, role or group; or the caller may not ask.
    """
    for first_action in range(0, len(actions), MAX_ACTIONS):
        for first_resource in range(0, len(resources), MAX_RESOURCES):
            asked = list(resources[first_resource : first_resource + MAX_RESOURCES])
            pages = aws.pages(
                "iam",
                "SimulatePrincipalPolicy",
                "EvaluationResults",
                PolicySourceArn=source,
                ActionNames=list(actions[first_action : first_action + MAX_ACTIONS]),
                ResourceArns=asked,
                **options,
            )
            for page in pages:
                for result in page:
                    yield from _decisions(result, asked[0] if len(asked) == 1 else "*")


def _decisions(result: Mapping[str, Any], resource: str) -> Iterator[Decision]:
    """Yield the decisions of one result: one for each resource, or one for all. The name of all is only a form."""
    missing = tuple(result.get("MissingContextValues") or ())
    organization = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations")
    whole = {
        "EvalResourceName": resource,
        "EvalResourceDecision": result["EvalDecision"],
        "PermissionsBoundaryDecisionDetail": result.get("PermissionsBoundaryDecisionDetail", {}),
    }
    for entry in result.get("ResourceSpecificResults") or [whole]:
        yield Decision(
            action=result["EvalActionName"],
            resource=entry["EvalResourceName"],
            verdict=entry["EvalResourceDecision"],
            missing=tuple(entry.get("MissingContextValues") or missing),
            by_organization=organization,
            by_boundary=entry.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary"),
        )
