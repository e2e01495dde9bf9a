"""What only reads: export, show, simulate, lint, preview, forecast, report, login."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecrops import Registry
from ecrops.fleet import write as write_fleet
from ecrops.testing import Cloud
from support import registry_of

from .conftest import Run, write

POLICY = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {
                "tagStatus": "tagged",
                "tagPrefixList": ["v"],
                "countType": "imageCountMoreThan",
                "countNumber": 2,
            },
            "action": {"type": "expire"},
        }
    ]
}


@pytest.fixture
def policy(tmp_path: Path) -> str:
    return write(tmp_path / "policy.json", POLICY)


@pytest.fixture
def registry(memory_cloud: Cloud) -> Registry:
    """A registry with the repository ``team/api``, which has five images."""
    registry = registry_of(memory_cloud)
    registry.repository("team/api").ensure(tags={"team": "web"})
    now = datetime.now(UTC)
    memory_cloud.emulator.seed_images(
        "team/api",
        (
            {
                "imageDigest": f"sha256:{number:064x}",
                "imageTags": [f"v{number}"],
                "imagePushedAt": now - timedelta(days=number),
                "imageSizeInBytes": 1_000_000,
            }
            for number in range(5)
        ),
    )
    return registry


@pytest.fixture(autouse=True)
def only_reads(registry: Registry, memory_cloud: Cloud) -> Iterator[None]:
    before = memory_cloud.calls.writes()
    yield
    assert [call for call in memory_cloud.calls.writes() if call != "StartLifecyclePolicyPreview"] == before


def test_what_is_exported_needs_no_change(run: Run, registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(run("export", "--settings").out)
    ran = run("plan", "--detailed-exitcode", str(file))
    assert (ran.code, ran.out) == (0, "nothing to do\n")
    assert "registry:" in file.read_text()


def test_an_export_is_of_all_of_names_and_of_patterns(run: Run, registry: Registry) -> None:
    with_names = json.loads(run("export", "--json", "team/api").out)
    assert [repository["name"] for repository in with_names["repositories"]] == ["team/api"]
    assert json.loads(run("export", "--json", "--only", "t*/api").out) == with_names
    none = run("export", "--only", "other/*")
    assert (none.code, "no repository of the registry has a name like 'other/*'" in none.err) == (1, True)
    assert json.loads(run("export", "--json").out) == with_names


def test_what_cannot_be_exported_is_named(run: Run, registry: Registry, memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["team/secret"])
    memory_cloud.faults.on(
        "denied",
        operation="GetLifecyclePolicy",
        where=lambda call: call.params["repositoryName"] == "team/secret",
        times=None,
    )
    ran = run("export", "--json")
    assert ran.code == 0
    assert "warning: team/secret is not described as a whole" in ran.err
    assert [repository["name"] for repository in ran.data["repositories"]] == ["team/api", "team/secret"]
    named = run("export", "--json", "team/secret")
    assert named.code == 1
    assert named.data["error"]["code"] == "AccessDeniedException"


def test_show_is_the_description(run: Run, registry: Registry) -> None:
    spec = registry.repository("team/api").describe()
    first, _, rest = run("show", "team/api").out.partition("\n")
    assert first == "# 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api"
    assert rest == write_fleet([spec])
    assert run("show", "--json", "team/api").data == json.loads(json.dumps(spec.to_dict()))


def test_simulate_is_the_simulation(run: Run, registry: Registry, policy: str) -> None:
    assert run("simulate", "team/api", policy).out.startswith("expires 3 of 5 images")
    assert run("simulate", "team/api").out.startswith("expires none of 5 images")
    data = run("simulate", "--json", "team/api", "-", stdin=json.dumps(POLICY)).data
    assert len(data["expired"]) == 3
    assert "keep last 2 v*" in run("simulate", "--explain", "v4", "team/api", policy).out
    missing = run("simulate", "--explain", "v9", "team/api", policy)
    assert missing.code == 1
    assert "v9" in missing.err


def test_lint_needs_no_aws(run: Run, tmp_path: Path, policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecrops.cli.account.session_of", None)
    two = json.loads(json.dumps(POLICY))
    two["rules"][0]["selection"]["tagPrefixList"] = ["a", "b"]
    odd = write(tmp_path / "odd.json", two)
    assert run("lint", "--strict", policy).code == 0
    assert run("lint", policy).err == "no findings\n"
    ran = run("lint", odd)
    assert (ran.code, ran.out[:8]) == (0, "all-of: ")
    strict = run("lint", "--strict", "--json", odd)
    assert strict.code == 1
    assert [finding["code"] for finding in strict.data["findings"]] == ["all-of"]
    assert run("lint", "--strict", "--ignore", "all-of", odd).code == 0


def test_preview_asks_ecr(run: Run, registry: Registry, policy: str) -> None:
    ran = run("preview", "team/api", policy)
    assert ran.code == 0
    assert ran.out.startswith("expires 3 of 5 images")
    same = run("preview", "--compare", "team/api", policy)
    assert (same.code, same.out) == (0, "no image differs\n")


def test_forecast_has_numbers_money_and_a_chart(run: Run, registry: Registry, policy: str, tmp_path: Path) -> None:
    chart = tmp_path / "chart.svg"
    ran = run("forecast", "--days", "10", "--price", "0.1", "--chart", str(chart), "team/api", policy)
    assert ran.code == 0
    first, today, last, money = ran.out.splitlines()
    assert first.startswith("10 days with ")
    assert today < last
    assert re.fullmatch(r"saves \$\d+\.\d\d of \$\d+\.\d\d in 10 days", money)
    assert chart.read_text().startswith("<svg")
    data = run("forecast", "--json", "--days", "10", "--price", "0.1", "team/api", policy).data
    assert len(data["days"]) == 11
    assert data["cost"]["saved"] == pytest.approx(data["cost"]["without"] - data["cost"]["stored"])


def test_report_is_a_page(run: Run, registry: Registry, tmp_path: Path) -> None:
    assert run("report", "--all").out.startswith("<!doctype html>")
    fleet = write(tmp_path / "fleet.json", {"repositories": [{"name": "team/new"}]})
    data = run("report", "--json", "--no-images", fleet).data
    assert data["plan"]["summary"] == "1 to create"
    assert "access" not in data
    assert run("report", "--json", "--no-images", "--access", "team/api").data["access"]["principals"] == []
    assert run("report").code == 1
    assert run("report", "--all", "team/api").code == 1


def test_a_folder_is_a_fleet_and_not_a_name(run: Run, registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "team" / "api"  # a name of a repository too, were it not a folder
    folder.mkdir(parents=True)
    write(folder / "fleet.json", {"repositories": [{"name": "team/new"}]})
    for named in (str(folder), f"{folder}/", str(folder.parent)):
        data = run("report", "--json", "--no-images", named).data
        assert data["plan"]["summary"] == "1 to create", named
    both = run("report", "--json", "--no-images", str(folder), "team/api").data
    assert [repository["name"] for repository in both["repositories"]] == ["team/api", "team/new"]
    (folder / "fleet.json").unlink()
    assert "there is no file in it" in run("report", str(folder)).err


@pytest.mark.parametrize("names", [("nope",), ("team/api", "team/nope"), ("a/b", "team/api", "a/c", "a/b")])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_name_that_no_repository_has_is_an_error(
    run: Run, registry: Registry, names: tuple[str, ...], form: tuple[str, ...]
) -> None:
    ran = run("report", *form, *names)
    assert ran.code == 1
    message = ran.data["error"]["message"] if form else ran.err.removeprefix("ecrops: ")
    assert message.startswith(", ".join(name for name in dict.fromkeys(names) if name != "team/api") + ": ")
    assert "no such repositor" in message
    assert "<" not in ran.out


def test_only_is_for_fleet_files(run: Run, registry: Registry) -> None:
    ran = run("report", "--only", "team/*", "team/api")
    assert (ran.code, ran.out) == (1, "")
    assert "--only" in ran.err


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_what_a_report_could_not_read_is_said(
    run: Run, registry: Registry, memory_cloud: Cloud, form: tuple[str, ...]
) -> None:
    memory_cloud.faults.on("denied", operation="GetLifecyclePolicy", times=None)
    ran = run("report", *form, "--no-images", "team/api")
    assert ran.code == 0
    assert ran.err.startswith("could not be read: team/api: lifecycle: ")
    assert "AccessDenied" in ran.err


def test_login_writes_a_file_or_prints_one(run: Run, registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    ran = run("login", "--config", str(file), "--hosts", "111122223333")
    assert ran.code == 0
    assert set(json.loads(file.read_text())["auths"]) == {
        f"{account}.dkr.ecr.eu-west-1.amazonaws.com" for account in ("123456789012", "111122223333")
    }
    (entry,) = json.loads(run("login", "--print").out)["auths"].values()
    assert entry["auth"] not in ran.out + ran.err
    assert set(run("login", "--json", "--config", str(file)).data) == {"user", "hosts", "expires_at"}
    assert run("login", "--print", "--config", str(file)).code == 1


@pytest.mark.parametrize("things", [("--all",), ("team/api",)])
def test_a_report_of_no_file_has_no_patterns(run: Run, things: tuple[str, ...]) -> None:
    ran = run("report", *things, "--only", "team/*")
    assert (ran.code, ran.out) == (1, "")
    assert "--only is about fleet files, and there is none" in ran.err
