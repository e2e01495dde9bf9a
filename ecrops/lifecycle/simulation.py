"""What a simulation found: a verdict for each image, by rule and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ecrops.lifecycle.checks import Rule
from ecrops.lifecycle.clauses import Action
from ecrops.lifecycle.images import Image
from ecrops.render import table, text_size

if TYPE_CHECKING:
    from ecrops.lifecycle.forecasting import Forecast
    from ecrops.lifecycle.linting import Finding

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an image, and why.

    Args:
        image: The image.
        action: ``keep``, ``expire`` or ``archive``: what ECR does in the end.
        rule_priority: The rule that decides: it acts on the image, or keeps it from all later rules.
        reason: Why, in words.
        marked: What that rule says. ECR does otherwise with a part of an index that stays, and with an artifact
            whose subject goes.
    """

    image: Image
    action: Action
    rule_priority: int | None
    reason: str
    marked: Action

    def to_dict(self) -> dict[str, Any]:
        """The verdict, ready for JSON."""
        return {
            "image": self.image.to_dict(),
            "action": str(self.action),
            "rule_priority": self.rule_priority,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Tally:
    """What one rule does in all.

    Args:
        rule_priority: The rule.
        words: What it says.
        action: What it does to images.
        acts_on: How many images it expires or archives.
        bytes: Their size.
        selects: How many images it sees, those that an earlier rule decides about among them; ``None`` if ECR has
            not told.
        decides: How many images it is the first to see; ``None`` if ECR has not told.
    """

    rule_priority: int
    words: str
    action: Action
    acts_on: int
    bytes: int
    selects: int | None = None
    decides: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The numbers, ready for JSON."""
        return {name: str(value) if name == "action" else value for name, value in self._items()}

    def _items(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self.__slots__]


class Simulation:
    """What a lifecycle policy does to images: ``print`` shows it by rule, a notebook shows a table.

    Sizes are ECR's, for each image by itself: layers that images share are counted with each of them, so that what is
    freed in the end can be less.

    Attributes:
        rules: Of the policy, in ECR's JSON form.
        now: The moment it was evaluated at.
        verdicts: One for each image, oldest first: the order in which ECR acts.
        previewed: Whether ECR has made the verdicts, and not ecrops.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        now: datetime,
        verdicts: Sequence[Verdict],
        tallies: Sequence[Tally],
        count_referrers: bool = False,
        previewed: bool = False,
    ) -> None:
        self.rules = rules
        self.now = now
        self.verdicts = verdicts
        self.count_referrers = count_referrers
        self.previewed = previewed
        self._tallies = tallies

    def _with(self, action: Action) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.action is action)

    @cached_property
    def expired(self) -> tuple[Verdict, ...]:
        """The images that are deleted."""
        return self._with(Action.EXPIRE)

    @cached_property
    def archived(self) -> tuple[Verdict, ...]:
        """The images that are moved to the archive."""
        return self._with(Action.ARCHIVE)

    @cached_property
    def kept(self) -> tuple[Verdict, ...]:
        """The images that stay as they are."""
        return self._with(Action.KEEP)

    @cached_property
    def bytes_freed(self) -> int:
        """The size of the images that are deleted."""
        return size(self.expired)

    @cached_property
    def by_rule(self) -> Mapping[int, Tally]:
        """What each rule does, by priority."""
        return {tally.rule_priority: tally for tally in self._tallies}

    @cached_property
    def warnings(self) -> tuple[Finding, ...]:
        """What is probably not meant: rules that can never act, lists that nothing satisfies, and their like."""
        from ecrops.lifecycle.linting import warnings

        return tuple(warnings(self))

    def verdict(self, image: Image | str) -> Verdict:
        """What becomes of one image.

        Args:
            image: The image, its digest, or one of its tags.

        Raises:
            KeyError: There is no such image.
        """
        wanted = image.digest if isinstance(image, Image) else image
        for verdict in self.verdicts:
            if verdict.image.digest == wanted or wanted in verdict.image.tags:
                return verdict
        raise KeyError(wanted)

    def explain(self, image: Image | str) -> str:
        """Why this becomes of an image, in words: which rules saw it, which one decided, what the others would do.

        Of a preview it says no more than ECR has told.

        Args:
            image: The image, its digest, or one of its tags.

        Raises:
            KeyError: There is no such image.
        """
        from ecrops.lifecycle.explaining import explain

        return explain(self, self.verdict(image))

    def forecast(self, days: int = 90, pushes_per_day: float | None = None) -> Forecast:
        """Images and bytes over time under this policy, with pushes that go on.

        Args:
            days: How far to look ahead, from ``now``.
            pushes_per_day: How many images (an index with its parts is one) are pushed a day; without it as many as
                in the last 30 days, as far as they are still there.

        Raises:
            SpecError: A number is out of range.
        """
        from ecrops.lifecycle.future import forecast

        return forecast(self, days, pushes_per_day)

    @property
    def summary(self) -> str:
        """What happens in all, such as ``expires 312 of 340 images, 41.2 GB``."""
        total, gone = len(self.verdicts), len(self.expired)
        said = [f"expires {gone or 'none'} of {total} image{'' if total == 1 else 's'}"]
        said += [text_size(self.bytes_freed)] if gone else []
        if self.archived:
            said.append(f"archives {len(self.archived)}, {text_size(size(self.archived))}")
        return ", ".join(said)

    def __str__(self) -> str:
        return "\n".join([self.summary, *map(self._line, self._tallies), *(f"warning: {w}" for w in self.warnings)])

    def _line(self, tally: Tally) -> str:
        does = "archives" if tally.action is Action.ARCHIVE else "expires"
        seen = f"selects {tally.selects}, decides about {tally.decides}, " if tally.selects is not None else ""
        return f"  rule {tally.rule_priority} ({tally.words}): {seen}{does} {tally.acts_on}, {text_size(tally.bytes)}"

    def __repr__(self) -> str:
        return f"<Simulation: {self.summary}>"

    def _repr_html_(self) -> str:
        from html import escape

        rules = table(
            ("rule", "says", "selects", "decides about", "acts on", "size"),
            [
                (tally.rule_priority, tally.words, _known(tally.selects), _known(tally.decides), tally.acts_on,
                 text_size(tally.bytes))
                for tally in self._tallies
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
            "by_rule": [tally.to_dict() for tally in self._tallies],
            "expired": [verdict.to_dict() for verdict in self.expired],
            "archived": [verdict.to_dict() for verdict in self.archived],
            "kept": [verdict.to_dict() for verdict in self.kept],
            "warnings": [warning.to_dict() for warning in self.warnings],
        }


def size(verdicts: Sequence[Verdict]) -> int:
    """Bytes of the images in all."""
    return sum(verdict.image.size for verdict in verdicts)


def _known(number: int | None) -> str:
    return "" if number is None else str(number)
