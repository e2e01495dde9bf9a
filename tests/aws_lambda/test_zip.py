"""The zip of scripts/lambda-bundle: its bytes, and a function that runs it in a process of its own.

The process has a client of Lambda's runtime API: a small one of these tests, and with scripts/judges/awslambdaric the
one that Lambda's runtimes are made of. What takes long is run by that script alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ecrops.aws_lambda.answer import LIMIT
from ecrops.testing import Cloud, environment
from ecrops.testing.isolation import without_aws
from support import state
from tests.aws_lambda.conftest import RIC, takes_long
from tests.aws_lambda.runtime_api import RuntimeApi

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "lambda_bootstrap"
OWN = "own"
Start = Callable[..., RuntimeApi]


def bundle(out: Path, *arguments: str | Path, **variables: str) -> str:
    """Make a zip, and return what was printed."""
    command = [ROOT / "scripts" / "lambda-bundle", "--out", out, *arguments]
    environ = {**os.environ, "PYTHON": sys.executable, **variables}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a function, as Lambda makes it of a zip: that of the example."""
    folder = tmp_path_factory.mktemp("task")
    bundle(folder.with_suffix(".zip"), EXAMPLE / "bootstrap.py", EXAMPLE / "fleet.yaml")
    with zipfile.ZipFile(folder.with_suffix(".zip")) as archive:
        archive.extractall(folder)
    return folder


@contextmanager
def running(python: str, client: list[str], folder: Path, cloud: Cloud, **variables: str) -> Iterator[RuntimeApi]:
    """A process with a client of the runtime, in the folder of a function, and the API that it asks."""
    api = RuntimeApi()
    known = {**without_aws(os.environ), **environment(cloud.endpoint_url or "")}
    of_lambda = {"AWS_LAMBDA_RUNTIME_API": api.address, "AWS_LAMBDA_FUNCTION_NAME": "bootstrap", "PYTHONPATH": ""}
    process = subprocess.Popen(
        [python, *client], cwd=folder, env={**known, **of_lambda, **variables}, stdout=subprocess.PIPE, text=True
    )
    api.process = process
    try:
        yield api
    finally:
        api.stop()


@pytest.fixture(params=[OWN, "awslambdaric"])
def start(request: pytest.FixtureRequest, http_cloud: Cloud) -> Iterator[Callable[..., Any]]:
    """Starts a function: with the client of these tests, and with that of Lambda where it is installed."""
    if request.param != OWN and not RIC:
        pytest.skip("run scripts/judges/awslambdaric")
    own = [str(Path(__file__).with_name("own_runtime.py"))]
    python, client = (sys.executable, own) if request.param == OWN else (RIC, ["-m", "awslambdaric"])
    with ExitStack() as stack:

        def start(folder: Path, handler: str = "bootstrap.lambda_handler", **variables: str) -> RuntimeApi:
            return stack.enter_context(running(python, [*client, handler], folder, http_cloud, **variables))

        yield start


def test_a_function_makes_the_fleet_true_and_uses_its_clients_again(
    start: Start, task: Path, http_cloud: Cloud
) -> None:
    api = start(task)
    dry, first, second = api.invoke({"dry_run": True}), api.invoke({}), api.invoke(None)
    assert [reply.kind for reply in (dry, first, second)] == ["response"] * 3
    assert (dry.body["missing"]["create"], dry.body["made"]["create"]) == (7, 0)
    assert (first.body["done"], first.body["ok"], first.body["made"]["create"]) == (True, True, 7)
    assert second.body["summary"] == "nothing to do"
    assert first.body["request_id"] == first.request_id != second.request_id
    assert max(reply.size for reply in (dry, first, second)) < LIMIT
    assert sorted(state(http_cloud)) == ["team/api", "team/web", "team/worker"]
    lines = [json.loads(line) for line in api.stop().splitlines() if line.startswith("{")]
    made = [line for line in lines if "kind" in line]
    assert {line["requestId"] for line in made} == {first.request_id}
    assert [line["kind"] for line in made] == ["create"] * 7
    assert {line["requestId"] for line in lines} == {reply.request_id for reply in (dry, first, second)}


@takes_long
def test_a_function_that_is_called_again_until_it_is_done_makes_everything(
    start: Start, task: Path, http_cloud: Cloud
) -> None:
    names = [f"team/{number:02}" for number in range(40)]
    (task / "many.py").write_text(
        "import time, boto3\nfrom ecrops import Registry, RepositorySpec\nfrom ecrops.aws_lambda import handler\n"
        "session = boto3.Session()\n"
        "session.events.register('before-send.ecr.CreateRepository', lambda **request: time.sleep(0.02))\n"
        f"fleet = [RepositorySpec(name) for name in {names}]\n"
        "lambda_handler = handler(fleet, registry=lambda: Registry(session, workers=1))\n"
    )
    api = start(task, "many.lambda_handler")
    api.invoke({"dry_run": True})
    answers = [api.invoke({}, 0.5).body]
    while not answers[-1]["done"]:
        assert len(answers) < 20
        answers.append(api.invoke(answers[-1], 0.5).body)
    assert len(answers) > 1
    assert answers[-1]["ok"]
    assert sum(answer["made"]["create"] for answer in answers) == len(state(http_cloud)) == 40


def test_a_module_that_cannot_be_imported_is_an_error_of_the_start(start: Start, task: Path) -> None:
    (task / "wrong.py").write_text(
        "from ecrops.aws_lambda import handler\nlambda_handler = handler('fleet.yaml', margin='5')\n"
    )
    reply = start(task, "wrong.lambda_handler").replies.get(timeout=60)
    assert (reply.kind, reply.body["errorType"]) == ("init/error", "SpecError")
    assert reply.body["errorMessage"] == "margin: expected seconds, at least 0, got '5'"


@takes_long
def test_a_mistake_of_the_fleet_file_is_answered_and_no_error_of_the_start(start: Start, task: Path) -> None:
    (task / "typo.py").write_text(
        "from ecrops.aws_lambda import handler\n"
        "lambda_handler = handler('repositories: [{nam: a}]', raise_errors=True)\n"
    )
    reply = start(task, "typo.lambda_handler").invoke({})
    assert (reply.kind, reply.body["errorType"]) == ("error", "JobError")
    assert "repositories[0].nam: unknown key; did you mean name?" in reply.body["errorMessage"]


def test_the_zip_is_the_same_each_time_and_says_what_is_in_it(tmp_path: Path) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    files = EXAMPLE / "bootstrap.py", EXAMPLE / "fleet.yaml"
    printed = bundle(first, *files, PYTHONHASHSEED="1")
    bundle(second, *reversed(files), PYTHONHASHSEED="2", TZ="Asia/Tokyo")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        names = archive.namelist()
        for name in ("ecrops/aws_lambda/entry.py", "ecrops/fleet/schema.json", "ecrops/report/page.css"):
            assert archive.read(name) == (ROOT / name).read_bytes()
    assert names == sorted(names)
    roots = {name.split("/")[0] for name in names}
    packages = {root for root in roots if not root.endswith(".dist-info")}
    assert packages - {"_yaml"} == {"ecrops", "tenacity", "yaml", "bootstrap.py", "fleet.yaml"}
    assert not [name for name in names if name.startswith(("ecrops/testing", "ecrops/cli")) or "__pycache__" in name]
    assert any("tenacity" in name and "LICENSE" in name for name in names)
    assert "boto3 is not in it" in printed
    assert first.stat().st_size < 1_500_000


@takes_long
def test_a_function_without_yaml_needs_no_pyyaml_and_bytecode_is_used(tmp_path: Path) -> None:
    (tmp_path / "handler.py").write_text("from ecrops.aws_lambda import handler\nlambda_handler = handler([])\n")
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    for out, seed in ((first, "1"), (second, "2")):
        printed = bundle(out, "--compile", tmp_path / "handler.py", PYTHONHASHSEED=seed)
    assert first.read_bytes() == second.read_bytes()
    assert f"bytecode is for Python {sys.version_info[0]}.{sys.version_info[1]}" in printed
    with zipfile.ZipFile(first) as archive:
        archive.extractall(tmp_path / "task")
    assert not (tmp_path / "task" / "yaml").exists()
    program = (
        "import handler, ecrops.aws_lambda.entry as e; print(e.__file__); print(handler.lambda_handler({}, None)['ok'])"
    )
    command = [sys.executable, "-v", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path / "task")
    assert done.stdout.splitlines()[0].startswith(str(tmp_path / "task"))
    assert done.stdout.splitlines()[-1] == "True"
    used = [line for line in done.stderr.splitlines() if "matches" in line and str(tmp_path / "task") in line]
    assert len(used) > 100


@takes_long
def test_boto3_is_put_in_where_that_is_asked_for(tmp_path: Path) -> None:
    printed = bundle(tmp_path / "all.zip", "--with-boto3")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        names = set(archive.namelist())
    modules = ("boto3/session.py", "botocore/cacert.pem", "jmespath/parser.py", "urllib3/response.py", "six.py")
    assert {*modules, "dateutil/tz/tz.py", "s3transfer/manager.py"} <= names
    assert any(name.startswith("botocore/data/ecr/") for name in names)
    assert "boto3 is not in it" not in printed


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["nowhere.py"], "nowhere.py: there is no such file"),
        ([EXAMPLE, EXAMPLE], "is in it twice: give your file another"),
    ],
)
def test_what_cannot_be_in_a_zip_is_said(arguments: list[str | Path], message: str, tmp_path: Path) -> None:
    command = [ROOT / "scripts" / "lambda-bundle", "--out", tmp_path / "a.zip", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHON": sys.executable}
    )
    assert (done.returncode, message in done.stderr) == (1, True)


def test_the_client_of_the_judge_is_beside_the_boto3_of_the_constraints() -> None:
    pinned = set((ROOT / "constraints.txt").read_text().split())
    judged = set((ROOT / "scripts" / "judges" / "awslambdaric.txt").read_text().splitlines())
    assert {line for line in judged if line.startswith(("boto", "s3", "jmespath", "six", "urllib3"))} <= pinned
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "boto3>=1.39.11" in project["project"]["dependencies"]
