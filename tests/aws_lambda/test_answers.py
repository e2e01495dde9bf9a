"""What a handler answers: what was made, what is missing, what failed, and why."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import LifecycleRule, Registry, RegistrySpec, RepositorySpec, ScanningConfiguration
from ecrops.aws_lambda import JobError, handler, runtime
from ecrops.fleet import parse
from ecrops.testing import Cloud
from support import registry_of, state
from tests.aws_lambda.conftest import Context, Handler, Lines

Make = Callable[..., Handler]
FLEET = [RepositorySpec("team/api", tags={"a": "b"}, lifecycle_rules=[LifecycleRule(max_image_count=3)])]
TEXT = "repositories: [{name: team/api, tags: {a: b}, lifecycle_rules: [{max_image_count: 3}]}]"


def test_an_invocation_makes_the_fleet_true_and_the_next_one_has_nothing_to_do(cloud: Cloud) -> None:
    job = handler(FLEET, registry=registry_of(cloud))
    first, second = job({}, Context()), job({}, Context())
    assert (first["done"], first["ok"], first["left"], first["failed"]) == (True, True, 0, 0)
    assert first["made"] == {"create": 2, "update": 0, "delete": 0}
    assert first["missing"] == second["made"] == {"create": 0, "update": 0, "delete": 0}
    assert [(change["owner"], change["kind"], change["operation"]) for change in first["changes"]] == [
        ("team/api", "create", "ecr:CreateRepository"),
        ("team/api", "create", "ecr:PutLifecyclePolicy"),
    ]
    assert (second["summary"], second["ok"], second["changes"]) == ("nothing to do", True, [])
    assert (second["account"], second["region"], second["request_id"]) == ("123456789012", "eu-west-1", "request-1")
    assert list(state(cloud)) == ["team/api"]
    assert json.loads(json.dumps(first)) == first


def _file(folder: Path) -> Path:
    path = folder / "fleet.yaml"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize(
    "fleet",
    [
        _file,
        lambda folder: str(_file(folder)),
        lambda folder: str(_file(folder).parent),
        lambda folder: TEXT,
        lambda folder: json.dumps({"repositories": [{"name": "team/api"}]}),
        lambda folder: parse(TEXT),
        lambda folder: FLEET,
        lambda folder: iter(FLEET),
        lambda folder: lambda event: [RepositorySpec(event["name"])],
        lambda folder: lambda event: _file(folder),
    ],
    ids=["path", "string", "folder", "text", "json", "Fleet", "specs", "iterator", "function", "function of a path"],
)
def test_a_fleet_is_a_file_a_text_specs_or_a_function_of_the_event(fleet: Any, make: Make, tmp_path: Path) -> None:
    job = make(fleet(tmp_path))
    event = {"name": "team/api"} if callable(fleet(tmp_path)) else {}
    assert job(event, Context())["changes"][0]["owner"] == "team/api"
    assert job(event, Context())["summary"] == "nothing to do"


def test_placeholders_of_a_fleet_file_are_of_the_registry(make: Make, memory_cloud: Cloud) -> None:
    make("repositories: [{name: 'a/{account}-{region}'}]")({}, Context())
    assert list(state(memory_cloud)) == ["a/123456789012-eu-west-1"]


def test_a_fleet_file_is_read_once_in_a_container(make: Make, tmp_path: Path) -> None:
    job = make(_file(tmp_path))
    first = job({}, Context())
    (tmp_path / "fleet.yaml").unlink()
    assert (first["made"]["create"], job({}, Context())["summary"]) == (2, "nothing to do")


def test_the_registry_and_its_clients_are_made_once_in_a_container(memory_cloud: Cloud) -> None:
    made: list[Registry] = []

    def registry() -> Registry:
        made.append(registry_of(memory_cloud))
        return made[-1]

    job = handler(FLEET, registry=registry)
    assert not made
    job({}, Context())
    client = made[0].aws.client("ecr")
    job({}, Context())
    assert len(made) == 1
    assert made[0].aws.client("ecr") is client


@pytest.mark.parametrize("where", ["event", "handler", "registry"])
def test_a_dry_run_changes_nothing_and_says_what_is_missing(where: str, make: Make, memory_cloud: Cloud) -> None:
    of = {"dry_run": True} if where == "registry" else {}
    job = make(FLEET, dry_run=where == "handler", of=of)
    for _ in range(2):
        answer = job({"dry_run": True} if where == "event" else {}, Context())
        assert (answer["done"], answer["ok"], answer["left"], answer["dry_run"]) == (True, True, 0, True)
        assert answer["missing"]["create"] == len(answer["changes"]) == 2
        assert answer["made"]["create"] == 0
        assert answer["checksum"] == registry_of(memory_cloud).plan(*FLEET).checksum
        assert answer["summary"] == "2 to create"
    assert not memory_cloud.calls.writes()


def test_an_event_chooses_repositories_and_an_answer_is_the_event_of_the_next_call(
    make: Make, memory_cloud: Cloud
) -> None:
    settings = RegistrySpec(scanning=ScanningConfiguration("BASIC"))
    job = make([RepositorySpec("team/api"), RepositorySpec("other"), settings])
    answer = job({"only": ["team/*"], "dry_run": True}, Context())
    assert [change["owner"] for change in answer["changes"]] == ["team/api"]
    again = job(answer, Context())
    assert (again["changes"], again["only"], again["dry_run"]) == (answer["changes"], ["team/*"], True)


def test_an_event_of_eventbridge_has_no_options(make: Make) -> None:
    event = {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}, "only": "x"}
    assert make(FLEET)(event, Context())["ok"]
    assert make(FLEET)(None, None)["ok"]


@pytest.mark.parametrize(
    "event, message",
    [
        ({"dryrun": True}, "event.dryrun: unknown option; did you mean dry_run?"),
        ({"dry_run": "yes"}, "event.dry_run: expected true or false, got 'yes'"),
        ({"only": "team/*"}, "event.only: expected a list of strings, got 'team/*'; write ['team/*']"),
        ({"only": ["tema/ap"]}, "no repository of the fleet has a name like 'tema/ap'; did you mean team/api?"),
        (["a"], "event: expected {}, or options such as {\"dry_run\": true}, got ['a']"),
    ],
)
def test_a_wrong_event_is_answered_with_the_way_out_before_any_call(
    event: Any, message: str, make: Make, memory_cloud: Cloud
) -> None:
    answer = make(FLEET)(event, Context())
    assert answer["errors"] == [{"owner": "", "owners": 1, "code": "SpecError", "message": message, "notes": []}]
    assert (answer["done"], answer["ok"], answer["failed"]) == (True, False, 1)
    assert not memory_cloud.calls


def test_mistakes_of_a_fleet_file_are_answered_with_their_lines(make: Make) -> None:
    answer = make("repositories:\n- {nam: a}\n- {name: B}\n")({}, Context())
    codes, messages = {row["code"] for row in answer["errors"]}, [row["message"] for row in answer["errors"]]
    assert codes == {"SpecError"}
    assert "the text of the fleet:2:4: repositories[0].nam: unknown key; did you mean name?" in messages
    assert (answer["failed"], len(messages)) == (1, 4)
    assert make("nowhere.yaml")({}, Context())["errors"][0]["code"] == "FileNotFoundError"
    [row] = make("s3://bucket/fleet.yaml")({}, Context())["errors"]
    assert row["message"].endswith("is a URL, and none is read: give a function of the event that gets it")


def test_an_owner_that_fails_is_a_row_and_stops_no_other(make: Make, memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", where=lambda call: call.params.get("repositoryName") in ("ba", "ca"), times=None)
    answer = make([RepositorySpec(name) for name in ("ca", "aa", "bb", "ba", "ab")])({}, Context())
    assert (answer["done"], answer["ok"], answer["left"], answer["failed"]) == (True, False, 0, 2)
    assert answer["made"]["create"] == 3
    assert answer["missing"]["create"] == 2
    assert [(row["owner"], row["code"]) for row in answer["errors"]] == [
        ("ba", "AccessDeniedException"),
        ("ca", "AccessDeniedException"),
    ]
    assert "the caller needs the IAM action ecr:CreateRepository" in answer["errors"][0]["notes"]


def test_an_owner_that_cannot_be_read_is_a_row_and_stops_no_other(make: Make, memory_cloud: Cloud) -> None:
    fleet = [RepositorySpec(name, tags={"a": "b"}, lifecycle_rules=[]) for name in ("aa", "bb", "cc")]
    memory_cloud.emulator.seed(["aa", "bb"])
    memory_cloud.faults.on(
        "denied",
        operation="GetLifecyclePolicy",
        where=lambda call: call.params["repositoryName"] == "bb",
        times=None,
    )
    answer = make(fleet)({}, Context())
    assert [(row["owner"], row["code"]) for row in answer["errors"]] == [("bb", "AccessDeniedException")]
    assert {change["owner"] for change in answer["changes"]} >= {"aa", "cc"}
    assert (answer["done"], answer["ok"], answer["failed"]) == (True, False, 1)


def test_what_would_end_every_batch_ends_the_job(make: Make, memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("error500", times=None)
    fleet = [RepositorySpec(f"team/{number}") for number in range(600)]
    answer = make(fleet)({}, Context())
    assert (answer["done"], answer["ok"], answer["left"], answer["failed"]) == (True, False, 600, 1)
    assert answer["summary"] == "nothing was changed; 1 failed; 600 were not begun"
    assert [(row["owner"], row["code"]) for row in answer["errors"]] == [("", "ServerException")]


def test_a_conflict_is_left_alone_and_says_the_way_out(make: Make, memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["old"])
    fleet = [RepositorySpec("old", encryption="KMS", tags={"a": "b"}), RepositorySpec("new")]
    dry = make(fleet)({"dry_run": True}, Context())
    made = make(fleet)({}, Context())
    for answer, headline in ((dry, "nothing would be changed"), (made, "it was left alone")):
        assert (answer["done"], answer["ok"], answer["failed"], answer["left"]) == (True, False, 1, 0)
        [row] = answer["errors"]
        assert (row["owner"], row["code"]) == ("old", "ConflictError")
        assert row["message"] == f"{headline}, because this is impossible: ! old encryption: AES256 -> KMS"
        assert row["notes"][0].startswith("encryption is chosen once: leave it out")
    assert memory_cloud.calls.writes() == ["CreateRepository"]
    assert [change["owner"] for change in made["changes"]] == ["new"]


def test_two_specs_of_one_name_are_refused_before_any_call(make: Make, memory_cloud: Cloud) -> None:
    twice = [RepositorySpec(f"team/{number % 600}") for number in range(601)]
    answer = make(twice)({}, Context())
    assert answer["errors"][0]["message"] == "two specs have the name 'team/0': merge them into one"
    assert not memory_cloud.calls


def test_a_mistake_in_a_function_is_answered_and_its_traceback_is_logged(make: Make, lines: Lines) -> None:
    def fleet(event: Any) -> list[RepositorySpec]:
        return [RepositorySpec(event["nam"])]

    answer = make(fleet)({"name": "ab"}, Context())
    assert [(row["code"], row["message"]) for row in answer["errors"]] == [("KeyError", "KeyError: 'nam'")]
    [logged] = [line for line in lines.all() if "stackTrace" in line]
    assert 'event["nam"]' in logged["stackTrace"]
    wrong = make(lambda event: 3)({}, Context())
    assert wrong["errors"][0]["message"].startswith("fleet: expected the path of a fleet file, its text, a Fleet")


def test_what_ends_the_process_is_no_answer(make: Make) -> None:
    def fleet(event: Any) -> list[RepositorySpec]:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        make(fleet)({}, Context())


def test_no_secret_is_in_an_answer_or_a_line(
    make: Make, memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    token, key = "token-of-the-function-1234", "secret-of-the-function-1234"
    session = memory_cloud.session(own=True)
    session._session.set_credentials("AKIA", key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    said = f"The canonical string should have been x-amz-security-token:{token} {key}\x1b[2J"

    def refuse(event: Any) -> Any:
        raise ClientError({"Error": {"Code": "InvalidSignatureException", "Message": said}}, "PutImage")

    answer = make(refuse, registry=Registry(session))({}, Context())
    [row] = answer["errors"]
    assert row["code"] == "InvalidSignatureException"
    assert "x-amz-security-token:<secret> <secret>\\x1b[2J" in row["message"]
    written = json.dumps([answer, lines.all()])
    assert token not in written
    assert key not in written


def test_an_answer_that_is_not_ok_is_raised_where_that_is_asked_for(make: Make, memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", operation="CreateRepository", times=1)
    job = make(FLEET, raise_errors=True)
    with pytest.raises(JobError, match=r"1 failed\n  team/api: .*AccessDenied") as caught:
        job({}, Context())
    assert caught.value.answer["errors"][0]["owner"] == "team/api"
    assert pickle.loads(pickle.dumps(caught.value)).answer == caught.value.answer
    assert job({}, Context())["ok"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"margin": -1}, "margin: expected seconds, at least 0, got -1"),
        ({"margin": "5"}, "margin: expected seconds"),
        ({"dry_run": "yes"}, "dry_run: expected True or False, got 'yes'"),
        ({"raise_errors": 1}, "raise_errors: expected True or False, got 1"),
        ({"registry": "eu-west-1"}, "registry: expected a Registry, or a function that makes one, got 'eu-west-1'"),
        ({"fleet": 3}, "fleet: expected the path of a fleet file, its text, a Fleet, a list of specs"),
        ({"fleet": {"repositories": []}}, "write fleet_from_dict"),
        ({"fleet": RepositorySpec("ab")}, "got one spec: write a list of it"),
        ({"fleet": ["ab"]}, "got 'ab' in a list"),
    ],
)
def test_a_wrong_argument_is_refused_when_the_container_starts(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        handler(**{"fleet": FLEET, **arguments})


def test_a_function_that_makes_no_registry_is_answered() -> None:
    [row] = handler(FLEET, registry=lambda: 3)({}, Context())["errors"]  # type: ignore[arg-type,return-value]
    assert row["message"] == "registry: expected a function that returns a Registry, it returned 3"


def test_a_runtime_with_an_old_botocore_is_said(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    assert make(FLEET)({}, Context())["notes"] == []
    monkeypatch.setattr(runtime, "BOTOCORE", "1.39.9")
    [note] = make(FLEET)({}, Context())["notes"]
    assert note.startswith("the runtime has botocore 1.39.9, and ecrops needs 1.39.11 or later")
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert f'"boto3>={".".join(map(str, runtime.FLOOR))}"' in project
