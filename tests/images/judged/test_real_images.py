"""Real images: skopeo pushes them, ecrops copies them over HTTP, skopeo pulls the copies, and every byte is kept."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import pytest

from ecrops.aws import Aws, ClientError
from ecrops.aws.http import Http
from ecrops.images.manifests import digest_of
from whole_copies import copy_whole
from whole_stores import AT_ONCE, WholeStore

from .layouts import blobs, multi_arch, of_umoci
from .registries import Place, docker_registry, needs_registries, of_skopeo, run, skopeo_copy

pytestmark = needs_registries


def pushed(where: Place | str, name: str, home: Path, *, size: int = 200_000) -> tuple[str, dict[str, bytes]]:
    """Push an image for two platforms; its digest, and its content by digest."""
    place = where if isinstance(where, Place) else Place(where)
    digest = multi_arch(home / "pushed", "v1", size=size)
    skopeo_copy(f"oci:{home}/pushed:v1", of_skopeo(place.url, name, "v1"), home, *place.options("dest"))
    return digest, blobs(home / "pushed")


def pulled(where: Place | str, name: str, reference: str, home: Path) -> dict[str, bytes]:
    """Pull an image, and return its content by digest."""
    place = where if isinstance(where, Place) else Place(where)
    skopeo_copy(of_skopeo(place.url, name, reference), f"oci:{home}/pulled:v1", home, *place.options("src"))
    return blobs(home / "pulled")


def test_a_copy_within_a_registry_moves_no_byte_and_is_the_same(aws: Aws, http: Http, place: Place, home: Path) -> None:
    digest, content = pushed(place, "team/api", home)
    source, target = (place.store(http, name) for name in ("team/api", "prod/api"))
    done = copy_whole(aws, source, target, {"v1": ["stable"]}, mount_from="team/api")
    assert (done.digests, done.moved) == ((digest,), 0)
    assert done.mounted > 0
    assert pulled(place, "prod/api", "stable", home) == content


def test_a_copy_to_another_registry_is_the_same(
    aws: Aws, http: Http, place: Place, other_docker: str, home: Path
) -> None:
    digest, content = pushed(place, "team/web", home, size=AT_ONCE)
    name = f"copy/{home.name}".lower().replace("_", "-").strip("-")
    source, target = place.store(http, "team/web"), WholeStore(http, other_docker, name)
    done = copy_whole(aws, source, target, {digest: ["v1"]})
    assert (done.mounted, done.skipped) == (0, 0)
    assert pulled(other_docker, name, digest, home) == content
    assert copy_whole(aws, source, target, {"v1": ["v1"]}).moved == 0


def test_a_copy_of_a_copy_is_the_same(aws: Aws, http: Http, docker: str, home: Path) -> None:
    _, content = pushed(docker, "team/first", home)
    stores = [WholeStore(http, docker, name) for name in ("team/first", "team/second", "team/third")]
    for source, target in pairwise(stores):
        copy_whole(aws, source, target, {"v1": ["v1"]})
    assert pulled(docker, "team/third", "v1", home) == content


def test_an_image_of_umoci_is_unpacked_as_it_was(
    aws: Aws, http: Http, docker: str, other_docker: str, home: Path
) -> None:
    of_umoci(home / "made", "v1", home)
    skopeo_copy(f"oci:{home}/made:v1", of_skopeo(docker, "team/umoci", "v1"), home)
    copy_whole(
        aws, WholeStore(http, docker, "team/umoci"), WholeStore(http, other_docker, "prod/umoci"), {"v1": ["v1"]}
    )
    pulled(other_docker, "prod/umoci", "v1", home)
    run("umoci", "unpack", "--rootless", "--image", f"{home}/pulled:v1", f"{home}/bundle", home=home)
    for number in range(2):
        original = (home / f"files{number}" / "data").read_bytes()
        assert (home / "bundle" / "rootfs" / f"srv{number}" / "data").read_bytes() == original


def test_a_layer_that_is_not_mounted_is_sent(aws: Aws, http: Http, docker: str, home: Path) -> None:
    digest, content = pushed(docker, "team/unmounted", home)
    source, target = WholeStore(http, docker, "team/unmounted"), WholeStore(http, docker, "prod/unmounted")
    done = copy_whole(aws, source, target, {"v1": ["v1"]}, mount_from="nobody/has-it")
    assert (done.digests, done.mounted) == ((digest,), 0)
    assert done.moved > 0
    assert pulled(docker, "prod/unmounted", "v1", home) == content


def test_a_copy_that_broke_off_goes_on(aws: Aws, http: Http, docker: str, home: Path, tmp_path: Path) -> None:
    digest, content = pushed(docker, "team/broken", home)
    source = WholeStore(http, docker, "team/broken")
    with docker_registry(tmp_path) as url:
        target = WholeStore(http, url, "prod/broken")
        layer = max(content.items(), key=lambda item: len(item[1]))
        target.upload(f"sha256:{layer[0]}", len(layer[1]), io.BytesIO(layer[1]))
        done = copy_whole(aws, source, target, {"v1": ["v1"]})
        assert done.skipped == len(layer[1])
        assert pulled(url, "prod/broken", digest, home) == content


@pytest.mark.parametrize("size", [10, AT_ONCE, AT_ONCE + 1], ids=["small", "at once", "streamed"])
def test_a_layer_with_another_digest_is_refused(http: Http, docker: str, size: int) -> None:
    store = WholeStore(http, docker, "team/wrong")
    wrong = digest_of(b"something else")
    with pytest.raises(ClientError, match="DIGEST_INVALID"):
        store.upload(wrong, size, io.BytesIO(b"x" * size))
    assert store.has([wrong]) == {}
    right = digest_of(b"x" * size)
    store.upload(right, size, io.BytesIO(b"x" * size))
    assert store.has([wrong, right]) == {right: size}
