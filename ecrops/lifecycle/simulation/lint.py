"""What in a lifecycle policy is probably not meant. Pure.

ECR accepts all of it. What surprises most is that a list of tags is ANDed, that an image a rule keeps is kept from
all later rules, and that ``any`` really is every image that is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

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
from ecrops.lifecycle.simulation.matching import fits
from ecrops.lifecycle.simulation.verdicts import Evaluation

WILD = "\N{REPLACEMENT CHARACTER}"


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
        return self.message

    def to_dict(self) -> dict[str, Any]:
        """The finding, ready for JSON."""
        return {"code": self.code, "rule_priority": self.rule_priority, "message": self.message}


def lint(policy: LifecyclePolicy) -> tuple[Finding, ...]:
    """What in a lifecycle policy is probably not meant, whatever the images are.

    Args:
        policy: ``LifecycleRule``s or rules in ECR's JSON form, a whole document, or its text.

    Raises:
        SpecError: ECR would refuse the policy, or ecrops does not know what a rule of it does.

    Example:
        >>> from ecrops import LifecycleRule
        >>> [finding.code for finding in lint([LifecycleRule(tag_prefix_list=["a", "b"], max_image_count=5)])]
        ['all-of']
    """
    clauses = compile_rules(rules_of(policy))
    return (*_covered(clauses), *_all_of(clauses), *_any_by_age(clauses))


def warnings(found: Evaluation) -> Iterator[Finding]:
    """The same about a policy that was tried on images: what is so for these images. ECR's preview tells too little."""
    if any(tally.selects is None for tally in found.by_rule.values()):
        return
    clauses = compile_rules(found.rules)
    yield from _shielded(found, clauses)
    for finding in _all_of(clauses):
        if found.by_rule[finding.rule_priority].selects == 0:
            yield finding
    yield from _any_by_age(clauses)
    yield from _parts(found)
    yield from _unknown_parts(found)


def _covered(clauses: Sequence[CompiledRule]) -> Iterator[Finding]:
    """Rules that can never act, because every image that they can select is seen by an earlier one."""
    for place, clause in enumerate(clauses):
        for earlier in clauses[:place]:
            if earlier.storage == clause.storage and _covers(earlier, clause):
                yield _never(clause, f"{earlier} sees all its images first")
                break


def _covers(earlier: CompiledRule, later: CompiledRule) -> bool:
    if earlier.status == "any":
        return True
    return earlier.status == later.status and all(
        any(_is_within(narrow, wide) for narrow in later.entries) for wide in earlier.entries
    )


def _is_within(narrow: Segments, wide: Segments) -> bool:
    """Whether every tag that fits one entry fits the other: a wildcard is only within a wildcard."""
    return fits(WILD.join(narrow), wide)


def _shielded(found: Evaluation, clauses: Sequence[CompiledRule]) -> Iterator[Finding]:
    """Rules that see images, all of which an earlier rule has seen."""
    for clause in clauses:
        tally = found.by_rule[clause.priority]
        if tally.selects and tally.decides == 0:
            yield _never(clause, f"earlier rules see all {tally.selects} of its images first")


def _never(clause: CompiledRule, because: str) -> Finding:
    way_out = "an image that a rule sees, even to keep it, is out of reach of all later rules"
    return Finding("never-acts", clause.priority, f"{clause} never acts: {because}; {way_out}")


def _all_of(clauses: Sequence[CompiledRule]) -> Iterator[Finding]:
    for clause in clauses:
        entries = ["*".join(entry) for entry in clause.entries if not _is_implied(entry, clause.entries)]
        if len(entries) > 1:
            yield Finding(
                "all-of",
                clause.priority,
                f"{clause} selects only images that have tags for all of {', '.join(entries)}; for images that have "
                "one of them, give each a rule of its own",
            )


def _is_implied(entry: Segments, entries: Sequence[Segments]) -> bool:
    return any(_is_within(other, entry) for other in entries if other != entry and not _is_within(entry, other))


def _any_by_age(clauses: Sequence[CompiledRule]) -> Iterator[Finding]:
    for place, clause in enumerate(clauses):
        counting = [each for each in clauses[:place] if each.kind == COUNT and each.storage == clause.storage]
        if clause.status == "any" and clause.kind == PUSHED and counting:
            counts = " and ".join(map(str, counting))
            yield Finding(
                "any-by-age",
                clause.priority,
                f"{clause} takes every image that no earlier rule sees, even the last one; and it takes none that "
                f"{counts} keeps, however old",
            )


def _parts(found: Evaluation) -> Iterator[Finding]:
    """Parts of indexes that stay: ECR tries to delete them at each run, and fails."""
    blocked: dict[int, int] = {}
    for verdict in found.kept:
        if verdict.marked is not verdict.action and verdict.rule_priority is not None:
            blocked[verdict.rule_priority] = blocked.get(verdict.rule_priority, 0) + 1
    for priority, number in blocked.items():
        said = "1 image that is a part" if number == 1 else f"{number} images that are parts"
        yield Finding(
            "part-of-index",
            priority,
            f"rule {priority} marks {said} of an index that stays: ECR keeps what is a part, and reports a failure "
            "at each run",
        )


def _unknown_parts(found: Evaluation) -> Iterator[Finding]:
    """Untagged images that go beside indexes that stay, while nobody has looked what is a part of them."""
    if any(verdict.image.referenced_by for verdict in found.verdicts):
        return
    indexes = [verdict for verdict in found.kept if verdict.image.media_type in INDEXES]
    untagged = [verdict for verdict in found.verdicts if not verdict.image.tags and verdict.marked is not Action.KEEP]
    if indexes and untagged and (priority := untagged[0].rule_priority) is not None:
        yield Finding(
            "unknown-parts",
            priority,
            f"{len(untagged)} untagged images are marked, and {len(indexes)} indexes stay: what is a part of one stays "
            "too; references=True tells which",
        )
