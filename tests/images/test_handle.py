"""The handle of an image: what is read of it, in how many calls."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import EcropsError, SpecError
from ecrops.images import ImageHandle, Platform
from ecrops.repository import Repository
from ecrops.testing import Cloud
from support import registry_of
from tests.images.test_tagging import since

ARM, AMD = Platform("linux", "arm64", "v8"), Platform("linux", "amd64")
NONE = "sha256:" + "0" * 64


@pytest.fixture
def app(cloud: Cloud) -> Repository:
    cloud.emulator.seed(["app"])
    return registry_of(cloud).repository("app")


def test_a_digest_for_pinning_takes_a_call_for_a_tag_and_none_for_a_digest(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tag="v1")
    assert since(cloud, lambda: app.image("v1").digest) == ["DescribeImages"]
    assert since(cloud, lambda: app.image(digest).digest) == []
    assert app.uri_for_digest(app.image("v1").digest) == app.image(digest).uri
    assert app.image("v1").uri == app.uri_for_tag("v1")


def test_the_newest_image_by_pattern_and_the_same_digest_everywhere_are_one_line_each(
    cloud: Cloud, app: Repository
) -> None:
    one, two = cloud.push_image("app", tag="v1"), cloud.push_image("app", tag="v2")
    assert max(app.images(), key=lambda image: image.pushed_at).digest in (one, two)
    registries = [registry_of(cloud), registry_of(cloud)]
    assert len({registry.repository("app").image("v2").digest for registry in registries}) == 1


def test_an_image_is_described_and_exists_an_archived_one_too(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tags=["v1", "stable"])
    image = app.image("v1").describe()
    assert (image.digest, set(image.tags), image.storage_class) == (digest, {"v1", "stable"}, "standard")
    cloud.client("ecr").update_image_storage_class(
        repositoryName="app", imageId={"imageDigest": digest}, targetStorageClass="ARCHIVE"
    )
    assert app.image("v1").describe().storage_class == "archive"
    assert app.image(digest).exists()


def test_what_does_not_exist_is_said_by_exists_and_is_botocores_error_elsewhere(cloud: Cloud, app: Repository) -> None:
    assert not app.image("v1").exists()
    assert not app.image(NONE).exists()
    assert not registry_of(cloud).repository("other").image("v1").exists()
    cloud.push_image("app")
    handle = app.image("v1")
    for read in (handle.describe, handle.manifest, handle.platforms, handle.config, handle.parts, handle.referrers):
        with pytest.raises(ClientError, match="ImageNotFoundException"):
            read()
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        registry_of(cloud).repository("other").image("v1").manifest()


@pytest.mark.parametrize("text", ['{"schemaVersion": 2,\n  "a" : "ü\\u00e9"}', "{ }"])
def test_a_manifest_is_the_bytes_that_the_digest_is_of(cloud: Cloud, app: Repository, text: str) -> None:
    cloud.client("ecr").put_image(
        repositoryName="app", imageManifest=text, imageManifestMediaType="application/x", imageTag="v1"
    )
    manifests: list[bytes] = []
    assert since(cloud, lambda: manifests.append(app.image("v1").manifest())) == ["BatchGetImage"]
    assert manifests == [text.encode()]
    assert app.image("v1").media_type == "application/x"
    assert (app.image("v1").parts(), app.image("v1").platforms()) == ((), ())


def test_a_manifest_with_another_digest_is_an_error(cloud: Cloud, app: Repository) -> None:
    cloud.emulator.seed_images(
        "app", [{"imageDigest": NONE, "imageTags": ("v1",), "imagePushedAt": datetime.now(UTC), "manifest": {"a": 1}}]
    )
    with pytest.raises(EcropsError, match=f"what was answered for {NONE} has the digest sha256:"):
        app.image("v1").manifest()


def test_the_configuration_of_an_image(cloud: Cloud, app: Repository) -> None:
    created = "2026-01-31T12:00:00.123456789Z"
    digest = cloud.push_image("app", tag="v1", platform="linux/arm64/v8", labels={"team": "a"}, created=created)
    config = app.image("v1").config()
    assert (config.digest, config.platform, config.labels) == (digest, ARM, {"team": "a"})
    assert config.created == datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
    assert since(cloud, app.image("v1").config) == ["BatchGetImage", "GetDownloadUrlForLayer", "GetObject"]
    assert app.image("v1").config("linux/arm64") == config
    assert str(config.platform) == "linux/arm64/v8"
    with pytest.raises(SpecError, match="platform: v1 is an image for linux/arm64/v8 alone"):
        app.image("v1").config("linux/amd64")


def blob(cloud: Cloud, content: bytes, media_type: str) -> dict[str, Any]:
    """A layer that was uploaded; its descriptor."""
    import hashlib

    ecr, digest = cloud.client("ecr"), "sha256:" + hashlib.sha256(content).hexdigest()
    upload = ecr.initiate_layer_upload(repositoryName="app")["uploadId"]
    of = {"repositoryName": "app", "uploadId": upload}
    ecr.upload_layer_part(**of, partFirstByte=0, partLastByte=len(content) - 1, layerPartBlob=content)
    ecr.complete_layer_upload(**of, layerDigests=[digest])
    return {"mediaType": media_type, "digest": digest, "size": len(content)}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"config": {"Env": ["A=1=2", "B"], "Cmd": ["x"], "Entrypoint": None}}, ({"A": "1=2", "B": ""}, ("x",), None)),
        ({"config": None, "os": "windows", "architecture": "amd64", "os.version": "10"}, ({}, (), "windows/amd64")),
        ({"created": "yesterday"}, ({}, (), None)),
        ({"config": {"Labels": ["a"], "ExposedPorts": 80, "Volumes": "/data", "Env": {}}}, ({}, (), None)),
    ],
)
def test_a_configuration_may_lack_anything(
    memory_cloud: Cloud, document: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    memory_cloud.emulator.seed(["app"])
    kind = "application/vnd.oci.image.config.v1+json"
    manifest = {"schemaVersion": 2, "config": blob(memory_cloud, json.dumps(document).encode(), kind), "layers": []}
    memory_cloud.client("ecr").put_image(
        repositoryName="app",
        imageManifest=json.dumps(manifest),
        imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
        imageTag="v1",
    )
    config = registry_of(memory_cloud).repository("app").image("v1").config()
    platform = str(config.platform) if config.platform else None
    assert (config.env, config.command, platform) == expected
    assert (config.created, config.document) == (None, document)


def test_an_index_has_platforms_and_needs_one_for_a_configuration(cloud: Cloud, app: Repository) -> None:
    amd, arm = cloud.push_image("app"), cloud.push_image("app", platform="linux/arm64/v8", docker=True)
    index = cloud.push_index("app", [amd, arm], tag="v1")
    outer = cloud.push_index("app", [index], tag="outer")
    assert [part.digest for part in app.image("v1").parts()] == [amd, arm]
    assert app.image("v1").platforms() == app.image("outer").platforms() == (AMD, ARM)
    assert since(cloud, app.image("v1").platforms) == ["BatchGetImage"]
    assert app.image("v1").config("linux/arm64").digest == arm
    assert app.image(outer).config(AMD).digest == amd
    for platform, words in ((None, "v1 is an index, give one of its platforms"), ("linux/s390x", "expected one of")):
        with pytest.raises(SpecError, match=f"platform: {words}.*linux/amd64, linux/arm64/v8"):
            app.image("v1").config(platform)
    for wrong in ("linux", "a/b/c/d", "/amd64", 5):
        with pytest.raises(SpecError, match="platform: expected a platform such as 'linux/arm64'"):
            app.image("v1").config(wrong)  # type: ignore[arg-type]


def test_an_index_that_many_indexes_have_is_read_once(cloud: Cloud, app: Repository) -> None:
    level = [cloud.push_image("app"), cloud.push_image("app", platform="linux/arm64/v8")]
    for depth in range(6):
        level = [cloud.push_index("app", level, annotations={"place": f"{depth}-{place}"}) for place in range(3)]
    cloud.push_index("app", level, tag="v1")
    cloud.calls.clear()
    assert app.image("v1").platforms() == (AMD, ARM)
    assert cloud.calls.operations() == ["BatchGetImage"] * 7


def test_an_index_of_one_platform_needs_none_and_attestations_do_not_count(cloud: Cloud, app: Repository) -> None:
    amd, other = cloud.push_image("app"), cloud.push_image("app", platform="unknown/unknown")
    cloud.push_index("app", [amd, other], tag="v1")
    assert app.image("v1").platforms() == (AMD,)
    assert app.image("v1").config().digest == amd


def test_an_artifact_has_no_configuration_of_an_image(cloud: Cloud, app: Repository) -> None:
    cloud.push_referrer("app", cloud.push_image("app"), "application/spdx+json", tag="sbom")
    with pytest.raises(EcropsError, match=r"no configuration of an image: it is application/spdx\+json"):
        app.image("sbom").config()
    assert app.image("sbom").platforms() == ()


def test_handles_are_equal_by_name_and_show_what_they_are(cloud: Cloud, app: Repository) -> None:
    handle = app.image("v1")
    assert handle == app.image("v1") != app.image("v2")
    assert len({handle, app.image("v1")}) == 1
    assert repr(handle) == "ImageHandle('app', 'v1')"
    assert isinstance(copy.copy(handle), ImageHandle)
    assert "v1" in handle._repr_html_()
    assert cloud.calls.operations() == []
