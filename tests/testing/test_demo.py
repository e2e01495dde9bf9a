"""The demo: what it claims, how it looks, and what it answers before any set-up."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ecrops.testing import Cloud, environment, seed_example
from ecrops.testing.example import OTHER_ACCOUNTS
from ecrops.testing.isolation import without_aws

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "examples" / "quickstart.py"
DEMO = ROOT / "scripts" / "demo"


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script where there is no set-up and no configuration: what needs one fails."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHON": "/nonexistent", **variables}
    return subprocess.run([DEMO, *arguments], env=env, capture_output=True, text=True, check=False)


def test_the_quickstart_does_all_that_it_claims(http_cloud: Cloud, tmp_path: Path) -> None:
    before = sorted(seed_example(http_cloud))
    assert http_cloud.endpoint_url
    variables = {**without_aws(os.environ), **environment(http_cloud.endpoint_url)}
    variables |= {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "COLUMNS": "200"}
    folder = tmp_path / f"ecrops-demo-{os.getuid()}"
    folder.mkdir()
    (folder / "of-another-run.svg").touch()
    done = subprocess.run([sys.executable, QUICKSTART], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(
        f"This runs on an AWS emulated at {http_cloud.endpoint_url}: nothing is sent to AWS.\n"
    )
    assert done.stdout.endswith("on the emulated AWS; nothing was sent to AWS.\n")
    assert "\033" not in done.stdout
    lines = done.stdout.splitlines()
    assert max(len(line) for line in lines if not line.startswith("wrote")) <= 80
    assert not [line for line in lines if line.startswith("+ ") and lines.count(line) > 1]
    repositories = http_cloud.client("ecr").describe_repositories()["repositories"]
    assert sorted(repository["repositoryName"] for repository in repositories) == before
    written = [folder / name for name in ("forecast.svg", "registries.html", "report.html")]
    assert "24 to create in 12 of 12 registries" in lines
    assert lines[lines.index("in dev/us-east-1:") + 1].startswith("  ~ demo/everywhere")
    for account in OTHER_ACCOUNTS:
        assert not http_cloud.client("ecr", "us-east-1", account=account).describe_repositories()["repositories"]
    assert sorted(tmp_path.glob("*/*")) == written, "one folder for all runs"
    assert lines[-5:-2] == [f"wrote {path}" for path in written], "the end names them"


def quickstart(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, **variables: str) -> ModuleType:
    """Import the example as it is on a terminal, or in a pipe."""
    for name, value in {"NO_COLOR": "", "TERM": "xterm", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    spec = importlib.util.spec_from_file_location("quickstart", QUICKSTART)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("terminal", "variables", "coloured"),
    [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False)],
)
def test_there_is_colour_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    terminal: bool,
    variables: dict[str, str],
    coloured: bool,
) -> None:
    quickstart(monkeypatch, terminal=terminal, **variables).show("+ team/api repository\n1 created")
    created = "\033[32m+ team/api repository\033[0m" if coloured else "+ team/api repository"
    assert capsys.readouterr().out == f"{created}\n1 created\n"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_comes_before_any_set_up(option: str) -> None:
    done = run(option)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: scripts/demo [--aws]\n")


def test_an_unknown_option_is_answered_with_the_usage() -> None:
    done = run("--asw")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage:")


@pytest.mark.parametrize(
    ("variables", "lacks"), [({}, "region"), ({"AWS_DEFAULT_REGION": "eu-west-1"}, "credentials")], ids=str
)
def test_on_aws_without_credentials_or_region_it_is_one_sentence(variables: dict[str, str], lacks: str) -> None:
    done = run("--aws", **variables)
    assert done.returncode == 1
    assert done.stderr.startswith(f"no AWS {lacks}: set AWS_")
    assert done.stderr.count("\n") == 1
