"""Values that are computed when they are first asked for."""

from __future__ import annotations

from threading import Event, Thread

from ecrops.base.lazy import computed


class Sum:
    """Two numbers, and their sum."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers
        self.times = 0
        self.asked, self.may_answer = Event(), Event()

    @computed
    def total(self) -> int:
        """All of them together."""
        self.times += 1
        self.asked.set()
        assert self.may_answer.wait(5)
        return sum(self.numbers)


def test_a_value_is_computed_once_for_each_object() -> None:
    sums = [Sum(1, 2), Sum(3, 4)]
    for one in sums:
        one.may_answer.set()
    assert [one.times for one in sums] == [0, 0]
    assert [one.total for one in sums * 2] == [3, 7, 3, 7]
    assert [one.times for one in sums] == [1, 1]


def test_a_thread_does_not_wait_for_the_value_of_another_object() -> None:
    slow, fast = Sum(1), Sum(2)
    fast.may_answer.set()
    answers: list[int] = []
    asking = [Thread(target=lambda one=one: answers.append(one.total), daemon=True) for one in (slow, fast)]
    asking[0].start()
    assert slow.asked.wait(5)
    asking[1].start()
    asking[1].join(2)
    assert answers == [2]
    slow.may_answer.set()
    asking[0].join(5)
    assert answers == [2, 1]
