"""A location is data: it checks itself, it can be sent, and it never has credentials."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from ecrops import Registry, RegistryLocation, SpecError
from ecrops.registries.location import check_locations

ROLE = "arn:aws:iam::111122223333:role/ops/ecrops"


def reasons(**fields: Any) -> tuple[str, ...]:
    """Why there can be no such location."""
    with pytest.raises(SpecError) as refused:
        RegistryLocation(**fields)
    return refused.value.reasons


def test_it_is_the_same_after_it_was_sent() -> None:
    location = RegistryLocation("111122223333", "eu-west-1", role_name="ops/ecrops", external_id="x:1", tags={"a": "b"})
    assert pickle.loads(pickle.dumps(location)) == location
    assert RegistryLocation.from_dict(location.to_dict()) == location
    assert {location: 1}[pickle.loads(pickle.dumps(location))] == 1


def test_it_says_where_it_is() -> None:
    assert str(RegistryLocation("111122223333", "eu-west-1")) == "111122223333/eu-west-1"
    named = RegistryLocation("111122223333", "eu-west-1", name="prod/eu-west-1")
    assert str(named) == "prod/eu-west-1 (111122223333/eu-west-1)"
    assert (named.label, named.place) == ("prod/eu-west-1", "111122223333/eu-west-1")
    assert str(RegistryLocation(profile="ci")) == "profile ci/default region"
    assert str(RegistryLocation()) == "default session/default region"


def test_a_role_is_named_in_the_account_or_by_its_arn() -> None:
    assert RegistryLocation("111122223333", role_name="ops/ecrops").role("aws") == ROLE
    assert (
        RegistryLocation("111122223333", role_name="ecrops").role("aws-cn")
        == "arn:aws-cn:iam::111122223333:role/ecrops"
    )
    by_arn = RegistryLocation(role_arn=ROLE)
    assert (by_arn.account, by_arn.role("aws")) == ("111122223333", ROLE)
    assert RegistryLocation("111122223333").role("aws") is None


def test_the_id_of_an_account_may_be_a_number_as_files_have_it() -> None:
    assert RegistryLocation.from_dict({"account": 111122223333}).account == "111122223333"


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert reasons(
        account="1111",
        region="eu-west1",
        role_name=ROLE,
        profile="",
        external_id="no blanks",
        endpoint_url="127.0.0.1:4566",
        name=" ",
        tags={"a": 1},
    ) == (
        "account: expected an account, 12 digits in a string, got '1111'",
        "region: expected a region of AWS, such as 'eu-west-1', got 'eu-west1'",
        f"role_name: expected the name of a role, such as 'ecrops' or 'ops/ecrops', got '{ROLE}'; "
        f"write role_arn='{ROLE}'",
        "external_id: expected 2 to 1,224 letters, digits and +=,.@:/-_ without blanks, got 'no blanks'",
        "profile: expected a name without blanks around it, got ''",
        "name: expected a name without blanks around it, got ' '",
        "endpoint_url: expected a URL such as 'http://127.0.0.1:4566', got '127.0.0.1:4566'",
        "tags: expected a mapping of texts, such as {'stage': 'prod'}, got {'a': 1}",
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"role_name": "ecrops"}, "role_name: a role is named in an account: give account= too"),
        ({"account": "111122223333", "role_name": "a", "role_arn": ROLE}, "role_arn: is given beside role_name"),
        ({"account": "444455556666", "role_arn": ROLE}, "role_arn: is a role of account 111122223333, and account is"),
        ({"region": "cn-north-1", "role_arn": ROLE}, "role_arn: is a role of partition 'aws', and region is"),
        (
            {"role_arn": "arn:aws:sts::111122223333:assumed-role/a/b"},
            "role_arn: expected the ARN of a role, got that of",
        ),
        ({"role_arn": "arn:aws:iam::111122223333:user/ci"}, "role_arn: expected the ARN of a role, such as"),
        ({"role_arn": 7}, "role_arn: expected the ARN of a role, such as"),
        ({"external_id": "abc"}, "external_id: is for a role: give role_name= or role_arn= too"),
        ({"endpoint_url": "http://me:secret@127.0.0.1"}, "endpoint_url: expected a URL without a user and a password"),
        ({"endpoint_url": "http://127.0.0.1:99999"}, "endpoint_url: expected a URL such as"),
        ({"endpoint_url": 5}, "endpoint_url: expected a URL such as"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], reason: str) -> None:
    [found] = reasons(**fields)
    assert found.startswith(reason)
    assert "secret" not in found


def test_credentials_and_misspelt_fields_get_a_way_out() -> None:
    with pytest.raises(TypeError, match="never credentials: name a profile="):
        RegistryLocation(aws_secret_access_key="x")  # type: ignore[call-arg]
    with pytest.raises(SpecError) as refused:
        RegistryLocation.from_dict({"regionName": "eu-west-1", "role": "ecrops", "acount": "1"})
    assert refused.value.reasons == (
        "regionName: unknown key; write region=",
        "role: unknown key; write role_name= for a role of the account, or role_arn=",
        "acount: unknown key; did you mean account?",
    )


def test_no_two_entries_are_for_one_account_and_region() -> None:
    first, other = RegistryLocation("111122223333", "eu-west-1"), RegistryLocation("111122223333", "eu-west-2")
    by_role, unlike = RegistryLocation(region="eu-west-1", role_arn=ROLE, profile="x"), RegistryLocation(profile="ci")
    assert check_locations([first, other, unlike, RegistryLocation(profile="dev")]) == (
        *(first, other, unlike),
        RegistryLocation(profile="dev"),
    )
    with pytest.raises(SpecError) as refused:
        check_locations([first, other, by_role, unlike, unlike, {"account": "111122223333"}])  # type: ignore[list-item]
    assert refused.value.reasons == (
        "[5]: expected a RegistryLocation, got {'account': '111122223333'}; write RegistryLocation.from_dict(…)",
        "[2]: is for the same account and region as [0], 111122223333/eu-west-1: 111122223333/eu-west-1; "
        "leave out one of them",
        "[4]: is for the same account and region as [3], profile ci/default region: profile ci/default region; "
        "leave out one of them",
    )


@pytest.mark.parametrize(
    ("locations", "way_out"),
    [
        (RegistryLocation(), r"write \[location\]"),
        ("111122223333", "expected a list"),
        (["111122223333"], r"write RegistryLocation\('111122223333', region\)"),
        (["eu-west-1"], r"write RegistryLocation\(region='eu-west-1'\)"),
        ([Registry()], "has clients, which cannot be sent"),
    ],
)
def test_what_is_no_list_of_locations_gets_a_way_out(locations: Any, way_out: str) -> None:
    with pytest.raises(SpecError, match=way_out):
        check_locations(locations)
