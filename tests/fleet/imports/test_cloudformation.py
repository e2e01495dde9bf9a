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
from tests.fleet.imports.provisioning import ACCOUNT, REGION, TEMPLATE, deploy_template, role

NAMELESS = {"NamelessB070553F": "images-namelessb070553f-x1y2z3"}
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:pushes"


def imported(properties: Any, sections: Any = None, **arguments: Any) -> Imported:
    """The import of a template with one repository ``It``."""
    resources = {"It": {"Type": "AWS::ECR::Repository", "Properties": properties}}
    template = {**(sections or {}), "Resources": {**resources, **(sections or {}).get("Resources", {})}}
    return from_cloudformation(template, **arguments)


def name_of(name: Any, sections: Any = None, **arguments: Any) -> str:
    """The name of a repository, or why it has none."""
    made = imported({"RepositoryName": name}, sections, **arguments)
    [text] = [spec.name for spec in made.repositories if spec.name != "other"] or [item.reason for item in made.left]
    return text


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


# Functions

SECTIONS: dict[str, Any] = {
    "Parameters": {
        "Team": {"Type": "String", "Default": "web"},
        "None": {"Type": "String"},
        "Teams": {"Type": "CommaDelimitedList", "Default": "web, data"},
        "Secret": {"Type": "String", "Default": "hunter2", "NoEcho": True},
        "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/team/name"},
    },
    "Mappings": {"Names": {"web": {"api": "web/mapped"}}},
    "Conditions": {
        "Yes": {"Fn::Equals": [{"Ref": "Team"}, "web"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Either": {"Fn::Or": [{"Fn::Equals": [{"Ref": "None"}, "x"]}, {"Condition": "Yes"}]},
        "Unknown": {"Fn::Equals": [{"Ref": "None"}, "x"]},
        "Circle": {"Condition": "Circle"},
    },
    "Resources": {
        "Other": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "other"}},
        "Loop": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::GetAtt": ["Loop", "QueueName"]}}},
    },
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("web/api", "web/api"),
        ({"Ref": "Team"}, "web"),
        ({"Fn::Sub": "${Team}/${Part}"}, "refers to Part, which the template does not have"),
        ({"Fn::Sub": ["${Team}/${Part}", {"Part": {"Fn::Select": ["1", {"Ref": "Teams"}]}}]}, "web/data"),
        ({"Fn::Join": ["/", [{"Ref": "Team"}, "api"]]}, "web/api"),
        ({"Fn::Join": ["/", {"Ref": "Teams"}]}, "web/data"),
        ({"Fn::Join": ["/", {"Fn::Split": [".", "a1.b2"]}]}, "a1/b2"),
        ({"Fn::FindInMap": ["Names", {"Ref": "Team"}, "api"]}, "web/mapped"),
        ({"Fn::FindInMap": ["Names", "data", "api"]}, "has a Fn::FindInMap that ecrops cannot evaluate"),
        ({"Fn::If": ["Yes", "yes", "no"]}, "yes"),
        ({"Fn::If": ["No", "yes", "no"]}, "no"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Unknown", "yes", "no"]}, "uses the parameter None, which has no default"),
        ({"Fn::If": ["Circle", "yes", "no"]}, "the condition Circle refers to itself"),
        ({"Fn::If": ["Missing", "yes", "no"]}, "the template has no condition 'Missing'"),
        ({"Fn::Sub": "${Other}/sub"}, "other/sub"),
        ({"Fn::Sub": "${AWS::StackName}/api"}, "uses the name of the stack: give stack_name="),
        ({"Ref": "Secret"}, "uses the parameter Secret, which is secret (NoEcho)"),
        ({"Ref": "Stored"}, "uses the parameter Stored, whose value is in Systems Manager"),
        ({"Ref": "AWS::StackId"}, "uses AWS::StackId, which the template does not tell"),
        ({"Fn::ImportValue": "x"}, "has the function Fn::ImportValue, whose value is not in the template"),
        ({"Fn::Transform": {"Name": "x"}}, "has the function Fn::Transform"),
        ({"Fn::GetAtt": ["Loop", "QueueName"]}, "refers to Loop, which refers to itself"),
        ({"Fn::GetAtt": "Other.CreatedAt"}, "refers to Other.CreatedAt, which the template does not tell"),
        ("{{resolve:secretsmanager:x}}", "is a dynamic reference"),
        ({"Fn::Sub": "{{resolve:ssm:/${Team}}}"}, "is a dynamic reference"),
        ({"Ref": "AWS::NoValue"}, "CloudFormation made up the name of the repository: give resources={'It': …}"),
    ],
)
def test_functions_are_evaluated_as_far_as_the_template_tells(value: Any, expected: str) -> None:
    assert name_of(value, SECTIONS).startswith(expected)


def test_what_is_given_fills_in() -> None:
    assert name_of({"Fn::Sub": "${AWS::StackName}/api"}, SECTIONS, stack_name="images") == "images/api"
    assert name_of({"Ref": "None"}, SECTIONS, parameters={"None": "given"}) == "given"
    assert name_of({"Ref": "Stored"}, SECTIONS, parameters={"Stored": "given"}) == "given"
    assert name_of({"Ref": "AWS::NoValue"}, SECTIONS, resources={"It": "stack-it-x1"}) == "stack-it-x1"
    assert name_of({"Ref": "Secret"}, SECTIONS, parameters={"Secret": "hunter3"}).startswith("uses the parameter")


def test_a_secret_parameter_is_in_no_text() -> None:
    made = imported({"RepositoryName": "web", "Tags": [{"Key": "a", "Value": {"Ref": "Secret"}}]}, SECTIONS)
    assert "hunter2" not in f"{made!r} {made}"
    assert [item.field for item in made.left] == ["Tags"]


def test_what_cannot_be_told_of_a_policy_leaves_the_rest() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": {"Fn::ImportValue": "x"}}, "Action": "ecr:BatchGetImage"}
    made = imported({"RepositoryName": "web", "RepositoryPolicyText": {"Statement": [statement]}, "Tags": []})
    assert made.specs == (RepositorySpec("web", tags={}),)
    [left] = made.left
    assert left.field == "RepositoryPolicyText"


@pytest.mark.parametrize(
    ("kind", "properties", "attribute", "expected"),
    [
        ("AWS::IAM::Role", {"RoleName": "r", "Path": "/a/"}, "Arn", "arn:aws-cn:iam::123456789012:role/a/r"),
        ("AWS::IAM::ManagedPolicy", {"ManagedPolicyName": "p"}, "Ref", "arn:aws-cn:iam::123456789012:policy/p"),
        ("AWS::SQS::Queue", {"QueueName": "q"}, "Arn", "arn:aws-cn:sqs:cn-north-1:123456789012:q"),
        ("AWS::SNS::Topic", {"TopicName": "t"}, "Ref", "arn:aws-cn:sns:cn-north-1:123456789012:t"),
        ("AWS::KMS::Key", {}, "Arn", "refers to X, whose name CloudFormation made up"),
        ("AWS::DynamoDB::Table", {}, "Arn", "refers to X, and ecrops does not know the names of a AWS::DynamoDB"),
    ],
)
def test_arns_are_made_of_what_the_template_says(kind: str, properties: Any, attribute: str, expected: str) -> None:
    reference = {"Ref": "X"} if attribute == "Ref" else {"Fn::GetAtt": ["X", attribute]}
    sections = {"Resources": {"X": {"Type": kind, "Properties": properties}}}
    tag = [{"Key": "a", "Value": reference}]
    place = {"account": ACCOUNT, "region": "cn-north-1", "partition": "aws-cn"}
    made = imported({"RepositoryName": "web", "Tags": tag}, sections, **place)
    [text] = [spec.tags["a"] for spec in made.repositories if spec.tags] or [item.reason for item in made.left]
    assert text.startswith(expected)


@pytest.mark.parametrize("account", [ACCOUNT, "111122223333"])
def test_a_key_that_is_given_by_its_id_or_its_arn(account: str) -> None:
    key = f"arn:aws:kms:{REGION}:{account}:key/11111111-2222-3333-4444-555555555555"
    encryption = {"EncryptionType": "KMS", "KmsKey": {"Fn::GetAtt": ["X", "Arn"]}}
    sections = {"Resources": {"X": {"Type": "AWS::KMS::Key"}}}
    properties = {"RepositoryName": "web", "EncryptionConfiguration": encryption}
    for given in (key, *([key.rpartition("/")[2]] if account == ACCOUNT else [])):
        made = imported(properties, sections, account=ACCOUNT, region=REGION, resources={"X": given})
        assert made.specs == (RepositorySpec("web", encryption="KMS", encryption_key=key),)
