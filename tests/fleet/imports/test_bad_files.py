"""Files that are no state and no template: one sentence with the way out, and nothing of what is in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecrops import SpecError
from ecrops.fleet.imports import from_cloudformation, from_terraform

OTHER = {"mode": "managed", "type": "aws_instance", "name": "x", "instances": [{"attributes": {"id": "s3cr3t"}}]}
DEEP = "[" * 100_000
STATES: list[tuple[Any, str]] = [
    ("", "line 1 is no JSON"),
    ("s3cr3t: yes", "line 1 is no JSON"),
    ('{"password": "s3cr3t", }', "line 1 is no JSON"),
    ("terraform.tfstate", r"a path is given as Path\(...\)"),
    (b"PK\x03\x04s3cr3t", "a plan file, which only Terraform can read: terraform show -json PLAN"),
    (DEEP, "something too deep"),
    (["s3cr3t"], "got a value of type list"),
    ("[1]", "got a value of type list"),
    (None, "got a value of type NoneType"),
    ({}, "neither a state nor a plan of Terraform"),
    ({"Resources": {"X": "s3cr3t"}}, "a template of CloudFormation"),
    ({"version": 3, "modules": [{"path": ["root"]}]}, "expected a state of the format 4, got 3"),
    ({"version": 3, "resources": []}, "expected a state of the format 4, got 3: 'terraform state pull'"),
    ({"version": 5, "resources": [OTHER]}, "expected a state of the format 4, got 5"),
    ({"version": 3, "backend": {"type": "s3", "config": {"secret_key": "s3cr3t"}}}, "backend 's3'"),
    ({"encrypted_data": "s3cr3t", "encryption_version": "v0"}, "encrypted: 'tofu state pull'"),
    ({"version": 4, "resources": []}, "the state is empty"),
    ({"version": 4}, "a list of resources"),
    ({"version": 4, "resources": [{"s3cr3t": 1}]}, r"resources\[0\] is no resource"),
    ({"version": 4, "resources": [OTHER]}, "none of the 1 resources is of ECR"),
    ({"format_version": "1.0"}, "the state is empty"),
    ({"format_version": "2.0", "values": {}}, "of the format 1, got '2.0'"),
    ({"format_version": "1.0", "values": {"root_module": {}}}, "the state is empty"),
    ({"format_version": "1.0", "values": {"root_module": {"resources": [1]}}}, "one of its resources is none"),
]
TEMPLATES: list[tuple[Any, str]] = [
    ("", "got a value of type NoneType"),
    ("just a text", "got a value of type str"),
    ('{"Resources": s3cr3t}', "got a value of type|no JSON|with Resources"),
    ("a: [s3cr3t", r"line \d, column \d+ is no YAML"),
    (b"\xff\xfe\x00", "bytes that are no text"),
    ([1], "got a value of type list"),
    ({}, "with Resources"),
    ({"Resources": {}}, "the template is empty"),
    ({"Resources": {"X": {"Type": "AWS::S3::Bucket"}}}, "none of the 1 resources is of ECR"),
    (
        {"Resources": {"X": {"Type": "AWS::CloudFormation::Stack"}}},
        "of ECR, but X is a nested stack: import its template",
    ),
    ({"version": 4, "terraform_version": "1.11.4", "resources": []}, "a state or a plan of Terraform"),
    (DEEP, "more than 100 levels"),
    ('{"Resources": {"X": ' + "[" * 300 + "]" * 300 + "}}", "more than 100 levels"),
]


@pytest.mark.parametrize(("data", "message"), STATES)
def test_what_is_no_state_is_refused(data: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        from_terraform(data)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(("data", "message"), TEMPLATES)
def test_what_is_no_template_is_refused(data: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        from_cloudformation(data)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"parameters": {"Stge": "prod"}}, r"parameters\['Stge'\]: the template has no such one, but Stage"),
        ({"parameters": {"Stage": 1}}, r"parameters\['Stage'\]: expected a text, got a int"),
        ({"resources": {"Y": "team/api"}}, r"resources\['Y'\]: the template has no such one, but X"),
        ({"account": "12"}, "account: expected 12 digits, got '12'"),
        ({"region": "europe"}, "region: expected a region, got 'europe'"),
        ({"partition": "aws-cn"}, "region: give the region of the partition aws-cn"),
    ],
)
def test_arguments_that_cannot_be_right_are_refused(arguments: Any, message: str) -> None:
    template = {"Parameters": {"Stage": {"Type": "String"}}, "Resources": {"X": {"Type": "AWS::ECR::Repository"}}}
    with pytest.raises(SpecError, match=message):
        from_cloudformation(template, **arguments)


def test_a_path_is_read(tmp_path: Path) -> None:
    resource = {"mode": "managed", "type": "aws_ecr_repository", "name": "x"}
    instances = {"instances": [{"attributes": {"name": "team/api"}}]}
    path = tmp_path / "terraform.tfstate"
    path.write_text(json.dumps({"version": 4, "resources": [resource | instances]}))
    assert [spec.name for spec in from_terraform(path).repositories] == ["team/api"]
    path.write_text("Resources:\n  X:\n    Type: AWS::ECR::Repository\n    Properties: {RepositoryName: team/api}\n")
    assert [spec.name for spec in from_cloudformation(path).repositories] == ["team/api"]


ALIASES = "x0: &a0 [z, z, z, z, z, z, z, z, z, z]\n" + "".join(
    f"x{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 9)
)
MERGES = "x0: &a0 {k: v}\n" + "".join(
    f"x{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 10)}]}}\n" for level in range(1, 8)
)
REPOSITORY = "Resources:\n  A: {Type: 'AWS::ECR::Repository', Properties: {RepositoryName: team/api, Tags: *a8}}\n"


@pytest.mark.parametrize(
    "text", [ALIASES + REPOSITORY, ALIASES + REPOSITORY.replace("*a8", "[]"), MERGES + REPOSITORY.replace("*a8", "[]")]
)
def test_aliases_of_a_template_that_are_too_much_are_refused(text: str) -> None:
    with pytest.raises(SpecError, match="more than 1,000,000 values, with all its aliases"):
        from_cloudformation(text)


def test_aliases_and_merge_keys_of_a_template_are_read() -> None:
    text = (
        "x: &both {Type: 'AWS::ECR::Repository', Properties: &name {RepositoryName: team/api}}\n"
        "Resources:\n  A: {<<: *both}\n  B: {<<: *both, Properties: {<<: *name, RepositoryName: team/web}}\n"
    )
    assert [spec.name for spec in from_cloudformation(text).repositories] == ["team/api", "team/web"]


@pytest.mark.parametrize(
    "text, where",
    [
        (
            "Resources:\n  A: {Type: 'AWS::ECR::Repository'}\n  A: {Type: 'AWS::ECR::Repository'}",
            "line 3 has the key 'A'",
        ),
        ("Resources:\n  A: {Type: 'AWS::ECR::Repository', Properties: !X {N: a,\n N: b}}", "line 3 has the key 'N'"),
        ('{"Resources": {"A": {"Type": "AWS::ECR::Repository"}, "A": {}}}', "the JSON has the key 'A'"),
    ],
)
def test_a_key_of_a_template_that_is_there_twice_is_refused(text: str, where: str) -> None:
    with pytest.raises(SpecError, match=f"{where} twice"):
        from_cloudformation(text)
