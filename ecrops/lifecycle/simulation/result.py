"""The result of a simulation or of a preview, as users see it: printed, in a notebook, as JSON.

Made by ``simulate`` and by ``preview``. It adds words, warnings and forecasts to ``Evaluation``; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from ecrops.base import html
from ecrops.base.render import page, text_size
from ecrops.base.shown import ShownTuple
from ecrops.images.image import Image
from ecrops.lifecycle.linting import warnings
from ecrops.lifecycle.linting.findings import Finding
from ecrops.lifecycle.simulation import explain, projection
from ecrops.lifecycle.simulation.compiled import Action
from ecrops.lifecycle.simulation.forecast import Forecast
from ecrops.lifecycle.simulation.staying import Staying, among, lines
from ecrops.lifecycle.simulation.verdicts import Evaluation, Tally, Verdict, artifacts_text, size

MAX_ROWS = 200
"""The lines of a comparison that ``print`` shows."""


class Simulation(Evaluation):
    """A verdict for each image, from a simulation of a lifecycle policy or from ECR's preview of it.

    ``print`` shows the numbers of each rule and the warnings; a notebook shows tables of rules and images.

    Sizes are those that ECR reports for each image. Layers that several images share are counted with each of them, so
    the storage that becomes free may be less.

    Attributes:
        rules: The rules of the policy, in ECR's JSON form.
        now: The moment of the evaluation.
        verdicts: One for each image, oldest first: the order in which ECR acts.
        previewed: Whether the verdicts are from ECR's preview, and not from ecrops.
        staying: Which images must stay, as ``never`` says; none without it.
    """

    staying: Staying = Staying()

    @cached_property
    def running(self) -> tuple[Verdict, ...]:
        """Of ``expired`` and ``archived`` the images that something uses, or that belong to such: see ``never``."""
        return among((*self.expired, *self.archived), self.staying.running)

    @cached_property
    def protected(self) -> tuple[Verdict, ...]:
        """Of ``expired`` and ``archived`` the images that are protected otherwise, or that belong to such."""
        return among((*self.expired, *self.archived), self.staying.protected)

    @cached_property
    def warnings(self) -> tuple[Finding, ...]:
        """What is probably not meant, such as a rule that never acts, or a rule that selects no image that is there."""
        return ShownTuple(warnings.warnings(self))

    def explain(self, image: Image | str) -> str:
        """Return why an image is kept, expired or archived: which rules select it, which decides, what others would do.

        For a preview it only repeats what ECR said.

        Args:
            image: The image, its digest, or one of its tags.

        Raises:
            KeyError: There is no such image.
        """
        return explain.explain(self, self.verdict(image))

    def forecast(self, days: int = 90, pushes_per_day: float | None = None) -> Forecast:
        """Return images and bytes over time under this policy, while pushes continue.

        Args:
            days: How many days to forecast, from ``now``.
            pushes_per_day: How many images are pushed a day; an index and its parts are one push. Without it, the rate
                of the last 30 days, as far as those images still exist.

        Raises:
            SpecError: A number is out of range.
        """
        return projection.forecast(self, days, pushes_per_day)

    def __str__(self) -> str:
        warnings = (f"warning: {warning}" for warning in self.warnings)
        return page([self.summary, *map(self._line, self.tallies), *self._following(), *self._staying(), *warnings])

    def _staying(self) -> list[str]:
        """Return the lines of the images that go, and must stay."""
        return [f"  {line}" for line in lines(self.expired, self.archived, self.staying)]

    def _following(self) -> Iterator[str]:
        """Yield the line of the artifacts that no rule counts."""
        if self.artifacts:
            what = artifacts_text(len(self.artifacts))
            yield f"  no rule: {what}, within 24 hours, {text_size(size(self.artifacts))}"

    def _line(self, tally: Tally) -> str:
        verb = "archives" if tally.action is Action.ARCHIVE else "expires"
        counts = f"selects {tally.selects}, decides about {tally.decides}, " if tally.selects is not None else ""
        return f"  rule {tally.rule_priority} ({tally.words}): {counts}{verb} {tally.acts_on}, {text_size(tally.bytes)}"

    def __repr__(self) -> str:
        return f"<Simulation: {self.summary}>"

    def _repr_html_(self) -> str:
        rules = html.table(
            ("rule", "says", "selects", "decides about", "acts on", "size"),
            [
                (tally.rule_priority, tally.words, _known(tally.selects), _known(tally.decides), tally.acts_on,
                 text_size(tally.bytes))
                for tally in self.tallies
            ],
        )  # fmt: skip
        removed = [verdict for verdict in self.verdicts if verdict.action is not Action.KEEP]
        images = html.table(
            ("what", "image", "pushed", "size", "why"),
            [
                (verdict.action, verdict.image.name, f"{verdict.image.pushed_at:%Y-%m-%d}",
                 text_size(verdict.image.size), verdict.reason)
                for verdict in removed[: html.MAX_ROWS]
            ],
            len(removed),
            ".expired and .archived",
        )  # fmt: skip
        stays = html.items([line.strip() for line in self._staying()])
        return html.output(html.title(self.summary), stays, html.warnings(self.warnings), rules, images)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return {
            "now": self.now.isoformat(),
            "summary": self.summary,
            "images": len(self.verdicts),
            "bytes_freed": self.bytes_freed,
            "by_rule": [tally.to_dict() for tally in self.tallies],
            "artifacts": len(self.artifacts),
            "expired": [verdict.to_dict() for verdict in self.expired],
            "archived": [verdict.to_dict() for verdict in self.archived],
            "kept": [verdict.to_dict() for verdict in self.kept],
            "warnings": [warning.to_dict() for warning in self.warnings],
            **({"running": self._reasons(self.running)} if self.staying.running else {}),
            **({"protected": self._reasons(self.protected)} if self.staying.protected else {}),
        }

    def _reasons(self, verdicts: tuple[Verdict, ...]) -> dict[str, str]:
        """Return why images must stay, by digest."""
        reasons = {**self.staying.protected, **self.staying.running}
        return {verdict.image.digest: reasons[verdict.image.digest] for verdict in verdicts}


def _known(number: int | None) -> str:
    return "" if number is None else str(number)
