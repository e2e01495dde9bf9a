"""What one policy would say, spread over several that fit. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, count

from ecrops.iam.statements import Namer, Policy, Subject
from ecrops.iam.text import size

Item = tuple[Subject, frozenset[str]]


def spread(want: Policy, have: Mapping[int, Policy], most: int, name: Namer) -> dict[int, Policy]:
    """The policies by number, each of at most so many characters, as IAM counts them.

    What a policy says already it goes on to say, so that nobody is without it while others are written; what is new
    fills the room that is left, and then policies with numbers that are free. A subject that cannot be divided is
    alone in its policy, however long that is.

    Args:
        want: All that is to be said; the statements of others are those of ``have``.
        have: The policies that are there.
        most: How many characters each has room for.
        name: What a set of actions is called in Sids.
    """
    left = dict(want.allowed)
    parts = {number: _kept(policy, left) for number, policy in have.items()}
    full = {number: gone for number, part in parts.items() if (gone := _give_up(part, most, name))}
    items = sorted([*chain.from_iterable(full.values()), *left.items()], key=_group)
    for number in chain(sorted(parts.keys() - full.keys()), (each for each in count() if each not in have)):
        if not items:
            break
        items = _fill(parts.setdefault(number, Policy(want.element)), items, most, name)
    return _closed({number: part for number, part in parts.items() if part.allowed or part.others}, have)


def in_order(parts: Mapping[int, Policy], have: Mapping[int, Policy]) -> list[int]:
    """The numbers in the order in which they are written: those last that give up what another then says."""
    said = {subject for part in parts.values() for subject in part.allowed}

    def gives_up(number: int) -> bool:
        before, after = have.get(number), parts[number].allowed
        return before is not None and any(each in said and each not in after for each in before.allowed)

    return sorted(parts, key=lambda number: (gives_up(number), number))


def _kept(policy: Policy, left: dict[Subject, frozenset[str]]) -> Policy:
    """What is still wanted of a policy; it is not left for another then."""
    kept = {subject: left.pop(subject) for subject in policy.allowed if subject in left}
    return Policy(policy.element, kept, list(policy.others), dict(policy.rest))


def _give_up(part: Policy, most: int, name: Namer) -> list[Item]:
    """Take out of a policy what it has no longer room for."""
    items, part.allowed = list(part.allowed.items()), {}
    return _fill(part, items, most, name)


def _fill(part: Policy, items: list[Item], most: int, name: Namer) -> list[Item]:
    """Put as many items into a policy as it has room for; returns those that are left."""
    before = dict(part.allowed)

    def put(number: int) -> int:
        part.allowed = before | dict(items[:number])
        return size(part.document(name))

    few, many = min(len(items), 0 if before or part.others else 1), len(items)
    while few < many:
        middle = (few + many + 1) // 2
        few, many = (middle, many) if put(middle) <= most else (few, middle - 1)
    put(few)
    return items[few:]


def _closed(parts: dict[int, Policy], have: Mapping[int, Policy]) -> dict[int, Policy]:
    """The last one takes the place of one that goes: what lies behind a gap is read only while it is attached."""
    for number in sorted(have.keys() - parts.keys()):
        last = max(parts, default=-1)
        if last > number:
            parts[number] = parts.pop(last)
    return dict(sorted(parts.items()))


def _group(item: Item) -> tuple[str, str, list[str], str]:
    """What is in one statement is together."""
    subject, allowed = item
    return subject.sid, subject.condition, sorted(allowed), subject.name
