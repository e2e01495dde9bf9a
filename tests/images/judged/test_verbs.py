"""Real images behind the emulator: skopeo pushes them, ``copy_images`` copies them, and skopeo pulls the copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecrops import Registry, RepositorySpec
from ecrops.testing import AT_ONCE, Cloud

from .layouts import blobs, multi_arch
from .registries import Place, needs_registries, of_skopeo, skopeo_copy

pytestmark = needs_registries


@pytest.mark.parametrize(
    ("region", "setting", "mounts"),
    [("eu-west-1", "ENABLED", True), ("eu-west-1", "DISABLED", False), ("us-east-1", "ENABLED", False)],
    ids=["mounted", "not mounted", "to another region"],
)
def test_a_copy_is_the_same_and_a_second_one_moves_nothing(
    memory_cloud: Cloud, region: str, setting: str, mounts: bool, home: Path
) -> None:
    cloud = memory_cloud
    cloud.registry_endpoint()
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName="team/api")
    ecr.put_account_setting(name="BLOB_MOUNTING", value=setting)
    multi_arch(home / "pushed", "v1")
    source, target = Place.of(cloud, "eu-west-1"), Place.of(cloud, region)
    skopeo_copy(f"oci:{home}/pushed:v1", of_skopeo(source.url, "team/api", "v1"), home, *source.options("dest"))

    here, there = (Registry(cloud.session(each), retry=AT_ONCE) for each in ("eu-west-1", region))
    made = RepositorySpec("prod/api")
    done = here.repository("team/api").copy_images(there.repository("prod/api"), tags=["v*"], create=made)
    assert bool(done.bytes_mounted) == mounts
    assert bool(done.bytes_moved) != mounts
    again = here.repository("team/api").copy_images(there.repository("prod/api"), tags=["v*"])
    assert (again.bytes_moved, again.bytes_mounted, list(again)) == (0, 0, [])

    skopeo_copy(of_skopeo(target.url, "prod/api", "v1"), f"oci:{home}/pulled:v1", home, *target.options("src"))
    assert blobs(home / "pulled") == blobs(home / "pushed")
