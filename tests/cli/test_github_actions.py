"""The example for GitHub Actions: its shell commands run against the emulator, job after job."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import ecrops
from ecrops.testing import Cloud
from support import state

from .conftest import Run

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "github-actions.yml"
ASK = """\
printf '%s\\0' "$@" > "$TOOLS/arguments.new" && mv "$TOOLS/arguments.new" "$TOOLS/arguments"
until [ -e "$TOOLS/code" ]; do sleep 0.01; done
cat "$TOOLS/out"; cat "$TOOLS/err" >&2
code=$(cat "$TOOLS/code"); rm "$TOOLS/code"; exit "$code"
"""
"""The command ``ecrops``: it is run in the process of the test, which is faster than a process for each."""
TOOLS = {
    "ecrops": ASK,
    "pip": "exit 0",
    # gh api --paginate PATH, and gh api --silent --method METHOD PATH -F body=@FILE
    "gh": 'if [ "$2" = --paginate ]; then cat posted.json; else echo "$4 $5" >> gh.txt; cp "${7#body=@}" sent.md; fi',
}
WORKFLOW: dict[Any, Any] = yaml.safe_load(EXAMPLE.read_text())


class Runner:
    """Runs the shell commands of jobs as a runner of GitHub does: ``bash -e -o pipefail``, one file for outputs.

    Args:
        folder: Where the commands run.
        run: Runs ``ecrops``.
    """

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder, self._run = folder, run
        self.context = {"github.token": "secret", "github.event.pull_request.number": "7"}
        self._tools = folder / "tools"
        self._tools.mkdir()
        for name, script in TOOLS.items():
            (self._tools / name).write_text(f"#!/bin/bash\n{script}\n")
            (self._tools / name).chmod(0o755)
        self._environment = {
            **os.environ,
            **WORKFLOW["env"],
            "TOOLS": str(self._tools),
            "PATH": f"{self._tools}:{os.environ['PATH']}",
            "GITHUB_REPOSITORY": "acme/fleet",
            "GITHUB_WORKFLOW": WORKFLOW["name"],
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        }

    def run(self, job: str) -> int:
        """Run a job up to its first step that fails; return the exit code."""
        for step in WORKFLOW["jobs"][job]["steps"]:
            if "run" not in step:
                continue
            assert "${{" not in step["run"], "an expression in a script is run as a script"
            code = self._step(step["run"], self._evaluated(step.get("env", {})))
            if code:
                return code
        self._take_outputs(job)
        return 0

    def _step(self, script: str, variables: Mapping[str, str]) -> int:
        command = ["bash", "-e", "-o", "pipefail", "-c", script]
        with subprocess.Popen(command, env={**self._environment, **variables}, cwd=self.folder) as process:
            while process.poll() is None:
                self._answer()
                time.sleep(0.005)
        return process.returncode

    def _answer(self) -> None:
        asked = self._tools / "arguments"
        if asked.exists():
            arguments = asked.read_text().split("\0")[:-1]
            asked.unlink()
            ran = self._run(*arguments)
            (self._tools / "out").write_text(ran.out)
            (self._tools / "err").write_text(ran.err)
            (self._tools / "new").write_text(str(ran.code))
            (self._tools / "new").rename(self._tools / "code")

    def _evaluated(self, variables: Mapping[str, str]) -> dict[str, str]:
        return {
            name: re.sub(r"\$\{\{ (.*?) \}\}", lambda match: self.context[match[1]], value)
            for name, value in variables.items()
        }

    def _take_outputs(self, job: str) -> None:
        file = self.folder / "output"
        written = dict(line.split("=", 1) for line in file.read_text().splitlines()) if file.exists() else {}
        for name, expression in WORKFLOW["jobs"][job].get("outputs", {}).items():
            self.context[f"needs.{job}.outputs.{name}"] = written[expression.split(".")[-1].removesuffix(" }}")]


needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="the example uses jq")


@pytest.fixture
def runner(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A runner in a folder with a fleet file, for a pull request without comments."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").write_text("repositories:\n- name: team/api\n- name: team/worker\n")
    (tmp_path / "posted.json").write_text("[]")
    return Runner(tmp_path, run)


@needs_jq
def test_a_plan_is_a_comment_and_what_was_approved_is_made(runner: Runner, memory_cloud: Cloud) -> None:
    assert runner.run("comment") == 0
    assert (runner.folder / "gh.txt").read_text() == "POST repos/acme/fleet/issues/7/comments\n"
    comment = (runner.folder / "sent.md").read_text()
    assert comment.startswith("<!-- ecrops: ecrops -->\n~~~~diff\n")
    assert "+ team/worker repository\n2 to create\n" in comment
    assert "checksum" in comment  # what is said on stderr is in it too: errors are
    assert runner.run("plan") == 0
    assert "+ team/worker repository" in (runner.folder / "summary.md").read_text()
    assert runner.context["needs.plan.outputs.changes"] == "2"
    assert state(memory_cloud) == {}
    memory_cloud.faults.on("denied", where=lambda call: call.params.get("repositoryName") == "team/worker")
    assert runner.run("apply") == 4
    assert set(state(memory_cloud)) == {"team/api"}
    assert runner.run("apply") == 0, "the job is run again"
    assert set(state(memory_cloud)) == {"team/api", "team/worker"}
    assert runner.run("drift") == 0
    memory_cloud.client("ecr").delete_repository(repositoryName="team/api")
    assert runner.run("drift") == 2


@needs_jq
@pytest.mark.parametrize(
    ("posted", "sent_to"),
    [
        ([("github-actions[bot]", "<!-- ecrops: ecrops -->\n~~~~diff")], "PATCH repos/acme/fleet/issues/comments/0"),
        ([("github-actions[bot]", "of another workflow")], "POST repos/acme/fleet/issues/7/comments"),
        ([("github-actions[bot]", "<!-- ecrops: staging -->")], "POST repos/acme/fleet/issues/7/comments"),
        ([("somebody", "<!-- ecrops: ecrops -->")], "POST repos/acme/fleet/issues/7/comments"),
        (
            [
                ("somebody", "> <!-- ecrops: ecrops -->"),
                ("github-actions[bot]", "<!-- ecrops: ecrops -->"),
                ("github-actions[bot]", "of another workflow"),
            ],
            "PATCH repos/acme/fleet/issues/comments/1",
        ),
    ],
)
def test_the_comment_of_this_workflow_is_edited_and_no_other(
    runner: Runner, posted: list[tuple[str, str]], sent_to: str
) -> None:
    comments = [{"id": place, "user": {"login": by}, "body": body} for place, (by, body) in enumerate(posted)]
    (runner.folder / "posted.json").write_text(json.dumps(comments))
    assert runner.run("comment") == 0
    assert (runner.folder / "gh.txt").read_text() == f"{sent_to}\n"


@needs_jq
@pytest.mark.parametrize("job", ["comment", "plan"])
def test_a_conflict_is_shown_and_ends_the_job(runner: Runner, memory_cloud: Cloud, job: str) -> None:
    memory_cloud.client("ecr").create_repository(repositoryName="team/api")
    fleet = "repositories:\n- {name: team/api, encryption: KMS}\n"
    (runner.folder / "fleet.yaml").write_text(fleet)
    assert runner.run(job) == 3
    shown = (runner.folder / ("sent.md" if job == "comment" else "summary.md")).read_text()
    assert "! team/api " in shown
    assert shown.endswith("~~~~\n")


def test_the_example_is_a_workflow() -> None:
    assert {"name", True, "permissions", "env", "jobs"} == set(WORKFLOW)  # YAML takes "on" for true
    for job in WORKFLOW["jobs"].values():
        assert job["runs-on"] == "ubuntu-latest"
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])
    assert WORKFLOW["jobs"]["apply"]["environment"] == "production"


def test_only_the_job_in_the_environment_gets_the_role_that_writes() -> None:
    roles = {
        name: [step["with"]["role-to-assume"] for step in job["steps"] if "role-to-assume" in step.get("with", {})]
        for name, job in WORKFLOW["jobs"].items()
    }
    assert roles.pop("apply") == ["${{ env.APPLY_ROLE }}"]
    assert set(map(tuple, roles.values())) == {("${{ env.PLAN_ROLE }}",)}
    assert [name for name, job in WORKFLOW["jobs"].items() if "environment" in job] == ["apply"]
    assert WORKFLOW["env"]["APPLY_ROLE"] != WORKFLOW["env"]["PLAN_ROLE"]
    header = EXAMPLE.read_text().split("name: ecrops")[0]
    assert '"sub" = "repo:OWNER/NAME:environment:production"' in header


def test_each_job_may_do_no_more_than_it_must() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    permissions = {name: job["permissions"] for name, job in WORKFLOW["jobs"].items()}
    assert permissions.pop("comment") == {"contents": "read", "id-token": "write", "pull-requests": "write"}
    assert all(allowed == {"contents": "read", "id-token": "write"} for allowed in permissions.values())
    assert "head.repo.full_name == github.repository" in WORKFLOW["jobs"]["comment"]["if"], "forks get no role"


def test_the_version_is_pinned_and_the_fleet_is_named_in_one_variable() -> None:
    steps = [step for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step]
    installs = {step["run"] for step in steps if "pip install" in step["run"]}
    assert installs == {f"pip install 'ecrops[yaml]=={ecrops.__version__}'"}
    assert not [step for step in steps if "fleet.yaml" in step["run"]]
    for event in ("pull_request", "push"):
        assert WORKFLOW["env"]["FLEET"] in WORKFLOW[True][event]["paths"]
