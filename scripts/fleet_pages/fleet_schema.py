"""The JSON Schema of a fleet file, made from the dataclasses: their type hints, and the texts of their docstrings."""

from __future__ import annotations

import re
import typing
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, Union

import boto3

import ecrops
from ecrops.access.grants import FIELDS as OF_GRANTS
from ecrops.events.event import Event
from ecrops.events.patterns.kinds import KINDS
from ecrops.fleet.defaults import OWN
from ecrops.lifecycle.guard import Guard
from ecrops.repositories.prefixes import Prefix
from fleet_forms import FIELDS, NAME, OPTIONS, PARTS, RULES, Schema, ref, text

ID = "https://raw.githubusercontent.com/ecrops/ecrops/main/ecrops/fleet/schema.json"
CLASSES = (
    ecrops.RepositorySpec,
    ecrops.LifecycleRule,
    Guard,
    ecrops.Grant,
    Event,
    ecrops.Target,
    ecrops.RegistrySpec,
    ecrops.ScanningConfiguration,
    ecrops.SigningRule,
    ecrops.ReplicationRule,
    ecrops.RepositoryCreationTemplate,
    ecrops.PullThroughCacheRule,
)
_NAMES = {cls.__name__: cls for cls in CLASSES} | {"boto3": boto3, "Grantee": Any, "Explanation": Any}
DEFAULTS = "The fields of repositories that do not say them. `tags` are merged, key by key."
REGISTRIES: Schema = {
    "type": ["array", "object"],
    "items": {"type": "object"},
    "description": "The registries that the fleet is for: a list of locations with the fields of `RegistryLocation`, "
    "or the keywords of `Registries.of`, such as `accounts`, `regions` and `role_name`.",
}
OVERRIDES = "Fields of repositories that are different at some registries, by account, region, name or `TAG=VALUE`."
WAVES = "Patterns of registries, wave by wave. A wave begins when the one before is done without a failure."
STRING: Schema = {"type": "string"}
_WORDS = {"``()``": "``[]``", "``None``": "``null``", "``True``": "``true``", "``False``": "``false``"}
_WHOLE = {"type", "$ref", "enum", "anyOf"}


def schema() -> Schema:
    """Return the schema of a fleet file."""
    definitions = {cls.__name__: _of_class(cls) for cls in CLASSES} | {name: dict(part) for name, part in PARTS.items()}
    definitions |= _events(definitions.pop("Event"))
    definitions |= _repositories(definitions.pop("RepositorySpec"))
    definitions["RegistrySpec"]["description"] = "The settings of the registry. What is left out is not managed."
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "A fleet file of ecrops",
        "description": "What the repositories of a registry of Amazon ECR, and the registry itself, should be like.",
        "type": "object",
        "properties": {
            "$schema": {"description": "The address of this schema, for editors."},
            "defaults": _nullable(ref("Defaults") | {"description": DEFAULTS}),
            "registry": _nullable(ref("RegistrySpec") | {"description": "The settings of the registry."}),
            "events": _nullable(
                {
                    "type": "array",
                    "items": ref("RegistryEvent"),
                    "description": "EventBridge rules on events of several repositories, as in `registry.events`.",
                }
            ),
            "repositories": {"type": "array", "items": ref("Repository"), "description": "The repositories."},
            "registries": _nullable(REGISTRIES),
            "overrides": _nullable({"type": "object", "description": OVERRIDES}),
            "waves": _nullable({"type": "array", "items": {"type": "array", "items": STRING}, "description": WAVES}),
        },
        "patternProperties": {"^x-": {"description": "Yours: ecrops ignores it."}},
        "additionalProperties": False,
        "anyOf": [
            {"required": ["repositories"]},
            {"required": ["defaults"], "properties": {"defaults": {"type": "object"}}},
            {"required": ["registry"], "properties": {"registry": {"type": "object"}}},
            {"required": ["events"], "properties": {"events": {"type": "array"}}},
            {"required": ["registries"], "properties": {"registries": {"type": ["array", "object"]}}},
            {"required": ["overrides"], "properties": {"overrides": {"type": "object"}}},
            {"required": ["waves"], "properties": {"waves": {"type": "array"}}},
        ],
        "$defs": dict(sorted(definitions.items())),
    }


def _of_class(cls: type[Any]) -> Schema:
    """Return the schema of a dataclass."""
    hints = typing.get_type_hints(cls, localns=_NAMES)
    texts = arguments(cls)
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for field in fields(cls):
        if field.name == "_" or (cls is ecrops.Grant and field.name not in OF_GRANTS):
            continue
        if field.default is MISSING and field.default_factory is MISSING:
            required.append(field.name)
        form = FIELDS.get(f"{cls.__name__}.{field.name}", {})
        hint = hints[field.name]
        part = dict(form) if form.keys() & _WHOLE else _of_hint(hint) | form
        if NoneType in typing.get_args(hint):
            part = _nullable(part)
        properties[field.name] = {**part, "description": form.get("description", texts[field.name])}
    summary = re.sub(r"\s+", " ", str(cls.__doc__).split("\n\n")[0])
    made: Schema = {"type": "object", "description": _markdown(summary), "properties": properties}
    made |= RULES.get(cls.__name__, {})
    return made | ({"required": required} if required else {}) | {"additionalProperties": False}


def _of_hint(hint: Any) -> Schema:
    """Return the schema of what a file has for a type hint, which may be ``None`` besides."""
    simple: Mapping[Any, Schema] = {
        str: {"type": "string"},
        bool: {"type": "boolean"},
        int: {"type": "integer"},
        float: {"type": "number"},
        Any: {},
        Prefix: {
            "type": "object",
            "properties": {"prefix": text("[a-z0-9][a-z0-9/._-]{0,255}")},
            "required": ["prefix"],
            "additionalProperties": False,
        },
    }
    if hint in simple:
        return simple[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return {"const": False} if inner == (False,) else {"enum": list(inner)}
    if origin in (Union, UnionType):
        return _of_union([part for part in inner if part is not NoneType])
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object"}
    if origin is not None and issubclass(origin, Sequence | Collection):
        return {"type": "array", "items": _of_hint(inner[0])}
    if is_dataclass(hint):
        return ref(hint.__name__)  # type: ignore[union-attr]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"enum": [str(member) for member in hint]}
    raise TypeError(f"no schema for {hint!r}")


def _of_union(parts: Iterable[Any]) -> Schema:
    """Return the schema of a union. An enumeration beside its names, and a mapping beside its class, are one."""
    members = [
        part for part in parts if part is not timedelta and not (isinstance(part, type) and issubclass(part, StrEnum))
    ]
    if any(is_dataclass(part) for part in members):
        members = [part for part in members if is_dataclass(part) or typing.get_origin(part) is Literal]
    made = [_of_hint(part) for part in members]
    return made[0] if len(made) == 1 else {"anyOf": made}


def _nullable(form: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    if "enum" in form:
        return {**form, "enum": [*form["enum"], None]}
    if isinstance(form.get("type"), str):
        return {**form, "type": [form["type"], "null"]}
    description = {"description": form["description"]} if "description" in form else {}
    bare = {name: part for name, part in form.items() if name != "description"}
    return {"anyOf": [*(bare["anyOf"] if bare.keys() == {"anyOf"} else [bare]), {"type": "null"}], **description}


def _repositories(spec: Schema) -> dict[str, Schema]:
    """Return the definitions of a repository, and of the defaults of repositories."""
    properties = spec["properties"]
    properties["verbatim"] = _nullable({**ref("Verbatim"), "description": PARTS["Verbatim"]["description"]})
    properties["unread"] = _nullable({**ref("Unread"), "description": PARTS["Unread"]["description"]})
    named = {"required": ["verbatim"], "properties": {"verbatim": {"type": "object", "required": ["name"]}}}
    defaults = {name: part for name, part in properties.items() if name not in OWN}
    del spec["required"]
    return {
        "Repository": {**spec, "anyOf": [{"required": ["name"]}, named]},
        "Defaults": {
            "type": "object",
            "description": DEFAULTS,
            "properties": defaults,
            "additionalProperties": False,
        },
    }


def _events(event: Schema) -> dict[str, Schema]:
    """Return the definitions of the events of a repository, and of those of the registry."""
    described = {"description": event["properties"]["repositories"]["description"]}
    kinds = [{"if": _kind(kind), "then": {"properties": {"options": _options(kind)}}} for kind in KINDS]
    one_repository = {"anyOf": [NAME, {"type": "array", "items": NAME, "minItems": 1}, {"type": "null"}]}
    several = {"anyOf": [{"type": "array", "items": NAME, "minItems": 2}, _of_hint(Prefix), {"type": "null"}]}

    def of(repositories: Schema, whose: str) -> Schema:
        properties = {**event["properties"], "repositories": repositories | described}
        return {
            **event,
            "description": f"An EventBridge rule on events of {whose}.",
            "properties": properties,
            "allOf": kinds,
        }

    return {
        "RepositoryEvent": of(one_repository, "the repository"),
        "RegistryEvent": of(several, "several repositories"),
    }


def _kind(kind: str) -> Schema:
    return {"required": ["kind"], "properties": {"kind": {"const": kind}}}


def _options(kind: str) -> Schema:
    names = KINDS[kind].options
    return {"properties": {name: OPTIONS[name] for name in names}, "additionalProperties": False}


def arguments(cls: type[Any]) -> dict[str, str]:
    """Return the texts of the arguments of a class, from its docstring."""
    section = re.search(r"\n    Args:\n(.*?)(?:\n\n|\Z)", str(cls.__doc__), re.S)
    parts = re.split(r"^        (\w+): ", section[1] if section else "", flags=re.M)[1:]
    return {
        name: _markdown(re.sub(r"\s+", " ", text).strip()) for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


def _markdown(text: str) -> str:
    for of_python, of_files in _WORDS.items():
        text = text.replace(of_python, of_files)
    return text.replace("``", "`")
