"""What is there to delete, and what is left of it."""

from __future__ import annotations

from ecrops.testing import Cloud
from tests.images.test_tagging import during as during
from tests.images.test_tagging import since as since
from tests.images.test_tagging import tags_of as tags_of

READ = ["DescribeImages", "BatchGetImage"]
DELETE = [*READ, "DescribeRegistry", "BatchDeleteImage"]


def left(cloud: Cloud, name: str = "app") -> set[str]:
    """The digests that are there, archived ones too."""
    pages = cloud.client("ecr").get_paginator("describe_images")
    every = pages.paginate(repositoryName=name, filter={"imageStatus": "ANY"})
    return {item["imageDigest"] for page in every for item in page["imageDetails"]}


def push_index(cloud: Cloud, *tags: str) -> list[str]:
    """An index with two parts, and a signature of it: signature, index, and parts, as they are deleted."""
    parts = [cloud.push_image("app", platform=platform) for platform in ("linux/amd64", "linux/arm64")]
    index = cloud.push_index("app", parts, tags=tags)
    return [cloud.push_referrer("app", index), index, *parts]


def tag(cloud: Cloud, digest: str, name: str) -> None:
    """Let another writer put a tag on an image."""
    ecr = cloud.client("ecr")
    (image,) = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageDigest": digest}])["images"]
    ecr.put_image(
        repositoryName="app",
        imageManifest=image["imageManifest"],
        imageManifestMediaType=image["imageManifestMediaType"],
        imageTag=name,
    )


def archive(cloud: Cloud, digest: str) -> None:
    """Move an image to the archive."""
    cloud.client("ecr").update_image_storage_class(
        repositoryName="app", imageId={"imageDigest": digest}, targetStorageClass="ARCHIVE"
    )
