"""One policy spread over several that each fit a limit. Pure.

Called by ``access/aspects/managed_policies``. It places the allowances of one policy in numbered policies, and says in
which order those are written. It leaves the foreign statements of each policy where they are.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain, count

from ecrops.iam.policy import Policy, Subject
from ecrops.iam.text import size

Item = tuple[Subject, frozenset[str]]


def spread(desired: Policy, current: Mapping[int, Policy], limit: int) -> dict[int, Policy]:
    """Return the policies by number, each of at most ``limit`` characters, as IAM counts them.

    A subject stays in the policy that has it, so that it never lacks its actions while other policies are written. New
    subjects fill the policies that have room, and then policies with unused numbers. A subject cannot be divided: one
    that is longer than the limit is alone in its policy.

    Args:
        desired: All allowances. Its foreign statements do not count: those of ``current`` do.
        current: The current policies.
        limit: The number of characters that one policy has room for.
    """
    unplaced = dict(desired.allowed)
    parts: dict[int, Policy] = {}
    displaced: dict[int, list[Item]] = {}
    for number, policy in current.items():
        items = [(subject, unplaced.pop(subject)) for subject in policy.allowed if subject in unplaced]
        parts[number], displaced[number] = _filled(replace(policy, allowed={}), items, limit)
    items = sorted([*chain.from_iterable(displaced.values()), *unplaced.items()], key=_group)
    with_room = [number for number in sorted(parts) if not displaced[number]]
    for number in chain(with_room, (number for number in count() if number not in current)):
        if not items:
            break
        part = parts.get(number, replace(desired, allowed={}, foreign=(), members={}))
        parts[number], items = _filled(part, items, limit)
    return _renumbered({number: part for number, part in parts.items() if part.allowed or part.foreign}, current)


def in_order(parts: Mapping[int, Policy], current: Mapping[int, Policy]) -> list[int]:
    """Return the numbers in the order of writing: a policy that gives a subject to another one is written last."""
    placed = {subject for part in parts.values() for subject in part.allowed}

    def gives_away(number: int) -> bool:
        before, after = current.get(number), parts[number].allowed
        return before is not None and any(subject in placed and subject not in after for subject in before.allowed)

    return sorted(parts, key=lambda number: (gives_away(number), number))


def _filled(policy: Policy, items: list[Item], limit: int) -> tuple[Policy, list[Item]]:
    """Return a policy with as many more items as it has room for, and the remaining items.

    An empty policy takes one item at least, however long that is.
    """
    minimum = 0 if policy.allowed or policy.foreign else min(len(items), 1)

    def length(number: int) -> int:
        return size(policy.allowing_all(items[:number]).document)

    number = bisect(range(len(items) + 1), limit, lo=minimum + 1, key=length) - 1
    return policy.allowing_all(items[:number]), items[number:]


def _renumbered(parts: dict[int, Policy], current: Mapping[int, Policy]) -> dict[int, Policy]:
    """Return policies without gaps in their numbers: reading stops at the first number that is missing.

    The last policy takes the place of one that nothing remains of.
    """
    for number in sorted(current.keys() - parts.keys()):
        last = max(parts, default=-1)
        if last > number:
            parts[number] = parts.pop(last)
    return dict(sorted(parts.items()))


def _group(item: Item) -> tuple[str, str, list[str], str]:
    """Return a sort key by which subjects of one statement are together."""
    subject, allowed = item
    return subject.sid, subject.condition, sorted(allowed), subject.name
