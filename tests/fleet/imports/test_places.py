"""A state of several accounts or regions: one of them is imported, and what is elsewhere is listed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import RepositorySpec, SpecError
from ecrops.fleet.imports import from_terraform
from tests.fleet.imports.test_terraform import repository, resource, state


def places() -> dict[str, Any]:
    resources = []
    for account, region, alias in (
        ("123456789012", "eu-west-1", ""),
        ("123456789012", "us-east-1", ".us"),
        ("111122223333", "eu-west-1", ".other"),
    ):
        arn = f"arn:aws:ecr:{region}:{account}:repository/team/api"
        provider = f'provider["registry.terraform.io/hashicorp/aws"]{alias}'
        policy = {"repository": "team/api", "policy": '{"rules": []}', "registry_id": account}
        mine = resource("aws_ecr_repository", {"attributes": {"name": "team/api", "arn": arn, "tags": {"at": region}}})
        rules = resource("aws_ecr_lifecycle_policy", {"attributes": policy})  # tells no region by itself
        resources += [item | {"provider": provider, "name": alias or "here"} for item in (mine, rules)]
    return state(*resources)


def test_a_state_of_several_accounts_or_regions_asks_for_one() -> None:
    with pytest.raises(SpecError, match=r"several accounts, 111122223333 \(2\), 123456789012 \(4\): choose one"):
        from_terraform(places())
    with pytest.raises(SpecError, match=r"several regions, eu-west-1 .*: choose one with region='eu-west-1'"):
        from_terraform(places(), account="123456789012")
    with pytest.raises(SpecError, match="no resource of ECR is of 'eu-north-1'"):
        from_terraform(places(), account="123456789012", region="eu-north-1")


def test_what_is_elsewhere_is_left() -> None:
    imported = from_terraform(places(), account="123456789012", region="us-east-1")
    assert imported.specs == (RepositorySpec("team/api", tags={"at": "us-east-1"}, lifecycle_rules=()),)
    assert len(imported.left) == 4
    assert "account='111122223333', region='eu-west-1'" in str(imported.left[-1])


def test_what_another_account_says_of_ecr_is_left() -> None:
    arn = "arn:aws:ecr:eu-west-1:123456789012:repository/team/api"
    policies = [
        resource(
            "aws_iam_policy",
            {
                "attributes": {
                    "arn": "arn:aws:iam::111122223333:policy/p",
                    "policy": json.dumps({"Statement": statement}),
                }
            },
            name=name,
        )
        for name, statement in (("pull", {"Action": "ECR:BatchGetImage"}), ("other", {"Action": "s3:GetObject"}))
    ]
    imported = from_terraform(state(repository(arn=arn), *policies))
    assert [item.address for item in imported.left] == ["aws_iam_policy.pull"]


def test_public_repositories_belong_to_every_region() -> None:
    east = {"provider": 'provider["registry.terraform.io/hashicorp/aws"].east'}
    arns = [f"arn:aws:ecr:{region}:123456789012:repository/team/api" for region in ("eu-west-1", "us-east-1")]
    public = resource("aws_ecrpublic_repository", {"attributes": {"repository_name": "tools"}})
    data = state(repository(arn=arns[0]), repository(arn=arns[1]) | east | {"name": "east"}, public | east)
    imported = from_terraform(data, region="eu-west-1")
    assert [item.address for item in imported.left] == ["aws_ecr_repository.east"]
    assert [spec.name for spec in imported.public] == ["tools"]


# What terraform show -json prints names no provider of a resource


def shown(kind: str, label: str, **values: Any) -> dict[str, Any]:
    return {"address": f"{kind}.{label}", "mode": "managed", "type": kind, "name": label, "values": values}


def in_region(name: str, region: str, repository: str) -> dict[str, Any]:
    arn = f"arn:aws:ecr:{region}:123456789012:repository/{repository}"
    return shown("aws_ecr_repository", name, name=repository, arn=arn, registry_id="123456789012")


def of_repository(kind: str, name: str, repository: str) -> dict[str, Any]:
    return shown(kind, name, repository=repository, policy='{"rules": []}', registry_id="123456789012")


def test_a_policy_that_may_be_of_another_region_is_not_carried_over() -> None:
    resources = [
        in_region("east", "us-east-1", "team/api"),
        in_region("west", "eu-west-1", "team/api"),
        in_region("only_west", "eu-west-1", "team/web"),
        in_region("only_east", "us-east-1", "team/job"),
        of_repository("aws_ecr_lifecycle_policy", "west", "team/api"),
        of_repository("aws_ecr_lifecycle_policy", "only_west", "team/web"),
        of_repository("aws_ecr_lifecycle_policy", "only_east", "team/job"),
        shown("aws_ecr_registry_scanning_configuration", "x", scan_type="BASIC", registry_id="123456789012"),
    ]
    data = {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}
    imported = from_terraform(data, region="us-east-1")
    assert imported.specs == (RepositorySpec("team/api"), RepositorySpec("team/job", lifecycle_rules=()))
    untold = [item.address for item in imported.left if "does not say of which region" in item.reason]
    assert untold == ["aws_ecr_lifecycle_policy.west", "aws_ecr_registry_scanning_configuration.x"]
    assert "aws_ecr_lifecycle_policy.only_west" in [item.address for item in imported.left]


def test_a_policy_that_may_be_of_another_account_is_not_carried_over() -> None:
    arns = [f"arn:aws:ecr:eu-west-1:{account}:repository/team/api" for account in ("123456789012", "111122223333")]
    resources = [
        *(shown("aws_ecr_repository", f"r{number}", name="team/api", arn=arn) for number, arn in enumerate(arns)),
        shown("aws_ecr_lifecycle_policy", "x", repository="team/api", policy='{"rules": []}'),
    ]
    data = {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}
    imported = from_terraform(data, account="123456789012")
    assert imported.specs == (RepositorySpec("team/api"),)
    assert "does not say of which account" in str(imported.left)


def planned(region: Any = None, module: bool = False) -> dict[str, Any]:
    """Two repositories that do not exist yet, the second of the provider aws.west."""
    west = {"constant_value": region} if region else {"references": ["var.region"]}
    config = {
        "aws": {"expressions": {"region": {"constant_value": "us-east-1"} if region else {"references": ["var.r"]}}},
        "aws.west": {"alias": "west", "expressions": {"region": west}},
    }
    east = shown("aws_ecr_repository", "east", name="team/east")
    other = shown("aws_ecr_repository", "west", name="team/west")
    root: dict[str, Any] = {"resources": [{"address": east["address"], "provider_config_key": "aws"}]}
    block = {"address": other["address"], "provider_config_key": "aws.west"}
    values: dict[str, Any] = {"resources": [east]}
    if module:
        root["module_calls"] = {"m": {"module": {"resources": [block]}}}
        other["address"] = f'module.m["a.b"].{other["address"]}[0]'
        values["child_modules"] = [{"resources": [other]}]
    else:
        root["resources"].append(block)
        values["resources"].append(other)
    configuration = {"provider_config": config, "root_module": root}
    return {"format_version": "1.2", "planned_values": {"root_module": values}, "configuration": configuration}


@pytest.mark.parametrize("module", [False, True])
def test_what_a_plan_makes_in_two_regions_is_not_one_fleet(module: bool) -> None:
    data = planned("eu-west-1", module)
    with pytest.raises(SpecError, match=r"several regions, eu-west-1 \(1\), us-east-1 \(1\): choose one"):
        from_terraform(data)
    imported = from_terraform(data, region="eu-west-1")
    assert imported.specs == (RepositorySpec("team/west"),)
    assert [item.address for item in imported.left] == ["aws_ecr_repository.east"]


@pytest.mark.parametrize("region", [None, "us-east-1"])
def test_several_providers_whose_regions_nobody_knows_are_refused(region: str | None) -> None:
    with pytest.raises(SpecError, match=r"several providers, aws, aws.west, and .* does not say the account"):
        from_terraform(planned(), region=region)


def test_what_another_provider_has_is_not_taken_for_what_is_here() -> None:
    west = {"provider": 'provider["registry.terraform.io/hashicorp/aws"].west'}
    arn = "arn:aws:ecr:us-east-1:123456789012:repository/team/api"
    policy = resource("aws_ecr_registry_policy", {"attributes": {"policy": "{}", "registry_id": "123456789012"}})
    imported = from_terraform(state(repository(arn=arn), policy | west))
    assert imported.registry is None
    assert "does not say of which region" in str(imported.left)


@pytest.mark.parametrize("place", [{"account": "123"}, {"region": "eu west"}, {"account": 123456789012}])
def test_what_is_no_place_is_refused(place: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"expected (12 digits|a region), got"):
        from_terraform(state(repository()), **place)


@pytest.mark.parametrize(
    "actions, reason",
    [
        (["delete"], "about to be deleted"),
        (["forget"], "import the state"),
        (["delete", "create"], ""),
        (["no-op"], ""),
    ],
)
def test_what_a_plan_takes_away_is_listed(actions: list[str], reason: str) -> None:
    arn = "arn:aws:ecr:us-east-1:123456789012:repository/team/api"
    change = {"actions": actions, "before": {"name": "SECRET", "arn": arn}, "after": None}
    gone = {"address": 'aws_ecr_repository.x["a"]', "mode": "managed", "type": "aws_ecr_repository", "change": change}
    data = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [in_region("east", "us-east-1", "team/job")]}},
        "resource_changes": [gone, gone | {"mode": "data"}, gone | {"type": "aws_s3_bucket"}, gone | {"deposed": "1"}],
    }
    imported = from_terraform(data)
    assert imported.specs == (RepositorySpec("team/job"),)
    assert [item.address for item in imported.left] == (['aws_ecr_repository.x["a"]'] if reason else [])
    assert reason in str(imported.left)
    assert "SECRET" not in str(imported.left)
