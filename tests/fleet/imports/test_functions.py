"""The functions of a template are evaluated as far as it tells, and what it does not tell is listed."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import RepositorySpec
from tests.fleet.imports.provisioning import ACCOUNT, REGION
from tests.fleet.imports.test_cloudformation import imported


def name_of(name: Any, sections: Any = None, **arguments: Any) -> str:
    """The name of a repository, or why it has none."""
    made = imported({"RepositoryName": name}, sections, **arguments)
    [text] = [spec.name for spec in made.repositories if spec.name != "other"] or [item.reason for item in made.left]
    return text


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
        (
            "AWS::ECR::Repository",
            {"RepositoryName": "api"},
            "RepositoryUri",
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/api",
        ),
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
    for physical_id in (key, *([key.rpartition("/")[2]] if account == ACCOUNT else [])):
        made = imported(properties, sections, account=ACCOUNT, region=REGION, resources={"X": physical_id})
        assert made.specs == (RepositorySpec("web", encryption="KMS", encryption_key=key),)
