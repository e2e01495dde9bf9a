"""Parts of resources that Terraform and CloudFormation have in the same shape, as the fields of specs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecrops.fleet.imports.building import Place
from ecrops.fleet.imports.properties import Properties

Filters = Sequence[str]
DELETION = "ecrops has no such setting: registry.repository(name).delete(empty_on_delete=True) deletes with all images"
FREQUENCIES = {"CONTINUOUS_SCAN": "continuous_scan", "SCAN_ON_PUSH": "scan_on_push"}


def filters(blocks: Iterable[Properties], kind: str, names: tuple[str, str] = ("filter", "filter_type")) -> list[str]:
    """Return the filters in blocks. One of another type than the only one that there is is listed.

    Args:
        blocks: The blocks.
        kind: The type.
        names: The names of the filter and its type.
    """
    wildcards = []
    for block in blocks:
        wildcard, filter_type = block.text(names[0]), block.text(names[1])
        if filter_type not in (None, kind):
            block.leave(names[1], f"ecrops knows filters of the type {kind} alone, and this one is of another")
        elif wildcard is not None:
            wildcards.append(wildcard)
    return wildcards


def scanning(kind: str | None, rules: Iterable[tuple[str | None, Filters]]) -> dict[str, Any]:
    """Return a scanning configuration from its rules: the frequency and the filters of each."""
    value: dict[str, Any] = {} if kind is None else {"scan_type": kind}
    for frequency, wildcards in rules:
        if not frequency or not wildcards:
            continue
        if frequency in FREQUENCIES:
            value[FREQUENCIES[frequency]] = [*value.get(FREQUENCIES[frequency], ()), *wildcards]
        else:
            frequencies = value.setdefault("other_frequencies", {})
            frequencies[frequency] = [*frequencies.get(frequency, ()), *wildcards]
    return value


def replication_rule(
    place: Place, destinations: Iterable[tuple[str | None, str | None]], prefixes: Filters
) -> dict[str, Any]:
    """Return a rule of replication from its destinations, the region and the account of each."""
    to = [
        region if account in (None, "", place.account) else f"{account}/{region}"
        for region, account in destinations
        if region
    ]
    return {**({"prefix": list(prefixes)} if prefixes else {}), "to": to}


def signing_rule(profile: str | None, wildcards: Filters) -> dict[str, Any]:
    """Return a rule of signing; without filters it is for all repositories."""
    return {"profile_arn": profile, **({"repositories": wildcards} if wildcards else {})}


def catalog(block: Properties, texts: Mapping[str, str], lists: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the catalog data of a public repository; ``None`` if it has none.

    Args:
        block: The block with the catalog data.
        texts: The property of each field that is a text.
        lists: The property of each field that is a list of texts.
    """
    values: dict[str, Any] = {field: block.text(name) for field, name in texts.items()}
    values |= {field: block.texts(name) or None for field, name in lists.items()}
    return {field: value for field, value in values.items() if value is not None} or None


def rules_of(properties: Properties, name: str) -> list[Any] | None:
    """Return the rules of a lifecycle policy, each as a ``LifecycleRule`` where that says the same, as export writes.

    ``None`` if there is none, or none that can be used, which is listed.
    """
    from ecrops.lifecycle.policy.rule import LifecycleRule

    document = properties.document(name)
    if document is None:
        return None
    rules = document.get("rules")
    members = sorted(key for key in document if key != "rules")
    if members:
        properties.leave(
            name, f"ECR knows the rules of a lifecycle policy alone, and this one has {', '.join(members)}"
        )
    if isinstance(rules, list):
        return [LifecycleRule.from_ecr(rule) if isinstance(rule, dict) else rule for rule in rules]
    properties.leave(name, "expected a lifecycle policy with a list of rules")
    return None
