"""What a simulation found: a verdict for each image, by rule and in words."""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import Any

from ecrops.base.render import table, text_size
from ecrops.images.image import Image
from ecrops.lifecycle.simulation import explain, lint, projection
from ecrops.lifecycle.simulation.compiled import Action
from ecrops.lifecycle.simulation.forecast import Forecast
from ecrops.lifecycle.simulation.lint import Finding
from ecrops.lifecycle.simulation.verdicts import Evaluation, Tally

MOST_ROWS = 200


class Simulation(Evaluation):
    """What a lifecycle policy does to images: ``print`` shows it by rule, a notebook shows a table.

    Sizes are ECR's, for each image by itself: layers that images share are counted with each of them, so that what is
    freed in the end can be less.

    Attributes:
        rules: Of the policy, in ECR's JSON form.
        now: The moment it was evaluated at.
        verdicts: One for each image, oldest first: the order in which ECR acts.
        previewed: Whether ECR has made the verdicts, and not ecrops.
    """

    @cached_property
    def warnings(self) -> tuple[Finding, ...]:
        """What is probably not meant: rules that can never act, lists that nothing satisfies, and their like."""
        return tuple(lint.warnings(self))

    def explain(self, image: Image | str) -> str:
        """Why this becomes of an image, in words: which rules saw it, which one decided, what the others would do.

        Of a preview it says no more than ECR has told.

        Args:
            image: The image, its digest, or one of its tags.

        Raises:
            KeyError: There is no such image.
        """
        return explain.explain(self, self.verdict(image))

    def forecast(self, days: int = 90, pushes_per_day: float | None = None) -> Forecast:
        """Images and bytes over time under this policy, with pushes that go on.

        Args:
            days: How far to look ahead, from ``now``.
            pushes_per_day: How many images (an index with its parts is one) are pushed a day; without it as many as
                in the last 30 days, as far as they are still there.

        Raises:
            SpecError: A number is out of range.
        """
        return projection.forecast(self, days, pushes_per_day)

    def __str__(self) -> str:
        return "\n".join([self.summary, *map(self._line, self.tallies), *(f"warning: {w}" for w in self.warnings)])

    def _line(self, tally: Tally) -> str:
        does = "archives" if tally.action is Action.ARCHIVE else "expires"
        seen = f"selects {tally.selects}, decides about {tally.decides}, " if tally.selects is not None else ""
        return f"  rule {tally.rule_priority} ({tally.words}): {seen}{does} {tally.acts_on}, {text_size(tally.bytes)}"

    def __repr__(self) -> str:
        return f"<Simulation: {self.summary}>"

    def _repr_html_(self) -> str:
        rules = table(
            ("rule", "says", "selects", "decides about", "acts on", "size"),
            [
                (tally.rule_priority, tally.words, _known(tally.selects), _known(tally.decides), tally.acts_on,
                 text_size(tally.bytes))
                for tally in self.tallies
            ],
        )  # fmt: skip
        going = [verdict for verdict in self.verdicts if verdict.action is not Action.KEEP]
        images = table(
            ("", "image", "pushed", "size", "why"),
            [
                (verdict.action, verdict.image.name, f"{verdict.image.pushed_at:%Y-%m-%d}",
                 text_size(verdict.image.size), verdict.reason)
                for verdict in going[:MOST_ROWS]
            ],
            len(going),
        )  # fmt: skip
        warned = "".join(f"<li>{escape(str(warning))}</li>" for warning in self.warnings)
        return f"<p>{escape(self.summary)}</p>{rules}{images}{f'<ul>{warned}</ul>' if warned else ''}"

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {
            "now": self.now.isoformat(),
            "summary": self.summary,
            "images": len(self.verdicts),
            "bytes_freed": self.bytes_freed,
            "by_rule": [tally.to_dict() for tally in self.tallies],
            "expired": [verdict.to_dict() for verdict in self.expired],
            "archived": [verdict.to_dict() for verdict in self.archived],
            "kept": [verdict.to_dict() for verdict in self.kept],
            "warnings": [warning.to_dict() for warning in self.warnings],
        }


def _known(number: int | None) -> str:
    return "" if number is None else str(number)
