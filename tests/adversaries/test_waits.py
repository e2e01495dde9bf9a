"""Every fault at every call, and another writer that acts during the wait for the next attempt.

The writer changes the owner of the call that failed. Afterwards the promise holds as in ``test_writers``, and a clean
run makes what is missing, or says what is in its way.

All faults at all calls in both modes are about 800 runs. A run of the tests makes one of ``STEP`` of them: each fault
meets some calls in each mode, and together they meet all over an apply. With ``ECROPS_EXAMPLES`` all of them are made.
"""

from __future__ import annotations

import pytest

from ecrops import ConflictError
from ecrops.testing import FAULTS, Fault, in_memory
from support import first_of, sampled

from .world import World
from .writers import OF_OWNER, OF_REPOSITORY

STEP = sampled(61)
MODES = {"approved": True, "ensure": False}


def calls_of(start: str, *, approved: bool) -> int:
    """How many calls an apply makes that nothing disturbs."""
    with in_memory() as cloud:
        world = World(cloud, "fleet", start, approved=approved)
        assert world.run() is None
        return world.watch.calls


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("start", ["bare", "before"])
def test_what_another_writer_writes_during_a_wait_stays_or_is_named(start: str, fault: Fault, mode: str) -> None:
    approved = MODES[mode]
    count = calls_of(start, approved=approved)
    assert count >= 40
    case = 4 * FAULTS.index(fault) + 2 * approved + (start == "bare")
    first = first_of(case, 4 * len(FAULTS), STEP)
    for number in range(first, count, STEP):
        with in_memory() as cloud:
            world = World(cloud, "fleet", start, approved=approved)
            meet(world, fault, number)
            error = world.run()
            assert cloud.faults.hits, number
            world.check(error)
            converge(world)


def meet(world: World, fault: Fault, number: int) -> None:
    """Let one call meet a fault, and another writer change its owner in the first wait after that."""
    failed: list[str] = []
    world.cloud.faults.at(number + 1, fault)

    def before_call(at: int, owners: frozenset[str]) -> None:
        if at == number:
            failed.extend(sorted(owners))

    def on_wait() -> None:
        if failed:
            owner = failed[number % len(failed)]
            kinds = OF_OWNER.get(owner, OF_REPOSITORY)
            failed.clear()
            world.write(kinds[number % len(kinds)], owner, number % 90 + 1)

    world.watch.before_call, world.watch.on_wait = before_call, on_wait


def converge(world: World) -> None:
    """Assert that a clean run makes what is missing, unless a conflict is in its way."""
    world.watch.on_wait = lambda: None
    try:
        world.make()
    except (ConflictError, ExceptionGroup) as error:
        errors = error.exceptions if isinstance(error, ExceptionGroup) else [error]
        assert all(isinstance(each, ConflictError) for each in errors), errors
    else:
        assert not world.wanted(), f"{world.wanted()}\n{world.watch.story()}"
