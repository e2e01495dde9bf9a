"""A state or a plan of Terraform becomes specs, and a plan of ecrops on the same AWS finds nothing to do."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from ecrops import PublicRegistry, Registry, RepositorySpec
from ecrops.fleet.imports import from_terraform
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of
from tests.fleet.imports.provisioning import DATA, STATE, apply_state


def resource(kind: str, *instances: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A resource of a state."""
    provider = 'provider["registry.terraform.io/hashicorp/aws"]'
    return {"mode": "managed", "type": kind, "name": "x", "provider": provider, "instances": list(instances), **members}


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 4, "terraform_version": "1.11.4", "resources": list(resources)}


def repository(name: str = "team/api", **values: Any) -> dict[str, Any]:
    return resource("aws_ecr_repository", {"attributes": {"name": name, **values}})


def as_shown(state_text: str) -> dict[str, Any]:
    """A state as ``terraform show -json`` prints it, in nested modules."""
    modules: dict[str, list[Any]] = {}
    for item in json.loads(state_text)["resources"]:
        for instance in item["instances"]:
            shown = {"mode": item["mode"], "type": item["type"], "name": item["name"], "sensitive_values": {}}
            module = item.get("module", "")
            key = instance.get("index_key")
            index = "" if key is None else f"[{key}]" if isinstance(key, int) else f'["{key}"]'
            address = f"{module}{'.' if module else ''}{item['type']}.{item['name']}{index}"
            modules.setdefault(module, []).append(shown | {"address": address, "values": instance["attributes"]})
    children = [{"address": name, "resources": items} for name, items in modules.items() if name]
    root = {"resources": modules[""], "child_modules": [{"address": "module.outer", "child_modules": children}]}
    return {"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": root}}


def test_a_plan_on_the_same_aws_finds_nothing_to_do(memory_cloud: Cloud) -> None:
    imported = from_terraform(apply_state(memory_cloud))
    assert len(imported.repositories) == 10
    assert imported.registry is not None
    assert [rule.to for rule in imported.registry.replication or ()] == [  # type: ignore[union-attr]
        ("eu-central-1", "111122223333/us-east-1"),  # that of the registry without its account
        ("eu-north-1",),
    ]
    assert not registry_of(memory_cloud).plan(*imported.specs)
    assert not PublicRegistry(memory_cloud.session(), retry=AT_ONCE).plan(*imported.public)


def test_what_is_imported_is_all_that_aws_has(memory_cloud: Cloud) -> None:
    imported = from_terraform(apply_state(memory_cloud))
    described = {spec.name: spec.to_dict() for spec in registry_of(memory_cloud).describe()}
    assert {spec.name for spec in imported.repositories} == described.keys()
    for spec in imported.repositories:
        content = json.loads(json.dumps(spec.to_dict()))
        there = {name: value for name, value in described[spec.name].items() if value not in ([], {})}
        assert content.keys() == there.keys()
    settings = registry_of(memory_cloud).describe_settings().managed
    assert imported.registry is not None
    assert {name for name, value in settings.items() if value} == imported.registry.managed.keys()


def test_a_change_in_aws_is_something_to_do(memory_cloud: Cloud) -> None:
    imported = from_terraform(apply_state(memory_cloud))
    memory_cloud.client("ecr").delete_lifecycle_policy(repositoryName="moving")
    assert [change.owner for change in registry_of(memory_cloud).plan(*imported.specs)] == ["moving"]


@pytest.mark.parametrize("key", ["values", "planned_values"])
def test_a_state_and_what_show_prints_say_the_same(key: str) -> None:
    text = STATE.read_text()
    shown = as_shown(text)
    shown[key] = shown.pop("values")
    expected, imported = from_terraform(text), from_terraform(shown)
    assert imported.specs == expected.specs
    assert imported.public == expected.public
    assert sorted(imported.left) == sorted(expected.left)


def test_what_is_left_has_its_address_and_a_reason() -> None:
    left = from_terraform(STATE).left
    assert [(item.address, item.field) for item in left] == [
        ("aws_ecr_repository.base[0]", "force_delete"),
        ("aws_iam_role_policy.nodes", "policy"),
        ("aws_iam_policy.push", "policy"),
        ("aws_cloudwatch_event_rule.pushed", ""),
    ]
    assert str(left[0]).startswith("aws_ecr_repository.base[0]: force_delete: ecrops has no such setting: ")
    assert "role nodes may pull" in str(left[1])
    lines = str(from_terraform(STATE)).splitlines()
    assert lines[0].startswith("10 repositories; of the registry: scanning, ")
    assert lines[1] == "not carried over: 4"
    assert len(lines) == 6


def test_grants_and_events_are_carried_over_where_it_is_asked_for() -> None:
    imported = from_terraform(STATE, grants=True, events=True)
    assert imported.registry is not None
    granted = {spec.name: [grant.to_dict() for grant in spec.grants or ()] for spec in imported.repositories}  # type: ignore[union-attr]
    nodes = {"allow": "pull", "principal": {"role": "nodes"}}
    actions = {"allow": ["ecr:ListImages", "ecr:DescribeImages"], "principal": {"user": "ci"}}
    assert granted["sealed"] == [nodes]
    assert granted["web/jobs"] == [nodes | {"on": "web/*"}]
    assert granted["web/api"] == [nodes | {"on": "web/*"}, actions]
    [event] = imported.registry.events or ()
    assert (event.rule, event.targets[0].id, event.targets[0].maximum_event_age) == ("pushed", "queue", 3600)  # type: ignore[union-attr]
    assert [(item.address, item.reason) for item in imported.left][1:] == [
        ("aws_iam_policy.push", "denies, and a grant allows: it stays in IAM")
    ]


# What Terraform itself wrote: a state with modules, counts and sensitive values, of resources that need no provider

SECRET = "hunter2-secret"


@pytest.mark.parametrize("name", ["real.tfstate", "real.show.json", "real.plan.json"])
def test_addresses_are_those_of_terraform(name: str) -> None:
    text = (DATA / name).read_text()
    renamed = json.loads(text.replace("terraform_data", "aws_ecr_data"))
    assert [item.address.replace("aws_ecr_data", "terraform_data") for item in from_terraform(renamed).left] == [
        "terraform_data.counted[0]",
        "terraform_data.counted[1]",
        "terraform_data.later",
        'module.teams["data.x"].terraform_data.repo["a/b"]',
        'module.teams["web"].terraform_data.repo["a/b"]',
    ]


@pytest.mark.parametrize("name", ["real.tfstate", "real.show.json", "real.plan.json"])
def test_what_terraform_marks_as_sensitive_is_never_shown(name: str) -> None:
    """The values of Terraform's own files, where those of a repository stand: ``input`` as its tags."""
    text = (DATA / name).read_text().replace("terraform_data", "aws_ecr_repository").replace('"input"', '"tags"')
    assert SECRET in text
    imported = from_terraform(text)
    assert SECRET not in f"{imported!r} {imported}"
    assert "is marked as sensitive" in str(imported) or "has no name" in str(imported)


def test_a_sensitive_tag_is_not_in_the_tags_of_the_provider_either() -> None:
    item = repository(tags={"key": SECRET}, tags_all={"key": SECRET, "other": "x"})
    item["instances"][0]["sensitive_attributes"] = [
        [{"type": "get_attr", "value": "tags"}, {"type": "index", "value": {"value": "key", "type": "string"}}]
    ]
    imported = from_terraform(state(item))
    assert imported.specs == (RepositorySpec("team/api"),)
    assert [item.field for item in imported.left] == ["tags"]
    assert SECRET not in repr(imported)


def test_secrets_of_other_resources_are_not_read() -> None:
    imported = from_terraform(STATE, grants=True, events=True)
    assert "s3cr3t" in STATE.read_text()
    assert "s3cr3t" not in f"{imported!r} {imported} {imported.to_dict()}"


def test_what_a_plan_does_not_know_yet_is_left() -> None:
    values = {"name": "team/api", "encryption_configuration": [{"encryption_type": "KMS"}]}
    item = {"mode": "managed", "type": "aws_ecr_repository", "address": "aws_ecr_repository.x", "values": values}
    unknown = {"arn": True, "encryption_configuration": [{"kms_key": True}], "tags_all": True}
    change = {"address": "aws_ecr_repository.x", "change": {"actions": ["create"], "after_unknown": unknown}}
    plan = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [item]}},
        "resource_changes": [change],
    }
    imported = from_terraform(plan)
    assert imported.specs == (RepositorySpec("team/api", encryption="KMS"),)
    [left] = imported.left
    assert left.field == "encryption_configuration.kms_key"
    assert "only after the plan is applied" in left.reason


def test_two_resources_that_contradict_each_other_are_said() -> None:
    policies = [
        resource("aws_ecr_repository_policy", {"attributes": {"repository": "team/api", "policy": text}}, name=name)
        for name, text in (("one", '{"Statement": []}'), ("two", '{"Version": "2012-10-17", "Statement": []}'))
    ]
    [left] = from_terraform(state(repository(), *policies)).left
    assert str(left).startswith("aws_ecr_repository_policy.two: resource_policy: aws_ecr_repository_policy.one says")


def test_what_ecrops_would_not_write_is_verbatim() -> None:
    odd = {"rulePriority": 1, "selection": {"tagStatus": "any"}, "action": {"type": "quarantine"}}
    policy = {"repository": "team/api", "policy": json.dumps({"rules": [odd]})}
    [spec] = from_terraform(state(repository(), resource("aws_ecr_lifecycle_policy", {"attributes": policy}))).specs
    assert spec == RepositorySpec("team/api", lifecycle_rules=[odd], verbatim=["lifecycle_rules"])


def test_the_time_of_a_large_state_grows_with_its_size() -> None:
    """Calls of functions are counted, since time differs from run to run."""

    def calls(number: int) -> int:
        count = 0

        def counting(frame: object, event: str, argument: object) -> None:
            nonlocal count
            count += event == "call"

        rules = '{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any"}, "action": {"type": "expire"}}]}'
        resources = [repository(f"team/r{index}", tags_all={"a": "b"}) for index in range(number)]
        resources += [
            resource("aws_ecr_lifecycle_policy", {"attributes": {"repository": f"team/r{index}", "policy": rules}})
            for index in range(number)
        ]
        data = state(*resources)
        before = sys.getprofile()
        sys.setprofile(counting)
        try:
            assert len(from_terraform(data).specs) == number
        finally:
            sys.setprofile(before)
        return count

    calls(10)  # imports
    assert calls(80) < 2.2 * calls(40)


def test_an_import_goes_through_the_fleet_file() -> None:
    from ecrops import fleet_from_dict

    imported = from_terraform(STATE, grants=True, events=True)
    assert tuple(fleet_from_dict(json.loads(json.dumps(imported.to_dict())))) == imported.specs


def test_an_import_calls_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "__init__", None)
    assert from_terraform(STATE, grants=True, events=True).specs
