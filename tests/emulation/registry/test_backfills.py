"""Backfills: replications of the images that were there before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops.testing import Client, Cloud

from ..support import MANIFEST, error_code, push, refused
from .test_replication import OTHER, put, rule

HOME = {"region": "us-east-1", "registryId": Cloud.account}
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def app(ecr: Client) -> Client:
    """A client, and a registry with two images, one with two tags, and a rule."""
    ecr.create_repository(repositoryName="app")
    push(ecr, "one", "1")
    push(ecr, "two", "2")
    push(ecr, "also-two", "2")
    put(ecr, rule("us-east-1"))
    return ecr


def start(ecr: Client, region: str = "us-east-1", registry: str = Cloud.account) -> Any:
    return ecr.start_replication_backfill(destination={"region": region, "registryId": registry})


def look(ecr: Client, backfill: str, **more: Any) -> Any:
    return ecr.describe_replication_backfill_results(replicationBackfillId=backfill, **more)


def test_a_backfill_is_prepared_goes_on_and_ends(cloud: Cloud, app: Client) -> None:
    cloud.emulator.settings.backfills.preparing_for, cloud.emulator.settings.backfills.running_for = 1, 2
    started = start(app)
    assert (started["registryId"], started["destination"], started["status"]) == (cloud.account, HOME, "PREPARING")
    looks = [look(app, started["replicationBackfillId"]) for _ in range(4)]
    assert [each["status"] for each in looks] == ["PREPARING", "IN_PROGRESS", "IN_PROGRESS", "COMPLETE"]
    assert ["progress" in each for each in looks] == [False, True, True, True]
    assert looks[1]["progress"]["totalReplicationCount"] == 3
    assert [bool(each["results"]) for each in looks] == [False, False, False, True]
    assert ["endedAt" in each for each in looks] == [False, False, False, True]
    assert all(each["startedAt"] == started["startedAt"] for each in looks)


def test_each_image_and_tag_has_a_result(app: Client) -> None:
    untagged = push(app, None, "3")
    answer = look(app, start(app)["replicationBackfillId"])
    found = {each["imageId"].get("imageTag", each["imageId"]["imageDigest"]) for each in answer["results"]}
    assert found == {"one", "two", "also-two", untagged}
    assert {each["status"] for each in answer["results"]} == {"COMPLETE"}
    assert answer["progress"] == {
        "totalReplicationCount": 4, "completedReplicationCount": 4, "failedReplicationCount": 0, "failureCodes": [],
    }  # fmt: skip


def test_only_the_repositories_of_the_destination_are_replicated(app: Client) -> None:
    put(app, rule("us-east-1", prefixes=("other",)), rule("us-west-2", prefixes=("ap",)))
    assert look(app, start(app)["replicationBackfillId"])["results"] == []
    assert len(look(app, start(app, "us-west-2")["replicationBackfillId"])["results"]) == 3


def test_results_can_fail_and_be_selected(cloud: Cloud, app: Client) -> None:
    app.create_repository(repositoryName="bad")
    index = {**MANIFEST, "mediaType": "application/vnd.oci.image.index.v1+json"}
    app.put_image(repositoryName="bad", imageTag="index", imageManifest=json.dumps(index))
    cloud.emulator.settings.backfills.failures["bad"] = "ACCESS_DENIED"
    backfill = start(app)["replicationBackfillId"]
    answer = look(app, backfill, resultStatusFilter="FAILED")
    (result,) = answer["results"]
    assert (result["repositoryName"], result["imageId"]["imageTag"]) == ("bad", "index")
    assert (result["failureCode"], result["subImageFailureCodes"]) == ("ACCESS_DENIED", ["ACCESS_DENIED"])
    assert (answer["status"], answer["progress"]["failureCodes"]) == ("COMPLETE", ["ACCESS_DENIED"])
    assert (answer["progress"]["failedReplicationCount"], answer["progress"]["completedReplicationCount"]) == (1, 3)
    assert len(look(app, backfill, resultStatusFilter="COMPLETE")["results"]) == 3
    with refused("InvalidParameterException", "resultStatusFilter"):
        look(app, backfill, resultStatusFilter="STOPPED")


@pytest.mark.parametrize(
    ("good", "bad", "status"), [(50, 50, "FAILED"), (51, 49, "COMPLETE"), (49, 50, "COMPLETE"), (0, 1, "COMPLETE")]
)
def test_it_has_failed_if_half_of_at_least_a_hundred_did(
    cloud: Cloud, ecr: Client, good: int, bad: int, status: str
) -> None:
    for name, count in (("good", good), ("bad", bad)):
        ecr.create_repository(repositoryName=name)
        images = [{"imageDigest": f"sha256:{n:064}", "imagePushedAt": 1.0 + n} for n in range(count)]
        cloud.emulator.seed_images(name, images)
    put(ecr, rule("us-east-1"))
    cloud.emulator.settings.backfills.failures["bad"] = "ACCESS_DENIED"
    answer = look(ecr, start(ecr)["replicationBackfillId"])
    assert answer["status"] == status
    assert ("failureCode" in answer) == (status == "FAILED")


def test_the_destination_must_be_configured(app: Client) -> None:
    with refused("InvalidParameterException", "destination"):
        start(app, "us-west-2")
    with refused("InvalidParameterException", "destination"):
        start(app, "us-east-1", OTHER)
    assert app.list_replication_backfills()["backfills"] == []


def test_one_is_in_progress_for_each_region(cloud: Cloud, app: Client) -> None:
    put(app, rule("us-east-1", f"{OTHER}/us-east-1", "us-west-2"))
    cloud.emulator.settings.backfills.running_for = 10
    first = start(app)["replicationBackfillId"]
    with refused("ReplicationBackfillInProgressException"):
        start(app)
    with refused("ReplicationBackfillInProgressException"):
        start(app, "us-east-1", OTHER)
    start(app, "us-west-2")
    cloud.emulator.settings.backfills.finish()
    assert look(app, first)["status"] == "COMPLETE"
    assert start(app)["replicationBackfillId"] != first


def test_ten_are_in_progress_for_a_registry(cloud: Cloud, app: Client) -> None:
    regions = [
        "us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-2", "eu-west-3", "eu-north-1", "eu-central-1",
        "ap-south-1", "sa-east-1", "ca-central-1",
    ]  # fmt: skip
    put(app, rule(*regions))
    cloud.emulator.settings.backfills.preparing_for = 1
    for region in regions[:10]:
        start(app, region)
    with refused("LimitExceededException", "10"):
        start(app, regions[10])
    cloud.emulator.settings.backfills.finish()
    start(app, regions[10])


def test_one_that_goes_on_is_stopped(cloud: Cloud, app: Client) -> None:
    backfills = cloud.emulator.settings.backfills
    backfills.running_for, backfills.stopping_for = 5, 1
    backfill = start(app)["replicationBackfillId"]
    assert app.stop_replication_backfill(replicationBackfillId=backfill)["status"] == "STOPPING"
    with refused("ReplicationBackfillInvalidStatusException"):
        app.stop_replication_backfill(replicationBackfillId=backfill)
    with refused("ReplicationBackfillInProgressException"):
        start(app)
    looks = [look(app, backfill) for _ in range(2)]
    assert [each["status"] for each in looks] == ["STOPPING", "STOPPED"]
    assert [len(each["results"]) for each in looks] == [0, 1]
    start(app)


def test_one_that_is_stopped_while_it_is_prepared_has_no_progress(cloud: Cloud, app: Client) -> None:
    cloud.emulator.settings.backfills.preparing_for = 1
    backfill = start(app)["replicationBackfillId"]
    stopped = app.stop_replication_backfill(replicationBackfillId=backfill)
    assert (stopped["registryId"], stopped["status"], stopped["destination"]) == (cloud.account, "STOPPED", HOME)
    answer = look(app, backfill)
    assert (answer["status"], answer["results"]) == ("STOPPED", [])
    assert "progress" not in answer


def test_one_that_has_ended_or_is_unknown_is_not_stopped(app: Client) -> None:
    backfill = start(app)["replicationBackfillId"]
    with refused("ReplicationBackfillInvalidStatusException"):
        app.stop_replication_backfill(replicationBackfillId=backfill)
    with refused("ReplicationBackfillNotFoundException"):
        app.stop_replication_backfill(replicationBackfillId=NOBODY)
    with refused("ReplicationBackfillNotFoundException"):
        look(app, NOBODY)
    with refused("InvalidParameterException", "replicationBackfillId"):
        look(app, "x")


def test_backfills_are_listed_in_pages_of_25(cloud: Cloud, app: Client) -> None:
    started = [start(app)["replicationBackfillId"] for _ in range(27)]
    first = app.list_replication_backfills()
    assert (len(first["backfills"]), first["registryId"]) == (25, cloud.account)
    assert first["backfills"][0]["status"] == "COMPLETE"
    assert first["backfills"][0]["progress"]["totalReplicationCount"] == 3
    pages = app.get_paginator("list_replication_backfills").paginate(PaginationConfig={"PageSize": 10})
    assert sorted(each["replicationBackfillId"] for page in pages for each in page["backfills"]) == sorted(started)
    with refused("InvalidParameterException", "less than or equal to 50"):
        app.list_replication_backfills(maxResults=51)


def test_listing_is_a_look(cloud: Cloud, app: Client) -> None:
    cloud.emulator.settings.backfills.running_for = 1
    start(app)
    listed = [app.list_replication_backfills()["backfills"][0]["status"] for _ in range(2)]
    assert listed == ["IN_PROGRESS", "COMPLETE"]


def test_results_come_in_pages(app: Client) -> None:
    backfill = start(app)["replicationBackfillId"]
    pages = app.get_paginator("describe_replication_backfill_results").paginate(
        replicationBackfillId=backfill, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["results"]) for page in pages] == [2, 1]


def test_backfills_belong_to_one_registry(cloud: Cloud, app: Client) -> None:
    backfill = start(app)["replicationBackfillId"]
    elsewhere = cloud.client("ecr", "us-west-2")
    assert elsewhere.list_replication_backfills()["backfills"] == []
    assert error_code(lambda: look(elsewhere, backfill)) == "ReplicationBackfillNotFoundException"
