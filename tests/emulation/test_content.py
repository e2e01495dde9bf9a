"""Manifests and what they name; deleting images of which others are made; real images for tests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import urllib3

from ecrops.testing import Client, Cloud

from .support import refused

NONE = "sha256:" + "0" * 64
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def app(ecr: Client) -> Client:
    """A client, and a repository of this name."""
    ecr.create_repository(repositoryName="app")
    return ecr


def put(ecr: Client, *, tag: str = "", **said: Any) -> str:
    text = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, **said})
    answer = ecr.put_image(repositoryName="app", imageManifest=text, **({"imageTag": tag} if tag else {}))
    digest: str = answer["image"]["imageId"]["imageDigest"]
    return digest


def delete(ecr: Client, *ids: dict[str, str]) -> Any:
    return ecr.batch_delete_image(repositoryName="app", imageIds=list(ids))


def codes(answer: Any) -> list[tuple[dict[str, str], str]]:
    return [(each["imageId"], each["failureCode"]) for each in answer["failures"]]


def digests(ecr: Client) -> set[str]:
    return {each["imageDigest"] for each in ecr.list_images(repositoryName="app")["imageIds"]}


def described(ecr: Client) -> Any:
    return ecr.describe_images(repositoryName="app")["imageDetails"]


def by_digest(digest: str) -> dict[str, str]:
    return {"imageDigest": digest}


def test_a_manifest_needs_its_configuration_and_its_layers(app: Client) -> None:
    with refused("LayersNotFoundException", NONE):
        put(app, config={"digest": NONE})
    with refused("LayersNotFoundException", NONE):
        put(app, layers=[{"digest": NONE, "mediaType": "application/vnd.oci.image.layer.v1.tar"}])
    foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    put(app, layers=[{"digest": NONE, "mediaType": foreign, "urls": ["https://example.com/layer"]}])


def test_an_index_needs_its_parts(app: Client) -> None:
    with refused("ReferencedImagesNotFoundException", NONE, "required for pushing image into repository"):
        put(app, mediaType=INDEX, manifests=[{"digest": NONE}])
    put(app, mediaType=INDEX, manifests=[{"digest": put(app)}])


def test_a_refused_manifest_takes_no_tag(cloud: Cloud, app: Client) -> None:
    digest = cloud.push_image("app", tag="v1")
    with refused("LayersNotFoundException"):
        put(app, tag="v1", layers=[{"digest": NONE}])
    (image,) = app.describe_images(repositoryName="app")["imageDetails"]
    assert (image["imageDigest"], image["imageTags"]) == (digest, ["v1"])


def test_a_part_of_an_index_stays_as_long_as_the_index(cloud: Cloud, app: Client) -> None:
    part, other = cloud.push_image("app", tag="part"), cloud.push_image("app")
    index = cloud.push_index("app", [part, other])
    for wanted in ({"imageTag": "part"}, by_digest(part)):
        answer = delete(app, wanted)
        assert codes(answer) == [(wanted, "ImageReferencedByManifestList")]
        assert answer["failures"][0]["failureReason"] == f"Requested image referenced by manifest list: [{index}]"
    assert codes(delete(app, by_digest(part), by_digest(index))) == [(by_digest(part), "ImageReferencedByManifestList")]
    assert digests(app) == {part, other}


def test_a_batch_that_has_the_index_first_deletes_all(cloud: Cloud, app: Client) -> None:
    parts = [cloud.push_image("app") for _ in range(2)]
    index = cloud.push_index("app", parts, tag="v1")
    answer = delete(app, *(by_digest(each) for each in (index, *parts)))
    assert codes(answer) == []
    assert answer["imageIds"] == [{**by_digest(index), "imageTag": "v1"}, *(by_digest(part) for part in parts)]
    assert digests(app) == set()


def test_a_part_of_two_indexes_needs_both_to_go(cloud: Cloud, app: Client) -> None:
    part = cloud.push_image("app")
    one, two = (cloud.push_index("app", [part], annotations={"n": n}) for n in "12")
    assert codes(delete(app, by_digest(one), by_digest(part))) == [(by_digest(part), "ImageReferencedByManifestList")]
    assert codes(delete(app, by_digest(two), by_digest(part))) == []


def test_the_last_tag_goes_with_its_image(cloud: Cloud, app: Client) -> None:
    digest = cloud.push_image("app", tags=["a", "b"])
    assert delete(app, {"imageTag": "a"})["imageIds"] == [{**by_digest(digest), "imageTag": "a"}]
    (image,) = app.describe_images(repositoryName="app")["imageDetails"]
    assert image["imageTags"] == ["b"]
    assert delete(app, {"imageTag": "b"})["imageIds"] == [{**by_digest(digest), "imageTag": "b"}]
    assert digests(app) == set()


def test_a_digest_goes_with_all_tags(cloud: Cloud, app: Client) -> None:
    digest = cloud.push_image("app", tags=["a", "b"])
    gone = delete(app, by_digest(digest))["imageIds"]
    assert gone == [{**by_digest(digest), "imageTag": tag} for tag in "ab"]


def test_what_cannot_be_deleted_is_a_failure_with_a_code(cloud: Cloud, app: Client) -> None:
    digest, other = cloud.push_image("app", tag="v1"), cloud.push_image("app", tag="v2")
    mismatch = {**by_digest(digest), "imageTag": "v2"}
    wanted = [{}, {"imageTag": "none"}, by_digest(NONE), by_digest("sha256:short"), mismatch]
    assert [code for _, code in codes(delete(app, *wanted))] == [
        "MissingDigestAndTag",
        "ImageNotFound",
        "ImageNotFound",
        "InvalidImageDigest",
        "ImageTagDoesNotMatchDigest",
    ]
    assert digests(app) == {digest, other}


def test_a_pushed_image_is_real(cloud: Cloud, app: Client) -> None:
    digest = cloud.push_image("app", tag="v1", layers=[b"one", b"two"], platform="linux/arm64/v8", labels={"a": "b"})
    (found,) = app.batch_get_image(repositoryName="app", imageIds=[by_digest(digest)])["images"]
    text = found["imageManifest"]
    assert "sha256:" + hashlib.sha256(text.encode()).hexdigest() == digest
    manifest = json.loads(text)
    read = {}
    for each in (manifest["config"], *manifest["layers"]):
        url = app.get_download_url_for_layer(repositoryName="app", layerDigest=each["digest"])["downloadUrl"]
        read[each["digest"]] = urllib3.request("GET", url).data
        assert len(read[each["digest"]]) == each["size"]
    assert [read[each["digest"]] for each in manifest["layers"]] == [b"one", b"two"]
    config = json.loads(read[manifest["config"]["digest"]])
    assert (config["architecture"], config["variant"], config["config"]["Labels"]) == ("arm64", "v8", {"a": "b"})
    (image,) = app.describe_images(repositoryName="app")["imageDetails"]
    assert image["imageSizeInBytes"] == 6 + manifest["config"]["size"]


def test_an_index_names_the_platforms_of_its_parts(cloud: Cloud, app: Client) -> None:
    names = ["linux/amd64", "linux/arm64"]
    index = cloud.push_index("app", [cloud.push_image("app", platform=name) for name in names], tag="v1", docker=True)
    (found,) = app.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])["images"]
    manifest = json.loads(found["imageManifest"])
    assert found["imageId"]["imageDigest"] == index
    sizes = {each["imageDigest"]: each["imageSizeInBytes"] for each in described(app)}
    assert sizes.pop(index) == max(sizes.values())
    assert [f"{each['platform']['os']}/{each['platform']['architecture']}" for each in manifest["manifests"]] == names
    assert found["imageManifestMediaType"] == "application/vnd.docker.distribution.manifest.list.v2+json"


def test_a_referrer_names_its_subject_even_one_that_is_gone(cloud: Cloud, app: Client) -> None:
    subject = cloud.push_image("app", tag="v1")
    referrer = cloud.push_referrer("app", subject, "application/vnd.example.sbom")
    (found,) = app.list_image_referrers(repositoryName="app", subjectId=by_digest(subject))["referrers"]
    assert (found["digest"], found["artifactType"]) == (referrer, "application/vnd.example.sbom")
    orphan = cloud.push_referrer("app", NONE)
    (image,) = app.describe_images(repositoryName="app", imageIds=[by_digest(orphan)])["imageDetails"]
    assert image["subjectManifestDigest"] == NONE


def test_a_test_may_let_referrers_of_indexes_be_refused(cloud: Cloud, app: Client) -> None:
    part = cloud.push_image("app")
    index = cloud.push_index("app", [part])
    cloud.push_referrer("app", index)
    cloud.emulator.refuses_referrers_of_indexes = True
    put(app, subject={"digest": part})
    for subject in ({"digest": index}, {"digest": NONE, "mediaType": INDEX}):
        with refused("InvalidParameterException", "ImageManifest"):
            put(app, subject=subject)


def test_images_are_pushed_to_other_registries_too(cloud: Cloud) -> None:
    digest = cloud.push_image("app", tag="v1", region="us-east-1", account="999999999999")
    there = cloud.client("ecr", "us-east-1", account="999999999999")
    (image,) = there.describe_images(repositoryName="app")["imageDetails"]
    assert image["imageDigest"] == digest
    assert cloud.client("ecr").describe_repositories()["repositories"] == []
