"""Setting tags: two calls for a tag, one if it is set, and nothing that another writer does is lost unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, Change, ConflictError, EcropsError, Plan, Registry, SpecError
from ecrops.repository import Repository
from ecrops.testing import FAULTS, Call, Cloud, Fault
from support import AT_ONCE, registry_of

RETAG = ["BatchGetImage", "PutImage"]
TAKEN = "the tag is on another image, and tags of this repository cannot be moved"


@pytest.fixture
def app(cloud: Cloud) -> Repository:
    cloud.emulator.seed(["app"])
    return registry_of(cloud).repository("app")


def tags_of(cloud: Cloud, name: str = "app") -> dict[str, str]:
    """The digest of each tag."""
    pages = cloud.client("ecr").get_paginator("list_images").paginate(repositoryName=name)
    return {item["imageTag"]: item["imageDigest"] for page in pages for item in page["imageIds"] if "imageTag" in item}


def since(cloud: Cloud, act: Callable[[], object]) -> list[str]:
    """The operations that something calls."""
    before = len(cloud.calls.operations())
    act()
    return cloud.calls.operations()[before:]


def during(cloud: Cloud, operation: str, act: Callable[[], object]) -> None:
    """Let another writer act once, right before the next call of an operation."""
    left = [act]

    def strikes(call: Call) -> bool:
        if call.operation == operation and left:
            left.pop()()
        return False

    cloud.faults.on("denied", where=strikes, times=None)


def test_a_tag_is_set_in_two_calls_and_found_set_in_one(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tag="v1")
    assert since(cloud, lambda: app.image("v1").tag("stable")) == RETAG
    assert tags_of(cloud) == {"v1": digest, "stable": digest}
    assert since(cloud, lambda: app.image("v1").tag("stable")) == ["BatchGetImage"]
    assert not app.image(digest).tag("stable", "v1")


def test_several_tags_of_one_image_are_read_in_one_call(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tag="v1")
    assert since(cloud, lambda: app.image("v1").tag("a", "b")) == ["BatchGetImage", "PutImage", "PutImage"]
    assert tags_of(cloud) == dict.fromkeys(("v1", "a", "b"), digest)


def test_a_tag_that_moves_is_shown_with_both_images(cloud: Cloud, app: Repository) -> None:
    one, two = cloud.push_image("app", tag="v1"), cloud.push_image("app", tag="v2")
    app.image("v1").tag("stable")
    plan = app.image("v2").tag("stable")
    (change,) = plan
    assert str(change) == f"~ app:stable: {one[:19]} -> v2 ({two[:19]})"
    assert change.parts == {("-", f"stable {one}"), ("+", f"stable {two}")}
    assert tags_of(cloud)["stable"] == two
    (change,) = app.image(one).tag("stable")
    assert str(change) == f"~ app:stable: {two[:19]} -> {one[:19]}"


def test_an_index_is_tagged_as_it_is(cloud: Cloud, app: Repository) -> None:
    index = cloud.push_index("app", [cloud.push_image("app") for _ in range(2)], tag="v1", docker=True)
    app.image("v1").tag("stable")
    assert tags_of(cloud) == {"v1": index, "stable": index}


def test_a_manifest_of_an_unknown_type_is_put_unchanged(cloud: Cloud, app: Repository) -> None:
    text, kind = '{ "schemaVersion" : 2 ,\n "what": "é" }', "application/vnd.example.unknown+json"
    ecr = cloud.client("ecr")
    put = ecr.put_image(repositoryName="app", imageManifest=text, imageManifestMediaType=kind, imageTag="v1")
    app.image("v1").tag("stable")
    assert tags_of(cloud)["stable"] == put["image"]["imageId"]["imageDigest"]
    assert app.image("stable").manifest() == text.encode()
    assert app.image("stable").media_type == kind


def test_a_manifest_that_is_larger_than_a_put_takes_is_a_conflict_in_the_plan(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_cloud.emulator.seed(["app"])
    memory_cloud.push_image("app", tag="v1")
    monkeypatch.setattr("ecrops.images.manifests.LARGEST", 100)
    with pytest.raises(ConflictError, match=r"its manifest has [0-9]+ characters, and PutImage takes 100"):
        registry_of(memory_cloud).repository("app").image("v1").tag("stable")
    assert "PutImage" not in memory_cloud.calls.operations()


def test_a_dry_run_sets_nothing_and_goes_on_from_what_it_would_have_set(cloud: Cloud, app: Repository) -> None:
    one, two = cloud.push_image("app", tag="v1"), cloud.push_image("app", tag="v2")
    dry = registry_of(cloud, dry_run=True).repository("app")
    assert [str(change) for change in dry.image("v1").tag("stable")] == [f"+ app:stable: v1 ({one[:19]})"]
    assert not dry.image("v1").tag("stable")
    assert [str(change) for change in dry.image("stable").tag("prod")] == [f"+ app:prod: stable ({one[:19]})"]
    moved = f"~ app:stable: {one[:19]} -> v2 ({two[:19]})"
    assert [str(change) for change in dry.image("v2").tag("stable")] == [moved]
    assert tags_of(cloud) == {"v1": one, "v2": two}


def test_an_approved_plan_sets_the_image_that_it_showed(cloud: Cloud, app: Repository) -> None:
    one = cloud.push_image("app", tag="latest")
    plan = registry_of(cloud, dry_run=True).repository("app").image("latest").tag("stable")
    cloud.push_image("app", tag="latest")
    assert since(cloud, lambda: app.registry.apply(plan)) == ["GetCallerIdentity", *RETAG]
    assert tags_of(cloud)["stable"] == one


def test_a_tag_that_another_writer_moved_since_the_approval_is_a_conflict(cloud: Cloud, app: Repository) -> None:
    cloud.push_image("app", tag="v1")
    cloud.push_image("app", tag="v2")
    plan = registry_of(cloud, dry_run=True).repository("app").image("v1").tag("stable")
    app.image("v2").tag("stable")
    before = tags_of(cloud)
    with pytest.raises(ConflictError, match="app:stable"):
        app.registry.apply(plan)
    assert tags_of(cloud) == before


def test_an_image_that_was_deleted_since_the_approval_is_not_made_again(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tag="v1")
    plan = registry_of(cloud, dry_run=True).repository("app").image("v1").tag("stable")
    cloud.client("ecr").batch_delete_image(repositoryName="app", imageIds=[{"imageDigest": digest}])
    with pytest.raises(ConflictError, match="no such image"):
        app.registry.apply(plan)
    assert tags_of(cloud) == {}


def immutable(cloud: Cloud, *excluded: str) -> None:
    mutability = "IMMUTABLE_WITH_EXCLUSION" if excluded else "IMMUTABLE"
    filters = [{"filterType": "WILDCARD", "filter": pattern} for pattern in excluded]
    more = {"imageTagMutabilityExclusionFilters": filters} if excluded else {}
    cloud.client("ecr").put_image_tag_mutability(repositoryName="app", imageTagMutability=mutability, **more)


def test_a_taken_immutable_tag_is_a_conflict_from_the_put_itself(cloud: Cloud, app: Repository) -> None:
    cloud.push_image("app", tag="v1")
    cloud.push_image("app", tag="v2")
    immutable(cloud)
    before, calls = tags_of(cloud), len(cloud.calls.operations())
    with pytest.raises(ConflictError, match=TAKEN) as caught:
        app.image("v2").tag("v1")
    assert cloud.calls.operations()[calls:] == RETAG
    assert [conflict.owner for conflict in caught.value.conflicts] == ["app:v1"]
    assert tags_of(cloud) == before
    assert not app.image("v1").tag("v1"), "what is set is nothing to do"
    assert len(app.image("v1").tag("v3")) == 1, "a new tag is none that is taken"


def test_a_plan_shows_a_taken_immutable_tag_and_reads_mutability_where_a_tag_moves(
    cloud: Cloud, app: Repository
) -> None:
    cloud.push_image("app", tag="v1")
    cloud.push_image("app", tag="dev-1")
    immutable(cloud, "dev-*")
    dry = registry_of(cloud, dry_run=True).repository("app")
    plans: list[Plan] = []
    assert since(cloud, lambda: plans.append(dry.image("v1").tag("new"))) == ["BatchGetImage"]
    moving = ["BatchGetImage", "DescribeRepositories"]
    assert since(cloud, lambda: plans.append(dry.image("dev-1").tag("v1"))) == moving
    assert since(cloud, lambda: plans.append(dry.image("v1").tag("dev-1"))) == moving
    assert [len(plan.conflicts) for plan in plans] == [0, 1, 0]
    assert TAKEN in str(plans[1])


def test_of_many_tags_none_is_set_if_one_cannot_be(cloud: Cloud, app: Repository) -> None:
    cloud.push_image("app", tag="v1")
    cloud.push_image("app", tag="v2")
    immutable(cloud)
    before = tags_of(cloud)
    with pytest.raises(ConflictError) as caught:
        app.tag_images({"new": "v1", "v1": "v2", "other": "missing", "more": "sha256:" + "0" * 64})
    assert [conflict.owner for conflict in caught.value.conflicts] == ["app:v1", "app:other", "app:more"]
    assert tags_of(cloud) == before


def test_many_tags_are_read_by_the_hundred_and_told_one_by_one(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["app"])
    digests = {f"v{number}": memory_cloud.push_image("app", tag=f"v{number}") for number in range(60)}
    app, told = registry_of(memory_cloud).repository("app"), list[Change]()
    wanted = {f"new-{tag}": tag for tag in digests}
    calls = since(memory_cloud, lambda: app.tag_images(wanted, on_change=told.append))
    assert (calls.count("BatchGetImage"), calls.count("PutImage"), len(calls)) == (2, 60, 62)
    assert {change.owner for change in told} == {f"app:{tag}" for tag in wanted}
    found = tags_of(memory_cloud)
    assert all(found[new] == digests[old] for new, old in wanted.items())
    assert since(memory_cloud, lambda: app.tag_images(wanted)) == ["BatchGetImage"] * 2


def test_throttled_tags_are_paced_and_all_set(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["app"])
    memory_cloud.push_image("app", tag="v1")
    app = registry_of(memory_cloud).repository("app")
    memory_cloud.faults.on("throttle", operation="PutImage", times=3)
    app.image("v1").tag(*(f"new-{number}" for number in range(8)))
    assert len(tags_of(memory_cloud)) == 9


def test_one_of_many_that_fails_is_named_and_the_others_are_set(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tag="v1")
    cloud.push_image("app", tag="v2")
    during(cloud, "PutImage", lambda: immutable(cloud))
    with pytest.raises(ApplyError) as caught:
        app.tag_images({"v2": "v1", "new": "v1"})
    assert [type(error) for error in caught.value.exceptions] == [ConflictError]
    assert list(caught.value.failed) == ["app:v2"]
    assert [change.owner for change in caught.value.applied] == ["app:new"]
    assert tags_of(cloud)["new"] == digest


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_each_call_ends_as_a_run_without_one(memory_cloud: Cloud, fault: Fault, number: int) -> None:
    memory_cloud.emulator.seed(["app"])
    memory_cloud.push_image("app", tag="v1")
    two = memory_cloud.push_image("app", tag="v2")
    app = registry_of(memory_cloud).repository("app")
    app.image("v1").tag("stable")
    memory_cloud.faults.at(number, fault)
    try:
        plan = app.image("v2").tag("stable")
    except ClientError:
        assert fault == "denied"
    else:
        assert [change.owner for change in plan] == ["app:stable"], "an answer that was lost is a change that was made"
    app.image("v2").tag("stable")
    assert tags_of(memory_cloud)["stable"] == two


def test_a_tag_that_another_writer_sets_to_the_same_image_meanwhile_is_set(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tag="v1")
    manifest = app.image("v1").manifest().decode()
    ecr = cloud.client("ecr")
    during(cloud, "PutImage", lambda: ecr.put_image(repositoryName="app", imageManifest=manifest, imageTag="stable"))
    app.image("v1").tag("stable")
    assert tags_of(cloud)["stable"] == digest


def test_an_archived_image_is_not_tagged_and_the_error_says_what_comes_first(
    memory_cloud: Cloud,
) -> None:
    memory_cloud.emulator.seed(["app"])
    digest = memory_cloud.push_image("app", tag="v1")
    memory_cloud.client("ecr").update_image_storage_class(
        repositoryName="app", imageId={"imageDigest": digest}, targetStorageClass="ARCHIVE"
    )
    app = registry_of(memory_cloud).repository("app")
    with pytest.raises(EcropsError, match=r"v1: ImageInaccessible: .*restored first"):
        app.image("v1").tag("stable")
    other = memory_cloud.push_image("app", tag="v2")
    (change,) = app.image("v2").tag("v1")
    assert change.parts == {("-", f"v1 {digest}"), ("+", f"v1 {other}")}


def test_a_tag_whose_holder_ecr_does_not_hand_out_is_asked_for_otherwise(memory_cloud: Cloud) -> None:
    """A cache whose upstream does not answer says so of a tag that it does not have."""
    memory_cloud.emulator.seed(["app"])
    digest, session = memory_cloud.push_image("app", tag="v1"), memory_cloud.session(own=True)

    def with_upstream(parsed: dict[str, Any], **_: object) -> None:
        for failure in parsed.get("failures", ()):
            failure["failureCode"] = "UpstreamUnavailable"

    session.events.register("after-call.ecr.BatchGetImage", with_upstream)
    app = Registry(session, retry=AT_ONCE).repository("app")
    app.image("v1").tag("stable")
    assert tags_of(memory_cloud)["stable"] == digest
    with pytest.raises(EcropsError, match="does not hand out the manifest of v9: UpstreamUnavailable"):
        app.image("v9").tag("stable")


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda app: app.image("v1").tag(), "expected one tag or more"),
        (lambda app: app.image("v1").tag("a b"), "a tag has 1 to 128 letters.*got 'a b'"),
        (lambda app: app.image("v1").tag("sha256:" + "0" * 64), "a tag has"),
        (lambda app: app.image("v1").tag("x" * 129), "got 129 characters"),
        (lambda app: app.image("v1").tag("-a"), "does not begin with"),
        (lambda app: app.image("v1").tag(""), "got ''"),
        (lambda app: app.image("v1").tag(None), "expected a tag, got None"),
        (lambda app: app.image("v1").untag(), "expected one tag or more"),
        (lambda app: app.image("v1").untag("a", delete_last="yes"), "delete_last: expected True or False, got 'yes'"),
        (lambda app: app.tag_images(["a"]), r"expected tags, each with a tag or a digest of an image, got \['a'\]"),
        (lambda app: app.tag_images({"a": 1}), "'a'.*expected a tag or a digest, got 1"),
        (lambda app: app.image("v1").tag("a", on_change=1), "on_change"),
        (lambda app: app.image("app:v1"), "give the part behind the name of the repository alone, 'v1'"),
        (lambda app: app.image("host/app@sha256:" + "0" * 64), "alone, 'sha256:0000"),
        (lambda app: app.image("sha256:abc"), "'sha256:' and 64 digits of 0-9 and a-f, got 10 characters"),
        (lambda app: app.image("sha256:" + "A" * 64), "use 'sha256:aaaa"),
        (lambda app: app.image(None), "expected a tag or a digest, got None"),
    ],
)
def test_what_is_no_tag_or_digest_is_refused_before_any_call(
    memory_cloud: Cloud, act: Callable[[Repository], object], words: str
) -> None:
    app = registry_of(memory_cloud).repository("app")
    with pytest.raises(SpecError, match=words):
        act(app)
    assert memory_cloud.calls.operations() == []


def test_no_tags_at_all_are_nothing_to_do(memory_cloud: Cloud) -> None:
    assert not registry_of(memory_cloud).repository("app").tag_images({})


def test_a_repository_that_is_missing_or_elsewhere_is_an_error(cloud: Cloud, registry: Registry) -> None:
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        registry.repository("app").image("v1").tag("stable")
    other = registry.repository("arn:aws:ecr:eu-west-1:999999999999:repository/app")
    with pytest.raises(SpecError, match="of another account"):
        other.image("v1").tag("stable")
