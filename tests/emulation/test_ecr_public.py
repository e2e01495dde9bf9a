"""ECR Public: what its model and its guide say, seen through boto3 on both transports."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ecrops.testing import Client, Cloud

from .support import many, refused

POLICY = {
    "Version": "2008-10-17",
    "Statement": [
        {"Sid": "AllowPush", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["ecr-public:PutImage"]}
    ],
}


@pytest.fixture
def public(cloud: Cloud) -> Client:
    """Somebody's plain client of ECR Public."""
    return cloud.client("ecr-public", "us-east-1")


def make(public: Client, name: str = "tools", **params: Any) -> Any:
    return public.create_repository(repositoryName=name, **params)["repository"]


def test_a_repository_has_an_arn_without_a_region_and_a_uri_with_the_alias(public: Client) -> None:
    made = make(public)
    (registry,) = public.describe_registries()["registries"]
    (alias,) = registry["aliases"]
    assert made["repositoryArn"] == "arn:aws:ecr-public::123456789012:repository/tools"
    assert made["repositoryUri"] == f"public.ecr.aws/{alias['name']}/tools"
    assert registry["registryUri"] == f"public.ecr.aws/{alias['name']}"
    assert (alias["status"], alias["primaryRegistryAlias"], alias["defaultRegistryAlias"]) == ("ACTIVE", True, True)
    assert public.describe_repositories()["repositories"] == [made]
    with refused("RepositoryAlreadyExistsException"):
        make(public)


def test_the_registry_is_one_and_has_endpoints_in_two_regions(cloud: Cloud, public: Client) -> None:
    make(public)
    assert len(cloud.client("ecr-public", "us-west-2").describe_repositories()["repositories"]) == 1
    with pytest.raises((ClientError, EndpointConnectionError), match="UnsupportedCommand"):
        cloud.client("ecr-public", "eu-west-1").describe_repositories()
    assert cloud.client("ecr-public", "us-east-1", account="111122223333").describe_repositories()["repositories"] == []
    assert cloud.client("ecr", "us-east-1").describe_repositories()["repositories"] == []


@pytest.mark.parametrize(
    ("where", "params"),
    [
        ("repositoryName", {"repositoryName": "a__b"}),
        ("repositoryName", {"repositoryName": "a" * 206}),
        ("catalogData.description", {"catalogData": {"description": "d" * 1025}}),
        ("catalogData.aboutText", {"catalogData": {"aboutText": "d" * 25601}}),
        ("catalogData.architectures", {"catalogData": {"architectures": ["a"] * 51}}),
        ("catalogData.operatingSystems.1.member", {"catalogData": {"operatingSystems": ["a" * 51]}}),
    ],
)
def test_the_limits_of_the_model_are_enforced(public: Client, where: str, params: dict[str, Any]) -> None:
    with refused("InvalidParameterException", f"at '{where}'"):
        public.create_repository(**{"repositoryName": "tools", **params})


def test_a_logo_has_at_most_512000_bytes(public: Client) -> None:
    make(public)
    public.put_repository_catalog_data(repositoryName="tools", catalogData={"logoImageBlob": b"x" * 512_000})
    with refused("InvalidParameterException", "at 'catalogData.logoImageBlob'"):
        public.put_repository_catalog_data(repositoryName="tools", catalogData={"logoImageBlob": b"x" * 512_001})


def test_catalog_data_is_replaced_whole_and_a_logo_is_shown_by_a_url(public: Client) -> None:
    make(public)
    with refused("RepositoryCatalogDataNotFoundException"):
        public.get_repository_catalog_data(repositoryName="tools")
    first = {"description": "d", "architectures": ["ARM", "odd"], "logoImageBlob": b"png"}
    answer = public.put_repository_catalog_data(repositoryName="tools", catalogData=first)["catalogData"]
    assert answer == public.get_repository_catalog_data(repositoryName="tools")["catalogData"]
    assert (answer["architectures"], answer["marketplaceCertified"]) == (["ARM", "odd"], False)
    assert answer["logoUrl"].startswith("https://")
    assert "logoImageBlob" not in answer
    public.put_repository_catalog_data(repositoryName="tools", catalogData={"aboutText": "a"})
    assert public.get_repository_catalog_data(repositoryName="tools")["catalogData"] == {
        "aboutText": "a",
        "marketplaceCertified": False,
    }
    made = public.create_repository(repositoryName="other", catalogData={"usageText": "u"})
    assert made["catalogData"]["usageText"] == "u"


def test_the_display_name_of_the_registry(public: Client) -> None:
    public.put_registry_catalog_data(displayName="Acme")
    assert public.get_registry_catalog_data()["registryCatalogData"] == {"displayName": "Acme"}
    with refused("InvalidParameterException", "displayName"):
        public.put_registry_catalog_data(displayName="x" * 101)


def test_policies_have_the_actions_of_ecr_public(public: Client) -> None:
    make(public)
    for call in (public.get_repository_policy, public.delete_repository_policy):
        with refused("RepositoryPolicyNotFoundException"):
            call(repositoryName="tools")
    public.set_repository_policy(repositoryName="tools", policyText=json.dumps(POLICY))
    found = json.loads(public.get_repository_policy(repositoryName="tools")["policyText"])
    assert found["Statement"][0]["Sid"] == "AllowPush"
    private = json.dumps(POLICY).replace("ecr-public:", "ecr:")
    with refused("InvalidParameterException", "Invalid repository policy provided"):
        public.set_repository_policy(repositoryName="tools", policyText=private)
    with refused("InvalidParameterException", "Principal not found"):
        nobody = json.dumps(POLICY).replace("111122223333", "arn:aws:iam::111122223333:role/nobody")
        public.set_repository_policy(repositoryName="tools", policyText=nobody)
    locking = {"Effect": "Deny", "Principal": "*", "Action": "ecr-public:*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [locking]})
    with refused("InvalidParameterException", "not forced"):
        public.set_repository_policy(repositoryName="tools", policyText=text)
    public.set_repository_policy(repositoryName="tools", policyText=text, force=True)
    public.delete_repository_policy(repositoryName="tools")


def test_tags_are_at_most_fifty_and_none_of_aws(public: Client) -> None:
    arn = make(public, tags=many(50))["repositoryArn"]
    with refused("TooManyTagsException"):
        public.tag_resource(resourceArn=arn, tags=many(1, start=100))
    with refused("InvalidTagParameterException"):
        public.tag_resource(resourceArn=arn, tags=[{"Key": "aws:x", "Value": "1"}])
    public.untag_resource(resourceArn=arn, tagKeys=[f"k{number}" for number in range(1, 50)])
    assert public.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "k0", "Value": ""}]
    with refused("InvalidParameterException", "resourceArn"):
        public.list_tags_for_resource(resourceArn=arn.replace("::", ":us-east-1:"))


def test_images_are_pushed_described_and_deleted(public: Client) -> None:
    make(public)
    one, two = (json.dumps({"schemaVersion": 2, "mediaType": "x", "annotations": {"n": n}}) for n in "12")
    digest = public.put_image(repositoryName="tools", imageManifest=one, imageTag="v1")["image"]["imageId"]
    public.put_image(repositoryName="tools", imageManifest=two, imageTag="v1")
    with refused("ImageAlreadyExistsException"):
        public.put_image(repositoryName="tools", imageManifest=two, imageTag="v1")
    details = public.describe_images(repositoryName="tools")["imageDetails"]
    assert [detail.get("imageTags") for detail in details] == [None, ["v1"]]
    assert [each["imageTag"] for each in public.describe_image_tags(repositoryName="tools")["imageTagDetails"]] == [
        "v1"
    ]
    ids = [{"imageDigest": digest["imageDigest"]}, {"imageTag": "v1"}, {"imageTag": "no"}, {}]
    with refused("RepositoryNotEmptyException"):
        public.delete_repository(repositoryName="tools")
    answer = public.batch_delete_image(repositoryName="tools", imageIds=ids)
    assert len(answer["imageIds"]) == 2
    assert [each["failureCode"] for each in answer["failures"]] == ["ImageNotFound", "MissingDigestAndTag"]
    with refused("ImageNotFoundException"):
        public.describe_images(repositoryName="tools", imageIds=[{"imageTag": "v1"}])
    public.delete_repository(repositoryName="tools")
    with refused("RepositoryNotFoundException"):
        public.describe_images(repositoryName="tools")


def test_repositories_come_in_pages(public: Client) -> None:
    names = [f"tools/{number}" for number in range(5)]
    for name in names:
        make(public, name)
    pages = list(public.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 2}))
    assert [item["repositoryName"] for page in pages for item in page["repositories"]] == names
    assert len(pages) == 3
    with refused("InvalidParameterException", "maxResults"):
        public.describe_repositories(repositoryNames=names, maxResults=2)
    with refused("RepositoryNotFoundException"):
        public.describe_repositories(repositoryNames=["tools/0", "nothing"])


def test_a_token_is_of_use_for_twelve_hours(public: Client) -> None:
    assert public.get_authorization_token()["authorizationData"]["expiresAt"]


def test_what_the_emulator_lacks_is_said(public: Client) -> None:
    make(public)
    with refused("UnsupportedCommandException", "the emulator has no InitiateLayerUpload"):
        public.initiate_layer_upload(repositoryName="tools")


def test_another_registry_is_not_opened(public: Client) -> None:
    with refused("AccessDeniedException"):
        public.describe_repositories(registryId="111122223333")
