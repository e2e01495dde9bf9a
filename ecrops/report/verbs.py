"""The verb of a registry that makes a report. Called by users, through ``Registry``.

The report is imported when it is asked for: who makes none does not wait for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecrops.engine.account import Account

if TYPE_CHECKING:
    from datetime import datetime

    from ecrops.images.usage.values import Protected
    from ecrops.registry_settings.spec import RegistrySpec
    from ecrops.report.report import Report
    from ecrops.spec import RepositorySpec


class RegistryVerbs(Account):
    """One page about a registry."""

    def report(
        self,
        *specs_or_names: RepositorySpec | RegistrySpec | str,
        images: bool = True,
        days: int = 90,
        price_per_gb_month: float = 0.10,
        archive_price_per_gb_month: float | None = None,
        currency: str = "$",
        now: datetime | None = None,
        in_use: Protected | None = None,
        access: bool = False,
    ) -> Report:
        """Return a report: what differs, what is set, what would expire, and what storage costs. Reads only.

        ``registry.report(*specs).write("report.html")`` makes a page of it.

        Something that cannot be read stops nothing else; the report says what it is.

        Args:
            specs_or_names: Specs, such as those of a fleet file, or names of repositories; without one, all
                repositories of the registry. With specs, the report says what is missing for them to be true.
            images: Whether to read the images too: one call for each repository and 1,000 images. Without them, the
                report has no storage, no cost, and nothing about what would expire.
            days: Over how many days storage is forecast.
            price_per_gb_month: The price of standard storage, for 1,000,000,000 bytes and a month.
            archive_price_per_gb_month: The price of the archive; without it, that of standard storage.
            currency: Put before amounts.
            now: The moment of the evaluation of lifecycle policies; the present without it.
            in_use: What runs: what ``ecrops.images.in_use`` returned, or tags, digests and URIs. The report then says
                how much is in use, how much nobody uses, and which lifecycle policy would remove what runs. The
                manifests of indexes are read for that, which ECR counts as a pull of them.
            access: Whether to say who can do what with the repositories, by every policy. It reads all users, groups
                and roles of the account, and the policies of the repositories once more.

        Raises:
            SpecError: Two specs have one name, a name is none, or an option is out of range.
            ClientError: The credentials are not valid any more, or AWS throttles for too long, or refuses to list the
                repositories.

        Example:
            ``registry.report("team/api", price_per_gb_month=0.10)``
        """
        from ecrops.inventory.prices import Prices
        from ecrops.report.reading import Options, report

        prices = Prices(price_per_gb_month, archive_price_per_gb_month, currency)
        return report(self, specs_or_names, Options(images, days, prices, now, in_use, access))
