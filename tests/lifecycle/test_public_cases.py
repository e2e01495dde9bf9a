"""Cases of public reports and files: what people do with lifecycle policies. Each test says its case and source."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ecrops import LifecycleRule, Registry, RepositorySpec, SpecError, fleet_from_dict, fleet_to_dict
from ecrops.lifecycle import Image, lint, simulate
from ecrops.testing import Cloud
from support import cases, lifecycle
from tests.lifecycle.simulation.support import NOW, OCI_INDEX, UNTAGGED, an_image, digests

OTHERS = {"stored-policy-stops-describe", "one-repository-stops-registry-simulation", "registry-uri-as-name"}
"""Cases about reading what ECR has and about names: their tests are with those."""
TESTS = Path(__file__).parents[1]
EMPTY = LifecycleRule(tag_prefix_list=[""], max_image_count=2)
PROD = LifecycleRule(tag_prefix_list=["prod"], max_image_count=5)


def test_every_case_of_this_area_has_a_test() -> None:
    told = "\n".join(path.read_text() for path in TESTS.rglob("test_*.py"))
    ids = {case["id"] for case in cases("public") if case["area"] == "lifecycle"} - OTHERS
    assert len(ids) == 33
    named = set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", " ".join(re.findall(r"Cases? ([^:.]+)[:.]", told))))
    assert ids <= named


# 1. An empty prefix


def test_an_empty_prefix_is_every_tagged_image(cloud: Cloud, registry: Registry) -> None:
    """Case empty-prefix-refused: ten public files; decided as accepted, for nobody was ever refused."""
    images = [an_image("1", "a"), an_image("2", "b", days=2), an_image("3", "c", days=3), an_image("4")]
    assert digests(simulate([EMPTY], images, now=NOW).expired) == ["3"]
    repo = registry.repository("ab")
    assert repo.ensure(lifecycle_rules=[EMPTY])
    (rule,) = lifecycle(cloud.client("ecr"), "ab")
    assert rule["selection"]["tagPrefixList"] == [""]
    assert not repo.ensure(lifecycle_rules=[EMPTY])
    assert not registry.ensure(*registry.describe())
    (spec,) = fleet_from_dict(fleet_to_dict(registry.describe()))
    assert isinstance(spec, RepositorySpec)
    assert spec.lifecycle_rules == (LifecycleRule(rule_priority=1, tag_prefix_list=[""], max_image_count=2),)


def test_an_empty_prefix_covers_every_later_prefix_and_adds_nothing_to_a_list() -> None:
    assert [finding.code for finding in lint([EMPTY, PROD])] == ["never-acts"]
    both = LifecycleRule(tag_prefix_list=["", "prod"], max_image_count=5)
    assert [finding.code for finding in lint([both])] == ["all-of"]
    assert [finding.code for finding in lint([PROD, EMPTY])] == []


def test_an_empty_prefix_of_any_image_is_refused_as_every_prefix_is() -> None:
    """Case empty-prefix-refused, the variant of ustaxcourt/ef-cms: ``any`` goes with no list of tags."""
    rule = {**PROD.to_ecr(), "selection": {**PROD.to_ecr()["selection"], "tagStatus": "any", "tagPrefixList": [""]}}
    with pytest.raises(SpecError, match="go with 'tagged' only"):
        RepositorySpec("ab", lifecycle_rules=[rule])


# 2. What is written


def test_an_update_overwrites_the_policy_in_place(cloud: Cloud, registry: Registry) -> None:
    """Case update-in-place: pulumi/pulumi-aws#2075."""
    repo = registry.repository("ab")
    repo.ensure(lifecycle_rules=[PROD])
    cloud.calls.clear()
    assert repo.ensure(lifecycle_rules=[UNTAGGED])
    assert cloud.calls.writes() == ["PutLifecyclePolicy"]


def test_two_specs_of_one_repository_are_refused(registry: Registry) -> None:
    """Case two-policies-one-repository: public files."""
    with pytest.raises(SpecError, match="merge them"):
        registry.plan(RepositorySpec("ab", lifecycle_rules=[PROD]), RepositorySpec("ab", lifecycle_rules=[UNTAGGED]))


def test_a_repository_policy_is_written_without_the_settled_lifecycle_policy(cloud: Cloud, registry: Registry) -> None:
    """Case policy-apart-from-lifecycle: jenkins-x/jx#8485."""
    statement = {"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "ecr:BatchGetImage"}
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]}
    repo = registry.repository("ab")
    repo.ensure(lifecycle_rules=[PROD], resource_policy=policy)
    cloud.client("ecr").delete_repository_policy(repositoryName="ab")
    cloud.calls.clear()
    assert repo.ensure(lifecycle_rules=[PROD], resource_policy=policy)
    assert cloud.calls.writes() == ["SetRepositoryPolicy"]
    cloud.calls.clear()
    assert not repo.ensure(lifecycle_rules=[PROD], resource_policy=policy)
    assert cloud.calls.writes() == []


def test_tags_can_be_moved_after_the_mutability_was_turned(cloud: Cloud, registry: Registry) -> None:
    """Case immutable-to-mutable: aws/containers-roadmap#862."""
    repo = registry.repository("ab")
    repo.ensure(image_tag_mutability="IMMUTABLE")
    plan = repo.ensure(image_tag_mutability="MUTABLE")
    assert "tag mutability: IMMUTABLE -> MUTABLE" in str(plan)
    ecr = cloud.client("ecr")
    for text in ("1", "2"):
        manifest = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [], "annotations": {"n": text}})
        ecr.put_image(repositoryName="ab", imageManifest=manifest, imageManifestMediaType=OCI_INDEX, imageTag="latest")
    assert [image.tags for image in repo.images() if image.tags] == [("latest",)]


def test_a_repository_whose_name_has_slashes_gets_its_policy(cloud: Cloud, registry: Registry) -> None:
    """Case name-with-slash: CircleCI-Public/aws-ecr-orb#368."""
    registry.repository("hub/runtime").ensure()
    assert registry.repository("hub/runtime").set_lifecycle_rules(PROD)
    assert lifecycle(cloud.client("ecr"), "hub/runtime")


def test_several_rules_are_read_back_as_values(registry: Registry) -> None:
    """Case filter-several-rules: cloud-custodian#9036."""
    rules = [PROD, UNTAGGED, LifecycleRule(max_image_count=50)]
    registry.repository("ab").ensure(lifecycle_rules=rules)
    found = registry.repository("ab").describe().lifecycle_rules or ()
    assert [type(rule) for rule in found] == [LifecycleRule] * 3
    assert not registry.repository("ab").ensure(lifecycle_rules=found)


# 3. What is refused


def test_a_priority_twice_is_refused() -> None:
    """Case priority-twice: pulumi/pulumi-aws#5383."""
    rules = [{**rule.to_ecr(), "rulePriority": 1} for rule in (PROD, UNTAGGED)]
    with pytest.raises(SpecError, match="2 rules have the priority 1"):
        RepositorySpec("ab", lifecycle_rules=rules)


def test_a_repository_of_another_account_needs_its_session(cloud: Cloud, registry: Registry) -> None:
    """Case other-accounts-repository: aws/containers-roadmap#2460."""
    with pytest.raises(SpecError, match="make a Registry with a session for it"):
        registry.repository("arn:aws:ecr:eu-west-1:111122223333:repository/ab").ensure(lifecycle_rules=[PROD])
    assert cloud.calls.writes() == []


def test_a_string_for_a_list_of_tags_is_refused() -> None:
    """Case list-given-as-string: pulumi/pulumi-aws#5636."""
    rule = {**PROD.to_ecr(), "selection": {**PROD.to_ecr()["selection"], "tagPrefixList": "dev-"}}
    with pytest.raises(SpecError, match="expected a list of strings, got 'dev-'"):
        RepositorySpec("ab", lifecycle_rules=[rule])


@pytest.mark.parametrize("form", ["document", "text", "bytearray"])
def test_a_document_or_a_text_in_the_place_of_a_list_is_refused_for_one_reason(form: str) -> None:
    """Case whole-document-or-text: cloudtools/troposphere#953."""
    document = {"rules": [{**PROD.to_ecr(), "rulePriority": 1}]}
    text = json.dumps(document)
    wrong: Any = {"document": document, "text": text, "bytearray": bytearray(text.encode())}[form]
    with pytest.raises(SpecError) as caught:
        RepositorySpec("ab", lifecycle_rules=wrong)
    (reason,) = caught.value.reasons
    assert ("give document['rules']" in reason) == (form == "document")


# 4. What is simulated


def test_an_image_with_a_tag_of_an_earlier_rule_is_kept() -> None:
    """Case exclude-prefix: aws/containers-roadmap#1738."""
    rules = [
        LifecycleRule(tag_prefix_list=["v"], max_image_count=100),
        LifecycleRule(tag_prefix_list=["release-"], max_image_age=1),
    ]
    images = [an_image("1", "release-1", "v1", days=9), an_image("2", "release-2", days=9)]
    assert digests(simulate(rules, images, now=NOW).expired) == ["2"]


def test_signatures_by_tag_are_ordinary_images() -> None:
    """Case signatures-by-tag: sigstore/cosign#807."""
    images = [an_image("1", "development-1", days=9), an_image("2", "sha256-abc.sig", days=8)]
    by_prefix = simulate([LifecycleRule(tag_prefix_list=["development"], max_image_age=1)], images, now=NOW)
    assert digests(by_prefix.expired) == ["1"]
    assert digests(simulate([LifecycleRule(max_image_count=1)], images, now=NOW).expired) == ["1"]


def with_index(oldest: bool) -> list[Image]:
    """24 images, and two parts of an index, which are the oldest or the newest of the 26."""
    ages = range(2, 26)
    parts = (30, 29) if oldest else (1.2, 1.1)
    tagged = [an_image(f"sha256:{n}", f"v{n}", days=n) for n in ages]
    index = an_image("sha256:index", "index", days=1.5, media_type=OCI_INDEX)
    linked = [an_image(f"sha256:p{n}", days=days, referenced_by=["sha256:index"]) for n, days in enumerate(parts)]
    return [*tagged[:-1], index, *linked]


COUNTED = [LifecycleRule(tag_status="untagged", max_image_age=1), LifecycleRule(max_image_count=20)]


def test_parts_of_an_index_stay_and_are_counted() -> None:
    """Case count-of-26-with-index: DefangLabs/pulumi-defang#466, a preview of real AWS."""
    result = simulate(COUNTED, with_index(oldest=True), now=NOW)
    assert len(result.verdicts) == 26
    assert len(result.expired) == 4
    assert all(verdict.image.tags for verdict in result.expired)


def test_parts_of_an_index_take_places_in_a_count() -> None:
    """Case count-of-26-parts-newest: DefangLabs/pulumi-defang#466, turned round.

    Decided as 6: the guide says that rules still identify images that another rule marks, and that a part cannot be
    deleted is a failure after the evaluation. So the parts take two of the twenty places.
    """
    result = simulate(COUNTED, with_index(oldest=False), now=NOW)
    assert len(result.expired) == 6


def test_deployed_images_are_protected_by_a_rule_of_their_own() -> None:
    """Case protect-deployed: alphagov/govuk-infrastructure#765, #739, #1013."""
    rules = [LifecycleRule(tag_prefix_list=["deployed-to"], max_image_count=100), LifecycleRule(max_image_age=30)]
    images = [an_image(f"sha256:{n}", f"build-{n}", days=10 + 0.8 * n) for n in range(1, 33) if n < 29]
    old = an_image("sha256:old", "deployed-to-production", days=400)
    result = simulate(rules, [*images, old], now=NOW)
    assert result.verdict("deployed-to-production").action == "keep"
    assert len(result.verdicts) == 29
    assert digests(result.expired) == sorted(
        image.digest for image in images if NOW - image.pushed_at > timedelta(days=30)
    )


def test_untagged_images_are_listed_without_tags(cloud: Cloud, registry: Registry) -> None:
    """Case untagged-across-registry: cloud-custodian#6378, #6817, TheCombine#1006, bash-my-aws#208."""
    from tests.lifecycle.support import pushed

    for name in ("ab", "cd"):
        registry.repository(name).ensure()
        cloud.emulator.seed_images(name, [pushed(1), pushed(2, "v2")])
    untagged = [
        (spec.name, image.tags)
        for spec in registry.describe()
        for image in registry.repository(spec.name).images()
        if not image.tags
    ]
    assert untagged == [("ab", ()), ("cd", ())]


def test_deployed_tags_beside_hashes_keep_their_images() -> None:
    """Case exclude-deployed: serveraide.com ecr-lifecycle-policy-to-exclude-certain-tags-50043."""
    keep = [LifecycleRule(tag_prefix_list=[tag], max_image_count=1) for tag in ("prod", "test")]
    images = [
        an_image("1", "a1b2", "prod", days=50),
        an_image("2", "c3d4", "test", days=40),
        an_image("3", "e5f6", days=30),
        an_image("4", "a7b8", days=20),
    ]
    assert digests(simulate([*keep, LifecycleRule(max_image_age=7)], images, now=NOW).expired) == ["3", "4"]


@pytest.mark.parametrize(("counted", "kept"), [(False, ["index", "signature"]), (True, [])])
def test_a_signature_of_the_same_second_takes_a_place_only_if_referrers_count(counted: bool, kept: list[str]) -> None:
    """Case keep-one-of-signed: aws/containers-roadmap#2613, a variant.

    Decided as before: whether rules see referrers is not documented, so they do not, unless the caller says so. Then
    the later listed one of two pushed in one second is the newer: the signature takes the only place, and goes with the
    image that it is about.
    """
    images = [
        an_image("index", "v1", media_type=OCI_INDEX),
        an_image("signature", subject="index"),
    ]
    result = simulate([LifecycleRule(max_image_count=1)], images, now=NOW, count_referrers=counted)
    assert digests(result.kept) == kept
