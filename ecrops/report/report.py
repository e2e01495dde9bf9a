"""The report itself: a value with everything that the page shows, and its ways out. Pure, but for ``write``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecrops.base import html
from ecrops.base.render import count, page, places, text_size
from ecrops.engine.plan import Plan
from ecrops.inventory.counting import Counts, total
from ecrops.inventory.prices import Prices
from ecrops.report.values import (
    ReportedAccess,
    ReportedRepository,
    Unread,
    expected,
    growth_words,
    inventory_facts,
    running_words,
    together,
    without_policy,
)
from ecrops.version import __version__

if TYPE_CHECKING:
    from ecrops.lifecycle.simulation.forecast import Forecast
    from ecrops.registry_settings.spec import RegistrySpec


@dataclass(frozen=True)
class Report:
    """What differs, what is set, what would expire, and what it costs: ``html()`` is one page that shows it.

    Made by ``registry.report()``. Printed it is a few lines; in a notebook too.

    Args:
        account: The account.
        region: Its region.
        at: When everything was read.
        repositories: The repositories, sorted by name.
        plan: What is missing for the specs to be true; ``None`` if no specs were given.
        settings: The settings of the registry, as far as they could be read.
        unread: What could not be read.
        prices: What storage costs.
        days: Over how many days storage is forecast; 0 if images were not read.
        version: The version of ecrops that made it.
        access: Who can do what with the repositories; ``None`` if nobody asked.
    """

    account: str
    region: str
    at: datetime
    repositories: tuple[ReportedRepository, ...] = ()
    plan: Plan | None = None
    settings: RegistrySpec | None = None
    unread: tuple[Unread, ...] = ()
    prices: Prices = field(default_factory=Prices)
    days: int = 0
    version: str = __version__
    access: ReportedAccess | None = None

    @cached_property
    def forecast(self) -> Forecast | None:
        """The storage of all repositories together, day by day; ``None`` if no images were read."""
        return together(repo.outlook.forecast for repo in self.repositories if repo.outlook)

    @cached_property
    def inventory(self) -> Counts | None:
        """What all repositories store together, and how fast they grow; ``None`` if no images were read."""
        counted = [repo.outlook.counts for repo in self.repositories if repo.outlook]
        return total(counted) if counted else None

    @cached_property
    def says_what_runs(self) -> bool:
        """Whether it was asked which images are in use."""
        return self.inventory is not None and self.inventory.in_use is not None

    @cached_property
    def running(self) -> int:
        """How many of the images that lifecycle policies would remove now are in use, as far as that was asked."""
        return sum(repo.outlook.running for repo in self.repositories if repo.outlook)

    @cached_property
    def findings(self) -> int:
        """How many findings there are about lifecycle policies."""
        return sum(len(repo.findings) for repo in self.repositories)

    @cached_property
    def unprotected(self) -> int:
        """How many repositories have no lifecycle policy, so that there are no findings about it."""
        return sum(repo.is_unprotected for repo in self.repositories)

    @cached_property
    def expired(self) -> tuple[int, int]:
        """How many images the lifecycle policies would delete now, and their size."""
        outlooks = [repo.outlook for repo in self.repositories if repo.outlook]
        return sum(seen.expired for seen in outlooks), sum(seen.expired_bytes for seen in outlooks)

    def html(self) -> str:
        """Return the report as one HTML page, which loads nothing from anywhere.

        It has its own style and script, and tells browsers to run no other one and to make no request. Everything in
        it is escaped. With many repositories, it says less of each.
        """
        from ecrops.report.page import draw

        return draw(self)

    def write(self, path: str | Path) -> Path:
        """Write the page to a file, such as ``report.html``, and return its path."""
        file = Path(path)
        file.write_text(self.html(), encoding="utf-8")
        return file

    def to_dict(self) -> dict[str, Any]:
        """Return the report, ready for JSON."""
        facts: dict[str, Any] = {
            "account": self.account,
            "region": self.region,
            "at": self.at.isoformat(),
            "version": self.version,
            "plan": None if self.plan is None else self.plan.to_dict(),
            "settings": None if self.settings is None else self.settings.to_dict(),
            "repositories": [repo.to_dict(self.prices) for repo in self.repositories],
            "unread": [part._asdict() for part in self.unread],
        }
        if self.forecast:
            stored = self.forecast.days[0].without
            facts["prices_per_gb_month"] = self.prices.to_dict()
            facts["stored"] = {**stored.to_dict(), "cost_per_month": self.prices.per_month(stored)}
            facts["forecast"] = expected(self.forecast, self.prices)
        if self.inventory:
            facts["inventory"] = inventory_facts(self.inventory)
        if self.access is not None:
            facts["access"] = self.access.to_dict()
        return facts

    def __str__(self) -> str:
        return page(self._lines())

    def __repr__(self) -> str:
        return f"<Report: {count(len(self.repositories), 'repository', 'repositories')}, {self.account}, {self.region}>"

    def _repr_html_(self) -> str:
        return html.output(html.report(list(self._lines())))

    def _lines(self) -> Iterator[str]:
        """Yield what the page says at its top, in words."""
        where = f"account {self.account}, region {self.region}"
        yield f"{count(len(self.repositories), 'repository', 'repositories')} in {where}, {self.at:%Y-%m-%d %H:%M} UTC"
        if self.plan is not None:
            elsewhere = places(self.plan.changes)
            yield f"plan: {self.plan.summary}{f', in {elsewhere}' if elsewhere not in ('', where) else ''}"
        without = f"; {without_policy(self.unprotected)}" if self.unprotected else ""
        yield f"lifecycle policies: {self.findings or 'no'} finding{'' if self.findings == 1 else 's'}{without}"
        if self.forecast:
            images, size = self.expired
            first, last = self.forecast.days[0], self.forecast.days[-1]
            yield f"stored: {first.without}, {self._money(first.without)}"
            yield f"would expire now: {count(images, 'image')}, {text_size(size)}"
            yield (
                f"{last.at:%Y-%m-%d}: {last.stored}, {self._money(last.stored)}; "
                f"without the policies {self._money(last.without)}"
            )
        if self.inventory:
            yield growth_words(self.inventory)
        if self.running:
            yield running_words(self.running)
        if self.access is not None:
            yield f"access: {self.access.summary}"
        if self.unread:
            yield f"could not be read: {len(self.unread):,}, the first: {self.unread[0]}"

    def _money(self, stored: Any) -> str:
        return f"{self.prices.text(self.prices.per_month(stored))} a month"
