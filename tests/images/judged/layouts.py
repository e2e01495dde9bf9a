"""Real images as OCI layouts on disk: made by hand for several platforms, or by umoci, and compared byte for byte."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .registries import run

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
PLATFORMS = ("amd64", "arm64")


class Layout:
    """An OCI layout in a folder.

    Args:
        folder: The folder, which is made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._blobs = folder / "blobs" / "sha256"
        self._blobs.mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')

    def add(self, data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        """Keep bytes, and return their descriptor."""
        name = hashlib.sha256(data).hexdigest()
        (self._blobs / name).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{name}", "size": len(data), **more}

    def add_file(self, file: Path, media_type: str) -> dict[str, Any]:
        """Keep a file, which is moved, and return its descriptor."""
        with file.open("rb") as stream:
            name = hashlib.file_digest(stream, "sha256").hexdigest()
        size = file.stat().st_size
        file.rename(self._blobs / name)
        return {"mediaType": media_type, "digest": f"sha256:{name}", "size": size}

    def add_image(self, architecture: str, layers: Sequence[bytes]) -> dict[str, Any]:
        """Add an image of one platform, and return its descriptor."""
        return self.add_manifest(architecture, [self.add(gzip.compress(each, 1, mtime=0), LAYER) for each in layers])

    def add_manifest(self, architecture: str, layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Add an image of layers that are there, and return its descriptor."""
        ids = [layer["digest"] for layer in layers]  # nobody unpacks it
        config = {"architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": ids}}
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.add(json.dumps(config).encode(), CONFIG),
            "layers": list(layers),
        }
        platform = {"platform": {"architecture": architecture, "os": "linux"}}
        return self.add(json.dumps(manifest, indent=3).encode(), MANIFEST, **platform)

    def add_index(self, tag: str, parts: Sequence[Mapping[str, Any]]) -> str:
        """Add an index as the tagged image of the layout, and return its digest."""
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(parts)}
        found = self.add(json.dumps(index, indent=3).encode(), INDEX)  # spelled as no tool spells it
        named = {**found, "annotations": {"org.opencontainers.image.ref.name": tag}}
        (self.folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
        return str(found["digest"])


def multi_arch(folder: Path, tag: str, *, layers: int = 3, size: int = 200_000, seed: int = 0) -> str:
    """Make an image for two platforms that share a layer, and return its digest."""
    layout, numbers = Layout(folder), random.Random(seed)
    shared = tar_of("shared", numbers.randbytes(size))
    parts = [
        layout.add_image(each, [shared, *(tar_of(f"{each}{n}", numbers.randbytes(size)) for n in range(layers - 1))])
        for each in PLATFORMS
    ]
    return layout.add_index(tag, parts)


def tar_of(name: str, content: bytes) -> bytes:
    """Return a layer with one file."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return written.getvalue()


def of_umoci(folder: Path, tag: str, home: Path) -> None:
    """Make an image with umoci: two layers, of files that it packs itself."""
    image = f"{folder}:{tag}"
    run("umoci", "init", "--layout", str(folder), home=home)
    run("umoci", "new", "--image", image, home=home)
    for number in range(2):
        files = home / f"files{number}"
        files.mkdir()
        (files / "data").write_bytes(random.Random(number).randbytes(100_000))
        run("umoci", "insert", "--rootless", "--image", image, str(files), f"/srv{number}", home=home)
    run("umoci", "config", "--image", image, "--config.label", "made.by=umoci", home=home)


def blobs(folder: Path) -> dict[str, bytes]:
    """Return the content of a layout by digest, after a check that each has its digest."""
    found = {path.name: path.read_bytes() for path in (folder / "blobs" / "sha256").iterdir()}
    assert all(hashlib.sha256(data).hexdigest() == name for name, data in found.items())
    return found


def of_size(file: Path, size: int) -> Path:
    """Write a file of random bytes, and return it."""
    with file.open("wb") as written:
        while size:
            written.write(os.urandom(piece := min(size, 1_000_000)))
            size -= piece
    return file
