"""The example: its role is the least, its state machine ends, and its template is one that CloudFormation takes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecrops import RepositorySpec, read_fleet
from ecrops.aws_lambda import handler
from ecrops.testing import Cloud
from support import registry_of, state
from tests.aws_lambda.conftest import Context, Handler, takes_long

EXAMPLE = Path(__file__).parents[2] / "examples" / "lambda_bootstrap"
Make = Callable[..., Handler]


class Template(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions as what they are about."""


Template.add_multi_constructor("!", lambda loader, suffix, node: f"{suffix} {node.value}")


@pytest.fixture(scope="module")
def resources() -> Any:
    return yaml.load((EXAMPLE / "template.yaml").read_text(), Template)["Resources"]


def run(states: Any, job: Handler, event: Any, seconds: float) -> tuple[str, list[Any]]:
    """Run the state machine, as far as it uses the language of states: its last state, and all answers."""
    name, answers = states["StartAt"], []
    while True:
        here = states["States"][name]
        if here["Type"] == "Task":
            assert here["Parameters"]["Payload.$"] == here["OutputPath"].removesuffix(".Payload") == "$"
            event = job(event, Context(seconds))
            answers.append(event)
            assert len(answers) < 30
            name = here["Next"]
        elif here["Type"] == "Choice":
            fitting = [
                choice
                for choice in here["Choices"]
                if event[choice["Variable"].removeprefix("$.")] is choice["BooleanEquals"]
            ]
            name = fitting[0]["Next"] if fitting else here["Default"]
        else:
            return name, answers


def test_the_function_makes_the_fleet_of_the_example_true(memory_cloud: Cloud) -> None:
    answer = handler(EXAMPLE / "fleet.yaml", registry=registry_of(memory_cloud))({}, Context())
    assert (answer["ok"], sorted(state(memory_cloud))) == (True, ["team/api", "team/web", "team/worker"])


def test_the_role_allows_what_the_fleet_needs_and_nothing_else(memory_cloud: Cloud, resources: Any) -> None:
    statements = resources["FunctionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    find, make, log = statements
    allowed = {find["Action"], *make["Action"]}
    registry, fleet = registry_of(memory_cloud), read_fleet(EXAMPLE / "fleet.yaml")
    needed = {permission for change in registry.ensure(*fleet) for permission in change.permissions}
    api = registry.repository("team/api")
    api.ensure(image_scan_on_push=False, image_tag_mutability="MUTABLE", lifecycle_rules=[{"max_image_count": 3}])
    api.ensure(tags={"team": "other", "more": "tags"})
    memory_cloud.calls.clear()
    needed |= {permission for change in registry.ensure(*fleet) for permission in change.permissions}
    needed |= {f"{call.service}:{call.operation}" for call in memory_cloud.calls}
    assert needed - {"sts:GetCallerIdentity"} == allowed
    assert find["Resource"].endswith(":repository/*")
    assert make["Resource"].endswith(":repository/${RepositoryPrefix}*")
    assert all(action.startswith("logs:") for action in log["Action"])


def test_the_state_machine_calls_again_until_it_is_done(memory_cloud: Cloud, make: Make, resources: Any) -> None:
    states = resources["StateMachine"]["Properties"]["Definition"]
    memory_cloud.faults.latency = 0.02
    fleet = [RepositorySpec(f"team/{number}") for number in range(12)]
    slow = make(fleet, of={"workers": 1})
    last, answers = run(states, slow, {}, seconds=0.25)
    assert (last, len(answers) > 1, len(state(memory_cloud))) == ("Done", True, 12)
    memory_cloud.faults.on("denied", operation="CreateRepository", times=None)
    last, answers = run(states, make([RepositorySpec("team/new")]), {}, seconds=60)
    assert (last, [answer["failed"] for answer in answers]) == ("Failed", [1])
    last, answers = run(states, make([RepositorySpec("team/new")]), {"dry_run": True}, seconds=60)
    assert (last, [answer["missing"]["create"] for answer in answers]) == ("Done", [1])


@takes_long
def test_the_template_is_one_that_cloudformation_takes() -> None:
    lint = shutil.which("cfn-lint", path=Path(sys.executable).parent)
    if lint is None:
        pytest.skip("there is no cfn-lint here")
    done = subprocess.run([lint, EXAMPLE / "template.yaml"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_function_of_the_template_is_that_of_the_example(resources: Any) -> None:
    function = resources["Function"]["Properties"]
    module, _, name = function["Handler"].rpartition(".")
    assert name in (EXAMPLE / f"{module}.py").read_text()
    assert isinstance(function["Timeout"], int)
    assert function["Timeout"] > 126  # the margin is that of the slowest call
