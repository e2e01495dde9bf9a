"""What AWS has and ecrops would not write: it is shown, kept, compared, and written as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import Registry, RegistrySpec, SigningRule
from ecrops.testing import Cloud
from support import registry_of

PROFILE = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/releases"
SIGNING, TEMPLATES = "GetSigningConfiguration", "DescribeRepositoryCreationTemplates"
NO_POLICIES = ["{]", "7", '{"Statement": 5}', '{"Statement": [{"Effect": 5}]}', "[" * 5000]
NO_DOCUMENTS = [
    *(("repositoryPolicy", text) for text in NO_POLICIES),
    *(("lifecyclePolicy", text) for text in ("{]", "7", "[" * 5000)),
]


@pytest.fixture
def newer(cloud: Cloud) -> None:
    """A signing rule with a filter of a type that is newer than ecrops."""
    filters = [{"filter": name, "filterType": "WILDCARD_MATCH"} for name in ("aa", "bb")]
    rule = {"signingProfileArn": PROFILE, "repositoryFilters": filters}
    cloud.client("ecr").put_signing_configuration(signingConfiguration={"rules": [rule]})
    cloud.emulator.add_unknown_member(
        SIGNING, "signingConfiguration.rules.0.repositoryFilters.0.filterType", "PREFIX_MATCH"
    )


@pytest.mark.usefixtures("newer")
def test_a_filter_of_a_newer_type_is_kept_by_what_is_described(registry: Registry, cloud: Cloud) -> None:
    (rule,) = registry.signing.describe()
    assert rule == SigningRule(PROFILE, ["bb"], other_filters={"PREFIX_MATCH": ["aa"]})
    spec = registry.describe_settings()
    for each in (spec, RegistrySpec.from_dict(json.loads(json.dumps(spec.to_dict())))):
        assert not registry.ensure(RegistrySpec(signing=each.signing))
    assert cloud.calls.writes() == []
    assert "none" in str(registry.explain("aa")).partition("signing: ")[2]
    assert PROFILE in str(registry.explain("bb"))


@pytest.mark.usefixtures("newer")
def test_a_filter_of_a_newer_type_is_no_wildcard(cloud: Cloud) -> None:
    changed = registry_of(cloud, dry_run=True).signing.set(SigningRule(PROFILE, ["aa", "bb"]))
    assert str(next(iter(changed))).endswith(f": PREFIX_MATCH aa bb with {PROFILE} -> aa bb with {PROFILE}")


def test_a_rule_of_newer_filters_alone_is_written_as_it_is(cloud: Cloud) -> None:
    plan = registry_of(cloud, dry_run=True).signing.set(SigningRule(PROFILE, other_filters={"NEW": ["xx"]}))
    (rule,) = next(iter(plan)).params["signingConfiguration"]["rules"]
    assert rule["repositoryFilters"] == [{"filter": "xx", "filterType": "NEW"}]
    assert RegistrySpec(signing=[SigningRule(PROFILE, other_filters={"NEW": ["xx"]})]).explain("xx").signing == ()


@pytest.mark.parametrize(("member", "text"), NO_DOCUMENTS)
def test_a_template_with_what_is_no_document_is_kept_and_written_as_it_is(
    memory_cloud: Cloud, member: str, text: str
) -> None:
    cloud, registry, ecr = memory_cloud, registry_of(memory_cloud), memory_cloud.client("ecr")
    ecr.create_repository_creation_template(prefix="team", appliedFor=["REPLICATION"])
    cloud.emulator.add_unknown_member(TEMPLATES, f"repositoryCreationTemplates.0.{member}", text)
    templates: Any = registry.describe_settings().creation_templates
    repr(templates)
    cloud.calls.clear()
    assert not registry.creation_templates.set(*templates)
    assert cloud.calls.operations() == [TEMPLATES]
    again = registry_of(cloud, dry_run=True).creation_templates
    again.remove("team")
    (change,) = again.set(*templates)
    assert change.params[member] == text
