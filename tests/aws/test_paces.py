"""How the rates are computed: of the calls that passed, of a cut, and which pace an operation has."""

from __future__ import annotations

import pytest

from ecrops.aws.pacing.pace import Meter, Pace
from ecrops.aws.pacing.paces import Paces

READ, WRITE, OTHER = "ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy", "ecr:TagResource"


def test_a_meter_tells_the_calls_a_second_over_the_last_second_or_two() -> None:
    meter = Meter(10.0)
    for _ in range(5):
        meter.count(10.25)
    assert meter.rate(10.05) == 5 / 0.1, "what was so short a time is taken for a tenth of a second"
    assert meter.rate(10.5) == 10
    meter.count(11.25)  # the 5 calls took 1.25 seconds: 4 a second
    assert meter.rate(11.25) == (4 * 2 + 1) / 2
    assert meter.rate(11.75) == (4 * 1.5 + 1) / 2
    assert meter.rate(13.75) == 1 / 2.5, "what was before is too long ago"


def test_a_meter_begins_anew_after_a_second() -> None:
    meter = Meter(0.0)
    meter.count(0.5)
    meter.count(1.0)
    meter.count(2.0)  # 1 a second before
    assert meter.rate(2.0) == (1 * 2 + 1) / 2
    meter.count(4.0)  # 0.5 a second before
    assert meter.rate(4.0) == (0.5 * 2 + 1) / 2


def cut(pace: Pace, now: float, *passed: float) -> float:
    """Cut a pace after calls that passed, and return its rate."""
    for moment in passed:
        pace.count(moment)
    pace.cut(now)
    return pace.rate(now)


LATE = (0.5, *(2.0,) * 8)
AT_LAST = (0.5, *(4.0,) * 9)


@pytest.mark.parametrize(
    ("now", "passed", "rate"),
    [
        pytest.param(0.9, (0.1,) * 5, 0.7 * 5 / 0.9, id="soon after the last cut: the rate is not known well"),
        pytest.param(1.0, (0.1,) * 5, 0.7 * 5 / 1.0, id="a second after it too"),
        pytest.param(1.1, (0.1,) * 5, 0.85 * 5 / 1.1, id="later it is known"),
        pytest.param(2.5, LATE, 0.85 * 9 / 2.5, id="what passed in all the time since the cut"),
        pytest.param(5.0, AT_LAST, 0.85 * (0.25 + 9) / 2, id="after it has grown: what passed in the last second"),
        pytest.param(0.5, (), 0.5 * 10 * (1 - 0.3 * 0.75**3) / 2, id="nothing passed: half of half of the rate"),
        pytest.param(0.2, (0.1,), 10 * (1 - 0.3 * 0.9**3), id="too soon: it is not cut"),
    ],
)
def test_a_cut_leaves_a_part_of_what_passed(now: float, passed: tuple[float, ...], rate: float) -> None:
    pace = Pace(0.0, measured=10)
    assert pace.rate(0.0) == pytest.approx(7)
    assert cut(pace, now, *passed) == pytest.approx(rate)


def test_after_a_cut_what_passes_is_counted_anew() -> None:
    pace = Pace(0.0, measured=10)
    assert cut(pace, 1.5, *(1.0,) * 9) == pytest.approx(0.85 * 6)
    assert cut(pace, 3.5, *(3.0,) * 8) == pytest.approx(0.85 * 4)


def test_the_paces_before_a_common_one_do_not_come_back_when_it_ends() -> None:
    paces = Paces()
    paces.slow_down(READ, began=0.0, now=0.1)
    assert paces.of(OTHER) is None
    paces.slow_down(WRITE, began=0.0, now=0.2)
    assert paces.of(OTHER), "two operations are throttled together"
    for now in range(1, 20):
        paces.count(OTHER, now)
    assert [paces.of(name) for name in (OTHER, READ, WRITE)] == [None] * 3
    assert not paces


def test_the_pace_of_one_operation_does_not_take_that_of_another_away() -> None:
    paces = Paces()
    paces.slow_down(READ, began=0.0, now=0.1)
    read = paces.of(READ)
    paces.slow_down(WRITE, began=10.0, now=10.1)
    assert paces.of(READ) is read
    assert paces.of(WRITE) not in (None, read)
    assert paces.of(OTHER) is None
    for now in range(11, 30):
        paces.count(WRITE, now)
    assert paces.of(WRITE) is None
    assert paces.of(READ) is read, "the end of one is not the end of another"


def test_operations_with_paces_of_their_own_get_a_common_one_when_both_are_throttled() -> None:
    paces = Paces()
    paces.slow_down(READ, began=0.0, now=0.1)
    paces.slow_down(WRITE, began=10.0, now=10.1)
    assert paces.of(OTHER) is None
    paces.slow_down(READ, began=11.0, now=11.1)
    assert paces.of(OTHER)
    assert paces.of(READ) is paces.of(WRITE) is paces.of(OTHER)


def test_the_log_names_what_is_throttled_and_how_fast_calls_begin(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "ecrops")
    paces = Paces()
    paces.slow_down(READ, began=0.0, now=0.1)
    paces.slow_down(WRITE, began=0.0, now=0.2)
    for now in range(1, 20):
        paces.count(WRITE, now)
    assert caplog.messages == [
        f"AWS throttles {READ}: 11.2 calls a second",
        "AWS throttles all operations: 11.2 calls a second",
        f"AWS throttles {WRITE} no more",
    ]
