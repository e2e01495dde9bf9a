"""The storage class of an image, and the images that refer to it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops.testing import Client, Cloud

from ..support import MANIFEST, push, refused

INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def app(ecr: Client) -> Client:
    """A client, and a repository of this name."""
    ecr.create_repository(repositoryName="app")
    return ecr


def put(ecr: Client, tag: str | None = None, **manifest: Any) -> str:
    text = json.dumps({**MANIFEST, **manifest})
    answer = ecr.put_image(repositoryName="app", imageManifest=text, **({"imageTag": tag} if tag else {}))
    digest: str = answer["image"]["imageId"]["imageDigest"]
    return digest


def move(ecr: Client, target: str, **image: str) -> Any:
    return ecr.update_image_storage_class(repositoryName="app", imageId=image, targetStorageClass=target)


def status(ecr: Client, digest: str) -> Any:
    (image,) = ecr.describe_images(repositoryName="app", imageIds=[{"imageDigest": digest}])["imageDetails"]
    return image["imageStatus"]


def test_an_image_goes_to_the_archive_and_comes_back(cloud: Cloud, app: Client) -> None:
    digest = push(app, "one", "1")
    answer = move(app, "ARCHIVE", imageTag="one")
    assert answer["imageId"] == {"imageTag": "one", "imageDigest": digest}
    assert (answer["imageStatus"], answer["repositoryName"]) == ("ARCHIVED", "app")
    assert app.describe_images(repositoryName="app")["imageDetails"] == []
    (archived,) = app.describe_images(repositoryName="app", filter={"imageStatus": "ARCHIVED"})["imageDetails"]
    assert archived["lastArchivedAt"].tzinfo
    cloud.emulator.storage.activating_for = 2
    assert move(app, "STANDARD", imageDigest=digest)["imageStatus"] == "ACTIVATING"
    assert [status(app, digest) for _ in range(3)] == ["ACTIVATING", "ACTIVATING", "ACTIVE"]
    assert len(app.list_images(repositoryName="app")["imageIds"]) == 1


def test_restoring_ends_by_the_first_look_if_nothing_is_said(app: Client) -> None:
    digest = push(app, "one", "1")
    move(app, "ARCHIVE", imageTag="one")
    assert move(app, "STANDARD", imageTag="one")["imageStatus"] == "ACTIVATING"
    assert status(app, digest) == "ACTIVE"


def test_an_update_to_where_the_image_is_is_not_supported(cloud: Cloud, app: Client) -> None:
    push(app, "one", "1")
    code = "ImageStorageClassUpdateNotSupportedException"
    with refused(code):
        move(app, "STANDARD", imageTag="one")
    move(app, "ARCHIVE", imageTag="one")
    with refused(code):
        move(app, "ARCHIVE", imageTag="one")
    cloud.emulator.storage.activating_for = 5
    move(app, "STANDARD", imageTag="one")
    for target in ("STANDARD", "ARCHIVE"):
        with refused(code, "ACTIVATING"):
            move(app, target, imageTag="one")


def test_parts_of_an_active_index_and_referrers_stay(app: Client) -> None:
    part = push(app, None, "1")
    put(app, "index", mediaType=INDEX, manifests=[{"digest": part}])
    referrer = put(app, subject={"digest": part})
    for digest, why in ((part, "part of an index"), (referrer, "refers to another")):
        with refused("ImageStorageClassUpdateNotSupportedException", why):
            move(app, "ARCHIVE", imageDigest=digest)
    assert move(app, "ARCHIVE", imageTag="index")["imageStatus"] == "ARCHIVED"
    assert move(app, "ARCHIVE", imageDigest=part)["imageStatus"] == "ARCHIVED"


def test_what_is_moved_must_be_there(app: Client) -> None:
    with refused("ImageNotFoundException"):
        move(app, "ARCHIVE", imageTag="one")
    with refused("InvalidParameterException", "targetStorageClass"):
        move(app, "GLACIER", imageTag="one")
    with refused("RepositoryNotFoundException"):
        app.update_image_storage_class(repositoryName="no", imageId={"imageTag": "a"}, targetStorageClass="ARCHIVE")


def referrers(ecr: Client, digest: str, **more: Any) -> Any:
    return ecr.list_image_referrers(repositoryName="app", subjectId={"imageDigest": digest}, **more)


def test_those_that_refer_to_an_image_are_listed(app: Client) -> None:
    subject, other = push(app, "one", "1"), push(app, "two", "2")
    kind, notes = "application/vnd.example.sbom", {"of": "one"}
    digest = put(app, subject={"digest": subject}, artifactType=kind, annotations=notes)
    by_config = put(app, subject={"digest": subject}, config={"mediaType": "application/vnd.example.signature"})
    first, second = referrers(app, subject)["referrers"]
    text = json.dumps({**MANIFEST, "subject": {"digest": subject}, "artifactType": kind, "annotations": notes})
    assert first == {
        "digest": digest,
        "mediaType": MANIFEST["mediaType"],
        "artifactType": kind,
        "size": len(text),
        "annotations": notes,
        "artifactStatus": "ACTIVE",
    }
    assert (second["digest"], second["artifactType"]) == (by_config, "application/vnd.example.signature")
    assert referrers(app, other)["referrers"] == []
    assert referrers(app, "sha256:" + "0" * 64)["referrers"] == []
    (described,) = app.describe_images(repositoryName="app", imageIds=[{"imageDigest": digest}])["imageDetails"]
    assert described["subjectManifestDigest"] == subject


def test_referrers_are_selected_by_kind_and_status(cloud: Cloud, app: Client) -> None:
    subject = push(app, "one", "1")
    kinds = [f"application/vnd.example.k{number}" for number in range(3)]
    digests = [put(app, subject={"digest": subject}, artifactType=kind) for kind in kinds]
    archived = {"imageDigest": "sha256:" + "a" * 64, "imagePushedAt": 1.0, "imageStatus": "ARCHIVED"}
    cloud.emulator.seed_images("app", [{**archived, "subjectManifestDigest": subject}])

    def found(**wanted: Any) -> list[str]:
        return [each["digest"] for each in referrers(app, subject, filter=wanted)["referrers"]]

    assert found(artifactTypes=kinds[1:]) == digests[1:]
    assert found(artifactTypes=[]) == digests
    assert found(artifactStatus="ARCHIVED") == [archived["imageDigest"]]
    assert found(artifactStatus="ANY") == [*digests, archived["imageDigest"]]
    with refused("InvalidParameterException", "less than or equal to 5"):
        found(artifactTypes=[f"k{number}" for number in range(6)])


def test_referrers_come_in_pages_without_a_paginator(app: Client) -> None:
    assert not app.can_paginate("list_image_referrers")
    subject = push(app, "one", "1")
    digests = [put(app, subject={"digest": subject}, annotations={"n": str(number)}) for number in range(22)]
    first = referrers(app, subject)
    second = referrers(app, subject, nextToken=first["nextToken"])
    assert (len(first["referrers"]), "nextToken" in second) == (20, False)
    assert [each["digest"] for page in (first, second) for each in page["referrers"]] == digests
    assert len(referrers(app, subject, maxResults=50)["referrers"]) == 22
    with refused("InvalidParameterException", "less than or equal to 50"):
        referrers(app, subject, maxResults=51)
