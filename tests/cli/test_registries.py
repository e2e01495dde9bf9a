"""``plan``, ``apply`` and ``drift`` over many registries: one plan, one checksum, one approval."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecrops.aws.sessions import forget
from ecrops.testing import Cloud

from .conftest import Run

ACCOUNTS = ("222233334444", "333344445555")


@pytest.fixture
def files(tmp_path: Path, cloud: Cloud) -> tuple[str, str]:
    """A fleet file, and a file with four registries."""
    forget()
    cloud.seed_role("ecrops", *ACCOUNTS)
    fleet, where = tmp_path / "fleet.json", tmp_path / "registries.json"
    fleet.write_text(json.dumps({"repositories": [{"name": "team/api", "tags": {"where": "{account} {region}"}}]}))
    where.write_text(
        json.dumps(
            {
                "registries": {"accounts": ACCOUNTS, "regions": ["eu-west-1", "eu-central-1"], "role_name": "ecrops"},
                "overrides": {"eu-central-1": {"image_scan_on_push": True}},
                "waves": [[f"{ACCOUNTS[0]}/*"], ["*"]],
            }
        )
    )
    return str(fleet), str(where)


def test_one_approval_is_for_all_registries(run: Run, files: tuple[str, str], cloud: Cloud) -> None:
    fleet, where = files
    planned = run("plan", "--registries", where, fleet)
    assert planned.code == 0, planned.err
    assert "scan on push, where={account} eu-central-1" in planned.out
    assert "4 to create in 4 of 4 registries" in planned.out
    checksum = planned.err.rpartition(" ")[2].strip()
    assert run("apply", "--registries", where, "--approved", "0" * 64, fleet).code == 3
    made = run("apply", "--registries", where, "--approved", checksum, fleet)
    assert (made.code, made.out.strip()) == (0, "4 changes made in 4 of 4 registries")
    ecr = cloud.client("ecr", "eu-central-1", account=ACCOUNTS[1])
    [found] = ecr.describe_repositories()["repositories"]
    assert found["imageScanningConfiguration"]["scanOnPush"]
    tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    assert tags == [{"Key": "where", "Value": f"{ACCOUNTS[1]} eu-central-1"}]
    assert run("drift", "--registries", where, fleet).code == 0


def test_a_drift_ends_with_2_and_one_that_fails_with_1(run: Run, files: tuple[str, str], cloud: Cloud) -> None:
    fleet, where = files
    assert run("drift", "--registries", where, fleet).code == 2
    cloud.seed_role("ecrops", ACCOUNTS[0], trusts="arn:aws:iam::999999999999:root")
    forget()
    ran = run("drift", "--json", "--registries", where, fleet)
    assert ran.code == 1
    assert [bool(row["error"]) for row in ran.data["registries"]] == [True, True, False, False]


def test_a_fleet_file_may_say_where_it_is_to_be(run: Run, files: tuple[str, str], tmp_path: Path) -> None:
    fleet, where = files
    both = tmp_path / "both.json"
    both.write_text(json.dumps(json.loads(Path(fleet).read_text()) | json.loads(Path(where).read_text())))
    assert "4 to create in 4 of 4 registries" in run("plan", str(both)).out
    assert run("apply", "--yes", str(both)).code == 0


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--region", "eu-west-1"), "--region is for one registry"),
        (("--access",), "--access is for one registry"),
    ],
)
def test_options_for_one_registry_are_refused(
    run: Run, files: tuple[str, str], arguments: tuple[str, ...], message: str
) -> None:
    ran = run("plan", *arguments, "--registries", files[1], files[0])
    assert ran.code == 1
    assert message in ran.err


def test_a_report_is_one_page_about_all_registries(run: Run, files: tuple[str, str], cloud: Cloud) -> None:
    fleet, where = files
    ran = run("report", "--registries", where, fleet)
    assert ran.code == 0, ran.err
    assert "4 ECR registries" in ran.out
    assert ran.out.count("team/api") == 2  # with and without the override
    assert run("report", "--json", "--registries", where, fleet).data["summary"] == "4 to create in 4 of 4 registries"
    assert "name these alone" in run("report", "--registries", where, fleet, "team/api").err


def test_files_are_read_once_for_a_command(
    run: Run, files: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or read_bytes(path))  # type: ignore[func-returns-value]
    assert run("plan", files[0]).code == 0
    assert read == ["fleet.json"]


def test_what_is_wrong_with_a_text_hides_no_mistake_of_a_field(run: Run, tmp_path: Path, cloud: Cloud) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("repositories:\n- name: team/api\n  name: team/api\n  scan: true\n")
    for command in ("plan", "apply", "drift"):
        ran = run(command, str(file))
        assert ran.code == 1
        assert "name" in ran.err
        assert "unknown key" in ran.err


def test_stdin_beside_a_file_that_says_where_is_a_part_of_the_fleet(
    run: Run, files: tuple[str, str], tmp_path: Path
) -> None:
    both = tmp_path / "both.json"
    both.write_text(json.dumps(json.loads(Path(files[0]).read_text()) | json.loads(Path(files[1]).read_text())))
    ran = run("plan", str(both), "-", stdin=json.dumps({"repositories": [{"name": "team/more"}]}))
    assert ran.code == 0, ran.err
    assert "8 to create in 4 of 4 registries" in ran.out
    said = json.loads(both.read_text())
    assert "4 to create in 4 of 4 registries" in run("plan", "-", stdin=json.dumps(said)).out
