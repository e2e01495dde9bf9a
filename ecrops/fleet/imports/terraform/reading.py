"""Terraform: a state, or the JSON of ``terraform show`` of a state or a plan, as specs.

It finds the managed resources of all modules, with their addresses. The account and region that each is in are in
``places``; what their attributes mean is in ``ecr``, ``iam`` and ``events``. OpenTofu has the same formats.

Sources: https://developer.hashicorp.com/terraform/internals/json-format, and the states that Terraform 1.x writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecrops.errors import SpecError
from ecrops.fleet.imports.building import Builder
from ecrops.fleet.imports.imported import Imported
from ecrops.fleet.imports.properties import Properties
from ecrops.fleet.imports.terraform import ecr, iam
from ecrops.fleet.imports.terraform import events as rules
from ecrops.fleet.imports.terraform.places import KINDS, elsewhere, is_elsewhere, place_of, placed, untold
from ecrops.fleet.imports.terraform.states import Instance, instances

_SHOW = "terraform show -json"
_NAMES_ECR = re.compile(r'"ecr(-public)?:|"aws\.ecr"', re.IGNORECASE)


def from_terraform(
    data: str | bytes | Mapping[str, Any] | Path,
    *,
    account: str | None = None,
    region: str | None = None,
    grants: bool = False,
    events: bool = False,
) -> Imported:
    """Return what a state or a plan of Terraform says of ECR.

    Values that the state marks as sensitive are never used, nor shown.

    Args:
        data: The JSON of ``terraform state pull``, or of ``terraform show -json`` of a state or a plan: its text, its
            value, or the path of a file with it.
        account: The account to import, if the file has several.
        region: The region to import, if the file has several.
        grants: Whether grants in policies of IAM are carried over. ecrops writes them again, into policies of its own.
        events: Whether EventBridge rules on events of ECR are carried over. ecrops tags those that it looks after.

    Returns:
        The specs, and what was not carried over.

    Raises:
        SpecError: The file is no state or plan, or has nothing of ECR, or of several accounts or regions.

    Example:
        >>> state = {"version": 4, "resources": [{"mode": "managed", "type": "aws_ecr_repository", "name": "api",
        ...     "instances": [{"attributes": {"name": "team/api", "image_tag_mutability": "IMMUTABLE"}}]}]}
        >>> print(from_terraform(state).specs[0])
        RepositorySpec(name='team/api', image_tag_mutability='IMMUTABLE')
    """
    resources = placed(list(instances(_value(data))))
    if not any(item.is_ours for item in resources):
        raise SpecError(f"none of the {len(resources)} resources is of ECR: is it the file of the right workspace?")
    place = place_of(resources, account, region)
    unknown = {id(item): reason for item, reason in untold(resources, place)}
    builder = Builder(place, grants, events)
    here: list[tuple[Instance, Properties]] = []
    for item in resources:
        if is_elsewhere(item, place) or id(item) in unknown:
            if _is_about_ecr(item.instance):
                builder.leave(item.instance.address, "", unknown.get(id(item)) or elsewhere(item))
            continue
        here.append((item.instance, Properties(item.instance.address, item.instance.values)))
    for part in (ecr, iam, rules):  # grants and events are about repositories
        part.carry(builder, here)
    return builder.build()


# The file


def _value(data: object) -> Any:
    """Return the value of the file. No message shows what is in it: a state has secrets."""
    if isinstance(data, Path):
        data = data.read_bytes()
    if isinstance(data, Mapping):
        return data
    if not isinstance(data, str | bytes):
        raise SpecError(f"expected the JSON of a state or a plan, got a value of type {type(data).__name__}")
    if data[:2] in ("PK", b"PK"):
        raise SpecError(f"expected JSON, got a plan file, which only Terraform can read: {_SHOW} PLAN > plan.json")
    try:
        value = json.loads(data)
    except RecursionError:
        raise SpecError("expected the JSON of a state or a plan, got something too deep") from None
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        way_out = f"'terraform state pull' and '{_SHOW}' print it; a path is given as Path(...)"
        raise SpecError(f"expected the JSON of a state or a plan, and line {line} is no JSON: {way_out}") from None
    if not isinstance(value, Mapping):
        raise SpecError(f"expected the JSON of a state or a plan, got a value of type {type(value).__name__}")
    return value


def _is_about_ecr(item: Instance) -> bool:
    """Whether a resource is of ECR, or a policy or a rule that names it."""
    texts = (item.values.get("policy"), item.values.get("event_pattern"))
    return item.type.startswith(KINDS) or any(isinstance(text, str) and _NAMES_ECR.search(text) for text in texts)
