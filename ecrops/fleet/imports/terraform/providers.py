"""Which provider each resource of a plan has, by the configuration in the plan. Pure.

Called by ``states``: a state names the provider of each resource, and the planned values of a plan do not.

Source: https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_KEY = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


class Provider(NamedTuple):
    """A configuration of a provider.

    Args:
        name: Its key in the plan, such as ``aws.west``; empty if it is not known.
        region: Its region; empty if the configuration does not say it as a text.
    """

    name: str = ""
    region: str = ""


def without_keys(address: str) -> str:
    """Return the address of the block of a resource: without the keys of ``count`` and ``for_each``.

    Example:
        >>> without_keys('module.a["x.y"].aws_ecr_repository.b[0]')
        'module.a.aws_ecr_repository.b'
    """
    return _KEY.sub("", address)


def providers(configuration: object) -> dict[str, Provider]:
    """Return the provider of each resource, by the address of its block."""
    parts = _mapping(configuration)
    regions = {key: _region(_mapping(value)) for key, value in _mapping(parts.get("provider_config")).items()}
    return {
        address: Provider(name, regions.get(name, ""))
        for address, name in _names(_mapping(parts.get("root_module")), "")
    }


def _names(module: Mapping[str, Any], start: str) -> Iterator[tuple[str, str]]:
    for resource in _list(module.get("resources")):
        yield f"{start}{resource.get('address', '')}", str(resource.get("provider_config_key", ""))
    for name, call in _mapping(module.get("module_calls")).items():
        yield from _names(_mapping(_mapping(call).get("module")), f"{start}module.{name}.")


def _region(provider: Mapping[str, Any]) -> str:
    value = _mapping(_mapping(provider.get("expressions")).get("region")).get("constant_value")
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
