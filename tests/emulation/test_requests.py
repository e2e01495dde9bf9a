"""The emulator itself: each statement it makes about AWS, seen through boto3 on both transports.

These tests show that the emulator says what we read in AWS's model and guide. They do not show what AWS does.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from emulator import EXECUTED, FAULTS, Client, Cloud, Fault, network

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "lifecycle_validation.json").read_text()
)
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=5)
MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}
RULE: dict[str, Any] = {
    "rulePriority": 1,
    "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3},
    "action": {"type": "expire"},
}


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    """Somebody's plain ECR client."""
    return cloud.client("ecr")


@contextmanager
def refused(code: str, *texts: str, status: int = 400) -> Iterator[None]:
    """The block is refused with this error code, in a message that contains the texts."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert all(text in error["Message"] for text in texts), error
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def error_code(call: Callable[[], object]) -> str | None:
    """The code of the error that a call meets, or None."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def push(ecr: Client, tag: str | None, content: str) -> str:
    """Push an image and return its digest."""
    manifest = json.dumps({**MANIFEST, "annotations": {"content": content}})
    tagged = {"imageTag": tag} if tag else {}
    answer = ecr.put_image(repositoryName="app", imageManifest=manifest, **tagged)
    digest: str = answer["image"]["imageId"]["imageDigest"]
    return digest


def wildcards(*patterns: str) -> list[dict[str, str]]:
    return [{"filterType": "WILDCARD", "filter": pattern} for pattern in patterns]


def policy(*rules: dict[str, Any]) -> str:
    return json.dumps({"rules": rules}, indent=4)


def a_rule(priority: int = 1, /, **selection: object) -> dict[str, Any]:
    return {**RULE, "rulePriority": priority, "selection": {**RULE["selection"], **selection}}


# 1. Requests are checked against the service model


@pytest.mark.parametrize("name", ["a--b", "a__b", "1/2", "a.b_c-d/e", "a" * 256])
def test_legal_names_are_accepted(ecr: Client, name: str) -> None:
    made = ecr.create_repository(repositoryName=name)["repository"]
    assert made["repositoryName"] == name


@pytest.mark.parametrize("name", ["Ab", "a" * 257, "a_-b", "ab\n", "-a", "a//b"])
def test_illegal_names_are_refused(ecr: Client, name: str) -> None:
    with refused("InvalidParameterException", "Invalid parameter at 'repositoryName'"):
        ecr.create_repository(repositoryName=name)


@pytest.mark.parametrize(
    ("where", "params"),
    [
        ("imageTagMutability", {"imageTagMutability": "NOPE"}),
        ("registryId", {"registryId": "123"}),
        ("encryptionConfiguration.encryptionType", {"encryptionConfiguration": {"encryptionType": "X"}}),
        (
            "imageTagMutabilityExclusionFilters",
            {"imageTagMutabilityExclusionFilters": wildcards(*"abcdef")},
        ),
        (
            "imageTagMutabilityExclusionFilters.1.member.filter",
            {"imageTagMutabilityExclusionFilters": wildcards("a b[")},
        ),
    ],
)  # fmt: skip
def test_enums_patterns_and_maxima_are_enforced(ecr: Client, where: str, params: dict[str, Any]) -> None:
    with refused("InvalidParameterException", f"at '{where}'"):
        ecr.create_repository(repositoryName="app", **params)


def test_page_sizes_and_list_lengths_are_bounded(ecr: Client) -> None:
    with refused("InvalidParameterException", "less than or equal to 1000"):
        ecr.describe_repositories(maxResults=1001)
    with refused("InvalidParameterException", "less than or equal to 100"):
        ecr.describe_repositories(repositoryNames=[f"r{n}" for n in range(101)])


def test_what_botocore_checks_is_checked_again(cloud: Cloud) -> None:
    unchecked = Config(parameter_validation=False)
    ecr: Any = cloud.session().client("ecr", config=unchecked)
    with refused("InvalidParameterException", "at 'repositoryName'"):
        ecr.create_repository()
    with refused("InvalidParameterException", "type integer"):
        ecr.describe_repositories(maxResults="7")
    with refused("InvalidParameterException", "greater than or equal to 1"):
        ecr.describe_repositories(maxResults=0)


# 2. Pages


def test_repositories_come_in_pages(cloud: Cloud, ecr: Client) -> None:
    names = cloud.emulator.seed(250)
    first = ecr.describe_repositories()
    assert len(first["repositories"]) == 100
    pages = list(ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 90}))
    assert [len(page["repositories"]) for page in pages] == [90, 90, 70]
    found = [repository["repositoryName"] for page in pages for repository in page["repositories"]]
    assert sorted(found) == names
    assert found != names


def test_pages_lose_nothing_when_repositories_come_and_go(cloud: Cloud, ecr: Client) -> None:
    names = cloud.emulator.seed(30)
    first = ecr.describe_repositories(maxResults=10)
    seen = [repository["repositoryName"] for repository in first["repositories"]]
    for name in seen[:5]:
        ecr.delete_repository(repositoryName=name)
    rest = ecr.describe_repositories(maxResults=1000, nextToken=first["nextToken"])
    assert sorted(seen + [repository["repositoryName"] for repository in rest["repositories"]]) == names


def test_a_listing_shows_what_came_after_the_last_one(cloud: Cloud, ecr: Client) -> None:
    for count in range(3):
        assert len(ecr.describe_repositories()["repositories"]) == count
        ecr.create_repository(repositoryName=f"app{count}")


def test_names_and_pages_do_not_mix(cloud: Cloud, ecr: Client) -> None:
    cloud.emulator.seed(["app"])
    for paging in ({"maxResults": 5}, {"nextToken": "x"}):
        with refused("InvalidParameterException", "repositoryNames"):
            ecr.describe_repositories(repositoryNames=["app"], **paging)
    with refused("InvalidParameterException", "nextToken"):
        ecr.describe_repositories(nextToken="made up")


def test_one_missing_name_fails_the_whole_call(cloud: Cloud, ecr: Client) -> None:
    cloud.emulator.seed(["app"])
    assert ecr.describe_repositories(repositoryNames=["app"])["repositories"][0]["repositoryName"] == "app"
    with refused("RepositoryNotFoundException", "'missing'"):
        ecr.describe_repositories(repositoryNames=["app", "missing"])


def test_a_large_registry_is_quick(memory_cloud: Cloud) -> None:
    start = time.perf_counter()
    memory_cloud.emulator.seed(50_000)
    seeded = time.perf_counter()
    pages = memory_cloud.client("ecr").get_paginator("describe_repositories")
    bounds = {"PageSize": 1000, "MaxItems": 15_000}
    found = sum(len(page["repositories"]) for page in pages.paginate(PaginationConfig=bounds))
    assert found == 15_000
    assert seeded - start < 5
    assert time.perf_counter() - seeded < 5


def test_a_page_costs_what_it_holds_not_what_there_is(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(30_000)
    ecr = memory_cloud.client("ecr")
    ecr.describe_repositories(maxResults=1)
    start = time.perf_counter()
    for _ in range(20):
        ecr.describe_repositories(maxResults=1)
    assert time.perf_counter() - start < 0.5


@pytest.fixture
def app(ecr: Client) -> Client:
    """The client, and a repository called app with three tags on two images, and an untagged one."""
    ecr.create_repository(repositoryName="app")
    push(ecr, "one", "1")
    push(ecr, "uno", "1")
    push(ecr, "two", "2")
    push(ecr, None, "3")
    return ecr


@pytest.mark.parametrize(("status", "entries", "details"), [("TAGGED", 3, 2), ("UNTAGGED", 1, 1), ("ANY", 4, 3)])
def test_listings_honour_the_tag_status(app: Client, status: str, entries: int, details: int) -> None:
    wanted = {"repositoryName": "app", "filter": {"tagStatus": status}}
    assert len(app.list_images(**wanted)["imageIds"]) == entries
    assert len(app.describe_images(**wanted)["imageDetails"]) == details


def test_images_come_in_pages(app: Client) -> None:
    for operation, key, total in (("list_images", "imageIds", 4), ("describe_images", "imageDetails", 3)):
        pages = app.get_paginator(operation).paginate(repositoryName="app", PaginationConfig={"PageSize": 2})
        sizes = [len(page[key]) for page in pages]
        assert sum(sizes) == total
        assert max(sizes) == 2


def test_image_ids_and_pages_do_not_mix(app: Client) -> None:
    wanted = {"repositoryName": "app", "imageIds": [{"imageTag": "one"}]}
    assert sorted(app.describe_images(**wanted)["imageDetails"][0]["imageTags"]) == ["one", "uno"]
    with refused("InvalidParameterException", "imageIds"):
        app.describe_images(maxResults=2, **wanted)


def test_only_active_images_are_listed_and_all_are(app: Client) -> None:
    archived = {"repositoryName": "app", "filter": {"imageStatus": "ARCHIVED"}}
    assert app.describe_images(**archived)["imageDetails"] == []
    details = app.describe_images(repositoryName="app")["imageDetails"]
    assert {detail["imageStatus"] for detail in details} == {"ACTIVE"}


def test_a_tag_that_moves_leaves_its_image(app: Client) -> None:
    digest = push(app, "two", "new")
    images = app.list_images(repositoryName="app")["imageIds"]
    assert {"imageTag": "two", "imageDigest": digest} in images
    assert len([image for image in images if "imageTag" not in image]) == 2


# 3. Mutability


def create(ecr: Client, **mutability: object) -> Any:
    return ecr.create_repository(repositoryName="app", **mutability)["repository"]


def put(ecr: Client, **mutability: object) -> Any:
    if not ecr.describe_repositories()["repositories"]:
        ecr.create_repository(repositoryName="app")
    return ecr.put_image_tag_mutability(repositoryName="app", **mutability)


@pytest.mark.parametrize("say", [create, put])
def test_mode_and_filters_travel_together(ecr: Client, say: Callable[..., Any]) -> None:
    with refused("InvalidParameterException", "can't be null when imageTagMutability is set as MUTABLE_WITH"):
        say(ecr, imageTagMutability="MUTABLE_WITH_EXCLUSION")
    with refused("InvalidParameterException", "must be null"):
        say(ecr, imageTagMutability="IMMUTABLE", imageTagMutabilityExclusionFilters=wildcards("v*"))
    with refused("InvalidParameterException", "wildcards"):
        filters = wildcards("*a*b*")
        say(ecr, imageTagMutability="IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters=filters)
    filters = wildcards("*-dev*", "latest")
    answer = say(ecr, imageTagMutability="IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters=filters)
    assert answer["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert answer["imageTagMutabilityExclusionFilters"] == filters
    stored = ecr.describe_repositories()["repositories"][0]
    assert stored["imageTagMutabilityExclusionFilters"] == filters


def test_going_back_to_a_plain_mode_drops_the_filters(ecr: Client) -> None:
    put(
        ecr,
        imageTagMutability="MUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=wildcards("v*"),
    )
    assert "imageTagMutabilityExclusionFilters" not in put(ecr, imageTagMutability="MUTABLE")
    assert "imageTagMutabilityExclusionFilters" not in ecr.describe_repositories()["repositories"][0]


def test_a_filter_is_a_wildcard_over_the_whole_tag(ecr: Client) -> None:
    mode = "IMMUTABLE_WITH_EXCLUSION"
    create(ecr, imageTagMutability=mode, imageTagMutabilityExclusionFilters=wildcards("dev", "*.x"))
    for tag in ("dev", "dev-2", "1.x", "1zx"):
        push(ecr, tag, "old " + tag)
    push(ecr, "dev", "new")
    push(ecr, "1.x", "newer")
    for tag in ("dev-2", "1zx"):
        with refused("ImageTagAlreadyExistsException"):
            push(ecr, tag, "refused")


# 4. Encryption


def encrypted(ecr: Client, name: str, kind: str, **key: str) -> Any:
    encryption = {"encryptionType": kind, **key}
    made = ecr.create_repository(repositoryName=name, encryptionConfiguration=encryption)["repository"]
    described = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    assert described["encryptionConfiguration"] == made["encryptionConfiguration"]
    assert made["encryptionConfiguration"]["encryptionType"] == kind
    return made["encryptionConfiguration"].get("kmsKey")


def test_aes256_takes_no_key(ecr: Client) -> None:
    assert encrypted(ecr, "app", "AES256") is None
    with refused("InvalidParameterException", "encryptionConfiguration"):
        encrypted(ecr, "app2", "AES256", kmsKey="alias/mine")


@pytest.mark.parametrize("first", [{}, {"kmsKey": "alias/aws/ecr"}])
def test_without_a_key_there_is_one_managed_key(cloud: Cloud, ecr: Client, first: dict[str, str]) -> None:
    managed = encrypted(ecr, "app", "KMS", **first)
    assert managed == encrypted(ecr, "app2", "KMS_DSSE") == encrypted(ecr, "app3", "KMS", kmsKey="alias/aws/ecr")
    metadata = cloud.client("kms").describe_key(KeyId="alias/aws/ecr")["KeyMetadata"]
    assert (metadata["Arn"], metadata["KeyManager"]) == (managed, "AWS")
    assert encrypted(cloud.client("ecr", "us-east-1"), "app", "KMS") != managed


@pytest.mark.parametrize("kind", ["KMS", "KMS_DSSE"])
def test_a_key_by_any_name_is_its_arn(cloud: Cloud, ecr: Client, kind: str) -> None:
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key["KeyId"])
    alias_arn = key["Arn"].replace(f"key/{key['KeyId']}", "alias/mine")
    for number, name in enumerate((key["KeyId"], key["Arn"], "alias/mine", alias_arn)):
        assert encrypted(ecr, f"app{number}", kind, kmsKey=name) == key["Arn"]


@pytest.mark.parametrize("kind", ["KMS", "KMS_DSSE"])
def test_a_key_that_cannot_be_used_is_refused(cloud: Cloud, ecr: Client, kind: str) -> None:
    kms = cloud.client("kms")
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
    kms.disable_key(KeyId=keys[0])
    kms.schedule_key_deletion(KeyId=keys[1], PendingWindowInDays=7)
    for name in (*keys, "alias/none", "arn:aws:kms:us-east-1:123456789012:key/" + keys[0], "nothing"):
        with refused("KmsException"):
            encrypted(ecr, "app", kind, kmsKey=name)
    assert ecr.describe_repositories()["repositories"] == []


# 5. Tags


def many(count: int, start: int = 0) -> list[dict[str, str]]:
    return [{"Key": f"k{number}", "Value": ""} for number in range(start, start + count)]


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        (many(51), "TooManyTagsException"),
        ([{"Key": "aws:x", "Value": "1"}], "InvalidTagParameterException"),
        ([{"Key": "AWS:x", "Value": "1"}], "InvalidTagParameterException"),
        ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "InvalidTagParameterException"),
        ([{"Key": "k" * 129, "Value": "1"}], "InvalidTagParameterException"),
        ([{"Key": "", "Value": "1"}], "InvalidTagParameterException"),
        ([{"Key": "k", "Value": "v" * 257}], "InvalidTagParameterException"),
    ],
)
def test_bad_tags_are_refused(ecr: Client, tags: list[dict[str, str]], code: str) -> None:
    with refused(code):
        ecr.create_repository(repositoryName="bad", tags=tags)
    arn = ecr.create_repository(repositoryName="app")["repository"]["repositoryArn"]
    with refused(code):
        ecr.tag_resource(resourceArn=arn, tags=tags)
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == []
    assert len(ecr.describe_repositories()["repositories"]) == 1


def test_fifty_tags_and_the_longest_are_fine(cloud: Cloud, ecr: Client) -> None:
    tags = [*many(49), {"Key": "k" * 128, "Value": "v" * 256}]
    arn = ecr.create_repository(repositoryName="app", tags=tags)["repository"]["repositoryArn"]
    cloud.emulator.set_system_tag("app", "aws:cloudformation:stack-name", "s")
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "k0", "Value": "changed"}])
    found = ecr.list_tags_for_resource(resourceArn=arn)["tags"]
    assert len(found) == 51
    assert {"Key": "aws:cloudformation:stack-name", "Value": "s"} in found
    with refused("TooManyTagsException"):
        ecr.tag_resource(resourceArn=arn, tags=many(1, start=100))


def test_untagging_a_missing_key_is_fine_but_not_a_system_one(cloud: Cloud, ecr: Client) -> None:
    arn = ecr.create_repository(repositoryName="app", tags=many(2))["repository"]["repositoryArn"]
    ecr.untag_resource(resourceArn=arn, tagKeys=["k0", "missing"])
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "k1", "Value": ""}]
    with refused("InvalidTagParameterException"):
        ecr.untag_resource(resourceArn=arn, tagKeys=["aws:x"])


@pytest.mark.parametrize("change", [("eu-west-1", "eu-west-2"), ("123456789012", "111122223333"), (":ecr:", ":s3:")])
def test_an_arn_from_elsewhere_is_refused(ecr: Client, change: tuple[str, str]) -> None:
    arn = ecr.create_repository(repositoryName="app")["repository"]["repositoryArn"]
    with refused("InvalidParameterException", "resourceArn"):
        ecr.list_tags_for_resource(resourceArn=arn.replace(*change))


# 6. Lifecycle policies


@pytest.fixture
def lifecycle(cloud: Cloud) -> Callable[[str], str]:
    """What puts a policy on a new repository and returns the text that ECR keeps."""
    return keep_policy(cloud)


def keep_policy(cloud: Cloud) -> Callable[[str], str]:
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName="app")

    def put(text: str) -> str:
        answer = ecr.put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=text)
        kept: str = ecr.get_lifecycle_policy(repositoryName="app")["lifecyclePolicyText"]
        assert answer["lifecyclePolicyText"] == kept
        return kept

    return put


REFUSAL = (
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: "
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_policies_get_the_verdict_of_the_sources(memory_cloud: Cloud, case: dict[str, Any]) -> None:
    keep, text = keep_policy(memory_cloud), json.dumps(case["policy"], indent=2)
    if case["valid"]:
        assert json.loads(keep(text)) == case["policy"]
        return
    with refused("InvalidParameterException", REFUSAL + (case["error_contains"] or "")):
        keep(text)


TAGGED: dict[str, Any] = {"tagStatus": "tagged"}
TRANSITION = {"type": "transition", "targetStorageClass": "archive"}
TO_NULL = {"type": "expire", "targetStorageClass": None}
ARCHIVED = {"countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 90}
MANY_RULES = [a_rule(number, tagPrefixList=[str(number)], **TAGGED) for number in range(1, 52)]
ONE_OF = "instance failed to match exactly one schema (matched 0 out of 2)"
UNKNOWN = "not allowed by the schema: "
REFUSED_POLICIES: dict[str, tuple[str, object]] = {
    "not an object": ("instance type (array)", ["rule"] * 20),
    "no rules": ('missing required properties (["rules"])', {"rule": [RULE]}),
    "empty rules": ("array must have", {"rules": []}),
    "51 rules": ("50 elements", {"rules": MANY_RULES}),
    "unknown key": (UNKNOWN + '["version"]', {"rules": [RULE], "version": 1}),
}
REFUSED_RULES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "unknown key of a rule": (UNKNOWN + '["name"]', [{**RULE, "name": "x"}]),
    "unknown key of a selection": (UNKNOWN + '["tagList"]', [a_rule(tagList=[])]),
    "null target": (ONE_OF, [{**RULE, "action": TO_NULL}]),
    "expire with target": (ONE_OF, [{**RULE, "action": {**TRANSITION, "type": "expire"}}]),
    "transition without target": (ONE_OF, [{**RULE, "action": {"type": "transition"}}]),
    "action as text": (ONE_OF, [{**RULE, "action": "expire"}]),
    "null description": ("instance type (null)", [{**RULE, "description": None}]),
    "null storage class": ("instance type (null)", [a_rule(storageClass=None)]),
    "null list": ("tagStatus=UNTAGGED", [a_rule(tagPrefixList=None)]),
    "priority 0": ("minimum: 1", [a_rule(0)]),
    "priority true": ("instance type (boolean)", [{**RULE, "rulePriority": True}]),
    "count as text": ("instance type (string)", [a_rule(countNumber="5")]),
    "count 1.5": ("instance type (number)", [a_rule(countNumber=1.5)]),
    "same priority": ("priorities must be unique", [a_rule(), a_rule(tagStatus="any")]),
    "tagged without list": ("Must specify tagPrefixList or tagPatternList when", [a_rule(**TAGGED)]),
    "tagged with empty list": ("Must specify tagPrefixList", [a_rule(tagPrefixList=[], **TAGGED)]),
    "list as text": ("instance type (string)", [a_rule(tagPrefixList="v", **TAGGED)]),
    "number in a list": ("instance type (integer)", [a_rule(tagPrefixList=[1], **TAGGED)]),
    "five wildcards": ("at most 4 wildcards", [a_rule(tagPatternList=["*a*b*c*d*"], **TAGGED)]),
    "unit for a count": ("countUnit must be omitted", [a_rule(countUnit="days")]),
    "no unit for an age": ("countUnit is required", [a_rule(countType="sinceImagePushed")]),
    "count in the archive": ("requires storageClass standard", [a_rule(storageClass="archive")]),
    "unknown storage class": ("not found in enum", [a_rule(storageClass="STANDARD")]),
    "unknown count type": ("not found in enum", [a_rule(countType="sinceForever")]),
    "unknown tag status": ("not found in enum", [a_rule(tagStatus="ANY")]),
    "transitioned from standard": ("requires storageClass archive", [a_rule(**ARCHIVED)]),
    "same prefixes": (
        "unique set of prefixes",
        [a_rule(1, tagPrefixList=["a", "b"], **TAGGED), a_rule(2, tagPrefixList=["b", "a"], **TAGGED)],
    ),
}
REFUSED_POLICIES |= {name: (reason, {"rules": rules}) for name, (reason, rules) in REFUSED_RULES.items()}


@pytest.mark.parametrize("name", REFUSED_POLICIES)
def test_policies_that_ecr_refuses(memory_cloud: Cloud, name: str) -> None:
    reason, document = REFUSED_POLICIES[name]
    with refused("InvalidParameterException", REFUSAL, reason):
        keep_policy(memory_cloud)(json.dumps(document).ljust(100))


def test_a_policy_has_100_to_30720_characters(lifecycle: Callable[[str], str]) -> None:
    with refused("InvalidParameterException", "lifecyclePolicyText"):
        lifecycle(policy(RULE).ljust(30_721))
    with refused("InvalidParameterException", "Could not map policyString into LifecyclePolicy."):
        lifecycle("{".ljust(100))
    assert json.loads(lifecycle(policy(RULE).ljust(30_720))) == {"rules": [RULE]}


def test_a_policy_comes_back_minified_sorted_and_reordered(lifecycle: Callable[[str], str]) -> None:
    second, first = a_rule(9), a_rule(3, tagPatternList=["a*", "b", "é*"], **TAGGED)
    text = lifecycle(policy(second, first))
    assert text.isprintable()
    assert ", " not in text
    rules = json.loads(text)["rules"]
    assert [rule["rulePriority"] for rule in rules] == [3, 9]
    assert rules[0]["selection"]["tagPatternList"] == ["é*", "b", "a*"]


def test_transition_is_allowed_for_count_and_age(lifecycle: Callable[[str], str]) -> None:
    for kind, unit in (("imageCountMoreThan", {}), ("sinceImagePushed", {"countUnit": "days"})):
        lifecycle(policy({**a_rule(countType=kind, **unit), "action": TRANSITION}))
    lifecycle(policy({**a_rule(countType="sinceImagePulled", countUnit="days"), "action": TRANSITION}))


# 7. Asynchronous visibility


def not_found(call: Callable[[], object]) -> bool:
    code = error_code(call)
    assert code in (None, "RepositoryNotFoundException")
    return code is not None


@pytest.mark.parametrize(
    "look",
    [
        lambda ecr, arn: ecr.describe_repositories(repositoryNames=["app"]),
        lambda ecr, arn: ecr.put_image_tag_mutability(repositoryName="app", imageTagMutability="MUTABLE"),
        lambda ecr, arn: ecr.list_images(repositoryName="app"),
        lambda ecr, arn: ecr.tag_resource(resourceArn=arn, tags=many(1)),
        lambda ecr, arn: ecr.delete_repository(repositoryName="app"),
    ],
)
def test_a_new_repository_is_not_found_at_first(
    cloud: Cloud, ecr: Client, look: Callable[[Client, str], object]
) -> None:
    cloud.emulator.appear_after = 2
    arn = ecr.create_repository(repositoryName="app")["repository"]["repositoryArn"]
    assert ecr.describe_repositories()["repositories"] == []
    assert cloud.emulator.exists("app")
    with refused("RepositoryAlreadyExistsException"):
        ecr.create_repository(repositoryName="app")
    assert [not_found(lambda: look(ecr, arn)) for _ in range(3)] == [True, True, False]


def test_a_new_repository_is_listed_once_it_was_looked_for_often_enough(cloud: Cloud, ecr: Client) -> None:
    cloud.emulator.appear_after = 1
    ecr.create_repository(repositoryName="app")
    batch = {"repositoryNames": ["app"]}
    assert ecr.batch_get_repository_scanning_configuration(**batch)["failures"]
    assert not ecr.batch_get_repository_scanning_configuration(**batch)["failures"]
    assert len(ecr.describe_repositories()["repositories"]) == 1


def test_a_deleted_repository_is_still_described_at_first(cloud: Cloud, ecr: Client) -> None:
    ecr.create_repository(repositoryName="app")
    cloud.emulator.vanish_after = 3
    ecr.delete_repository(repositoryName="app")
    assert not cloud.emulator.exists("app")
    assert not not_found(lambda: ecr.describe_repositories(repositoryNames=["app"]))
    assert not_found(lambda: ecr.delete_repository(repositoryName="app"))
    assert len(ecr.describe_repositories()["repositories"]) == 1
    with refused("RepositoryAlreadyExistsException"):
        ecr.create_repository(repositoryName="app")
    assert ecr.describe_repositories()["repositories"] == []
    assert not_found(lambda: ecr.describe_repositories(repositoryNames=["app"]))
    ecr.create_repository(repositoryName="app")


# 8. Partitions and accounts


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [("eu-west-1", "aws", "amazonaws.com"), ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
     ("us-gov-west-1", "aws-us-gov", "amazonaws.com")],
)  # fmt: skip
def test_uris_have_the_suffix_of_the_partition(cloud: Cloud, region: str, partition: str, suffix: str) -> None:
    ecr = cloud.client("ecr", region)
    repository = ecr.create_repository(repositoryName="app")["repository"]
    assert repository["repositoryUri"] == f"123456789012.dkr.ecr.{region}.{suffix}/app"
    assert repository["repositoryArn"].startswith(f"arn:{partition}:ecr:{region}:123456789012:")
    token = ecr.get_authorization_token()["authorizationData"][0]
    assert token["proxyEndpoint"] == f"https://123456789012.dkr.ecr.{region}.{suffix}"
    assert token["expiresAt"].timestamp() > time.time()


def test_the_registry_of_another_account_is_denied(cloud: Cloud, ecr: Client) -> None:
    ecr.create_repository(repositoryName="app", registryId="123456789012")
    with refused("AccessDeniedException", "ecr:DescribeRepositories"):
        ecr.describe_repositories(registryId="111122223333")
    other = cloud.client("ecr", account="111122223333")
    assert other.describe_repositories(registryId="111122223333")["repositories"] == []


# 9. Faults


def attempts(cloud: Cloud, service: str = "ecr") -> Client:
    """A client of a session under observation that tries only once."""
    session: Any = cloud.session()
    return session.client(service, config=ONCE)


ERRORS = {
    "throttle": (400, "ThrottlingException"),
    "error500": (500, "ServerException"),
    "denied": (400, "AccessDeniedException"),
}


def meet(fault: Fault, call: Callable[[], Any]) -> None:
    """The call meets the fault as botocore tells its caller."""
    if fault == "truncated":
        assert set(call()) == {"ResponseMetadata"}
    elif fault in ERRORS:
        status, code = ERRORS[fault]
        with refused(code, status=status):
            call()
    else:
        with pytest.raises(ConnectionClosedError):
            call()


ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def test_a_policy_that_lets_nobody_set_another_is_forced(ecr: Client) -> None:
    ecr.create_repository(repositoryName="ab")
    statement = {"Effect": "Deny", "Principal": {"AWS": ["*"]}, "Action": "ecr:Set*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with refused("InvalidParameterException", "prevent setting another policy"):
        ecr.set_repository_policy(repositoryName="ab", policyText=text)
    ecr.set_repository_policy(repositoryName="ab", policyText=text, force=True)
    narrow = {**statement, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    ecr.set_repository_policy(repositoryName="ab", policyText=json.dumps({"Statement": [narrow]}))


def test_a_policy_of_iam_has_no_characters_beyond_latin_1(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="ci")
    for name in ("caf\u00e9", "\\u30c1"):
        text = ALLOW_ALL.replace('"*"}', f'"arn:aws:s3:::{name}"}}')
        iam.put_user_policy(UserName="ci", PolicyName="p", PolicyDocument=text)
    raw = ALLOW_ALL.replace('"*"}', '"arn:aws:s3:::\u30c1"}')
    with refused("ValidationError", "policyDocument"):
        iam.put_user_policy(UserName="ci", PolicyName="p", PolicyDocument=raw)
    with refused("ValidationError", "policyDocument"):
        iam.create_policy(PolicyName="p", PolicyDocument=raw)


def test_a_managed_policy_that_is_attached_or_has_versions_is_not_deleted(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="ci")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=ALLOW_ALL)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ci", PolicyArn=arn)
    with refused("DeleteConflict", "attached to entities", status=409):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_user_policy(UserName="ci", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW_ALL)
    with refused("DeleteConflict", "more than one version", status=409):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_strikes_the_call_it_is_meant_for(cloud: Cloud, ecr: Client, fault: Fault) -> None:
    client = attempts(cloud)
    cloud.faults.at(2, fault)
    client.create_repository(repositoryName="first")
    meet(fault, lambda: client.create_repository(repositoryName="second"))
    client.create_repository(repositoryName="third")
    names = {repository["repositoryName"] for repository in ecr.describe_repositories()["repositories"]}
    assert names == {"first", "third"} | ({"second"} if fault in EXECUTED else set())
    assert [call.params["repositoryName"] for call in cloud.faults.hits] == ["second"]


def test_faults_select_by_operation_service_and_predicate(cloud: Cloud) -> None:
    client, iam = attempts(cloud), attempts(cloud, "iam")
    cloud.faults.on("throttle", operation="CreateRepository", skip=1, times=2)
    cloud.faults.on("denied", service="iam", times=None)
    cloud.faults.on("error500", where=lambda call: call.params.get("repositoryName") == "cursed")
    client.create_repository(repositoryName="first")
    client.describe_repositories()
    for _ in range(2):
        with refused("ThrottlingException"):
            client.create_repository(repositoryName="second")
    with refused("ServerException", status=500):
        client.create_repository(repositoryName="cursed")
    client.create_repository(repositoryName="cursed")
    for _ in range(3):
        with refused("AccessDenied", status=403):
            iam.list_users()
    cloud.faults.clear()
    iam.list_users()
    assert len(cloud.faults.hits) == 6


def test_a_dropped_connection_is_tried_again_inside_botocore(cloud: Cloud) -> None:
    cloud.faults.at(1, "reset_before")
    client: Any = cloud.session().client("ecr")
    client.create_repository(repositoryName="app")
    assert cloud.calls.operations() == ["CreateRepository"] * 2
    assert [call.fault for call in cloud.calls] == ["reset_before", None]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("service", ["sts", "events", "lambda"])
def test_other_services_meet_faults_too(cloud: Cloud, service: str, fault: Fault) -> None:
    client = attempts(cloud, service)
    read = {
        "sts": "get_caller_identity",
        "events": "list_rules",
        "lambda": "list_functions",
    }[service]
    cloud.faults.at(1, fault)
    if fault == "truncated" and service != "sts":
        assert set(getattr(client, read)()) == {"ResponseMetadata"}
    else:
        with pytest.raises(Exception, match=r"XML|closed|Throttling|ServerException|ServiceFailure|AccessDenied"):
            getattr(client, read)()
    getattr(client, read)()


def test_an_error_is_not_truncated(cloud: Cloud) -> None:
    client = attempts(cloud)
    cloud.faults.at(1, "truncated")
    with refused("RepositoryNotFoundException"):
        client.list_images(repositoryName="missing")


def at_once(count: int, call: Callable[[], object]) -> list[bool]:
    """Make calls in parallel; which of them went well."""

    def went_well() -> bool:
        code = error_code(call)
        assert code in (None, "ThrottlingException")
        return code is None

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(went_well) for _ in range(count)]]


def test_latency_is_added_and_does_not_serialise(cloud: Cloud) -> None:
    client = attempts(cloud)
    client.describe_repositories()
    cloud.faults.latency = 0.2
    start = time.perf_counter()
    assert all(at_once(8, client.describe_repositories))
    assert 0.2 <= time.perf_counter() - start < 0.8


def test_more_calls_in_flight_than_the_limit_are_throttled(cloud: Cloud) -> None:
    client = attempts(cloud)
    cloud.faults.latency = 0.15
    cloud.faults.limit(in_flight=3)
    assert sum(at_once(8, client.describe_repositories)) == 3
    assert sum(at_once(3, client.describe_repositories)) == 3
    cloud.faults.limit()
    assert sum(at_once(8, client.describe_repositories)) == 8


def test_more_calls_per_second_than_the_limit_are_throttled(memory_cloud: Cloud) -> None:
    client = attempts(memory_cloud)
    memory_cloud.faults.limit(per_second=5)
    assert sum(at_once(8, client.describe_repositories)) == 5
    time.sleep(1)
    assert sum(at_once(4, client.describe_repositories)) == 4


# 10. The recorder, the fixtures and the network


def test_calls_are_recorded_in_order_with_their_parameters(cloud: Cloud, ecr: Client) -> None:
    client: Any = cloud.session("us-east-1").client("ecr")
    client.create_repository(repositoryName="app", tags=many(1))
    client.describe_repositories(repositoryNames=["app"])
    ecr.describe_repositories()
    client.delete_repository(repositoryName="app")
    assert cloud.calls.operations() == ["CreateRepository", "DescribeRepositories", "DeleteRepository"]
    assert cloud.calls.writes() == ["CreateRepository", "DeleteRepository"]
    first = cloud.calls[0]
    assert (first.service, first.region) == ("ecr", "us-east-1")
    assert first.params == {"repositoryName": "app", "tags": many(1)}
    assert cloud.calls.of("DeleteRepository")[0].params == {"repositoryName": "app"}
    cloud.calls.clear()
    assert len(cloud.calls) == 0


def test_calls_from_threads_are_all_recorded(cloud: Cloud) -> None:
    client = attempts(cloud)
    at_once(20, client.describe_repositories)
    assert cloud.calls.operations() == ["DescribeRepositories"] * 20


@pytest.mark.parametrize("number", [1, 2])
def test_every_test_starts_with_an_empty_aws(cloud: Cloud, ecr: Client, number: int) -> None:
    assert ecr.describe_repositories()["repositories"] == []
    assert cloud.client("kms").list_keys()["Keys"] == []
    encrypted(ecr, "app", "KMS")
    cloud.emulator.appear_after = 5


def test_both_transports_are_what_they_say(memory_cloud: Cloud) -> None:
    assert memory_cloud.endpoint_url is None


def test_the_server_answers_any_client(http_cloud: Cloud) -> None:
    client: Any = http_cloud.session().client("ecr", endpoint_url=http_cloud.endpoint_url)
    client.create_repository(repositoryName="app")
    assert http_cloud.calls.operations() == ["CreateRepository"]


def test_nothing_reaches_the_network() -> None:
    with pytest.raises(network.NetworkBlocked), socket.socket() as sock:
        sock.connect(("192.0.2.1", 443))
    with pytest.raises(network.NetworkBlocked):
        socket.getaddrinfo("api.ecr.eu-west-1.amazonaws.com", 443)
