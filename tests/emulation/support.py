"""What the tests of the emulator share: calls that are refused, and things to make."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from ecrops.testing import Client, Cloud

ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=5)
MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}


@contextmanager
def refused(code: str, *texts: str, status: int = 400) -> Iterator[None]:
    """The block is refused with this error code, in a message that contains the texts."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert all(text in error["Message"] for text in texts), error
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def error_code(call: Callable[[], object]) -> str | None:
    """The code of the error that a call meets, or None."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def push(ecr: Client, tag: str | None, content: str) -> str:
    """Push an image and return its digest."""
    manifest = json.dumps({**MANIFEST, "annotations": {"content": content}})
    tagged = {"imageTag": tag} if tag else {}
    answer = ecr.put_image(repositoryName="app", imageManifest=manifest, **tagged)
    digest: str = answer["image"]["imageId"]["imageDigest"]
    return digest


def wildcards(*patterns: str) -> list[dict[str, str]]:
    return [{"filterType": "WILDCARD", "filter": pattern} for pattern in patterns]


def encrypted(ecr: Client, name: str, kind: str, **key: str) -> Any:
    encryption = {"encryptionType": kind, **key}
    made = ecr.create_repository(repositoryName=name, encryptionConfiguration=encryption)["repository"]
    described = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    assert described["encryptionConfiguration"] == made["encryptionConfiguration"]
    assert made["encryptionConfiguration"]["encryptionType"] == kind
    return made["encryptionConfiguration"].get("kmsKey")


def many(count: int, start: int = 0) -> list[dict[str, str]]:
    return [{"Key": f"k{number}", "Value": ""} for number in range(start, start + count)]


def attempts(cloud: Cloud, service: str = "ecr") -> Client:
    """A client of a session under observation that tries only once."""
    session: Any = cloud.session()
    return session.client(service, config=ONCE)


def at_once(count: int, call: Callable[[], object]) -> list[bool]:
    """Make calls in parallel; which of them went well."""

    def went_well() -> bool:
        code = error_code(call)
        assert code in (None, "ThrottlingException")
        return code is None

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(went_well) for _ in range(count)]]
