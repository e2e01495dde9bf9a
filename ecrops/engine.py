"""Wants, reads, changes, plan: one engine for specs and verbs, for one repository and for fleets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecrops.aspect import Aspect, ReadsAll, ReadsOne, Want
from ecrops.aws import Aws, ClientError
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
    known: Mapping[Goal, Any] | None = None,
    elsewhere: Mapping[str, Aws] | None = None,
) -> dict[Goal, Any]:
    """What is there: first that which others stand on, then, where that is there, the others, all in parallel."""
    have = dict(known or {})
    first = [goal for goal in goals if (goal[0].stands_on, goal[1]) not in goals and goal not in have]
    away = elsewhere or {}
    _read_wave(aws, {goal: goals[goal] for goal in first}, have, away)
    rest = {goal: edits for goal, edits in goals.items() if goal not in have}
    for aspect, key in rest:
        if aspect.stands_on and have[aspect.stands_on, key] is None:
            have[aspect, key] = None
    _read_wave(aws, {goal: edits for goal, edits in rest.items() if goal not in have}, have, away)
    return have


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
        elif isinstance(aspect, ReadsOne):
            single += [(aspect, (aspect, key)) for key in wants]
    there = aws.map(lambda item: _read_one(elsewhere.get(item[1][1], aws), item[0], item[1][1]), single)
    have |= {goal: what for (_, goal), what in zip(single, there, strict=True)}


def _read_one(aws: Aws, aspect: ReadsOne, key: str) -> Any:
    try:
        return aspect.read(aws, key)
    except ClientError as error:
        error.add_note(f"while reading {key}; nothing was written")
        raise


def make_plan(aws: Aws, wants: Sequence[Want]) -> Plan:
    """Read what is there, and decide what is missing. Reads only."""
    goals = group(wants)
    have = read(aws, goals, elsewhere=homes(wants))
    found = [part for (aspect, key), edits in goals.items() for part in aspect.changes(key, edits, have[aspect, key])]
    changes = tuple(part for part in found if isinstance(part, Change))
    notes = tuple(dict.fromkeys(part for part in found if isinstance(part, Note)))
    return Plan(changes, notes, wants=tuple(wants), region=aws.region)
