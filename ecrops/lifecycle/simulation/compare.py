"""Comparing two simulations of the same images. Pure.

Called by users (``compare``, for two policies), and by ``Repository.check_lifecycle`` (``comparison``, for ecrops'
evaluation and ECR's preview of one policy).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ecrops.base import html
from ecrops.base.render import page, text_size
from ecrops.base.shown import Shown
from ecrops.images.image import Image
from ecrops.lifecycle.simulation.compiled import Action, LifecyclePolicy
from ecrops.lifecycle.simulation.result import MAX_ROWS, Simulation
from ecrops.lifecycle.simulation.simulate import simulate
from ecrops.lifecycle.simulation.verdicts import Verdict, artifacts_text, size


@dataclass(frozen=True, slots=True)
class Difference(Shown):
    """An image that two simulations judge differently."""

    image: Image
    before: Verdict
    after: Verdict

    def __str__(self) -> str:
        return page([f"{self.image.name}: {_words(self.before)} -> {_words(self.after)}"])

    def to_dict(self) -> dict[str, Any]:
        """Return both verdicts, ready for JSON."""
        return {"digest": self.image.digest, "before": self.before.to_dict(), "after": self.after.to_dict()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The images that two simulations judge differently, oldest first: iterable, and false when there are none.

    Args:
        before: One simulation.
        after: The other.
        differences: The images that they judge differently.
    """

    before: Simulation
    after: Simulation
    differences: tuple[Difference, ...]

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.differences)

    def __len__(self) -> int:
        return len(self.differences)

    @property
    def expired(self) -> tuple[Verdict, ...]:
        """Images that the second simulation deletes, and the first does not."""
        return tuple(
            difference.after
            for difference in self
            if difference.after.action is Action.EXPIRE is not difference.before.action
        )

    @property
    def spared(self) -> tuple[Verdict, ...]:
        """Images that the first simulation deletes, and the second does not."""
        return tuple(
            difference.after
            for difference in self
            if difference.before.action is Action.EXPIRE is not difference.after.action
        )

    @property
    def summary(self) -> str:
        """How many images differ, such as ``12 of 40 differ: 10 more expire, 3.1 GB; 2 spared, 0.4 GB``."""
        if not self.differences:
            return f"no image differs{self._left_out()}"
        expired, spared = self.expired, self.spared
        parts = [f"{len(expired)} more expire, {text_size(size(expired))}"] if expired else []
        parts += [f"{len(spared)} spared, {text_size(size(spared))}"] if spared else []
        numbers = f"{len(self)} of {len(self.after.verdicts)} differ"
        return f"{numbers}{': ' if parts else ''}{'; '.join(parts)}{self._left_out()}"

    def _left_out(self) -> str:
        """Return what is not compared with a preview, as the end of the summary: a preview knows rules alone."""
        number = len(self.before.artifacts) if self.after.previewed else 0
        return f"; not compared: {artifacts_text(number)}" if number else ""

    def __str__(self) -> str:
        lines = [f"  {difference}" for difference in self.differences[:MAX_ROWS]]
        lines += [f"  and {len(self) - MAX_ROWS:,} more"] if len(self) > MAX_ROWS else []
        return page([self.summary, *lines])

    def __repr__(self) -> str:
        return f"<Comparison: {self.summary}>"

    def _repr_html_(self) -> str:
        rows = [
            (difference.image.name, _words(difference.before), _words(difference.after))
            for difference in self.differences[: html.MAX_ROWS]
        ]
        differences = html.table(("image", "before", "after"), rows, len(self), ".differences")
        return html.output(html.title(self.summary), differences)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary and all differences, ready for JSON."""
        return {"summary": self.summary, "differences": [difference.to_dict() for difference in self]}


def compare(
    old: LifecyclePolicy,
    new: LifecyclePolicy,
    images: Iterable[Image],
    *,
    now: datetime | None = None,
    count_referrers: bool = False,
) -> Comparison:
    """Return the images that two policies treat differently, at one moment. Calls nothing.

    Args:
        old: A policy, as for ``simulate``; ``()`` for none.
        new: The other policy.
        images: All images of one repository.
        now: The moment of both evaluations; the present without it.
        count_referrers: As for ``simulate``.

    Raises:
        SpecError: As for ``simulate``.
    """
    known, moment = list(images), now or datetime.now(UTC)
    before, after = (simulate(policy, known, now=moment, count_referrers=count_referrers) for policy in (old, new))
    return comparison(before, after, lambda verdict: verdict.action)


def comparison(before: Simulation, after: Simulation, outcome_of: Callable[[Verdict], object]) -> Comparison:
    """Return the images that are in both simulations, and whose outcomes differ.

    Args:
        before: One simulation.
        after: The other.
        outcome_of: Returns the part of a verdict that is compared.
    """
    verdicts = {verdict.image.digest: verdict for verdict in before.verdicts}
    pairs = [
        (verdicts[verdict.image.digest], verdict) for verdict in after.verdicts if verdict.image.digest in verdicts
    ]
    differences = (Difference(new.image, old, new) for old, new in pairs if outcome_of(old) != outcome_of(new))
    return Comparison(before, after, tuple(differences))


def marked_by(verdict: Verdict) -> tuple[Action, int | None]:
    """Return the mark of an image, and the rule that made it: without the effects of indexes and subjects."""
    return verdict.marked, None if verdict.marked is Action.KEEP else verdict.rule_priority


def _words(verdict: Verdict) -> str:
    rule = "" if verdict.rule_priority is None else f" by rule {verdict.rule_priority}"
    return f"{verdict.action}{rule}"
