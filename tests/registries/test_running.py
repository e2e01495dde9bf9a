"""What ends the work of many registries early, and executors that are unlike threads: no row and no change is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any, cast

import pytest

from ecrops import Registries, RegistryLocation, RepositorySpec, RetryPolicy, SpecError
from ecrops.registries import Row
from ecrops.testing import AT_ONCE, Cloud
from ecrops.testing.isolation import as_default_session

ACCOUNTS = ("222233334444", "333344445555")
PLACES = [
    RegistryLocation(account, region, role_name="ecrops")
    for account in ACCOUNTS
    for region in ("eu-west-1", "eu-west-2")
]
SPECS = [RepositorySpec(f"team/app-{number:02}") for number in range(30)]


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Iterator[Cloud]:
    with as_default_session(memory_cloud):
        memory_cloud.seed_role("ecrops", *ACCOUNTS)
        yield memory_cloud


@pytest.fixture
def registries(cloud: Cloud) -> Registries:
    return Registries(PLACES, retry=AT_ONCE, workers=1)


def made(cloud: Cloud, place: RegistryLocation) -> int:
    client = cloud.client("ecr", str(place.region), account=place.account)
    return len(client.describe_repositories()["repositories"])


class InTheCaller(Executor):
    """Works when it is given work, on the thread of the caller."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Cancelling(Executor):
    """Cancels what it is given, and tells nobody."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.cancel()
        return future


class Other(Executor):
    """Returns no futures."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return 5


def ended_by(error: BaseException) -> Callable[[Row], None]:
    """A function of the caller that ends the work when the first registry was changed."""

    def on_result(row: Row) -> None:
        if row.applied:
            raise error

    return on_result


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
@pytest.mark.parametrize("own", [False, True], ids=["threads", "executor"])
def test_what_ends_the_work_stops_the_others_soon_and_says_what_was_made(
    cloud: Cloud, registries: Registries, error: type[BaseException], own: bool
) -> None:
    first, *others = PLACES
    registries.where(first.place).ensure(*SPECS[1:])
    cloud.faults.latency = 0.02
    start = time.monotonic()
    with ThreadPoolExecutor(4) as pool, pytest.raises(error) as raised:
        registries.ensure(*SPECS, on_result=ended_by(error()), executor=pool if own else None)
    seconds = time.monotonic() - start
    cloud.faults.clear()
    applied = vars(raised.value)["applied"]
    assert len(applied[first]) == 1
    assert {place: len(applied.get(place, ())) for place in others} == {place: made(cloud, place) for place in others}
    assert any(made(cloud, place) < len(SPECS) for place in others), seconds
    total = sum(map(len, applied.values()))
    assert f"{total} change" in raised.value.__notes__[0]
    assert "running again makes what is still missing" in raised.value.__notes__[0]
    assert not registries.ensure(*SPECS).errors


def test_an_executor_that_works_in_the_caller_stops_after_so_many_failures(
    cloud: Cloud, registries: Registries
) -> None:
    cloud.faults.on("denied", operation="DescribeRepositories", times=None)
    rows: list[str] = []
    result = registries.ensure(
        *SPECS[:1],
        executor=InTheCaller(),
        stop_after=1,
        on_result=lambda row: rows.append(row.error.kind if row.error else ""),
    )
    assert rows == ["ClientError", "NotBegun", "NotBegun", "NotBegun"]
    assert result.summary == "0 of 4 registries done; 1 failed; 3 not begun"
    cloud.faults.clear()
    assert not result.failed.ensure(*SPECS[:1], executor=InTheCaller()).errors


def test_what_an_executor_cancels_by_itself_is_a_row_that_does_not_say_it_was_not_begun(registries: Registries) -> None:
    errors = registries.plan(*SPECS, executor=Cancelling()).failed
    assert [row.error.kind for row in errors if row.error] == ["Cancelled"] * 4
    assert "does not tell whether it had begun" in str(errors[0])


def test_an_executor_that_was_shut_down_gives_rows_with_the_reason(registries: Registries) -> None:
    with ThreadPoolExecutor(1) as pool:
        pass
    assert ["cannot schedule new futures" in str(row) for row in registries.ensure(*SPECS, executor=pool)] == [True] * 4


def exits(location: RegistryLocation) -> list[RepositorySpec]:
    if location == PLACES[0]:
        raise SystemExit(3)
    return SPECS[:1]


def test_a_function_that_ends_its_script_ends_one_registry(registries: Registries) -> None:
    result = registries.ensure(exits)
    assert [str(row.error) for row in result.errors] == ["SystemExit: 3"]
    assert len(result.applied) == 3


def test_work_that_cannot_be_sent_is_refused_before_anything_runs(cloud: Cloud, registries: Registries) -> None:
    def local(location: RegistryLocation) -> list[RepositorySpec]:
        return SPECS

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        unsendable: list[Any] = [local, lambda location: SPECS, cloud.client]
        for function in unsendable:
            with pytest.raises(SpecError, match=r"cannot be sent to processes.*a function of a module"):
                registries.plan(function, executor=pool)
    with pytest.raises(SpecError, match="submit returns 5"):
        registries.plan(*SPECS, executor=Other())
    assert not cloud.calls.operations()


def test_the_time_of_a_registry_is_also_that_of_its_role(cloud: Cloud) -> None:
    cloud.faults.on("throttle", service="sts", times=None)
    start = time.monotonic()
    [row] = Registries(PLACES[:1], seconds_each=0.3).plan(*SPECS).rows
    assert time.monotonic() - start < 5
    assert row.error is not None
    assert "time given is over" in str(row.error) or row.error.code.startswith("Throttl")


def test_four_that_fail_are_rows_and_running_them_again_finishes_them(cloud: Cloud) -> None:
    accounts = [f"{222200000000 + number}" for number in range(4)]
    cloud.seed_role("ecrops", *accounts)
    places = [RegistryLocation(account, f"eu-west-{n}", role_name="ecrops") for account in accounts for n in (1, 2, 3)]
    denied, throttled, lost, conflicting = map(own_specs, places[:4])
    registries = Registries(places, seconds_each=4, retry=RetryPolicy(budget=0.5), workers=2)
    registries.where(places[3].place).ensure(RepositorySpec(conflicting[0].name, encryption="KMS"))
    for fault, [spec] in (("denied", denied), ("throttle", throttled), ("reset_before", lost)):
        cloud.faults.on(cast("Any", fault), where=calls_of(spec.name), times=None)
    result = registries.ensure(own_specs)
    assert [row.location for row in result.errors] == places[:4], result
    assert len(result.applied) == len(places) - 4
    for row, reason in zip(result.errors, ("told to deny", "Rate exceeded", "onnection", "encryption"), strict=True):
        assert reason in str(row.error)
    cloud.faults.clear()
    client = cloud.client("ecr", "eu-west-1", account=places[3].account)
    client.delete_repository(repositoryName=conflicting[0].name)
    assert not result.failed.ensure(own_specs).errors
    assert not registries.plan(own_specs)


def own_specs(location: RegistryLocation) -> list[RepositorySpec]:
    return [RepositorySpec(f"team/{location.place}", encryption="AES256")]


def calls_of(name: str) -> Callable[[Any], bool]:
    return lambda call: name in (call.params.get("repositoryName"), *call.params.get("repositoryNames", ()))


MISSING = RegistryLocation(ACCOUNTS[0], "eu-west-1", role_name="missing")


@pytest.mark.parametrize("waves", [[["eu-west-1"], ["*"]], [[ACCOUNTS[0]], ["eu-*"]], (("*/eu-west-1",), ("*",))])
def test_a_registry_that_cannot_be_worked_on_stops_the_waves_after_its_own(cloud: Cloud, waves: Any) -> None:
    registries = Registries([MISSING, *PLACES[1:]], retry=AT_ONCE)
    result = registries.ensure(SPECS[0], waves=waves)
    assert made(cloud, PLACES[3]) == 0
    assert f"wave 1 had failures, the first of them {MISSING}" in str(result[PLACES[3]].error)
    again = Registries(PLACES, retry=AT_ONCE).where(*(row.location.place for row in result.errors))
    assert not again.ensure(SPECS[0], waves=waves).errors


def test_a_registry_that_was_not_planned_stops_the_waves_after_its_own(cloud: Cloud) -> None:
    broken = Registries([MISSING, *PLACES[1:]], retry=AT_ONCE)
    result = broken.apply(broken.plan(SPECS[0]), waves=[["eu-west-1"], ["*"]])
    assert {row.location.region for row in result.errors} == {"eu-west-1", "eu-west-2"}
    assert list(result.applied) == [PLACES[2]]
    rows: list[Row] = []
    result = broken.apply(broken.plan(SPECS[0]), stop_after=1, on_result=rows.append)
    assert not result.applied
    assert len(rows) == 4
    assert broken.apply(broken.plan(SPECS[0])).applied


def test_what_failed_is_run_again_with_the_same_waves(cloud: Cloud, registries: Registries) -> None:
    waves = [["eu-west-1"], ["eu-west-2"]]
    cloud.faults.on("denied", operation="CreateRepository", where=lambda call: call.region == "eu-west-2")
    result = registries.ensure(SPECS[0], waves=waves)
    assert {row.location.region for row in result.errors} == {"eu-west-2"}
    assert not result.failed.ensure(SPECS[0], waves=waves).errors


def test_a_removal_checks_before_it_writes_and_has_waves(cloud: Cloud, registries: Registries) -> None:
    registries.ensure(*SPECS[:2])
    broken = Registries([MISSING, *PLACES[1:]], retry=AT_ONCE)
    result = broken.remove(SPECS[0].name, waves=[["eu-west-1"], ["eu-west-2"]])
    assert list(result.applied) == [PLACES[2]]
    assert not broken.remove(SPECS[1].name, stop_after=1).applied
    assert registries.remove(SPECS[0].name).check()


def test_of_two_names_of_one_registry_the_first_stays(cloud: Cloud) -> None:
    names = [RegistryLocation(region="eu-west-1"), RegistryLocation(cloud.account, "eu-west-1")]
    for order in (names, names[::-1]):
        result = Registries(order, retry=AT_ONCE).ensure(SPECS[0])
        assert [row.location for row in result.errors] == order[1:]


@pytest.mark.parametrize(
    "wrong, message",
    [
        (lambda it: it.ensure(SPECS[0], waves=["eu-west-1", "*"]), "waves: expected lists of patterns"),
        (lambda it: it.ensure(SPECS[0], waves="*"), "waves: expected lists of patterns"),
        (lambda it: it.ensure(SPECS[0], waves=5), "waves: expected lists of patterns"),
        (lambda it: it.ensure(SPECS[0], waves=[["none"], ["*"]]), "waves: no registry is meant by 'none'"),
        (lambda it: it.ensure(SPECS[0], waves=[[5], ["*"]]), "waves: expected a pattern of locations"),
        (lambda it: it.plan(SPECS[0], tag=1), "plan: got an unexpected keyword argument 'tag'"),
        (
            lambda it: it.simulate_lifecycles("ab", tag=1),
            "simulate_lifecycles: got an unexpected keyword argument 'tag'",
        ),
        (lambda it: it.inventory("ab", tag=1), "inventory: got an unexpected keyword argument 'tag'"),
        (lambda it: it.plan(SPECS[0], SPECS[0]), "^two specs have the name 'team/app-00': merge them into one$"),
        (lambda it: it.plan(), "expected specs, or a function"),
        (lambda it: it.ensure(), "expected specs, or a function"),
        (lambda it: it.where(), "expected patterns of locations"),
        (lambda it: Registries(it, workers=0), "workers: expected a whole number of at least 1"),
        (lambda it: Registries(it, retry=cast("Any", 5)), "retry: expected a RetryPolicy"),
        (lambda it: Registries(it, guard=cast("Any", 5)), "guard: expected a Guard or a RegistryGuard"),
        (lambda it: Registries(it, dry_run=cast("Any", 1)), "dry_run: expected True or False"),
        (lambda it: Registries(it, seconds_each=0), "seconds_each: expected seconds above 0"),
        (lambda it: it.plan(SPECS[0], executor=ThreadPoolExecutor), "executor: expected a concurrent.futures.Executor"),
        (lambda it: Registries(it, overrides=cast("Any", [1])), "overrides: expected"),
        (lambda it: Registries(it, overrides={"*": {"tags": 5}}).plan(*SPECS[:2]), r"app-00.tags: (.|\n)*app-01.tags"),
    ],
)
def test_what_can_never_be_right_is_said_once_before_any_call(
    cloud: Cloud, registries: Registries, wrong: Callable[[Registries], object], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        wrong(registries)
    assert not cloud.calls.operations()


def test_a_text_says_how_many_failures_it_leaves_out(cloud: Cloud) -> None:
    places = [RegistryLocation(f"{222200000000 + number}", "eu-west-1", role_name="missing") for number in range(40)]
    lines = str(Registries(places, retry=AT_ONCE).ensure(SPECS[0])).splitlines()
    assert lines[0] == "0 of 40 registries done; 40 failed"
    assert lines[-1] == "and 10 more: errors has them all"


def test_a_dry_run_says_what_it_would_make_once(cloud: Cloud) -> None:
    result = Registries(PLACES, retry=AT_ONCE, dry_run=True).ensure(SPECS[0])
    assert not result.applied
    assert str(result).splitlines() == [
        "in all 4 registries:",
        "  not made: + team/app-00 repository",
        "4 of 4 registries done",
    ]
