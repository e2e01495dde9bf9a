"""Replication rules for tests, in the form of AWS, and what somebody else makes of the configuration."""

from __future__ import annotations

from typing import Any

from ecrops.testing import Client

OWN, OTHER = "123456789012", "111122223333"


def rule(prefixes: list[str], to: list[str], **members: Any) -> dict[str, Any]:
    """A rule in the form of AWS."""
    filters = [{"filter": prefix, "filterType": "PREFIX_MATCH"} for prefix in prefixes]
    places = [(place.rpartition("/")[0] or OWN, place.rpartition("/")[2]) for place in to]
    destinations = [{"region": region, "registryId": account} for account, region in places]
    return {"destinations": destinations, **({"repositoryFilters": filters} if filters else {}), **members}


def put(ecr: Client, *rules: dict[str, Any]) -> None:
    """What somebody else makes of the configuration."""
    ecr.put_replication_configuration(replicationConfiguration={"rules": list(rules)})


def rules(ecr: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ecr.describe_registry()["replicationConfiguration"]["rules"]
    return found
