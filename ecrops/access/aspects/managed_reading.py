"""The customer managed policies of a user, a role or a group that are there, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecrops.access.policy_keys import MOST_ATTACHED, PolicyKey, managed_name
from ecrops.aws import Arn, Aws, ClientError, code_of
from ecrops.iam.statements import Document

MISSING = "NoSuchEntity"


@dataclass(frozen=True)
class Managed:
    """A managed policy that is there.

    Args:
        arn: Its ARN.
        document: Its default version.
        default: The id of that version.
        others: The ids of the other versions, oldest first.
        attached: Whether it is attached to the principal.
    """

    arn: str
    document: Document
    default: str
    others: tuple[str, ...]
    attached: bool


@dataclass(frozen=True)
class Found:
    """What is there.

    Args:
        prefix: How the ARNs of all policies begin.
        policies: By their number.
        nobody: What IAM answered, where there is nobody who could have them.
    """

    prefix: str
    policies: Mapping[int, Managed]
    nobody: ClientError | None = None

    def where(self, *, attached: bool) -> dict[int, Managed]:
        """The policies that are attached, or those that are not."""
        return {number: policy for number, policy in self.policies.items() if policy.attached == attached}


def key_of(key: str) -> PolicyKey:
    """Whose policies a key of the aspect stands for."""
    return PolicyKey.parse(key.removesuffix(" attached"))


def read(aws: Aws, key: str) -> Found:
    """The policies by number, until one is not there, and after it those that are attached: they are in force."""
    home = key_of(key)
    prefix = str(Arn(aws.partition.name, "iam", "", aws.account_id, "policy/"))
    found: dict[int, Managed] = {}
    try:
        attached, nobody = _attached(aws, home), None
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        attached, nobody = set(), error
    arns = {number: f"{prefix}{managed_name(home, number)}" for number in range(MOST_ATTACHED)}
    is_gap = False
    for number, arn in arns.items():
        if is_gap and arn not in attached:
            continue
        policy = _read(aws, arn, attached)
        if policy is None:
            is_gap = True
        else:
            found[number] = policy
    return Found(prefix, found, nobody)


def _attached(aws: Aws, home: PolicyKey) -> set[str]:
    kind = home.kind.title()
    pages = aws.pages("iam", f"ListAttached{kind}Policies", "AttachedPolicies", **{f"{kind}Name": home.name})
    return {policy["PolicyArn"] for page in pages for policy in page}


def _read(aws: Aws, arn: str, attached: set[str]) -> Managed | None:
    try:
        versions: list[dict[str, Any]] = aws.get("iam", "ListPolicyVersions", "Versions", PolicyArn=arn)
        default = next(version["VersionId"] for version in versions if version["IsDefaultVersion"])
        version = aws.get("iam", "GetPolicyVersion", "PolicyVersion", PolicyArn=arn, VersionId=default)
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return None
    others = sorted((each["VersionId"] for each in versions if each["VersionId"] != default), key=_number)
    return Managed(arn, version["Document"], default, tuple(others), arn in attached)


def _number(version: str) -> int:
    return int(version.removeprefix("v").partition(".")[0])
