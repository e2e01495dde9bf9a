"""Images and bytes over time under a lifecycle policy, while pushes continue: as numbers, money, and a chart. Pure.

Made by ``projection``, which computes the days. This module turns them into costs, text and tables, and ``chart`` draws
them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ecrops.base import html
from ecrops.base.problems import is_number
from ecrops.base.render import page, text_size
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.lifecycle.simulation.chart import Chart, forecast_chart
from ecrops.lifecycle.simulation.days import Day, Storage

DAYS_PER_MONTH = 365 / 12
GB = 1_000_000_000
PARTS = 6
"""How many parts of its time a notebook shows of a forecast."""


@dataclass(frozen=True, slots=True)
class Cost(Shown):
    """The price of the storage of all days of a forecast, in the currency of the price per GB.

    Args:
        stored: With the policy.
        without: If nothing were ever removed.
        days: How many days it is for.
    """

    stored: float
    without: float
    days: int = 0

    @property
    def saved(self) -> float:
        """What the policy saves: ``without`` minus ``stored``."""
        return self.without - self.stored

    def __str__(self) -> str:
        return self.text()

    def text(self, currency: str = "") -> str:
        """Return what the policy saves, in words: ``saves $23.55 of $32.19 in 90 days``.

        Args:
            currency: Put before amounts.
        """
        time = f" in {self.days:,} day{'s' * (self.days != 1)}" if self.days else ""
        return f"saves {currency}{self.saved:,.2f} of {currency}{self.without:,.2f}{time}"

    def _shown(self) -> Mapping[str, Any]:
        amounts = {"with the policy": self.stored, "without it": self.without, "saved": self.saved}
        return {"days": f"{self.days:,}", **{name: f"{amount:,.2f}" for name, amount in amounts.items()}}


@dataclass(frozen=True, slots=True)
class Forecast:
    """Images and bytes over time under a policy: a notebook shows some days, ``print`` the first and last.

    The forecast repeats recent pushes: new images have the tags and the sizes of those. It assumes that no image is
    pulled, and that no tag moves from one image to another.

    Args:
        days: The first one is the moment of the simulation, after the policy has run once.
        pushes_per_day: The rate that was assumed.
        words: The rules, in words, by priority.
    """

    days: tuple[Day, ...]
    pushes_per_day: float
    words: Mapping[int, str]

    def cost(self, price_per_gb_month: float, archive_price_per_gb_month: float | None = None) -> Cost:
        """Return what storage costs over these days, with the policy and without.

        Args:
            price_per_gb_month: The price of standard storage, for 1,000,000,000 bytes and a month of 365 / 12 days.
            archive_price_per_gb_month: The price of the archive; without it, that of standard storage. ECR bills at
                least 90 days for an archived image; the result does not include that.

        Raises:
            SpecError: A price is not a number of at least 0.
        """
        archive = price_per_gb_month if archive_price_per_gb_month is None else archive_price_per_gb_month
        for price in (price_per_gb_month, archive):
            check_number(price)
        per_byte, archived_per_byte = price_per_gb_month / GB / DAYS_PER_MONTH, archive / GB / DAYS_PER_MONTH

        def total(stored: Iterable[Storage]) -> float:
            return sum(day.bytes * per_byte + day.archived_bytes * archived_per_byte for day in stored)

        nights = self.days[:-1]
        return Cost(total(day.stored for day in nights), total(day.without for day in nights), len(nights))

    def plot(self, price_per_gb_month: float | None = None, *, title: str = "", currency: str = "$") -> Chart:
        """Return a chart of the storage with and without the policy, and of the images that each rule removes.

        Args:
            price_per_gb_month: The price of storage; with it the chart says what the policy saves.
            title: The first words of the chart, such as the name of the repository.
            currency: Put before amounts.
        """
        saved = "" if price_per_gb_month is None else self.cost(price_per_gb_month).text(currency)
        subtitle = "; ".join(filter(None, (f"{self.pushes_per_day:.3g} pushes a day", saved)))
        return forecast_chart(self.days, self.words, title, subtitle)

    def __str__(self) -> str:
        first, last = self.days[0], self.days[-1]
        time = len(self.days) - 1
        lines = (f"  {day.at:%Y-%m-%d}: {day.stored}, without the policy {day.without}" for day in (first, last))
        return page([f"{time:,} day{'s' * (time != 1)} with {self.pushes_per_day:.3g} pushes a day", *lines])

    def __repr__(self) -> str:
        return f"<Forecast: {len(self.days) - 1} days, {self.pushes_per_day:.3g} pushes a day>"

    def _repr_html_(self) -> str:
        last = len(self.days) - 1
        shown = sorted({round(last * part / PARTS) for part in range(PARTS + 1)})
        head = html.title(f"{last:,} days, {self.pushes_per_day:.3g} pushes a day", ".plot() draws them")
        return html.output(head, self._table(shown))

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers of each day, ready for JSON."""
        return {"pushes_per_day": self.pushes_per_day, "days": [day.to_dict() for day in self.days]}

    def to_html(self) -> str:
        """Return the numbers of each day as an HTML table."""
        return self._table(range(len(self.days)))

    def _table(self, indexes: Iterable[int]) -> str:
        """Return a table of some days. What is removed is counted from the first of all days on."""
        removed = list(accumulate(day.removed for day in self.days))
        head = ("day", "images", "size", "archived", "images without", "size without", "removed so far")
        rows = [
            (
                f"{day.at:%Y-%m-%d}",
                day.stored.images,
                text_size(day.stored.bytes),
                text_size(day.stored.archived_bytes),
                day.without.images,
                text_size(day.without.bytes),
                removed[index],
            )
            for index, day in ((index, self.days[index]) for index in indexes)
        ]
        return html.table(head, rows)


def check_number(number: object, maximum: float = math.inf) -> None:
    """Refuse what is not a number from 0 to ``maximum``.

    Raises:
        SpecError: It is not.
    """
    if not is_number(number) or not 0 <= number <= maximum:
        expected = "of at least 0" if maximum == math.inf else f"between 0 and {maximum:,}"
        raise SpecError(f"expected a number {expected}, got {number!r}")
