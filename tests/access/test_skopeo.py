"""Real images: skopeo pushes into a repository that ecrops made, and pulls the same image again."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from access.ministack import client, needs_ministack, running, session
from ecrops import Registry
from support import AT_ONCE

pytestmark = [
    needs_ministack,
    pytest.mark.skipif(not shutil.which("skopeo"), reason="there is no skopeo here; apt-get install skopeo"),
]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, running(tmp_path_factory.mktemp("ministack"), auth=True) as url:
        patch.setenv("AWS_ENDPOINT_URL", url)
        yield url.removeprefix("http://")


@pytest.fixture(scope="module")
def registry(host: str) -> Registry:
    return Registry(session(), retry=AT_ONCE)


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


def skopeo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["skopeo", *arguments], text=True, capture_output=True, check=False, timeout=60)


def copy(source: str, destination: str) -> subprocess.CompletedProcess[str]:
    return skopeo(
        "--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--preserve-digests",
        source, destination,
    )  # fmt: skip


def test_an_image_is_pushed_found_and_pulled_again_and_an_immutable_tag_does_not_move(
    registry: Registry, host: str, tmp_path: Path
) -> None:
    registry.repository("team/app").ensure(image_tag_mutability="IMMUTABLE")
    first, second = image(tmp_path / "first", "one"), image(tmp_path / "second", "two")
    there = f"docker://{host}/team/app:v1"
    pushed = copy(f"oci:{tmp_path / 'first'}:it", there)
    assert pushed.returncode == 0, pushed.stderr
    (found,) = client("ecr").describe_images(repositoryName="team/app")["imageDetails"]
    assert (found["imageDigest"], found["imageTags"]) == (first, ["v1"])

    refused = copy(f"oci:{tmp_path / 'second'}:it", there)
    assert refused.returncode != 0
    assert "immutable" in refused.stderr.lower() or "tag invalid" in refused.stderr.lower(), refused.stderr
    digests = {each["imageDigest"] for each in client("ecr").describe_images(repositoryName="team/app")["imageDetails"]}
    assert second not in digests

    pulled = copy(there, f"oci:{tmp_path / 'pulled'}:it")
    assert pulled.returncode == 0, pulled.stderr
    blobs = [
        {path.name: path.read_bytes() for path in (tmp_path / name / "blobs" / "sha256").iterdir()}
        for name in ("first", "pulled")
    ]
    assert blobs[0] == blobs[1]


def test_a_mutable_tag_moves(registry: Registry, host: str, tmp_path: Path) -> None:
    registry.repository("team/moves").ensure(image_tag_mutability="MUTABLE")
    for text in ("one", "two"):
        image(tmp_path / text, text)
        pushed = copy(f"oci:{tmp_path / text}:it", f"docker://{host}/team/moves:v1")
        assert pushed.returncode == 0, pushed.stderr


def test_a_repository_that_ecrops_did_not_make_takes_no_image(host: str, tmp_path: Path) -> None:
    image(tmp_path / "first", "one")
    assert copy(f"oci:{tmp_path / 'first'}:it", f"docker://{host}/team/none:v1").returncode != 0


def test_skopeo_reads_the_file_that_docker_login_writes(registry: Registry, tmp_path: Path) -> None:
    token = registry.docker_login(tmp_path / "auth.json")
    said = skopeo("login", "--get-login", "--authfile", str(tmp_path / "auth.json"), token.endpoint)
    assert (said.returncode, said.stdout.strip()) == (0, "AWS"), said.stderr
