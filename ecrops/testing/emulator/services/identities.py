"""What IAM tells of users, groups, roles and managed policies: ids, boundaries, and the listing of all of them.

Models https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html, where moto has one
page, policies without names, and users without boundaries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult
from moto.core.serialize import never_return, return_if_not_empty
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.iam.responses import IamResponse
from moto.iam.utils import generate_access_key_id_from_account_id as made_id

PAGE = 100
"""The items of a page, if the request does not say."""
KINDS = ("User", "Group", "Role")
PREFIXES = {"user": "AIDA", "group": "AGPA", "policy": "ANPA"}
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
_READ_ONLY = (
    "GetAuthorizationToken", "BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "GetRepositoryPolicy",
    "DescribeRepositories", "ListImages", "DescribeImages", "BatchGetImage", "GetLifecyclePolicy",
    "GetLifecyclePolicyPreview", "ListTagsForResource", "DescribeImageScanFindings",
)  # fmt: skip
_UPLOAD = ("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage")
_PULL_ONLY = ("GetAuthorizationToken", "BatchGetImage", "GetDownloadUrlForLayer", "BatchImportUpstreamImage")
_LINKED_ROLE = {
    "Effect": "Allow",
    "Action": ["iam:CreateServiceLinkedRole"],
    "Resource": "*",
    "Condition": {"StringEquals": {"iam:AWSServiceName": ["replication.ecr.amazonaws.com"]}},
}


def _allowing(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def _of_ecr(*names: str) -> dict[str, Any]:
    return _allowing(*(f"ecr:{name}" for name in names))


AWS_POLICIES = {
    "AdministratorAccess": [_allowing("*")],
    "AmazonEC2ContainerRegistryFullAccess": [_allowing("ecr:*", "cloudtrail:LookupEvents"), _LINKED_ROLE],
    "AmazonEC2ContainerRegistryPowerUser": [_of_ecr(*_READ_ONLY, *_UPLOAD)],
    "AmazonEC2ContainerRegistryPullOnly": [_of_ecr(*_PULL_ONLY)],
    "AmazonEC2ContainerRegistryReadOnly": [_of_ecr(*_READ_ONLY)],
}
"""Those about ECR, and the one that allows all: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/"""


class ValidationError(ServiceException):
    """A request that the model of the API excludes."""

    code = "ValidationError"


class NoSuchEntity(ServiceException):
    """A policy that cannot be a boundary, since it is not there."""

    code = "NoSuchEntity"


def policies_of_aws(account: str, region: str) -> list[Any]:
    """The managed policies of AWS that every account can attach."""
    data = {"DefaultVersionId": "v1", "Path": "/", "CreateDate": "2015-02-06", "UpdateDate": "2015-02-06"}
    documents = {name: {"Version": "2012-10-17", "Statement": AWS_POLICIES[name]} for name in AWS_POLICIES}
    policies: list[Any] = [
        AWSManagedPolicy.from_data(name, account, region, {**data, "Document": documents[name]}) for name in documents
    ]
    for policy in policies:
        identify(policy, "policy", account)
    return policies


def identify(owner: Any, kind: str, account: str) -> None:
    """Give a new user, group or policy a unique id as IAM does: its beginning tells what it is of."""
    owner.id = made_id(account, prefix=PREFIXES[kind], total_length=21)


def check_boundary(backend: IAMBackend, arn: str | None) -> None:
    """Refuse a boundary that is no managed policy.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html has the code.
    """
    if arn and arn not in backend.managed_policies:
        raise NoSuchEntity(f"Policy {arn} does not exist.")


def boundary_of(arn: str | None) -> dict[str, str] | None:
    """A boundary as IAM tells it.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachedPermissionsBoundary.html
    """
    if not arn:
        return None
    return {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}


class IdentitiesResponse(IamResponse):
    """One request to IAM."""

    RESPONSE_KEY_PATH_TO_TRANSFORMER = {  # noqa: RUF012 - as in moto
        **IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER,
        "CreateUserResponse.User.PermissionsBoundary": return_if_not_empty,
        "GetUserResponse.User.PermissionsBoundary": return_if_not_empty,
        "ListUsersResponse.Users.User.PermissionsBoundary": never_return,
        "GetGroupResponse.Users.User.PermissionsBoundary": never_return,
    }

    def create_user(self) -> ActionResult:
        """Make a user, with its boundary."""
        arn = self._get_param("PermissionsBoundary")
        check_boundary(self.backend, arn)
        answer = super().create_user()
        self._bound(self._get_param("UserName"), arn)
        return answer

    def put_user_permissions_boundary(self) -> ActionResult:
        """Limit a user."""
        arn = self._get_param("PermissionsBoundary")
        check_boundary(self.backend, arn)
        self._bound(self._get_param("UserName"), arn)
        return EmptyResult()

    def delete_user_permissions_boundary(self) -> ActionResult:
        """Limit a user no more."""
        self._bound(self._get_param("UserName"), None)
        return EmptyResult()

    def _bound(self, name: str, arn: str | None) -> None:
        user: Any = self.backend.get_user(name)
        user.permissions_boundary = boundary_of(arn)

    def get_account_authorization_details(self) -> ActionResult:
        """All users, groups, roles and policies, a page at a time. IAM does not say in which order they are."""
        wanted = self._get_param("Filter") or [*KINDS, "LocalManagedPolicy", "AWSManagedPolicy"]
        start = self._start(self._get_param("Marker"))
        end = start + int(self._get_param("MaxItems", PAGE))
        items = list(details(self.backend, wanted))
        page: dict[str, Any] = {f"{kind}DetailList": [] for kind in KINDS} | {"Policies": []}
        for member, detail in items[start:end]:
            page[member].append(detail())
        more = {"IsTruncated": True, "Marker": f"after-{end}"} if end < len(items) else {"IsTruncated": False}
        return ActionResult(page | more)

    def _start(self, marker: str | None) -> int:
        if not marker:
            return 0
        prefix, _, number = marker.partition("-")
        if prefix != "after" or not number.isdigit():
            raise ValidationError("Invalid Marker.")
        return int(number)


def details(backend: Any, wanted: list[str]) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """The users, groups, roles and policies of some kinds: the member of the answer that each is in, and its detail."""
    owners = {"User": backend.users, "Group": backend.groups, "Role": backend.roles}
    for kind in KINDS:
        if kind in wanted:
            yield from ((f"{kind}DetailList", partial(_detail, kind, owner)) for owner in owners[kind].values())
    bounds = Counter(
        boundary["PermissionsBoundaryArn"]
        for owner in (*backend.users.values(), *backend.roles.values())
        if (boundary := bound(owner))
    )
    for policy in backend.managed_policies.values():
        kind = "AWSManagedPolicy" if ":iam::aws:" in policy.arn else "LocalManagedPolicy"
        if kind in wanted:
            yield "Policies", partial(_policy, policy, bounds[policy.arn])


def bound(owner: Any) -> dict[str, str] | None:
    """The boundary of a user or a role."""
    boundary: dict[str, str] | None = getattr(owner, "permissions_boundary", None)
    return boundary


def _detail(kind: str, owner: Any) -> dict[str, Any]:
    detail = {
        "Path": owner.path,
        f"{kind}Name": owner.name,
        f"{kind}Id": owner.id,
        "Arn": owner.arn,
        "CreateDate": owner.create_date,
        f"{kind}PolicyList": [
            {"PolicyName": name, "PolicyDocument": quote(text)} for name, text in owner.policies.items()
        ],
        "AttachedManagedPolicies": [
            {"PolicyName": policy.name, "PolicyArn": policy.arn} for policy in owner.managed_policies.values()
        ],
    }
    if kind == "User":
        detail["GroupList"] = owner.group_list
    if kind == "Role":
        detail |= {"AssumeRolePolicyDocument": quote(owner.assume_role_policy_document), "InstanceProfileList": []}
    if boundary := bound(owner):
        detail["PermissionsBoundary"] = boundary
    if kind != "Group" and owner.tags:
        detail["Tags"] = owner.tags
    return detail


def _policy(policy: Any, bounds: int) -> dict[str, Any]:
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_version_id,
        "AttachmentCount": policy.attachment_count,
        "PermissionsBoundaryUsageCount": bounds,
        "IsAttachable": True,
        "CreateDate": policy.create_date,
        "UpdateDate": policy.update_date,
        "PolicyVersionList": [
            {
                "Document": quote(version.document),
                "VersionId": version.version_id,
                "IsDefaultVersion": version.is_default,
                "CreateDate": version.create_date,
            }
            for version in policy.versions
        ],
    }
