"""One account in one region, as data: what a task of many registries carries in the place of credentials. Pure.

Made by users, by ``organization`` and by readers of fleet files. It is checked when it is made, it can be pickled and
hashed, and it calls nothing. ``ecrops.aws.sessions`` makes a session of it, where the work runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlsplit

from ecrops.aws import Arn, account_of, is_account, is_of_partition, is_region
from ecrops.base.problems import Problems, compact, from_fields, suggesting
from ecrops.base.shown import Shown
from ecrops.errors import SpecError

_ROLE = re.compile(r"(?a:[!-.0-~]+/)*(?a:[\w+=,.@-]{1,64})")
"""https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html, with the path before the name."""
_EXTERNAL_ID = re.compile(r"(?a:[\w+=,.@:/-]{2,1224})")
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
_SECRET = "never credentials: name a profile=, or a role_name= that is assumed where the work runs"
ADVICE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("account_id", "registry_id", "aws_account_id"), "write account="),
        **dict.fromkeys(("region_name", "aws_region"), "write region="),
        **dict.fromkeys(("profile_name", "aws_profile"), "write profile="),
        "role": "write role_name= for a role of the account, or role_arn=",
        "endpoint": "write endpoint_url=",
        "session": "a location is data, and a session is made where the work runs: name a profile= or a role_name=",
        **dict.fromkeys(
            ("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "credentials", "access_key"), _SECRET
        ),
    }
)


@suggesting(ADVICE)
@dataclass(frozen=True, slots=True)
class RegistryLocation(Shown):
    """One account in one region, and how to get there. It never has credentials.

    Args:
        account: The account, 12 digits. Without it, that of ``role_arn``, of the profile, or of the default session.
            The account is checked before anything else is done.
        region: The region. Without it, that of the profile, or of the default session, where the work runs.
        role_name: The role of the account that is assumed, with its path if it has one: ``ops/ecrops``.
        role_arn: The same as an ARN.
        profile: The profile whose credentials are used, also to assume the role. Without it, the default session of
            boto3. It has to be there where the work runs.
        external_id: The external id that the trust policy of the role asks for. It is no secret:
            https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
        endpoint_url: Where all services are called, for emulators.
        name: What reports call it, and what patterns of names are compared with: ``prod/eu-west-1``. Without it, the
            account and the region.
        tags: What the location is called apart from others by, such as the tags of the account in its organization.

    Raises:
        SpecError: With every field that is wrong.

    Example:
        >>> RegistryLocation("111122223333", "eu-west-1", role_name="ecrops").place
        '111122223333/eu-west-1'
    """

    account: str | None = None
    region: str | None = None
    _: KW_ONLY
    role_name: str | None = None
    role_arn: str | None = None
    profile: str | None = None
    external_id: str | None = None
    endpoint_url: str | None = None
    name: str | None = None
    tags: Mapping[str, str] | None = field(default=None, hash=False)

    def __repr__(self) -> str:
        return compact(self)

    def __str__(self) -> str:
        return self.place if self.name in (None, self.place) else f"{self.name} ({self.place})"

    def __post_init__(self) -> None:
        problems = Problems()
        self._set("account", account_of(self.account))
        if self.account is not None:
            problems.check(
                is_account(self.account),
                "account",
                f"expected an account, 12 digits in a string, got {self.account!r}",
            )
        if self.region is not None and not is_region(self.region):
            problems.add("region", f"expected a region of AWS, such as 'eu-west-1', got {self.region!r}")
        self._check_role(problems)
        self._check_access(problems)
        if self.tags is not None:
            self._set("tags", problems.take("tags", lambda: _check_tags(self.tags)))
        problems.raise_any()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_role(self, problems: Problems) -> None:
        if self.role_name is not None:
            is_arn = isinstance(self.role_name, str) and self.role_name.startswith("arn:")
            is_name = isinstance(self.role_name, str) and _ROLE.fullmatch(self.role_name)
            way_out = f"; write role_arn={self.role_name!r}" if is_arn else ""
            problems.check(
                bool(is_name) and not is_arn,
                "role_name",
                f"expected the name of a role, such as 'ecrops' or 'ops/ecrops', got {self.role_name!r}{way_out}",
            )
            problems.check(self.role_arn is None, "role_arn", "is given beside role_name: leave out one of them")
            problems.check(
                self.account is not None or self.role_arn is not None,
                "role_name",
                "a role is named in an account: give account= too, or the role as role_arn=",
            )
        if self.role_arn is not None:
            problems.take("role_arn", self._take_role_arn)
        if self.external_id is not None:
            is_id = isinstance(self.external_id, str) and _EXTERNAL_ID.fullmatch(self.external_id)
            problems.check(
                bool(is_id),
                "external_id",
                f"expected 2 to 1,224 letters, digits and +=,.@:/-_ without blanks, got {self.external_id!r}",
            )
            has_role = self.role_name is not None or self.role_arn is not None
            problems.check(has_role, "external_id", "is for a role: give role_name= or role_arn= too")

    def _take_role_arn(self) -> None:
        """Check the ARN of the role, and take the account from it."""
        example = "arn:aws:iam::111122223333:role/ecrops"
        if not isinstance(self.role_arn, str):
            raise SpecError(f"expected the ARN of a role, such as {example}, got {self.role_arn!r}")
        arn = Arn.parse(self.role_arn)
        kind, _, name = arn.resource.partition("/")
        if arn.service == "sts" and kind == "assumed-role":
            raise SpecError(f"expected the ARN of a role, got that of a session of one, {self.role_arn!r}")
        if (arn.service, arn.region, kind) != ("iam", "", "role") or not arn.is_of_account or not _ROLE.fullmatch(name):
            raise SpecError(f"expected the ARN of a role, such as {example}, got {self.role_arn!r}")
        if self.account is None:
            self._set("account", arn.account)
        elif arn.account != self.account:
            raise SpecError(f"is a role of account {arn.account}, and account is {self.account!r}")
        if is_region(self.region) and not is_of_partition(Arn(arn.partition, "ecr", str(self.region), "", "")):
            raise SpecError(f"is a role of partition {arn.partition!r}, and region is {self.region!r}")

    def _check_access(self, problems: Problems) -> None:
        for name in ("profile", "name"):
            value = getattr(self, name)
            if value is not None:
                is_text = isinstance(value, str) and value.isprintable() and bool(value) and value == value.strip()
                problems.check(is_text, name, f"expected a name without blanks around it, got {value!r}")
        if self.endpoint_url is not None:
            problems.take("endpoint_url", lambda: _check_url(self.endpoint_url))

    @property
    def place(self) -> str:
        """The account and the region: ``111122223333/eu-west-1``. What is not given is said in words."""
        account = self.account or (f"profile {self.profile}" if self.profile else "default session")
        return f"{account}/{self.region or 'default region'}"

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What two locations of one registry have in common, as far as is known without a call: not how to get there.

        A profile is a part of it only where it says which account is meant.
        """
        profile = self.profile if self.account is None else None
        return self.account or "", profile or "", self.region or "", self.endpoint_url or ""

    @property
    def label(self) -> str:
        """The name; without one, the place."""
        return self.name or self.place

    def role(self, partition: str) -> str | None:
        """Return the ARN of the role that is assumed; ``None`` if none is.

        Args:
            partition: The partition of the account, such as ``aws``. A ``role_arn`` has its own.
        """
        if self.role_name is None:
            return self.role_arn
        return str(Arn(partition, "iam", "", str(self.account), f"role/{self.role_name}"))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are given, ready for JSON."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {name: dict(value) if name == "tags" else value for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Args:
            data: A mapping with the names of the fields.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        return from_fields(cls, data, "a registry", ADVICE)


def check_locations(locations: Iterable[RegistryLocation]) -> tuple[RegistryLocation, ...]:
    """Return locations, of which no two are for one account and region.

    Args:
        locations: The locations.

    Raises:
        SpecError: With every entry that is no location, and every pair that is for one account and region.
    """
    if isinstance(locations, RegistryLocation | Mapping | str) or not isinstance(locations, Iterable):
        raise SpecError(f"expected a list of RegistryLocation, got {locations!r}{_in_a_list(locations)}")
    problems = Problems()
    checked = problems.each("", locations, _check_location)
    first: dict[tuple[str, ...], int] = {}
    for index, location in enumerate(checked):
        earlier = first.setdefault(location.identity, index)
        if earlier != index:
            same = f"is for the same account and region as [{earlier}], {checked[earlier]}: {location}"
            problems.add(f"[{index}]", f"{same}; leave out one of them")
    problems.raise_any()
    return tuple(checked)


def _check_location(entry: object) -> RegistryLocation:
    if isinstance(entry, RegistryLocation):
        return entry
    raise SpecError(f"expected a RegistryLocation, got {entry!r}{_way_out(entry)}")


def _way_out(entry: object) -> str:
    if isinstance(entry, Mapping):
        return "; write RegistryLocation.from_dict(…)"
    if type(entry).__name__ == "Registry":
        return "; a registry has clients, which cannot be sent: write RegistryLocation(account, region)"
    if is_account(account_of(entry)):
        return f"; write RegistryLocation({str(entry)!r}, region)"
    return f"; write RegistryLocation(region={entry!r})" if is_region(entry) else ""


def _in_a_list(value: object) -> str:
    return "; write [location]" if isinstance(value, RegistryLocation) else ""


def _check_tags(tags: object) -> dict[str, str]:
    """Return a copy of tags.

    Raises:
        SpecError: They are no mapping of texts.
    """
    if isinstance(tags, Mapping) and all(isinstance(text, str) for pair in tags.items() for text in pair):
        return dict(tags)
    raise SpecError(f"expected a mapping of texts, such as {{'stage': 'prod'}}, got {tags!r}")


def _check_url(url: object) -> None:
    """Refuse what is no URL of a server, or has credentials in it.

    Raises:
        SpecError: With the reason.
    """
    try:
        parts = urlsplit(url) if isinstance(url, str) and url.isprintable() and " " not in url else None
        is_url = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, is_url = None, False
    if parts is not None and (parts.username is not None or parts.password is not None):
        raise SpecError("expected a URL without a user and a password: a location has no credentials")
    if not is_url or parts is None or parts.query or parts.fragment:
        raise SpecError(f"expected a URL such as 'http://127.0.0.1:4566', got {url!r}")
