"""What ECR says that a policy would do, and whether ecrops says the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import DeadlineError, LifecycleRule, Registry, RetryPolicy, SpecError, Wait
from ecrops.lifecycle import Action, PreviewError
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of

from .answers import refuse
from .support import KEEP_TWO, UNTAGGED, digest, names, pushed, versions


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    cloud.emulator.seed(["app"])
    return registry_of(cloud)


def test_a_preview_is_started_waited_for_and_read_to_its_last_page(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images("app", versions(230))
    cloud.emulator.previews.finished_after = 3
    waits: list[Wait] = []
    preview = registry.repository("app").preview_lifecycle([KEEP_TWO], on_wait=waits.append)
    assert len(preview.expired) == 228
    assert (preview.bytes_freed, names(preview.kept)) == (228 * 10**9, ["v2", "v1"])
    assert preview.by_rule[1].acts_on == 228
    assert preview.verdict("v3").reason == "ECR says: rule 1 (keep last 2 v*) expires it"
    assert [(wait.seconds, wait.waited, wait.attempt) for wait in waits] == [(1, 0, 1), (2, 1, 2), (5, 3, 3)]
    assert {(wait.owner, wait.reason) for wait in waits} == {("app", "ECR runs a preview for app")}
    assert cloud.calls.operations().count("GetLifecyclePolicyPreview") == 3 + 3
    assert "230 images" in str(preview)


def test_the_stored_policy_is_previewed_and_archived_images_too(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images("app", versions(3))
    long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=200)
    cloud.emulator.seed_images("app", [pushed(9, "v9", imageStatus="ARCHIVED", lastArchivedAt=long_ago)])
    repo = registry.repository("app")
    repo.set_lifecycle_rules(
        LifecycleRule(since_image_pulled=2, transition_to="archive", rule_priority=1),
        LifecycleRule(since_image_transitioned=100, rule_priority=2),
    )
    preview = repo.preview_lifecycle()
    assert (names(preview.archived), names(preview.expired)) == (["v3", "v2"], ["v9"])
    assert not repo.check_lifecycle()


def test_without_a_policy_there_is_nothing_to_preview(registry: Registry) -> None:
    with pytest.raises(ClientError, match="LifecyclePolicyNotFoundException"):
        registry.repository("app").preview_lifecycle()


def test_a_preview_that_is_running_is_waited_for(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images("app", versions(3))
    cloud.emulator.previews.finished_after = 2
    other = json.dumps({"rules": [{"rulePriority": 1, **LifecycleRule(max_image_count=1).to_ecr()}]})
    cloud.client("ecr").start_lifecycle_policy_preview(repositoryName="app", lifecyclePolicyText=other)
    assert names(registry.repository("app").preview_lifecycle([KEEP_TWO]).expired) == ["v3"]
    assert cloud.calls.operations().count("StartLifecyclePolicyPreview") == 2


def test_a_preview_that_somebody_replaced_is_started_again(cloud: Cloud) -> None:
    cloud.emulator.seed(["app"])
    cloud.emulator.seed_images("app", versions(3))
    other = json.dumps({"rules": [{"rulePriority": 1, **LifecycleRule(max_image_count=1).to_ecr()}]})
    once = iter([other])

    def meanwhile(_: float) -> None:
        cloud.emulator.previews.finished_after = 0
        for text in once:
            for _look in range(3):
                cloud.client("ecr").get_lifecycle_policy_preview(repositoryName="app")
            cloud.client("ecr").start_lifecycle_policy_preview(repositoryName="app", lifecyclePolicyText=text)

    cloud.emulator.previews.finished_after = 3
    registry = registry_of(cloud, retry=RetryPolicy(sleep=meanwhile))
    assert names(registry.repository("app").preview_lifecycle([KEEP_TWO]).expired) == ["v3"]


def test_a_preview_explains_no_more_than_ecr_has_told(cloud: Cloud, registry: Registry) -> None:
    signature = pushed(9, "v-signature", days=0, subjectManifestDigest=digest(1))
    cloud.emulator.seed_images("app", [*versions(3), signature])
    preview = registry.repository("app").preview_lifecycle([KEEP_TWO])
    head, *lines = preview.explain("v3").splitlines()
    assert head.endswith("3 days ago: expired")
    assert lines == ["  ECR says: rule 1 (keep last 2 v*) expires it"]
    assert preview.explain("v1").splitlines()[1:] == ["  not in ECR's preview"]


def test_pages_of_two_previews_are_not_mixed(cloud: Cloud) -> None:
    cloud.emulator.seed(["app"])
    cloud.emulator.seed_images("app", versions(230))
    other = json.dumps({"rules": [{"rulePriority": 7, **LifecycleRule(max_image_count=150).to_ecr()}]})
    session, once = cloud.session(own=True), iter([other])

    def meanwhile(**_: Any) -> None:
        for text in once:
            cloud.client("ecr").start_lifecycle_policy_preview(repositoryName="app", lifecyclePolicyText=text)

    session.events.register("after-call.ecr.GetLifecyclePolicyPreview", meanwhile)
    preview = Registry(session, retry=AT_ONCE).repository("app").preview_lifecycle([KEEP_TWO])
    assert len(preview.expired) == 228
    assert {verdict.rule_priority for verdict in preview.expired} == {1}


def test_a_preview_that_cannot_be_started_is_given_up_in_time(cloud: Cloud) -> None:
    cloud.emulator.seed(["app"])
    registry_of(cloud).repository("app").preview_lifecycle([UNTAGGED])
    session = cloud.session(own=True)
    refuse(session, "StartLifecyclePolicyPreview", "LifecyclePolicyPreviewInProgressException")
    waits: list[Wait] = []
    with pytest.raises(DeadlineError, match="within 20 seconds"):
        Registry(session, retry=AT_ONCE).repository("app").preview_lifecycle(
            [KEEP_TWO], timeout=20, on_wait=waits.append
        )
    assert [wait.waited for wait in waits] == [0, 1, 3, 8, 13]


@pytest.mark.parametrize("timeout", ["5", None, float("nan"), -1, True])
def test_a_timeout_that_is_no_number_is_refused_before_any_call(cloud: Cloud, registry: Registry, timeout: Any) -> None:
    for look in (registry.repository("app").preview_lifecycle, registry.repository("app").check_lifecycle):
        with pytest.raises(SpecError, match="timeout: expected a number"):
            look([KEEP_TWO], timeout=timeout)
    assert cloud.calls.operations() == []


def test_no_rules_keep_everything_and_need_no_preview(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images("app", versions(5))
    repo = registry.repository("app")
    repo.set_lifecycle_rules(KEEP_TWO)
    cloud.calls.clear()
    assert (repo.preview_lifecycle([]).expired, len(repo.preview_lifecycle([]).kept)) == ((), 5)
    assert not repo.check_lifecycle([])
    assert set(cloud.calls.operations()) == {"DescribeImages"}


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED"])
def test_a_preview_that_fails_or_expires_is_an_error(cloud: Cloud, registry: Registry, status: str) -> None:
    cloud.emulator.previews.ends = status
    with pytest.raises(PreviewError, match=f"app is {status}"):
        registry.repository("app").preview_lifecycle([KEEP_TWO])


def test_a_preview_that_takes_too_long_is_given_up(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.previews.finished_after = 1000
    with pytest.raises(DeadlineError, match="within 20 seconds"):
        registry.repository("app").preview_lifecycle([KEEP_TWO], timeout=20)


def test_an_answer_that_is_lost_does_not_lose_the_preview(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images("app", versions(3))
    cloud.emulator.previews.finished_after = 1
    cloud.faults.on("reset_after", operation="StartLifecyclePolicyPreview", times=1)
    assert names(registry.repository("app").preview_lifecycle([KEEP_TWO]).expired) == ["v3"]


def test_ecr_and_ecrops_agree_where_their_readings_are_the_same(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images("app", [*versions(20), pushed(30, days=9), pushed(31, days=8)])
    check = registry.repository("app").check_lifecycle([KEEP_TWO, UNTAGGED])
    assert not check
    assert check.summary == "no image differs"
    assert len(check.before.expired) == len(check.after.expired) == 20


def test_a_check_shows_where_ecr_and_ecrops_differ(cloud: Cloud, registry: Registry) -> None:
    signature = pushed(9, "v-signature", subjectManifestDigest=digest(1))
    cloud.emulator.seed_images("app", [*versions(2), signature])
    repo = registry.repository("app")
    assert not repo.check_lifecycle([KEEP_TWO])
    check = repo.check_lifecycle([KEEP_TWO], count_referrers=True)
    assert [str(difference) for difference in check] == ["v2: expire by rule 1 -> keep"]
    assert check.differences[0].before.action is Action.EXPIRE


def test_what_ecr_does_to_parts_and_artifacts_is_no_difference(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images(
        "app", [*versions(3), pushed(4, days=9), pushed(8, "v-signature", subjectManifestDigest=digest(3))]
    )
    check = registry.repository("app").check_lifecycle([KEEP_TWO, UNTAGGED])
    assert not check
    assert check.summary == "no image differs; not compared: 1 artifact after the image that it is about"
