"""Organizations as AWS has it: pages of twenty, and no listing for who may not read it. moto lists nothing then.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
"""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.organizations import urls
from moto.organizations.exceptions import AWSOrganizationsNotInUseException
from moto.organizations.models import (
    FakeAccount,
    FakeOrganization,
    FakeOrganizationalUnit,
    OrganizationsBackend,
    organizations_backends,
)
from moto.organizations.responses import OrganizationsResponse
from moto.organizations.utils import PAGINATION_MODEL

from . import sts

PAGE = 20
"""The most that ``MaxResults`` of these listings may be."""
_OF_ITS_ADMINISTRATORS = ("ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent", "ListRoots")
_TAGS = "ListTagsForResource"


class Denied(ServiceException):
    """What only the management account, or a delegated administrator, may."""

    code = "AccessDeniedException"
    message = "You don't have permissions to access this resource."


class StrictResponse(OrganizationsResponse):
    """One request to Organizations."""

    def call_action(self) -> Any:
        """Answer it, if the caller's account may ask."""
        refusal = self._refusal(self._get_action())
        if refusal is not None:
            return self.serialized(ActionResult(refusal))
        return super().call_action()

    def _refusal(self, operation: str) -> ServiceException | None:
        if operation not in (*_OF_ITS_ADMINISTRATORS, _TAGS) or self.organizations_backend.org is not None:
            return None
        is_member = self.current_account in organizations_backends.master_accounts
        return Denied() if is_member else AWSOrganizationsNotInUseException()


class Organization:
    """Steers the organization of a management account, which is made with the first account that is added.

    Args:
        account: The management account.

    Example:
        >>> organization = Organization("123456789012")
        >>> organization.add("111122223333", "payments", unit="workloads/prod", tags={"stage": "prod"})
    """

    def __init__(self, account: str) -> None:
        self._account = account

    def add(
        self,
        account: str,
        name: str,
        *,
        unit: str = "",
        tags: dict[str, str] | None = None,
        state: str = "ACTIVE",
        role: str = "OrganizationAccountAccessRole",
    ) -> None:
        """Add an account.

        Args:
            account: Its id.
            name: Its name.
            unit: The names of the organizational units that it is in, with ``/`` between; the root without any.
            tags: Its tags.
            state: Its state, such as ``SUSPENDED``.
            role: A role of it that trusts the management account, as an account that is created has one.
        """
        own = self._own()
        added = FakeAccount(_org(own), AccountName=name, Email=f"{account}@example.com", Tags=[])
        added.id, added.state, added.parent_id, added.tags = account, state, self.unit(unit), dict(tags or {})
        added.status = state if state in ("ACTIVE", "SUSPENDED", "PENDING_CLOSURE") else "SUSPENDED"
        own.accounts.append(added)
        organizations_backends.master_accounts[account] = (self._account, own.partition)
        root = f"arn:{own.partition}:iam::{self._account}:root"
        statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
        sts.put_role(account, role, {"Version": "2012-10-17", "Statement": statement})

    def unit(self, path: str) -> str:
        """Return the id of an organizational unit, which is made if it is not there; of the root without a path."""
        own = self._own()
        parent = _org(own).root_id
        for name in filter(None, path.split("/")):
            found = next((unit for unit in own.ou if (unit.parent_id, unit.name) == (parent, name)), None)
            if found is None:
                found = FakeOrganizationalUnit(_org(own), Name=name, ParentId=parent)
                own.ou.append(found)
            parent = found.id
        return parent

    def _own(self) -> OrganizationsBackend:
        own = backend(self._account)
        if own.org is None:
            own.create_organization(region=own.region_name)
        return own


def _org(own: OrganizationsBackend) -> FakeOrganization:
    assert own.org
    return own.org


def backend(account: str) -> OrganizationsBackend:
    """Organizations of an account."""
    return organizations_backends[account]["aws"]


def install() -> None:
    """Put the stricter answers in moto's place, before a server answers its first request to it."""
    urls.url_paths["{0}/$"] = StrictResponse.dispatch
    PAGINATION_MODEL["list_accounts"] |= {"limit_default": PAGE, "unique_attribute": "Id"}
