"""The promise, with two to four other writers at any call of an apply.

Afterwards:

- What a write of ours took away or added, a change names, or another writer put or took it in the one moment that AWS
  leaves open (``watch``). So a write of others that was complete before is there, or named in a change.
- Nothing was done that an approved plan did not say.
- Nothing that was wanted is missing, or an error says so, or another writer came after our last reading.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from emulator import in_memory

from .world import ACTS, NAMES, SHORT, STARTS, World
from .writers import KINDS

EXAMPLES = int(os.environ.get("ECROPS_EXAMPLES", "60"))
Write = tuple[int, str, str]
"""Before which call, of which kind, to which repository."""


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str, list[Write]]:
    """What is wanted, what was made before, and what two to four other writers write."""
    act = draw(st.sampled_from(["fleet"] * 6 + list(ACTS)))
    start = draw(st.sampled_from(tuple(STARTS)))
    last = 12 if act in SHORT else 70 if act == "fleet" else 25
    write = st.tuples(st.integers(0, last), st.sampled_from(tuple(KINDS)), st.sampled_from(NAMES))
    return act, start, draw(st.lists(write, min_size=2, max_size=4))


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
    act, start, writes = case
    with in_memory() as cloud:
        world = World(cloud, act, start, approved=approved)
        world.watch.before_call = lambda number, owners: interleave(world, writes, number)
        error = world.run()
        event(f"{act}: {type(error).__name__}")
        world.check(error)


def interleave(world: World, writes: list[Write], number: int) -> None:
    """Make the writes that come before a call."""
    for index, (at, kind, name) in enumerate(writes):
        if at == number:
            world.write(kind, name, index + 1)


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
