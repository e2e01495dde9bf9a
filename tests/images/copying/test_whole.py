"""Images with all their parts between two repositories of ``/v2``: requests, order, and copies that broke off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecrops.aws import ClientError
from ecrops.aws.http import Http
from ecrops.errors import EcropsError
from ecrops.images.copying.stores.token import Token
from ecrops.testing import Cloud, in_memory
from support import examples, registry_of, sampled
from whole_copies import Moved, copy_whole
from whole_stores import WholeStore

TAGS = {"v1": ["stable"]}


class Copying:
    """A cloud, and copies from one of its repositories to another."""

    def __init__(self, cloud: Cloud, *, mounts: bool = True) -> None:
        self.cloud = cloud
        self._ecr = ecr = cloud.client("ecr")
        for name in ("team/api", "prod/api"):
            ecr.create_repository(repositoryName=name)
        ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED" if mounts else "DISABLED")
        cloud.registry_endpoint()
        self.aws = registry_of(cloud).aws
        token = Token(self.aws)
        http = Http(self.aws)
        self.source, self.target = (WholeStore(http, token.endpoint, name, token) for name in ("team/api", "prod/api"))

    def copy(self, wanted: Mapping[str, list[str]] | None = None, *, mount: bool = True) -> Moved:
        return copy_whole(self.aws, self.source, self.target, wanted or TAGS, "team/api" if mount else "")

    def requests(self) -> list[str]:
        """What was asked of the registry since this was last asked."""
        found = [call.operation for call in self.cloud.calls if call.service == "registry"]
        self.cloud.calls.clear()
        return found

    def content(self, name: str) -> dict[str, Any]:
        """The manifests of a repository by digest, and its digests by tag."""
        ecr = self._ecr
        pages = ecr.get_paginator("list_images").paginate(repositoryName=name)
        ids = [each for page in pages for each in page["imageIds"]]
        digests = sorted({each["imageDigest"] for each in ids})
        asked = [{"imageDigest": digest} for digest in digests]
        images = ecr.batch_get_image(repositoryName=name, imageIds=asked)["images"] if asked else []
        manifests = {each["imageId"]["imageDigest"]: each["imageManifest"] for each in images}
        return {**manifests, **{each["imageTag"]: each["imageDigest"] for each in ids if "imageTag" in each}}

    def copied(self) -> dict[str, Any]:
        """What the target has to have after the copy."""
        whole = self.content("team/api")
        return {"stable": whole.pop("v1"), **whole}


@pytest.fixture
def copying(memory_cloud: Cloud) -> Copying:
    """A registry with an index of two images that share a layer."""
    made = Copying(memory_cloud)
    push = memory_cloud.push_image
    parts = [
        push("team/api", layers=[b"shared", platform.encode()], platform=platform)
        for platform in ("linux/amd64", "linux/arm64")
    ]
    memory_cloud.push_index("team/api", parts, tag="v1")
    return made


def test_a_copy_within_a_registry_is_a_request_a_layer_and_two_a_manifest(copying: Copying) -> None:
    done = copying.copy()
    counts = Counter(copying.requests())
    assert counts == {"GetManifest": 3, "HeadManifest": 1, "MountBlob": 5, "PutManifest": 3}
    assert (done.moved, done.skipped) == (0, 0)
    assert done.mounted > 0


def test_a_second_copy_writes_nothing(copying: Copying) -> None:
    first = copying.copy()
    copying.requests()
    assert copying.copy() == Moved(first.digests)
    assert sorted(copying.requests()) == ["GetManifest"] * 3 + ["HeadManifest"] * 2


def test_a_tag_that_is_somewhere_else_is_moved(copying: Copying) -> None:
    copying.copy()
    copying.cloud.push_image("prod/api", tag="stable")
    copying.copy()
    assert copying.content("prod/api")["stable"] == copying.content("team/api")["v1"]


@pytest.mark.parametrize("mount", [True, False])
def test_all_is_there_before_its_tag(copying: Copying, mount: bool) -> None:
    copying.copy(mount=mount)
    puts = [call.params for call in copying.cloud.calls if call.operation == "PutManifest"]
    assert "stable" in str(puts[-1])
    assert all("stable" not in str(each) for each in puts[:-1])
    assert copying.content("prod/api") == copying.copied()


@pytest.mark.parametrize("fault", ["denied", "reset_after"])
@pytest.mark.parametrize("mount", [True, False])
def test_a_copy_that_broke_off_goes_on(copying: Copying, fault: Any, mount: bool) -> None:
    whole = copying.copied()
    copying.copy(mount=mount)
    total = len(copying.requests())
    for number in range(1, total + 1, sampled(9)):
        fresh = copying.cloud.client("ecr")
        fresh.delete_repository(repositoryName="prod/api", force=True)
        fresh.create_repository(repositoryName="prod/api")
        copying.cloud.faults.on(fault, service="registry", skip=number - 1, times=None)
        with pytest.raises(Exception) as caught:
            copying.copy(mount=mount)
        assert not isinstance(caught.value, AssertionError)
        copying.cloud.faults.clear()
        assert "stable" not in copying.content("prod/api") or fault == "reset_after"
        copying.copy(mount=mount)
        assert copying.content("prod/api") == whole


def test_an_image_that_is_not_there_is_an_error(copying: Copying) -> None:
    with pytest.raises(ClientError, match="MANIFEST_UNKNOWN"):
        copying.copy({"v2": ["stable"]})
    assert copying.content("prod/api") == {}


def test_a_manifest_that_was_changed_is_refused(copying: Copying, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = copying.content("team/api")["v1"]
    read = WholeStore.manifest
    monkeypatch.setattr(WholeStore, "manifest", lambda self, name: (read(self, name)[0] + b" ", "any"))
    with pytest.raises(EcropsError, match="it was changed"):
        copying.copy({digest: []})


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    """Images by number: what has no parts is an image, all others are indexes of earlier ones."""
    count = draw(st.integers(1, 6))
    return [
        draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else [] for number in range(count)
    ]


@settings(max_examples=examples(5), deadline=None)
@given(graph=graphs(), data=st.data(), mounts=st.booleans())
def test_any_graph_is_copied_whole(graph: list[list[int]], data: st.DataObject, mounts: bool) -> None:
    with in_memory() as cloud:
        copying = Copying(cloud, mounts=mounts)
        digests: list[str] = []
        for number, parts in enumerate(graph):
            content = [b"shared", str(number % 2).encode()]
            digests.append(
                cloud.push_index("team/api", [digests[part] for part in parts], tag=f"v{number}")
                if parts
                else cloud.push_image("team/api", layers=content, labels={"number": str(number)}, tag=f"v{number}")
            )
        chosen = data.draw(st.lists(st.sampled_from(range(len(graph))), min_size=1, unique=True))
        wanted = {f"v{number}": [f"w{number}"] if number % 2 else [] for number in chosen}
        done = copying.copy(wanted)
        assert list(done.digests) == [digests[number] for number in chosen]
        source, target = copying.content("team/api"), copying.content("prod/api")
        assert {name: text for name, text in target.items() if ":" in name}.items() <= source.items()
        assert {digests[number] for number in chosen} <= target.keys()
        assert {name: digest for name, digest in target.items() if ":" not in name} == {
            f"w{number}": digests[number] for number in chosen if number % 2
        }
        assert copying.copy(wanted) == Moved(done.digests)
