"""delete-images and run-lifecycle: nothing is deleted that nobody agreed to, and what is needed stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecrops.cli.console import Console
from ecrops.testing import Cloud
from tests.images.usage.support import HOST, Ecs

from .conftest import Run, write

NAME = "team/api"
DELETES = "BatchDeleteImage"


@pytest.fixture
def pushed(memory_cloud: Cloud) -> dict[str, str]:
    """The digests in a repository: three images with a tag, and two without."""
    tagged = {tag: memory_cloud.push_image(NAME, tag=tag) for tag in ("prod-1", "pr-1", "pr-2")}
    return tagged | {name: memory_cloud.push_image(NAME) for name in ("one", "two")}


def left(run: Run) -> set[str]:
    return {image["digest"] for image in run("images", "--json", NAME).data["images"]}


def policy(tmp_path: Path, count: int = 1) -> str:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": count}
    rule = {"rulePriority": 1, "action": {"type": "expire"}, "selection": selection}
    return write(tmp_path / "policy.json", {"rules": [rule]})


def test_yes_deletes_no_image_unless_it_is_said_how_many(run: Run, pushed: dict[str, str], memory_cloud: Cloud) -> None:
    ran = run("delete-images", "--yes", "--untagged", NAME)
    assert (ran.code, ran.out) == (3, "")
    assert "expected at most 0 deletions in the plan, it has 2" in ran.err
    assert "--deletes N allows N of them" in ran.err
    assert run("delete-images", "--yes", "--deletes", "1", "--untagged", NAME).code == 3
    assert memory_cloud.calls.writes() == []
    ran = run("delete-images", "--yes", "--deletes", "2", "--untagged", NAME)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "1 deleted")
    assert "2 by --untagged" in ran.err
    assert left(run) == {pushed[tag] for tag in ("prod-1", "pr-1", "pr-2")}
    assert memory_cloud.calls.writes() == [DELETES]


def test_the_question_says_how_many_images_go(
    run: Run, pushed: dict[str, str], monkeypatch: pytest.MonkeyPatch, memory_cloud: Cloud
) -> None:
    ran = run("delete-images", "--all", NAME)
    assert (ran.code, "there is no terminal" in ran.err) == (1, True)
    asked: list[str] = []

    def answer(console: Console, question: str) -> bool:
        asked.append(question)
        return True

    monkeypatch.setattr(Console, "can_ask", lambda console: True)
    monkeypatch.setattr(Console, "ask", answer)
    ran = run("delete-images", "--all", "--never", "prod-*", NAME)
    assert ran.code == 0
    assert asked == ["Make these changes (1 to delete; 4 images)?"]
    assert left(run) == {pushed["prod-1"]}


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (("--tags", "pr-*"), {"prod-1", "one", "two"}),
        (("--tags", "pr*", "--never", "prod-*", "--never", "pr-2"), {"prod-1", "pr-2", "one", "two"}),
        (("--all", "--older-than", "1"), None),
        (("--older-than", "1"), {"prod-1", "pr-1", "pr-2", "one", "two"}),
        (("--pulled-before", "1", "--tags", "pr-1"), {"prod-1", "pr-2", "one", "two"}),
        (("--larger-than", "1000000"), {"prod-1", "pr-1", "pr-2", "one", "two"}),
        (("--orphans",), {"prod-1", "pr-1", "pr-2", "one", "two"}),
        (("--archived",), {"prod-1", "pr-1", "pr-2", "one", "two"}),
        ((), None),
    ],
)
def test_what_fits_every_condition_goes(
    run: Run, pushed: dict[str, str], arguments: tuple[str, ...], expected: set[str] | None
) -> None:
    ran = run("delete-images", "--yes", "--deletes", "9", *arguments, NAME)
    assert ran.code == (0 if expected else 1)
    assert left(run) == {pushed[name] for name in expected or pushed}


def test_images_are_deleted_by_name_and_with_their_artifacts(
    run: Run, pushed: dict[str, str], memory_cloud: Cloud
) -> None:
    memory_cloud.push_referrer(NAME, pushed["pr-1"])
    assert run("delete-images", "--yes", "--deletes", "2", NAME, "pr-1", pushed["one"]).code == 3
    assert run("delete-images", "--yes", "--deletes", "3", NAME, "pr-1", pushed["one"]).code == 0
    assert left(run) == {pushed[name] for name in ("prod-1", "pr-2", "two")}


def test_an_approved_deletion_deletes_nothing_that_came_since(
    run: Run, pushed: dict[str, str], memory_cloud: Cloud, tmp_path: Path
) -> None:
    file = str(tmp_path / "plan.json")
    assert run("delete-images", "--out", file, "--untagged", NAME).code == 0
    checksum = json.loads(Path(file).read_text())["checksum"]
    new = memory_cloud.push_image(NAME)
    ran = run("delete-images", "--approved", checksum, "--untagged", NAME)
    assert (ran.code, memory_cloud.calls.writes()) == (3, [])
    memory_cloud.client("ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageDigest": new}])
    assert run("delete-images", "--approved", checksum, "--untagged", NAME).code == 0


def test_what_pods_run_stays(run: Run, pushed: dict[str, str], tmp_path: Path) -> None:
    container = {"containers": [{"name": "app", "image": f"{HOST}/{NAME}:pr-1"}]}
    pod = {"kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": container}
    pods = write(tmp_path / "pods.json", {"kind": "List", "items": [pod]})
    ran = run("delete-images", "--yes", "--deletes", "2", "--tags", "pr*", "--never", "prod-1", "--pods", pods, NAME)
    assert ran.code == 0
    assert "runs in Kubernetes pod shop/web" in ran.err
    assert pushed["pr-1"] in left(run)
    assert pushed["pr-2"] not in left(run)
    ran = run("delete-images", "--untagged", "--pods", str(tmp_path / "none.json"), NAME)
    assert (ran.code, "No such file" in ran.err) == (1, True)


@pytest.mark.parametrize(
    "options, stays",
    [(("--in-use",), True), (("--in-use-profile", "x"), True), (("--in-use", "--no-ecs"), False), ((), False)],
)
def test_what_ecs_runs_stays(
    run: Run,
    pushed: dict[str, str],
    memory_cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    stays: bool,
) -> None:
    ecs = Ecs()
    ecs.add_task("prod", "family:web", f"{HOST}/{NAME}:old", pushed["one"])
    session = ecs.answers(memory_cloud.session(own=True))
    monkeypatch.setattr("ecrops.cli.account.session_of", lambda arguments: session)
    ran = run("delete-images", "--yes", "--deletes", "2", "--untagged", *options, NAME)
    assert ran.code == 0
    assert (pushed["one"] in left(run)) == stays
    assert ("runs in ECS" in ran.err) == stays
    assert pushed["two"] not in left(run)


def test_a_part_that_may_not_be_read_protects_by_an_error(
    run: Run, pushed: dict[str, str], memory_cloud: Cloud
) -> None:
    memory_cloud.faults.on("denied", where=lambda call: call.operation == "ListFunctions")
    ran = run("delete-images", "--yes", "--deletes", "9", "--untagged", "--in-use", NAME)
    assert ran.code == 1
    assert "leave Lambda out with --no-lambda" in ran.err
    assert left(run) == set(pushed.values())
    memory_cloud.faults.on("denied", where=lambda call: call.operation == "ListFunctions")
    assert run("delete-images", "--yes", "--deletes", "2", "--untagged", "--in-use", "--no-lambda", NAME).code == 0


@pytest.mark.parametrize(
    "options, words",
    [(("--no-ecs",), "say --in-use too"), (("--in-use", "--no-ecs", "--no-lambda"), "nothing is left of --in-use")],
)
def test_a_protection_of_nothing_is_refused(
    run: Run, pushed: dict[str, str], options: tuple[str, ...], words: str
) -> None:
    ran = run("delete-images", "--untagged", *options, NAME)
    assert (ran.code, ran.out) == (1, "")
    assert words in ran.err


def test_a_policy_is_carried_out_at_once(run: Run, pushed: dict[str, str], memory_cloud: Cloud, tmp_path: Path) -> None:
    arguments = ("run-lifecycle", "--never", "prod-*", NAME, policy(tmp_path))
    assert run(*arguments, "--dry-run").code == 0
    assert run(*arguments, "--yes").code == 3
    assert memory_cloud.calls.writes() == []
    ran = run(*arguments, "--yes", "--deletes", "4")
    assert ran.code == 0
    assert pushed["prod-1"] in left(run)
    assert len(left(run)) <= 2
    ran = run("run-lifecycle", "--yes", NAME)
    assert (ran.code, ran.out) == (0, "nothing to do\n")
    assert "no lifecycle policy" in ran.err


def test_a_policy_comes_from_a_fleet_file_or_from_stdin(run: Run, pushed: dict[str, str], tmp_path: Path) -> None:
    fleet = {"repositories": [{"name": NAME, "lifecycle_rules": [{"max_image_count": 1}]}]}
    assert "images: 4 images" in run("run-lifecycle", "--dry-run", NAME, write(tmp_path / "f.json", fleet)).out
    text = Path(policy(tmp_path)).read_text()
    assert "images: 4 images" in run("run-lifecycle", "--dry-run", NAME, "-", stdin=text).out
    ran = run("run-lifecycle", NAME, "-", stdin=text)
    assert (ran.code, "stdin is the policy" in ran.err) == (1, True)


def test_what_is_left_of_an_approved_deletion_is_made_with_its_plan(
    run: Run, memory_cloud: Cloud, tmp_path: Path
) -> None:
    for number in range(130):
        memory_cloud.push_image(NAME, tag=f"pr-{number}")
    file = str(tmp_path / "plan.json")
    arguments = ("delete-images", "--all", NAME)
    assert run(*arguments, "--out", file).code == 0
    plan = json.loads(Path(file).read_text())
    approval = (*arguments, "--approved", plan["checksum"])
    ids = plan["changes"][0]["params"]["imageIds"]
    memory_cloud.client("ecr").batch_delete_image(repositoryName=NAME, imageIds=ids)
    assert run(*approval).code == 3
    ran = run(*approval, "--plan", file)
    assert (ran.code, left(run)) == (0, set())
