"""What a lifecycle policy does, written from the sentences of ECR's guide, one after the other, and nothing else.

Slow and naive on purpose: it is what the evaluator of the package is compared with. The sentences are those of
"Lifecycle policy evaluation rules" and "Lifecycle policy properties" in the ECR user guide:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass
class Seen:
    """An image as the evaluator sees it."""

    digest: str
    tags: Sequence[str]
    pushed_at: datetime
    storage_class: str = "standard"
    last_pulled_at: datetime | None = None
    archived_at: datetime | None = None
    activated_at: datetime | None = None


@dataclass
class Mark:
    """What one rule says about one image."""

    digest: str
    action: str
    rule_priority: int


def marks(policy: dict[str, Any], images: Sequence[Seen], now: datetime) -> list[Mark]:
    """The images that the rules expire or archive; of two pushed at one moment the later listed is the newer."""
    # "All rules are evaluated at the same time, regardless of rule priority."
    rules = sorted(policy["rules"], key=lambda rule: rule["rulePriority"])
    identified = [(rule, identify(rule, images)) for rule in rules]
    result = []
    for image in images:
        # "An image is expired or archived by exactly one or zero rules. An image that matches the tagging
        # requirements of a rule cannot be expired or archived by a rule with a lower priority."
        for rule, among in identified:
            if image.digest in [each.digest for each in among]:
                if image.digest in [each.digest for each in acted_on(rule, among, now)]:
                    result.append(Mark(image.digest, rule["action"]["type"], rule["rulePriority"]))
                break
    return result


def identify(rule: dict[str, Any], images: Sequence[Seen]) -> list[Seen]:
    """The images that match the storage class and the tagging requirements of a rule, whatever other rules do."""
    selection = rule["selection"]
    return [
        image
        for image in images
        if image.storage_class == selection.get("storageClass", "standard") and has_the_tags(selection, image.tags)
    ]


def has_the_tags(selection: dict[str, Any], tags: Sequence[str]) -> bool:
    """Untagged: no tag. Tagged: every entry of the list is matched by at least one of the tags. Any: always."""
    if selection["tagStatus"] == "any":
        return True
    if selection["tagStatus"] == "untagged":
        return len(tags) == 0
    prefixes, patterns = selection.get("tagPrefixList", []), selection.get("tagPatternList", [])
    by_prefix = all(any(tag[: len(prefix)] == prefix for tag in tags) for prefix in prefixes)
    return by_prefix and all(any(is_like(tag, pattern) for tag in tags) for pattern in patterns)


def is_like(tag: str, pattern: str) -> bool:
    """`*` is zero or more characters; everything else is itself."""
    if pattern == "":
        return tag == ""
    if pattern[0] == "*":
        return is_like(tag, pattern[1:]) or (tag != "" and is_like(tag[1:], pattern))
    return tag[:1] == pattern[0] and is_like(tag[1:], pattern[1:])


def acted_on(rule: dict[str, Any], among: Sequence[Seen], now: datetime) -> list[Seen]:
    """Those of the identified images that are too many, or too old."""
    selection = rule["selection"]
    number = selection["countNumber"]
    if selection["countType"] == "imageCountMoreThan":
        oldest_first = sorted(among, key=lambda image: image.activated_at or image.pushed_at)
        return oldest_first[: max(0, len(oldest_first) - number)]
    return [image for image in among if age(selection["countType"], image, now) > timedelta(days=number)]


def age(count_type: str, image: Seen, now: datetime) -> timedelta:
    """How long ago it was pushed (or restored), pulled, or archived."""
    if count_type == "sinceImagePushed":
        return now - (image.activated_at or image.pushed_at)
    if count_type == "sinceImageTransitioned":
        return now - (image.archived_at or now)
    # "If an image was archived and then restored but never pulled since then, last_activated_at is used."
    if image.activated_at and not (image.last_pulled_at and image.last_pulled_at >= image.activated_at):
        return now - image.activated_at
    return now - (image.last_pulled_at or image.pushed_at)
