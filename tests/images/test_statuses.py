"""What ECR says of one image besides what it is: referrers, replication, signatures."""

from __future__ import annotations

import pytest

from ecrops import SpecError
from ecrops.images import Referrer, ReplicationStatus, SigningStatus
from ecrops.repository import Repository
from ecrops.testing import Cloud
from support import registry_of
from tests.images.test_tagging import since

SBOM = "application/spdx+json"
PROFILE = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/one"


@pytest.fixture
def app(cloud: Cloud) -> Repository:
    cloud.emulator.seed(["app"])
    return registry_of(cloud).repository("app")


def test_referrers_come_from_all_pages_and_by_type(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tag="v1")
    sboms = {cloud.push_referrer("app", digest, SBOM) for _ in range(55)}
    signature = cloud.push_referrer("app", digest, "application/signature", annotations={"a": "1"})
    image = app.image("v1")
    assert {referrer.digest for referrer in image.referrers()} == sboms | {signature}
    assert since(cloud, image.referrers) == ["DescribeImages", "ListImageReferrers", "ListImageReferrers"]
    assert {referrer.digest for referrer in image.referrers(SBOM)} == sboms
    assert {referrer.digest for referrer in image.referrers([SBOM, "other/type"])} == sboms
    (found,) = app.image(digest).referrers("application/signature")
    assert (found.artifact_type, found.annotations, found.is_archived) == ("application/signature", {"a": "1"}, False)
    assert isinstance(found, Referrer)
    assert app.image(signature).referrers() == ()


@pytest.mark.parametrize("wrong", [[""], ["a"] * 6, 5])
def test_what_are_no_types_is_refused_before_any_call(memory_cloud: Cloud, wrong: object) -> None:
    with pytest.raises(SpecError, match="artifact_type"):
        registry_of(memory_cloud).repository("app").image("v1").referrers(wrong)  # type: ignore[arg-type]
    assert memory_cloud.calls.operations() == []


def test_a_replication_has_a_status_for_each_destination(cloud: Cloud, app: Repository) -> None:
    destinations = [{"region": region, "registryId": cloud.account} for region in ("us-east-1", "us-west-2")]
    cloud.client("ecr").put_replication_configuration(
        replicationConfiguration={"rules": [{"destinations": destinations}]}
    )
    cloud.emulator.settings.replication.ends = "FAILED"
    digest = cloud.push_image("app", tag="v1")
    found = app.image("v1").replication_status()
    assert [(each.region, each.account, each.status) for each in found] == [
        ("us-east-1", cloud.account, "FAILED"),
        ("us-west-2", cloud.account, "FAILED"),
    ]
    assert all(isinstance(each, ReplicationStatus) and each.failure_code for each in found)
    assert since(cloud, app.image(digest).replication_status) == ["DescribeImageReplicationStatus"]


def test_a_signature_has_a_status_for_each_profile(cloud: Cloud, app: Repository) -> None:
    cloud.push_image("app", tag="old")
    cloud.client("ecr").put_signing_configuration(signingConfiguration={"rules": [{"signingProfileArn": PROFILE}]})
    cloud.push_image("app", tag="v1")
    (found,) = app.image("v1").signing_status()
    assert isinstance(found, SigningStatus)
    assert (found.profile, found.status in ("IN_PROGRESS", "COMPLETE"), found.failure_code) == (PROFILE, True, "")
    assert app.image("old").signing_status() == ()
