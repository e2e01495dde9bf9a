"""A template of CloudFormation becomes specs, also one that the CDK synthesised, with what its functions tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from ecrops import PublicRegistry, RepositorySpec, SpecError, fleet_from_dict, read_fleet
from ecrops.fleet.imports import Imported, from_cloudformation
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of
from tests.fleet.imports.deploying import deploy_template
from tests.fleet.imports.provisioning import ACCOUNT, REGION, TEMPLATE, role

NAMELESS = {"NamelessB070553F": "images-namelessb070553f-x1y2z3"}
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:pushes"


def imported(properties: Any, sections: Any = None, **arguments: Any) -> Imported:
    """The import of a template with one repository ``It``."""
    resources = {"It": {"Type": "AWS::ECR::Repository", "Properties": properties}}
    template = {**(sections or {}), "Resources": {**resources, **(sections or {}).get("Resources", {})}}
    return from_cloudformation(template, **arguments)


# The CDK


def test_a_plan_on_the_same_aws_finds_nothing_to_do(memory_cloud: Cloud) -> None:
    template = deploy_template(memory_cloud)
    made = from_cloudformation(template, account=ACCOUNT, region=REGION, resources=NAMELESS)
    assert len(made.repositories) == 9
    assert not registry_of(memory_cloud).plan(*made.specs)
    assert not PublicRegistry(memory_cloud.session(), retry=AT_ONCE).plan(*made.public)


def test_what_is_imported_is_all_that_aws_has(memory_cloud: Cloud) -> None:
    template = deploy_template(memory_cloud)
    made = from_cloudformation(template, account=ACCOUNT, region=REGION, resources=NAMELESS)
    described = {spec.name: spec.to_dict() for spec in registry_of(memory_cloud).describe()}
    assert {spec.name for spec in made.repositories} == described.keys()
    defaults = {"image_tag_mutability": "MUTABLE", "image_scan_on_push": False, "encryption": "AES256"}
    for spec in made.repositories:
        there = {
            name: value
            for name, value in described[spec.name].items()
            if value not in ([], {}) and defaults.get(name) != value
        }
        managed_key = {"encryption_key"} if spec.name == "team/worker" else set()  # AWS's own key
        assert spec.to_dict().keys() == there.keys() - managed_key, spec.name
    settings = registry_of(memory_cloud).describe_settings().managed
    assert made.registry is not None
    others = {"account_settings"}  # CloudFormation has none
    assert {name for name, value in settings.items() if value} - others == made.registry.managed.keys()


def test_what_is_left_has_its_logical_id_and_a_reason() -> None:
    made = from_cloudformation(TEMPLATE)
    assert [(item.address, item.field) for item in made.left] == [
        ("Worker11F36D0F", "EmptyOnDelete"),
        ("NamelessB070553F", ""),
        ("ApiScannedAA95578F", ""),
        ("NodesDefaultPolicyFA584937", "PolicyDocument"),
        ("CiDefaultPolicy7E39BAF8", "PolicyDocument"),
        ("Pushed90587F68", ""),
    ]
    assert "give resources={'NamelessB070553F': …}" in str(made)


def test_without_account_and_region_the_fleet_file_has_placeholders() -> None:
    made = from_cloudformation(TEMPLATE, resources=NAMELESS)
    with pytest.raises(SpecError, match="give account='123456789012', region='eu-west-1'; or write text"):
        _ = made.specs
    text = json.dumps(made.to_dict())
    assert '"arn:aws:ecr:{region}:{account}:repository/*"' in text
    whole = from_cloudformation(TEMPLATE, account=ACCOUNT, region=REGION, resources=NAMELESS)
    filled = json.loads(text.replace("{account}", ACCOUNT).replace("{region}", REGION))
    assert filled == json.loads(json.dumps(whole.to_dict()))
    assert tuple(fleet_from_dict(filled)) == whole.specs


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_the_fleet_file_is_read_as_the_same_specs(format: Literal["yaml", "json"], tmp_path: Path) -> None:
    tags = [
        {"Key": "region", "Value": {"Ref": "AWS::Region"}},
        {"Key": "account", "Value": {"Ref": "AWS::AccountId"}},
        {"Key": "both", "Value": {"Fn::Sub": "${AWS::Region}/${AWS::AccountId}"}},
    ]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
    variable = {"StringLike": {"aws:PrincipalTag/name": "${aws:username}", "aws:PrincipalTag/team": "{account}"}}
    properties = {
        "RepositoryName": "web",
        "Tags": tags,
        "RepositoryPolicyText": {"Version": "2012-10-17", "Statement": [statement | {"Condition": variable}]},
    }
    path = tmp_path / f"fleet.{format}"
    path.write_text(imported(properties).text(format))
    whole = imported(properties, account=ACCOUNT, region=REGION)
    assert read_fleet(path, account=ACCOUNT, region=REGION).specs == whole.specs


def test_a_parameter_decides() -> None:
    names = [spec.name for spec in from_cloudformation(TEMPLATE, parameters={"Stage": "dev"}).repositories]
    assert "org/dev" in names
    assert "prod/only" not in names


def test_grants_and_events_are_carried_over_where_it_is_asked_for(memory_cloud: Cloud) -> None:
    template = deploy_template(memory_cloud)
    role(memory_cloud, "nodes")
    memory_cloud.client("iam").create_user(UserName="ci")
    memory_cloud.client("sqs").create_queue(QueueName="pushes")
    made = from_cloudformation(template, account=ACCOUNT, region=REGION, grants=True, events=True)
    [api] = [spec for spec in made.repositories if spec.name == "team/api"]
    assert [grant.to_dict() for grant in api.grants or ()] == [  # type: ignore[union-attr]
        {"allow": "pull", "principal": {"role": "nodes"}},
        {"allow": "pull_push", "principal": {"user": "ci"}},
    ]
    assert [(event.kind, event.rule) for event in api.events or ()] == [
        ("image-scan-completed", "scanned"),
        ("image-pushed", "pushed"),
    ]
    assert registry_of(memory_cloud).ensure(*made.specs)
    assert not registry_of(memory_cloud).ensure(*made.specs)


def test_what_may_hide_repositories_is_left() -> None:
    resources = {
        "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "x"}},
        "Fn::ForEach::Teams": ["Team", ["a", "b"], {}],
        "Queue": {"Type": "AWS::SQS::Queue"},
    }
    made = imported({"RepositoryName": "web"}, {"Resources": resources})
    assert [(item.address, item.reason.split(":")[0]) for item in made.left] == [
        ("Nested", "is a nested stack"),
        ("Fn::ForEach::Teams", "is made by a macro"),
    ]


@pytest.mark.parametrize("grants", [False, True])
def test_a_grant_to_a_role_whose_name_is_made_up_is_left(grants: bool) -> None:
    repository = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/web"
    statement = {"Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": repository}
    policy = {"PolicyDocument": {"Statement": [statement]}, "Roles": [{"Ref": "Nodes"}]}
    resources = {
        "Nodes": {"Type": "AWS::IAM::Role", "Properties": {}},
        "Pull": {"Type": "AWS::IAM::Policy", "Properties": policy},
    }
    place = {"account": ACCOUNT, "region": REGION, "grants": grants}
    [left] = imported({"RepositoryName": "web"}, {"Resources": resources}, **place).left
    assert (left.address, left.field) == ("Pull", "PolicyDocument")
    assert ("give resources={'Nodes': …}" in left.reason) == grants
    made = imported({"RepositoryName": "web"}, {"Resources": resources}, **place, resources={"Nodes": "stack-nodes-x1"})
    assert [len(spec.grants or ()) for spec in made.repositories] == [int(grants)]


# YAML, with the short forms

YAML = """
Parameters:
  Team: {Type: String, Default: web}
  Owner: {Type: String, Default: 012345678901}
Conditions:
  IsWeb: !Equals [!Ref Team, web]
Resources:
  Nodes:
    Type: AWS::IAM::Role
    Properties: {RoleName: nodes, Path: /ci/}
  Api:
    Type: AWS::ECR::Repository
    Condition: IsWeb
    Properties:
      RepositoryName: !Sub "${Team}/api"
      ImageScanningConfiguration:
        ScanOnPush: true
      ImageTagMutability: !If [IsWeb, IMMUTABLE, !Ref AWS::NoValue]
      Tags:
        - {Key: day, Value: 2026-11-29}
        - Key: owner
          Value: !Ref Owner
      LifecyclePolicy:
        LifecyclePolicyText: |
          {"rules": []}
      RepositoryPolicyText:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {AWS: [!GetAtt Nodes.Arn, 012345678901]}
            Action: !Split [",", "ecr:BatchGetImage,ecr:GetDownloadUrlForLayer"]
  Worker:
    Type: AWS::ECR::Repository
    Condition: IsNot
    Properties: {RepositoryName: !Join [/, [!Ref Team, !Select [1, [a, worker]]]]}
"""


def test_yaml_with_short_forms_is_read() -> None:
    made = from_cloudformation(YAML, account=ACCOUNT, region=REGION)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::123456789012:role/ci/nodes", "012345678901"]},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    }
    assert made.specs == (
        RepositorySpec(
            "web/api",
            image_tag_mutability="IMMUTABLE",
            image_scan_on_push=True,
            lifecycle_rules=(),
            resource_policy={"Version": "2012-10-17", "Statement": [statement]},
            tags={"day": "2026-11-29", "owner": "012345678901"},
        ),
    )
    [left] = made.left
    assert str(left).startswith("Worker: Condition: the template has no condition 'IsNot'")


def test_yaml_and_json_say_the_same() -> None:
    from ecrops.fleet.imports.cloudformation.templates import template_of

    text = json.dumps(template_of(YAML))
    assert from_cloudformation(text).to_dict() == from_cloudformation(YAML).to_dict()
