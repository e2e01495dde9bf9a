"""What is in the settings of a registry, and what other writers do to them. ``settings`` has the table.

The texts of a setting are what is in it, each as the text of the part of a difference that it is. A write of others is
a function of a client and a number. It first reads what it needs, and returns what writes it: a slow writer writes from
an older reading.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from ecrops.testing import Client, Cloud

PLACE = f"eu-west-1:{Cloud.account}"


def text_of(*members: Any) -> str:
    return json.dumps(members)


# Scanning


def scanning(cloud: Cloud) -> Iterator[str]:
    configuration = cloud.emulator.settings.picture()["scanning"]
    yield text_of("type", configuration["scanType"])
    for rule in configuration["rules"]:
        yield from (text_of(rule["scanFrequency"], each["filter"]) for each in rule["repositoryFilters"])


def filters_of(names: Sequence[str]) -> list[dict[str, Any]]:
    filters = [{"filter": name, "filterType": "WILDCARD"} for name in names]
    return [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": filters}] if filters else []


def scan(client: Client, number: int, *, keeps: bool) -> Callable[[], object]:
    found = client.get_registry_scanning_configuration()["scanningConfiguration"]
    kept = [each["filter"] for rule in found["rules"] for each in rule["repositoryFilters"]] if keeps else []
    kind = "ENHANCED" if number % 2 else "BASIC"
    rules = filters_of([*dict.fromkeys(kept), f"their{number}"])
    return lambda: client.put_registry_scanning_configuration(scanType=kind, rules=rules)


# Replication


def replication(cloud: Cloud) -> Iterator[str]:
    for rule in cloud.emulator.settings.picture()["replication"]["rules"]:
        filters = [["PREFIX_MATCH", each["filter"]] for each in rule.get("repositoryFilters", ())]
        for to in rule["destinations"]:
            yield text_of("to", filters, to["region"], to["registryId"], False)[:-1]


def replicate(client: Client, number: int, *, keeps: bool) -> Callable[[], object]:
    found = client.describe_registry()["replicationConfiguration"]["rules"] if keeps else []
    filters = [{"filter": f"their{number}", "filterType": "PREFIX_MATCH"}]
    rule = {
        "destinations": [{"region": "us-east-1", "registryId": Cloud.account}],
        "repositoryFilters": filters,
    }
    others = [each for each in found if each.get("repositoryFilters") != filters]
    return lambda: client.put_replication_configuration(replicationConfiguration={"rules": [*others, rule]})


# Signing


def profile(name: str) -> str:
    return f"arn:aws:signer:{PLACE}:/signing-profiles/{name}"


def signing(cloud: Cloud) -> Iterator[str]:
    for rule in (cloud.emulator.settings.picture()["signing"] or {"rules": ()})["rules"]:
        yield f'["{rule["signingProfileArn"]}"'


def sign(client: Client, number: int, *, keeps: bool) -> Callable[[], object]:
    try:
        found = client.get_signing_configuration()["signingConfiguration"]["rules"] if keeps else []
    except client.exceptions.SigningConfigurationNotFoundException:
        found = []
    rule = {"signingProfileArn": profile(f"their{number}")}
    others = [each for each in found if each["signingProfileArn"] != rule["signingProfileArn"]]
    return lambda: client.put_signing_configuration(signingConfiguration={"rules": [*others, rule]})


# The registry policy


def statement_of(sid: str) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "ecr:ReplicateImage",
        "Resource": f"arn:aws:ecr:{PLACE}:repository/*",
    }


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def policy(cloud: Cloud) -> Iterator[str]:
    for statement in (cloud.emulator.settings.picture()["policy"] or {"Statement": ()})["Statement"]:
        yield f'"Sid": "{statement["Sid"]}"'


def say(client: Client, number: int, *, keeps: bool) -> Callable[[], object]:
    try:
        found = json.loads(client.get_registry_policy()["policyText"])["Statement"] if keeps else []
    except client.exceptions.RegistryPolicyNotFoundException:
        found = []
    others = [each for each in found if each["Sid"] != f"Their{number}"]
    text = json.dumps(document(*others, statement_of(f"Their{number}")))
    return lambda: client.put_registry_policy(policyText=text)


# Pull-time exclusions


def role(name: str) -> str:
    return f"arn:aws:iam::{Cloud.account}:role/{name}"


def exclusions(cloud: Cloud) -> Iterator[str]:
    yield from (text_of(arn) for arn in cloud.emulator.settings.picture()["exclusions"])


def exclude(client: Client, number: int, *, removes: bool) -> Callable[[], object]:
    if removes:
        return partial(client.deregister_pull_time_update_exclusion, principalArn=role("ours"))
    return partial(client.register_pull_time_update_exclusion, principalArn=role(f"their{number}"))


# Creation templates


def templates(cloud: Cloud) -> Iterator[str]:
    for prefix, template in cloud.emulator.caches.picture()["templates"].items():
        yield text_of(prefix, "applied_for", sorted(template["appliedFor"]))
        yield text_of(prefix, "description", template.get("description", ""))
        yield text_of(prefix, "tags", {tag["Key"]: tag["Value"] for tag in template.get("resourceTags", ())})


def write_template(
    client: Client, number: int, *, prefix: str = "", is_new: bool = False, removes: bool = False
) -> Callable[[], object]:
    name = prefix or f"their{number}"
    delete = partial(client.delete_repository_creation_template, prefix=name)
    if removes:
        return delete
    members = {"prefix": name, "description": f"their{number}", "appliedFor": ["REPLICATION"]}
    if not is_new:
        return partial(client.update_repository_creation_template, prefix=name, description=f"their{number}")
    create = partial(client.create_repository_creation_template, **members)
    return partial(_anew, client, delete, create) if prefix else create


def _anew(client: Client, delete: Callable[[], object], create: Callable[[], object]) -> None:
    """Make something again, whether it is there or not."""
    with suppress(client.exceptions.ClientError):
        delete()
    create()


# Pull-through cache rules


def rules(cloud: Cloud) -> Iterator[str]:
    for prefix, rule in cloud.emulator.caches.picture()["rules"].items():
        yield text_of(prefix, "upstream", rule["upstreamRegistryUrl"])


def write_rule(client: Client, number: int, *, prefix: str = "", removes: bool = False) -> Callable[[], object]:
    name = prefix or f"their{number}"
    delete = partial(client.delete_pull_through_cache_rule, ecrRepositoryPrefix=name)
    if removes:
        return delete
    upstream = ("registry.k8s.io", "public.ecr.aws", "quay.io")[number % 3]
    create = partial(client.create_pull_through_cache_rule, ecrRepositoryPrefix=name, upstreamRegistryUrl=upstream)
    return partial(_anew, client, delete, create) if prefix else create


def begin(cloud: Cloud) -> None:
    """Put into every setting what was there before: something of ours to be, and something of others."""
    client = cloud.client("ecr")
    client.put_registry_scanning_configuration(scanType="ENHANCED", rules=filters_of(["before", "kept"]))
    rules = [
        {
            "destinations": [{"region": "us-east-1", "registryId": Cloud.account}],
            "repositoryFilters": [{"filter": name, "filterType": "PREFIX_MATCH"}],
        }
        for name in ("before", "kept")
    ]
    client.put_replication_configuration(replicationConfiguration={"rules": rules})
    profiles = [{"signingProfileArn": profile(name)} for name in ("before", "kept")]
    client.put_signing_configuration(signingConfiguration={"rules": profiles})
    client.put_registry_policy(policyText=json.dumps(document(statement_of("Before"), statement_of("Kept"))))
    for name in ("before", "kept"):
        client.register_pull_time_update_exclusion(principalArn=role(name))
        client.create_repository_creation_template(prefix=name, appliedFor=["REPLICATION"], description=name)
        client.create_pull_through_cache_rule(ecrRepositoryPrefix=name, upstreamRegistryUrl="registry.k8s.io")
