"""The example for GitHub Actions: its shell commands run against the emulator, job after job."""

from __future__ import annotations

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
    "gh": 'echo "$*" >> gh.txt; cat "$5" >> gh.txt',  # gh pr comment NUMBER --body-file FILE
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
            "TOOLS": str(self._tools),
            "PATH": f"{self._tools}:{os.environ['PATH']}",
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
            name: re.sub(r"\$\{\{ (.*?) \}\}", lambda found: self.context[found[1]], value)
            for name, value in variables.items()
        }

    def _take_outputs(self, job: str) -> None:
        file = self.folder / "output"
        written = dict(line.split("=", 1) for line in file.read_text().splitlines()) if file.exists() else {}
        for name, expression in WORKFLOW["jobs"][job].get("outputs", {}).items():
            self.context[f"needs.{job}.outputs.{name}"] = written[expression.split(".")[-1].removesuffix(" }}")]


@pytest.mark.skipif(shutil.which("jq") is None, reason="the example uses jq")
def test_a_plan_is_a_comment_and_what_was_approved_is_made(
    run: Run, memory_cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").write_text("repositories:\n- name: team/api\n- name: team/worker\n")
    runner = Runner(tmp_path, run)
    assert runner.run("comment") == 0
    comment = (tmp_path / "gh.txt").read_text()
    assert comment.startswith("pr comment 7 --body-file comment.md --edit-last --create-if-none\n~~~~diff\n")
    assert "+ team/worker repository\n2 to create\n" in comment
    assert "checksum" in comment  # what is said on stderr is in it too: errors are
    assert runner.run("plan") == 0
    assert "+ team/worker repository" in (tmp_path / "summary.md").read_text()
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


def test_the_example_is_a_workflow() -> None:
    assert {"name", True, "permissions", "env", "jobs"} == set(WORKFLOW)  # YAML takes "on" for true
    for job in WORKFLOW["jobs"].values():
        assert job["runs-on"] == "ubuntu-latest"
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])
    assert WORKFLOW["jobs"]["apply"]["environment"] == "production"
