"""Locations of many accounts and regions: by their ids, or as AWS Organizations and the accounts themselves list them.

``Registries.of`` calls ``locations_of``. It only reads. What is wrong with its arguments is said before any call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ecrops.aws import Aws, ClientError, RetryPolicy, account_of, code_of, is_account, is_region
from ecrops.aws.parallel import in_parallel
from ecrops.aws.sessions import explain, session_of
from ecrops.aws.sessions.regions import ENABLED, statuses
from ecrops.base.problems import Problems, repeated
from ecrops.base.waits import OnWait
from ecrops.errors import ApplyError
from ecrops.registries.location import RegistryLocation

if TYPE_CHECKING:
    import boto3

AT_ONCE = 10
"""How many accounts are asked at once."""
_UNIT = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}")
_ADVICE = {
    "AccessDeniedException": "accounts are listed for the management account of the organization, and for accounts to "
    "which it has delegated that; the caller needs {action}. Without it, give accounts=[…]",
    "AWSOrganizationsNotInUseException": "the account of these credentials is in no organization: give accounts=[…]",
    "ParentNotFoundException": "units= are ids of organizational units, or of the root, of this organization",
}


@dataclass(frozen=True)
class Member:
    """An account, as its organization lists it.

    Args:
        account: Its id.
        name: Its name; empty for one that was given by its id.
        tags: Its tags, if they were read.
    """

    account: str
    name: str = ""
    tags: Mapping[str, str] | None = None

    def location(self, region: str | None, **access: Any) -> RegistryLocation:
        """Return a region of it. The name is that of the account and the region: ``payments/eu-west-1``."""
        is_shown = bool(self.name) and self.name.isprintable() and self.name == self.name.strip()
        name = "/".join(filter(None, (self.name, region))) if is_shown else None
        return RegistryLocation(self.account, region, name=name, tags=self.tags, **access)


def locations_of(
    *,
    accounts: Sequence[str | int] | None = None,
    organization: bool = False,
    units: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    without: Sequence[str | int] = (),
    regions: Sequence[str] | Literal["enabled"] | None = None,
    role_name: str | None = None,
    external_id: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    session: boto3.Session | None = None,
    retry: RetryPolicy | None = None,
    on_wait: OnWait | None = None,
) -> tuple[RegistryLocation, ...]:
    """Return a location for each account in each region.

    Args:
        accounts: The accounts by their ids.
        organization: Whether to take the active accounts of the organization of the caller, in the place of
            ``accounts``. The management account is one of them.
        units: Only the accounts in these organizational units, and in the units inside of them.
        tags: Only the accounts that have these tags in their organization. With ``{}`` the tags are read, and all
            accounts have them. They are the ``tags`` of the locations.
        without: Accounts that are left out, such as the management account, which often lacks the role.
        regions: The regions; ``"enabled"`` for those that each account has enabled: its role needs
            ``account:ListRegions``; ``None`` for that of the credentials.
        role_name: The role that is assumed in each account.
        external_id: The external id that the trust policies of the roles ask for.
        profile: The profile whose credentials are used.
        endpoint_url: Where all services are called, for emulators.
        session: The session that lists the accounts; by default that of the profile. Roles are not assumed with it.
        retry: How long to try.
        on_wait: Called with a ``Wait`` before a wait.

    Raises:
        SpecError: With every argument that is wrong.
        ClientError: botocore's own error: the organization cannot be read. Its notes say what is missing.
        ApplyError: The regions of some accounts cannot be read; ``failed`` has the error of each.
    """
    access = {"role_name": role_name, "external_id": external_id, "profile": profile, "endpoint_url": endpoint_url}
    _check(accounts, organization, units, tags, without, regions, access)
    excluded = {account_of(account) for account in without}
    if accounts is not None:
        members = [Member(str(account)) for account in accounts]
    else:
        here = session or session_of(RegistryLocation(profile=profile, endpoint_url=endpoint_url))
        aws = Aws(here, AT_ONCE, retry or RetryPolicy(), "us-east-1").telling(on_wait)
        members = _members(aws, units, tags)
    members = [member for member in members if member.account not in excluded]
    if regions == "enabled":
        return _enabled(members, access, retry, on_wait)
    return tuple(member.location(region, **access) for member in members for region in regions or (None,))


def _check(
    accounts: object,
    organization: object,
    units: object,
    tags: object,
    without: object,
    regions: object,
    access: Mapping[str, Any],
) -> None:
    """Refuse arguments from which no locations follow.

    Raises:
        SpecError: With every reason.
    """
    problems = Problems()
    by_organization = bool(organization) or bool(units) or tags is not None
    if accounts is None:
        problems.check(by_organization, "accounts", "is missing: give accounts=[…], or organization=True")
    elif by_organization:
        problems.add("accounts", "is given beside organization=, units= or tags=: leave out one of them")
    count = 2 if accounts is None else len(_ids(problems, "accounts", accounts))
    if access["role_name"] is None and count > 1:
        whose = f"profile {access['profile']!r}" if access["profile"] else "the default session"
        problems.add("role_name", f"is missing: {whose} has the credentials of one account")
    _ids(problems, "without", without)
    for unit in problems.strings("units", units) or ():
        is_unit = _UNIT.fullmatch(unit)
        problems.check(
            bool(is_unit), "units", f"expected the id of a unit, 'ou-…', or of the root, 'r-…', got {unit!r}"
        )
    if tags is not None:
        is_tags = isinstance(tags, Mapping) and all(isinstance(text, str) for pair in tags.items() for text in pair)
        problems.check(is_tags, "tags", f"expected a mapping of texts, such as {{'stage': 'prod'}}, got {tags!r}")
    _check_regions(problems, regions)
    problems.take("", lambda: Member("000000000000").location(None, **access))
    problems.raise_any()


def _ids(problems: Problems, path: str, value: object) -> list[Any]:
    """Return the ids of accounts, and add a reason for each that is none, or that is there twice."""
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        problems.add(path, f"expected a list of accounts, got {value!r}; write [{value!r}]")
        return []
    found = [account_of(account) for account in value]
    for account in found:
        problems.check(is_account(account), path, f"expected an account, 12 digits in a string, got {account!r}")
    for account in repeated(account for account in found if is_account(account)):
        problems.add(path, f"{account!r} is there twice")
    if path == "accounts":
        problems.check(bool(found), path, "expected at least one account, got none")
    return found


def _check_regions(problems: Problems, regions: object) -> None:
    if regions is None or regions == "enabled":
        return
    names = problems.strings("regions", regions)
    if names is None:
        return
    problems.check(bool(names), "regions", "expected at least one region, got none")
    for name in names:
        problems.check(is_region(name), "regions", f"expected a region of AWS, such as 'eu-west-1', got {name!r}")
    for name in repeated(names):
        problems.add("regions", f"{name!r} is there twice")


def _members(aws: Aws, units: Iterable[str], tags: Mapping[str, str] | None) -> list[Member]:
    """Return the active accounts of the organization that are in the units and have the tags."""
    try:
        found = _accounts(aws, units)
        members = [Member(account["Id"], account.get("Name", "")) for account in found if _is_active(account)]
        if tags is None:
            return members
        tagged = aws.map(lambda member: replace(member, tags=_tags(aws, member.account)), members)
    except ClientError as error:
        if advice := _ADVICE.get(code_of(error)):
            error.add_note(advice.format(action=f"organizations:{error.operation_name}"))
        raise
    return [member for member in tagged if tags.items() <= (member.tags or {}).items()]


def _accounts(aws: Aws, units: Iterable[str]) -> list[dict[str, Any]]:
    """Return all accounts of the organization, or those in the units and in the units inside of them."""
    parents = list(dict.fromkeys(units))
    if not parents:
        return _listed(aws, "ListAccounts", "Accounts")
    found: dict[str, dict[str, Any]] = {}
    for parent in parents:
        found |= {account["Id"]: account for account in _listed(aws, "ListAccountsForParent", "Accounts", parent)}
        inner = _listed(aws, "ListOrganizationalUnitsForParent", "OrganizationalUnits", parent)
        parents.extend(unit["Id"] for unit in inner if unit["Id"] not in parents)
    return list(found.values())


def _listed(aws: Aws, operation: str, member: str, parent: str = "") -> list[dict[str, Any]]:
    asked = {"ParentId": parent} if parent else {}
    return [entry for page in aws.pages("organizations", operation, member, **asked) for entry in page]


def _is_active(account: Mapping[str, Any]) -> bool:
    """Whether an account is in use. ``State`` came in the place of ``Status``, which older versions of botocore have.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
    """
    return bool(account.get("State", account.get("Status")) == "ACTIVE")


def _tags(aws: Aws, account: str) -> dict[str, str]:
    pages = aws.pages("organizations", "ListTagsForResource", "Tags", ResourceId=account)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page}


def _enabled(
    members: Sequence[Member], access: Mapping[str, Any], retry: RetryPolicy | None, on_wait: OnWait | None
) -> tuple[RegistryLocation, ...]:
    """Return a location for each region that an account has enabled, in the order of the accounts.

    Raises:
        ApplyError: Some accounts could not be asked.
    """
    failed: dict[str, Exception] = {}

    def regions(member: Member) -> list[RegistryLocation]:
        location = member.location(None, **access)
        try:
            found = statuses(session_of(location, retry=retry, on_wait=on_wait), retry)
        except Exception as error:
            explain(error, location)
            failed[str(location)] = error
            return []
        names = sorted(name for name, status in found.items() if status in ENABLED)
        return [member.location(name, **access) for name in names]

    found = in_parallel(AT_ONCE, regions, members, lambda: None) if len(members) > 1 else [*map(regions, members)]
    if failed:
        count = f"{len(failed)} of {len(members)} accounts"
        message = f"the regions of {count} cannot be read; without=[…] leaves accounts out"
        raise ApplyError(message, list(failed.values()), (), failed)
    return tuple(location for locations in found for location in locations)
