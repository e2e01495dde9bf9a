"""A session of a location is made where the work runs, with one call of STS for each account."""

from __future__ import annotations

import json
import logging
import multiprocessing
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.loaders import JSONFileLoader

from ecrops import DeadlineError, Registry, RegistryLocation, RetryPolicy, SpecError
from ecrops.aws.sessions import assuming, forget, session_of
from ecrops.base.waits import Wait
from ecrops.testing import AT_ONCE, Cloud
from ecrops.testing.isolation import as_default_session
from support import until

OTHER = "222233334444"
ROLE = f"arn:aws:iam::{OTHER}:role/ecrops"


@pytest.fixture(autouse=True)
def here(request: pytest.FixtureRequest) -> Iterator[None]:
    """The emulated AWS is that of the default session, and another account has a role that trusts its account."""
    forget()
    own = next((name for name in ("cloud", "http_cloud") if name in request.fixturenames), "memory_cloud")
    cloud: Cloud = request.getfixturevalue(own)
    cloud.seed_role("ecrops", OTHER)
    with as_default_session(cloud):
        yield


def located(region: str = "eu-west-1", account: str = OTHER, **options: Any) -> RegistryLocation:
    """A location of another account, whose role is assumed."""
    return RegistryLocation(account, region, role_name="ecrops", **options)


def denied(location: RegistryLocation) -> ClientError:
    """Why there is no session of it."""
    with pytest.raises(ClientError) as error:
        session_of(location, retry=AT_ONCE)
    assert error.value.response["Error"]["Code"] == "AccessDenied"
    return error.value


def documents(error: BaseException) -> list[dict[str, Any]]:
    """The statements in the notes of an error."""
    return [json.loads(note[note.index("{") :]) for note in error.__notes__ if "{" in note]


def test_a_session_is_for_the_account_and_the_region(cloud: Cloud) -> None:
    registry = Registry(session_of(located("eu-central-1")), retry=AT_ONCE)
    registry.repository("team/api").ensure()
    assert registry.aws.account_id == OTHER
    [made] = cloud.client("ecr", "eu-central-1", account=OTHER).describe_repositories()["repositories"]
    assert made["repositoryArn"] == f"arn:aws:ecr:eu-central-1:{OTHER}:repository/team/api"


def test_one_call_of_sts_is_made_for_each_account(cloud: Cloud) -> None:
    accounts = (OTHER, "333344445555", "444455556666", cloud.account)
    regions = ("eu-west-1", "eu-west-2", "eu-central-1", "us-east-1", "us-west-2")
    cloud.seed_role("ecrops", *accounts)
    locations = [
        RegistryLocation(account, region, role_name=None if account == cloud.account else "ecrops")
        for account in accounts
        for region in regions
    ]
    with ThreadPoolExecutor(8) as threads:
        sessions = list(threads.map(session_of, locations))
    assert [session.region_name for session in sessions] == [*regions] * 4
    assert sorted(cloud.calls.operations()) == [*["AssumeRole"] * 3, "GetCallerIdentity"]


def test_the_account_of_a_session_is_known_without_another_call(memory_cloud: Cloud) -> None:
    for location in (located(), RegistryLocation(memory_cloud.account)):
        memory_cloud.calls.clear()
        registry = Registry(session_of(location))
        assert registry.aws.account_id == location.account
        assert len(memory_cloud.calls) == 1


def test_a_location_without_an_account_asks_nothing(memory_cloud: Cloud) -> None:
    assert session_of(RegistryLocation()).region_name == "eu-west-1"
    assert session_of(RegistryLocation(region="us-east-1")).region_name == "us-east-1"
    assert not memory_cloud.calls


def test_a_role_is_assumed_in_the_region_of_the_caller(memory_cloud: Cloud) -> None:
    session_of(located("us-west-2"))
    assert [call.region for call in memory_cloud.calls] == ["eu-west-1"]


def test_a_caller_without_a_region_assumes_roles_in_one_that_all_accounts_have(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", memory_cloud.session(None))  # type: ignore[arg-type]
    memory_cloud.emulator.at(region="af-south-1").region_status = "DISABLED"  # for the caller, not for the role
    assert session_of(located("af-south-1")).region_name == "af-south-1"
    assert [call.region for call in memory_cloud.calls] == ["us-east-1"]


def test_credentials_are_valid_in_all_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")  # the default of older versions of botocore
    session = session_of(located("us-west-2"))
    assert session.client("sts").meta.endpoint_url == "https://sts.us-west-2.amazonaws.com"


def test_a_role_acts_in_its_own_account_whatever_that_of_the_caller(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_cloud.seed_role("ecrops", OTHER, trusts="arn:aws:iam::999988887777:root")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", memory_cloud.session(account="999988887777"))
    registry = Registry(session_of(located()), retry=AT_ONCE)
    registry.repository("team/api").ensure()
    [made] = memory_cloud.client("ecr", account=OTHER).describe_repositories()["repositories"]
    assert made["registryId"] == OTHER


def test_what_the_caller_hooked_into_its_session_is_there(memory_cloud: Cloud) -> None:
    own = memory_cloud.session(own=True)
    heard: list[str] = []
    own.events.register("before-sign", lambda operation_name, **_: heard.append(operation_name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("boto3.DEFAULT_SESSION", own)
        Registry(session_of(located()), retry=AT_ONCE).describe()
    assert heard == ["AssumeRole", "DescribeRepositories"]


def test_the_models_of_services_are_read_once_for_all_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    session_of(located()).client("ecr")
    monkeypatch.setattr(JSONFileLoader, "load_file", None)
    assert session_of(located("us-east-1")).client("ecr")


def test_credentials_of_another_account_are_refused() -> None:
    with pytest.raises(
        SpecError, match=f"account: expected {OTHER}, and the credentials of the default session are of"
    ):
        session_of(RegistryLocation(OTHER, "eu-west-1"))


def test_a_denied_role_says_which_statements_are_missing(memory_cloud: Cloud) -> None:
    memory_cloud.seed_role("ecrops", OTHER, trusts="arn:aws:iam::123456789012:user/other")
    error = denied(located())
    there, lets_in = error.__notes__[-3:-1]
    assert there == f"the role has to be there: role ecrops in account {OTHER}"
    assert lets_in.startswith("its trust policy has to let arn:aws:sts::123456789012:user/moto in")
    trust, own = documents(error)
    assert trust == {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:sts::123456789012:user/moto"},
        "Action": "sts:AssumeRole",
    }
    assert own == {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE}
    memory_cloud.seed_role("ecrops", OTHER, trusts=trust["Principal"]["AWS"])
    assert session_of(located()).account == OTHER  # the statement helps, and the denial is not remembered


def test_the_statement_for_an_external_id_asks_for_it(memory_cloud: Cloud) -> None:
    memory_cloud.seed_role("ecrops", OTHER, external_id="right")
    trust, _ = documents(denied(located(external_id="wrong")))
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "wrong"}}
    right = session_of(located(external_id="right"))
    assert right.account == OTHER
    denied(located(external_id="wrong"))  # another id is another way in, also when one is known
    denied(located())


def test_a_caller_that_is_a_session_is_named_by_its_role(memory_cloud: Cloud) -> None:
    import boto3

    boto3.DEFAULT_SESSION = session_of(located())
    trust, own = documents(denied(located(account="333344445555")))
    assert trust["Principal"] == {"AWS": ROLE}
    assert own["Resource"] == "arn:aws:iam::333344445555:role/ecrops"
    [trust] = documents(denied(RegistryLocation(role_arn=f"arn:aws:iam::{OTHER}:role/ops/else", region="eu-west-1")))
    assert trust["Principal"] == {"AWS": ROLE}  # in one account the trust policy is enough


def test_a_session_cannot_be_sent_and_shows_no_credentials(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        session = session_of(located())
        Registry(session).describe()
    keys: Any = session.get_credentials()
    assert keys.secret_key not in repr(session) + caplog.text
    assert keys.token not in repr(session)
    with pytest.raises(TypeError, match="send its RegistryLocation"):
        pickle.dumps(session)


@pytest.fixture
def after_an_hour(memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry of which the credentials are nearly an hour old; those that come now are good for two."""
    registry = Registry(session_of(located()), retry=AT_ONCE)
    later = datetime.now(UTC) + timedelta(minutes=55)
    monkeypatch.setattr(assuming, "now", lambda: later)
    memory_cloud.emulator.at(account=OTHER).role_seconds = 7200
    return registry


def test_credentials_refresh_once_for_all_regions_before_they_expire(
    memory_cloud: Cloud, after_an_hour: Registry
) -> None:
    other_region = Registry(session_of(located("us-east-1")), retry=AT_ONCE)
    after_an_hour.describe()
    other_region.describe()
    after_an_hour.describe()
    assert len(memory_cloud.calls.of("AssumeRole")) == 2


def test_a_long_run_goes_on_while_credentials_expire(cloud: Cloud) -> None:
    cloud.emulator.at(account=OTHER).role_seconds = 1
    registry = Registry(session_of(located()), retry=AT_ONCE)
    for number in range(3):
        registry.repository(f"team/r{number}").ensure()
    assert len(cloud.calls.of("AssumeRole")) > 3
    assert not [call for call in cloud.calls if call.fault]


def test_what_fails_for_a_moment_is_tried_again(memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("throttle", operation="AssumeRole", times=2)
    waits: list[Wait] = []
    session_of(located(), retry=RetryPolicy(sleep=lambda _: None), on_wait=waits.append)
    assert len(memory_cloud.calls.of("AssumeRole")) == 3
    assert {wait.operation for wait in waits} == {"sts:AssumeRole"}


def test_a_refresh_that_fails_for_a_moment_is_tried_again(memory_cloud: Cloud, after_an_hour: Registry) -> None:
    memory_cloud.faults.on("throttle", operation="AssumeRole", times=2)
    assert after_an_hour.describe() == []
    assert len(memory_cloud.calls.of("AssumeRole")) == 4


def test_a_role_that_is_taken_away_in_a_long_run_says_so(memory_cloud: Cloud, after_an_hour: Registry) -> None:
    memory_cloud.seed_role("ecrops", OTHER, trusts="arn:aws:iam::123456789012:user/other")
    with pytest.raises(ClientError, match="AssumeRole") as error:
        after_an_hour.describe()
    assert documents(error.value)[0]["Principal"] == {"AWS": "arn:aws:sts::123456789012:user/moto"}


def test_a_lost_connection_to_sts_ends_with_its_error(memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("reset_before", operation="AssumeRole", times=None)
    with pytest.raises(ConnectionClosedError):
        session_of(located(), retry=AT_ONCE)


def test_a_role_is_not_assumed_after_the_deadline(memory_cloud: Cloud) -> None:
    with pytest.raises(DeadlineError, match="before sts:AssumeRole"):
        session_of(located(), retry=AT_ONCE, seconds=0)
    assert not memory_cloud.calls
    assert session_of(located(), retry=AT_ONCE, seconds=60)


def test_a_process_that_is_forked_while_a_role_is_assumed_goes_on(http_cloud: Cloud) -> None:
    http_cloud.faults.latency = 0.3
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(session_of, located())
        until(lambda: bool(http_cloud.calls.of("AssumeRole")))  # this thread holds the lock of the role now
        child = multiprocessing.get_context("fork").Process(
            target=session_of, args=(located("us-east-1"),), daemon=True
        )
        child.start()
        child.join(20)
        assert child.exitcode == 0
        assert first.result().account == OTHER
