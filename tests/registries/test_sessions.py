"""A session of a location is made where the work runs, with one call of STS for each account."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ecrops import Registry, RegistryLocation, SpecError
from ecrops.aws.sessions import session_of
from ecrops.testing import AT_ONCE, Cloud
from ecrops.testing.isolation import as_default_session

OTHER = "222233334444"


@pytest.fixture(autouse=True)
def here(cloud: Cloud) -> Iterator[None]:
    """The emulated AWS is that of the default session."""
    with as_default_session(cloud):
        yield


def located(region: str, account: str = OTHER) -> RegistryLocation:
    """A location of another account, whose role is assumed."""
    return RegistryLocation(account, region, role_name="ecrops")


def test_a_session_is_for_the_account_and_the_region(cloud: Cloud) -> None:
    registry = Registry(session_of(located("eu-central-1")), retry=AT_ONCE)
    registry.repository("team/api").ensure()
    assert registry.aws.account_id == OTHER
    [made] = cloud.client("ecr", "eu-central-1", account=OTHER).describe_repositories()["repositories"]
    assert made["repositoryArn"] == f"arn:aws:ecr:eu-central-1:{OTHER}:repository/team/api"


def test_one_call_of_sts_is_made_for_each_account(cloud: Cloud) -> None:
    accounts = ("222233334444", "333344445555", "444455556666", cloud.account)
    regions = ("eu-west-1", "eu-west-2", "eu-central-1", "us-east-1", "us-west-2")
    locations = [
        RegistryLocation(account, region, role_name=None if account == cloud.account else "ecrops")
        for account in accounts
        for region in regions
    ]
    with ThreadPoolExecutor(8) as threads:
        sessions = list(threads.map(session_of, locations))
    assert [session.region_name for session in sessions] == [*regions] * 4
    assert sorted(cloud.calls.operations()) == [*["AssumeRole"] * 3, "GetCallerIdentity"]


def test_credentials_of_another_account_are_refused(cloud: Cloud) -> None:
    with pytest.raises(
        SpecError, match=f"account: expected {OTHER}, and the credentials of the default session are of"
    ):
        session_of(RegistryLocation(OTHER, "eu-west-1"))


def test_a_session_cannot_be_sent_and_shows_no_credentials() -> None:
    session = session_of(located("eu-west-1"))
    secret = session.get_credentials().get_frozen_credentials().secret_key  # type: ignore[union-attr]
    assert secret
    assert secret not in repr(session)
    with pytest.raises(TypeError, match="send its RegistryLocation"):
        pickle.dumps(session)
