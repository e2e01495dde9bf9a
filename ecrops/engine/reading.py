"""Reading the current values of goals: bases first, in parallel, and never an older value than this process wrote.

Called by ``planning`` for every plan, and by the events of specs. It reads only, and knows no aspect by name.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from types import MappingProxyType
from typing import Any, TypeGuard

from ecrops.aws import NO_LONGER_VALID, Aws, ClientError, code_of, is_throttled
from ecrops.base.change import Change
from ecrops.base.waits import Waited
from ecrops.engine.aspect import Aspect, Read, name_of
from ecrops.engine.turns import NEVER, TURNS, Moment, Write, place_of
from ecrops.errors import EcropsError, SpecError

log = logging.getLogger(__name__)
Goal = tuple[Aspect, str]
"""An aspect of a key."""
OnError = Callable[[str, Exception], object]
"""Called with a key that could not be read or decided about, and why."""
NONE: Mapping[Any, Any] = MappingProxyType({})
KEYS_AT_ONCE = 5_000
LONGEST_PAUSE = 5.0
"""Seconds between two readings of a value that is older than this process's last write."""


class Readings(dict[Goal, Any]):
    """Current values by goal.

    Attributes:
        read_at: The moment before the first of them was read; ``NEVER`` if a call waited for its next attempt: what
            was read before the wait may be old.
    """

    def __init__(self, known: Mapping[Goal, Any] = NONE) -> None:
        super().__init__(known)
        self.read_at: Moment = getattr(known, "read_at", TURNS.now)
        self._order: list[Sequence[str]] = list(getattr(known, "_order", ()))

    def add(self, readings: Iterable[Read]) -> None:
        """Note which readings are made now, in this order."""
        self._order += [reading.keys for reading in readings]

    def take(self, aws: Aws, goal: Goal, value: Any) -> None:
        """Add a value that was read since these readings were begun, before the engine was asked.

        Args:
            aws: What it was read with: a value is old if one of its calls waited.
            goal: The aspect and the key.
            value: The value.
        """
        self[goal] = value
        self._order.append((goal[1],))
        if aws.has_waited:
            self.read_at = NEVER

    def moment_of(self, key: str) -> Moment:
        """Return the moment that a key was read at; ``NEVER`` if other keys were read after it began."""
        first = next((number for number, keys in enumerate(self._order) if key in keys), None)
        is_last = first is not None and all(tuple(keys) == (key,) for keys in self._order[first + 1 :])
        return self.read_at if is_last else NEVER


def read(
    aws: Aws,
    goals: Mapping[Goal, Sequence[Any]],
    known: Mapping[Goal, Any] = NONE,
    elsewhere: Mapping[str, Aws] = NONE,
    on_error: OnError | None = None,
) -> Readings:
    """Read the current values of goals: first the base aspects, then, for bases that exist, the others.

    Args:
        aws: The account and region.
        goals: The edits by aspect and key.
        known: Current values that were read before.
        elsewhere: The accounts of keys that are not in the registry's.
        on_error: As in ``make_plan``. A goal that failed is missing from the result, and so are those based on it.
    """
    current = Readings(known)
    first = {
        goal: goals[goal]
        for goal in goals
        if goal not in current and base_of(goal) not in goals and base_of(goal) not in current
    }
    _read_wave(aws, first, current, elsewhere, on_error)
    second = {goal: edits for goal, edits in goals.items() if goal not in current and base_of(goal) in current}
    current |= {goal: None for goal in second if current[base_of(goal)] is None}
    for part in _parts({goal: second[goal] for goal in second if goal not in current}):
        _read_wave(aws, part, current, elsewhere, on_error)
    return current


def _parts(goals: Mapping[Goal, Sequence[Any]]) -> Iterator[dict[Goal, Sequence[Any]]]:
    """Yield the goals of some thousand keys after another: what is known of a reading is forgotten after its part."""
    keys = list(dict.fromkeys(key for _, key in goals))
    aspects = list(dict.fromkeys(aspect for aspect, _ in goals))
    for start in range(0, len(keys), KEYS_AT_ONCE):
        part = keys[start : start + KEYS_AT_ONCE]
        yield {goal: goals[goal] for aspect in aspects for key in part if (goal := (aspect, key)) in goals}


def is_of_one(error: Exception) -> TypeGuard[SpecError | ClientError]:
    """Whether an error of a reading is about the owner that was read, and not about the caller or the service."""
    if isinstance(error, ClientError):
        return code_of(error) not in NO_LONGER_VALID and not is_throttled(error)
    return isinstance(error, SpecError)


def base_of(goal: Goal) -> Any:
    """Return the goal that a goal is based on: the base aspect, of the same key."""
    return goal[0].base, goal[1]


def _read_wave(
    aws: Aws,
    goals: Mapping[Goal, Sequence[Any]],
    current: Readings,
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
        base_exists = all((aspect.base, key) in current for key in reading.keys)
        try:
            return _settled(account_of(reading.keys[0]), aspect, reading, base_exists=base_exists)
        except Exception as error:
            if on_error is None:
                raise
            return error

    jobs = list(_jobs(goals, account_of))
    current.add(reading for _, reading in jobs)
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
    if here.has_waited:
        current.read_at = NEVER


def _jobs(goals: Mapping[Goal, Sequence[Any]], account_of: Callable[[str], Aws]) -> Iterator[tuple[Aspect, Read]]:
    """Yield the readings of all aspects in turn, so that the parts of one repository are read together."""
    by_aspect: dict[Aspect, dict[int, tuple[Aws, dict[str, Sequence[Any]]]]] = {}
    for (aspect, key), edits in goals.items():
        place = account_of(key)
        by_aspect.setdefault(aspect, {}).setdefault(id(place), (place, {}))[1][key] = edits
    readings = []
    for aspect, places in by_aspect.items():
        mine = [(place, reading) for place, wants in places.values() for reading in aspect.reads(place, wants)]
        counts = Counter((place, service) for place, reading in mine for service in reading.services)
        for (place, service), calls in counts.items():
            place.client(service, calls)
        readings.append([(aspect, reading) for _, reading in mine])
    return (job for job in chain.from_iterable(zip_longest(*readings)) if job is not None)


def _settled(aws: Aws, aspect: Aspect, reading: Read, *, base_exists: bool) -> Mapping[str, Any]:
    """Make a reading, and make it again while it lacks what this process wrote last.

    Some services answer a reading with an older value for a while. An edit that was derived from it would undo our own
    last write. A value that still lacks that write when the time is over is what another writer made of it.
    """
    values, waited, pause = _make(reading, base_exists=base_exists), Waited(", ".join(reading.keys)), 0.5
    while reading.settles and (remaining := _unsettled_seconds(aws, aspect, reading, values, waited.seconds)) > 0:
        pause = min(pause * 1.5, LONGEST_PAUSE, remaining)
        doing = f"{waited.owner} is read again: the answer lacks what was written last"
        aws.pause(pause, doing, doing, waited)
        values = _make(reading, base_exists=base_exists)
    return values


def _unsettled_seconds(aws: Aws, aspect: Aspect, reading: Read, values: Mapping[str, Any], waited: float) -> float:
    """Return how long the values of a reading may still be older than what this process wrote last."""
    longest = min(reading.settles, aws.retry.propagation_budget)
    remaining = 0.0
    for key, value in values.items():
        write = TURNS.last(place_of(aws, next(iter(reading.services)), key), name_of(aspect))
        if write and _lacks(aspect, key, value, write):
            remaining = max(remaining, longest - max(time.monotonic() - write.moment, waited))
    return remaining


def _lacks(aspect: Aspect, key: str, value: Any, write: Write) -> bool:
    """Whether a value lacks something that a write had made."""
    try:
        parts = [part for part in aspect.changes(key, write.edits, value) if isinstance(part, Change)]
    except EcropsError:  # said when the value is planned with
        return False
    return any(change.parts & write.parts for change in parts)


def _make(reading: Read, *, base_exists: bool) -> Mapping[str, Any]:
    """Make a reading. If the base disappeared since it was read, the value is ``None``."""
    try:
        return reading.call()
    except ClientError as error:
        if base_exists and code_of(error) in reading.base_missing:
            return dict.fromkeys(reading.keys)
        if len(reading.keys) == 1:
            error.add_note(f"while reading {reading.keys[0]}")
            vars(error)["owner"] = reading.keys[0]
        raise
    except SpecError as error:  # what is stored under the key cannot be read
        raise (error.at(reading.keys[0]) if len(reading.keys) == 1 else error) from None
