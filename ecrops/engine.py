"""Wants, reads, changes, plan: one engine for specs and verbs, for one repository and for fleets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ecrops.aspect import Aspect, ReadsAll, ReadsByEdits, ReadsOne, Want
from ecrops.aws import Aws, ClientError, code_of
from ecrops.change import Change, Note
from ecrops.plan import Plan

Goal = tuple[Aspect, str]


def group(wants: Iterable[Want]) -> dict[Goal, list[Any]]:
    """The edits of each aspect of each key: however many there are, they are one read and one change."""
    goals: dict[Goal, list[Any]] = {}
    for want in wants:
        goals.setdefault((want.aspect, want.key), []).append(want.edit)
    return goals


def homes(wants: Iterable[Want]) -> dict[str, Aws]:
    """Where the keys live that are not in the registry's account."""
    return {want.key: want.home for want in wants if want.home}


def read(
    aws: Aws,
    goals: Mapping[Goal, Sequence[Any]],
    known: Mapping[Goal, Any],
    elsewhere: Mapping[str, Aws] = MappingProxyType({}),
) -> dict[Goal, Any]:
    """What is there: first that which others stand on, then, where that is there, the others, all in parallel."""
    have = dict(known)
    first = [goal for goal in goals if _base(goal) not in goals and _base(goal) not in have and goal not in have]
    _read_wave(aws, {goal: goals[goal] for goal in first}, have, elsewhere)
    have |= {goal: None for goal in goals if goal not in have and have[_base(goal)] is None}
    _read_wave(aws, {goal: edits for goal, edits in goals.items() if goal not in have}, have, elsewhere)
    return have


def _base(goal: Goal) -> Any:
    """What an aspect of a key stands on: the aspect below it, of the same key."""
    return goal[0].stands_on, goal[1]


def _read_wave(
    aws: Aws, goals: Mapping[Goal, Sequence[Any]], have: dict[Goal, Any], elsewhere: Mapping[str, Aws]
) -> None:
    single: list[tuple[ReadsOne, Goal]] = []
    for aspect in dict.fromkeys(aspect for aspect, _ in goals):
        wants = {key: edits for (each, key), edits in goals.items() if each is aspect}
        for home in {id(home): home for home in (elsewhere.get(key, aws) for key in wants)}.values():
            aspect.prepare(home)
        if isinstance(aspect, ReadsAll):
            have |= {(aspect, key): there for key, there in aspect.read_all(aws, wants).items()}
        elif isinstance(aspect, ReadsByEdits):
            single += [(aspect.reader(edits), (aspect, key)) for key, edits in wants.items()]
        elif isinstance(aspect, ReadsOne):
            single += [(aspect, (aspect, key)) for key in wants]
    there = aws.map(
        lambda item: _read_one(elsewhere.get(item[1][1], aws), item[0], item[1], _base(item[1]) in have), single
    )
    have |= {goal: what for (_, goal), what in zip(single, there, strict=True)}


def _read_one(aws: Aws, aspect: ReadsOne, goal: Goal, was_there: bool) -> Any:
    """What is there; ``None`` if what the aspect stands on was there a moment ago, and is gone."""
    try:
        return aspect.read(aws, goal[1])
    except ClientError as error:
        if was_there and code_of(error) == aspect.missing:
            return None
        error.add_note(f"while reading {goal[1]}")
        raise


def make_plan(
    aws: Aws, wants: Sequence[Want], would_be: Collection[str] = (), known: Mapping[Goal, Any] | None = None
) -> Plan:
    """Read what is there, and decide what is missing. Reads only.

    Args:
        aws: Where.
        wants: What is wanted.
        would_be: Keys of what a dry run would have made before: not there, and not missing either.
        known: What was read on the way to the wants, and need not be read again.
    """
    goals = group(wants)
    unmade = {_base(goal): None for goal in goals if goal[1] in would_be and _base(goal) not in goals}
    absent = {goal: None for goal in unmade if goal[0] is not None}
    have = read(aws, goals, absent | dict(known or {}), homes(wants))
    found = [part for (aspect, key), edits in goals.items() for part in aspect.changes(key, edits, have[aspect, key])]
    changes = tuple(sorted((part for part in found if isinstance(part, Change)), key=lambda change: change.step))
    notes = tuple(dict.fromkeys(part for part in found if isinstance(part, Note)))
    return Plan(changes, notes, wants=tuple(wants), region=aws.region, account=aws.known_account)
