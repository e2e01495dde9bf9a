"""Whatever ends an apply says what was done, and stops all waits at once; no parent hangs a forked process."""

from __future__ import annotations

import itertools
import os
import queue
import random
import signal
import threading
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, Change, LifecycleRule, Registry, RepositorySpec, RetryPolicy, Role, pull
from ecrops.aws.parallel import Work
from ecrops.errors import MAX_SHOWN, DeadlineError
from ecrops.testing import Cloud
from support import registry_of

RULES = [LifecycleRule(max_image_count=3)]


def notes_of(error: BaseException) -> list[str]:
    return list(getattr(error, "__notes__", ()))


def throttle(cloud: Cloud, operation: str, names: Sequence[str]) -> None:
    cloud.faults.on(
        "throttle", operation=operation, where=lambda call: call.params["repositoryName"] in names, times=None
    )


def deny(cloud: Cloud, operation: str, name: str) -> None:
    cloud.faults.on("denied", operation=operation, where=lambda call: call.params["repositoryName"] == name, times=None)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, BrokenPipeError])
def test_what_ends_an_apply_says_what_was_done(cloud: Cloud, kind: type[BaseException]) -> None:
    done: list[Change] = []

    def stop_at_the_third(change: Change) -> None:
        done.append(change)
        if len(done) == 3:
            raise kind

    def answer_slowly(call: Any) -> bool:
        time.sleep(0 if call.params["repositoryName"] in ("app0", "app1", "app2") else 0.1)
        return False

    cloud.faults.on("denied", operation="CreateRepository", where=answer_slowly, times=None)
    registry = registry_of(cloud, workers=1)
    with pytest.raises(kind) as caught:
        registry.ensure(*(RepositorySpec(f"app{n}") for n in range(40)), on_change=stop_at_the_third)
    notes = notes_of(caught.value)
    made = len(cloud.client("ecr").describe_repositories()["repositories"])
    assert notes[0] == f"{made} changes were made before; running again makes what is still missing"
    assert notes[1:4] == [f"done before: {change}" for change in done]
    assert [change.owner for change in caught.value.applied[:3]] == ["app0", "app1", "app2"]  # type: ignore[attr-defined]
    assert len(caught.value.applied) == made < 40  # type: ignore[attr-defined]


def test_ctrl_c_before_the_first_change_says_that_nothing_was_done(memory_cloud: Cloud) -> None:
    def interrupt(call: Any) -> bool:
        raise KeyboardInterrupt

    plan = registry_of(memory_cloud).plan(RepositorySpec("aa"), RepositorySpec("bb"))
    memory_cloud.faults.on("denied", operation="CreateRepository", where=interrupt, times=None)
    with pytest.raises(KeyboardInterrupt) as caught:
        registry_of(memory_cloud).apply(plan)
    assert caught.value.applied == ()  # type: ignore[attr-defined]
    assert notes_of(caught.value) == ["0 changes were made before; running again makes what is still missing"]


def test_a_second_ctrl_c_says_what_was_done_too(memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    shut_down, interrupts = ThreadPoolExecutor.shutdown, [KeyboardInterrupt]

    def interrupted(pool: ThreadPoolExecutor, *args: Any, **options: Any) -> None:
        shut_down(pool, *args, **options)
        if interrupts:
            raise interrupts.pop()

    def interrupt(change: Change) -> None:
        monkeypatch.setattr(ThreadPoolExecutor, "shutdown", interrupted)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        registry_of(memory_cloud, workers=2).ensure(
            *(RepositorySpec(f"app{n}") for n in range(20)), on_change=interrupt
        )
    made = len(memory_cloud.client("ecr").describe_repositories()["repositories"])
    assert len(caught.value.applied) == made >= 1  # type: ignore[attr-defined]


def test_the_error_of_one_owner_has_what_was_done(memory_cloud: Cloud) -> None:
    deny(memory_cloud, "PutLifecyclePolicy", "ab")
    with pytest.raises(ClientError) as caught:
        registry_of(memory_cloud).ensure(RepositorySpec("ab", lifecycle_rules=RULES))
    assert [change.what for change in caught.value.applied] == ["repository"]  # type: ignore[attr-defined]


def test_what_workers_have_made_while_the_caller_was_busy_is_said_too(memory_cloud: Cloud) -> None:
    def stop_when_more_was_made(change: Change) -> None:
        deadline = time.monotonic() + 20
        while len(memory_cloud.calls.of("CreateRepository")) < 6 and time.monotonic() < deadline:
            time.sleep(0.01)
        raise KeyboardInterrupt

    specs, registry = [RepositorySpec(f"app{n}") for n in range(40)], registry_of(memory_cloud, workers=1)
    with pytest.raises(KeyboardInterrupt) as caught:
        registry.ensure(*specs, on_change=stop_when_more_was_made)
    said = [note for note in notes_of(caught.value) if note.startswith("done before:")]
    assert len(said) >= 5  # the sixth creation was asked for, so that five were answered


def test_notes_on_what_was_done_do_not_drown_the_error(cloud: Cloud) -> None:
    def stop_at_the_end(change: Change) -> None:
        if change.owner == "app24":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        registry_of(cloud, workers=1).ensure(*(RepositorySpec(f"app{n}") for n in range(25)), on_change=stop_at_the_end)
    assert len(notes_of(caught.value)) == 12
    assert notes_of(caught.value)[-1] == "and 15 more"


def test_the_first_error_of_a_reading_ends_the_waits_of_the_others(memory_cloud: Cloud) -> None:
    names = [f"app{n}" for n in range(8)]
    registry_of(memory_cloud).ensure(*(RepositorySpec(name) for name in names))
    patient = Registry(memory_cloud.session(), retry=RetryPolicy(attempts=100, budget=600))
    throttle(memory_cloud, "GetLifecyclePolicy", names[1:])
    deny(memory_cloud, "GetLifecyclePolicy", names[0])
    began = time.monotonic()
    with pytest.raises(ClientError, match="AccessDenied"):
        patient.plan(*(RepositorySpec(name, lifecycle_rules=RULES) for name in names))
    assert time.monotonic() - began < 5  # a wait between two attempts grows to 10 seconds, the budget is 600
    assert len(memory_cloud.calls.of("GetLifecyclePolicy")) < 100


def test_one_owner_that_cannot_be_read_costs_the_others_no_reading(memory_cloud: Cloud) -> None:
    names = [f"app{n}" for n in range(20)]
    registry = registry_of(memory_cloud)
    plan = registry.plan(*(RepositorySpec(name) for name in names))
    registry.apply(plan)
    specs = [
        RepositorySpec(name, grants=[{"allow": "pull", "principal": {"account": "111122223333"}}]) for name in names
    ]
    plan = registry.plan(*specs)
    deny(memory_cloud, "GetRepositoryPolicy", names[7])
    memory_cloud.calls.clear()
    with pytest.raises(ExceptionGroup) as caught:
        registry.apply(plan)
    assert len(caught.value.exceptions) == 1
    assert len(caught.value.applied) == 19  # type: ignore[attr-defined]
    # each when the plan is brought up to date; then those that can be read right before the write, and once verified
    assert len(memory_cloud.calls.of("GetRepositoryPolicy")) == 20 + 19 + 19


class Scarce:
    """The machine has room for two threads of ecrops."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        start, started = threading.Thread.start, itertools.count(1)

        def scarce(thread: threading.Thread) -> None:
            if thread.name.startswith("ecrops") and next(started) > 2:
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", scarce)


@pytest.mark.parametrize("told", [True, False])
def test_an_apply_that_gets_too_few_threads_says_what_was_done(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    memory_cloud.faults.latency = 0.02
    registry = registry_of(memory_cloud, workers=8)
    plan = registry.plan(*(RepositorySpec(f"app{n:02}") for n in range(40)))
    Scarce(monkeypatch)
    with pytest.raises(RuntimeError, match="new thread") as caught:
        registry.apply(plan, on_change=(lambda change: None) if told else None)
    made = len(memory_cloud.client("ecr").describe_repositories()["repositories"])
    were = "1 change was" if made == 1 else f"{made} changes were"
    assert notes_of(caught.value)[0] == f"{were} made before; running again makes what is still missing"
    assert made < 40


def test_a_reading_that_gets_too_few_threads_is_ended(memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    memory_cloud.emulator.seed(40)
    memory_cloud.faults.latency = 0.02
    Scarce(monkeypatch)
    with pytest.raises(RuntimeError, match="new thread"):
        registry_of(memory_cloud, workers=8).describe()
    assert len(memory_cloud.calls) < 40


def test_a_process_that_is_forked_during_a_call_is_not_hung_by_it(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud, workers=1)
    registry.repository("ab").exists()
    started, finish = threading.Event(), threading.Event()

    def hold_a_turn() -> None:
        with registry.aws._locks.clients:
            began = registry.aws._gate.enter("ecr:CreateRepository", lambda seconds: True)
            started.set()
            finish.wait(30)
            registry.aws._gate.leave("ecr:CreateRepository", began, throttled=False)

    holder = threading.Thread(target=hold_a_turn)
    holder.start()
    started.wait(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of every fork beside threads
        child = os.fork()
    if child == 0:
        os._exit(_exits_with(registry))
    finish.set()
    holder.join()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert os.waitstatus_to_exitcode(status) == 7
            return
        time.sleep(0.05)
    os.kill(child, 9)
    os.waitpid(child, 0)
    pytest.fail("the child waits for a turn that a thread of its parent has")


def _exits_with(registry: Any) -> int:
    try:
        with registry.aws._locks.clients:
            began = registry.aws._gate.enter("ecr:CreateRepository", lambda seconds: True)
            registry.aws._gate.leave("ecr:CreateRepository", began, throttled=False)
            return 7
    except BaseException:
        return 1


def test_ctrl_c_ends_the_waits_in_the_accounts_of_sessions_too(memory_cloud: Cloud) -> None:
    far, here = "111122223333", Role("here")
    for name, account in (("here", None), ("far", far)):
        memory_cloud.client("iam", account=account).create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    memory_cloud.faults.on(
        "throttle", operation="PutRolePolicy", where=lambda call: call.params["RoleName"] == "far", times=None
    )

    def interrupt(change: Change) -> None:
        raise KeyboardInterrupt

    session = memory_cloud.session(account=far)
    grants = [pull(here), pull(Role(f"arn:aws:iam::{far}:role/far"), session=session)]
    patient = Registry(memory_cloud.session(), retry=RetryPolicy(attempts=100, budget=600))
    patient.ensure(RepositorySpec("team/api"))
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        patient.ensure(RepositorySpec("team/api", grants=grants), on_change=interrupt)
    assert time.monotonic() - began < 5


def test_a_repository_that_may_not_be_described_stops_no_other(memory_cloud: Cloud) -> None:
    specs = [RepositorySpec(name, grants=[pull("111122223333")]) for name in ("aa", "bb", "cc")]
    registry = registry_of(memory_cloud)
    registry.ensure(*(RepositorySpec(spec.name) for spec in specs))
    plan = registry.plan(*specs)
    memory_cloud.faults.on(
        "denied",
        operation="DescribeRepositories",
        where=lambda call: "aa" in call.params.get("repositoryNames", ()),
        times=None,
    )
    with pytest.raises(ExceptionGroup) as caught:
        registry.apply(plan)
    assert len(caught.value.exceptions) == 1
    assert "while reading aa" in notes_of(caught.value.exceptions[0])
    assert {change.owner for change in caught.value.applied} == {"bb", "cc"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", ["ExpiredTokenException", "InvalidClientTokenId", "RequestExpired"])
def test_credentials_that_are_not_valid_any_more_stop_the_whole_run(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    registry, made = registry_of(memory_cloud, workers=4), itertools.count(1)

    def expire(answer: Any, operation: str) -> None:
        if operation == "CreateRepository" and next(made) > 10:
            raise ClientError({"Error": {"Code": code, "Message": "no longer valid"}}, operation)

    monkeypatch.setattr("ecrops.aws.attempt.sending.check_entries", expire)
    with pytest.raises(ApplyError) as caught:
        registry.ensure(*(RepositorySpec(f"app{n}") for n in range(200)))
    assert len(memory_cloud.calls.of("CreateRepository")) <= 10 + 4
    assert len(caught.value.applied) == 10
    assert 1 <= len(caught.value.exceptions) <= 4
    notes = notes_of(caught.value.exceptions[0])
    assert "the credentials are not valid any more, and nothing else was begun: log in again" in notes
    assert sum(note.startswith("while making this change") for note in notes) == 1
    monkeypatch.undo()
    assert registry.ensure(RepositorySpec("app199"))  # another run of the same registry begins anew


def test_all_changes_before_an_error_are_named_if_they_are_few(memory_cloud: Cloud) -> None:
    names, made = [f"app{n}" for n in range(MAX_SHOWN)], list[Change]()

    def fail(change: Change) -> None:
        made.append(change)
        if len(made) == len(names):
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough") as caught:
        registry_of(memory_cloud).ensure(*(RepositorySpec(name) for name in names), on_change=fail)
    notes = caught.value.__notes__
    assert sum(note.startswith("done before: ") for note in notes) == MAX_SHOWN
    assert len(notes) == 1 + MAX_SHOWN, "and nothing about more"


def real_names(cloud: Cloud) -> set[str]:
    return {found["repositoryName"] for found in cloud.client("ecr").describe_repositories()["repositories"]}


def made_of(error: BaseException) -> set[str]:
    return {change.owner for change in error.applied}  # type: ignore[attr-defined]


def press_ctrl_c() -> None:
    """Interrupt the main thread, as a terminal does."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def at_answers(cloud: Cloud, operation: str, do: Any) -> Any:
    """A session that does something between the effect of each call of an operation and its answer."""
    session = cloud.session(own=True)

    session.events.register(f"after-call.ecr.{operation}", lambda **_: do())
    return session


@pytest.mark.parametrize("seed", range(30))
def test_ctrl_c_between_effect_and_answer_loses_no_change(
    memory_cloud: Cloud, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    choose = random.Random(seed)
    at, workers, deaf = choose.randrange(1, 30), choose.choice([1, 3, 8]), choose.random() < 0.3
    answers = itertools.count(1)

    def interrupt() -> None:
        if next(answers) == at:
            press_ctrl_c()

    registry = Registry(at_answers(memory_cloud, "CreateRepository", interrupt), workers=workers)
    heard: list[Change] = []
    options: dict[str, Any] = {} if deaf else {"on_change": heard.append, "progress": True}
    with pytest.raises(KeyboardInterrupt) as caught:
        registry.ensure(*(RepositorySpec(f"app{n:02}") for n in range(40)), **options)
    made = real_names(memory_cloud)
    assert made_of(caught.value) == made
    assert len(caught.value.applied) == len(made)  # type: ignore[attr-defined]
    assert not any("under way" in note for note in notes_of(caught.value))
    if not deaf:
        assert [change.owner for change in heard] == [change.owner for change in caught.value.applied]  # type: ignore[attr-defined]
        assert capsys.readouterr().err.endswith(f"{len(made)} of 40 changes made\n")


class InterruptedInbox:
    """An inbox that Ctrl-C comes in, after it has taken an event and before the caller has it."""

    def __init__(self, at: int) -> None:
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._taken, self._at = itertools.count(1), at
        self.put, self.qsize = self._events.put, self._events.qsize

    def get(self) -> Any:
        event = self._events.get()
        if next(self._taken) == self._at:
            raise KeyboardInterrupt
        return event


@pytest.mark.parametrize("at", range(1, 12))
@pytest.mark.parametrize("told", [True, False])
def test_ctrl_c_while_an_event_is_taken_loses_no_change(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], at: int, told: bool
) -> None:
    registry = registry_of(memory_cloud, workers=2)
    plan = registry.plan(*(RepositorySpec(f"app{n:02}") for n in range(6)))
    monkeypatch.setattr("ecrops.aws.callers.Inbox", lambda: InterruptedInbox(at))
    with pytest.raises(KeyboardInterrupt) as caught:
        # no reading of a plan of new repositories listens to an inbox before the changes are made
        registry.apply(plan, progress=told)
    made = real_names(memory_cloud)
    assert made_of(caught.value) == made
    if told:
        assert capsys.readouterr().err == f"{len(made)} of 6 changes made\n"


@pytest.mark.parametrize("seed", range(10))
def test_ctrl_c_in_on_change_draws_what_workers_made_too(
    memory_cloud: Cloud, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    at, heard = random.Random(seed).randrange(1, 20), list[Change]()

    def interrupt(change: Change) -> None:
        heard.append(change)
        if len(heard) == at:
            raise KeyboardInterrupt

    specs = [RepositorySpec(f"app{n:02}") for n in range(60)]
    with pytest.raises(KeyboardInterrupt) as caught:
        registry_of(memory_cloud, workers=8).ensure(*specs, on_change=interrupt, progress=True)
    made = real_names(memory_cloud)
    assert made_of(caught.value) == made
    assert len(heard) == at, "a function that ended the apply is not called again"
    assert capsys.readouterr().err.endswith(f"{len(made)} of 60 changes made\n")


def test_a_second_ctrl_c_waits_for_no_call_and_says_which_may_have_taken_effect(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping, release, answers = threading.Event(), threading.Event(), itertools.count(1)
    end = Work.end

    def ended(work: Work[Any]) -> None:
        end(work)
        stopping.set()

    def interrupt_twice() -> None:
        if next(answers) == 3:
            for heard in (stopping, release):
                press_ctrl_c()
                while not heard.wait(2):  # a signal that comes right before a thread waits does not wake it
                    press_ctrl_c()

    monkeypatch.setattr(Work, "end", ended)
    registry = Registry(at_answers(memory_cloud, "CreateRepository", interrupt_twice), workers=1)
    with pytest.raises(KeyboardInterrupt) as caught:
        registry.ensure(*(RepositorySpec(f"app{n}") for n in range(9)))
    release.set()
    claimed = made_of(caught.value)
    assert claimed == {"app0", "app1"}
    assert real_names(memory_cloud) == {"app0", "app1", "app2"}
    notes = notes_of(caught.value)
    assert notes[0] == "2 changes were made before; running again makes what is still missing"
    assert notes[-2:] == [
        "and 1 call was under way: it may have taken effect",
        "perhaps done: + app2 repository",
    ]


def test_ctrl_c_while_a_lost_answer_is_asked_for_again_says_that_it_may_have_taken_effect(memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("reset_after", operation="CreateRepository", times=1)

    def interrupt(wait: Any) -> None:
        raise KeyboardInterrupt

    registry = Registry(memory_cloud.session(), retry=RetryPolicy(attempts=100, budget=600), workers=1)
    with pytest.raises(KeyboardInterrupt) as caught:
        registry.ensure(RepositorySpec("aa"), RepositorySpec("bb"), on_wait=interrupt)
    assert real_names(memory_cloud) == {"aa"}
    assert caught.value.applied == ()  # type: ignore[attr-defined]
    assert notes_of(caught.value)[-2:] == [
        "and 1 call was under way: it may have taken effect",
        "perhaps done: + aa repository",
    ]


def test_a_deadline_after_a_lost_answer_says_that_the_call_may_have_taken_effect(memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("reset_after", operation="CreateRepository", times=None)
    registry = Registry(memory_cloud.session(), retry=RetryPolicy(attempts=100, budget=600), workers=2)
    with pytest.raises(DeadlineError) as caught:
        registry.within(0.3).ensure(RepositorySpec("aa"), RepositorySpec("bb"))
    unclear = [note for note in notes_of(caught.value) if note.startswith("perhaps done: ")]
    claimed = {change.owner for change in caught.value.applied}
    assert claimed | {note.split()[3] for note in unclear} == real_names(memory_cloud)
