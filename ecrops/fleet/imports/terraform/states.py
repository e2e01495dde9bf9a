"""The three files of Terraform that list resources, in one form: a state, and what ``show -json`` prints of each. Pure.

Called by ``reading``. Values that are sensitive, or not known before a plan is applied, are ``Absent`` here already:
nothing that comes later can show them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecrops.errors import SpecError
from ecrops.fleet.imports.properties import Absent
from ecrops.fleet.imports.terraform.providers import Provider, providers, without_keys

FORMAT = 4
SENSITIVE = Absent("is marked as sensitive: it is neither carried over nor shown")
UNKNOWN = Absent("is known only after the plan is applied: import the state then")
DEPOSED = "is deposed: Terraform is about to delete it"
ENDING = {
    "['delete']": "is about to be deleted: the plan has it no more",
    "['forget']": "is about to be forgotten by Terraform, and stays in AWS: import the state to have it in the fleet",
}
"""Why something that is there is not in a plan, by its actions."""


class Instance(NamedTuple):
    """A managed resource: one instance of a resource block.

    Args:
        address: Its address, such as ``module.a.aws_ecr_repository.x["y"]``.
        type: Its type.
        values: Its attributes.
        provider: The configuration of its provider, such as ``provider["…/aws"].west`` or ``aws.west``; empty if it is
            not known.
        problem: Why it is not what is there: it is tainted, or about to be replaced.
        region: The region of the provider; empty if it is not known.
    """

    address: str
    type: str
    values: Mapping[str, Any]
    provider: str = ""
    problem: str = ""
    region: str = ""


def instances(data: Mapping[str, Any]) -> Iterator[Instance]:
    """Yield the managed resources of a state or a plan.

    Raises:
        SpecError: It is neither, or a version that is not known, or has no resources.
    """
    if "encrypted_data" in data:
        raise SpecError("the state is encrypted: 'tofu state pull' or 'tofu show -json' prints it as JSON")
    if "planned_values" in data or "values" in data or "format_version" in data:
        _check_format(data)
        yield from _shown(data)
        return
    version = data.get("version")
    if isinstance(data.get("backend"), Mapping):
        kind = data["backend"].get("type")
        raise SpecError(
            f"this file only says where the state is, in the backend {kind!r}: 'terraform state pull > state.json' "
            "brings the state"
        )
    if version is None and "resources" not in data:
        keys = "a template of CloudFormation" if "Resources" in data else "neither a state nor a plan of Terraform"
        raise SpecError(f"expected a state or a plan of Terraform, and this is {keys}")
    if version != FORMAT:
        raise SpecError(
            f"expected a state of the format {FORMAT}, got {_shown_version(version)}: 'terraform state pull' of "
            "Terraform 0.12 or newer writes it, or use the JSON of 'terraform show -json'"
        )
    yield from _of_state(data)


def _check_format(data: Mapping[str, Any]) -> None:
    version = data.get("format_version")
    if not isinstance(version, str) or version.split(".")[0] not in ("0", "1"):
        raise SpecError(f"expected 'terraform show -json' of the format 1, got {_shown_version(version)}")
    if not isinstance(data.get("planned_values", data.get("values")), Mapping):
        raise SpecError("the state is empty: it has no resources")


def _shown_version(version: object) -> str:
    return repr(version) if isinstance(version, int | float | str) and len(str(version)) < 20 else "no version"


# terraform.tfstate


def _of_state(data: Mapping[str, Any]) -> Iterator[Instance]:
    resources = data.get("resources")
    if not isinstance(resources, list):
        raise SpecError("expected a state of Terraform, with a list of resources")
    if not resources:
        raise SpecError("the state is empty: it has no resources")
    for number, resource in enumerate(resources):
        if not isinstance(resource, Mapping) or not isinstance(resource.get("type"), str):
            raise SpecError(f"expected a state of Terraform, and resources[{number}] is no resource of one")
        if resource.get("mode") != "managed":
            continue
        module = f"{resource['module']}." if resource.get("module") else ""
        base = f"{module}{resource['type']}.{resource.get('name', '')}"
        for instance in resource.get("instances") or ():
            if not isinstance(instance, Mapping):
                raise SpecError(f"expected a state of Terraform, and resources[{number}] has an instance that is none")
            yield _instance(resource, instance, base)


def _instance(resource: Mapping[str, Any], instance: Mapping[str, Any], base: str) -> Instance:
    address = base + _index(instance.get("index_key"))
    deposed = instance.get("deposed")
    problem = DEPOSED if deposed else ""
    if "attributes" not in instance:
        problem = problem or "has no attributes: it is of before Terraform 0.12; refresh the state"
    values = instance.get("attributes") or {}
    for path in instance.get("sensitive_attributes") or ():
        values = _hidden(values, _steps(path))
    provider = instance.get("provider") or resource.get("provider", "")  # OpenTofu: that of an instance
    return Instance(address, str(resource["type"]), values, str(provider), problem)


def _index(key: object) -> str:
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f'["{key}"]'


def _steps(path: object) -> list[Any]:
    """Return the steps of a path to a sensitive value: names of attributes, and indexes."""
    steps: list[Any] = []
    for step in path if isinstance(path, list) else [path]:
        value = step.get("value") if isinstance(step, Mapping) else step
        steps.append(value.get("value") if isinstance(value, Mapping) else value)
    return steps


def _hidden(values: Any, steps: Sequence[Any]) -> Any:
    """Return values without the one at a path. If it is not where the path says, all on the way to it is hidden."""
    if not steps:
        return SENSITIVE
    step, rest = steps[0], steps[1:]
    if isinstance(values, Mapping) and step in values:
        return {**values, step: _hidden(values[step], rest)}
    if isinstance(values, list) and isinstance(step, int) and 0 <= step < len(values):
        return [_hidden(item, rest) if number == step else item for number, item in enumerate(values)]
    return values if values in (None, [], {}) else SENSITIVE


# terraform show -json


def _shown(data: Mapping[str, Any]) -> Iterator[Instance]:
    values = data.get("planned_values", data.get("values"))
    root = values.get("root_module") if isinstance(values, Mapping) else None
    if not isinstance(root, Mapping) or not (root.get("resources") or root.get("child_modules")):
        raise SpecError("the state is empty: it has no resources")
    unknown, used = _unknown(data.get("resource_changes")), providers(data.get("configuration"))
    yield from _ending(data.get("resource_changes"), used)
    waiting: list[Any] = [root]
    while waiting:
        module = waiting.pop()
        if not isinstance(module, Mapping):
            raise SpecError("expected what 'terraform show -json' prints, and one of its modules is none")
        waiting += reversed(module.get("child_modules") or [])
        for resource in module.get("resources") or ():
            if not isinstance(resource, Mapping) or not isinstance(resource.get("type"), str):
                raise SpecError("expected what 'terraform show -json' prints, and one of its resources is none")
            if resource.get("mode") == "managed":
                yield _shown_instance(resource, unknown, used)


def _shown_instance(resource: Mapping[str, Any], unknown: Mapping[str, Any], used: Mapping[str, Provider]) -> Instance:
    address = str(resource.get("address", ""))
    values = _masked(resource.get("values") or {}, resource.get("sensitive_values"), SENSITIVE)
    values = _masked(values, unknown.get(address), UNKNOWN)
    problem = DEPOSED if resource.get("deposed_key") else ""
    provider = used.get(without_keys(address), Provider())
    return Instance(address, str(resource["type"]), values, provider.name, problem, provider.region)


def _ending(changes: object, used: Mapping[str, Provider]) -> Iterator[Instance]:
    """Yield what is there, and not in the planned values: the plan deletes it, or Terraform forgets it."""
    for item in changes if isinstance(changes, list) else ():
        if not isinstance(item, Mapping) or not isinstance(change := item.get("change"), Mapping):
            continue
        reason = ENDING.get(str(change.get("actions")))
        if reason is None or item.get("mode") != "managed" or item.get("deposed"):
            continue
        address, before = str(item.get("address", "")), change.get("before")
        arn = before.get("arn") if isinstance(before, Mapping) else None
        provider = used.get(without_keys(address), Provider())
        yield Instance(address, str(item.get("type")), {"arn": arn}, provider.name, reason, provider.region)


def _unknown(changes: object) -> dict[str, Any]:
    """Return what is known only after a plan is applied, by address, in the shape of the values."""
    unknown: dict[str, Any] = {}
    for change in changes if isinstance(changes, list) else ():
        if isinstance(change, Mapping) and isinstance(change.get("change"), Mapping):
            unknown[str(change.get("address"))] = change["change"].get("after_unknown")
    return unknown


def _masked(values: Any, mask: Any, absent: Absent) -> Any:
    """Return values with an ``Absent`` in each place where a mask of the same shape is true."""
    if mask is True:
        return absent
    if isinstance(mask, Mapping) and isinstance(values, Mapping | None):
        known = values or {}
        hidden = {name: _masked(known.get(name), part, absent) for name, part in mask.items()}
        changed = {name: value for name, value in hidden.items() if value is not None or name in known}
        return {**known, **changed} if values is not None or changed else None
    if isinstance(mask, list) and isinstance(values, list):
        return [
            _masked(item, mask[number] if number < len(mask) else None, absent) for number, item in enumerate(values)
        ]
    return values
