"""The signing configuration of a registry, and the signatures of an image."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.testing import REGION, Client, Cloud

from ..support import push, refused

PROFILES = f"arn:aws:signer:{REGION}:{Cloud.account}:/signing-profiles/"


def rule(profile: str, *patterns: str) -> dict[str, Any]:
    filters = [{"filter": pattern, "filterType": "WILDCARD_MATCH"} for pattern in patterns]
    arn = profile if ":" in profile else PROFILES + profile
    return {"signingProfileArn": arn, **({"repositoryFilters": filters} if filters else {})}


def put(ecr: Client, *rules: dict[str, Any]) -> Any:
    return ecr.put_signing_configuration(signingConfiguration={"rules": list(rules)})["signingConfiguration"]


def statuses(ecr: Client, **image: str) -> Any:
    answer = ecr.describe_image_signing_status(repositoryName="app", imageId=image)
    return [(each["signingProfileArn"].rpartition("/")[2], each["status"]) for each in answer["signingStatuses"]]


def test_none_is_an_error_to_read_and_to_delete(ecr: Client) -> None:
    with refused("SigningConfigurationNotFoundException"):
        ecr.get_signing_configuration()
    with refused("SigningConfigurationNotFoundException"):
        ecr.delete_signing_configuration()


def test_a_configuration_is_replaced_and_deleted(cloud: Cloud, ecr: Client) -> None:
    put(ecr, rule("one"), rule("two", "team/*"))
    assert put(ecr, rule("two", "*prod*")) == {"rules": [rule("two", "*prod*")]}
    answer = ecr.get_signing_configuration()
    assert (answer["registryId"], answer["signingConfiguration"]) == (cloud.account, {"rules": [rule("two", "*prod*")]})
    assert ecr.delete_signing_configuration()["signingConfiguration"] == {"rules": [rule("two", "*prod*")]}
    with refused("SigningConfigurationNotFoundException"):
        ecr.get_signing_configuration()


def test_a_configuration_without_rules_is_one(ecr: Client) -> None:
    put(ecr)
    assert ecr.get_signing_configuration()["signingConfiguration"] == {"rules": []}


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ([rule(f"p{n}") for n in range(11)], "less than or equal to 10"),
        ([rule("one", *(f"r{n}" for n in range(101)))], "less than or equal to 100"),
        ([rule("a")], "signingProfileArn"),
        ([rule("arn:aws:signer:eu-west-1:1:/signing-profiles/one")], "signingProfileArn"),
        ([rule("one", "Team/*")], "filter"),
        ([rule("one"), rule(PROFILES.replace(REGION, "us-east-1") + "one")], "region of the registry"),
    ],
)
def test_rules_are_checked(ecr: Client, rules: list[dict[str, Any]], text: str) -> None:
    with refused("InvalidParameterException", text):
        put(ecr, *rules)
    with refused("SigningConfigurationNotFoundException"):
        ecr.get_signing_configuration()


def test_an_image_has_a_status_for_each_profile(cloud: Cloud, ecr: Client) -> None:
    ecr.create_repository(repositoryName="app")
    push(ecr, "old", "old")
    put(ecr, rule("all"), rule("some", "a*", "x"), rule("others", "ap"))
    cloud.emulator.settings.signing.finished_after = 1
    digest = push(ecr, "new", "new")
    assert statuses(ecr, imageTag="new") == [("all", "IN_PROGRESS"), ("some", "IN_PROGRESS")]
    assert statuses(ecr, imageDigest=digest) == [("all", "COMPLETE"), ("some", "COMPLETE")]
    assert statuses(ecr, imageTag="old") == []


def test_a_signature_can_fail(cloud: Cloud, ecr: Client) -> None:
    ecr.create_repository(repositoryName="app")
    put(ecr, rule("all"))
    cloud.emulator.settings.signing.ends = "FAILED"
    push(ecr, "new", "new")
    answer = ecr.describe_image_signing_status(repositoryName="app", imageId={"imageTag": "new"})
    (status,) = answer["signingStatuses"]
    assert (answer["registryId"], status["status"]) == (cloud.account, "FAILED")
    assert status["failureCode"]
    assert status["failureReason"]


def test_the_image_must_be_there(ecr: Client) -> None:
    ecr.create_repository(repositoryName="app")
    with refused("ImageNotFoundException"):
        statuses(ecr, imageTag="new")
