"""Images and bytes over time under a lifecycle policy, while pushes go on. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecrops.base.render import table, text_size
from ecrops.errors import SpecError
from ecrops.lifecycle.simulation.chart import Chart, forecast_chart
from ecrops.lifecycle.simulation.days import Day

DAYS_PER_MONTH = 365 / 12
GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Money for the storage of all days of a forecast, in the currency of the price."""

    stored: float
    without: float

    @property
    def saved(self) -> float:
        """What the policy saves."""
        return self.without - self.stored


@dataclass(frozen=True, slots=True)
class Forecast:
    """Images and bytes over time under a policy: a notebook shows the chart, ``print`` the first and last day.

    What is pushed is like what was pushed: its tags fit the same patterns, its sizes are the same. Nothing that is
    there is pulled, and no tag moves from one image to another.

    Args:
        days: The first is the moment of the simulation, after the policy has run once.
        pushes_per_day: The rate that was assumed.
        words: The rules, in words, by priority.
    """

    days: tuple[Day, ...]
    pushes_per_day: float
    words: Mapping[int, str]

    def cost(self, price_per_gb_month: float, archive_price_per_gb_month: float | None = None) -> Cost:
        """What storage costs over these days, with the policy and without.

        Args:
            price_per_gb_month: Of standard storage, for 1,000,000,000 bytes.
            archive_price_per_gb_month: Of the archive; the same without it. That ECR bills at least 90 days of it is
                not in the numbers.

        Raises:
            SpecError: A price is no number of at least 0.
        """
        archive = price_per_gb_month if archive_price_per_gb_month is None else archive_price_per_gb_month
        for price in (price_per_gb_month, archive):
            check_number(price)
        per_byte = price_per_gb_month / GB / DAYS_PER_MONTH, archive / GB / DAYS_PER_MONTH
        nights = self.days[:-1]
        stored, without = (
            sum(each.bytes * per_byte[0] + each.archived_bytes * per_byte[1] for each in side)
            for side in ([day.stored for day in nights], [day.without for day in nights])
        )
        return Cost(stored, without)

    def plot(self, price_per_gb_month: float | None = None, *, title: str = "", currency: str = "$") -> Chart:
        """A chart of the storage with and without the policy, and of what each rule removes when.

        Args:
            price_per_gb_month: Says in the chart what is saved.
            title: The first words of the chart, such as the name of the repository.
            currency: Put before amounts.
        """
        cost = None if price_per_gb_month is None else self.cost(price_per_gb_month)
        saved = "" if cost is None else f"saves {currency}{cost.saved:,.2f} of {currency}{cost.without:,.2f}"
        below = "; ".join(filter(None, (f"{self.pushes_per_day:.3g} pushes a day", saved)))
        return forecast_chart(self.days, self.words, title, below)

    def __str__(self) -> str:
        first, last = self.days[0], self.days[-1]
        return (
            f"{last.at:%Y-%m-%d}, after {len(self.days) - 1} days with {self.pushes_per_day:.3g} pushes a day: "
            f"{last.stored}, without the policy {last.without}; "
            f"{first.at:%Y-%m-%d}: {first.stored}, without {first.without}"
        )

    def _repr_html_(self) -> str:
        return self.plot()._repr_html_()

    def to_dict(self) -> dict[str, Any]:
        """The numbers of each day, ready for JSON."""
        return {"pushes_per_day": self.pushes_per_day, "days": [day.to_dict() for day in self.days]}

    def to_html(self) -> str:
        """The numbers of each day as a table."""
        head = ("day", "images", "size", "archived", "images without", "size without", "removed")
        rows = [
            (
                f"{day.at:%Y-%m-%d}",
                day.stored.images,
                text_size(day.stored.bytes),
                text_size(day.stored.archived_bytes),
                day.without.images,
                text_size(day.without.bytes),
                sum(day.acted.values()),
            )
            for day in self.days
        ]
        return table(head, rows)


def check_number(number: object, most: float = math.inf) -> None:
    """Refuse what is no number from 0 to ``most``.

    Raises:
        SpecError: It is not.
    """
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= most:
        limit = "" if most == math.inf else f" and {most:,}"
        raise SpecError(f"expected a number {f'between 0{limit}' if limit else 'of at least 0'}, got {number!r}")
