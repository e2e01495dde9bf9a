"""From wants to a plan: group, read, decide. One way for specs and verbs, for one repository and for thousands.

Called by ``engine/account`` for every plan, and by ``engine/apply`` to plan owners again. It reads and never writes,
and it knows no aspect by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from types import MappingProxyType
from typing import Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Change, Note
from ecrops.engine.aspect import Aspect, Read, Want
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError

Goal = tuple[Aspect, str]
"""An aspect of a key."""
OnError = Callable[[str, Exception], object]
"""Called with a key that could not be read or decided about, and why."""
NONE: Mapping[Any, Any] = MappingProxyType({})


def group(wants: Iterable[Want]) -> dict[Goal, list[Any]]:
    """Group the edits by aspect and key: however many edits there are, they are one reading and one change."""
    goals: dict[Goal, list[Any]] = {}
    for want in wants:
        goals.setdefault((want.aspect, want.key), []).append(want.edit)
    return goals


def accounts(wants: Iterable[Want]) -> dict[str, Aws]:
    """Return the accounts of the keys that are not in the registry's account.

    Raises:
        SpecError: Two sessions were given for one key: only one of them would be used.
    """
    places: dict[str, Aws] = {}
    for want in wants:
        if want.account and places.setdefault(want.key, want.account).session is not want.account.session:
            raise SpecError(f"{want.key}: two sessions were given for it: give one session= for all grants to it")
    return places


def make_plan(
    aws: Aws,
    wants: Sequence[Want],
    would_be: Collection[str] = (),
    known: Mapping[Goal, Any] = NONE,
    on_error: OnError | None = None,
) -> Plan:
    """Read the current values, and decide what is missing.

    1. ``group`` the wants by aspect and key.
    2. ``read`` the base aspects, then the others, in parallel.
    3. Ask each aspect for its ``changes``.
    4. Order the changes by their step.

    Args:
        aws: The account and region.
        wants: What is wanted.
        would_be: Keys of owners that a dry run would have made before: they do not exist in AWS, and are treated as
            made and empty.
        known: Current values that were read before, and need not be read again.
        on_error: Takes the errors of single keys, which then stop no other key. Without it the first error is raised.
    """
    goals = group(wants)
    would_exist = {_base(goal) for goal in goals if goal[1] in would_be and _base(goal) not in goals}
    absent = {goal: None for goal in would_exist if goal[0] is not None}
    current = read(aws, goals, absent | dict(known), accounts(wants), on_error)
    parts = list(_decide(goals, current, on_error))
    changes = sorted((part for part in parts if isinstance(part, Change)), key=lambda change: change.step)
    notes = dict.fromkeys(part for part in parts if isinstance(part, Note))
    plan = Plan(tuple(changes), tuple(notes), wants=tuple(wants), region=aws.region, account=aws.known_account)
    return located(plan, aws)


def located(plan: Plan, aws: Aws) -> Plan:
    """Return the plan with the account and region of each change, as far as the accounts are known.

    Args:
        plan: The plan.
        aws: The registry's account. Owners in the accounts of other sessions are located there.
    """
    elsewhere = accounts(plan.wants)

    def locate(change: Change) -> Change:
        if change.account:
            return change
        place = elsewhere.get(change.owner, aws)
        return replace(change, account=place.known_account, region=place.region)

    applied = tuple(map(locate, plan.applied))
    changes = applied if plan.applied == plan.changes else tuple(map(locate, plan.changes))
    return replace(plan, changes=changes, applied=applied, account=aws.known_account)


def _decide(
    goals: Mapping[Goal, Sequence[Any]], current: Mapping[Goal, Any], on_error: OnError | None
) -> Iterator[Change | Note]:
    for (aspect, key), edits in goals.items():
        if (aspect, key) not in current:  # its reading failed, and on_error has the error
            continue
        try:
            parts = list(aspect.changes(key, edits, current[aspect, key]))
        except Exception as error:
            if on_error is None:
                raise
            on_error(key, error)
        else:
            yield from parts


def read(
    aws: Aws,
    goals: Mapping[Goal, Sequence[Any]],
    known: Mapping[Goal, Any] = NONE,
    elsewhere: Mapping[str, Aws] = NONE,
    on_error: OnError | None = None,
) -> dict[Goal, Any]:
    """Read the current values of goals: first the base aspects, then, for bases that exist, the others.

    Args:
        aws: The account and region.
        goals: The edits by aspect and key.
        known: Current values that were read before.
        elsewhere: The accounts of keys that are not in the registry's.
        on_error: As in ``make_plan``. A goal that failed is missing from the result, and so are those based on it.
    """
    current = dict(known)
    first = {
        goal: goals[goal]
        for goal in goals
        if goal not in current and _base(goal) not in goals and _base(goal) not in current
    }
    _read_wave(aws, first, current, elsewhere, on_error)
    second = {goal: edits for goal, edits in goals.items() if goal not in current and _base(goal) in current}
    current |= {goal: None for goal in second if current[_base(goal)] is None}
    _read_wave(aws, {goal: second[goal] for goal in second if goal not in current}, current, elsewhere, on_error)
    return current


def _base(goal: Goal) -> Any:
    """Return the goal that a goal is based on: the base aspect, of the same key."""
    return goal[0].base, goal[1]


def _read_wave(
    aws: Aws,
    goals: Mapping[Goal, Sequence[Any]],
    current: dict[Goal, Any],
    elsewhere: Mapping[str, Aws],
    on_error: OnError | None,
) -> None:
    """Make all readings of some goals in parallel, and put the values into ``current``.

    With ``on_error``, a failed reading of several keys is made again for each key: one of them may be the reason.
    """
    here = aws.stoppable()
    accounts_read = {id(aws): here} | {id(place): place.bound_to(here) for place in elsewhere.values()}

    def account_of(key: str) -> Aws:
        return accounts_read[id(elsewhere.get(key, aws))]

    def attempt(job: tuple[Aspect, Read]) -> Mapping[str, Any] | Exception:
        aspect, reading = job
        try:
            return _make(reading, base_exists=all((aspect.base, key) in current for key in reading.keys))
        except Exception as error:
            if on_error is None:
                raise
            return error

    jobs = list(_jobs(goals, account_of))
    while jobs:
        singles: list[tuple[Aspect, Read]] = []
        for (aspect, reading), values in zip(jobs, here.map(attempt, jobs, here.stop), strict=True):
            if not isinstance(values, Exception):
                current |= {(aspect, key): value for key, value in values.items()}
            elif len(reading.keys) == 1 and on_error is not None:
                on_error(reading.keys[0], values)
            else:
                for key in reading.keys:
                    wants = {key: goals[aspect, key]}
                    singles += [(aspect, single) for single in aspect.reads(account_of(key), wants)]
        jobs = singles


def _jobs(goals: Mapping[Goal, Sequence[Any]], account_of: Callable[[str], Aws]) -> Iterator[tuple[Aspect, Read]]:
    """Yield the readings of all aspects in turn, so that the parts of one repository are read together."""
    by_aspect: dict[Aspect, dict[int, tuple[Aws, dict[str, Sequence[Any]]]]] = {}
    for (aspect, key), edits in goals.items():
        place = account_of(key)
        by_aspect.setdefault(aspect, {}).setdefault(id(place), (place, {}))[1][key] = edits
    readings = []
    for aspect, places in by_aspect.items():
        mine = [(place, reading) for place, wants in places.values() for reading in aspect.reads(place, wants)]
        for place, reading in mine:
            for service in reading.services:
                place.client(service)
        readings.append([(aspect, reading) for _, reading in mine])
    return (job for job in chain.from_iterable(zip_longest(*readings)) if job is not None)


def _make(reading: Read, *, base_exists: bool) -> Mapping[str, Any]:
    """Make a reading. If the base disappeared since it was read, the value is ``None``."""
    try:
        return reading.call()
    except ClientError as error:
        if base_exists and code_of(error) in reading.base_missing:
            return dict.fromkeys(reading.keys)
        if len(reading.keys) == 1:
            error.add_note(f"while reading {reading.keys[0]}")
        raise
