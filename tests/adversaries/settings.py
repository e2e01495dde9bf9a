"""The settings of a registry, one entry each: what is in them, what is wanted of them, and what others write.

A new setting is one entry of ``SETTINGS``. A write of others is a function of a client and a number. It first reads
what it needs, and returns what writes it: a slow writer writes from an older reading.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from ecrops import Plan, PullThroughCacheRule, Registry
from ecrops.registry_settings import (
    RegistrySpec,
    ReplicationRule,
    RepositoryCreationTemplate,
    ScanningConfiguration,
    SigningRule,
)
from emulator import Client, Cloud

from .cells import Cell, View

PLACE = f"eu-west-1:{Cloud.account}"
Act = Callable[[Registry], Plan]
Write = Callable[[Client, int], Callable[[], object]]


class Setting(NamedTuple):
    """A setting of a registry.

    Args:
        owner: Its owner: the key of its aspect.
        reads: The operation that reads it.
        writes: The other operations about it.
        texts: Returns what is in it, each as the text of the part of a difference that it is.
        acts: What is wanted of it.
        others: What other writers do to it.
    """

    owner: str
    reads: str
    writes: Sequence[str]
    texts: Callable[[Cloud], Iterator[str]]
    acts: Mapping[str, Act]
    others: Mapping[str, Write]


def _text(*members: Any) -> str:
    return json.dumps(members)


# Scanning


def _scanning(cloud: Cloud) -> Iterator[str]:
    configuration = cloud.emulator.settings.picture()["scanning"]
    yield _text("type", configuration["scanType"])
    for rule in configuration["rules"]:
        yield from (_text(rule["scanFrequency"], each["filter"]) for each in rule["repositoryFilters"])


def _filters(names: Sequence[str]) -> list[dict[str, Any]]:
    filters = [{"filter": name, "filterType": "WILDCARD"} for name in names]
    return [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": filters}] if filters else []


def _scan(client: Client, number: int, *, keeps: bool) -> Callable[[], object]:
    found = client.get_registry_scanning_configuration()["scanningConfiguration"]
    kept = [each["filter"] for rule in found["rules"] for each in rule["repositoryFilters"]] if keeps else []
    kind = "ENHANCED" if number % 2 else "BASIC"
    rules = _filters([*dict.fromkeys(kept), f"their{number}"])
    return lambda: client.put_registry_scanning_configuration(scanType=kind, rules=rules)


# Replication


def _replication(cloud: Cloud) -> Iterator[str]:
    for rule in cloud.emulator.settings.picture()["replication"]["rules"]:
        filters = [["PREFIX_MATCH", each["filter"]] for each in rule.get("repositoryFilters", ())]
        for to in rule["destinations"]:
            yield _text("to", filters, to["region"], to["registryId"], False)[:-1]


def _replicate(client: Client, number: int, *, keeps: bool) -> Callable[[], object]:
    found = client.describe_registry()["replicationConfiguration"]["rules"] if keeps else []
    filters = [{"filter": f"their{number}", "filterType": "PREFIX_MATCH"}]
    rule = {
        "destinations": [{"region": "us-east-1", "registryId": Cloud.account}],
        "repositoryFilters": filters,
    }
    others = [each for each in found if each.get("repositoryFilters") != filters]
    return lambda: client.put_replication_configuration(replicationConfiguration={"rules": [*others, rule]})


# Signing


def _profile(name: str) -> str:
    return f"arn:aws:signer:{PLACE}:/signing-profiles/{name}"


def _signing(cloud: Cloud) -> Iterator[str]:
    for rule in (cloud.emulator.settings.picture()["signing"] or {"rules": ()})["rules"]:
        yield f'["{rule["signingProfileArn"]}"'


def _sign(client: Client, number: int, *, keeps: bool) -> Callable[[], object]:
    try:
        found = client.get_signing_configuration()["signingConfiguration"]["rules"] if keeps else []
    except client.exceptions.SigningConfigurationNotFoundException:
        found = []
    rule = {"signingProfileArn": _profile(f"their{number}")}
    others = [each for each in found if each["signingProfileArn"] != rule["signingProfileArn"]]
    return lambda: client.put_signing_configuration(signingConfiguration={"rules": [*others, rule]})


# The registry policy


def _statement(sid: str) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "ecr:ReplicateImage",
        "Resource": f"arn:aws:ecr:{PLACE}:repository/*",
    }


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _policy(cloud: Cloud) -> Iterator[str]:
    for statement in (cloud.emulator.settings.picture()["policy"] or {"Statement": ()})["Statement"]:
        yield f'"Sid": "{statement["Sid"]}"'


def _say(client: Client, number: int, *, keeps: bool) -> Callable[[], object]:
    try:
        found = json.loads(client.get_registry_policy()["policyText"])["Statement"] if keeps else []
    except client.exceptions.RegistryPolicyNotFoundException:
        found = []
    others = [each for each in found if each["Sid"] != f"Their{number}"]
    text = json.dumps(_document(*others, _statement(f"Their{number}")))
    return lambda: client.put_registry_policy(policyText=text)


# Pull-time exclusions


def _role(name: str) -> str:
    return f"arn:aws:iam::{Cloud.account}:role/{name}"


def _exclusions(cloud: Cloud) -> Iterator[str]:
    yield from (_text(arn) for arn in cloud.emulator.settings.picture()["exclusions"])


def _exclude(client: Client, number: int, *, removes: bool) -> Callable[[], object]:
    if removes:
        return partial(client.deregister_pull_time_update_exclusion, principalArn=_role("ours"))
    return partial(client.register_pull_time_update_exclusion, principalArn=_role(f"their{number}"))


# Creation templates


def _templates(cloud: Cloud) -> Iterator[str]:
    for prefix, template in cloud.emulator.caches.picture()["templates"].items():
        yield _text(prefix, "applied_for", sorted(template["appliedFor"]))
        yield _text(prefix, "description", template.get("description", ""))
        yield _text(prefix, "tags", {tag["Key"]: tag["Value"] for tag in template.get("resourceTags", ())})


def _template(
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
    return _anew(client, delete, create) if prefix else create


def _anew(client: Client, delete: Callable[[], object], create: Callable[[], object]) -> Callable[[], object]:
    """Delete what may be there, and make it again."""

    def call() -> object:
        with suppress(client.exceptions.ClientError):
            delete()
        return create()

    return call


OURS = RepositoryCreationTemplate("ours", applied_for=["CREATE_ON_PUSH"], description="ours")

# Pull-through cache rules


def _rules(cloud: Cloud) -> Iterator[str]:
    for prefix, rule in cloud.emulator.caches.picture()["rules"].items():
        yield _text(prefix, "upstream", rule["upstreamRegistryUrl"])


def _rule(client: Client, number: int, *, prefix: str = "", removes: bool = False) -> Callable[[], object]:
    name = prefix or f"their{number}"
    delete = partial(client.delete_pull_through_cache_rule, ecrRepositoryPrefix=name)
    if removes:
        return delete
    upstream = ("registry.k8s.io", "public.ecr.aws", "quay.io")[number % 3]
    create = partial(client.create_pull_through_cache_rule, ecrRepositoryPrefix=name, upstreamRegistryUrl=upstream)
    return _anew(client, delete, create) if prefix else create


def _whole(write: Callable[..., Callable[[], object]]) -> dict[str, Write]:
    return {"adds": partial(write, keeps=True), "replaces": partial(write, keeps=False)}


SETTINGS = {
    "scanning": Setting(
        "scanning configuration",
        "GetRegistryScanningConfiguration",
        ["PutRegistryScanningConfiguration"],
        _scanning,
        {
            "exact": lambda registry: registry.ensure(
                RegistrySpec(scanning=ScanningConfiguration("ENHANCED", continuous_scan=["ours"]))
            ),
            "add": lambda registry: registry.scanning.add(scan_on_push=["ours"]),
            "remove": lambda registry: registry.scanning.remove(scan_on_push=["before"]),
        },
        _whole(_scan),
    ),
    "replication": Setting(
        "replication configuration",
        "DescribeRegistry",
        ["PutReplicationConfiguration"],
        _replication,
        {
            "exact": lambda registry: registry.ensure(
                RegistrySpec(replication=[ReplicationRule(prefix="ours", to=["eu-central-1"])])
            ),
            "add": lambda registry: registry.replication.add(prefix="ours", to=["eu-central-1"]),
            "remove": lambda registry: registry.replication.remove(prefix="before"),
        },
        _whole(_replicate),
    ),
    "signing": Setting(
        "signing configuration",
        "GetSigningConfiguration",
        ["PutSigningConfiguration", "DeleteSigningConfiguration"],
        _signing,
        {
            "exact": lambda registry: registry.ensure(RegistrySpec(signing=[SigningRule(_profile("ours"))])),
            "none": lambda registry: registry.ensure(RegistrySpec(signing=[])),
            "add": lambda registry: registry.signing.add(_profile("ours")),
            "remove": lambda registry: registry.signing.remove(_profile("before")),
        },
        _whole(_sign),
    ),
    "registry policy": Setting(
        "registry policy",
        "GetRegistryPolicy",
        ["PutRegistryPolicy", "DeleteRegistryPolicy"],
        _policy,
        {
            "exact": lambda registry: registry.ensure(RegistrySpec(registry_policy=_document(_statement("Ours")))),
            "none": lambda registry: registry.ensure(RegistrySpec(registry_policy={})),
            "add": lambda registry: registry.registry_policy.add(_statement("Ours")),
            "remove": lambda registry: registry.registry_policy.remove("Before"),
        },
        _whole(_say),
    ),
    "exclusions": Setting(
        "pull-time exclusions",
        "ListPullTimeUpdateExclusions",
        ["RegisterPullTimeUpdateExclusion", "DeregisterPullTimeUpdateExclusion"],
        _exclusions,
        {
            "exact": lambda registry: registry.ensure(RegistrySpec(pull_time_exclusions=[_role("ours")])),
            "none": lambda registry: registry.ensure(RegistrySpec(pull_time_exclusions=[])),
            "add": lambda registry: registry.pull_time_exclusions.add(_role("ours")),
            "remove": lambda registry: registry.pull_time_exclusions.remove(_role("before")),
        },
        {"adds": partial(_exclude, removes=False), "removes ours": partial(_exclude, removes=True)},
    ),
    "templates": Setting(
        "creation templates",
        "DescribeRepositoryCreationTemplates",
        [f"{verb}RepositoryCreationTemplate" for verb in ("Create", "Update", "Delete")],
        _templates,
        {
            "exact": lambda registry: registry.ensure(RegistrySpec(creation_templates=[OURS])),
            "add": lambda registry: registry.creation_templates.add("ours", applied_for=["CREATE_ON_PUSH"]),
            "update": lambda registry: registry.creation_templates.add("before", applied_for=["CREATE_ON_PUSH"]),
            "remove": lambda registry: registry.creation_templates.remove("before", "ours"),
        },
        {
            "adds": partial(_template, is_new=True),
            **{
                f"{does} {prefix}": partial(_template, prefix=prefix, is_new=is_new, removes=removes)
                for prefix in ("ours", "before")
                for does, is_new, removes in (
                    ("changes", False, False),
                    ("remakes", True, False),
                    ("drops", False, True),
                )
            },
        },
    ),
    "caches": Setting(
        "pull-through cache",
        "DescribePullThroughCacheRules",
        [f"{verb}PullThroughCacheRule" for verb in ("Create", "Update", "Delete", "Validate")],
        _rules,
        {
            "exact": lambda registry: registry.ensure(
                RegistrySpec(pull_through_cache=[PullThroughCacheRule("ours", "quay.io")])
            ),
            "add": lambda registry: registry.pull_through_cache.add("ours", "quay.io"),
            "remove": lambda registry: registry.pull_through_cache.remove("before", "ours"),
        },
        {
            "adds": _rule,
            **{
                f"{does} {prefix}": partial(_rule, prefix=prefix, removes=removes)
                for prefix in ("ours", "before")
                for does, removes in (("remakes", False), ("drops", True))
            },
        },
    ),
}
"""All settings that others write too. Account settings are not: each is one value, which is written whole."""


def begin(cloud: Cloud) -> None:
    """Put into every setting what was there before: something of ours to be, and something of others."""
    client = cloud.client("ecr")
    client.put_registry_scanning_configuration(scanType="ENHANCED", rules=_filters(["before", "kept"]))
    rules = [
        {
            "destinations": [{"region": "us-east-1", "registryId": Cloud.account}],
            "repositoryFilters": [{"filter": name, "filterType": "PREFIX_MATCH"}],
        }
        for name in ("before", "kept")
    ]
    client.put_replication_configuration(replicationConfiguration={"rules": rules})
    profiles = [{"signingProfileArn": _profile(name)} for name in ("before", "kept")]
    client.put_signing_configuration(signingConfiguration={"rules": profiles})
    client.put_registry_policy(policyText=json.dumps(_document(_statement("Before"), _statement("Kept"))))
    for name in ("before", "kept"):
        client.register_pull_time_update_exclusion(principalArn=_role(name))
        client.create_repository_creation_template(prefix=name, appliedFor=["REPLICATION"], description=name)
        client.create_pull_through_cache_rule(ecrRepositoryPrefix=name, upstreamRegistryUrl="registry.k8s.io")


def view_of(setting: Setting) -> View:
    """What a watch looks at that judges the writes of one setting."""
    operations = {f"ecr:{operation}" for operation in (setting.reads, *setting.writes)}
    return View(
        lambda cloud: frozenset(Cell(setting.owner, "setting", text) for text in setting.texts(cloud)),
        lambda doing, params: frozenset({setting.owner} if doing in operations else ()),
        {f"ecr:{setting.reads}": ["setting"]},
    )
