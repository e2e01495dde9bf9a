"""Event patterns: the CDK's for its verbs, and for every kind the documented sample and no other."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from ecrops import SpecError
from ecrops.events import (
    Event,
    Pattern,
    RuleState,
    on_cloud_trail_event,
    on_cloud_trail_image_pushed,
    on_event,
    on_image_finding,
    on_image_pushed,
    on_image_scan_completed,
    prefix,
)
from ecrops.events.patterns import kinds
from ecrops.events.patterns.selection import Location
from support import CASES, cases

SAMPLES = {each["title"]: each["event"] for each in json.loads((CASES / "event_samples.json").read_text())["events"]}
CLOUD_TRAIL = {
    "source": "aws.ecr",
    "detail-type": "AWS API Call via CloudTrail",
    "account": "123456789012",
    "region": "us-east-1",
    "resources": [],
    "detail": {
        "eventSource": "ecr.amazonaws.com",
        "eventName": "PutImage",
        "requestParameters": {"repositoryName": "trailed", "imageTag": "latest", "imageManifest": "{}"},
    },
}
Make = Callable[[Any, Location], Pattern]
# kind: the sample, the repository in it, and the pattern of a kind for repositories
KINDS: dict[str, tuple[str, str, Make]] = {
    "pushed": ("Event for a completed image push", "my-repository-name", lambda of, _: kinds.image_pushed(of)),
    "deleted": ("Event for an image deletion", "my-repository-name", lambda of, _: kinds.image_deleted(of)),
    "archived": ("Event for an image archival action", "ubuntu", lambda of, _: kinds.image_archived(of)),
    "restored": ("Event for an image restore action", "ubuntu", lambda of, _: kinds.image_restored(of)),
    "referrer": ("Event for a referrer restore action", "sbom", lambda of, _: kinds.referrer_action(of)),
    "basic scan": (
        "Event for a completed image scan (basic)",
        "my-repository-name",
        lambda of, _: kinds.image_scan_completed(of),
    ),
    "enhanced scan": (
        "Event for an initial image scan (enhanced",
        "amazon/amazon-ecs-sample",
        lambda of, location: kinds.image_scan_completed(of, scan_type="ENHANCED", location=location),
    ),
    "finding": (
        "Event for an image scan finding update (enhanced",
        "amazon/amazon-ecs-sample",
        lambda of, _: kinds.image_finding(of, severities=["MEDIUM", "CRITICAL"], scan_type="ENHANCED"),
    ),
    "scan frequency": (
        "Event for a change notification on a resource with enhanced",
        "repository-2",
        lambda of, _: kinds.scan_frequency_changed(of),
    ),
    "pull through": (
        "Event for a pull through cache action",
        "docker-hub/alpine",
        lambda of, _: kinds.pull_through_cache_action(of),
    ),
    "replicated": (
        "Event for a completed image replication",
        "docker-hub/alpine",
        lambda of, _: kinds.image_replicated(of, result="SUCCESS"),
    ),
    "not replicated": (
        "Event for a failed image replication",
        "my-app",
        lambda of, _: kinds.image_replicated(of, result="FAILED"),
    ),
    "trail": ("trail", "trailed", lambda of, _: kinds.cloud_trail_event(of)),
    "trail push": ("trail", "trailed", lambda of, _: kinds.cloud_trail_image_pushed(of, image_tag="latest")),
}
ALSO = {"Event for a repository scan frequency": "Event for a change notification on a resource with enhanced"}


def sample(title: str) -> dict[str, Any]:
    return copy.deepcopy(CLOUD_TRAIL if title == "trail" else SAMPLES[title])


def everything() -> dict[str, dict[str, Any]]:
    return {**SAMPLES, "trail": CLOUD_TRAIL}


def location_of(event: dict[str, Any]) -> Location:
    return Location("aws", event["region"], event["account"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_documented_sample_of_a_kind_matches_and_no_other_kind(kind: str) -> None:
    title, repository, make = KINDS[kind]
    event = sample(title)
    start = repository[:4]
    for selection in (repository, [repository, "another"], prefix(start), None):
        pattern = make(selection, location_of(event))
        found = [name for name, each in everything().items() if pattern.matches(each)]
        assert [ALSO.get(name, name) for name in found if ALSO.get(name) != title] == [title], selection


@pytest.mark.parametrize("kind", KINDS)
def test_the_sample_of_another_repository_does_not_match(kind: str) -> None:
    title, repository, make = KINDS[kind]
    event = sample(title)
    for selection in ("another", [f"{repository}2", "another"], prefix("other/")):
        assert not make(selection, location_of(event)).matches(event), selection


def test_on_event_matches_every_event_that_names_the_repository() -> None:
    found = [title for title, event in SAMPLES.items() if kinds.event("my-repository-name").matches(event)]
    assert len(found) == 3
    assert kinds.event(None).document == {"source": ["aws.ecr"]}


CDK = [case for case in cases("cdk") if case.get("category") == "events"]


@pytest.mark.parametrize("case", CDK, ids=lambda case: case["id"])
def test_the_patterns_are_the_cdks(case: dict[str, Any]) -> None:
    told, expected = case["input"]["event"], case["expect"].get("event_pattern")
    say: dict[str, Callable[[], Event]] = {
        "event": lambda: on_event(told.get("rule_name"), **_options(told)),
        "cloudtrail_image_pushed": lambda: on_cloud_trail_image_pushed(image_tag=told["image_tag"]),
        "image_scan_completed": lambda: on_image_scan_completed(image_tags=told["image_tags"]),
    }
    widens = case["id"] == "ev-09"  # the CDK's merge of two patterns does; here it is refused
    if expected is None or widens:
        with pytest.raises(SpecError):
            say[told["kind"]]().of("test-repo")
    else:
        assert say[told["kind"]]().of("test-repo").pattern().document == expected


def _options(told: dict[str, Any]) -> dict[str, Any]:
    targets = [f"arn:aws:sqs:us-east-1:123456789012:q{number}" for number in range(told.get("targets", 0))]
    pattern = {"event_pattern": told["event_pattern"]} if "event_pattern" in told else {}
    return {"targets": targets, **pattern}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (on_event(), {"source": ["aws.ecr"], "detail": {"repository-name": ["test-repo"]}}),
        (
            on_cloud_trail_event(),
            {
                "source": ["aws.ecr"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {"requestParameters": {"repositoryName": ["test-repo"]}},
            },
        ),
        (
            on_cloud_trail_image_pushed(),
            {
                "source": ["aws.ecr"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {"requestParameters": {"repositoryName": ["test-repo"]}, "eventName": ["PutImage"]},
            },
        ),
        (
            on_image_scan_completed(),
            {
                "source": ["aws.ecr"],
                "detail-type": ["ECR Image Scan"],
                "detail": {"repository-name": ["test-repo"], "scan-status": ["COMPLETE"]},
            },
        ),
    ],
    ids=["event", "trail", "trail push", "scan"],
)
def test_the_four_verbs_of_the_cdk_without_options_have_its_patterns(event: Event, expected: dict[str, Any]) -> None:
    assert event.of("test-repo").pattern().document == expected


def test_a_further_pattern_restricts_and_never_widens() -> None:
    event = on_event(event_pattern={"detail-type": ["ECR Image Action"], "detail": {"action-type": ["PUSH"]}})
    pattern = event.of("my-repository-name").pattern()
    assert [title for title, each in SAMPLES.items() if pattern.matches(each)] == ["Event for a completed image push"]


SAYS_AGAIN: dict[str, tuple[Callable[..., Event], dict[str, Any], list[tuple[str, str]]]] = {
    "the source": (on_event, {"source": ["custom"]}, [("source", "source")]),
    "the repository": (
        on_event,
        {"detail": {"repository-name": ["other"]}},
        [("detail.repository-name", "detail.repository-name")],
    ),
    "the repository in an alternative": (
        on_image_pushed,
        {"$or": [{"detail": {"repository-name": ["team/b"]}}, {"detail": {"image-tag": ["x"]}}]},
        [("$or[0].detail.repository-name", "detail.repository-name")],
    ),
    "the repository by its path": (
        on_cloud_trail_event,
        {"detail": {"requestParameters.repositoryName": ["team/b"]}},
        [("detail.requestParameters.repositoryName", "detail.requestParameters.repositoryName")],
    ),
    "the repository by its whole path": (
        on_cloud_trail_event,
        {"detail.requestParameters.repositoryName": ["team/b"]},
        [("detail.requestParameters.repositoryName", "detail.requestParameters.repositoryName")],
    ),
    "a field of an alternative of the rule's": (
        on_image_finding,
        {"detail": {"finding-severity-counts": {"CRITICAL": [{"exists": False}]}}},
        [("detail.finding-severity-counts.CRITICAL", "detail.$or[0].finding-severity-counts.CRITICAL")],
    ),
    "two at once": (
        on_event,
        {"source": ["a"], "detail": {"repository-name": ["b"]}},
        [("source", "source"), ("detail.repository-name", "detail.repository-name")],
    ),
}


@pytest.mark.parametrize("case", SAYS_AGAIN)
def test_what_the_rule_says_cannot_be_said_again_for_that_would_widen_it(case: str) -> None:
    make, more, expected = SAYS_AGAIN[case]
    with pytest.raises(SpecError) as caught:
        make(repositories="team/a", event_pattern=more)
    for reason, (place, own) in zip(caught.value.reasons, expected, strict=True):
        assert reason.startswith(f"event_pattern.{place}: says ")
        assert f" again, after the rule's own pattern.{own}: EventBridge uses the last one only" in reason


def test_what_else_a_pattern_says_is_merged_with_the_rules_own() -> None:
    more = {"account": ["1"], "detail": {"requestParameters": {"imageTag": ["v1"]}, "eventName": ["PutImage"]}}
    event = on_cloud_trail_event(repositories="team/a", event_pattern=more)
    assert event.pattern().document == {
        "source": ["aws.ecr"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "account": ["1"],
        "detail": {
            "requestParameters": {"repositoryName": ["team/a"], "imageTag": ["v1"]},
            "eventName": ["PutImage"],
        },
    }


def test_of_the_alternatives_of_both_one_each_must_match() -> None:
    tagged = {"$or": [{"image-tags": ["v1"]}, {"image-digest": [{"prefix": "sha256:0"}]}]}
    pattern = on_image_finding(event_pattern={"detail": tagged}).pattern()
    scan = sample("Event for a completed image scan (basic)")
    for counts, tags, digest, expected in (
        ({"HIGH": 1}, ["v1"], "sha256:1", True),
        ({"CRITICAL": 1}, [], "sha256:0", True),
        ({"CRITICAL": 1}, ["v2"], "sha256:1", False),
        ({"LOW": 1}, ["v1"], "sha256:0", False),
    ):
        detail = {"finding-severity-counts": counts, "image-tags": tags, "image-digest": digest}
        assert pattern.matches({**scan, "detail": {**scan["detail"], **detail}}) is expected


COULD_NOT_MATCH: list[tuple[dict[str, Any], str]] = [
    ({"detail": ["x"]}, "event_pattern.detail: an event's detail is an object, got ['x']"),
    ({"source": {"x": ["y"]}}, "event_pattern.source.x: an event's source has no fields inside"),
    ({"sauce": {"x": ["y"]}}, "event_pattern.sauce.x: an event has no such field"),
    ({"$or": [{"sauce": ["x"]}, {"id": ["x"]}]}, "event_pattern.$or[0].sauce: an event has no such field"),
    ({"$or": [{"id": ["x"]}, {"region": ["*"]}]}, "event_pattern.$or[1].region: '*' matches nothing"),
    (
        {"detail": {"requestParameters": ["x"]}},
        'event_pattern.detail.requestParameters: the rule has {"repositoryName":["team/a"]} there',
    ),
]


@pytest.mark.parametrize(("more", "said"), COULD_NOT_MATCH)
def test_a_pattern_that_no_event_has_is_refused_in_alternatives_too(more: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        on_cloud_trail_event(repositories="team/a", event_pattern=more)
    assert said in str(caught.value)


def test_a_pattern_with_a_path_for_a_field_is_accepted() -> None:
    pattern = on_event(
        event_pattern={"detail.action-type": ["PUSH"], "$or": [{"id": ["x"]}, {"region": ["us-west-2"]}]}
    )
    assert pattern.pattern().matches(sample("Event for a completed image push"))


READS = RuleState.ALL_CLOUD_TRAIL
FIRST_STATES: list[tuple[dict[str, Any] | None, RuleState]] = [
    (None, RuleState.ENABLED),
    ({"detail": {"eventName": ["PutImage", "BatchGetImage"]}}, READS),
    ({"detail": {"eventName": ["GetSomethingNew"]}}, READS),
    ({"detail": {"eventName": [{"prefix": "BatchGet"}]}}, READS),
    ({"detail": {"eventName": [{"prefix": {"equals-ignore-case": "batchget"}}]}}, READS),
    ({"detail": {"eventName": [{"suffix": "ForLayer"}]}}, READS),
    ({"detail": {"eventName": [{"wildcard": "Describe*"}]}}, READS),
    ({"detail": {"eventName": [{"equals-ignore-case": "batchgetimage"}]}}, READS),
    ({"detail.eventName": ["BatchGetImage"]}, READS),
    ({"$or": [{"detail": {"eventName": ["ListImages"]}}, {"detail": {"eventName": ["PutImage"]}}]}, READS),
    ({"detail": {"readOnly": [True]}}, READS),
    ({"detail": {"readOnly": [True, False]}}, READS),
    ({"detail": {"readOnly": [False], "eventName": [{"prefix": "Batch"}]}}, RuleState.ENABLED),
    ({"detail": {"readOnly": [1]}}, RuleState.ENABLED),
    ({"detail": {"eventName": ["PutImage", 5, None]}}, RuleState.ENABLED),
    ({"detail": {"eventName": [{"prefix": "Put"}, {"wildcard": "*Delete*"}]}}, RuleState.ENABLED),
    ({"detail": {"eventName": [{"anything-but": "PutImage"}, {"exists": True}]}}, RuleState.ENABLED),
    ({"detail": {"eventName": [{"numeric": ["<", 5]}, {"cidr": "10.0.0.0/8"}]}}, RuleState.ENABLED),
    ({"detail": {"userIdentity": {"type": ["Root"]}}}, RuleState.ENABLED),
]


@pytest.mark.parametrize(("more", "expected"), FIRST_STATES)
def test_a_new_rule_that_asks_for_reading_calls_fires_on_them(more: dict[str, Any] | None, expected: RuleState) -> None:
    assert Event("cloud-trail-event", event_pattern=more).first_state is expected


def test_a_basic_scan_is_a_finding_if_it_counts_one_of_the_severities() -> None:
    scan = sample("Event for a completed image scan (basic)")
    of = "my-repository-name"
    assert kinds.image_finding(of).matches(scan)
    assert kinds.image_finding(of, severities=["MEDIUM"]).matches(scan)
    assert not kinds.image_finding(of, severities=["HIGH", "LOW"]).matches(scan)


def test_tags_select_images_and_scans() -> None:
    push = sample("Event for a completed image push")
    assert kinds.image_pushed(None, image_tags=["latest", "v1"]).matches(push)
    assert not kinds.image_pushed(None, image_tags=["v1"]).matches(push)
    scan = sample("Event for an initial image scan (enhanced")
    location = location_of(scan)
    found = kinds.image_scan_completed(None, image_tags=["latest"], scan_type="ENHANCED", location=location)
    assert found.matches(scan)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: kinds.image_pushed("Bad_Name"), "lower-case"),
        (lambda: kinds.image_pushed([]), "expected a repository at least"),
        (lambda: kinds.image_pushed(["ok", "Bad"]), "lower-case"),
        (lambda: kinds.image_pushed("ok", image_tags=[]), "image_tags: expected a tag at least"),
        (lambda: kinds.image_pushed("ok", image_tags="v1"), "expected a list of strings, got 'v1'"),
        (lambda: kinds.image_scan_completed("ok", scan_type="DEEP"), "expected BASIC or ENHANCED, got 'DEEP'"),
        (lambda: kinds.image_finding("ok", severities=["BAD"]), "expected some of CRITICAL"),
        (lambda: kinds.image_finding("ok", severities=[]), "expected one at least"),
        (lambda: kinds.image_replicated("ok", result="MAYBE"), "expected SUCCESS or FAILED"),
        (lambda: kinds.image_pushed([f"team/repository-{n}" for n in range(200)]), "at most 4,096 characters"),
        (lambda: prefix(""), "expected the beginning"),
        (lambda: Event("image-pulled"), "expected one of event, cloud-trail-event"),
        (lambda: Event("image-pushed", options={"severity": 1}), "image-pushed does not take severity, but image_tags"),
    ],
)
def test_what_can_never_match_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert said in str(caught.value)
