"""One plan and one approval for many accounts and regions; an error in one is a row, and not the end."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from ecrops import ConflictError, Registries, RegistryLocation, RepositorySpec, SpecError
from ecrops.registries import Row
from ecrops.registries.tasks.task import Options, Task
from ecrops.testing import AT_ONCE, Cloud
from ecrops.testing.isolation import as_default_session

ACCOUNTS = ("222233334444", "333344445555")
REGIONS = ("eu-west-1", "eu-central-1")
SPECS = [RepositorySpec("team/api", tags={"a": "1"}), RepositorySpec("team/web")]


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Iterator[Cloud]:
    with as_default_session(memory_cloud):
        memory_cloud.seed_role("ecrops", *ACCOUNTS)
        yield memory_cloud


@pytest.fixture
def registries(cloud: Cloud) -> Registries:
    return make()


def make(**options: Any) -> Registries:
    """Four registries: two stages, which are accounts, in two regions."""
    places = [
        RegistryLocation(account, region, role_name="ecrops", name=f"{stage}/{region}", tags={"stage": stage})
        for stage, account in zip(("dev", "prod"), ACCOUNTS, strict=True)
        for region in REGIONS
    ]
    return Registries(places, retry=AT_ONCE, **options)


def names(cloud: Cloud, account: str, region: str) -> list[str]:
    answer = cloud.client("ecr", region, account=account).describe_repositories()
    return sorted(repository["repositoryName"] for repository in answer["repositories"])


def test_one_plan_is_for_all_and_says_the_same_once(cloud: Cloud, registries: Registries) -> None:
    plan = registries.plan(*SPECS)
    assert str(plan).splitlines() == [
        "in all 4 registries:",
        *(f"  {change}" for change in plan.rows[0].value.changes),
        f"{len(plan)} to create in 4 of 4 registries",
    ]
    assert names(cloud, ACCOUNTS[0], REGIONS[0]) == []
    result = registries.apply(plan)
    assert not result.errors
    assert [names(cloud, account, region) for account in ACCOUNTS for region in REGIONS] == [
        ["team/api", "team/web"]
    ] * 4
    assert not registries.ensure(*SPECS)
    assert not registries.plan(*SPECS)


def test_what_one_registry_lacks_is_said_of_that_one(cloud: Cloud, registries: Registries) -> None:
    registries.where("dev/*").ensure(*SPECS)
    registries.where("prod/eu-west-1").ensure(SPECS[0])
    text = str(registries.plan(*SPECS))
    assert "in prod/eu-west-1, prod/eu-central-1:\n  + team/web" in text
    assert "in prod/eu-central-1:\n  + team/api" in text


@pytest.mark.parametrize(
    "patterns, line",
    [
        (["dev/eu-west-1"], "team/eu-west-1-222233334444"),
        (["eu-west-1"], "team/eu-west-1-{account}"),
        (["dev/*"], "team/{region}-222233334444"),
        (["*"], "team/{region}-{account}"),
    ],
)
def test_what_differs_by_account_or_region_alone_is_said_once(
    registries: Registries, patterns: list[str], line: str
) -> None:
    plan = registries.where(*patterns).plan(lambda place: [RepositorySpec(f"team/{place.region}-{place.account}")])
    [_, shown, _] = str(plan).splitlines()
    assert shown == f"  + {line} repository"


def test_a_plan_for_other_registries_is_refused(registries: Registries) -> None:
    plan = registries.where("dev/*").plan(*SPECS)
    with pytest.raises(SpecError, match="made for other registries: it has none for prod/eu-west-1"):
        registries.apply(plan)
    assert plan.checksum != registries.plan(*SPECS).checksum
    assert registries.where("eu-west-1").plan(*SPECS).checksum != registries.where("eu-central-1").plan(*SPECS).checksum


@pytest.mark.parametrize(
    "here",
    [{"role_name": "reader"}, {"name": "another"}, {"tags": {"stage": "test"}}],
    ids=lambda here: next(iter(here)),
)
def test_a_plan_is_applied_the_way_that_the_registries_are_reached(cloud: Cloud, here: dict[str, Any]) -> None:
    cloud.seed_role("reader", ACCOUNTS[0])
    reading = RegistryLocation.from_dict({"account": ACCOUNTS[0], "region": REGIONS[0], "role_name": "ecrops"} | here)
    plan = Registries([reading], retry=AT_ONCE).plan(*SPECS)
    writing = Registries(make().locations[:1], retry=AT_ONCE)
    assert plan.checksum == writing.plan(*SPECS).checksum
    result = writing.apply(plan)
    assert [row.location for row in result] == list(writing)
    assert len(result.applied[writing.locations[0]]) == len(plan)


def test_a_plan_of_the_default_session_is_for_its_account(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    registries = Registries([RegistryLocation(region=REGIONS[0])], retry=AT_ONCE)
    plan = registries.plan(*SPECS)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", cloud.session(account=ACCOUNTS[0]))
    [row] = registries.apply(plan)
    assert f"is for the account {cloud.account}, this registry is of {ACCOUNTS[0]}" in str(row.error)
    assert names(cloud, ACCOUNTS[0], REGIONS[0]) == []


def test_a_drift_is_shown_and_never_applied(registries: Registries) -> None:
    drift = registries.drift(*SPECS)
    assert drift
    with pytest.raises(SpecError, match="never applied"):
        registries.apply(drift)


def test_an_error_is_a_row_and_the_others_go_on(cloud: Cloud, registries: Registries) -> None:
    cloud.faults.on("denied", operation="CreateRepository", where=lambda call: call.region == REGIONS[0])
    result = registries.ensure(*SPECS)
    [row] = result.errors
    assert row.location.region == "eu-west-1"
    assert row.error is not None
    assert row.error.owners or row.error.code == "AccessDeniedException"
    assert len(result.values) == 3
    assert [row.location] == list(result.failed)
    assert not result.failed.ensure(*SPECS).errors
    assert not registries.ensure(*SPECS)


@pytest.mark.parametrize("engine", [None, ThreadPoolExecutor])
def test_rows_come_to_the_caller_and_are_in_order_in_the_result(registries: Registries, engine: Any) -> None:
    rows: list[str] = []
    executor = engine(2) if engine else None
    result = registries.ensure(*SPECS, executor=executor, on_result=lambda row: rows.append(row.location.label))
    assert sorted(rows) == sorted(place.label for place in registries)
    assert [row.location for row in result] == list(registries)
    if executor:
        executor.shutdown()


def test_no_work_is_begun_after_so_many_failures(cloud: Cloud, registries: Registries) -> None:
    cloud.faults.on("denied", operation="DescribeRepositories", times=None)
    with ThreadPoolExecutor(1) as executor:
        result = registries.ensure(*SPECS, executor=executor, stop_after=1)
    kinds = [row.error.kind for row in result.errors if row.error]
    assert len(kinds) == 4
    assert "NotBegun" in kinds
    assert "not begun" in result.summary


def test_a_wave_begins_when_the_one_before_is_done_without_a_failure(cloud: Cloud, registries: Registries) -> None:
    waves = [["dev/*"], ["stage=prod"]]
    cloud.faults.on("denied", operation="CreateRepository", where=lambda call: call.region == REGIONS[0])
    with ThreadPoolExecutor(1) as executor:
        result = registries.ensure(*SPECS, waves=waves, executor=executor)
    assert names(cloud, ACCOUNTS[1], REGIONS[0]) == []
    assert "wave 1 had failures" in str(result["prod/eu-west-1"].error)
    assert not registries.ensure(*SPECS, waves=waves).errors
    with pytest.raises(SpecError, match=r"no wave has prod/eu-west-1.*add a last wave"):
        registries.ensure(*SPECS, waves=[["dev/*"]])


def test_what_differs_at_some_registries_is_an_override(cloud: Cloud) -> None:
    overrides = {"*": {"image_scan_on_push": True}, "stage=prod": {"image_tag_mutability": "IMMUTABLE"}}
    registries = make(overrides=overrides)
    registries.ensure(RepositorySpec("ab"))
    found = registries.describe("ab").values
    assert [spec.image_tag_mutability.value for [spec] in found.values()] == [
        "MUTABLE",
        "MUTABLE",
        "IMMUTABLE",
        "IMMUTABLE",
    ]
    with pytest.raises(SpecError, match=r"overrides: no location is meant by 'us-\*'"):
        make(overrides={"us-*": {}})
    with pytest.raises(SpecError, match=r"has no field 'scan' to override"):
        make(overrides={"*": {"scan": True}})


def specs_of(location: RegistryLocation) -> list[RepositorySpec]:
    return [RepositorySpec(f"{location.region}-only")]


def no_specs(location: RegistryLocation) -> list[RepositorySpec]:
    return []


def test_a_function_says_the_specs_of_a_location(cloud: Cloud, registries: Registries) -> None:
    registries.ensure(specs_of)
    assert names(cloud, ACCOUNTS[0], "eu-central-1") == ["eu-central-1-only"]
    errors = registries.plan(no_specs).failed
    assert len(errors) == 4
    assert "returned no specs" in str(errors[0].error)
    with pytest.raises(SpecError, match="not both"):
        registries.plan(specs_of, SPECS[0])


@pytest.mark.parametrize(
    "wrong, message",
    [
        (lambda registries: registries.plan(*SPECS, executor=4), "expected a concurrent.futures.Executor"),
        (lambda registries: registries.ensure(*SPECS, stop_after=0), "stop_after: expected a number"),
        (lambda registries: registries.where("none"), "no registry is meant by 'none'"),
        (lambda registries: registries.plan("ab"), "expected RepositorySpec or RegistrySpec"),
        (lambda registries: registries.apply(1), "expected a RegistriesPlan"),
    ],
)
def test_what_can_never_be_right_is_said_before_any_call(
    cloud: Cloud, registries: Registries, wrong: Any, message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        wrong(registries)
    assert not cloud.calls.operations()


def test_a_conflict_in_one_stops_the_apply_of_all(cloud: Cloud, registries: Registries) -> None:
    registries.where("dev/eu-west-1").ensure(RepositorySpec("ab"))
    plan = registries.plan(RepositorySpec("ab", encryption="KMS"))
    with pytest.raises(ConflictError):
        registries.apply(plan)
    assert names(cloud, ACCOUNTS[1], REGIONS[0]) == []
    assert len(registries.ensure(RepositorySpec("ab", encryption="KMS")).errors) == 1


def test_no_secret_is_in_what_travels(registries: Registries) -> None:
    place = registries.locations[0]
    task = Task(place, "ensure", tuple(SPECS), {}, Options(retry=AT_ONCE))
    rows = registries.ensure(*SPECS).rows
    from ecrops.aws.sessions import session_of

    credentials = session_of(place).get_credentials()
    assert credentials is not None
    for sent in (pickle.dumps(task), pickle.dumps(rows)):
        assert pickle.loads(sent)
        for secret in filter(None, credentials.get_frozen_credentials()):
            assert secret.encode() not in sent


def test_processes_end_in_the_same_state(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecrops.testing import over_http
    from ecrops.testing.isolation import environment

    with over_http(server) as cloud:
        cloud.seed_role("ecrops", *ACCOUNTS)
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        places = [
            RegistryLocation(account, region, role_name="ecrops", endpoint_url=server.url)
            for account in ACCOUNTS
            for region in REGIONS
        ]
        registries = Registries(places)
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            plan = registries.plan(*SPECS, executor=pool)
            assert not plan.failed
            assert not registries.apply(plan, pool).errors
            assert not registries.plan(*SPECS, executor=pool)
        assert names(cloud, ACCOUNTS[1], REGIONS[1]) == ["team/api", "team/web"]


def test_what_stops_a_registry_from_the_start_is_said_before_anything_is_changed(cloud: Cloud) -> None:
    places = [RegistryLocation(account, "eu-west-1", role_name="ecrops") for account in ACCOUNTS]
    wrong = RegistryLocation("444455556666", "eu-west-1")  # the credentials at hand are of another account
    rows: list[tuple[str, int]] = []
    registries = Registries([*places, wrong], retry=AT_ONCE)

    def seen(row: Row) -> None:
        rows.append((row.location.place, sum(call.is_write and call.service == "ecr" for call in cloud.calls)))

    result = registries.ensure(*SPECS, on_result=seen)
    assert rows[0] == ("444455556666/eu-west-1", 0)
    assert "expected 444455556666, and the credentials" in str(result["444455556666/eu-west-1"].error)
    assert len(result.applied) == 2


def test_two_names_of_one_registry_are_one_too_many(cloud: Cloud) -> None:
    named = [RegistryLocation(region="eu-west-1"), RegistryLocation(cloud.account, "eu-west-1")]
    result = Registries(named, retry=AT_ONCE).ensure(SPECS[1])
    assert len(result.applied) <= 1
    assert [str(row.error) for row in result.errors if "leave out one of them" in str(row.error)]


def test_the_role_of_registries_has_the_least_policy(registries: Registries) -> None:
    policy = registries.bootstrap_policy(*SPECS, trusts="arn:aws:iam::123456789012:role/ops")
    text = str(policy)
    assert "ecrops" in text
    assert "ecr:CreateRepository" in policy.actions
    assert all(region in str(policy.to_dict()) for region in REGIONS)
    mixed = Registries([*registries.locations, RegistryLocation("444455556666", "eu-west-1", role_name="other")])
    with pytest.raises(SpecError, match="role_name: the locations have ecrops, other"):
        mixed.bootstrap_policy(trusts="123456789012")
