"""The verb of a registry that makes an inventory. Called by users, through ``Registry``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecrops.engine.account import Account

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ecrops.images.usage.values import Protected
    from ecrops.inventory.inventory import Inventory


class RegistryVerbs(Account):
    """What repositories store, and what that costs."""

    def inventory(
        self,
        *names: str,
        price_per_gb_month: float = 0.10,
        archive_price_per_gb_month: float | None = None,
        currency: str = "$",
        manifests: bool = False,
        older_than: datetime | timedelta | int = 90,
        in_use: Protected | None = None,
        days: int = 90,
        now: datetime | None = None,
    ) -> Inventory:
        """Return what repositories store, how fast they grow, and what they cost. Reads only, while it is iterated.

        Two calls and more for each repository: one lists 1,000 images, one reads the lifecycle policy. A repository
        that cannot be read is a row with an error.

        Args:
            names: The repositories; all of the registry without one.
            price_per_gb_month: The price of standard storage, for 1,000,000,000 bytes and a month.
            archive_price_per_gb_month: The price of the archive; without it, that of standard storage.
            currency: Put before amounts.
            manifests: Whether to read the manifests of all images, 100 a call, so that a layer that several images of
                a repository share counts once. ECR counts that as a pull of each image, so that a lifecycle rule with
                ``since_image_pulled`` sees them as used.
            older_than: How long ago an image was pushed to count as older: days, a ``timedelta``, or a moment.
            in_use: What runs: what ``ecrops.images.in_use`` returned, or tags, digests and URIs. The inventory then
                says how much of each repository is in use, and how much nobody uses. The manifests of indexes are read
                for that, which ECR counts as a pull of them.
            days: Over how many days storage is forecast, under the lifecycle policies; 0 for no forecast.
            now: The moment of the inventory; the present without it.

        Raises:
            SpecError: A name is none, or an option is out of range.

        Example:
            ``print(registry.inventory().fastest_growing(20))``
        """
        from datetime import UTC, datetime

        from ecrops.images.image import aware
        from ecrops.inventory.inventory import Inventory
        from ecrops.inventory.prices import Prices
        from ecrops.inventory.reading import Options, rows
        from ecrops.repositories.checks import check_existing_name, check_one_by_one

        check_one_by_one(names, "inventory(*names)")
        checked = list(dict.fromkeys(check_existing_name(name) for name in names))
        prices = Prices(price_per_gb_month, archive_price_per_gb_month, currency)
        at = datetime.now(UTC) if now is None else aware(now)
        question = Options(prices, manifests, older_than, in_use, days).checked(at)
        host = self.host if in_use is not None else str
        return Inventory(rows(self.aws, host, checked, question), prices, days, at)
