"""What a lifecycle policy does to images, as data: a verdict for each image, and a tally for each rule. Pure.

Made by ``simulate`` and ``preview``; read by ``lint``, ``explain``, ``projection`` and the guard. ``result`` adds what
users see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from ecrops.base.plain_json import copied
from ecrops.base.render import text_size
from ecrops.base.shown import Shown
from ecrops.images.image import Image
from ecrops.lifecycle.policy.checks import EcrRule
from ecrops.lifecycle.simulation.compiled import Action

MAX_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Verdict(Shown):
    """What a policy does to an image, and why.

    Args:
        image: The image.
        action: ``keep``, ``expire`` or ``archive``: what ECR does in the end.
        rule_priority: The rule that decides: it acts on the image, or keeps it from all later rules.
        reason: Why, in words.
        marked: What that rule does. ECR does something else with a part of an index that stays, and with an artifact
            whose subject is removed.
    """

    image: Image
    action: Action
    rule_priority: int | None
    reason: str
    marked: Action

    @property
    def follows(self) -> bool:
        """Whether the image is an artifact that goes after the image that it is about, and not by a rule."""
        return self.action is not Action.KEEP and self.action is not self.marked

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict, ready for JSON."""
        return {
            "image": self.image.to_dict(),
            "action": str(self.action),
            "rule_priority": self.rule_priority,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Tally(Shown):
    """What one rule does to all images together.

    Args:
        rule_priority: The rule.
        words: What it says.
        action: What it does to images.
        acts_on: How many images it expires or archives.
        bytes: Their size.
        selects: How many images it selects, also those that an earlier rule decides about; ``None`` if ECR did not say.
        decides: How many images it is the first to select; ``None`` if ECR did not say.
    """

    rule_priority: int
    words: str
    action: Action
    acts_on: int
    bytes: int
    selects: int | None = None
    decides: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers, ready for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: str(value) if name == "action" else value for name, value in values.items()}


class Evaluation:
    """All verdicts of a policy on the images of a repository.

    Attributes:
        rules: The rules of the policy, in ECR's JSON form.
        now: The moment of the evaluation.
        verdicts: One for each image, oldest first: the order in which ECR acts.
        tallies: One for each rule.
        count_referrers: Whether rules select artifacts that are about another image.
        previewed: Whether the verdicts are from ECR's preview, and not from ecrops.
    """

    def __init__(
        self,
        rules: Sequence[EcrRule],
        now: datetime,
        verdicts: Sequence[Verdict],
        tallies: Sequence[Tally],
        count_referrers: bool = False,
        previewed: bool = False,
    ) -> None:
        self.rules = tuple(map(copied, rules))  # those that are compared with are remembered, and shared
        self.now = now
        self.verdicts = verdicts
        self.count_referrers = count_referrers
        self.previewed = previewed
        self.tallies = tallies

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
    def artifacts(self) -> tuple[Verdict, ...]:
        """Of ``expired`` and ``archived`` the artifacts that go by no rule, but after the image that they are about.

        ECR does that within 24 hours. They are in the tally of no rule.
        """
        return tuple(verdict for verdict in (*self.expired, *self.archived) if verdict.follows)

    @cached_property
    def bytes_freed(self) -> int:
        """The size of the images that are deleted, in bytes."""
        return size(self.expired)

    @cached_property
    def by_rule(self) -> Mapping[int, Tally]:
        """What each rule does, by priority."""
        return {tally.rule_priority: tally for tally in self.tallies}

    def verdict(self, image: Image | str) -> Verdict:
        """Return the verdict on one image.

        Args:
            image: The image, its digest, or one of its tags.

        Raises:
            KeyError: There is no such image.
        """
        name = image.digest if isinstance(image, Image) else image
        for verdict in self.verdicts:
            if verdict.image.digest == name or name in verdict.image.tags:
                return verdict
        raise KeyError(f"there is no image {name!r}; expected one of the images, its digest or a tag{self._examples()}")

    def _examples(self) -> str:
        """Return the names of the newest images, as the end of a message."""
        images = [verdict.image for verdict in reversed(self.verdicts[-MAX_EXAMPLES:])]
        return f", such as {', '.join([*image.tags, image.digest][0] for image in images)}" if images else ""

    @property
    def summary(self) -> str:
        """The numbers of all rules together, such as ``expires 312 of 340 images, 41.2 GB``.

        Artifacts that go after the image that they are about are in these numbers, and are named:
        ``expires 22 of 42 images, 1.4 GB: 17 by rules, 5 artifacts after the images that they are about``.
        """
        total, expired = len(self.verdicts), len(self.expired)
        parts = [f"expires {expired or 'none'} of {total} image{'' if total == 1 else 's'}"]
        parts += [text_size(self.bytes_freed)] if expired else []
        if self.archived:
            parts.append(f"archives {len(self.archived)}, {text_size(size(self.archived))}")
        return ", ".join(parts) + self._shares()

    def _shares(self) -> str:
        """Return what goes by rules, and what follows, as the end of the summary."""
        following = len(self.artifacts)
        if not following:
            return ""
        by_rules = len(self.expired) + len(self.archived) - following
        return f": {by_rules} by rules, {artifacts_text(following)}"


def artifacts_text(number: int) -> str:
    """Return in words how many artifacts go after the images that they are about."""
    return (
        f"{number} artifacts after the images that they are about"
        if number != 1
        else ("1 artifact after the image that it is about")
    )


def size(verdicts: Sequence[Verdict]) -> int:
    """Return the size of the images of verdicts, in bytes."""
    return sum(verdict.image.size for verdict in verdicts)
