"""IAM as its quotas page and its API have it: moto, which knows no quotas of policies and deletes what is in use."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.core.exceptions import ServiceException
from moto.iam import urls
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, iam_backends

from .identities import check_boundary, identify, policies_of_aws
from .simulator import SimulatorResponse

INLINE = {"user": 2_048, "group": 5_120, "role": 10_240}
MANAGED = 6_144


class LimitExceeded(ServiceException):
    """A quota that is used up."""

    code = "LimitExceeded"


class ValidationError(ServiceException):
    """What does not have the pattern that the model of the API says."""

    code = "ValidationError"


class DeleteConflict(ServiceException):
    """What is in use: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html."""

    code = "DeleteConflict"


class IamBackend(IAMBackend):
    """moto's IAM of one account, with the sizes that policies may have, and none deleted that is in use."""

    @property
    def _url_module(self) -> Any:
        """Moto looks for the URLs beside the class, which for a subclass is the wrong place."""
        return urls

    def _init_aws_policies(self) -> Any:
        """Those about ECR alone: moto has none, or more than a thousand."""
        return super()._init_aws_policies() or policies_of_aws(self.account_id, self.region_name)

    def create_user(self, *args: Any, **more: Any) -> Any:
        user = super().create_user(*args, **more)
        identify(user, "user", self.account_id)
        return user

    def create_group(self, *args: Any, **more: Any) -> Any:
        group = super().create_group(*args, **more)
        identify(group, "group", self.account_id)
        return group

    def create_role(self, *args: Any, **more: Any) -> Any:
        check_boundary(self, more.get("permissions_boundary", args[3] if len(args) > 3 else None))
        return super().create_role(*args, **more)

    def put_role_permissions_boundary(self, role_name: str, permissions_boundary: str) -> None:
        check_boundary(self, permissions_boundary)
        super().put_role_permissions_boundary(role_name, permissions_boundary)

    def get_role(self, role_name: str) -> Any:
        try:
            return super().get_role(role_name)
        except NotFoundException:
            raise _missing("role", role_name) from None

    def get_group(self, group_name: str) -> Any:
        try:
            return super().get_group(group_name)
        except NotFoundException:
            raise _missing("group", group_name) from None

    def get_role_policy(self, role_name: str, policy_name: str) -> Any:
        if policy_name not in self.get_role(role_name).policies:
            raise _missing("role policy", policy_name)
        return super().get_role_policy(role_name, policy_name)

    def get_user_policy(self, user_name: str, policy_name: str) -> Any:
        if policy_name not in self.get_user(user_name).policies:
            raise _missing("user policy", policy_name)
        return super().get_user_policy(user_name, policy_name)

    def get_group_policy(self, group_name: str, policy_name: str) -> Any:
        if policy_name not in self.get_group(group_name).policies:
            raise _missing("group policy", policy_name)
        return super().get_group_policy(group_name, policy_name)

    def put_user_policy(self, user_name: str, policy_name: str, policy_json: str) -> None:
        self._check("user", user_name, {**self.get_user(user_name).policies, policy_name: policy_json})
        super().put_user_policy(user_name, policy_name, policy_json)

    def put_group_policy(self, group_name: str, policy_name: str, policy_json: str) -> None:
        self._check("group", group_name, {**self.get_group(group_name).policies, policy_name: policy_json})
        super().put_group_policy(group_name, policy_name, policy_json)

    def put_role_policy(self, role_name: str, policy_name: str, policy_json: str) -> None:
        self._check("role", role_name, {**self.get_role(role_name).policies, policy_name: policy_json})
        super().put_role_policy(role_name, policy_name, policy_json)

    def create_policy(self, description: str, path: str, policy_document: str, *args: Any, **more: Any) -> Any:
        _check_text(policy_document)
        self._check_managed(policy_document)
        policy = super().create_policy(description, path, policy_document, *args, **more)
        identify(policy, "policy", self.account_id)
        return policy

    def create_policy_version(self, policy_arn: str, policy_document: str, set_as_default: bool) -> Any:
        _check_text(policy_document)
        self._check_managed(policy_document)
        return super().create_policy_version(policy_arn, policy_document, set_as_default)

    def delete_policy(self, policy_arn: str) -> None:
        policy: Any = self.get_policy(policy_arn)
        owners: Any = (*self.users.values(), *self.roles.values(), *self.groups.values())
        if any(policy.arn in each.managed_policies for each in owners):
            raise DeleteConflict("Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise DeleteConflict("This policy has more than one version. Delete its other versions first.")
        super().delete_policy(policy_arn)

    def _check(self, kind: str, name: str, policies: dict[str, str]) -> None:
        for text in policies.values():
            _check_text(text)
        if sum(map(_size, policies.values())) > INLINE[kind]:
            raise LimitExceeded(f"Maximum policy size of {INLINE[kind]} bytes exceeded for {kind} {name}")

    def _check_managed(self, document: str) -> None:
        if _size(document) > MANAGED:
            raise LimitExceeded(f"Cannot exceed quota for PolicySize: {MANAGED}")


def _missing(what: str, name: str) -> NotFoundException:
    """The answer of IAM, which tells a missing role from a missing policy of a role.

    https://github.com/prowler-cloud/prowler/pull/2872, https://github.com/aws/aws-cli/issues/6139
    """
    return NotFoundException(f"The {what} with name {name} cannot be found.")


def _check_text(document: str) -> None:
    """Refuse what botocore's model of ``policyDocumentType`` excludes."""
    if not re.fullmatch(r"[\t\n\r\x20-\xff]+", document):
        raise ValidationError(
            "1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+"
        )


def _size(document: str) -> int:
    return len("".join(document.split()))


def make_principals(account: str, user: str = "", role: str = "", group: str = "") -> None:
    """A user, a role and a group, by path and name: at once, for the many tests that begin so."""
    backend: Any = iam_backends[account]["aws"]
    if user:
        backend.create_user("aws", _name(user), _path(user))
    if role:
        backend.create_role(_name(role), "{}", _path(role), None, "", [], None)
    if group:
        backend.create_group(_name(group), _path(group))


def keep_policy(account: str, user: str, name: str, document: str) -> None:
    """An inline policy of a user as it is, unchecked."""
    backend: Any = iam_backends[account]["aws"]
    backend.users[user].policies[name] = document


def picture(account: str) -> dict[str, Any]:
    """The policies of all principals, as they are in memory: without a call, since tests look after each of many."""
    backend: Any = iam_backends[account]["aws"]
    owners = {"user": backend.users, "role": backend.roles, "group": backend.groups}
    return {
        "inline": {
            f"{kind} {each.name}": {name: _plain(text) for name, text in each.policies.items()}
            for kind, found in owners.items()
            for each in found.values()
        },
        "attached": {
            f"{kind} {each.name}": sorted(each.managed_policies)
            for kind, found in owners.items()
            for each in found.values()
        },
        "managed": {
            arn: _plain(next(each.document for each in policy.versions if each.is_default))
            for arn, policy in backend.managed_policies.items()
            if account in arn
        },
    }


def _plain(document: Any) -> Any:
    return json.loads(document) if isinstance(document, str) else document


def _name(path_and_name: str) -> str:
    return path_and_name.rpartition("/")[2]


def _path(path_and_name: str) -> str:
    return f"/{path_and_name.rpartition('/')[0]}/".replace("//", "/")


def install() -> None:
    """Put the stricter IAM in moto's place, before a server answers its first request to it."""
    urls.url_paths["{0}/$"] = SimulatorResponse.dispatch
    iam_backends.backend = IamBackend
    iam_backends.clear()
