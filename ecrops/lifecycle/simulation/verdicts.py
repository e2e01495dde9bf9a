"""What a lifecycle policy does to images, as data: a verdict for each image, and the numbers of each rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from ecrops.base.render import text_size
from ecrops.images.image import Image
from ecrops.lifecycle.policy.checks import EcrRule
from ecrops.lifecycle.simulation.compiled import Action

MOST_NAMED = 3


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


class Evaluation:
    """All verdicts of a policy on the images of a repository.

    Attributes:
        rules: Of the policy, in ECR's JSON form.
        now: The moment it was evaluated at.
        verdicts: One for each image, oldest first: the order in which ECR acts.
        tallies: One for each rule.
        count_referrers: Whether rules see artifacts that are about another image.
        previewed: Whether ECR has made the verdicts, and not ecrops.
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
        self.rules = rules
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
    def bytes_freed(self) -> int:
        """The size of the images that are deleted."""
        return size(self.expired)

    @cached_property
    def by_rule(self) -> Mapping[int, Tally]:
        """What each rule does, by priority."""
        return {tally.rule_priority: tally for tally in self.tallies}

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
        raise KeyError(f"there is no image {wanted!r}; expected one of the images, its digest or a tag{self._some()}")

    def _some(self) -> str:
        """Names of some images, the newest ones, if there are any."""
        images = [verdict.image for verdict in reversed(self.verdicts[-MOST_NAMED:])]
        return f", such as {', '.join([*image.tags, image.digest][0] for image in images)}" if images else ""

    @property
    def summary(self) -> str:
        """What happens in all, such as ``expires 312 of 340 images, 41.2 GB``."""
        total, gone = len(self.verdicts), len(self.expired)
        said = [f"expires {gone or 'none'} of {total} image{'' if total == 1 else 's'}"]
        said += [text_size(self.bytes_freed)] if gone else []
        if self.archived:
            said.append(f"archives {len(self.archived)}, {text_size(size(self.archived))}")
        return ", ".join(said)


def size(verdicts: Sequence[Verdict]) -> int:
    """Bytes of the images in all."""
    return sum(verdict.image.size for verdict in verdicts)
