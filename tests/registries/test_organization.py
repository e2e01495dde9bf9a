"""Locations of an organization: its active accounts, by unit and tag, in the regions that they have enabled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, RegistryLocation, SpecError
from ecrops.aws.sessions import forget
from ecrops.registries.organization import locations_of
from ecrops.testing import AT_ONCE, Cloud
from ecrops.testing.isolation import as_default_session

PAYMENTS, SHOP, SANDBOX, OLD = "111122223333", "222233334444", "333344445555", "444455556666"


@pytest.fixture(autouse=True)
def organization(memory_cloud: Cloud) -> Iterator[None]:
    """An organization of three active accounts and an old one, whose role is ``ecrops``."""
    forget()
    add = memory_cloud.emulator.organization.add
    add(PAYMENTS, "payments", unit="workloads/prod", tags={"stage": "prod", "team": "pay"}, role="ecrops")
    add(SHOP, "shop", unit="workloads", tags={"stage": "prod"}, role="ecrops")
    add(SANDBOX, "sand box", tags={"stage": "dev"}, role="ecrops")
    add(OLD, "old", unit="workloads/prod", state="SUSPENDED", role="ecrops")
    with as_default_session(memory_cloud):
        yield


def found(**options: Any) -> list[str]:
    """The locations, in words."""
    return [str(location) for location in locations_of(role_name="ecrops", retry=AT_ONCE, **options)]


def test_accounts_and_regions_are_multiplied_without_a_call(memory_cloud: Cloud) -> None:
    locations = locations_of(
        accounts=[PAYMENTS, int(SHOP)], regions=["eu-west-1", "us-east-1"], role_name="ecrops", external_id="xyz"
    )
    assert locations == tuple(
        RegistryLocation(account, region, role_name="ecrops", external_id="xyz")
        for account in (PAYMENTS, SHOP)
        for region in ("eu-west-1", "us-east-1")
    )
    assert not memory_cloud.calls


def test_the_active_accounts_of_the_organization_are_taken(memory_cloud: Cloud) -> None:
    assert found(organization=True, without=[memory_cloud.account], regions=["eu-west-1"]) == [
        f"payments/eu-west-1 ({PAYMENTS}/eu-west-1)",
        f"shop/eu-west-1 ({SHOP}/eu-west-1)",
        f"sand box/eu-west-1 ({SANDBOX}/eu-west-1)",
    ]
    assert "master (123456789012/default region)" in found(organization=True)


def test_every_page_is_read(memory_cloud: Cloud) -> None:
    for number in range(45):
        memory_cloud.emulator.organization.add(f"5555000000{number:02}", f"more {number}")
    assert len(found(organization=True)) == 49
    assert len(memory_cloud.calls.of("ListAccounts")) == 3


def test_units_are_taken_with_the_units_inside_of_them(memory_cloud: Cloud) -> None:
    unit = memory_cloud.emulator.organization.unit
    assert found(units=[unit("workloads")]) == [
        f"shop ({SHOP}/default region)",
        f"payments ({PAYMENTS}/default region)",
    ]
    assert found(units=[unit("workloads/prod"), unit("workloads")]) == [
        f"payments ({PAYMENTS}/default region)",
        f"shop ({SHOP}/default region)",
    ]
    assert len(found(units=[unit("")])) == 4


def test_accounts_have_all_the_tags(memory_cloud: Cloud) -> None:
    [payments, shop] = locations_of(tags={"stage": "prod"}, role_name="ecrops")
    assert (payments.tags, shop.tags) == ({"stage": "prod", "team": "pay"}, {"stage": "prod"})
    assert found(tags={"stage": "prod", "team": "pay"}) == [f"payments ({PAYMENTS}/default region)"]
    assert found(tags={"stage": "prod"}, units=[memory_cloud.emulator.organization.unit("workloads/prod")]) == [
        f"payments ({PAYMENTS}/default region)"
    ]
    assert len(found(tags={})) == 4


def test_regions_are_those_that_each_account_has_enabled(memory_cloud: Cloud) -> None:
    for region in ("me-central-1", "af-south-1"):
        memory_cloud.emulator.at(account=SHOP, region=region).region_status = "DISABLED"
    memory_cloud.emulator.at(account=SHOP, region="ap-east-1").region_status = "ENABLING"
    locations = locations_of(accounts=[PAYMENTS, SHOP], regions="enabled", role_name="ecrops", retry=AT_ONCE)
    of_shop = {location.region for location in locations if location.account == SHOP}
    of_payments = {location.region for location in locations if location.account == PAYMENTS}
    assert of_payments - of_shop == {"me-central-1", "af-south-1", "ap-east-1"}
    assert "eu-west-1" in of_shop
    assert len(memory_cloud.calls.of("AssumeRole")) == 2


def test_accounts_that_cannot_be_asked_are_named_all_at_once(memory_cloud: Cloud) -> None:
    memory_cloud.seed_role("ecrops", PAYMENTS, SHOP, trusts="arn:aws:iam::999999999999:root")
    with pytest.raises(ApplyError, match="the regions of 2 of 3 accounts cannot be read; without=") as error:
        locations_of(organization=True, without=[memory_cloud.account], regions="enabled", role_name="ecrops")
    assert sorted(error.value.failed) == [
        f"payments ({PAYMENTS}/default region)",
        f"shop ({SHOP}/default region)",
    ]
    assert all("trust policy" in str(failure.__notes__) for failure in error.value.exceptions)


def test_who_may_not_list_accounts_is_told_what_is_missing(memory_cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="AccessDeniedException") as error:
        locations_of(organization=True, role_name="ecrops", session=memory_cloud.session(account=SHOP))
    assert "the caller needs organizations:ListAccounts" in error.value.__notes__[-1]
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUse") as error:
        locations_of(organization=True, role_name="ecrops", session=memory_cloud.session(account="999999999999"))
    assert "give accounts=" in error.value.__notes__[-1]
    with pytest.raises(ClientError, match="ParentNotFound") as error:
        locations_of(units=["ou-abcd-12345678"], role_name="ecrops")
    assert "of this organization" in error.value.__notes__[-1]


@pytest.mark.parametrize(
    ("options", "reasons"),
    [
        ({}, ["accounts: is missing: give accounts=[…], or organization=True", "role_name: is missing: the default s"]),
        ({"accounts": [SHOP], "organization": True}, ["accounts: is given beside organization=, units= or tags="]),
        ({"accounts": [SHOP, PAYMENTS], "profile": "ci"}, ["role_name: is missing: profile 'ci' has the credentials"]),
        (
            {"accounts": [SHOP, "1", SHOP], "role_name": "a b", "regions": ["eu-west1", "us-east-1", "us-east-1"]},
            [
                "accounts: expected an account, 12 digits in a string, got '1'",
                f"accounts: '{SHOP}' is there twice",
                "regions: expected a region of AWS, such as 'eu-west-1', got 'eu-west1'",
                "regions: 'us-east-1' is there twice",
                "role_name: expected the name of a role",
            ],
        ),
        ({"accounts": SHOP, "regions": "eu-west-1"}, ["accounts: expected a list of acc", "regions: expected a list"]),
        ({"accounts": [], "regions": []}, ["accounts: expected at least one", "regions: expected at least one"]),
        ({"units": ["prod"], "role_name": "a"}, ["units: expected the id of a unit, 'ou-…', or of the root"]),
        (
            {"tags": {"a": 1}, "role_name": "a", "without": [7]},
            ["without: expected an account", "tags: expected a map"],
        ),
        ({"accounts": [SHOP], "external_id": "abc"}, ["external_id: is for a role"]),
    ],
)
def test_what_is_wrong_is_said_before_any_call(options: Any, reasons: list[str], memory_cloud: Cloud) -> None:
    with pytest.raises(SpecError) as refused:
        locations_of(**options)
    assert len(refused.value.reasons) == len(reasons)
    for reason, beginning in zip(refused.value.reasons, reasons, strict=True):
        assert reason.startswith(beginning)
    assert not memory_cloud.calls
