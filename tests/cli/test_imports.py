"""import, schema and try: what needs neither an account nor a fleet file."""

from __future__ import annotations

import copy
import json
import re
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ecrops.cli.main import main
from ecrops.fleet.schema_file import FILE
from ecrops.testing import Cloud

from .conftest import Run, write

REPOSITORY = {
    "Type": "AWS::ECR::Repository",
    "Properties": {"RepositoryName": "team/api", "ImageScanningConfiguration": {"ScanOnPush": True}},
}
ANYWHERE = {
    "Type": "AWS::ECR::Repository",
    "Properties": {
        "RepositoryName": "team/api",
        "Tags": [
            {"Key": "region", "Value": {"Ref": "AWS::Region"}},
            {"Key": "place", "Value": {"Fn::Sub": "${AWS::AccountId} in ${AWS::Region}"}},
        ],
    },
}
OLD = {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "team/old", "EmptyOnDelete": True}}


def template(path: Path, **resources: Any) -> str:
    return write(path / "template.json", {"Resources": resources})


def test_what_is_imported_can_be_planned(run: Run, tmp_path: Path) -> None:
    file = template(tmp_path, Api=REPOSITORY)
    ran = run("import", "cloudformation", "--strict", file)
    assert (ran.code, ran.err) == (0, "")
    planned = run("plan", "-", stdin=ran.out)
    assert "+ team/api repository: scan on push" in planned.out
    assert run("import", "cloudformation", "--json", file).data["repositories"][0]["name"] == "team/api"
    assert run("import", "cloudformation", "-", stdin=Path(file).read_text()).out == ran.out


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_account_that_nobody_named_is_a_placeholder(run: Run, tmp_path: Path, form: tuple[str, ...]) -> None:
    file = template(tmp_path, Api=ANYWHERE)
    ran = run("import", "cloudformation", *form, file)
    assert "{account}" in ran.out
    assert "region=eu-west-1, place=123456789012 in eu-west-1" in run("plan", "-", stdin=ran.out).out
    named = run("import", "cloudformation", "--account", "111122223333", *form, file)
    assert "111122223333 in {region}" in named.out


def test_what_is_left_is_said_and_strict_fails(run: Run, tmp_path: Path) -> None:
    file = template(tmp_path, Old=OLD)
    ran = run("import", "cloudformation", file)
    assert ran.code == 0
    assert ran.err.startswith("not carried over: Old: EmptyOnDelete")
    assert run("import", "cloudformation", "--strict", file).code == 1
    as_json = run("import", "cloudformation", "--json", file)
    [left] = as_json.data["x-not-carried-over"]
    assert left.startswith("Old: EmptyOnDelete")
    assert run("plan", "-", stdin=as_json.out).code == 0


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_rules_are_written_as_export_writes_them(run: Run, tmp_path: Path, form: tuple[str, ...]) -> None:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    api: dict[str, Any] = copy.deepcopy(REPOSITORY)
    api["Properties"]["LifecyclePolicy"] = {"LifecyclePolicyText": json.dumps({"rules": [rule]})}
    imported = run("import", "cloudformation", *form, template(tmp_path, Api=api)).out
    assert run("apply", "--yes", "-", stdin=imported).code == 0
    rules = re.compile(r"^ *\"?lifecycle_rules.*max_image_count\"?: 9$", re.M | re.S)
    assert rules.findall(imported) == rules.findall(run("export", *form).out) != []


def test_a_source_that_is_none_is_refused(run: Run, tmp_path: Path) -> None:
    ran = run("import", "pulumi", template(tmp_path))
    assert ran.code == 1
    assert "terraform" in ran.err


def test_a_command_runs_with_an_aws_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import os, sys; sys.exit(7 if '127.0.0.1' in os.environ['AWS_ENDPOINT_URL'] else 1)"
    assert main(["try", sys.executable, "-c", code]) == 7
    begin, end = capfd.readouterr().err.splitlines()
    assert begin.startswith(f"ecrops try: from here, {sys.executable} uses an AWS of its own: account 123456789012")
    assert end.startswith(f"ecrops try: {sys.executable} has ended")
    assert "your own credentials again" in end
    assert main(["try", "no-such-command"]) == 127
    assert "no-such-command" in capfd.readouterr().err


def test_the_prompt_has_a_registry(
    memory_cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[list[str]] = []

    def serve(words: list[str], *, end: str, begin: str = "") -> int:
        assert (begin, "the prompt has ended" in end) == ("", True)  # the prompt says itself where it is
        served.append(words)
        return 0

    monkeypatch.setattr("ecrops.testing.__main__.main", serve)
    assert main(["try", "--example"]) == 0
    [[*options, python, interactive, command, prompt]] = served
    assert (options, python, interactive, command) == (["--example", "--"], sys.executable, "-i", "-c")
    names: dict[str, Any] = {}
    exec(prompt, names)
    assert capsys.readouterr().out.startswith(
        "Python prompt with an AWS of its own: account 123456789012, region eu-west-1"
    )
    assert names["registry"].describe() == []
    assert names["RepositorySpec"]("team/api").name == "team/api"


STACK: dict[str, Any] = {
    "Parameters": {"Stage": {"Type": "String"}, "Team": {"Type": "String"}},
    "Resources": {
        "Api": {
            "Type": "AWS::ECR::Repository",
            "Properties": {
                "RepositoryName": {"Fn::Sub": "${Stage}/${AWS::StackName}"},
                "Tags": [
                    {"Key": "where", "Value": {"Ref": "AWS::Partition"}},
                    {"Key": "team", "Value": {"Ref": "Team"}},
                ],
            },
        },
        "Worker": {"Type": "AWS::ECR::Repository"},
    },
}
OF_STACK = (
    "--parameter",
    "Stage=prod",
    "--parameter",
    "Team=a=b",
    "--resource",
    "Worker=worker-x1",
    "--stack-name=web",
)


def test_a_template_is_read_with_what_is_said_of_its_stack(run: Run, tmp_path: Path) -> None:
    options = ("--partition", "aws-cn", "--region", "cn-north-1", "--strict")
    ran = run("import", "cloudformation", "--json", *OF_STACK, *options, write(tmp_path / "stack.json", STACK))
    assert (ran.code, ran.err) == (0, "")
    tags = {"team": "a=b", "where": "aws-cn"}
    assert ran.data == {"repositories": [{"name": "prod/web", "tags": tags}, {"name": "worker-x1"}]}


def test_the_way_out_is_an_option(run: Run, tmp_path: Path) -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": "*"}]}
    stack = copy.deepcopy(STACK)
    stack["Resources"]["User"] = {
        "Type": "AWS::IAM::UserPolicy",
        "Properties": {"UserName": "ci", "PolicyName": "pull", "PolicyDocument": policy},
    }
    stack["Resources"]["Pushed"] = {
        "Type": "AWS::Events::Rule",
        "Properties": {"Name": "pushed", "EventPattern": {"source": ["aws.ecr"]}},
    }
    stack["Resources"]["Third"] = {
        "Type": "AWS::ECR::Repository",
        "Properties": {"RepositoryName": {"Ref": "AWS::StackName"}},
    }
    file = write(tmp_path / "stack.json", stack)
    message = run("import", "cloudformation", file).err
    for option in ("--parameter 'Stage=…'", "--resource 'Worker=…'", "--stack-name", "--grants", "--events"):
        assert option in message, option
    assert "=True" not in message
    assert "={" not in message


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("terraform", "--stack-name", "web"), "--stack-name is for a template of CloudFormation"),
        (("terraform", "--parameter", "Stage=prod"), "--parameter is for a template of CloudFormation"),
        (("cloudformation", "--parameter", "Stage"), "expected a name, = and a value, got 'Stage'"),
        (("cloudformation", "--resource", "=x"), "expected a name, = and a value, got '=x'"),
        (("cloudformation", "--parameter", "Stage=a", "--parameter", "Stage=b"), "--parameter Stage=… is there twice"),
        (("cloudformation", "--parameter", "Stege=a"), "the template has no such one, but Stage, Team"),
        (("cloudformation", "--partition", "aws-cn"), "give the region of the partition aws-cn"),
    ],
)
def test_what_cannot_be_said_of_a_source_is_refused(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    ran = run("import", *arguments, write(tmp_path / "stack.json", STACK))
    assert (ran.code, ran.out) == (1, "")
    assert reason in ran.err


def test_braces_of_the_template_itself_are_no_placeholders(run: Run, tmp_path: Path) -> None:
    tag = {"Key": "form", "Value": {"Fn::Sub": "${!x} {region} of ${AWS::Region}"}}
    repository = {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "team/api", "Tags": [tag]}}
    ran = run("import", "cloudformation", template(tmp_path, Api=repository))
    assert "form=${x} {region} of eu-west-1" in run("plan", "-", stdin=ran.out).out


def test_the_schema_is_the_shipped_one(run: Run) -> None:
    ran = run("schema")
    assert (ran.code, ran.err) == (0, "")
    assert ran.data == json.loads(FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA).validate(ran.data)
    assert run("schema", "--json").out == ran.out
