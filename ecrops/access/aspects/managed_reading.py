"""Reading the customer managed policies of a user, a role or a group.

Called by ``managed_policies``. It reads, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecrops.access.policy_keys import MOST_ATTACHED, PolicyKey, managed_name
from ecrops.aws import Arn, Aws, ClientError, code_of
from ecrops.iam.statements import Document

MISSING = "NoSuchEntity"


@dataclass(frozen=True)
class Managed:
    """A current managed policy.

    Args:
        arn: Its ARN.
        document: Its default version.
        default: The id of that version.
        old_versions: The ids of the other versions, oldest first.
        attached: Whether it is attached to the identity.
    """

    arn: str
    document: Document
    default: str
    old_versions: tuple[str, ...]
    attached: bool


@dataclass(frozen=True)
class Found:
    """The current managed policies of an identity.

    Args:
        prefix: The beginning of the ARNs of all policies.
        policies: The policies by their number.
        missing_identity: IAM's answer if the user, role or group does not exist.
    """

    prefix: str
    policies: Mapping[int, Managed]
    missing_identity: ClientError | None = None

    def where(self, *, attached: bool) -> dict[int, Managed]:
        """Return the policies that are attached, or those that are not."""
        return {number: policy for number, policy in self.policies.items() if policy.attached == attached}

    def arn_of(self, key: str, number: int) -> str:
        """Return the ARN of a policy of the identity that a key is about."""
        return f"{self.prefix}{managed_name(key_of(key), number)}"

    def after(self, key: str, number: int, operation: str, document: Document | None) -> Found:
        """Return the policies after one of them was written, attached, detached or deleted.

        Args:
            key: The key of the aspect.
            number: The number of the policy.
            operation: The operation that was called.
            document: What it says then, if it was written.
        """
        policies = dict(self.policies)
        policy = policies.get(number) or Managed(self.arn_of(key, number), {}, "v1", (), attached=False)
        if operation == "DeletePolicy":
            del policies[number]
        elif operation == "DeletePolicyVersion":
            policies[number] = replace(policy, old_versions=policy.old_versions[1:])
        elif document is not None:
            older = (*policy.old_versions, policy.default) if policy.document else ()
            default = f"v{max(map(_number_of, older), default=0) + 1}"
            policies[number] = replace(policy, document=document, old_versions=older, default=default)
        else:
            policies[number] = replace(policy, attached=operation.startswith("Attach"))
        return replace(self, policies=policies)


def key_of(key: str) -> PolicyKey:
    """Return the policy key in a key of the aspect."""
    return PolicyKey.parse(key.removesuffix(" attached"))


def read(aws: Aws, key: str) -> Found:
    """Read the policies by number, up to the first number that is missing, and all that are attached.

    A gap in the numbers is somebody's work. An attached policy behind it is read because it is in force.
    """
    policy_key = key_of(key)
    prefix = str(Arn(aws.partition.name, "iam", "", aws.account_id, "policy/"))
    policies: dict[int, Managed] = {}
    kind = policy_key.kind.title()
    try:
        pages = aws.pages("iam", f"ListAttached{kind}Policies", "AttachedPolicies", **{f"{kind}Name": policy_key.name})
        attached, missing_identity = {policy["PolicyArn"] for page in pages for policy in page}, None
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        attached, missing_identity = set(), error
    is_gap = False
    for number in range(MOST_ATTACHED):
        arn = f"{prefix}{managed_name(policy_key, number)}"
        if is_gap and arn not in attached:
            continue
        policy = _read(aws, arn, attached)
        if policy is None:
            is_gap = True
        else:
            policies[number] = policy
    return Found(prefix, policies, missing_identity)


def _read(aws: Aws, arn: str, attached: set[str]) -> Managed | None:
    try:
        versions: list[dict[str, Any]] = aws.get("iam", "ListPolicyVersions", "Versions", PolicyArn=arn)
        default = next(version["VersionId"] for version in versions if version["IsDefaultVersion"])
        version = aws.get("iam", "GetPolicyVersion", "PolicyVersion", PolicyArn=arn, VersionId=default)
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return None
    ids = [version["VersionId"] for version in versions if version["VersionId"] != default]
    ids.sort(key=_number_of)  # v9 before v10
    return Managed(arn, version["Document"], default, tuple(ids), arn in attached)


def _number_of(version_id: str) -> int:
    """Return the number of a version: its id is ``v9``, and may have more behind a dot.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html
    """
    return int(version_id.removeprefix("v").partition(".")[0])
