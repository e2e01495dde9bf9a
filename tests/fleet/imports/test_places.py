"""A state of several accounts or regions: one of them is imported, and what is elsewhere is listed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import RepositorySpec, SpecError
from ecrops.fleet.imports import from_terraform
from tests.fleet.imports.test_terraform import repository, resource, state


def places() -> dict[str, Any]:
    found = []
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
        found += [item | {"provider": provider, "name": alias or "here"} for item in (mine, rules)]
    return state(*found)


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
