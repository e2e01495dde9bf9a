"""Real images: skopeo pushes into a repository that ecrops made, and pulls the same image again."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ecrops import Registry
from tests.access.ministack import MAY_SKIP, client, needs_ministack

from .gateway import Gateway, guarding

pytestmark = [
    needs_ministack,
    pytest.mark.skipif(
        not shutil.which("skopeo") and MAY_SKIP,
        reason="no image is really pushed and pulled: there is no skopeo here; apt-get install skopeo",
    ),
]


@pytest.fixture(scope="module")
def registry(ministack_registry: Registry) -> Registry:
    return ministack_registry


@dataclass(frozen=True)
class Skopeo:
    """skopeo on its way to the registry.

    Args:
        gateway: What asks for the password.
        auth: The file with which it is logged in.
    """

    gateway: Gateway
    auth: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.auth.parent), "http_proxy": self.gateway.url}
        environment["https_proxy"] = self.gateway.url
        return subprocess.run(
            ["skopeo", *arguments], env=environment, text=True, capture_output=True, check=False, timeout=60
        )

    def copy(self, source: str, destination: str) -> subprocess.CompletedProcess[str]:
        plain = ("--src-tls-verify=false", "--dest-tls-verify=false", "--preserve-digests")
        return self.run("--insecure-policy", "copy", "--authfile", str(self.auth), *plain, source, destination)


@pytest.fixture(scope="module")
def skopeo(ministack: str, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Skopeo]:
    """skopeo, logged in by ``docker_login``."""
    auth = tmp_path_factory.mktemp("login") / "auth.json"
    token = registry.docker_login(auth)
    with guarding(token.endpoint, ministack.removeprefix("http://"), token.password) as gateway:
        yield Skopeo(gateway, auth)


def image(folder: Path, text: str) -> str:
    """An image of one layer with one file, in OCI's layout; the digest of its manifest."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(kind: str, content: bytes) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("hello.txt")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text.encode()))
    layer = blob("layer.v1.tar+gzip", gzip.compress(packed.getvalue(), mtime=0))
    diff = f"sha256:{hashlib.sha256(packed.getvalue()).hexdigest()}"
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [diff]}}
    manifest = {"schemaVersion": 2, "config": blob("config.v1+json", json.dumps(config).encode()), "layers": [layer]}
    described = blob("manifest.v1+json", json.dumps(manifest).encode())
    described["annotations"] = {"org.opencontainers.image.ref.name": "it"}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [described]}))
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    return str(described["digest"])


def blobs(folder: Path) -> dict[str, bytes]:
    """All that an image is made of, by the digest."""
    return {path.name: path.read_bytes() for path in (folder / "blobs" / "sha256").iterdir()}


def test_an_image_is_pushed_found_and_pulled_again_and_an_immutable_tag_does_not_move(
    registry: Registry, skopeo: Skopeo, tmp_path: Path
) -> None:
    repo, ecr = registry.repository("team/app"), client("ecr")
    repo.ensure(image_tag_mutability="IMMUTABLE")
    first, second = image(tmp_path / "first", "one"), image(tmp_path / "second", "two")
    there = f"docker://{repo.uri_for_tag('v1')}"
    pushed = skopeo.copy(f"oci:{tmp_path / 'first'}:it", there)
    assert pushed.returncode == 0, pushed.stderr
    (found,) = ecr.describe_images(repositoryName="team/app")["imageDetails"]
    assert (found["imageDigest"], found["imageTags"]) == (first, ["v1"])

    refused = skopeo.copy(f"oci:{tmp_path / 'second'}:it", there)
    assert refused.returncode != 0
    assert "tag invalid: tag 'v1' is immutable" in refused.stderr
    with pytest.raises(ecr.exceptions.ImageTagAlreadyExistsException):
        ecr.put_image(repositoryName="team/app", imageTag="v1", imageManifest="{}")
    (still,) = ecr.batch_get_image(repositoryName="team/app", imageIds=[{"imageTag": "v1"}])["images"]
    assert still["imageId"]["imageDigest"] == first != second

    inspected = skopeo.run("inspect", "--authfile", str(skopeo.auth), "--tls-verify=false", there)
    assert json.loads(inspected.stdout)["Digest"] == first, inspected.stderr
    pulled = skopeo.copy(f"docker://{repo.uri_for_digest(first)}", f"oci:{tmp_path / 'pulled'}:it")
    assert pulled.returncode == 0, pulled.stderr
    assert blobs(tmp_path / "pulled") == blobs(tmp_path / "first")


def test_a_mutable_tag_moves(registry: Registry, skopeo: Skopeo, tmp_path: Path) -> None:
    repo = registry.repository("team/moves")
    repo.ensure(image_tag_mutability="MUTABLE")
    for text in ("one", "two"):
        digest = image(tmp_path / text, text)
        pushed = skopeo.copy(f"oci:{tmp_path / text}:it", f"docker://{repo.uri_for_tag('v1')}")
        assert pushed.returncode == 0, pushed.stderr
        (now,) = client("ecr").batch_get_image(repositoryName="team/moves", imageIds=[{"imageTag": "v1"}])["images"]
        assert now["imageId"]["imageDigest"] == digest


def test_a_repository_that_ecrops_did_not_make_takes_no_image(
    registry: Registry, skopeo: Skopeo, tmp_path: Path
) -> None:
    image(tmp_path / "first", "one")
    refused = skopeo.copy(f"oci:{tmp_path / 'first'}:it", f"docker://{registry.repository('team/none').uri}:v1")
    assert refused.returncode != 0
    assert "name unknown" in refused.stderr


def test_without_the_file_that_docker_login_writes_nobody_gets_in(
    registry: Registry, skopeo: Skopeo, tmp_path: Path
) -> None:
    repo = registry.repository("team/closed")
    repo.ensure()
    image(tmp_path / "first", "one")
    (tmp_path / "none.json").write_text("{}")
    source, there = f"oci:{tmp_path / 'first'}:it", f"docker://{repo.uri_for_tag('v1')}"
    refused = replace(skopeo, auth=tmp_path / "none.json").copy(source, there)
    assert refused.returncode != 0
    assert "authentication required" in refused.stderr
    assert skopeo.copy(source, there).returncode == 0
