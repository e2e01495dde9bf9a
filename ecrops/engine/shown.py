"""What a notebook shows of an account, and of every handle that belongs to it. It calls nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecrops.base.shown import Shown

if TYPE_CHECKING:
    from ecrops.aws import Aws

UNKNOWN = "not known yet"
"""What is shown of an account that no answer has named."""


class ShownAccount(Shown):
    """An account in a region, as its clients know it already."""

    aws: Aws
    dry_run: bool

    def __repr__(self) -> str:
        return f"{type(self).__name__}(region={self.aws.session.region_name!r}, dry_run={self.dry_run})"

    def _shown(self) -> Mapping[str, Any]:
        known = {
            "account": self.aws.known_account or UNKNOWN,
            "region": self.aws.session.region_name or "none: give it a session with a region",
            "dry_run": self.dry_run,
        }
        return {**known, "guard": guard} if (guard := getattr(self, "guard", None)) is not None else known
