"""What a lifecycle policy does to images: ECR's semantics, offline. Pure.

Called by ``simulate``, ``explain`` and ``projection``. It follows these sentences of the ECR user guide, from
"Lifecycle policy evaluation rules": https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html

- All rules are evaluated at the same time, whatever their priority; then they are applied by priority. So an image
  that an earlier rule expires still counts in a later one.
- An image is expired or archived by exactly one rule or by none: the first rule that selects it decides, and if that
  rule keeps it, no later rule acts on it.
- An image that a manifest list refers to cannot be expired or archived before the list is.

What the guide leaves open is decided as follows: of images pushed at one moment, the one listed later is newer; a day
has 24 hours, and "older than" is strict; a restored image is as old as its restoration; a list that was archived
protects its images no longer.

Images are named by their position in the list, newest first, and rules by their index in the policy.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ecrops.images.image import STANDARD, Image
from ecrops.lifecycle.simulation.compiled import Action, CompiledRule
from ecrops.lifecycle.simulation.matching import Matcher

NO_RULE = -1
"""The index in the place of a rule, for an image that no rule selects."""
CHUNK = 10_000
"""The tags of so many images are known at a time: what is known of one tag takes 200 bytes."""


def newest_first(images: Iterable[Image]) -> list[Image]:
    """Return the images in the order in which ECR counts them."""
    ordered = sorted(images, key=lambda image: image.ordered_at)
    ordered.reverse()
    return ordered


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy does to images.

    Args:
        selected: For each rule, the positions of the images that it selects.
        deciders: For each image, the first rule that selects it, which decides; or ``NO_RULE``.
        marked: For each image, what that rule does to it.
        blocked: Positions of marked images that ECR cannot remove: an index that stays refers to them.
        followed: What ECR does to artifacts because their subject is removed, by position.
        actions: For each image, what ECR does in the end.
    """

    selected: Sequence[Sequence[int]]
    deciders: Sequence[int]
    marked: Sequence[Action]
    blocked: set[int]
    followed: dict[int, Action]
    actions: Sequence[Action]


def decide(
    rules: Sequence[CompiledRule],
    images: Sequence[Image],
    now: datetime,
    count_referrers: bool,
    matcher: Matcher | None = None,
) -> Outcome:
    """Run a policy once.

    Args:
        rules: The rules of the policy, by priority.
        images: All images of the repository, newest first.
        now: When the policy is run.
        count_referrers: Whether rules select artifacts that are about another image.
        matcher: Knows the tags of these images already; without it they are matched here.
    """
    selected = [array("I") for _ in rules]
    deciders = array("i", [NO_RULE]) * len(images)
    for position, selecting in enumerate(_selecting(rules, images, matcher)):
        if selecting and (images[position].subject is None or count_referrers):
            deciders[position] = selecting[0]
            for index in selecting:
                selected[index].append(position)
    marked = [Action.KEEP] * len(images)
    for index, rule in enumerate(rules):
        for position in rule.due(images, selected[index], now):
            if deciders[position] == index:
                marked[position] = rule.action
    blocked, followed = _settle(images, marked)
    actions = _changed(marked, {**dict.fromkeys(blocked, Action.KEEP), **followed})
    return Outcome(
        selected=selected, deciders=deciders, marked=marked, blocked=blocked, followed=followed, actions=actions
    )


def _selecting(
    rules: Sequence[CompiledRule], images: Sequence[Image], matcher: Matcher | None
) -> Iterator[tuple[int, ...]]:
    """Yield for each image the indexes of the rules that select it, in order."""
    if matcher is not None:
        yield from map(matcher.rules_selecting, images)
        return
    matcher = Matcher(rules)
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        matcher.learn(chunk)
        yield from map(matcher.rules_selecting, chunk)


def _changed(actions: Sequence[Action], others: Mapping[int, Action]) -> Sequence[Action]:
    """Return the actions with others in the place of some. Without others they are the same, and not copied."""
    if not others:
        return actions
    changed = list(actions)
    for position, action in others.items():
        changed[position] = action
    return changed


def _settle(images: Sequence[Image], marked: Sequence[Action]) -> tuple[set[int], dict[int, Action]]:
    """Return which images are blocked by an index, and which follow their subject.

    The two depend on each other: an index may itself follow a subject, or be blocked. So both are computed again
    until nothing new is blocked.
    """
    blocked: set[int] = set()
    while True:
        followed = _followed(images, marked, blocked)
        newly_blocked = set(_blocked(images, _changed(marked, followed)))
        if newly_blocked <= blocked or not followed:
            return blocked | newly_blocked, followed
        blocked |= newly_blocked


def _blocked(images: Sequence[Image], actions: Sequence[Action]) -> Iterator[int]:
    """Yield the parts to be removed of indexes that stay, and of indexes that stay because they are blocked."""
    parts: dict[str, list[int]] = {}
    for position, image in enumerate(images):
        for index_digest in image.referenced_by:
            parts.setdefault(index_digest, []).append(position)
    if not parts:
        return
    staying = [
        position for position, image in enumerate(images) if image.digest in parts and actions[position] is Action.KEEP
    ]
    blocked: set[int] = set()
    while staying:
        index_image = images[staying.pop()]
        for position in parts.get(index_image.digest, ()) if index_image.storage_class == STANDARD else ():
            if actions[position] is not Action.KEEP and position not in blocked:
                blocked.add(position)
                staying.append(position)
                yield position


def _followed(images: Sequence[Image], marked: Sequence[Action], blocked: set[int]) -> dict[int, Action]:
    """Return the actions on artifacts that follow their subject, and on artifacts about those artifacts."""
    artifacts: dict[str, list[int]] = {}
    for position, image in enumerate(images):
        if image.subject is not None:
            artifacts.setdefault(image.subject, []).append(position)
    followed: dict[int, Action] = {}
    for action in (Action.EXPIRE, Action.ARCHIVE) if artifacts else ():
        subjects = [
            position for position in range(len(images)) if marked[position] is action and position not in blocked
        ]
        while subjects:
            for artifact in artifacts.pop(images[subjects.pop()].digest, ()):
                if artifact not in blocked and _follows(images[artifact], marked[artifact], action):
                    followed[artifact] = action
                    subjects.append(artifact)
    return followed


def _follows(artifact: Image, marked: Action, action: Action) -> bool:
    """Whether an artifact gets the action of its subject, and not the one that it is marked with."""
    if action is Action.EXPIRE:
        return marked is not Action.EXPIRE
    return marked is Action.KEEP and artifact.storage_class == STANDARD
