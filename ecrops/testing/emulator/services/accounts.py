"""The regions of an account: moto's Account Management has no ``ListRegions``.

https://docs.aws.amazon.com/accounts/latest/reference/API_ListRegions.html
"""

from __future__ import annotations

from typing import Any, cast

from moto.account import urls
from moto.account.models import AccountBackend, account_backends
from moto.account.responses import AccountResponse
from moto.core.responses import ActionResult
from moto.utilities.utils import get_partition

from ..botocores import regions

DEFAULT = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
        *("ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    }
)
"""https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html: no account can disable them."""
PAGE = 50
_IN_USE = ("ENABLED", "ENABLED_BY_DEFAULT", "DISABLING")


class RegionsBackend(AccountBackend):
    """moto's Account Management of one account, with its regions. All are enabled until a test says otherwise.

    Attributes:
        statuses: The status of each region that is not as it is by default.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.statuses: dict[str, str] = {}

    @property
    def _url_module(self) -> Any:
        """Moto looks for the URLs beside the class, which for a subclass is the wrong place."""
        return urls

    def status(self, region: str) -> str:
        """The status of a region."""
        return self.statuses.get(region, "ENABLED_BY_DEFAULT" if region in DEFAULT else "ENABLED")


class RegionsResponse(AccountResponse):
    """One request to Account Management."""

    def list_regions(self) -> ActionResult:
        """List the regions of the caller's account, page by page."""
        own = backend(self._get_account_id(), self.region)
        wanted = self._get_param("RegionOptStatusContains") or None
        every = [{"RegionName": name, "RegionOptStatus": own.status(name)} for name in sorted(regions(own.partition))]
        found = [region for region in every if wanted is None or region["RegionOptStatus"] in wanted]
        begin, size = int(self._get_param("NextToken") or 0), int(self._get_param("MaxResults") or PAGE)
        end = begin + size
        return ActionResult({"Regions": found[begin:end], **({"NextToken": str(end)} if end < len(found) else {})})


def is_enabled(account: str, region: str) -> bool:
    """Whether an account has a region."""
    return backend(account, region).status(region) in _IN_USE


def backend(account: str, region: str) -> RegionsBackend:
    """Account Management of an account."""
    return cast(RegionsBackend, account_backends[account][get_partition(region)])


def install() -> None:
    """Put the backend with regions in moto's place, before a server answers its first request to it."""
    for path in ("putAlternateContact", "getAlternateContact", "deleteAlternateContact", "listRegions"):
        urls.url_paths[f"{{0}}/{path}$"] = RegionsResponse.dispatch
    account_backends.backend = RegionsBackend
    account_backends.clear()
