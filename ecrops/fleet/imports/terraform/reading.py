"""Terraform: a state, or the JSON of ``terraform show`` of a state or a plan, as specs.

It finds the managed resources of all modules, with their addresses, and the account and region that each is in. What
their attributes mean is in ``ecr``, ``iam`` and ``events``. OpenTofu has the same formats.

Sources: https://developer.hashicorp.com/terraform/internals/json-format, and the states that Terraform 1.x writes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecrops.aws import Arn
from ecrops.errors import SpecError
from ecrops.fleet.imports.building import Builder, Place
from ecrops.fleet.imports.imported import Imported
from ecrops.fleet.imports.properties import Properties
from ecrops.fleet.imports.terraform import ecr, iam
from ecrops.fleet.imports.terraform import events as rules
from ecrops.fleet.imports.terraform.states import Instance, instances

KINDS = ("aws_ecr_", "aws_ecrpublic_")
_SHOW = "terraform show -json"
_NAMES_ECR = re.compile(r'"ecr(-public)?:|"aws\.ecr"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Found:
    """A resource, and where it is as far as it tells."""

    instance: Instance
    account: str
    region: str


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
    found = _placed(list(instances(_value(data))))
    if not any(item.instance.type.startswith(KINDS) for item in found):
        raise SpecError(f"none of the {len(found)} resources is of ECR: is it the file of the right workspace?")
    place = _place(found, account, region)
    builder = Builder(place, grants, events)
    here: list[tuple[Instance, Properties]] = []
    for item in found:
        if _is_elsewhere(item, place):
            if _is_about_ecr(item.instance):
                builder.leave(item.instance.address, "", _elsewhere(item))
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


# Accounts and regions


def _placed(found: Sequence[Instance]) -> list[_Found]:
    """Return resources with their account and region: by themselves, or as others of the same provider have them."""
    own = [(item, *_own_place(item)) for item in found]
    by_provider: dict[tuple[str, int], Counter[str]] = {}
    for item, *place in own:
        for part, value in enumerate(place):
            if value and item.provider:
                by_provider.setdefault((item.provider, part), Counter())[value] += 1

    def of_provider(item: Instance, part: int) -> str:
        known = by_provider.get((item.provider, part), Counter())
        return next(iter(known)) if len(known) == 1 else ""

    return [_Found(item, a or of_provider(item, 0), r or of_provider(item, 1)) for item, a, r in own]


def _own_place(item: Instance) -> tuple[str, str]:
    """Return the account and region that a resource tells by itself; empty if it does not."""
    values = item.values
    arn = _parsed(values.get("arn"))
    region = values.get("region")
    account = values.get("registry_id")
    is_public = item.type.startswith("aws_ecrpublic_")  # in us-east-1, whatever the region of the others
    return (
        arn.account if arn else account if isinstance(account, str) else "",
        "" if is_public else arn.region if arn else region if isinstance(region, str) else "",
    )


def _parsed(text: object) -> Arn | None:
    try:
        return Arn.parse(text) if isinstance(text, str) else None
    except SpecError:
        return None


def _place(found: Sequence[_Found], account: str | None, region: str | None) -> Place:
    """Return the one account and region of the file.

    Raises:
        SpecError: There are several, or none is the one that is asked for.
    """
    ours = [item for item in found if item.instance.type.startswith(KINDS)]
    accounts = Counter(item.account for item in ours if item.account)
    regions = Counter(item.region for item in ours if item.region and account in (None, item.account or account))
    chosen = _one("account", accounts, account)
    partitions = [arn.partition for item in ours if (arn := _parsed(item.instance.values.get("arn")))]
    place = Place()
    return Place(
        chosen or place.account, _one("region", regions, region) or place.region, next(iter(partitions), "aws")
    )


def _one(what: str, known: Counter[str], chosen: str | None) -> str:
    names = ", ".join(f"{name} ({count})" for name, count in sorted(known.items()))
    if chosen is None and len(known) > 1:
        raise SpecError(f"the resources are of several {what}s, {names}: choose one with {what}={min(known)!r}")
    if chosen is not None and known and chosen not in known:
        raise SpecError(f"{what}: no resource of ECR is of {chosen!r}, but of {names}")
    return chosen or next(iter(known), "")


def _is_elsewhere(item: _Found, place: Place) -> bool:
    has_region = not item.instance.type.startswith(("aws_iam_", "aws_ecrpublic_"))
    is_other_region = has_region and bool(item.region) and item.region != place.region
    return is_other_region or (bool(item.account) and item.account != place.account)


def _is_about_ecr(item: Instance) -> bool:
    """Whether a resource is of ECR, or a policy or a rule that names it."""
    texts = (item.values.get("policy"), item.values.get("event_pattern"))
    return item.type.startswith(KINDS) or any(isinstance(text, str) and _NAMES_ECR.search(text) for text in texts)


def _elsewhere(item: _Found) -> str:
    where = f"account={item.account!r}, region={item.region!r}"
    return f"is in another account or region: import it by itself, with {where}"
