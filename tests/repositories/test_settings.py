"""Creating, converging, adopting and deleting repositories."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, ConflictError, Registry, RepositorySpec, SpecError, TagMutability
from ecrops.repositories.values import EncryptionName
from emulator import Client, Cloud
from support import cases, registry_of, state

APP = RepositorySpec("team/api", image_tag_mutability="IMMUTABLE", image_scan_on_push=True, tags={"team": "web"})
CDK = [
    case
    for case in cases("cdk")
    if case["category"] in ("repository", "tag-mutability", "encryption")
    and ("create_repository" in case["expect"] or "unset" in case["expect"])
]


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    return cloud.client("ecr")


def created(cloud: Cloud) -> dict[str, Any]:
    [call] = cloud.calls.of("CreateRepository")
    return call.params


def spec_of(fields: dict[str, Any]) -> RepositorySpec:
    values = {key: value for key, value in fields.items() if key != "repository_name"}
    for entry in (filters := values.get("image_tag_mutability_exclusion_filters", [])):
        assert isinstance(entry, str | dict)
    if filters and isinstance(filters[0], dict):
        values["image_tag_mutability_exclusion_filters"] = [next(iter(entry.values())) for entry in filters]
    return RepositorySpec(fields["repository_name"], **values)


@pytest.mark.parametrize("case", CDK, ids=lambda case: case["id"])
def test_what_is_sent_is_what_the_cdk_renders(memory_cloud: Cloud, case: dict[str, Any]) -> None:
    spec = spec_of(case["input"]["repository"])
    [change] = registry_of(memory_cloud).plan(spec)
    params = dict(change.params)
    for key in case["expect"].get("unset", []):
        assert key not in params
    expected = case["expect"].get("create_repository")
    if expected:
        assert params == {"repositoryName": spec.name} | expected


def test_one_call_creates_with_everything_that_it_takes(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(
        RepositorySpec(
            "team/api",
            image_tag_mutability="MUTABLE_WITH_EXCLUSION",
            image_tag_mutability_exclusion_filters=["v*", "release-*"],
            image_scan_on_push=True,
            encryption="KMS",
            tags={"a": "1", "b": "2"},
        )
    )
    assert cloud.calls.operations() == ["DescribeRepositories", "CreateRepository"]
    [there] = state(cloud).values()
    assert there["imageTagMutability"] == "MUTABLE_WITH_EXCLUSION"
    assert [entry["filter"] for entry in there["imageTagMutabilityExclusionFilters"]] == ["v*", "release-*"]
    assert there["imageScanningConfiguration"] == {"scanOnPush": True}
    assert there["encryptionConfiguration"]["encryptionType"] == "KMS"
    assert there["tags"] == {"a": "1", "b": "2"}


def test_ensure_twice_changes_once(registry: Registry) -> None:
    assert registry.ensure(APP)
    assert not registry.ensure(APP)


def test_plan_only_reads(cloud: Cloud, registry: Registry) -> None:
    assert registry.plan(APP)
    assert cloud.calls.operations()
    assert cloud.calls.writes() == []


def test_a_dry_run_plans_and_changes_nothing(cloud: Cloud) -> None:
    registry = registry_of(cloud, dry_run=True)
    assert str(registry.ensure(APP)).startswith("+ team/api repository: IMMUTABLE, scan on push, team=web")
    assert str(registry.repository("team/api").ensure(encryption="KMS"))
    assert cloud.calls.writes() == []
    assert state(cloud) == {}


def test_a_dry_run_goes_on_as_if_it_had_made_what_it_planned(cloud: Cloud) -> None:
    repo = registry_of(cloud, dry_run=True).repository("ab")
    assert repo.ensure(image_scan_on_push=True)
    assert str(repo.add_lifecycle_rule(max_image_count=5)) == "+ ab lifecycle: keep last 5\n1 to create"
    assert repo.add_tags(a="1").notes == ("ab: the tags a=1 are added when it is there",)
    assert cloud.calls.writes() == []


def test_several_failures_are_told_one_by_one(cloud: Cloud) -> None:
    cloud.faults.on("denied", operation="CreateRepository", times=None)
    with pytest.raises(ApplyError) as caught:
        registry_of(cloud).ensure(*(RepositorySpec(f"app{n:02}") for n in range(12)))
    said = str(caught.value)
    assert said.startswith("12 could not be finished; 0 changes were made")
    assert "the caller needs the IAM action ecr:CreateRepository" in said
    assert said.endswith("and 2 more, in .exceptions")


def test_something_newer_than_ecrops_is_said_with_the_name_of_its_repository(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab", lifecycle_rules=[]))

    def newer(parsed: Any, **_: Any) -> None:
        for item in parsed.get("repositories", []):
            item["imageTagMutability"] = "LOCKED"
            item["imageTagMutabilityExclusionFilters"] = [{"filterType": "REGEX", "pattern": "x"}]

    session = cloud.session(own=True)
    session.events.register("after-call.ecr.DescribeRepositories", newer)
    fresh = Registry(session)
    assert fresh.ensure(RepositorySpec("ab", image_scan_on_push=True))
    with pytest.raises(SpecError, match="ab is newer than this ecrops: image_tag_mutability: expected one of"):
        fresh.describe()


def test_what_was_not_asked_for_stays_as_somebody_else_made_it(cloud: Cloud, ecr: Client, registry: Registry) -> None:
    ecr.create_repository(
        repositoryName="theirs", imageTagMutability="IMMUTABLE", imageScanningConfiguration={"scanOnPush": True}
    )
    before = state(cloud)
    assert not registry.ensure(RepositorySpec("theirs"))
    assert registry.ensure(RepositorySpec("theirs", image_scan_on_push=False))
    assert cloud.calls.writes() == ["PutImageScanningConfiguration"]
    assert state(cloud)["theirs"] == before["theirs"] | {"imageScanningConfiguration": {"scanOnPush": False}}


@pytest.mark.parametrize(
    ("fields", "line", "operation"),
    [
        (
            {"image_tag_mutability": "IMMUTABLE"},
            "~ ab tag mutability: MUTABLE -> IMMUTABLE",
            "PutImageTagMutability",
        ),
        (
            {
                "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION",
                "image_tag_mutability_exclusion_filters": ["dev-*", "latest"],
            },
            "~ ab tag mutability: MUTABLE -> IMMUTABLE except dev-*, latest",
            "PutImageTagMutability",
        ),
        ({"image_scan_on_push": True}, "~ ab scan on push: off -> on", "PutImageScanningConfiguration"),
    ],
)
def test_a_setting_converges_with_one_call(
    cloud: Cloud, registry: Registry, fields: dict[str, Any], line: str, operation: str
) -> None:
    registry.ensure(RepositorySpec("ab"))
    cloud.calls.clear()
    plan = registry.ensure(RepositorySpec("ab", **fields))
    assert str(plan) == f"{line}\n1 updated"
    assert cloud.calls.operations() == ["DescribeRepositories", operation]
    assert not registry.ensure(RepositorySpec("ab", **fields))


def test_going_back_to_a_plain_mode_sends_no_filters(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("ab")
    repo.ensure(image_tag_mutability="IMMUTABLE_WITH_EXCLUSION", image_tag_mutability_exclusion_filters=["a", "b"])
    assert repo.ensure(image_tag_mutability="MUTABLE")
    assert "imageTagMutabilityExclusionFilters" not in cloud.calls.of("PutImageTagMutability")[0].params


def test_filters_in_another_order_are_no_change_and_other_filters_are(registry: Registry) -> None:
    repo = registry.repository("ab")
    mode = TagMutability.IMMUTABLE_WITH_EXCLUSION
    repo.ensure(image_tag_mutability=mode, image_tag_mutability_exclusion_filters=["a", "b"])
    assert not repo.ensure(image_tag_mutability=mode, image_tag_mutability_exclusion_filters=["b", "a"])
    assert repo.ensure(image_tag_mutability=mode, image_tag_mutability_exclusion_filters=["a", "c"])


# Encryption


@pytest.fixture
def key(cloud: Cloud) -> str:
    kms = cloud.client("kms")
    made: str = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/images", TargetKeyId=made)
    return made


def spellings(key: str) -> list[str]:
    return [key, key.rpartition("/")[2], "alias/images", key.rpartition(":")[0] + ":alias/images"]


@pytest.mark.parametrize("kind", ["KMS", "KMS_DSSE"])
def test_a_key_by_arn_id_or_alias_is_one_key(registry: Registry, key: str, kind: EncryptionName) -> None:
    for made in spellings(key):
        registry.repository("ab").ensure(encryption=kind, encryption_key=made)
        for asked in spellings(key):
            assert not registry.repository("ab").ensure(encryption=kind, encryption_key=asked), (made, asked)
        registry.remove("ab")


def test_kms_without_a_key_matches_any_key(registry: Registry, key: str) -> None:
    registry.repository("ab").ensure(encryption_key=key)
    assert not registry.repository("ab").ensure(encryption="KMS")


def test_an_alias_is_resolved_once_for_a_fleet_and_only_when_needed(cloud: Cloud, registry: Registry, key: str) -> None:
    fleet = [RepositorySpec(f"app{n}", encryption_key="alias/images") for n in range(5)]
    registry.ensure(*fleet)
    assert cloud.calls.of("DescribeKey") == []
    registry.ensure(*fleet)
    assert len(cloud.calls.of("DescribeKey")) == 1


def test_another_encryption_is_a_conflict_and_nothing_changes_anywhere(
    cloud: Cloud, registry: Registry, key: str
) -> None:
    registry.ensure(RepositorySpec("plain"), RepositorySpec("keyed", encryption_key=key))
    before = state(cloud)
    plan = registry.plan(
        RepositorySpec("new"),
        RepositorySpec("plain", encryption="KMS", image_scan_on_push=True),
        RepositorySpec("keyed", encryption="AES256"),
    )
    assert [str(conflict) for conflict in plan.conflicts] == [
        "! plain encryption: AES256 -> KMS",
        f"! keyed encryption: KMS with {key} -> AES256",
    ]
    assert plan.summary == "1 to create, 1 to update, 2 conflicts"
    cloud.calls.clear()
    with pytest.raises(ConflictError) as caught:
        registry.apply(plan)
    assert caught.value.conflicts == plan.conflicts
    assert cloud.calls.operations() == []
    assert state(cloud) == before


@pytest.mark.parametrize("asked", ["alias/other", "alias/none", "11111111-2222-3333-4444-555555555555"])
def test_another_key_is_a_conflict(cloud: Cloud, registry: Registry, key: str, asked: str) -> None:
    kms = cloud.client("kms")
    kms.create_alias(AliasName="alias/other", TargetKeyId=kms.create_key()["KeyMetadata"]["Arn"])
    registry.repository("ab").ensure(encryption_key=key)
    assert registry.plan(RepositorySpec("ab", encryption_key=asked)).conflicts


def test_an_alias_that_may_not_be_resolved_is_a_note_and_never_a_replacement(
    cloud: Cloud, registry: Registry, key: str
) -> None:
    registry.repository("ab").ensure(encryption_key=key)
    cloud.faults.on("denied", operation="DescribeKey", times=None)
    plan = registry.plan(RepositorySpec("ab", encryption_key="alias/images"))
    assert not plan
    assert "kms:DescribeKey" in plan.notes[0]
    assert plan.notes[0] in str(plan)


def test_explicit_aes256_is_what_a_plain_repository_has(registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab"))
    assert not registry.ensure(RepositorySpec("ab", encryption="AES256"))


def test_a_key_that_cannot_be_used_says_which_permissions_ecr_needs(registry: Registry) -> None:
    with pytest.raises(ClientError) as caught:
        registry.ensure(RepositorySpec("ab", encryption_key="alias/none"))
    assert caught.value.response["Error"]["Code"] == "KmsException"
    assert any("kms:CreateGrant" in note for note in caught.value.__notes__)


# Deleting


def test_delete_waits_until_the_repository_is_gone(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab"))
    cloud.emulator.vanish_after = 3
    assert str(registry.repository("ab").delete()) == "- ab repository\n1 deleted"
    assert not registry.repository("ab").exists()
    assert cloud.calls.writes() == ["CreateRepository", "DeleteRepository"]


def test_deleting_what_is_not_there_is_nothing_to_do(cloud: Cloud, registry: Registry) -> None:
    assert not registry.repository("ab").delete()
    assert not registry.remove("ab", "cd")
    assert cloud.calls.writes() == []


def push(ecr: Client, name: str) -> None:
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": []})
    ecr.put_image(repositoryName=name, imageManifest=manifest, imageManifestMediaType=kind, imageTag="v1")


def test_a_repository_with_images_is_kept_unless_told_otherwise(cloud: Cloud, ecr: Client, registry: Registry) -> None:
    registry.ensure(RepositorySpec("full"))
    push(ecr, "full")
    with pytest.raises(ClientError) as caught:
        registry.repository("full").delete()
    assert caught.value.response["Error"]["Code"] == "RepositoryNotEmptyException"
    assert any("empty_on_delete=True" in note for note in caught.value.__notes__)
    assert "with all its images" in str(registry.repository("full").delete(empty_on_delete=True))
    assert state(cloud) == {}


def test_one_failing_owner_does_not_stop_the_others(cloud: Cloud, ecr: Client, registry: Registry) -> None:
    registry.ensure(*(RepositorySpec(name) for name in ("one", "full", "two")))
    push(ecr, "full")
    with pytest.raises(ApplyError) as caught:
        registry.remove("one", "full", "two")
    assert [change.owner for change in caught.value.applied] in (["one", "two"], ["two", "one"])
    assert [error.response["Error"]["Code"] for error in caught.value.exceptions if isinstance(error, ClientError)] == [
        "RepositoryNotEmptyException"
    ]
    assert set(state(cloud)) == {"full"}


# Bad input and refusals


def test_two_specs_with_one_name_are_refused_before_any_call(cloud: Cloud, registry: Registry) -> None:
    with pytest.raises(SpecError, match="two specs have the name 'ab'"):
        registry.plan(RepositorySpec("ab"), RepositorySpec("cd"), RepositorySpec("ab", tags={}))
    assert cloud.calls.operations() == []


def test_what_is_no_spec_is_refused(registry: Registry) -> None:
    wrong: Any = "ab"
    with pytest.raises(SpecError, match="expected RepositorySpecs, one argument each, got 'ab'"):
        registry.ensure(wrong)


def test_a_list_of_specs_is_told_to_have_a_star(registry: Registry) -> None:
    wrong: Any = [RepositorySpec("ab")]
    for verb in (registry.ensure, registry.plan):
        with pytest.raises(SpecError, match=r"got a list: write ensure\(\*specs\)"):
            verb(wrong)


def test_an_unknown_setting_is_refused_by_name(cloud: Cloud, registry: Registry) -> None:
    with pytest.raises(SpecError, match="image_scan"):
        registry.repository("ab").ensure(image_scan=True)  # type: ignore[arg-type]
    assert cloud.calls.operations() == []


def test_a_denied_read_names_the_permission_and_nothing_is_written(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(APP)
    cloud.calls.clear()
    cloud.faults.on("denied", operation="ListTagsForResource", times=None)
    with pytest.raises(ClientError) as caught:
        registry.ensure(RepositorySpec("team/api", tags={}, image_scan_on_push=False))
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "the caller needs the IAM action ecr:ListTagsForResource" in caught.value.__notes__
    assert "while reading team/api" in caught.value.__notes__
    assert cloud.calls.writes() == []


def test_a_denied_write_names_the_change_and_the_permission(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("denied", operation="CreateRepository", times=None)
    with pytest.raises(ClientError) as caught:
        registry.ensure(APP)
    assert "the caller needs the IAM action ecr:CreateRepository" in caught.value.__notes__
    assert any("+ team/api repository" in note for note in caught.value.__notes__)


def test_a_verb_on_a_repository_that_is_not_there_is_awss_own_error(registry: Registry) -> None:
    for verb in (
        lambda: registry.repository("ab").add_lifecycle_rule(max_image_count=1),
        lambda: registry.describe("ab"),
        lambda: registry.repository("ab").describe(),
    ):
        with pytest.raises(ClientError) as caught:
            verb()
        assert caught.value.response["Error"]["Code"] == "RepositoryNotFoundException"
        assert "there is no repository 'ab': Repository.ensure makes it" in caught.value.__notes__


def test_changes_are_told_on_the_callers_thread_in_the_order_of_each_owner(registry: Registry) -> None:
    told: list[tuple[str, str, int]] = []
    fleet = [RepositorySpec(f"app{n}", lifecycle_rules=[], tags={"n": str(n)}) for n in range(20)]
    registry.ensure(*fleet, on_change=lambda change: told.append((change.owner, change.what, threading.get_ident())))
    assert {ident for _, _, ident in told} == {threading.get_ident()}
    assert sorted(owner for owner, _, _ in told) == sorted(spec.name for spec in fleet)


def test_an_error_of_the_callback_stops_what_has_not_begun_and_comes_out(cloud: Cloud) -> None:
    registry = registry_of(cloud, workers=1)
    cloud.faults.latency = 0.01  # the callback is called on this thread, which has to get its turn

    def interrupt(change: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        registry.ensure(*(RepositorySpec(f"app{n:02}") for n in range(20)), on_change=interrupt)
    assert len(state(cloud)) < 20


# Names, ARNs, URIs


def test_names_follow_from_the_account_and_the_region(registry: Registry) -> None:
    repo = registry.repository("team/api")
    host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    assert repo.arn == "arn:aws:ecr:eu-west-1:123456789012:repository/team/api"
    assert (registry.uri, repo.registry_uri, repo.uri) == (host, host, f"{host}/team/api")
    assert repo.uri_for_tag("v1") == f"{host}/team/api:v1"
    assert repo.uri_for_tag() == repo.uri_for_tag("") == repo.uri
    assert repo.uri_for_digest("sha256:ab") == f"{host}/team/api@sha256:ab"
    assert repo.uri_for_digest() == repo.uri
    assert repo.uri_for_tag_or_digest("sha256:ab") == f"{host}/team/api@sha256:ab"
    assert repo.uri_for_tag_or_digest("v1") == f"{host}/team/api:v1"
    assert repo.uri_for_tag_or_digest() == repo.uri


def test_a_handle_from_an_arn_is_the_handle_of_its_name(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("arn:aws:ecr:eu-west-1:123456789012:repository/foo/bar/baz")
    assert repo.name == "foo/bar/baz"
    assert cloud.calls.operations() == []
    assert repo.ensure()
    assert repo.exists()


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("arn:aws:ecr:us-east-1:123456789012:repository/ab", "is not in eu-west-1"),
        ("arn:aws-cn:ecr:eu-west-1:123456789012:repository/ab", "is not in eu-west-1"),
        ("arn:aws:ecr:eu-west-1:123456789012:ab", "expected arn:PARTITION:ecr"),
        ("arn:aws:s3:::bucket", "expected arn:PARTITION:ecr"),
        ("arn:aws", "expected an ARN"),
        ("arn:aws:ecr:eu-west-1:123456789012:repository/A", "2 to 256"),
    ],
)
def test_an_arn_of_something_else_is_refused(registry: Registry, arn: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        registry.repository(arn)


def test_an_arn_of_another_account_is_refused_before_anything_is_written(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("arn:aws:ecr:eu-west-1:111122223333:repository/ab")
    assert repo.uri == "111122223333.dkr.ecr.eu-west-1.amazonaws.com/ab"
    with pytest.raises(SpecError, match="make a Registry with a session for it"):
        repo.ensure()
    with pytest.raises(SpecError, match="another account"):
        repo.delete()
    assert cloud.calls.writes() == []


def test_a_plan_of_another_account_is_not_applied(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab"))
    plan = registry.plan(RepositorySpec("cd"), RepositorySpec("ab"))
    with pytest.raises(SpecError, match="the plan is for the account 123456789012, this registry is of 111122223333"):
        Registry(cloud.session(account="111122223333")).apply(plan)


def test_a_plan_of_another_region_is_not_applied(cloud: Cloud, registry: Registry) -> None:
    plan = registry.plan(APP)
    elsewhere = Registry(cloud.session("us-east-1"))
    with pytest.raises(SpecError, match="the plan is for eu-west-1, this registry is in us-east-1"):
        elsewhere.apply(plan)
