"""Where layers are mounted, why not elsewhere, and what happens where a mount fails after all."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.aws import Aws, RetryPolicy
from ecrops.errors import DeadlineError
from ecrops.images.copying import mounting
from ecrops.images.copying.mounting import Mounter, Side, differing, why_not, words
from ecrops.images.manifests import Layer, parse
from ecrops.testing import Cloud
from support import registry_of

REGION = "eu-west-1"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SOURCE, TARGET = Side("123456789012", REGION, "team/api"), Side("123456789012", REGION, "prod/api")


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """A cloud whose account mounts layers, with an image in one of two repositories."""
    memory_cloud.client("ecr").create_repository(repositoryName="prod/api")
    memory_cloud.push_image("team/api", tag="v1", layers=[b"layer"])
    memory_cloud.client("ecr").put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    memory_cloud.registry_endpoint()
    return memory_cloud


@pytest.fixture
def aws(cloud: Cloud) -> Aws:
    return registry_of(cloud).aws


def layers(cloud: Cloud) -> list[Layer]:
    """The layers of the image."""
    ecr = cloud.client("ecr")
    (image,) = ecr.batch_get_image(repositoryName="team/api", imageIds=[{"imageTag": "v1"}])["images"]
    return list(parse(image["imageManifest"]).layers)


def available(cloud: Cloud) -> set[str]:
    digests = [layer.digest for layer in layers(cloud)]
    answer = cloud.client("ecr").batch_check_layer_availability(repositoryName="prod/api", layerDigests=digests)
    return {each["layerDigest"] for each in answer["layers"] if each["layerAvailability"] == "AVAILABLE"}


def test_layers_are_mounted_within_a_registry_that_says_so(cloud: Cloud, aws: Aws) -> None:
    assert why_not(aws, SOURCE, TARGET) == ""
    mounter = Mounter(aws, "team/api", "prod/api")
    assert all(mounter.mount(aws, layer) for layer in layers(cloud))
    assert available(cloud) == {layer.digest for layer in layers(cloud)}
    assert mounter.reason == ""


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        (SOURCE, TARGET._replace(account="210987654321"), "two registries"),
        (SOURCE, TARGET._replace(region="us-east-1"), "two registries"),
        (SOURCE._replace(encryption="KMS", key=KEY), TARGET, "team/api is encrypted with KMS, prod/api with AES256"),
        (SOURCE._replace(encryption="KMS_DSSE", key=KEY), TARGET._replace(encryption="KMS", key=KEY), "one encryption"),
        (SOURCE._replace(encryption="KMS", key=KEY), TARGET._replace(encryption="KMS", key=f"{KEY}2"), "two KMS keys"),
        (SOURCE._replace(encryption="KMS", key=KEY), TARGET._replace(encryption="KMS", key=KEY), ""),
        (SOURCE, TARGET, ""),
    ],
)
def test_repositories_that_differ_mount_nothing(source: Side, target: Side, reason: str) -> None:
    assert reason in differing(source, target)
    assert bool(differing(source, target)) == bool(reason)


def test_no_call_is_made_for_what_the_repositories_tell(cloud: Cloud, aws: Aws) -> None:
    why_not(aws, SOURCE, TARGET._replace(region="us-east-1"))
    assert list(cloud.calls) == []


def test_what_is_of_the_registry_is_read_once_in_a_run(cloud: Cloud, aws: Aws) -> None:
    run = aws.stoppable()
    for name in ("prod/api", "prod/web", "prod/app"):
        assert why_not(run, SOURCE, TARGET._replace(name=name)) == ""
    assert [call.operation for call in cloud.calls if call.service == "ecr"] == [
        "GetAccountSetting",
        "DescribePullThroughCacheRules",
        "GetAuthorizationToken",
    ]


def test_a_repository_is_read_as_ecr_describes_it(cloud: Cloud) -> None:
    (found,) = cloud.client("ecr").describe_repositories(repositoryNames=["prod/api"])["repositories"]
    assert Side.of(REGION, found) == TARGET
    encrypted = {**found, "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": KEY}}
    assert Side.of(REGION, encrypted) == TARGET._replace(encryption="KMS", key=KEY)


def test_a_setting_that_is_off_says_how_to_turn_it_on(cloud: Cloud, aws: Aws) -> None:
    cloud.client("ecr").put_account_setting(name="BLOB_MOUNTING", value="DISABLED")
    reason = why_not(aws, SOURCE, TARGET)
    assert "BLOB_MOUNTING is DISABLED" in reason
    assert 'registry.account_settings.set("BLOB_MOUNTING", "ENABLED")' in reason


def test_a_setting_that_cannot_be_read_is_a_reason(cloud: Cloud, aws: Aws) -> None:
    cloud.faults.on("denied", operation="GetAccountSetting", times=None)
    assert why_not(aws, SOURCE, TARGET).endswith("cannot be read: the caller needs ecr:GetAccountSetting")


def test_an_older_botocore_cannot_read_it(cloud: Cloud, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounting, "operations_of", lambda service: frozenset[str]())
    assert "this version of botocore" in why_not(aws, SOURCE, TARGET)


@pytest.mark.parametrize(("name", "is_cached"), [("quay/org/app", True), ("quay-other/app", False), ("quay", False)])
def test_images_of_a_pull_through_cache_are_not_mounted(cloud: Cloud, aws: Aws, name: str, is_cached: bool) -> None:
    cloud.client("ecr").create_pull_through_cache_rule(ecrRepositoryPrefix="quay", upstreamRegistryUrl="quay.io")
    assert ("pull-through cache rule" in why_not(aws, SOURCE._replace(name=name), TARGET)) == is_cached


def test_rules_that_cannot_be_read_are_no_reason(cloud: Cloud, aws: Aws) -> None:
    cloud.faults.on("denied", operation="DescribePullThroughCacheRules", times=None)
    assert why_not(aws, SOURCE, TARGET) == ""


@pytest.mark.parametrize(
    ("service", "fault", "reason"),
    [
        ("registry", "denied", "refuses the token: DENIED"),
        ("registry", "reset_before", "cannot be reached from here (ConnectionClosedError)"),
        ("ecr", "denied", "there is no token for the registry: AccessDeniedException"),
    ],
)
def test_a_registry_that_does_not_answer_is_a_reason(
    cloud: Cloud, aws: Aws, service: str, fault: Any, reason: str
) -> None:
    operation = "GetAuthorizationToken" if service == "ecr" else None
    cloud.faults.on(fault, service=service, operation=operation, times=None)
    assert reason in why_not(aws, SOURCE, TARGET)


def test_the_words_have_the_bytes_and_the_reason() -> None:
    assert words(0, "anything") == "no layer is missing"
    assert words(32_100_000, "") == "32.1 MB are mounted"
    assert words(32_100_000, "so it is") == "32.1 MB are streamed, since so it is"


def test_what_the_registry_does_not_mount_is_streamed_and_said(cloud: Cloud, aws: Aws) -> None:
    cloud.client("ecr").put_account_setting(name="BLOB_MOUNTING", value="DISABLED")
    mounter = Mounter(aws, "team/api", "prod/api")
    assert [mounter.mount(aws, layer) for layer in layers(cloud)] == [False, False]
    assert mounter.reason == "the registry answered that it does not mount them"
    assert available(cloud) == set()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("denied", "a mount failed: DENIED"), ("reset_before", "a mount failed: ConnectionClosedError")],
)
def test_after_a_mount_that_failed_none_is_tried(cloud: Cloud, aws: Aws, fault: Any, reason: str) -> None:
    mounter = Mounter(aws, "team/api", "prod/api")
    first, second = layers(cloud)
    cloud.faults.on(fault, service="registry", times=None)
    assert not mounter.mount(aws, first)
    cloud.faults.clear()
    cloud.calls.clear()
    assert not mounter.mount(aws, second)
    assert list(cloud.calls) == []
    assert mounter.reason == reason


@pytest.mark.parametrize("fault", ["throttle", "error500", "reset_after"])
def test_a_mount_is_repeated_as_calls_are(cloud: Cloud, aws: Aws, fault: Any) -> None:
    mounter = Mounter(aws, "team/api", "prod/api")
    cloud.faults.on(fault, service="registry")
    assert mounter.mount(aws, layers(cloud)[0])


def test_the_end_of_the_time_is_no_failed_mount(cloud: Cloud) -> None:
    aws = registry_of(cloud, retry=RetryPolicy(sleep=lambda seconds: None)).aws
    mounter = Mounter(aws, "team/api", "prod/api")
    (first, *_) = layers(cloud)
    with pytest.raises(DeadlineError):
        mounter.mount(aws.within(0), first)
    assert mounter.reason == ""
