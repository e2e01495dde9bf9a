"""Every wait is told before it begins, on the caller's thread, and a long one is a warning in the log: once."""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import (
    ArnPrincipal,
    DeadlineError,
    EcropsError,
    LifecycleRule,
    PublicRegistry,
    PublicRepositorySpec,
    Registry,
    RepositorySpec,
    RetryPolicy,
    Role,
    SpecError,
    User,
    Wait,
    pull,
)
from ecrops.aws.pacing import gate
from ecrops.login import locking
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of

RULES = [LifecycleRule(max_image_count=3)]
REASON = "AWS throttles ecr:CreateRepository"
FOR_TURN = "AWS throttles, and calls wait for their turn"


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def of_retries(waits: list[Wait]) -> list[Wait]:
    """Those between two attempts: there may be one for a turn among the calls before each."""
    return [wait for wait in waits if wait.reason != FOR_TURN]


def test_each_wait_while_aws_throttles_is_told(memory_cloud: Cloud) -> None:
    waits: list[Wait] = []
    memory_cloud.faults.on("throttle", operation="CreateRepository", times=3)
    registry_of(memory_cloud).ensure(RepositorySpec("ab"), on_wait=waits.append)
    told = of_retries(waits)
    assert [(wait.operation, wait.owner, wait.reason, wait.attempt) for wait in told] == [
        ("ecr:CreateRepository", "ab", REASON, attempt) for attempt in (1, 2, 3)
    ]
    assert told[0].waited < told[0].seconds + 1
    assert told[2].waited >= told[0].seconds + told[1].seconds


@pytest.mark.parametrize("names", [["ab"], ["ab", "cd"]], ids=["alone", "among others"])
def test_waits_for_readings_right_before_a_write_are_those_of_the_owner(memory_cloud: Cloud, names: list[str]) -> None:
    registry, waits = registry_of(memory_cloud, workers=1), list[Wait]()
    registry.ensure(*map(RepositorySpec, names))
    memory_cloud.faults.on("throttle", operation="GetRepositoryPolicy", skip=len(names))
    memory_cloud.faults.on("throttle", operation="SetRepositoryPolicy", times=1)
    registry.ensure(*(RepositorySpec(name, grants=[pull("111122223333")]) for name in names), on_wait=waits.append)
    told = of_retries(waits)
    assert {wait.operation for wait in told} >= {"ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"}
    assert {wait.owner for wait in told if wait.operation} == {"ab"}


def test_nothing_is_told_if_nothing_is_waited_for(memory_cloud: Cloud) -> None:
    waits: list[Wait] = []
    assert len(registry_of(memory_cloud).ensure(*(RepositorySpec(f"app{n}") for n in range(9)), on_wait=waits.append))
    assert waits == []


@pytest.mark.parametrize("for_all", [True, False])
def test_waits_are_told_on_the_thread_of_the_caller(memory_cloud: Cloud, for_all: bool) -> None:
    threads: list[tuple[int, str]] = []

    def note(wait: Wait) -> None:
        threads.append((threading.get_ident(), wait.operation))

    specs = [RepositorySpec(f"app{n}", lifecycle_rules=RULES) for n in range(8)]
    registry = registry_of(memory_cloud, on_wait=note) if for_all else registry_of(memory_cloud)
    options: dict[str, Any] = {} if for_all else {"on_wait": note}
    memory_cloud.faults.on("throttle", operation="CreateRepository", times=4)
    registry.ensure(*specs, **options)
    memory_cloud.faults.on("throttle", operation="GetLifecyclePolicy", times=4)
    assert not registry.plan(*specs, **options)
    assert {thread for thread, _ in threads} == {threading.get_ident()}
    assert {operation for _, operation in threads} == {"ecr:CreateRepository", "ecr:GetLifecyclePolicy"}


def test_a_verb_without_on_wait_tells_that_of_the_registry_and_one_with_it_its_own(memory_cloud: Cloud) -> None:
    of_registry, of_verb = list[Wait](), list[Wait]()
    registry = registry_of(memory_cloud, on_wait=of_registry.append)
    registry.ensure(RepositorySpec("ab"))
    registry.repository("ab").add_lifecycle_rule(max_image_count=3)
    reason = "ab is read again: another writer may have undone what was changed"
    assert [(wait.owner, wait.reason) for wait in of_registry] == [("ab", reason)]
    registry.repository("ab").ensure(lifecycle_rules=[], on_wait=of_verb.append)
    assert len(of_registry) == 1
    registry.remove("ab")
    assert of_registry[-1].reason == "ab is looked for again: it was deleted, and may still be there"


def test_a_wait_in_the_account_of_another_session_is_told(memory_cloud: Cloud) -> None:
    far, waits = "222233334444", list[Wait]()
    memory_cloud.client("iam", account=far).create_role(RoleName="far", AssumeRolePolicyDocument="{}")
    grant = pull(Role(f"arn:aws:iam::{far}:role/far"), session=memory_cloud.session(account=far))
    memory_cloud.faults.on("throttle", operation="PutRolePolicy", times=1)
    registry_of(memory_cloud).ensure(RepositorySpec("ab", grants=[grant]), on_wait=waits.append)
    assert "AWS throttles iam:PutRolePolicy" in {wait.reason for wait in waits}


def test_something_that_is_not_visible_yet_is_told_and_logged_once(
    memory_cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[Wait] = []
    registry = registry_of(memory_cloud, retry=RetryPolicy(sleep=lambda seconds: None, propagation_budget=30))
    registry.ensure(RepositorySpec("ab"))
    gone = ArnPrincipal("arn:aws:iam::123456789012:role/gone")
    grants: list[Any] = [{"allow": "pull", "principal": gone}]
    with pytest.raises(ClientError, match="Principal not found"):
        registry.repository("ab").ensure(grants=grants, on_wait=waits.append)
    assert sum(wait.seconds for wait in waits) == pytest.approx(30)
    assert [wait.attempt for wait in waits] == list(range(1, len(waits) + 1))
    assert {wait.owner for wait in waits} == {"ab"}
    (said,) = warnings_of(caplog)
    assert said.endswith(
        "s in all: ab is planned again: InvalidParameterException: Invalid parameter at 'PolicyText' failed to "
        "satisfy constraint: 'Principal not found'"
    )


def test_waits_under_five_seconds_are_no_warning(memory_cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    waits: list[Wait] = []
    memory_cloud.faults.on("throttle", operation="CreateRepository", times=2)
    registry_of(memory_cloud).ensure(RepositorySpec("ab"), on_wait=waits.append)
    assert 0 < sum(wait.seconds for wait in waits) <= 5
    assert warnings_of(caplog) == []


def test_the_waits_of_one_owner_over_five_seconds_are_one_warning(
    memory_cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    memory_cloud.faults.on("error500", operation="CreateRepository", times=9)
    waits: list[Wait] = []
    registry_of(memory_cloud).ensure(RepositorySpec("ab"), on_wait=waits.append)
    assert len(waits) == 9
    (said,) = warnings_of(caplog)
    assert "s in all for ab: ecr:CreateRepository is tried again, because it failed (" in said
    record = next(record for record in caplog.records if record.levelno == logging.WARNING)
    assert (vars(record)["owner"], vars(record)["operation"]) == ("ab", "ecr:CreateRepository")


def test_what_many_owners_wait_for_is_one_warning(memory_cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    memory_cloud.faults.on("throttle", operation="CreateRepository", times=60)
    retry = RetryPolicy(budget=10_000, throttling_budget=10_000, sleep=lambda seconds: None)
    registry_of(memory_cloud, retry=retry).ensure(*(RepositorySpec(f"app{n}") for n in range(12)))
    said = [text.rpartition(": ")[2] for text in warnings_of(caplog)]
    assert REASON in said
    assert sorted(said) in ([REASON], [FOR_TURN, REASON], [REASON, FOR_TURN]), "each reason once"


def test_the_waits_of_one_owner_count_together(
    memory_cloud: Cloud, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda shortest, longest: shortest)  # 0.5, 1 and 2 seconds for each call
    for operation in ("CreateRepository", "PutLifecyclePolicy"):
        memory_cloud.faults.on("throttle", operation=operation, times=3)
    registry_of(memory_cloud).ensure(RepositorySpec("ab", lifecycle_rules=RULES))
    said = {text.partition(" for ab: ")[2] for text in warnings_of(caplog)}
    assert "AWS throttles ecr:PutLifecyclePolicy" in said
    assert said <= {"AWS throttles ecr:PutLifecyclePolicy", FOR_TURN}, "the repository itself took three seconds"


def test_another_thread_that_writes_the_owner_is_told(memory_cloud: Cloud) -> None:
    registry_of(memory_cloud).ensure(RepositorySpec("ab"))
    is_waiting, may_go_on, waits = threading.Event(), threading.Event(), list[Wait]()

    def sleep(seconds: float) -> None:
        is_waiting.set()
        assert may_go_on.wait(30)

    def note(wait: Wait) -> None:
        waits.append(wait)
        may_go_on.set()

    memory_cloud.faults.on("throttle", operation="PutLifecyclePolicy", times=1)
    slow = registry_of(memory_cloud, retry=RetryPolicy(sleep=sleep))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(slow.repository("ab").add_lifecycle_rule, max_image_count=5)
        assert is_waiting.wait(30)
        registry = registry_of(memory_cloud, on_wait=note)
        registry.repository("ab").add_lifecycle_rule(tag_prefix_list=["ours"], max_image_count=2)
        assert first.result(30)
    assert (waits[0].owner, waits[0].reason) == ("ab", "another thread writes ab")


def test_a_wait_for_a_turn_among_the_calls_is_told(memory_cloud: Cloud) -> None:
    waits: list[Wait] = []
    memory_cloud.faults.on("throttle", operation="CreateRepository", times=1)
    registry_of(memory_cloud).ensure(*(RepositorySpec(f"app{n}") for n in range(30)), on_wait=waits.append)
    turns = [wait for wait in waits if wait.reason == FOR_TURN]
    assert turns
    assert {(wait.operation, wait.reason, wait.attempt) for wait in turns} == {("ecr:CreateRepository", FOR_TURN, 1)}


def test_a_wait_for_a_place_among_the_calls_is_told_and_ends_with_the_deadline(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(gate, "LOOK_AGAIN", 0.01)
    is_held, may_go_on, waits = threading.Event(), threading.Event(), list[Wait]()
    session = memory_cloud.session(own=True)

    def hold(**_: object) -> None:
        if not is_held.is_set():
            is_held.set()
            assert may_go_on.wait(30)

    session.events.register_first("before-send.ecr.DescribeRepositories", hold)
    registry = Registry(session, workers=1, retry=AT_ONCE, on_wait=waits.append)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(registry.repository("ab").exists)
        assert is_held.wait(30)
        with pytest.raises(DeadlineError):
            registry.within(0.2).repository("ab").exists()
        may_go_on.set()
        assert first.result(30) is False
    assert [wait.reason for wait in waits] == ["as many calls are in flight as there are workers"]


def test_a_wait_for_another_login_is_told_and_logged(
    memory_cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(locking, "PAUSE", 3.0)
    monkeypatch.setattr("ecrops.login.docker.MAX_WAIT", 0.2)
    monkeypatch.setattr(locking, "time", SimpleNamespace(monotonic=time.monotonic, sleep=lambda seconds: None))
    waits: list[Wait] = []
    registry = registry_of(memory_cloud, on_wait=waits.append)
    with locking.alone_in(tmp_path), pytest.raises(EcropsError, match="is locked by another login"):
        registry.docker_login(tmp_path / "config.json")
    reason = f"another login writes in {tmp_path}"
    assert [wait.reason for wait in waits] == [reason]
    assert warnings_of(caplog) == [f"waiting 6 s in all: {reason}"]


def test_workers_do_not_wait_for_a_slow_function(memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("throttle", operation="CreateRepository", times=1)
    waits: list[Wait] = []
    enough = threading.Event()

    def count(call: Any) -> bool:
        if len(memory_cloud.calls.of("PutLifecyclePolicy")) >= 7:
            enough.set()
        return False

    def be_slow(wait: Wait) -> None:
        waits.append(wait)
        assert enough.wait(20), "the others go on"

    memory_cloud.faults.on("denied", operation="PutLifecyclePolicy", where=count, times=None)
    specs = [RepositorySpec(f"app{n}", lifecycle_rules=RULES) for n in range(8)]
    assert len(registry_of(memory_cloud, workers=2).ensure(*specs, on_wait=be_slow)) == 16
    assert waits


def test_a_function_that_is_told_of_a_wait_may_call_verbs(memory_cloud: Cloud) -> None:
    registry, seen = registry_of(memory_cloud), list[int]()
    memory_cloud.faults.on("throttle", operation="CreateRepository", times=3)
    specs = [RepositorySpec(f"app{n}") for n in range(8)]
    registry.ensure(*specs, on_wait=lambda wait: seen.append(len(registry.plan(*specs))))
    assert seen


def test_a_wait_is_a_value() -> None:
    wait = Wait(1.25, REASON, "ecr:CreateRepository", "ab\x1b[2J", 2, 0.5)
    assert pickle.loads(pickle.dumps(wait)) == wait
    assert str(wait) == "waiting 1.2 s for ab\\x1b[2J: AWS throttles ecr:CreateRepository"
    with pytest.raises(AttributeError):
        wait.seconds = 2.0  # type: ignore[misc]


def verbs(cloud: Cloud) -> list[Callable[..., object]]:
    """Each makes one repository."""
    registry, public = registry_of(cloud), PublicRegistry(cloud.session(), retry=AT_ONCE)
    plan, public_plan = registry.plan(RepositorySpec("aa")), public.plan(PublicRepositorySpec("aa"))
    return [
        lambda **options: registry.apply(plan, **options),
        lambda **options: registry.ensure(RepositorySpec("bb"), **options),
        lambda **options: registry.repository("cc").ensure(**options),
        lambda **options: public.apply(public_plan, **options),
        lambda **options: public.ensure(PublicRepositorySpec("bb"), **options),
        lambda **options: public.repository("cc").ensure(**options),
    ]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"on_change": 1}, "on_change: expected a function of a change, got 1"),
        ({"on_wait": "print"}, "on_wait: expected a function of a wait, got 'print'"),
        ({"progress": print}, "progress: expected True or False, got <built-in function print>"),
    ],
)
def test_what_is_no_function_is_refused_before_any_call(
    memory_cloud: Cloud, options: dict[str, Any], reason: str
) -> None:
    every = verbs(memory_cloud)
    memory_cloud.calls.clear()
    for verb in every:
        with pytest.raises(SpecError) as caught:
            verb(**options)
        assert str(caught.value) == reason
    with pytest.raises(SpecError, match="on_wait: expected a function of a wait, got 1"):
        Registry(memory_cloud.session(), on_wait=1)  # type: ignore[arg-type]
    assert memory_cloud.calls.operations() == []


def test_every_verb_with_on_change_tells_of_waits(memory_cloud: Cloud) -> None:
    for verb in verbs(memory_cloud):
        memory_cloud.faults.on("throttle", operation="CreateRepository", times=1)
        waits: list[Wait] = []
        verb(on_wait=waits.append)
        assert [wait.operation.partition(":")[2] for wait in of_retries(waits)] == ["CreateRepository"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, BrokenPipeError])
@pytest.mark.parametrize("count", [1, 12])
def test_an_error_of_on_wait_ends_the_verb_and_says_what_was_done(
    memory_cloud: Cloud, kind: type[BaseException], count: int
) -> None:
    def fail(wait: Wait) -> None:
        raise kind

    registry = registry_of(memory_cloud, workers=4)
    memory_cloud.faults.on("throttle", operation="PutLifecyclePolicy", times=None)
    with pytest.raises(kind) as caught:
        registry.ensure(*(RepositorySpec(f"app{n}", lifecycle_rules=RULES) for n in range(count)), on_wait=fail)
    made = len(memory_cloud.client("ecr").describe_repositories()["repositories"])
    assert len(caught.value.applied) == made >= 1  # type: ignore[attr-defined]
    were = "1 change was" if made == 1 else f"{made} changes were"
    assert caught.value.__notes__[0] == f"{were} made before; running again makes what is still missing"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, BrokenPipeError])
def test_an_error_of_on_wait_is_no_error_of_the_owner_that_is_verified(
    memory_cloud: Cloud, kind: type[BaseException]
) -> None:
    def fail(wait: Wait) -> None:
        raise kind

    memory_cloud.client("iam").create_user(UserName="ci")
    registry = registry_of(memory_cloud, on_wait=fail)
    with pytest.raises(kind) as caught:
        registry.ensure(*(RepositorySpec(n, grants=[{"allow": "pull", "principal": User("ci")}]) for n in ("aa", "bb")))
    assert {change.owner for change in caught.value.applied} == {"aa", "bb", "user ci"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, BrokenPipeError])
@pytest.mark.parametrize("count", [1, 6])
def test_an_error_of_on_wait_ends_a_plan(memory_cloud: Cloud, kind: type[BaseException], count: int) -> None:
    def fail(wait: Wait) -> None:
        raise kind

    specs = [RepositorySpec(f"app{n}", lifecycle_rules=RULES) for n in range(count)]
    registry_of(memory_cloud).ensure(*specs)
    memory_cloud.faults.on("throttle", operation="GetLifecyclePolicy", times=None)
    with pytest.raises(kind):
        registry_of(memory_cloud).plan(*specs, on_wait=fail)
    plan = registry_of(memory_cloud).plan(*(RepositorySpec(f"app{n}", tags={"a": "b"}) for n in range(count)))
    memory_cloud.faults.on("throttle", operation="ListTagsForResource", times=None)
    with pytest.raises(kind) as caught:
        registry_of(memory_cloud).apply(plan, on_wait=fail)
    assert caught.value.applied == ()  # type: ignore[attr-defined]
