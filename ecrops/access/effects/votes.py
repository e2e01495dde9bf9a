"""The votes of statements before and after a plan: which are new, which are gone, and what they are called. Pure.

Called by ``comparing``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_

from ecrops.access.answers.words import source_text
from ecrops.base.render import several
from ecrops.iam.evaluation.decide import Layer, Ruling, Vote
from ecrops.iam.evaluation.extent import NOWHERE, Extent
from ecrops.iam.sids import is_reserved
from ecrops.iam.statements import condition_text

Rulings = Mapping[str, Ruling]


def key_of(vote: Vote) -> Hashable:
    """Return what a vote says, whatever it is about: a statement of ecrops is written anew for each grant."""
    source, document = vote.statement.source, vote.statement.document
    label = "" if is_reserved(document) else source.statement
    return (
        vote.layer,
        source.kind,
        source.policy,
        label,
        vote.denies,
        vote.way,
        condition_text(document.get("Condition")),
    )


def masks_of(votes: Iterable[Vote]) -> dict[Hashable, int]:
    """Return the repositories that votes are about, by what they say."""
    masks: dict[Hashable, int] = {}
    for vote in votes:
        masks[key_of(vote)] = masks.get(key_of(vote), 0) | vote.extent.possible
    return masks


def grants(vote: Vote) -> bool:
    """Whether a vote is one for a request: a boundary only limits others."""
    return vote.allows and vote.layer is not Layer.BOUNDARY


def of_this_side(ruling: Ruling) -> Extent:
    """Return where the policies of the registry allow something, whatever those of another account say."""
    denied = reduce(Extent.either, (vote.extent for vote in ruling.votes if vote.denies), NOWHERE)
    return ruling.resource.without(denied)


def granted(old: Ruling, new: Ruling) -> int:
    """Return where a statement allows an action that none did before, under the same conditions."""
    before = masks_of(filter(grants, old.votes))
    after = masks_of(filter(grants, new.votes))
    return reduce(or_, (mask & ~before.get(key, 0) for key, mask in after.items()), 0)


def only(rulings: Rulings, others: Rulings, needed: Sequence[str], bit: int, *, denies: bool) -> Iterator[Vote]:
    """Yield the votes that are on one side alone, and about a repository."""
    for action in needed:
        known = masks_of(others[action].votes)
        for vote in rulings[action].votes:
            is_of_kind = vote.denies if denies else grants(vote)
            if is_of_kind and vote.extent.possible & bit & ~known.get(key_of(vote), 0):
                yield vote


def sources(votes: Iterable[Vote]) -> str:
    """Return the statements of votes in words, those of one policy together."""
    found: dict[str, dict[str, None]] = {}
    for vote in votes:
        source = vote.statement.source
        found.setdefault(source_text(source._replace(statement="")), {})[source.statement] = None
    return several((_statements(policy, list(labels)) for policy, labels in found.items()), " and ", 3)


def _statements(policy: str, labels: Sequence[str]) -> str:
    names = [label.removeprefix("statement ") for label in labels if label]
    noun = "statements" if len(names) > 1 else "statement"
    return f"{policy}, {noun} {several(names, ' and ')}" if names else policy
