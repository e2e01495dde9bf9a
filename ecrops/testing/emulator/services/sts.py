"""STS as AWS has it: a role is assumed by whom its trust policy lets in, and what it gives expires. moto asks nobody.

The policies of the caller are not asked: whoever calls an emulated AWS may do everything in its own account.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from moto.core import errors
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.sts import urls
from moto.sts.models import AssumedRole, STSBackend, sts_backends
from moto.sts.responses import TokenResponse
from moto.utilities.utils import get_partition

from ..evaluator.callers import caller_of
from ..evaluator.statements import Request, votes
from . import accounts

_ROLE = re.compile(r"arn:[^:]+:iam::(\d{12}):role/.+")
_SESSION = re.compile(r"(arn:[^:]+):sts::(\d{12}):assumed-role/([^/]+)/.*")
_OF_ALL_SERVICES = (
    "AccessDenied",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
)
"""Codes that no model has, since every service may answer them."""


class Refused(ServiceException):
    """What STS refuses, with its code and its words."""


class StsBackend(STSBackend):
    """moto's STS of one account, which looks at trust policies.

    Attributes:
        seconds: How long the credentials of a role of this account last; ``None``: as long as the caller asks for.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.seconds: int | None = None
        self._by_key: dict[str, AssumedRole] = {}

    @property
    def _url_module(self) -> Any:
        """Moto looks for the URLs beside the class, which for a subclass is the wrong place."""
        return urls

    def assume(self, role_arn: str, caller_arn: str, *, name: str, external_id: str, seconds: int) -> AssumedRole:
        """Assume a role of any account.

        AWS says the same, whatever is missing:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html
        """
        found = _ROLE.fullmatch(role_arn)
        if not found or not _lets_in(found[1], role_arn, caller_arn, name, external_id):
            who = f"User: {caller_arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
            raise Refused("AccessDenied", who)
        owner = backend(found[1], self.region_name)
        role = self.assume_role(self.region_name, name, role_arn, "", owner.seconds or seconds, external_id)
        owner._by_key[role.access_key_id] = role
        return role

    def get_assumed_role_from_access_key(self, access_key_id: str) -> AssumedRole | None:
        return self._by_key.get(access_key_id)

    def is_expired(self, access_key_id: str) -> bool:
        """Whether the credentials of an assumed role are old."""
        role = self._by_key.get(access_key_id)
        return role is not None and role.expiration <= utcnow()


def _lets_in(account: str, role_arn: str, caller_arn: str, name: str, external_id: str) -> bool:
    """Whether there is such a role, and its trust policy lets the caller in."""
    partition = role_arn.split(":")[1]
    role = next((each for each in iam_backends[account][partition].roles.values() if each.arn == role_arn), None)
    if role is None:
        return False
    caller = caller_of(caller_arn, account, {})
    values = {
        "sts:externalid": (external_id,) if external_id else (),
        "sts:rolesessionname": (name,),
        "aws:principalarn": (_SESSION.sub(r"\1:iam::\2:role/\3", caller_arn),),
        "aws:principalaccount": (caller.account,),
    }
    request = Request(caller, "sts:AssumeRole", role_arn, values.get)
    found = list(votes(json.loads(role.assume_role_policy_document), "repository", request))
    denies = any(vote.applies is not False for vote in found if vote.effect == "Deny")
    return not denies and any(vote.applies for vote in found if vote.effect == "Allow")


class StsResponse(TokenResponse):
    """One request to STS."""

    def assume_role(self) -> ActionResult:
        """Assume a role, if its trust policy lets the caller in."""
        key, own = self.get_access_key(), backend(self.current_account, self.region)
        _check_key(self.current_account, key, self.region, "ExpiredToken", "InvalidClientTokenId")
        role = own.assume(
            self._get_param("RoleArn"),
            own.get_caller_identity(key, self.region)[1],
            name=self._get_param("RoleSessionName"),
            external_id=self._get_param("ExternalId", ""),
            seconds=self._get_int_param("DurationSeconds", 3600),
        )
        user = {"AssumedRoleId": role.user_id, "Arn": role.arn}
        return ActionResult({"Credentials": role, "AssumedRoleUser": user, "PackedPolicySize": 6})


def check_key(account: str, access_key_id: str, region: str) -> None:
    """Refuse credentials that are old, or that are used in a region that their account has not enabled.

    Raises:
        ServiceException: As the services whose protocol is JSON answer it.
    """
    _check_key(account, access_key_id, region, "ExpiredTokenException", "UnrecognizedClientException")


def _check_key(account: str, access_key_id: str, region: str, expired: str, unknown: str) -> None:
    if not accounts.is_enabled(account, region):
        raise Refused(unknown, "The security token included in the request is invalid.")
    if backend(account, region).is_expired(access_key_id):
        raise Refused(expired, "The security token included in the request is expired")


def put_role(account: str, path_and_name: str, trust: dict[str, Any]) -> None:
    """Make a role with a trust policy, or give it another one."""
    iam: Any = iam_backends[account]["aws"]
    path, _, name = path_and_name.rpartition("/")
    document = json.dumps(trust)
    for role in iam.roles.values():
        if role.name == name:
            role.assume_role_policy_document = document
            return
    iam.create_role(name, document, f"/{path}/".replace("//", "/"), None, "", [], None)


def backend(account: str, region: str) -> StsBackend:
    """STS of an account."""
    return cast(StsBackend, sts_backends[account][get_partition(region)])


def install() -> None:
    """Put the stricter STS in moto's place, before a server answers its first request to it."""
    urls.url_paths["{0}/$"] = StsResponse.dispatch
    sts_backends.backend = StsBackend
    sts_backends.clear()
    errors.COMMON_ERROR_CODES[:] = dict.fromkeys((*errors.COMMON_ERROR_CODES, *_OF_ALL_SERVICES))
