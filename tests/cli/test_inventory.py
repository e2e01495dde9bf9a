"""inventory: what repositories store, as a table, JSON and CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ecrops.testing import Cloud

from .conftest import Run, write


@pytest.fixture
def pushed(memory_cloud: Cloud) -> Cloud:
    memory_cloud.push_image("team/api", tag="v1", layers=[b"x" * 5000])
    memory_cloud.push_image("team/worker", tag="v1", layers=[b"y" * 9000])
    memory_cloud.emulator.seed(["team/empty"])
    return memory_cloud


def test_an_inventory_is_what_the_library_prints_and_only_reads(run: Run, pushed: Cloud) -> None:
    ran = run("inventory", "--price", "0.2")
    assert (ran.code, ran.err) == (0, "")
    assert all(name in ran.out for name in ("team/api", "team/worker", "team/empty", "all repositories"))
    assert "--manifests counts each once" in ran.out
    data = run("inventory", "--json", "--price", "0.2", "--days", "30", "team/api").data
    assert [row["repository"] for row in data["repositories"]] == ["team/api"]
    assert (data["days"], data["prices_per_gb_month"]["storage"]) == (30, 0.2)
    assert pushed.calls.writes() == []


def test_what_grows_fastest_comes_first(run: Run, pushed: Cloud) -> None:
    data = run("inventory", "--json", "--growing", "2").data
    assert [row["repository"] for row in data["repositories"]] == ["team/worker", "team/api"]
    assert run("inventory", "--growing", "1").out.startswith("team/worker: 9.2 kB pushed in 30 days, 9.2 kB stored")
    ran = run("inventory", "--growing", "0")
    assert (ran.code, "--growing: expected a number of at least 1, got 0" in ran.err) == (1, True)


def test_csv_has_a_line_for_each_repository(run: Run, pushed: Cloud) -> None:
    ran = run("inventory", "--csv")
    rows = list(csv.DictReader(ran.out.splitlines()))
    assert {row["repository"]: row["images"] for row in rows} == {
        "team/api": "1",
        "team/worker": "1",
        "team/empty": "0",
    }
    rows = list(csv.DictReader(run("inventory", "--csv", "--growing", "1").out.splitlines()))
    assert [row["repository"] for row in rows] == ["team/worker"]
    assert run("inventory", "--csv", "--json").code == 1


def test_an_inventory_says_what_is_in_use(run: Run, pushed: Cloud, tmp_path: Path) -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api:v1"
    pod = {"kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [{"image": image}]}}
    pods = write(tmp_path / "pods.json", {"items": [pod]})
    ran = run("inventory", "--json", "--pods", pods)
    assert {row["repository"]: row["in_use"] for row in ran.data["repositories"]} == {
        "team/api": 1,
        "team/worker": 0,
        "team/empty": 0,
    }


def test_a_repository_that_was_named_and_cannot_be_read_is_an_error(run: Run, pushed: Cloud) -> None:
    ran = run("inventory", "--csv", "team/api", "team/none")
    assert ran.code == 1
    assert "could not be read: team/none: " in ran.err
    assert "team/api" in ran.out
