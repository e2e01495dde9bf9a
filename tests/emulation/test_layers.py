"""Layers by the API: parts, digests, availability, and the URLs by which they are read."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from ecrops.testing import Client, Cloud

from .support import attempts, refused

MIB = 1024 * 1024
NONE = "sha256:" + "0" * 64
HTTP = urllib3.PoolManager(retries=False)


@pytest.fixture
def app(ecr: Client) -> Client:
    """A client, and a repository of this name."""
    ecr.create_repository(repositoryName="app")
    return ecr


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def send(ecr: Client, *parts: bytes) -> str:
    """Begin an upload, and send its parts; its id."""
    upload: str = ecr.initiate_layer_upload(repositoryName="app")["uploadId"]
    first = 0
    for part in parts:
        answer = send_part(ecr, upload, first, part)
        first += len(part)
        assert answer["lastByteReceived"] == first - 1
    return upload


def send_part(ecr: Client, upload: str, first: int, part: bytes) -> Any:
    where = {"repositoryName": "app", "uploadId": upload, "partFirstByte": first}
    return ecr.upload_layer_part(**where, partLastByte=first + len(part) - 1, layerPartBlob=part)


def complete(ecr: Client, upload: str, digest: str) -> Any:
    return ecr.complete_layer_upload(repositoryName="app", uploadId=upload, layerDigests=[digest])


def layer(ecr: Client, content: bytes) -> str:
    """Send a layer of one part; its digest."""
    digest: str = complete(ecr, send(ecr, content), digest_of(content))["layerDigest"]
    return digest


def image(ecr: Client, *layers: str) -> str:
    """Push an image of layers; its digest."""
    config = layer(ecr, json.dumps({"of": layers}).encode())
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"digest": config, "size": 10},
        "layers": [{"digest": each, "size": 100} for each in layers],
    }
    answer = ecr.put_image(repositoryName="app", imageManifest=json.dumps(manifest))
    digest: str = answer["image"]["imageId"]["imageDigest"]
    return digest


def url_of(ecr: Client, digest: str) -> str:
    url: str = ecr.get_download_url_for_layer(repositoryName="app", layerDigest=digest)["downloadUrl"]
    return url


def test_a_layer_that_was_sent_in_parts_is_read_as_it_was(app: Client) -> None:
    content = bytes(range(256)) * 4 * 1024 * 6 + b"end"  # 6 MiB, so it is not kept in memory
    upload = send(app, content[: 5 * MIB], content[5 * MIB :])
    answer = complete(app, upload, digest_of(content))
    assert (answer["layerDigest"], answer["uploadId"]) == (digest_of(content), upload)
    image(app, digest_of(content))
    url = url_of(app, digest_of(content))
    assert url.startswith("http://127.0.0.1:")
    read = HTTP.request("GET", url)
    assert (read.status, read.data == content) == (200, True)
    some = HTTP.request("GET", url, headers={"Range": "bytes=3-9"})
    assert (some.status, some.data, some.headers["Content-Range"]) == (206, content[3:10], f"bytes 3-9/{len(content)}")


def test_a_recorder_does_not_keep_the_bytes_of_layers(cloud: Cloud, app: Client) -> None:
    ecr = attempts(cloud)
    send(ecr, b"few bytes")
    send(ecr, b"m" * 200_000)
    few, many = (call.params["layerPartBlob"] for call in cloud.calls.of("UploadLayerPart"))
    assert (few, many) == (b"few bytes", "200,000 bytes")


def test_what_is_there_is_available_with_its_size(app: Client) -> None:
    digest = layer(app, b"one")
    answer = app.batch_check_layer_availability(repositoryName="app", layerDigests=[digest, NONE, "sha256:short"])
    there, missing = answer["layers"]
    assert (there["layerDigest"], there["layerAvailability"], there["layerSize"]) == (digest, "AVAILABLE", 3)
    assert missing == {"layerDigest": NONE, "layerAvailability": "UNAVAILABLE"}
    (failure,) = answer["failures"]
    assert (failure["layerDigest"], failure["failureCode"]) == ("sha256:short", "InvalidLayerDigest")


def test_a_layer_is_kept_in_its_repository_alone(app: Client) -> None:
    digest = layer(app, b"one")
    app.create_repository(repositoryName="other")
    (found,) = app.batch_check_layer_availability(repositoryName="other", layerDigests=[digest])["layers"]
    assert found["layerAvailability"] == "UNAVAILABLE"


def test_parts_come_one_after_the_other(cloud: Cloud, app: Client) -> None:
    upload = send(app, b"abc")
    with refused("InvalidLayerPartException"):
        send_part(app, upload, 4, b"e")
    with pytest.raises(ClientError) as caught:
        send_part(app, upload, 0, b"abc")  # again: its answer was lost
    said: Any = caught.value.response
    assert (said["lastValidByteReceived"], said["uploadId"], said["repositoryName"]) == (2, upload, "app")
    with refused("InvalidLayerPartException"):
        app.upload_layer_part(
            repositoryName="app", uploadId=upload, partFirstByte=3, partLastByte=9, layerPartBlob=b"de"
        )
    cloud.emulator.uploads.least_part = 2
    send_part(app, upload, 3, b"de")
    assert complete(app, upload, digest_of(b"abcde"))["layerDigest"] == digest_of(b"abcde")


def test_an_upload_ends_with_the_layer_that_was_promised(app: Client) -> None:
    with refused("EmptyUploadException"):
        complete(app, send(app), NONE)
    with refused("InvalidLayerException"):
        complete(app, send(app, b"one"), NONE)
    with refused("LayerPartTooSmallException"):
        complete(app, send(app, b"one", b"two"), digest_of(b"onetwo"))
    upload = send(app, b"one")
    complete(app, upload, digest_of(b"one"))
    with refused("UploadNotFoundException"):
        complete(app, upload, digest_of(b"one"))
    with refused("LayerAlreadyExistsException"):
        complete(app, send(app, b"one"), digest_of(b"one"))


def test_only_layers_of_images_are_read(app: Client) -> None:
    digest = layer(app, b"one")
    with refused("LayersNotFoundException", NONE):
        url_of(app, NONE)
    with refused("LayerInaccessibleException"):
        url_of(app, digest)
    pushed = image(app, digest)
    url_of(app, digest)
    app.batch_delete_image(repositoryName="app", imageIds=[{"imageDigest": pushed}])
    with refused("LayerInaccessibleException"):
        url_of(app, digest)


def test_the_layers_of_archived_images_are_archived(app: Client) -> None:
    shared, own = layer(app, b"shared"), layer(app, b"own")
    first, _ = image(app, shared, own), image(app, shared)
    app.update_image_storage_class(repositoryName="app", imageId={"imageDigest": first}, targetStorageClass="ARCHIVE")
    answer = app.batch_check_layer_availability(repositoryName="app", layerDigests=[shared, own])
    assert [each["layerAvailability"] for each in answer["layers"]] == ["AVAILABLE", "ARCHIVED"]
    with refused("LayerInaccessibleException"):
        url_of(app, own)


def test_a_url_expires(cloud: Cloud, app: Client) -> None:
    digest = layer(app, b"one")
    image(app, digest)
    url = url_of(app, digest)
    assert HTTP.request("GET", url).data == b"one"
    cloud.emulator.downloads.expire()
    assert HTTP.request("GET", url).status == 403
    cloud.emulator.downloads.uses = 1
    url = url_of(app, digest)
    assert [HTTP.request("GET", url).status for _ in range(2)] == [200, 403]
