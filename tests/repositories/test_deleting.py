"""Deleting repositories, those with images only if told so."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, Registry, RepositorySpec
from ecrops.testing import Client, Cloud
from support import HERE, state


def test_delete_waits_until_the_repository_is_gone(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab"))
    cloud.emulator.vanish_after = 3
    assert str(registry.repository("ab").delete()) == f"{HERE}- ab repository\n1 deleted"
    assert not registry.repository("ab").exists()
    assert cloud.calls.writes() == ["CreateRepository", "DeleteRepository"]


def test_deleting_what_is_not_there_is_nothing_to_do(cloud: Cloud, registry: Registry) -> None:
    assert not registry.repository("ab").delete()
    assert not registry.remove("ab", "cd")
    assert cloud.calls.writes() == []


def push(ecr: Client, name: str) -> None:
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": []})
    ecr.put_image(repositoryName=name, imageManifest=manifest, imageManifestMediaType=kind, imageTag="v1")


def test_a_repository_with_images_is_kept_unless_told_otherwise(cloud: Cloud, ecr: Client, registry: Registry) -> None:
    registry.ensure(RepositorySpec("full"))
    push(ecr, "full")
    with pytest.raises(ClientError) as caught:
        registry.repository("full").delete()
    assert caught.value.response["Error"]["Code"] == "RepositoryNotEmptyException"
    assert any("empty_on_delete=True" in note for note in caught.value.__notes__)
    [change] = registry.repository("full").delete(empty_on_delete=True)
    assert (change.before, change.images) == ("with all its images, 1 now", 1)
    assert state(cloud) == {}


def test_one_failing_owner_does_not_stop_the_others(cloud: Cloud, ecr: Client, registry: Registry) -> None:
    registry.ensure(*(RepositorySpec(name) for name in ("one", "full", "two")))
    push(ecr, "full")
    with pytest.raises(ApplyError) as caught:
        registry.remove("one", "full", "two")
    assert [change.owner for change in caught.value.applied] in (["one", "two"], ["two", "one"])
    assert [error.response["Error"]["Code"] for error in caught.value.exceptions if isinstance(error, ClientError)] == [
        "RepositoryNotEmptyException"
    ]
    assert set(state(cloud)) == {"full"}
