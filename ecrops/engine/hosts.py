"""The names of an account in a region, and the hosts of its registry.

A part of ``account.Account``. It calls nothing, but for the question which account it is.
"""

from __future__ import annotations

from ecrops.aws import Aws, is_account, is_region, lacks_fips, registry_host
from ecrops.aws.clients import is_configured
from ecrops.errors import SpecError


class Hosts:
    """Where the registry of an account is, and which of its hosts were chosen."""

    aws: Aws
    _dual_stack: bool | None
    _fips: bool | None

    @property
    def region(self) -> str:
        """The region, such as ``eu-west-1``."""
        return self.aws.region

    @property
    def partition(self) -> str:
        """The partition of the region, such as ``aws`` or ``aws-cn``."""
        return self.aws.partition.name

    @property
    def account_id(self) -> str:
        """The account: from whichever answer named it first, else from STS, which needs no permission."""
        return self.aws.account_id

    @property
    def uri(self) -> str:
        """The host that images are pushed to and pulled from."""
        return self.host()

    def host(
        self,
        account: str | None = None,
        region: str | None = None,
        *,
        dual_stack: bool | None = None,
        fips: bool | None = None,
    ) -> str:
        """Return a host of a registry. The account and the region are those of this registry, unless others are given.

        Args:
            account: The account of the registry.
            region: The region of the registry.
            dual_stack: Whether the host has addresses of IPv6 too, such as ``….dkr-ecr.eu-west-1.on.aws``. Without it
                as for this registry.
            fips: Whether the host uses cryptography that is validated by FIPS 140, which some regions of the USA have.
                Without it as for this registry.

        Raises:
            SpecError: The account has not 12 digits, the region is none of AWS, or has no hosts of FIPS 140, or an
                option is no truth value.
        """
        check_choices(dual_stack=dual_stack, fips=fips)
        if account is not None and not is_account(account):
            raise SpecError(f"account: expected 12 digits, got {account!r}")
        if region is not None and not is_region(region):
            raise SpecError(f"region: expected a region such as 'eu-west-1', got {region!r}")
        place, is_dual, is_fips = self._kind_of_host(region, dual_stack, fips)
        return registry_host(account or self.account_id, place, dual_stack=is_dual, fips=is_fips)

    def check_host(self) -> None:
        """Refuse a choice of hosts that the region has not, before any call.

        Raises:
            SpecError: The region is known to have no hosts of FIPS 140, and those are chosen.
        """
        self._kind_of_host()

    def _kind_of_host(
        self, region: str | None = None, dual_stack: bool | None = None, fips: bool | None = None
    ) -> tuple[str, bool, bool]:
        """Return the region, and whether its hosts are those of dual stack and of FIPS 140."""
        is_dual = self._choice("use_dualstack_endpoint", dual_stack, self._dual_stack)
        is_fips = self._choice("use_fips_endpoint", fips, self._fips)
        place = self.region if region is None else region
        if is_fips and lacks_fips(place):
            raise SpecError(
                f"fips: botocore lists no host of FIPS 140 for the registries in {place}: say fips=False, or choose a "
                "region that has one, such as us-east-1; if the region has got one since, update botocore"
            )
        return place, is_dual, is_fips

    def _choice(self, setting: str, *choices: bool | None) -> bool:
        """Return the first choice that was made; without one what the configuration of the session says for the API."""
        made = [choice for choice in choices if choice is not None]
        return made[0] if made else is_configured(self.aws.session, setting)


def check_choices(**choices: object) -> None:
    """Refuse a choice that is no truth value.

    Raises:
        SpecError: It is neither ``True`` nor ``False`` nor ``None``.
    """
    for name, value in choices.items():
        if value is not None and not isinstance(value, bool):
            raise SpecError(f"{name}: expected True or False, got {value!r}")
