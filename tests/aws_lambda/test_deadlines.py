"""The end of an invocation: work stops before it, the answer comes before it, and the next call makes the rest."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ecrops import Registry, RepositorySpec, RetryPolicy, User, pull
from ecrops.aws_lambda import handler
from ecrops.aws_lambda.clock import SLOWEST, Invocation
from ecrops.aws_lambda.event import fingerprint_of
from ecrops.testing import AT_ONCE, Cloud
from support import registry_of, state, until
from tests.aws_lambda.conftest import Context, Handler, Lines

Make = Callable[..., Handler]


class Obstacle:
    """A call that hangs: that of one repository, until it is let go."""

    def __init__(self, cloud: Cloud, operation: str, repository: str) -> None:
        self._gone, self.met = threading.Event(), threading.Event()
        self._repository = f'"{repository}"'.encode()
        self.session = cloud.session(own=True)
        self.session.events.register_first(f"before-send.ecr.{operation}", self._hang)

    def _hang(self, request: Any, **_: object) -> None:
        if self._repository in request.body and not self._gone.is_set():
            self.met.set()
            self._gone.wait(30)

    def let_go(self) -> None:
        self._gone.set()


@pytest.fixture
def obstacle(memory_cloud: Cloud) -> Iterator[Callable[[str, str], Obstacle]]:
    obstacles: list[Obstacle] = []

    def of(operation: str, repository: str) -> Obstacle:
        obstacles.append(Obstacle(memory_cloud, operation, repository))
        return obstacles[-1]

    yield of
    for one in obstacles:
        one.let_go()
    until(lambda: not any(thread.name == "ecrops-job" for thread in threading.enumerate()))


def test_called_again_until_it_is_done_it_makes_everything_once(memory_cloud: Cloud) -> None:
    fleet = [RepositorySpec(f"team/app{number:02}", tags={"team": "web"}) for number in range(14)]
    job = handler(fleet, registry=registry_of(memory_cloud, workers=1))
    memory_cloud.faults.latency = 0.02
    event: Any = {}
    answers: list[dict[str, Any]] = []
    while not answers or not answers[-1]["done"]:
        assert len(answers) < 20
        event = job(event, Context(0.25))
        answers.append(event)
    assert len(answers) > 1
    assert answers[0]["summary"].endswith(f"the time was over, and {answers[0]['left']} are left: call again")
    assert (answers[0]["errors"], answers[0]["ok"]) == ([], False)
    assert answers[0]["left"] == answers[0]["missing"]["create"] == 14 - answers[0]["made"]["create"]
    assert answers[-1]["ok"]
    assert sum(answer["made"]["create"] for answer in answers) == len(state(memory_cloud)) == 14
    assert memory_cloud.calls.writes() == ["CreateRepository"] * 14


def test_a_call_that_hangs_is_not_waited_for(
    obstacle: Callable[[str, str], Obstacle], memory_cloud: Cloud, lines: Lines
) -> None:
    hanging = obstacle("CreateRepository", "team/b")
    job = handler([RepositorySpec(f"team/{name}") for name in "abc"], registry=Registry(hanging.session, retry=AT_ONCE))
    context = Context(0.9, "request-1")
    answer = job({}, context)
    assert context.get_remaining_time_in_millis() > 50
    assert hanging.met.is_set()
    assert (answer["done"], answer["ok"], answer["left"], answer["made"]["create"]) == (False, False, 1, 2)
    assert sorted(change["owner"] for change in answer["changes"]) == ["team/a", "team/c"]

    hanging.let_go()  # what was not waited for is made after the answer, and its line says in which invocation
    until(lambda: any(line.get("owner") == "team/b" for line in lines.all()))
    again = job(answer, Context(request_id="request-2"))
    assert (again["done"], again["ok"]) == (True, True)
    assert len(state(memory_cloud)) == 3
    assert [line["requestId"] for line in lines.all() if line.get("owner") == "team/b"] == ["request-1"]


def test_a_call_that_hangs_in_the_reading_leaves_everything(obstacle: Callable[[str, str], Obstacle]) -> None:
    hanging = obstacle("DescribeRepositories", "team/b")
    fleet = [RepositorySpec("team/a"), RepositorySpec("team/b")]
    answer = handler(fleet, registry=Registry(hanging.session, retry=AT_ONCE))({}, Context(0.5))
    assert (answer["done"], answer["left"], answer["made"]["create"]) == (False, 2, 0)
    assert answer["summary"] == "nothing was changed; the time was over, and 2 are left: call again"
    assert answer["next"] == {"first": 0, "size": 50, "failed": 0, "idle": 1, "fleet": answer["next"]["fleet"]}


def test_a_function_of_the_event_that_hangs_is_not_waited_for(make: Make) -> None:
    gate = threading.Event()

    def fleet(event: Any) -> list[RepositorySpec]:
        gate.wait(30)
        return []

    answer = make(fleet)({}, Context(0.3))
    gate.set()
    assert (answer["done"], answer["left"]) == (False, 1)


def test_the_time_may_be_over_before_everything_is_read(make: Make, memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(20)
    names = list(state(memory_cloud))
    memory_cloud.faults.latency = 0.1
    fleet = [RepositorySpec(name, lifecycle_rules=[]) for name in names]
    answer = make(fleet, of={"workers": 1})({}, Context(0.6))
    assert (answer["done"], answer["left"], answer["errors"]) == (False, 20, [])
    assert not memory_cloud.calls.writes()


def test_a_job_that_gets_nowhere_reads_less_at_once_and_ends_in_the_end(make: Make, memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("throttle", times=None)
    job = make([RepositorySpec(f"team/{number}") for number in range(600)], of={"retry": RetryPolicy(budget=1000)})
    event: Any = {}
    sizes: list[int | None] = []
    while not event.get("done"):
        assert len(sizes) < 10
        event = job(event, Context(0.1))
        sizes.append(event["next"] and event["next"]["size"])
    assert sizes == [50, 5, 1, 1, None]
    assert (event["ok"], event["left"], event["failed"]) == (False, 600, 1)
    [row] = event["errors"]
    assert row["code"] == "DeadlineError"
    assert row["message"].startswith(
        "the time was over, and nothing was made or finished, as in the invocations before"
    )


def test_a_large_fleet_goes_on_where_the_last_invocation_ended(make: Make, memory_cloud: Cloud) -> None:
    names = [f"team/{number}" for number in range(6)]
    fleet = [RepositorySpec(name) for name in names]
    batches = {"first": 0, "size": 2, "failed": 0, "idle": 0, "fleet": fingerprint_of(names)}
    memory_cloud.faults.on("throttle", where=lambda call: names[3] in str(call.params), times=None)
    first = make(fleet, of={"retry": RetryPolicy(budget=1000)})({"next": batches}, Context(1.0))
    assert (first["done"], first["left"], first["made"]["create"]) == (False, 4, 2)
    assert first["next"] == {**batches, "first": 2}
    memory_cloud.faults.clear()
    memory_cloud.calls.clear()
    last = make(fleet)(first, Context())
    assert (last["ok"], last["made"]["create"]) == (True, 4)
    assert not [call for call in memory_cloud.calls if names[0] in str(call.params)]
    assert make(fleet[1:])(first, Context())["ok"]  # another fleet begins anew
    assert [call for call in memory_cloud.calls if names[1] in str(call.params)]


def test_what_failed_in_a_batch_that_is_finished_is_counted_to_the_end(make: Make, memory_cloud: Cloud) -> None:
    names = [f"team/{number}" for number in range(6)]
    batches = {"first": 0, "size": 2, "failed": 0, "idle": 0, "fleet": fingerprint_of(names)}
    memory_cloud.faults.on("throttle", where=lambda call: names[3] in str(call.params), times=None)
    memory_cloud.faults.on("denied", where=lambda call: call.params.get("repositoryName") == names[0], times=None)
    job = make([RepositorySpec(name) for name in names], of={"retry": RetryPolicy(budget=1000)})
    first = job({"next": batches}, Context(1.0))
    assert (first["done"], first["failed"], first["next"]) == (False, 1, {**batches, "first": 2, "failed": 1})
    memory_cloud.faults.clear()
    last = job(first, Context())
    assert (last["done"], last["ok"], last["failed"], last["made"]["create"]) == (True, False, 1, 4)


def test_what_failed_in_an_earlier_invocation_is_not_forgotten(make: Make, memory_cloud: Cloud) -> None:
    job = make([RepositorySpec("ab"), RepositorySpec("cd")])
    fleet = fingerprint_of(["ab", "cd"])
    answer = job({"next": {"first": 1, "size": 5, "failed": 3, "idle": 0, "fleet": fleet}}, Context())
    assert (answer["done"], answer["ok"], answer["failed"]) == (True, False, 3)
    assert list(state(memory_cloud)) == ["cd"]


@pytest.mark.parametrize(
    "wrong",
    [3, {}, {"first": -1, "size": 5, "failed": 3, "idle": 0, "fleet": ""}, {"first": 0, "size": 0, "failed": 0}],
)
def test_a_next_that_no_answer_had_is_refused(wrong: Any, make: Make, memory_cloud: Cloud) -> None:
    [row] = make([RepositorySpec("ab")])({"next": wrong}, Context())["errors"]
    assert row["message"] == f"event.next: expected what an answer has as its next, or null, got {wrong!r}"
    assert not memory_cloud.calls


def test_a_throttled_owner_is_left_and_one_that_failed_is_not(make: Make, memory_cloud: Cloud) -> None:
    faults, patient = memory_cloud.faults, RetryPolicy(attempts=1000, budget=1000)
    faults.on("throttle", where=lambda call: call.params.get("repositoryName") == "slow", times=None)
    faults.on("denied", where=lambda call: call.params.get("repositoryName") == "bad", times=None)
    job = make([RepositorySpec(name) for name in ("slow", "bad", "good")], of={"retry": patient})
    answer = job({}, Context(1.0))
    assert (answer["done"], answer["ok"], answer["left"], answer["failed"]) == (False, False, 1, 1)
    assert [row["owner"] for row in answer["errors"]] == ["bad"]
    faults.clear()
    assert job({}, Context())["ok"]


def test_what_several_owners_are_made_for_is_left_too(make: Make, memory_cloud: Cloud) -> None:
    memory_cloud.emulator.make_principals(user="ci")
    fleet = [RepositorySpec(f"team/{name}", grants=[pull(User("ci"))]) for name in ("a", "b")]
    slow = RetryPolicy(attempts=1000, budget=1000)
    memory_cloud.faults.on("throttle", operation="PutUserPolicy", times=None)
    job = make(fleet, of={"retry": slow})
    job({"dry_run": True}, Context())  # it makes the clients, which takes long the first time
    answer = job({}, Context(1.0))
    assert (answer["done"], answer["left"], answer["made"]["create"]) == (False, 1, 2)
    assert "(Throttling) when calling the PutUserPolicy" in answer["summary"]


@pytest.mark.parametrize(
    "seconds, margin, expected",
    [
        (900, None, 42),  # ten seconds to connect, thirty to answer, two for the answer
        (126, None, 42),
        (60, None, 20),
        (3, None, 1),
        (900, 5, 5),
        (60, 0, 2),  # the answer needs some time
    ],
)
def test_the_margin_fits_the_slowest_call(seconds: float, margin: float | None, expected: float) -> None:
    invocation = Invocation(Context(seconds), margin)
    assert seconds - invocation.working == pytest.approx(expected, abs=0.05)
    assert invocation.patience is not None
    assert invocation.working <= invocation.patience + 0.001 <= seconds - min(2, seconds / 6) + 0.05
    assert SLOWEST == 42


def test_without_an_end_an_invocation_works_as_long_as_it_takes() -> None:
    invocation = Invocation(None, None)
    assert (invocation.working, invocation.patience, invocation.request_id) == (float("inf"), None, "")


@pytest.mark.parametrize(
    "context, margin, message",
    [
        (lambda: Context(10), 30, r"margin: 30 s is no less than the (10|9\.99\d?) s that the invocation has: give"),
        (lambda: Context(0), None, "margin: 0 s is no less than the 0 s that the invocation has"),
        (lambda: "context", None, "context: expected the context that Lambda gives to its handlers, got 'context'"),
    ],
)
def test_an_invocation_without_time_to_work_is_answered(
    context: Any, margin: float | None, message: str, make: Make, memory_cloud: Cloud
) -> None:
    answer = make([RepositorySpec("ab")], margin=margin)({}, context())
    assert re.match(message, answer["errors"][0]["message"])
    assert (answer["done"], answer["ok"]) == (True, False)
    assert not memory_cloud.calls


def test_invocations_of_one_container_do_not_share_their_deadline(make: Make) -> None:
    job = make([RepositorySpec("ab")])
    assert not job({}, Context(0.001))["ok"]
    time.sleep(0.01)
    assert job({}, Context(10))["ok"]
