"""What can travel between processes does so with all it carries; credentials never do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from ecrops import (
    ApplyError,
    ConflictError,
    DeadlineError,
    EcropsError,
    LifecycleRule,
    Plan,
    Registry,
    RepositorySpec,
    RetryPolicy,
    Role,
    SpecError,
    pull,
)
from ecrops.base.change import Call, Change, Kind, Races
from ecrops.events import on_image_pushed
from ecrops.testing import Cloud
from support import registry_of

CHANGE = Change(owner="ab", kind=Kind.UPDATE, what="tags", after="a=1", call=Call("ecr", "TagResource", {"tags": []}))
CONFLICT = Change(owner="ab", kind=Kind.CONFLICT, what="encryption", before="AES256", after="KMS", advice={"": "out"})
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:pushes"


def noted(error: Exception) -> Exception:
    error.add_note("while making this change")
    return error


ERRORS = [
    EcropsError("no"),
    SpecError("name: too short"),
    SpecError("name: too short", "tags: too many"),
    ConflictError([CONFLICT], "in the meantime"),
    DeadlineError("over", [CHANGE]),
    ApplyError("2 could not be finished", [SpecError("a", "b"), noted(ConflictError([CONFLICT]))], [CHANGE]),
]


@pytest.mark.parametrize("error", [noted(error) for error in ERRORS], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("travel", [lambda value: pickle.loads(pickle.dumps(value)), copy.copy, copy.deepcopy])
def test_an_error_travels_with_all_it_carries(error: Any, travel: Callable[[Any], Any]) -> None:
    arrived = travel(error)
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert arrived.__notes__ == error.__notes__
    for name in ("reasons", "conflicts", "applied"):
        assert getattr(arrived, name, None) == getattr(error, name, None)
    assert list(map(str, getattr(arrived, "exceptions", ()))) == list(map(str, getattr(error, "exceptions", ())))


def refuse(number: int) -> int:
    if number == 1:
        raise ConflictError([CONFLICT], "this cannot be")
    return number


def test_one_conflict_does_not_end_the_work_of_other_processes() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(refuse, number) for number in range(3)]
        with pytest.raises(ConflictError, match="this cannot be") as caught:
            futures[1].result()
        assert caught.value.conflicts == (CONFLICT,)
        assert [futures[0].result(), futures[2].result()] == [0, 2]


@pytest.fixture
def specs(cloud: Cloud) -> list[RepositorySpec]:
    cloud.client("iam").create_role(RoleName="nodes", AssumeRolePolicyDocument="{}")
    cloud.client("sqs").create_queue(QueueName="pushes")
    return [
        RepositorySpec(
            "team/api",
            tags={"a": "1"},
            lifecycle_rules=[LifecycleRule(max_image_count=3)],
            grants=[pull(Role("nodes")), pull("111122223333")],
            events=[on_image_pushed(target=QUEUE)],
        ),
        RepositorySpec("team/web", resource_policy={}),
    ]


def test_a_plan_that_travelled_is_applied_as_the_one_that_stayed(cloud: Cloud, specs: list[RepositorySpec]) -> None:
    plan = registry_of(cloud).plan(*specs)
    arrived: Plan = pickle.loads(pickle.dumps(plan))
    assert (arrived, str(arrived), arrived.checksum) == (plan, str(plan), plan.checksum)
    assert arrived.wants == plan.wants
    assert registry_of(cloud).apply(arrived)
    assert not registry_of(cloud).ensure(*specs)


def test_specs_and_retry_policies_travel(specs: list[RepositorySpec]) -> None:
    assert pickle.loads(pickle.dumps(specs)) == specs
    assert pickle.loads(pickle.dumps(RetryPolicy(attempts=3))) == RetryPolicy(attempts=3)


def test_a_plan_with_a_session_refuses_to_be_pickled_and_says_why(cloud: Cloud) -> None:
    other = cloud.session(account="111122223333")
    cloud.client("iam", account="111122223333").create_role(RoleName="far", AssumeRolePolicyDocument="{}")
    grant = pull(Role("arn:aws:iam::111122223333:role/far"), session=other)
    plan = registry_of(cloud).plan(RepositorySpec("team/api", grants=[grant]))
    with pytest.raises(TypeError, match="credentials are never pickled: make the plan where it is applied"):
        pickle.dumps(plan)


def test_a_registry_is_copied_with_its_clients_and_is_not_pickled(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    assert copy.deepcopy(registry).repository("ab").exists() is False
    with pytest.raises(TypeError, match="a Registry holds credentials and connections, and is not pickled"):
        pickle.dumps(registry)


def test_handles_are_equal_by_registry_and_name(cloud: Cloud) -> None:
    registry, other = registry_of(cloud), registry_of(cloud)
    assert registry.repository("ab") == registry.repository("ab")
    assert len({registry.repository("ab"), registry.repository("ab")}) == 1
    assert registry.repository("ab") != registry.repository("cd")
    assert registry.repository("ab") != other.repository("ab")
    assert registry.repository("ab") != "ab"


@pytest.mark.parametrize("account", ["evil.example.com/x", "12", "", "../..", "123456789012\n", "1234567890123"])
def test_an_arn_whose_account_is_not_12_digits_names_no_repository(registry: Registry, account: str) -> None:
    with pytest.raises(SpecError, match=r"expected (an ARN, .* with an account of 12 digits|arn:PARTITION:ecr)"):
        registry.repository(f"arn:aws:ecr:eu-west-1:{account}:repository/ab")


def test_the_race_policy_of_a_change_travels_by_name() -> None:
    from ecrops.access.aspects.repository_policy import _is_not_yet_visible

    change = Change(owner="ab", kind=Kind.UPDATE, what="policy", races=Races(awaits=_is_not_yet_visible))
    assert pickle.loads(pickle.dumps(change)).races.awaits is _is_not_yet_visible
