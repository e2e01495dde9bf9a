"""images, tag and copy: what they show, what they change, and how they end."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import boto3
import pytest

from ecrops.cli.console import Console
from ecrops.testing import Cloud, SeededImage

from .conftest import Run, write

NAME = "team/api"


@pytest.fixture
def pushed(memory_cloud: Cloud) -> dict[str, str]:
    """The digests in a repository: an index with two parts and a signature, an older image, and one without tags."""
    base = b"base" * 100
    amd = memory_cloud.push_image(NAME, layers=[base, b"amd"])
    arm = memory_cloud.push_image(NAME, layers=[base, b"arm"], platform="linux/arm64")
    return {
        "amd": amd,
        "arm": arm,
        "index": memory_cloud.push_index(NAME, [amd, arm], tags=["v1.2", "latest"]),
        "old": memory_cloud.push_image(NAME, tag="v1.1"),
        "untagged": memory_cloud.push_image(NAME),
    }


def tags_of(cloud: Cloud, digest: str, name: str = NAME, region: str = "eu-west-1") -> Sequence[str]:
    found = cloud.client("ecr", region).describe_images(repositoryName=name, imageIds=[{"imageDigest": digest}])
    return sorted(found["imageDetails"][0].get("imageTags", ()))


# images


def test_a_listing_has_a_line_for_each_image_the_newest_first(run: Run, pushed: dict[str, str]) -> None:
    ran = run("images", NAME)
    head, columns, *rows = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert head.startswith("team/api: 5 images, ")
    assert columns.split() == ["DIGEST", "SIZE", "PUSHED", "PULLED", "TAGS"]
    assert {row[:19] for row in rows} == {digest[:19] for digest in pushed.values()}
    assert sum(row.endswith("(no tags)") for row in rows) == 3
    assert any(row.endswith("v1.2, latest") for row in rows)
    data = run("images", "--json", NAME).data
    assert data["bytes"] == sum(image["size"] for image in data["images"])


def test_the_newest_image_by_pattern_is_the_first(run: Run, memory_cloud: Cloud) -> None:
    ages = {"v1.1": 20, "v1.3": 1, "v1.2": 10, "v2": 0}
    memory_cloud.seed_images(NAME, [SeededImage([tag], age=timedelta(days=days)) for tag, days in ages.items()])
    found = run("images", "--json", "--tags", "v1.*", NAME).data["images"]
    assert [image["tags"] for image in found] == [["v1.3"], ["v1.2"], ["v1.1"]]


@pytest.mark.parametrize(
    "conditions, expected",
    [
        (("--tags", "v1.*"), {"index", "old"}),
        (("--tags", "v1.1", "--tags", "lat*"), {"index", "old"}),
        (("--untagged",), {"amd", "arm", "untagged"}),
        (("--untagged", "--larger-than", "400"), {"amd", "arm"}),
        (("--archived",), set()),
        (("--pushed-before", "1"), set()),
        (("--pushed-after", "1", "--tags", "latest"), {"index"}),
        (("--pulled-before", "30", "--tags", "*"), {"index", "old"}),
        (("--pulled-after", "30"), set()),
    ],
)
def test_a_listing_has_what_fits_every_condition(
    run: Run, pushed: dict[str, str], conditions: tuple[str, ...], expected: set[str]
) -> None:
    data = run("images", "--json", *conditions, NAME).data
    assert {image["digest"] for image in data["images"]} == {pushed[name] for name in expected}


def test_one_image_is_shown_with_what_belongs_to_it(run: Run, pushed: dict[str, str], memory_cloud: Cloud) -> None:
    signature = memory_cloud.push_referrer(NAME, pushed["index"], "application/vnd.example")
    ran = run("images", NAME, "v1.2")
    assert ran.code == 0
    assert f"{NAME}@{pushed['index']}\ntags: v1.2, latest\n" in ran.out
    assert "platforms: linux/amd64, linux/arm64\n" in ran.out
    assert f"part {pushed['arm']}: linux/arm64\n" in ran.out
    assert f"referrer {signature}: application/vnd.example, " in ran.out
    data = run("images", "--json", NAME, pushed["index"]).data
    assert [part["digest"] for part in data["parts"]] == [pushed["amd"], pushed["arm"]]
    assert data["platforms"] == ["linux/amd64", "linux/arm64"]
    assert [referrer["digest"] for referrer in data["referrers"]] == [signature]
    assert data["tags"] == ["v1.2", "latest"]


def test_an_archived_image_is_shown_without_what_its_manifest_says(
    run: Run, pushed: dict[str, str], memory_cloud: Cloud
) -> None:
    ids = {"imageDigest": pushed["old"]}
    memory_cloud.client("ecr").update_image_storage_class(
        repositoryName=NAME, imageId=ids, targetStorageClass="ARCHIVE"
    )
    ran = run("images", NAME, pushed["old"])
    assert (ran.code, ran.err) == (0, "")
    assert "archived: it cannot be pulled" in ran.out
    assert [row for row in run("images", NAME).out.splitlines() if row.endswith("v1.1 (archived)")]


def test_a_gate_ends_with_2_if_the_image_has_such_findings(
    run: Run, pushed: dict[str, str], memory_cloud: Cloud
) -> None:
    memory_cloud.emulator.scans.find(NAME, pushed["old"], {"CVE-1": "HIGH", "CVE-2": "LOW"})
    memory_cloud.client("ecr").start_image_scan(repositoryName=NAME, imageId={"imageDigest": pushed["old"]})
    assert run("images", "--findings", "CRITICAL", NAME, "v1.1").code == 0
    ran = run("images", "--findings", "HIGH", NAME, "v1.1")
    assert (ran.code, ran.err) == (2, "")
    assert ran.out.startswith("1 finding of severity HIGH or worse\nHIGH CVE-1")
    data = run("images", "--json", "--findings", "LOW", NAME, "v1.1").data
    assert [finding["name"] for finding in data["findings"]] == ["CVE-1", "CVE-2"]
    assert data["counts"] == {"HIGH": 1, "LOW": 1}


def test_a_gate_is_no_success_where_nothing_was_scanned(run: Run, pushed: dict[str, str]) -> None:
    ran = run("images", "--findings", "CRITICAL", "--timeout", "0", NAME, "v1.1")
    assert (ran.code, ran.out) == (1, "")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("images", "--findings", "HIGH", NAME), "--findings is about one image"),
        (("images", "--findings", "high", NAME, "v1.1"), "use 'HIGH'"),
        (("images", "--untagged", NAME, "v1.1"), "--untagged: one image is shown without conditions"),
        (("images", "--pushed-before", "-1", NAME), "pushed_before: expected how long ago, 0 or more"),
        (("images", NAME, "v9"), "ImageNotFoundException"),
        (("images", "team/none"), "RepositoryNotFoundException"),
        (("tag", "--delete-last", NAME, "v1.1", "x"), "say --remove too"),
        (("tag", "--dry-run", "--yes", NAME, "v1.1", "x"), "leave --yes and --approved out"),
        (("tag", NAME, "v1.1", "a tag"), "a tag"),
        (("copy", NAME, NAME), "copied onto itself"),
        (("copy", "--create", "--create-from", "f", NAME, "x"), "not allowed with argument --create"),
        (("copy", "--untagged", "--tags", "v*", NAME, "mirror/api"), "leave one out"),
    ],
)
def test_bad_input_is_refused_before_anything_is_changed(
    run: Run, pushed: dict[str, str], memory_cloud: Cloud, arguments: tuple[str, ...], words: str
) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (1, "")
    assert words in ran.err
    assert memory_cloud.calls.writes() == []


# tag


def test_a_tag_is_set_moved_and_removed(run: Run, pushed: dict[str, str], memory_cloud: Cloud) -> None:
    ran = run("tag", "--yes", NAME, "v1.2", "stable", "v1")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "2 created")
    assert tags_of(memory_cloud, pushed["index"]) == ["latest", "stable", "v1", "v1.2"]
    assert run("tag", "--yes", NAME, "v1.1", "stable").out.splitlines()[-1] == "1 updated"
    assert run("tag", NAME, "v1.1", "stable").out == "nothing to do\n"  # nobody is asked
    ran = run("tag", "--remove", "--yes", NAME, "v1.1", "stable")
    assert (ran.code, "--deletes N" in ran.err) == (3, True)
    assert run("tag", "--remove", "--yes", "--deletes", "1", NAME, "v1.1", "stable").code == 0
    assert tags_of(memory_cloud, pushed["old"]) == ["v1.1"]


def test_the_last_tag_is_removed_only_if_that_is_said(run: Run, pushed: dict[str, str], memory_cloud: Cloud) -> None:
    ran = run("tag", "--remove", "--yes", "--deletes", "1", NAME, "v1.1", "v1.1")
    assert ran.code == 3
    assert "say --delete-last" in ran.err
    assert memory_cloud.calls.writes() == []
    assert run("tag", "--remove", "--delete-last", "--yes", "--deletes", "1", NAME, "v1.1", "v1.1").code == 0
    assert len(run("images", "--json", NAME).data["images"]) == 4


def test_a_plan_of_tags_is_approved_by_its_checksum(
    run: Run, pushed: dict[str, str], memory_cloud: Cloud, tmp_path: Path
) -> None:
    file = str(tmp_path / "plan.json")
    ran = run("tag", "--out", file, NAME, "v1.2", "stable")
    assert (ran.code, memory_cloud.calls.writes()) == (0, [])
    checksum = json.loads(Path(file).read_text())["checksum"]
    assert f"checksum, for --approved: {checksum}" in ran.err
    assert checksum == run("tag", "--dry-run", "--json", NAME, "v1.2", "stable").data["checksum"]
    other = run("tag", "--approved", checksum, NAME, "v1.1", "stable")
    assert other.code == 3
    assert "--dry-run shows it" in other.err
    assert run("tag", "--approved", checksum, "--plan", file, NAME, "v1.2", "stable").code == 0
    assert "stable" in tags_of(memory_cloud, pushed["index"])
    assert run("tag", "--approved", checksum, NAME, "v1.2", "stable").out == "nothing to do\n"


def test_it_asks_and_shows_the_plan_first(
    run: Run, pushed: dict[str, str], memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run("tag", NAME, "v1.1", "stable")
    assert (ran.code, "there is no terminal" in ran.err) == (1, True)
    asked: list[str] = []

    def answer(console: Console, question: str) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr(Console, "can_ask", lambda console: True)
    monkeypatch.setattr(Console, "ask", answer)
    ran = run("tag", NAME, "v1.1", "stable")
    assert (ran.code, ran.out, memory_cloud.calls.writes()) == (1, "", [])
    assert "+ team/api:stable: v1.1" in ran.err
    assert asked == ["Make these changes (1 to create)?"]


# copy


def test_a_copy_goes_on_where_it_was_and_says_its_bytes(run: Run, pushed: dict[str, str], memory_cloud: Cloud) -> None:
    planned = run("copy", "--dry-run", "--json", "--create", NAME, "mirror/api").data
    assert memory_cloud.calls.writes() == []
    made = run("copy", "--yes", "--json", "--create", NAME, "mirror/api").data
    assert made["bytes_moved"] == made["bytes_planned"] == planned["bytes_planned"] > 0
    assert planned["bytes_moved"] == 0
    assert tags_of(memory_cloud, pushed["index"], "mirror/api") == ["latest", "v1.2"]
    again = run("copy", NAME, "mirror/api")
    assert (again.code, again.out) == (0, "nothing to do; 2 images were there already\n")


def test_a_copy_takes_what_was_named(run: Run, pushed: dict[str, str], memory_cloud: Cloud) -> None:
    memory_cloud.push_referrer(NAME, pushed["old"])
    arguments = ("copy", "--yes", "--create", "--tags", "v1.1", "--since", "1", NAME, "mirror/api")
    assert run(*arguments, "--no-referrers").code == 0
    assert [image["digest"] for image in run("images", "--json", "mirror/api").data["images"]] == [pushed["old"]]
    assert run(*arguments).out.splitlines()[-1].startswith("1 created")
    assert run("copy", "--yes", "--untagged", NAME, "mirror/api").code == 0
    assert len(run("images", "--json", "mirror/api").data["images"]) == 6


def test_a_copy_goes_to_another_region_with_the_settings_of_a_fleet_file(
    run: Run, pushed: dict[str, str], memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    places: list[tuple[str | None, str | None]] = []

    def session(arguments: Namespace) -> boto3.Session:
        places.append((arguments.profile, arguments.region))
        return memory_cloud.session(arguments.region or "eu-west-1")

    monkeypatch.setattr("ecrops.cli.account.session_of", session)
    fleet = {"repositories": [{"name": NAME, "image_tag_mutability": "IMMUTABLE"}, {"name": "other"}]}
    file = write(tmp_path / "fleet.json", fleet)
    there = ("--to-region", "us-east-1", "--to-profile", "prod")
    ran = run("copy", "--yes", "--create-from", file, *there, "--tags", "v1.2", NAME, NAME)
    assert ran.code == 0
    assert set(places) == {(None, None), ("prod", "us-east-1")}
    assert tags_of(memory_cloud, pushed["index"], NAME, "us-east-1") == ["v1.2"]
    found = memory_cloud.client("ecr", "us-east-1").describe_repositories()["repositories"]
    assert [(each["repositoryName"], each["imageTagMutability"]) for each in found] == [(NAME, "IMMUTABLE")]
    ran = run("copy", "--create-from", file, *there, NAME, "team/none")
    assert (ran.code, "team/none" in ran.err) == (1, True)


def test_ways_out_of_a_copy_have_the_words_of_the_command(run: Run, pushed: dict[str, str]) -> None:
    ran = run("copy", "--dry-run", "--create", NAME, "mirror/api")
    assert "in a fleet file, registry: {account_settings: {BLOB_MOUNTING: ENABLED}} turns it on" in ran.err
    assert "registry.account_settings" not in ran.err
