"""What the settings of a registry mean for one name: read from AWS, or from a spec without any call."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import (
    PullThroughCacheRule,
    Registry,
    RegistrySpec,
    ReplicationRule,
    RepositoryCreationTemplate,
    ScanningConfiguration,
    SigningRule,
    SpecError,
)
from ecrops.registry_settings import AppliedScanning
from ecrops.testing import Cloud

PROFILE = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/{}"
ANY = {"AWS": "arn:aws:iam::111122223333:root"}


def statement(sid: str, *resources: str, **members: Any) -> dict[str, Any]:
    allow = {"Sid": sid, "Effect": "Allow", "Principal": ANY, "Action": "ecr:ReplicateImage"}
    return {**allow, **({"Resource": list(resources)} if resources else {}), **members}


def arn(resource: str) -> str:
    return f"arn:aws:ecr:eu-west-1:123456789012:{resource}"


SPEC = RegistrySpec(
    scanning=ScanningConfiguration("ENHANCED", continuous_scan=["prod/*"], scan_on_push=["*", "api"]),
    replication=[
        ReplicationRule(prefix="prod/", to=["eu-central-1"]),
        ReplicationRule(to=["us-east-1"], delete_replication=True),
        ReplicationRule(prefix="prod/secret"),
    ],
    signing=[SigningRule(PROFILE.format("all")), SigningRule(PROFILE.format("some"), ["prod/*", "base"])],
    pull_through_cache=[
        PullThroughCacheRule("hub", "public.ecr.aws"),
        PullThroughCacheRule("hub/k8s", "registry.k8s.io"),
        PullThroughCacheRule("ROOT", "quay.io"),
    ],
    creation_templates=[
        RepositoryCreationTemplate("hub", applied_for=["PULL_THROUGH_CACHE"]),
        RepositoryCreationTemplate("hub/k8s", applied_for=["REPLICATION"]),
        RepositoryCreationTemplate("prod", applied_for=["CREATE_ON_PUSH", "REPLICATION"]),
        RepositoryCreationTemplate("ROOT", applied_for=["REPLICATION"]),
    ],
    registry_policy={
        "Version": "2012-10-17",
        "Statement": [
            statement("All", "*"),
            statement("Prod", arn("repository/prod/*"), arn("repository/base")),
            statement("Exact", arn("repository/prod/api")),
            statement("Others", NotResource=arn("repository/prod/*")),
        ],
    },
)


def test_all_that_applies_to_a_name() -> None:
    found = SPEC.explain("prod/api")
    assert found.scanning == AppliedScanning("ENHANCED", "CONTINUOUS_SCAN", ("prod/*",))
    assert [rule.prefix for rule in found.replication] == ["prod/", None]
    assert [rule.profile_arn for rule in found.signing] == [PROFILE.format("all"), PROFILE.format("some")]
    assert found.upstream == "quay.io/prod/api"
    assert {way: getattr(each, "prefix", None) for way, each in (found.creation_templates or {}).items()} == {
        "PULL_THROUGH_CACHE": None,
        "CREATE_ON_PUSH": "prod",
        "REPLICATION": "prod",
    }
    assert [each["Sid"] for each in found.registry_policy] == ["All", "Prod", "Exact"]
    assert str(found) == "\n".join(
        [
            "prod/api:",
            "  scanning: ENHANCED CONTINUOUS_SCAN, by prod/*",
            "  replication: by prod/, to eu-central-1",
            "  replication: by the rule for every repository, to us-east-1 with deletions",
            f"  signing: with {PROFILE.format('all')}",
            f"  signing: with {PROFILE.format('some')}",
            "  pull-through cache: by ROOT, from quay.io/prod/api",
            "  made by ECR for what is pulled through a cache: with the default settings",
            "  made by ECR for what is pushed: by the template prod",
            "  made by ECR for replicas: by the template prod",
            "  registry policy: Allow in the statement All",
            "  registry policy: Allow in the statement Prod",
            "  registry policy: Allow in the statement Exact",
        ]
    )


@pytest.mark.parametrize(
    ("name", "frequency", "filters"),
    [
        ("x-api-y", "SCAN_ON_PUSH", ("*", "api")),  # a filter without * selects what has it somewhere
        ("production", "SCAN_ON_PUSH", ("*",)),
        ("prod/a/b", "CONTINUOUS_SCAN", ("prod/*",)),
    ],
)
def test_the_stronger_frequency_counts(name: str, frequency: str, filters: tuple[str, ...]) -> None:
    assert SPEC.explain(name).scanning == AppliedScanning("ENHANCED", frequency, filters)


@pytest.mark.parametrize(
    ("name", "upstream", "made_for_pulls", "made_for_replicas"),
    [
        ("hub/library/nginx", "public.ecr.aws/library/nginx", "hub", "ROOT"),
        ("hub/k8s/pause", "registry.k8s.io/pause", "hub", "hub/k8s"),
        ("hub/k8s-other", "public.ecr.aws/k8s-other", "hub", "ROOT"),
        ("hub", "quay.io/hub", None, "ROOT"),
        ("hubs/a", "quay.io/hubs/a", None, "ROOT"),
    ],
)
def test_the_longest_prefix_counts_for_each_reason(
    name: str, upstream: str, made_for_pulls: str | None, made_for_replicas: str
) -> None:
    found = SPEC.explain(name)
    templates = found.creation_templates or {}
    assert found.upstream == upstream
    assert getattr(templates["PULL_THROUGH_CACHE"], "prefix", None) == made_for_pulls
    assert getattr(templates["REPLICATION"], "prefix", None) == made_for_replicas
    assert templates["CREATE_ON_PUSH"] is None
    assert "made by ECR for what is pushed: no, without a template" in str(found)


def test_a_prefix_of_the_upstream_takes_the_place_of_that_of_the_rule() -> None:
    upstream = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
    rule = PullThroughCacheRule(
        "theirs", upstream, custom_role_arn="arn:aws:iam::123456789012:role/puller", upstream_prefix="prod"
    )
    assert RegistrySpec(pull_through_cache=[rule]).explain("theirs/api").upstream == f"{upstream}/prod/api"


def test_statements_about_everything_but_a_name() -> None:
    assert [each["Sid"] for each in SPEC.explain("base").registry_policy] == ["All", "Prod", "Others"]
    assert [each["Sid"] for each in SPEC.explain("prod/apis").registry_policy] == ["All", "Prod"]


def test_a_rule_without_destinations_is_shown_too() -> None:
    assert "  replication: by prod/secret, to nowhere" in str(SPEC.explain("prod/secrets"))


def test_settings_that_a_spec_leaves_open_are_not_known() -> None:
    found = RegistrySpec(replication=[], signing=[]).explain("team/api")
    assert found.unmanaged == ("scanning", "pull_through_cache", "creation_templates", "registry_policy")
    assert str(found) == (
        "team/api:\n  replication: none\n  signing: none\n"
        "  not managed: scanning, pull_through_cache, creation_templates, registry_policy"
    )


def test_a_registry_is_read_once_a_setting(registry: Registry, cloud: Cloud) -> None:
    found = registry.explain("not/there")
    assert str(found) == (
        "not/there:\n  scanning: BASIC MANUAL: no filter selects it\n  replication: none\n  signing: none\n"
        "  pull-through cache: none\n"
        "  made by ECR for what is pushed: no, without a template\n"
        "  made by ECR for replicas: with the default settings\n"
        "  registry policy: none"
    )
    assert sorted(cloud.calls.operations()) == [
        "DescribePullThroughCacheRules",
        "DescribeRegistry",
        "DescribeRepositoryCreationTemplates",
        "GetRegistryPolicy",
        "GetRegistryScanningConfiguration",
        "GetSigningConfiguration",
    ]


def test_the_emulator_does_what_is_explained(registry: Registry, cloud: Cloud) -> None:
    names = ["prod/api", "x-api-y", "production", "base", "hub/nginx", "hub/k8s/pause"]
    cloud.emulator.seed(names)
    registry.ensure(RegistrySpec(scanning=SPEC.scanning, creation_templates=SPEC.creation_templates))
    effective = registry.scanning.effective(*names)
    for name in names:
        applied = registry.explain(name).scanning
        assert applied is not None
        assert effective[name].frequency == applied.frequency
        assert set(effective[name].filters) <= set(applied.filters)


def test_a_name_that_no_repository_has_is_refused_before_any_call(registry: Registry, cloud: Cloud) -> None:
    wrong: Any
    for wrong in ("Team", "", 7, "arn:aws:ecr:eu-west-1:123456789012:repository/a"):
        with pytest.raises(SpecError):
            registry.explain(wrong)
        with pytest.raises(SpecError):
            SPEC.explain(wrong)
    assert not cloud.calls


def test_control_characters_of_a_policy_are_escaped() -> None:
    policy = {"Version": "2012-10-17", "Statement": [statement("A", "*")]}
    found = RegistrySpec(registry_policy=policy).explain("team/api")
    shown = str(type(found)(found.name, registry_policy=({"Sid": "\x1b[2J", "Effect": "Allow"},)))
    assert "\x1b" not in shown
