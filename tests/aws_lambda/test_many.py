"""A handler over many registries: the job of one in each, wave by wave, within the time, called again until done."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecrops import Registries, RegistryLocation, RepositorySpec, RetryPolicy, SpecError
from ecrops.aws.sessions import forget
from ecrops.aws_lambda import handler
from ecrops.testing import AT_ONCE, Cloud
from ecrops.testing.isolation import as_default_session
from support import registry_of
from tests.aws_lambda.conftest import Context, Lines

ACCOUNTS = ("222233334444", "333344445555")
REGIONS = ("eu-west-1", "eu-central-1")
FLEET = [RepositorySpec("team/api"), RepositorySpec("team/web")]


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Iterator[Cloud]:
    with as_default_session(memory_cloud):
        forget()
        memory_cloud.seed_role("ecrops", *ACCOUNTS)
        yield memory_cloud


def registries(**options: Any) -> Registries:
    places = [
        RegistryLocation(account, region, role_name="ecrops", name=f"{stage}/{region}")
        for stage, account in zip(("dev", "prod"), ACCOUNTS, strict=True)
        for region in REGIONS
    ]
    return Registries(places, retry=AT_ONCE, **options)


def names(cloud: Cloud, account: str = ACCOUNTS[1], region: str = REGIONS[1]) -> list[str]:
    answer = cloud.client("ecr", region, account=account).describe_repositories()
    return sorted(repository["repositoryName"] for repository in answer["repositories"])


def test_an_invocation_makes_the_fleet_true_everywhere(cloud: Cloud, lines: Lines) -> None:
    job = handler(FLEET, registries=registries(overrides={"prod/*": {"tags": {"stage": "prod"}}}))
    first, second = job({}, Context()), job({}, Context())
    assert (first["done"], first["ok"], first["left"], first["failed"]) == (True, True, 0, 0)
    assert first["registries"] == {"all": 4, "left": 0, "failed": 0}
    assert first["made"]["create"] == 8
    places = {(change["account"], change["region"]) for change in first["changes"]}
    assert places == {(account, region) for account in ACCOUNTS for region in REGIONS}
    assert (second["summary"], second["changes"]) == ("nothing to do", [])
    assert names(cloud) == ["team/api", "team/web"]
    assert sum(line.get("kind") == "create" for line in lines.all()) == 8
    assert json.loads(json.dumps(first)) == first


def test_a_file_says_where_and_placeholders_are_of_each_registry(cloud: Cloud, tmp_path: Path) -> None:
    path = tmp_path / "fleet.json"
    where = {"accounts": ACCOUNTS, "regions": REGIONS, "role_name": "ecrops"}
    fleet = [{"name": "a/{account}-{region}"}]
    path.write_text(json.dumps({"repositories": fleet, "registries": where, "waves": [[REGIONS[0]], ["*"]]}))
    answer = handler(path, registries=path)({}, Context())
    assert (answer["ok"], answer["made"]["create"]) == (True, 4)
    assert names(cloud) == [f"a/{ACCOUNTS[1]}-{REGIONS[1]}"]
    [row] = handler(path, registry=registry_of(cloud))({}, Context())["errors"]
    assert "says where it is to be" in row["message"]


def test_a_registry_that_fails_stops_no_other(cloud: Cloud) -> None:
    cloud.seed_role("ecrops", ACCOUNTS[0], trusts="arn:aws:iam::999999999999:root")
    cloud.faults.on("denied", operation="CreateRepository", where=lambda call: call.region == REGIONS[0], times=1)
    answer = handler(FLEET, registries=registries())({}, Context())
    assert (answer["done"], answer["ok"], answer["registries"]) == (True, False, {"all": 4, "left": 0, "failed": 3})
    assert sorted(row["owner"] for row in answer["errors"])[:2] == ["dev/eu-central-1", "dev/eu-west-1"]
    assert {row["code"] for row in answer["errors"]} >= {"AccessDenied"}
    assert [row["owner"] for row in answer["errors"] if row["owner"].startswith("prod/eu-west-1: team/")]
    assert answer["failed"] == 3
    assert names(cloud) == ["team/api", "team/web"]


def test_a_wave_with_failures_is_the_last_one(cloud: Cloud, tmp_path: Path) -> None:
    path = tmp_path / "registries.json"
    where = [{"account": account, "region": REGIONS[0], "role_name": "ecrops"} for account in ACCOUNTS]
    path.write_text(json.dumps({"registries": where, "waves": [[ACCOUNTS[0]], ["*"]]}))
    cloud.faults.on("denied", operation="CreateRepository", times=1)
    job = handler(FLEET, registries=str(path))
    answer = job({}, Context())
    assert (answer["done"], answer["ok"], answer["left"]) == (True, False, 2)
    assert answer["registries"] == {"all": 2, "left": 1, "failed": 1}
    assert answer["summary"].endswith("2 were not begun (a wave had failures)")
    assert names(cloud, region=REGIONS[0]) == []
    assert job({}, Context())["ok"]
    assert names(cloud, region=REGIONS[0]) == ["team/api", "team/web"]


def test_an_invocation_goes_on_where_the_one_before_ended(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecrops.aws_lambda.many.THREADS", 1)
    made: list[str] = []
    working = property(lambda self: 0.0 if len(made) > 2 else 60.0)
    monkeypatch.setattr("ecrops.aws_lambda.clock.Invocation.working", working)
    job = handler(FLEET, registries=registries())

    def count(call: Any) -> bool:
        made.append(call.region)
        return False

    cloud.faults.on("denied", operation="CreateRepository", where=count)
    answer = job({}, Context())
    assert (answer["done"], answer["ok"]) == (False, False)
    assert answer["registries"]["left"] == 2
    assert answer["left"] == 4  # of two registries of which nothing is known yet
    assert answer["next"]["finished"] == "3"
    made.clear()
    calls = len([call for call in cloud.calls if call.service == "ecr"])
    cloud.calls.clear()
    answer = job(json.loads(json.dumps(answer)), Context())
    assert (answer["done"], answer["ok"], answer["made"]["create"]) == (True, True, 4)
    assert len([call for call in cloud.calls if call.service == "ecr"]) == calls, "finished ones are not read again"
    assert names(cloud) == ["team/api", "team/web"]
    assert len([call for call in cloud.calls if call.operation == "CreateRepository"]) == 4


def test_the_answer_is_in_time_and_what_it_was_too_short_for_is_made_later(cloud: Cloud) -> None:
    cloud.faults.on("throttle", service="ecr", where=lambda call: call.region == REGIONS[1], times=None)
    patient = Registries(registries().locations, retry=RetryPolicy(budget=1000))
    job = handler(FLEET, registries=patient)
    context = Context(2)
    answer = job({}, context)
    assert context.get_remaining_time_in_millis() > 0
    assert not answer["done"]
    assert 2 <= answer["registries"]["left"] <= answer["left"]
    cloud.faults.clear()
    for _ in range(9):
        answer = job(json.loads(json.dumps(answer)), Context())
        if answer["done"]:
            break
    assert answer["ok"], answer
    assert names(cloud) == ["team/api", "team/web"]


def test_what_hangs_each_time_is_given_up(cloud: Cloud) -> None:
    gate = threading.Event()

    def fleet(event: Any) -> list[RepositorySpec]:
        gate.wait(30)
        raise SpecError("nobody hears this")

    job = handler(fleet, registries=registries())
    answer = job({}, Context(1))
    assert (answer["done"], answer["left"], answer["registries"]["left"]) == (False, 4, 4)
    assert {beginning["idle"] for beginning in answer["next"]["under_way"].values()} == {1}
    for beginning in answer["next"]["under_way"].values():
        beginning["idle"] = 4
    answer = job(answer, Context(1))
    gate.set()
    assert (answer["done"], answer["ok"], answer["failed"]) == (True, False, 4)
    assert "longer timeout" in answer["errors"][0]["message"]


def test_other_registries_are_begun_anew(cloud: Cloud) -> None:
    beginning = {"finished": "f", "under_way": {}, "failed": 0, "fleet": "of others"}
    answer = handler(FLEET, registries=registries())({"next": beginning}, Context())
    assert answer["made"]["create"] == 8
    [row] = handler(FLEET, registries=registries())({"next": {"first": 1}}, Context())["errors"]
    assert "event.next" in row["message"]


def test_a_dry_run_has_the_checksum_of_the_plan(cloud: Cloud) -> None:
    everywhere = registries()
    answer = handler(FLEET, registries=everywhere)({"dry_run": True}, Context())
    assert answer["checksum"] == everywhere.plan(*FLEET).checksum
    assert answer["summary"] == "8 to create in 4 of 4 registries"
    assert (answer["made"]["create"], answer["missing"]["create"]) == (0, 8)
    assert handler(FLEET, registries=registries(dry_run=True))({}, Context())["dry_run"]
    assert names(cloud) == []


def test_an_answer_about_many_registries_fits_and_has_no_secret(cloud: Cloud) -> None:
    fleet = [RepositorySpec(f"team/{number}", tags={"t": "x" * 200}) for number in range(120)]
    cloud.faults.on("denied", operation="CreateRepository", where=lambda call: call.region == REGIONS[0], times=None)
    answer = handler(fleet, registries=registries())({}, Context())
    assert len(json.dumps(answer)) <= 200_000
    assert answer["made"]["create"] == 240
    assert answer["failed"] == 240
    from ecrops.aws.sessions import session_of

    credentials = session_of(registries().locations[0]).get_credentials()
    assert credentials is not None
    assert str(credentials.token) not in json.dumps(answer)


@pytest.mark.parametrize("wrong", [4, ["eu-west-1"], RegistryLocation(region="eu-west-1")])
def test_what_are_no_registries_is_refused(wrong: Any) -> None:
    with pytest.raises(SpecError, match="expected a Registries, or the path"):
        handler(FLEET, registries=wrong)


def test_one_registry_or_many(cloud: Cloud) -> None:
    with pytest.raises(SpecError, match="not both"):
        handler(FLEET, registry=registry_of(cloud), registries=registries())
    [row] = handler(FLEET, registries="/nonexistent.yaml")({}, Context())["errors"]
    assert row["owner"] == ""
