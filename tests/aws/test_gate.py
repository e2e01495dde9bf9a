"""How many calls are in flight while AWS throttles."""

from __future__ import annotations

from ecrops.aws.gate import Gate


def test_calls_that_were_in_flight_together_halve_the_limit_once() -> None:
    gate = Gate(16)
    eras = [gate.enter() for _ in range(8)]
    for era in eras:
        gate.leave(era, throttled=True)
    assert gate.limit == 8
    gate.leave(gate.enter(), throttled=True)
    assert gate.limit == 4


def test_as_many_successes_as_the_limit_make_room_for_one_more_call() -> None:
    gate = Gate(16)
    gate.leave(gate.enter(), throttled=True)
    for _ in range(9):
        gate.leave(gate.enter(), throttled=False)
    assert gate.limit == 9


def test_the_limit_stays_between_one_and_the_number_of_workers() -> None:
    gate = Gate(2)
    for _ in range(5):
        gate.leave(gate.enter(), throttled=True)
    assert gate.limit == 1
    for _ in range(50):
        gate.leave(gate.enter(), throttled=False)
    assert gate.limit == 2
