"""The promise, with two to four other writers at any call of an apply.

Afterwards:

- What a write of ours took away or added, a change names, or another writer put or took it in the one moment that AWS
  leaves open (``watch``). So a write of others that was complete before is there, or named in a change.
- Nothing was done that an approved plan did not say.
- Nothing that was wanted is missing, or an error says so, or another writer came after our last reading.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ecrops.testing import in_memory
from support import examples

from .world import ACTS, LONG, NAMES, STARTS, World
from .writers import OF_OWNER, OF_REPOSITORY

EXAMPLES = examples(12)
OWNERS = (*NAMES, *NAMES, *OF_OWNER)


class Write(NamedTuple):
    """A write of another writer.

    Args:
        owner: Which owner it changes.
        kind: How: one of ``KINDS``.
        number: Before which call of ours.
        of_owner: Whether only the calls about that owner count: those are few, and the ones that matter.
    """

    owner: str
    kind: str
    number: int
    of_owner: bool


@st.composite
def writes(draw: st.DrawFn) -> Write:
    owner = draw(st.sampled_from(OWNERS))
    of_owner = draw(st.integers(0, 3)) > 0
    kind = draw(st.sampled_from(OF_OWNER.get(owner, OF_REPOSITORY)))
    return Write(owner, kind, draw(st.integers(0, 8 if of_owner else 60)), of_owner)


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str, list[Write]]:
    """What is wanted, what was made before, and what two to four other writers write."""
    act = draw(st.sampled_from(LONG * 5 + tuple(ACTS)))
    return act, draw(st.sampled_from(tuple(STARTS))), draw(st.lists(writes(), min_size=2, max_size=4))


@pytest.mark.parametrize("approved", [True, False], ids=["approved", "ensure"])
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="ECROPS_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(case=cases())
def test_what_others_write_during_an_apply_stays_or_is_named(
    approved: bool, case: tuple[str, str, list[Write]]
) -> None:
    act, start, others = case
    with in_memory() as cloud:
        world = World(cloud, act, start, approved=approved)
        world.watch.before_call = interleaving(world, others)
        error = world.run()
        event(f"{act}: {type(error).__name__}")
        world.check(error)


def interleaving(world: World, others: list[Write]) -> Callable[[int, frozenset[str]], None]:
    """What is to be called before each call of ours: it makes the writes that come then."""
    counts = Counter[str]()

    def before_call(number: int, owners: frozenset[str]) -> None:
        for index, write in enumerate(others, 1):
            is_about = write.owner in owners or not write.of_owner
            if is_about and write.number == (counts[write.owner] if write.of_owner else number):
                world.write(write.kind, write.owner, index)
        counts.update(owners)

    return before_call


@pytest.mark.parametrize("approved", [True, False], ids=["approved", "ensure"])
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("act", ACTS)
def test_without_other_writers_nothing_is_refused_and_nothing_is_missing(act: str, start: str, approved: bool) -> None:
    with in_memory() as cloud:
        world = World(cloud, act, start, approved=approved)
        error = world.run()
        world.check(error)
        assert error is None, error
        assert all(not effect.in_open_moment for effect in world.watch.effects)
