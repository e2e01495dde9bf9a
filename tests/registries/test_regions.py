"""A region that an account has not enabled is said before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ecrops import ConflictError, RegistryLocation
from ecrops.aws.sessions import check_region, forget, session_of
from ecrops.testing import AT_ONCE, Cloud
from ecrops.testing.isolation import as_default_session

OTHER = "222233334444"


@pytest.fixture(autouse=True)
def here(memory_cloud: Cloud) -> Iterator[None]:
    """The emulated AWS is that of the default session."""
    forget()
    memory_cloud.seed_role("ecrops", OTHER)
    with as_default_session(memory_cloud):
        yield


def check(region: str) -> None:
    """Check a region of another account."""
    check_region(session_of(RegistryLocation(OTHER, region, role_name="ecrops"), retry=AT_ONCE), AT_ONCE)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("DISABLED", "is not enabled"),
        ("DISABLING", "is being disabled"),
        ("ENABLING", "is being enabled, which takes minutes to hours"),
    ],
)
def test_a_region_that_is_not_enabled_is_refused(memory_cloud: Cloud, status: str, words: str) -> None:
    memory_cloud.emulator.at(account=OTHER, region="me-central-1").region_status = status
    with pytest.raises(ConflictError) as error:
        check("me-central-1")
    assert str(error.value) == (
        f"region me-central-1 {words} for {OTHER}, and nothing was changed; "
        "aws account enable-region --region-name me-central-1"
    )
    check("me-south-1")


def test_a_region_that_is_enabled_is_looked_up_once_and_one_of_all_accounts_never(memory_cloud: Cloud) -> None:
    check("eu-west-1")
    assert not memory_cloud.calls.of("ListRegions")
    check("me-central-1")
    assert len(memory_cloud.calls.of("ListRegions")) == 1


@pytest.mark.parametrize("fault", ["denied", "throttle", "reset_before"])
def test_what_cannot_be_looked_up_stops_nothing(memory_cloud: Cloud, fault: str) -> None:
    memory_cloud.emulator.at(account=OTHER, region="me-central-1").region_status = "DISABLED"
    memory_cloud.faults.on(fault, operation="ListRegions", times=None)  # type: ignore[arg-type]
    check("me-central-1")
    assert len(memory_cloud.calls.of("ListRegions")) < 10
