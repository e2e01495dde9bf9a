"""What a lifecycle policy does to images: ECR's semantics, offline. Pure.

The sentences of the ECR user guide that this follows, from "Lifecycle policy evaluation rules":
https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html

- All rules are evaluated at the same time, whatever their priority; then they are applied by priority. So an image
  that an earlier rule expires still counts in a later one.
- An image is expired or archived by exactly one rule or by none: the first that sees it decides, and if that rule
  keeps it, no later one touches it.
- An image that a manifest list refers to cannot be expired or archived before the list is.

What the guide leaves open is decided as follows: of images pushed at one moment the one listed later is newer; a day
has 24 hours, and "older than" is strict; a restored image is as old as its restoration; a list that was archived
protects its images no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ecrops.images.image import STANDARD, Image
from ecrops.lifecycle.simulation.compiled import Action, CompiledRule
from ecrops.lifecycle.simulation.matching import Matcher

UNSEEN = -1
"""In the place of a rule: none saw the image."""


def newest_first(images: Iterable[Image]) -> list[Image]:
    """The images in the order in which ECR counts them."""
    return sorted(images, key=lambda image: image.ordered_at)[::-1]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of images, each by its place.

    Args:
        selected: The places of the images that each rule selects.
        first: The rule that saw an image first, and decides.
        marked: What that rule does to it.
        blocked: Marked images that ECR cannot touch: an index that stays refers to them.
        followed: What becomes of the artifacts whose subject goes.
        actions: What becomes of each in the end.
    """

    selected: Sequence[Sequence[int]]
    first: Sequence[int]
    marked: Sequence[Action]
    blocked: set[int]
    followed: dict[int, Action]
    actions: Sequence[Action]


def decide(
    clauses: Sequence[CompiledRule],
    images: Sequence[Image],
    now: datetime,
    count_referrers: bool,
    matcher: Matcher | None = None,
) -> Outcome:
    """Run the rules on images that are in order, newest first."""
    if matcher is None:
        matcher = Matcher(clauses)
        matcher.learn(images)
    selected: list[list[int]] = [[] for _ in clauses]
    first = [UNSEEN] * len(images)
    marked = [Action.KEEP] * len(images)
    for place, image in enumerate(images):
        if image.subject is None or count_referrers:
            rules = matcher.rules_of(image)
            for rule in rules:
                selected[rule].append(place)
            if rules:
                first[place] = rules[0]
    for rule, clause in enumerate(clauses):
        for place in clause.due(images, selected[rule], now):
            if first[place] == rule:
                marked[place] = clause.action
    blocked, followed = _settled(images, marked)
    actions = list(marked)
    for place, action in (*dict.fromkeys(blocked, Action.KEEP).items(), *followed.items()):
        actions[place] = action
    return Outcome(selected, first, marked, blocked, followed, actions)


def _settled(images: Sequence[Image], marked: Sequence[Action]) -> tuple[set[int], dict[int, Action]]:
    """What indexes hold, and what goes after its subject: an index may itself be one that goes, or is held."""
    blocked: set[int] = set()
    while True:
        followed = _followed(images, marked, blocked)
        going = list(marked)
        for place, action in followed.items():
            going[place] = action
        held = set(_blocked(images, going))
        if held <= blocked or not followed:
            return blocked | held, followed
        blocked |= held


def _blocked(images: Sequence[Image], marked: Sequence[Action]) -> Iterator[int]:
    """The parts that would go of indexes that stay, and of indexes that stay because of that."""
    parts: dict[str, list[int]] = {}
    for place, image in enumerate(images):
        for index in image.referenced_by:
            parts.setdefault(index, []).append(place)
    staying = [place for place, image in enumerate(images) if image.digest in parts and marked[place] is Action.KEEP]
    known: set[int] = set()
    while staying:
        stays = images[staying.pop()]
        for place in parts.get(stays.digest, ()) if stays.storage_class == STANDARD else ():
            if marked[place] is not Action.KEEP and place not in known:
                known.add(place)
                staying.append(place)
                yield place


def _followed(images: Sequence[Image], marked: Sequence[Action], blocked: set[int]) -> dict[int, Action]:
    """Artifacts go with their subject, and artifacts about those with them."""
    followers: dict[str, list[int]] = {}
    for place, image in enumerate(images):
        if image.subject is not None:
            followers.setdefault(image.subject, []).append(place)
    fates: dict[int, Action] = {}
    for action in (Action.EXPIRE, Action.ARCHIVE) if followers else ():
        todo = [place for place, does in enumerate(marked) if does is action and place not in blocked]
        while todo:
            for follower in followers.pop(images[todo.pop()].digest, ()):
                if follower not in blocked and _goes_after(images[follower], marked[follower], action):
                    fates[follower] = action
                    todo.append(follower)
    return fates


def _goes_after(image: Image, marked: Action, action: Action) -> bool:
    """Whether an artifact goes as its subject does, rather than as the rules say of itself."""
    if action is Action.EXPIRE:
        return marked is not Action.EXPIRE
    return marked is Action.KEEP and image.storage_class == STANDARD
