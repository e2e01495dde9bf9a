"""What a fleet shares is computed once, and never mixed up."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import LifecycleRule, Registry, RepositorySpec, SpecError
from ecrops.lifecycle import simulate
from ecrops.lifecycle.policy.memory import MOST, remembered
from ecrops.testing import Cloud
from support import lifecycle, registry_of


def rule(**selection: Any) -> dict[str, Any]:
    known = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3}
    return {"rulePriority": 1, "selection": known | selection, "action": {"type": "expire"}}


@pytest.mark.parametrize("wrong", [True, 3.0, "3x", None, float("nan"), [3]])
def test_a_wrong_number_is_refused_although_an_equal_one_was_right_before(wrong: Any) -> None:
    for number in (1, 3):
        RepositorySpec("app", lifecycle_rules=[rule(countNumber=number)])
    with pytest.raises(SpecError):
        RepositorySpec("app", lifecycle_rules=[rule(countNumber=wrong)])


def test_a_caller_who_changes_what_a_spec_holds_changes_no_other_spec() -> None:
    rules = [rule()]
    first, second = (RepositorySpec("app", lifecycle_rules=rules) for _ in range(2))
    assert first.lifecycle_rules
    first.lifecycle_rules[0]["selection"]["countNumber"] = 99  # type: ignore[index]
    assert second.lifecycle_rules == (rule(),)
    assert RepositorySpec("app", lifecycle_rules=rules).lifecycle_rules == (rule(),)


def test_two_policies_that_differ_in_one_number_are_both_written(cloud: Cloud) -> None:
    registry: Registry = registry_of(cloud)
    numbers = [7, 8, 7, 9, 8]
    registry.ensure(
        *(RepositorySpec(f"app{n}", lifecycle_rules=[rule(countNumber=of)]) for n, of in enumerate(numbers))
    )
    written = [lifecycle(cloud.client("ecr"), f"app{n}")[0]["selection"]["countNumber"] for n in range(len(numbers))]
    assert written == numbers


def test_rules_as_values_and_as_dicts_are_compared_by_what_they_say() -> None:
    calls: list[object] = []

    @remembered
    def count(rules: Any, exactly: bool = True) -> int:
        calls.append(rules)
        return len(calls)

    value = LifecycleRule(max_image_count=3)
    assert count([value]) == count([LifecycleRule(max_image_count=3)]) == 1
    assert count([rule()]) == count([rule()]) == 2
    one: Any = 1
    assert len({count([rule()], True), count([rule()], False), count([rule()], exactly=False)}) == 3
    assert count([rule()], one) != count([rule()], True)
    assert count([object()]) != count([object()]), "what is no JSON is not remembered"


def test_what_is_remembered_is_forgotten_after_some_time() -> None:
    calls: list[int] = []

    @remembered
    def take(number: int) -> list[int]:
        calls.append(number)
        return [number]

    for number in (*range(MOST + 1), 0):
        assert take(number) == [number]
    assert len(calls) == MOST + 2
    take(0).append(5)
    assert take(0) == [0], "a list that is changed is a copy"


def test_a_caller_who_changes_the_rules_of_a_simulation_changes_no_plan(cloud: Cloud) -> None:
    registry: Registry = registry_of(cloud)
    wanted = RepositorySpec("aa", lifecycle_rules=[rule(tagStatus="tagged", tagPatternList=["v*"])])
    registry.ensure(wanted)
    repo = registry.repository("aa")
    for simulation in (
        repo.simulate_lifecycle(),
        repo.simulate_lifecycle(wanted.lifecycle_rules),
        repo.preview_lifecycle(),
        simulate([rule()], []),
    ):
        selection = simulation.rules[0]["selection"]
        selection["countNumber"] = 999
        selection.get("tagPatternList", []).append("w*")
    assert not registry.plan(wanted)
    [described] = registry.describe("aa")
    assert described.lifecycle_rules == (LifecycleRule.from_ecr(wanted.lifecycle_rules[0]),)  # type: ignore[index, arg-type]
    assert simulate([rule()], []).rules[0]["selection"]["countNumber"] == 3


def shared_parts() -> list[Any]:
    part: list[Any] = []
    for _ in range(34):
        part = [part, part]
    return part


def test_rules_of_endless_parts_are_refused_before_they_are_compared(cloud: Cloud) -> None:
    endless: list[Any] = []
    endless += [endless, endless]
    for part in (shared_parts(), endless):
        with pytest.raises(SpecError, match="expected JSON"):
            RepositorySpec("aa", lifecycle_rules=[rule(), {**rule(), "x": part}])
        with pytest.raises(SpecError, match="expected JSON"):
            registry_of(cloud).repository("aa").set_lifecycle_rules({**rule(), "x": part})
    with pytest.raises(SpecError, match=r"lifecycle_rules\[1\]: expected JSON of at most"):
        RepositorySpec("aa", lifecycle_rules=[rule(), {**rule(), "x": shared_parts()}])
    assert not cloud.calls
