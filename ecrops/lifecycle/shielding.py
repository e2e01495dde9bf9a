"""Rules that keep the images of some tags from all later rules: what ECR has instead of "or" and of exceptions. Pure.

Called by users. A list of tags in one rule means images that have **all** of them, and no rule can say "all images
except". But an image that a rule selects is out of reach of all later rules, even if the first one keeps it. So one
rule for each tag says both: it selects the images of any of the tags, and excepts them from what follows.
"""

from __future__ import annotations

from collections.abc import Sequence

from ecrops.base.problems import Problems, is_whole
from ecrops.errors import SpecError
from ecrops.images.tag_patterns import Segments, is_within, misfit, segments_of
from ecrops.lifecycle.policy.rule import LifecycleRule


def shield(
    tag_prefix_list: Sequence[str] = (), *, tag_pattern_list: Sequence[str] = (), keep: int
) -> list[LifecycleRule]:
    """Return one rule for each tag, to be put before other rules: images of any of the tags are kept from those.

    Each rule keeps the newest images of its tag, and expires the older ones. An image that has several of the tags is
    decided about by the first rule that selects it: tags within another one, such as ``production`` in ``prod``, come
    first. The descriptions of the rules say all this to whoever reads the policy.

    Args:
        tag_prefix_list: The starts of tags. Unlike in one rule, an image needs only one of them.
        tag_pattern_list: Patterns of tags, with ``*`` for any characters. An image needs only one of them.
        keep: How many images of each tag are kept. To keep them all, give a number that the repository never reaches:
            by default ECR stores at most 100,000 images in one.

    Raises:
        SpecError: There is no tag, no tag can be like one of them, or ``keep`` is no whole number of at least 1.

    Example:
        >>> for rule in [*shield(["prod", "web"], keep=50), LifecycleRule(max_image_age=30)]:
        ...     print(rule.tag_prefix_list, rule.description)
        ('prod',) keeps the last 50 images with a tag like prod* from all later rules
        ('web',) keeps the last 50 images with a tag like web* from all later rules
        None None
    """
    problems = Problems()
    problems.check(is_whole(keep) and keep >= 1, "keep", f"expected a number of images, 1 or more, got {keep!r}")
    rules: dict[Segments, LifecycleRule] = {}
    for name, entries in (("tag_prefix_list", tag_prefix_list), ("tag_pattern_list", tag_pattern_list)):
        for entry in problems.strings(name, entries) or ():
            segments = (entry, "") if name == "tag_prefix_list" else segments_of(entry)
            reason = misfit(segments)
            if problems.check(not reason, name, f"{entry!r} fits no tag: {reason}") and is_whole(keep) and keep >= 1:
                rule = problems.take("", lambda: _rule(name, entry, segments, keep))  # noqa: B023
                rules |= {segments: rule} if rule and segments not in rules else {}
    problems.raise_any()
    if not rules:
        raise SpecError("expected at least one tag, such as shield(['prod'], keep=50)")
    return [rules[segments] for segments in sorted(rules, key=lambda segments: -_containing(segments, rules))]


def _rule(name: str, entry: str, segments: Segments, keep: int) -> LifecycleRule:
    last = "the last image" if keep == 1 else f"the last {keep} images"
    description = f"keeps {last} with a tag like {'*'.join(segments)} from all later rules"
    if name == "tag_prefix_list":
        return LifecycleRule(tag_prefix_list=[entry], max_image_count=keep, description=description)
    return LifecycleRule(tag_pattern_list=[entry], max_image_count=keep, description=description)


def _containing(segments: Segments, rules: dict[Segments, LifecycleRule]) -> int:
    """Return how many tags of a shield contain one of them: it comes before those."""
    return sum(is_within(segments, other) for other in rules)
