"""What a test may do to the settings of a registry behind the service's back."""

from __future__ import annotations

import copy
import json
from typing import Any

from ..backend import EcrBackend, backend
from .account import AccountSettings
from .backfills import Backfills
from .replication import Replication
from .scanning import Scanning
from .signing import Signing


class Settings:
    """Steers the settings of the registry of one account and region.

    Example:
        >>> settings = Settings("123456789012", "eu-west-1")
        >>> settings.scanning.is_blocked = True  # an organization policy forbids to change it
        >>> settings.signing.ends = "FAILED"  # what is pushed from now on is not signed
    """

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region

    @property
    def scanning(self) -> Scanning:
        """The scanning configuration, which an organization may manage."""
        return self._ecr.settings.scanning

    @property
    def replication(self) -> Replication:
        """The replication configuration, and what becomes of pushed images."""
        return self._ecr.settings.replication

    @property
    def backfills(self) -> Backfills:
        """How backfills go."""
        return self._ecr.settings.backfills

    @property
    def signing(self) -> Signing:
        """The signing configuration, and what becomes of pushed images."""
        return self._ecr.settings.signing

    @property
    def account_settings(self) -> AccountSettings:
        """The account settings, to which newer ones can be added."""
        return self._ecr.settings.account_settings

    def keep_policy(self, document: Any) -> None:
        """Give the registry a policy of years ago, or of years to come, which ECR would not take today."""
        with self._ecr.lock:
            self._ecr.settings.policy.text = json.dumps(document)

    def picture(self) -> dict[str, Any]:
        """All settings as they are in memory: without a call, since tests look after each of many."""
        with self._ecr.lock:
            settings = self._ecr.settings
            picture: dict[str, Any] = {
                "scanning": settings.scanning.configuration,
                "replication": settings.replication.configuration,
                "policy": json.loads(settings.policy.text or "null"),
                "account settings": settings.account_settings.values,
                "signing": settings.signing.configuration,
                "exclusions": settings.exclusions.principals,
            }
            return copy.deepcopy(picture)

    @property
    def _ecr(self) -> EcrBackend:
        return backend(self._account, self._region)
