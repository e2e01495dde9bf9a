"""The resource policies of log groups, with revisions.

botocore says of PutResourcePolicy and DeleteResourcePolicy that ``expectedRevisionId`` is "the expected revision
ID of the resource policy", to "prevent concurrent modifications"; and of ResourcePolicy that ``revisionId`` is "only
populated for resource-scoped policies". So policies have none here, unless a test gives them some. The model does not
say which error a wrong one is: here it is the only one about concurrent requests.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.logs.models import logs_backends
from moto.logs.responses import LogsResponse as MotoResponse


def revise(account: str, region: str) -> None:
    """Let the policies of an account and region have revisions."""
    backend: Any = logs_backends[account][region]
    backend.is_revised = True


class LogsResponse(MotoResponse):
    """One request to CloudWatch Logs."""

    def describe_resource_policies(self) -> str:
        answer = json.loads(super().describe_resource_policies())
        if self._is_revised:
            for policy in answer["resourcePolicies"]:
                policy["revisionId"] = _revision(policy["policyDocument"])
        return json.dumps(answer)

    def put_resource_policy(self) -> str:
        self._check_revision()
        return super().put_resource_policy()

    def delete_resource_policy(self) -> str:
        self._check_revision()
        return super().delete_resource_policy()

    @property
    def _is_revised(self) -> bool:
        return bool(getattr(self.logs_backend, "is_revised", False))

    def _check_revision(self) -> None:
        expected = self._get_param("expectedRevisionId")
        policy: Any = self.logs_backend.resource_policies.get(self._get_param("policyName"))
        if expected is not None and (policy is None or _revision(policy.policy_document) != expected):
            message = "Multiple concurrent requests to update the same resource were in conflict."
            raise JsonRESTError("OperationAbortedException", message)


def _revision(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()[:8]
