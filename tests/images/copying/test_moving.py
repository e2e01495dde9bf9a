"""Moving layers: what is told of it, what one layer that fails stops, and layers that go away meanwhile."""

from __future__ import annotations

import pytest

from ecrops import ApplyError
from ecrops.base import progress
from ecrops.base.waits import Wait
from ecrops.testing import Cloud
from tests.images.copying.support import FAR, digest_of, far_of, platforms, pulled, registries, tags_of
from tests.images.test_tagging import during


def test_the_progress_tells_the_bytes(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    memory_cloud.push_image("app", tag="v1", layers=[bytes(3_000_000)])
    here, far = registries(memory_cloud)
    monkeypatch.setattr(progress.Lines, "every", 0.0)
    here.repository("app").copy_images(far.repository("copy"), progress=True)
    written = capsys.readouterr().err
    assert "0 of 2: 1.0 MB of 3.0 MB\n" in written
    assert "2 of 2: 3.0 MB of 3.0 MB, + copy:v1 tag v1\n" in written


def test_an_approved_plan_tells_the_bytes_too(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    memory_cloud.push_image("app", tag="v1", layers=[bytes(3_000_000)])
    here, far = registries(memory_cloud)
    plan = here.repository("app").copy_images(far_of(memory_cloud, dry_run=True).repository("copy"))
    monkeypatch.setattr(progress.Lines, "every", 0.0)
    far.apply(plan, progress=True)
    assert "1 of 2: 3.0 MB of 3.0 MB" in capsys.readouterr().err


def test_a_wait_for_the_source_is_told(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here, _ = registries(memory_cloud)
    memory_cloud.faults.on("throttle", operation="GetDownloadUrlForLayer")
    waits: list[Wait] = []
    target = far_of(memory_cloud, dry_run=True).repository("copy")
    here.repository("app").copy_images(target, on_wait=waits.append)
    assert {wait.operation for wait in waits} == {"ecr:GetDownloadUrlForLayer"}


def test_a_layer_that_fails_stops_no_other_image(memory_cloud: Cloud) -> None:
    for number in range(4):
        memory_cloud.push_image("app", tag=f"v{number}", layers=[f"{number} {part}".encode() for part in range(3)])
    here, far = registries(memory_cloud)
    bad = digest_of(b"2 1")
    memory_cloud.faults.on(
        "denied", where=lambda call: bad in str(call.params), operation="GetDownloadUrlForLayer", times=None
    )
    with pytest.raises(ApplyError) as caught:
        here.repository("app").copy_images(far.repository("copy"))
    assert list(caught.value.failed) == ["copy:v2"]
    assert sorted(tags_of(far, "copy")) == ["v0", "v1", "v3"]


def test_layers_that_go_away_are_brought_again(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here, far = registries(memory_cloud)
    ecr = memory_cloud.plain_session(FAR).client("ecr")

    def make_anew() -> None:
        ecr.delete_repository(repositoryName="copy", force=True)
        ecr.create_repository(repositoryName="copy")

    during(memory_cloud, "PutImage", make_anew)
    here.repository("app").copy_images(far.repository("copy"))
    assert pulled(far, "copy", "v1") == pulled(here, "app", "v1")
