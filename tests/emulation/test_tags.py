"""Tags of repositories: how many, how long, and of which ARN."""

from __future__ import annotations

import pytest

from ecrops.testing import Client, Cloud

from .support import many, refused


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
