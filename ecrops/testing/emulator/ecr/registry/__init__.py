"""The settings of a registry, which belong to one account and region: each in a file, with its checks and operations.

Written from botocore's service model and ECR's guide. What neither says is marked with ``# unverified``.
"""

from __future__ import annotations

from .account import AccountSettings, AccountSettingsResponses
from .backfills import Backfills, BackfillsResponses
from .exclusions import Exclusions, ExclusionsResponses
from .policy import PolicyResponses, RegistryPolicy
from .replication import Replication, ReplicationResponses
from .scanning import Scanning, ScanningResponses
from .signing import Signing, SigningResponses
from .unknown import UnknownMembers

__all__ = ["RegistryResponses", "RegistrySettings", "UnknownMembers"]


class RegistrySettings:
    """The settings of the registry of one account in one region."""

    def __init__(self, account: str, region: str, partition: str) -> None:
        self.scanning = Scanning()
        self.replication = Replication(account, region, partition)
        self.backfills = Backfills(self.replication)
        self.policy = RegistryPolicy(account, partition)
        self.account_settings = AccountSettings()
        self.signing = Signing(region)
        self.exclusions = Exclusions()


class RegistryResponses(
    ScanningResponses,
    ReplicationResponses,
    BackfillsResponses,
    PolicyResponses,
    AccountSettingsResponses,
    SigningResponses,
    ExclusionsResponses,
):
    """The operations on the settings, for ECR's responses to inherit."""
