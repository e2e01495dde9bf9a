"""Findings about lifecycle policies: rules that ECR accepts, and that probably do not do what was meant. Pure.

Called by users (``lint``), and by ``Simulation.warnings`` (``warnings``), which knows the images too. Most findings
come from three surprises: an image must match **every** entry of a list of tags; an image that a rule keeps is kept
from all later rules; and ``any`` selects every image, tagged or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ecrops.base.render import page
from ecrops.base.wildcards import fits
from ecrops.images.image import INDEXES
from ecrops.lifecycle.policy.checks import COUNT, PUSHED
from ecrops.lifecycle.simulation.compiled import (
    Action,
    CompiledRule,
    LifecyclePolicy,
    Segments,
    compile_rules,
    rules_of,
)
from ecrops.lifecycle.simulation.verdicts import Evaluation

WILD = "\N{REPLACEMENT CHARACTER}"
"""Stands for the ``*`` of a pattern that is matched as if it were a tag: no tag has this character."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a rule that is probably not meant.

    Args:
        code: ``never-acts``, ``all-of``, ``any-by-age``, ``part-of-index`` or ``unknown-parts``.
        rule_priority: The rule.
        message: What it does, and the way out.
    """

    code: str
    rule_priority: int
    message: str

    def __str__(self) -> str:
        return page([self.message])

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, ready for JSON."""
        return {"code": self.code, "rule_priority": self.rule_priority, "message": self.message}


def lint(policy: LifecyclePolicy) -> tuple[Finding, ...]:
    """Return what in a lifecycle policy is probably not meant, whatever images there are.

    Args:
        policy: ``LifecycleRule``s or rules in ECR's JSON form, a whole document, or its text.

    Raises:
        SpecError: ECR would refuse the policy, or ecrops does not know what one of its rules does.

    Example:
        >>> from ecrops import LifecycleRule
        >>> [finding.code for finding in lint([LifecycleRule(tag_prefix_list=["a", "b"], max_image_count=5)])]
        ['all-of']
    """
    rules = compile_rules(rules_of(policy))
    return (*_covered(rules), *_all_of(rules), *_any_by_age(rules))


def warnings(evaluation: Evaluation) -> Iterator[Finding]:
    """Yield what is probably not meant in a policy that was simulated on images. A preview of ECR says too little."""
    if any(tally.selects is None for tally in evaluation.by_rule.values()):
        return
    rules = compile_rules(evaluation.rules)
    yield from _without_images(evaluation, rules)
    for finding in _all_of(rules):
        if evaluation.by_rule[finding.rule_priority].selects == 0:
            yield finding
    yield from _any_by_age(rules)
    yield from _parts(evaluation)
    yield from _unknown_parts(evaluation)


def _covered(rules: Sequence[CompiledRule]) -> Iterator[Finding]:
    """Yield the rules that never act, because an earlier rule selects every image that they can select."""
    for index, rule in enumerate(rules):
        for earlier in rules[:index]:
            if earlier.storage == rule.storage and _covers(earlier, rule):
                yield _never_acts(rule, f"{earlier} sees all its images first")
                break


def _covers(earlier: CompiledRule, later: CompiledRule) -> bool:
    """Whether a rule selects every image of its storage class that another one can select."""
    if earlier.status == "any":
        return True
    return earlier.status == later.status and all(
        any(_is_within(narrow, wide) for narrow in later.patterns) for wide in earlier.patterns
    )


def _is_within(narrow: Segments, wide: Segments) -> bool:
    """Whether every tag that fits one pattern fits the other: only a ``*`` fits what a ``*`` stands for."""
    return fits(WILD.join(narrow), wide)


def _without_images(evaluation: Evaluation, rules: Sequence[CompiledRule]) -> Iterator[Finding]:
    """Yield the rules that select images, but decide about none: earlier rules select all of them."""
    for rule in rules:
        tally = evaluation.by_rule[rule.priority]
        if tally.selects and tally.decides == 0:
            yield _never_acts(rule, f"earlier rules see all {tally.selects} of its images first")


def _never_acts(rule: CompiledRule, reason: str) -> Finding:
    advice = "an image that a rule sees, even to keep it, is out of reach of all later rules"
    return Finding("never-acts", rule.priority, f"{rule} never acts: {reason}; {advice}")


def _all_of(rules: Sequence[CompiledRule]) -> Iterator[Finding]:
    """Yield the rules whose images must match several patterns at once."""
    for rule in rules:
        patterns = ["*".join(pattern) for pattern in rule.patterns if not _is_implied(pattern, rule.patterns)]
        if len(patterns) > 1:
            yield Finding(
                "all-of",
                rule.priority,
                f"{rule} selects only images that have tags for all of {', '.join(patterns)}; for images that have "
                "one of them, give each a rule of its own",
            )


def _is_implied(pattern: Segments, patterns: Sequence[Segments]) -> bool:
    """Whether another pattern, a narrower one, makes a pattern superfluous."""
    return any(_is_within(other, pattern) for other in patterns if other != pattern and not _is_within(pattern, other))


def _any_by_age(rules: Sequence[CompiledRule]) -> Iterator[Finding]:
    """Yield ``any`` rules by age after rules by count: together they keep and remove what people do not expect."""
    for index, rule in enumerate(rules):
        counting = [earlier for earlier in rules[:index] if earlier.kind == COUNT and earlier.storage == rule.storage]
        if rule.status == "any" and rule.kind == PUSHED and counting:
            yield Finding(
                "any-by-age",
                rule.priority,
                f"{rule} takes every image that no earlier rule sees, even the last one; and it takes none that "
                f"{' and '.join(map(str, counting))} keeps, however old",
            )


def _parts(evaluation: Evaluation) -> Iterator[Finding]:
    """Yield the rules that mark parts of indexes that stay: ECR tries to delete the parts at each run, and fails."""
    blocked = Counter(
        verdict.rule_priority
        for verdict in evaluation.kept
        if verdict.marked is not verdict.action and verdict.rule_priority is not None
    )
    for priority, number in blocked.items():
        parts = "1 image that is a part" if number == 1 else f"{number} images that are parts"
        yield Finding(
            "part-of-index",
            priority,
            f"rule {priority} marks {parts} of an index that stays: ECR keeps what is a part, and reports a failure "
            "at each run",
        )


def _unknown_parts(evaluation: Evaluation) -> Iterator[Finding]:
    """Yield that untagged images are marked while indexes stay, if the parts of the indexes were not read."""
    if any(verdict.image.referenced_by for verdict in evaluation.verdicts):
        return
    indexes = [verdict for verdict in evaluation.kept if verdict.image.media_type in INDEXES]
    untagged = [
        verdict for verdict in evaluation.verdicts if not verdict.image.tags and verdict.marked is not Action.KEEP
    ]
    if indexes and untagged and (priority := untagged[0].rule_priority) is not None:
        yield Finding(
            "unknown-parts",
            priority,
            f"{len(untagged)} untagged images are marked, and {len(indexes)} indexes stay: what is a part of one stays "
            "too; references=True tells which",
        )
