"""Probes that push small images and layers into a repository of their own, which goes with all that is in it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from botocore.exceptions import ClientError

from probing import TAKEN, Asked, Probe

IMAGES = "makes a repository, and pushes images of some bytes"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
NONE = "sha256:" + "0" * 64


class Pushed:
    """A repository for images, and what is pushed there.

    Args:
        asked: Whoever is asked.
    """

    def __init__(self, asked: Asked) -> None:
        self.ecr, self.name = asked.ecr, asked.name()
        asked.later(lambda: self.ecr.delete_repository(repositoryName=self.name, force=True))
        self.ecr.create_repository(repositoryName=self.name)

    def sent(self, content: bytes) -> str:
        """Send bytes as a layer that is not finished; the id of the upload."""
        upload: str = self.ecr.initiate_layer_upload(repositoryName=self.name)["uploadId"]
        self.ecr.upload_layer_part(
            **self.of(upload), partFirstByte=0, partLastByte=len(content) - 1, layerPartBlob=content
        )
        return upload

    def of(self, upload: str) -> dict[str, Any]:
        """The members that name an upload."""
        return {"repositoryName": self.name, "uploadId": upload}

    def finish(self, upload: str, digest: str) -> object:
        """Finish an upload."""
        return self.ecr.complete_layer_upload(**self.of(upload), layerDigests=[digest])

    def layer(self, content: bytes) -> dict[str, Any]:
        """Send a layer; its descriptor."""
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        self.finish(self.sent(content), digest)
        return {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": len(content)}

    def image(self, content: bytes, *tags: str) -> str:
        """Push an image of one layer under some tags; its digest."""
        config = {**self.layer(b"{}" + content), "mediaType": "application/vnd.oci.image.config.v1+json"}
        return self.put({"mediaType": MANIFEST, "config": config, "layers": [self.layer(content)]}, *tags)

    def index(self, part: str) -> str:
        """Push an index of one image; its digest."""
        entry = {"mediaType": MANIFEST, "digest": part, "size": 500, "platform": {"os": "linux", "architecture": "arm"}}
        return self.put({"mediaType": INDEX, "manifests": [entry]})

    def put(self, manifest: dict[str, Any], *tags: str) -> str:
        """Push a manifest under some tags; its digest."""
        text = json.dumps({"schemaVersion": 2, **manifest})
        for tag in tags or ("",):
            named = {"imageTag": tag} if tag else {}
            answer = self.ecr.put_image(repositoryName=self.name, imageManifest=text, **named)
        digest: str = answer["image"]["imageId"]["imageDigest"]
        return digest

    def delete(self, *ids: dict[str, str]) -> str:
        """Delete images; the failures, or how many entries are gone."""
        answer = self.ecr.batch_delete_image(repositoryName=self.name, imageIds=list(ids))
        failures = [f"{each['failureCode']}: {each['failureReason']}" for each in answer["failures"]]
        return "; ".join(failures) or f"{len(answer['imageIds'])} gone"


def size(asked: Asked) -> str:
    pushed = Pushed(asked)
    pushed.image(b"layer")
    (image,) = asked.ecr.describe_images(repositoryName=pushed.name)["imageDetails"]
    return f"{image['imageSizeInBytes']} bytes, of which the layer has 5, and the configuration 7"


def missing_layer(asked: Asked) -> str:
    pushed = Pushed(asked)
    config = {**pushed.layer(b"{}"), "mediaType": "application/vnd.oci.image.config.v1+json"}
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": NONE, "size": 5}
    return asked.refusal(lambda: pushed.put({"mediaType": MANIFEST, "config": config, "layers": [layer]}))


def other_digest(asked: Asked) -> str:
    pushed = Pushed(asked)
    upload = pushed.sent(b"layer")
    return asked.refusal(lambda: pushed.finish(upload, NONE))


def after_refusal(asked: Asked) -> str:
    pushed = Pushed(asked)
    upload = pushed.sent(b"layer")
    asked.refusal(lambda: pushed.finish(upload, NONE))
    digest = "sha256:" + hashlib.sha256(b"layer").hexdigest()
    return asked.refusal(lambda: pushed.finish(upload, digest)).partition(":")[0]


def layer_again(asked: Asked) -> str:
    pushed = Pushed(asked)
    pushed.layer(b"layer")
    return asked.refusal(lambda: pushed.layer(b"layer"))


def first_part(asked: Asked) -> str:
    pushed = Pushed(asked)
    upload = asked.ecr.initiate_layer_upload(repositoryName=pushed.name)["uploadId"]
    try:
        asked.ecr.upload_layer_part(**pushed.of(upload), partFirstByte=1, partLastByte=2, layerPartBlob=b"ab")
    except ClientError as error:
        said: Any = error.response
        return f"{said['Error']['Code']}, lastValidByteReceived {said.get('lastValidByteReceived')}"
    return TAKEN


def scan_of_index(asked: Asked) -> str:
    pushed = Pushed(asked)
    index = pushed.index(pushed.image(b"layer"))
    scan = {"repositoryName": pushed.name, "imageId": {"imageDigest": index}}
    return asked.refusal(lambda: asked.ecr.start_image_scan(**scan))


def second_scan(asked: Asked) -> str:
    pushed = Pushed(asked)
    scan = {"repositoryName": pushed.name, "imageId": {"imageDigest": pushed.image(b"layer")}}
    asked.refusal(lambda: asked.ecr.start_image_scan(**scan))
    return asked.refusal(lambda: asked.ecr.start_image_scan(**scan))


def referrer_of_index(asked: Asked) -> str:
    pushed = Pushed(asked)
    subject = {"mediaType": INDEX, "digest": pushed.index(pushed.image(b"layer")), "size": 500}
    empty = {**pushed.layer(b"{}"), "mediaType": "application/vnd.oci.empty.v1+json"}
    manifest = {"mediaType": MANIFEST, "artifactType": "application/vnd.example.probe", "config": empty}
    return asked.refusal(lambda: pushed.put({**manifest, "layers": [empty], "subject": subject}))


def media_type(asked: Asked) -> str:
    pushed = Pushed(asked)
    digest = pushed.layer(b"layer")["digest"]
    answer = asked.ecr.batch_check_layer_availability(repositoryName=pushed.name, layerDigests=[digest])
    return str(answer["layers"][0].get("mediaType"))


def invalid_digest(asked: Asked) -> str:
    pushed = Pushed(asked)
    answer = asked.ecr.batch_check_layer_availability(repositoryName=pushed.name, layerDigests=["sha256:short"])
    return str([(each["failureCode"], each["failureReason"]) for each in answer["failures"]])


def digest_and_tag(asked: Asked) -> str:
    pushed = Pushed(asked)
    digest = pushed.image(b"layer", "one", "two")
    pushed.delete({"imageDigest": digest, "imageTag": "one"})
    return f"{len(asked.ecr.list_images(repositoryName=pushed.name)['imageIds'])} left"


def mismatch(asked: Asked) -> str:
    pushed = Pushed(asked)
    digest = pushed.image(b"layer", "one")
    return pushed.delete({"imageDigest": digest, "imageTag": "two"})


def part_first(asked: Asked) -> str:
    pushed = Pushed(asked)
    part = pushed.image(b"layer")
    index = pushed.index(part)
    answer = pushed.delete({"imageDigest": part}, {"imageDigest": index})
    return answer.partition(":")[0]


PROBES = [
    Probe(
        "image-size",
        "The size of an image is that of its layers and of its configuration.",
        ["ecr/content/manifests.py: whether the configuration counts"],
        size,
        IMAGES,
    ),
    Probe(
        "missing-layer",
        "A manifest whose layer is missing is refused in words like those about the parts of an index.",
        ["ecr/content/errors.py: the words about layers"],
        missing_layer,
        IMAGES,
    ),
    Probe(
        "other-digest",
        "A layer whose digest is another one is refused.",
        ["ecr/content/errors.py: the words of the mismatch"],
        other_digest,
        IMAGES,
    ),
    Probe(
        "after-refusal",
        "An upload that was refused for its digest is over.",
        ["ecr/content/layers.py: that a refused upload is over"],
        after_refusal,
        IMAGES,
    ),
    Probe(
        "layer-again",
        "A layer that is there already is refused.",
        ["ecr/content/errors.py: the words of the repetition"],
        layer_again,
        IMAGES,
    ),
    Probe(
        "first-part",
        "A first part that does not begin at 0 is refused, and the last valid byte is -1.",
        ["ecr/content/layers.py: what it says where nothing has come yet"],
        first_part,
        IMAGES,
    ),
    Probe(
        "layer-type",
        "All layers have one media type, that of Docker's layers.",
        ["ecr/content/layers.py: that all have this media type"],
        media_type,
        IMAGES,
    ),
    Probe(
        "invalid-layer-digest",
        "The digest of a layer that is none is a failure.",
        ["ecr/content/layers.py: the words of this failure"],
        invalid_digest,
        IMAGES,
    ),
    Probe(
        "scan-of-index",
        "An index cannot be scanned.",
        ["ecr/content/scans.py: that indexes are meant"],
        scan_of_index,
        IMAGES,
    ),
    Probe(
        "second-scan",
        "A second scan of an image in one day is refused.",
        ["ecr/content/scans.py: these words"],
        second_scan,
        IMAGES,
    ),
    Probe(
        "referrer-of-index",
        "PutImage takes an artifact that refers to an index; the emulator refuses it only where a test says so.",
        ["ecr/content/manifests.py: what PutImage of the API answers"],
        referrer_of_index,
        IMAGES,
    ),
    Probe(
        "digest-and-tag",
        "An id with a digest and a tag deletes the image with all tags.",
        ["ecr/content/deleting.py: that an id with a digest and a tag means"],
        digest_and_tag,
        IMAGES,
    ),
    Probe(
        "tag-of-another",
        "An id with a digest and a tag that the image does not have is a failure.",
        ["ecr/content/deleting.py: the words of the mismatch"],
        mismatch,
        IMAGES,
    ),
    Probe(
        "part-first",
        "A batch that names the part before its index leaves the part.",
        ["ecr/content/deleting.py: that an index which comes later"],
        part_first,
        IMAGES,
    ),
]
