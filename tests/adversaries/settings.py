"""The settings of a registry, one entry each: what is in them, what is wanted of them, and what others write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from ecrops import Plan, PullThroughCacheRule, Registry
from ecrops.registry_settings import (
    RegistrySpec,
    ReplicationRule,
    RepositoryCreationTemplate,
    ScanningConfiguration,
    SigningRule,
)
from ecrops.testing import Client, Cloud

from .cells import Cell, View
from .contents import (
    document,
    exclude,
    exclusions,
    policy,
    profile,
    replicate,
    replication,
    role,
    rules,
    say,
    scan,
    scanning,
    sign,
    signing,
    statement_of,
    templates,
    write_rule,
    write_template,
)

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


OURS = RepositoryCreationTemplate("ours", applied_for=["CREATE_ON_PUSH"], description="ours")


def _whole(write: Callable[..., Callable[[], object]]) -> dict[str, Write]:
    return {"adds": partial(write, keeps=True), "replaces": partial(write, keeps=False)}


WAYS = (("changes", False, False), ("remakes", True, False), ("drops", False, True))

SETTINGS = {
    "scanning": Setting(
        "scanning configuration",
        "GetRegistryScanningConfiguration",
        ["PutRegistryScanningConfiguration"],
        scanning,
        {
            "exact": lambda registry: registry.ensure(
                RegistrySpec(scanning=ScanningConfiguration("ENHANCED", continuous_scan=["ours"]))
            ),
            "add": lambda registry: registry.scanning.add(scan_on_push=["ours"]),
            "remove": lambda registry: registry.scanning.remove(scan_on_push=["before"]),
        },
        _whole(scan),
    ),
    "replication": Setting(
        "replication configuration",
        "DescribeRegistry",
        ["PutReplicationConfiguration"],
        replication,
        {
            "exact": lambda registry: registry.ensure(
                RegistrySpec(replication=[ReplicationRule(prefix="ours", to=["eu-central-1"])])
            ),
            "add": lambda registry: registry.replication.add(prefix="ours", to=["eu-central-1"]),
            "remove": lambda registry: registry.replication.remove(prefix="before"),
        },
        _whole(replicate),
    ),
    "signing": Setting(
        "signing configuration",
        "GetSigningConfiguration",
        ["PutSigningConfiguration", "DeleteSigningConfiguration"],
        signing,
        {
            "exact": lambda registry: registry.ensure(RegistrySpec(signing=[SigningRule(profile("ours"))])),
            "none": lambda registry: registry.ensure(RegistrySpec(signing=[])),
            "add": lambda registry: registry.signing.add(profile("ours")),
            "remove": lambda registry: registry.signing.remove(profile("before")),
        },
        _whole(sign),
    ),
    "registry policy": Setting(
        "registry policy",
        "GetRegistryPolicy",
        ["PutRegistryPolicy", "DeleteRegistryPolicy"],
        policy,
        {
            "exact": lambda registry: registry.ensure(RegistrySpec(registry_policy=document(statement_of("Ours")))),
            "none": lambda registry: registry.ensure(RegistrySpec(registry_policy={})),
            "add": lambda registry: registry.registry_policy.add(statement_of("Ours")),
            "remove": lambda registry: registry.registry_policy.remove("Before"),
        },
        _whole(say),
    ),
    "exclusions": Setting(
        "pull-time exclusions",
        "ListPullTimeUpdateExclusions",
        ["RegisterPullTimeUpdateExclusion", "DeregisterPullTimeUpdateExclusion"],
        exclusions,
        {
            "exact": lambda registry: registry.ensure(RegistrySpec(pull_time_exclusions=[role("ours")])),
            "none": lambda registry: registry.ensure(RegistrySpec(pull_time_exclusions=[])),
            "add": lambda registry: registry.pull_time_exclusions.add(role("ours")),
            "remove": lambda registry: registry.pull_time_exclusions.remove(role("before")),
        },
        {"adds": partial(exclude, removes=False), "removes ours": partial(exclude, removes=True)},
    ),
    "templates": Setting(
        "creation templates",
        "DescribeRepositoryCreationTemplates",
        [f"{verb}RepositoryCreationTemplate" for verb in ("Create", "Update", "Delete")],
        templates,
        {
            "exact": lambda registry: registry.ensure(RegistrySpec(creation_templates=[OURS])),
            "add": lambda registry: registry.creation_templates.add("ours", applied_for=["CREATE_ON_PUSH"]),
            "update": lambda registry: registry.creation_templates.add("before", applied_for=["CREATE_ON_PUSH"]),
            "remove": lambda registry: registry.creation_templates.remove("before", "ours"),
        },
        {
            "adds": partial(write_template, is_new=True),
            **{
                f"{does} {prefix}": partial(write_template, prefix=prefix, is_new=is_new, removes=removes)
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
        rules,
        {
            "exact": lambda registry: registry.ensure(
                RegistrySpec(pull_through_cache=[PullThroughCacheRule("ours", "quay.io")])
            ),
            "add": lambda registry: registry.pull_through_cache.add("ours", "quay.io"),
            "remove": lambda registry: registry.pull_through_cache.remove("before", "ours"),
        },
        {
            "adds": write_rule,
            **{
                f"{does} {prefix}": partial(write_rule, prefix=prefix, removes=removes)
                for prefix in ("ours", "before")
                for does, removes in (("remakes", False), ("drops", True))
            },
        },
    ),
}
"""All settings that others write too. Account settings are not: each is one value, which is written whole."""


def view_of(setting: Setting) -> View:
    """What a watch looks at that judges the writes of one setting."""
    operations = {f"ecr:{operation}" for operation in (setting.reads, *setting.writes)}
    return View(
        lambda cloud: frozenset(Cell(setting.owner, "setting", text) for text in setting.texts(cloud)),
        lambda doing, params: frozenset({setting.owner} if doing in operations else ()),
        {f"ecr:{setting.reads}": ["setting"]},
    )
