"""Reading the manifests of a repository: 100 a call, unchanged.

ECR counts the reading of a manifest as a pull of its image: https://github.com/aws/containers-roadmap/issues/2390
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ecrops.aws import Aws, ClientError
from ecrops.errors import EcropsError
from ecrops.images.manifests.parsing import parse
from ecrops.images.manifests.values import ACCEPTED, Manifest
from ecrops.images.names import image_id
from ecrops.repositories import calls

CHUNK = 100
"""The images of one ``BatchGetImage``."""
LARGEST = 4_194_304
"""The characters of a manifest that ``PutImage`` takes, as botocore's model says."""
NOT_FOUND, INACCESSIBLE = "ImageNotFound", "ImageInaccessible"


class ReadManifest(NamedTuple):
    """A manifest as ECR answers with it.

    Args:
        asked: The tag or digest that was asked for.
        digest: The digest.
        media_type: The media type.
        text: The manifest, unchanged.
    """

    asked: str
    digest: str
    media_type: str
    text: str

    @property
    def parsed(self) -> Manifest:
        """What it says. See ``parse``."""
        return parse(self.text, self.media_type)

    @property
    def content(self) -> bytes:
        """The bytes that the digest is of.

        Raises:
            EcropsError: They have another digest.
        """
        return verified(self.text.encode(), self.digest)


class Answer(NamedTuple):
    """What ECR answered for some images.

    Args:
        manifests: The manifests, by the tag or digest that was asked for.
        failures: Why there is none, by the same: a code, and the reason in words.
    """

    manifests: dict[str, ReadManifest]
    failures: dict[str, tuple[str, str]]


def read(aws: Aws, name: str, ids: Iterable[str]) -> list[ReadManifest]:
    """Return the manifests of some images, in the order of the ids. An image that does not exist has none.

    Args:
        aws: The account and region.
        name: The repository.
        ids: Tags, or whole digests.

    Raises:
        EcropsError: ECR does not hand out a manifest, for another reason than that it does not exist.
        ClientError: botocore's ``RepositoryNotFoundException``.
    """
    answer = ask(aws, name, ids)
    for name_of_image, (code, reason) in answer.failures.items():
        if code != NOT_FOUND:
            raise refused(name, name_of_image, code, reason)
    return list(answer.manifests.values())


def refused(name: str, asked: str, code: str, reason: str) -> EcropsError:
    """Return the error for a manifest that ECR does not hand out."""
    archived = "; an archived image is restored first" if code == INACCESSIBLE else ""
    return EcropsError(f"{name}: ECR does not hand out the manifest of {asked}: {code}: {reason}{archived}")


def ask(aws: Aws, name: str, ids: Iterable[str], accepted: Collection[str] = ACCEPTED) -> Answer:
    """Ask for the manifests of some images, 100 in a call, and return what was found and why others were not.

    Args:
        aws: The account and region.
        name: The repository.
        ids: Tags, or whole digests.
        accepted: The media types that are asked for.

    Raises:
        ClientError: botocore's ``RepositoryNotFoundException``.
    """
    known = list(dict.fromkeys(ids))
    chunks = [known[start : start + CHUNK] for start in range(0, len(known), CHUNK)]
    asking = aws.stoppable()
    answers = asking.map(lambda chunk: _ask(asking, name, chunk, accepted), chunks, asking.stop)
    manifests = {name_of_image: manifest for answer in answers for name_of_image, manifest in answer.manifests.items()}
    return Answer(
        manifests, {name_of_image: why for answer in answers for name_of_image, why in answer.failures.items()}
    )


def digest_of(content: bytes) -> str:
    """Return the digest of some bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def verified(content: bytes, digest: str) -> bytes:
    """Return some bytes if they have a digest.

    Raises:
        EcropsError: They have another one.
    """
    if digest.startswith("sha256:") and digest_of(content) != digest:
        raise EcropsError(f"what was answered for {digest} has the digest {digest_of(content)}: it was changed")
    return content


def _ask(aws: Aws, name: str, ids: Sequence[str], accepted: Collection[str]) -> Answer:
    params = {
        "repositoryName": name,
        "imageIds": [image_id(name_of_image) for name_of_image in ids],
        "acceptedMediaTypes": list(accepted),
    }
    answer = calls.call(aws, name, "BatchGetImage", params, "images")
    manifests, failures = dict[str, ReadManifest](), dict[str, tuple[str, str]]()
    for item in answer["images"]:
        of, media_type = item["imageId"], item.get("imageManifestMediaType", "")
        for requested in filter(None, (of.get("imageTag"), of["imageDigest"])):
            manifests[requested] = ReadManifest(requested, of["imageDigest"], media_type, item["imageManifest"])
    for failure in answer.get("failures") or ():
        of, why = failure.get("imageId") or {}, (failure.get("failureCode", ""), failure.get("failureReason", ""))
        failures[of.get("imageTag") or of.get("imageDigest") or ""] = why
    return Answer({requested: manifests[requested] for requested in ids if requested in manifests}, failures)


def one(aws: Aws, name: str, tag_or_digest: str) -> ReadManifest:
    """Return the manifest of one image.

    Raises:
        ClientError: There is no such image, as botocore's ``ImageNotFoundException``.
        EcropsError: ECR does not hand it out.
    """
    manifests = read(aws, name, [tag_or_digest])
    if not manifests:
        raise missing(name, tag_or_digest)
    return manifests[0]


def missing(name: str, tag_or_digest: str) -> ClientError:
    """Return the error that other operations of ECR have for an image that does not exist.

    ``BatchGetImage`` has it in its answer, under another name.
    """
    message = f"there is no image {tag_or_digest} in the repository {name}"
    return ClientError({"Error": {"Code": "ImageNotFoundException", "Message": message}}, "BatchGetImage")
