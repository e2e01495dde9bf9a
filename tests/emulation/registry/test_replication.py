"""The replication configuration of a registry, and the replications of an image."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.testing import REGION, Client, Cloud

from ..support import push, refused

OTHER = "210987654321"


def rule(*destinations: str, prefixes: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Destinations as ``region`` or ``registry/region``."""
    split = [each.rpartition("/")[::2] for each in destinations]
    found = [{"region": region, "registryId": registry or Cloud.account} for registry, region in split]
    filters = [{"filter": prefix, "filterType": "PREFIX_MATCH"} for prefix in prefixes]
    return {"destinations": found, **({"repositoryFilters": filters} if filters else {}), **more}


def put(ecr: Client, *rules: dict[str, Any]) -> Any:
    return ecr.put_replication_configuration(replicationConfiguration={"rules": list(rules)})


def rules_of(ecr: Client) -> Any:
    return ecr.describe_registry()["replicationConfiguration"]["rules"]


def test_there_always_is_a_configuration(cloud: Cloud, ecr: Client) -> None:
    answer = ecr.describe_registry()
    assert (answer["registryId"], answer["replicationConfiguration"]) == (cloud.account, {"rules": []})


def test_a_put_replaces_the_whole(ecr: Client) -> None:
    first, second = rule("us-east-1", prefixes=("team/",)), rule(f"{OTHER}/{REGION}")
    assert put(ecr, first, second)["replicationConfiguration"] == {"rules": [first, second]}
    assert rules_of(ecr) == [first, second]
    put(ecr, second)
    assert rules_of(ecr) == [second]
    put(ecr)
    assert rules_of(ecr) == []


@pytest.mark.parametrize(
    "more", [{}, {"deleteReplication": {"enabled": True}}, {"deleteReplication": {"enabled": False}}]
)
def test_delete_replication_is_there_if_it_was_sent(ecr: Client, more: dict[str, Any]) -> None:
    put(ecr, rule("us-east-1", **more))
    assert rules_of(ecr) == [rule("us-east-1", **more)]
    put(ecr, rule("us-east-1"))
    assert rules_of(ecr) == [rule("us-east-1")]


def test_a_rule_without_destinations_is_one(ecr: Client) -> None:
    put(ecr, rule(prefixes=("secret/",)))
    assert rules_of(ecr)[0]["destinations"] == []


def test_the_own_registry_is_no_destination_in_whichever_rule(ecr: Client) -> None:
    with refused("InvalidParameterException", "same as the source registry"):
        put(ecr, rule("us-east-1"), rule("us-west-2", REGION))
    put(ecr, rule("us-east-1"), rule(f"{OTHER}/{REGION}"))


def test_there_are_at_most_25_rules_and_25_unique_destinations(ecr: Client) -> None:
    put(ecr, *[rule("us-east-1", prefixes=(f"p{n}",)) for n in range(25)])
    with refused("InvalidParameterException", "replicationConfiguration.rules", "less than or equal to 25"):
        put(ecr, *[rule("us-east-1", prefixes=(f"p{n}",)) for n in range(26)])
    accounts = [f"{n:012}/us-east-1" for n in range(26)]
    put(ecr, rule(*accounts[:20]), rule(*accounts[10:25]))
    with refused("InvalidParameterException", "25 unique destinations"):
        put(ecr, rule(*accounts[:20]), rule(*accounts[10:]))


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (rule("mars-north-1"), "mars-north-1"),
        (rule("cn-north-1"), "cn-north-1"),
        (rule("1/us-east-1"), "registryId"),
        (rule("us-east-1", prefixes=("Team/",)), "repositoryFilters.1.member.filter"),
        (rule("us-east-1", prefixes=tuple(f"p{n}" for n in range(101))), "less than or equal to 100"),
    ],
)
def test_destinations_and_filters_are_checked(ecr: Client, bad: dict[str, Any], text: str) -> None:
    with refused("InvalidParameterException", text):
        put(ecr, rule("us-east-1"), bad)
    assert rules_of(ecr) == []


def status(ecr: Client, **image: str) -> Any:
    answer = ecr.describe_image_replication_status(repositoryName="app", imageId=image)
    return [(each["region"], each["registryId"], each["status"]) for each in answer["replicationStatuses"]]


def test_an_image_has_a_status_for_each_destination(cloud: Cloud, ecr: Client) -> None:
    ecr.create_repository(repositoryName="app")
    push(ecr, "old", "old")
    put(ecr, rule("us-east-1"), rule("us-west-2", prefixes=("other",)), rule(f"{OTHER}/{REGION}", "us-east-1"))
    cloud.emulator.settings.replication.finished_after = 1
    digest = push(ecr, "new", "new")
    ends = [("us-east-1", cloud.account), (REGION, OTHER)]
    assert status(ecr, imageTag="new") == [(*each, "IN_PROGRESS") for each in ends]
    assert status(ecr, imageDigest=digest) == [(*each, "COMPLETE") for each in ends]
    assert status(ecr, imageTag="old") == []


def test_a_replication_can_fail(cloud: Cloud, ecr: Client) -> None:
    ecr.create_repository(repositoryName="app")
    put(ecr, rule("us-east-1"))
    cloud.emulator.settings.replication.ends = "FAILED"
    digest = push(ecr, "new", "new")
    answer = ecr.describe_image_replication_status(repositoryName="app", imageId={"imageTag": "new"})
    assert answer["imageId"] == {"imageDigest": digest, "imageTag": "new"}
    assert [each["status"] for each in answer["replicationStatuses"]] == ["FAILED"]
    assert answer["replicationStatuses"][0]["failureCode"]


def test_the_image_must_be_there(ecr: Client) -> None:
    with refused("RepositoryNotFoundException"):
        status(ecr, imageTag="new")
    ecr.create_repository(repositoryName="app")
    with refused("ImageNotFoundException", "new"):
        status(ecr, imageTag="new")
    with refused("InvalidParameterException", "imageId"):
        status(ecr)
