"""What runs, as it is read of ECS and of Lambda."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from ecrops import Registry, SpecError
from ecrops.aws import ClientError
from ecrops.images import InUse, in_use
from ecrops.testing import AT_ONCE, Cloud
from support import registry_of
from tests.events.support import make_function
from tests.images.usage.support import ACCOUNT, HOST, REGION, Ecs, digest

LIST_ALL = {"ListClusters": 1, "ListTaskDefinitionFamilies": 1}


@pytest.fixture
def ecs() -> Ecs:
    return Ecs()


@pytest.fixture
def registry(memory_cloud: Cloud, ecs: Ecs) -> Registry:
    return Registry(ecs.answers(memory_cloud.session(own=True)), retry=AT_ONCE)


def running(registry: Registry, **options: Any) -> InUse:
    return in_use(registry, **{"lambda_": False, **options})


def test_a_task_is_read_with_the_digest_that_runs(registry: Registry, ecs: Ecs) -> None:
    ecs.add_task("prod", "service:web", f"{HOST}/team/web:v1", digest(1))
    ecs.add_task("prod", "service:web", f"{HOST}/team/web:v1", digest(1))
    ecs.add_task("batch", "family:cron", f"{HOST}/team/cron:v1", digest(2))
    ecs.add_task("batch", "family:slow", f"{HOST}/team/slow")
    found = running(registry)
    assert found.to_dict()["images"] == {
        f"{HOST}/team/web@{digest(1)}": ["ECS service web in cluster prod"],
        f"{HOST}/team/cron@{digest(2)}": ["ECS task of cron:1 in cluster batch"],
        f"{HOST}/team/slow:latest": ["ECS task of slow:1 in cluster batch"],
    }
    assert ecs.calls == LIST_ALL | {"ListTasks": 2, "DescribeTasks": 2, "ListServices": 2}
    assert found.read == (f"ECS of account {ACCOUNT} in {REGION}",)


def test_a_service_without_tasks_is_read_by_its_revisions_and_by_its_definitions(registry: Registry, ecs: Ecs) -> None:
    ecs.definitions = {"web": [[f"{HOST}/team/web:v1"], [f"{HOST}/team/web:v2"]]}
    ecs.add_service("prod", "web", f"{HOST}/team/web:v1", digest(1), "web:1")
    ecs.add_service("prod", "old", definition="web:2")
    assert running(registry).to_dict()["images"] == {
        f"{HOST}/team/web:v2": ["ECS task definition web:2"],
        f"{HOST}/team/web@{digest(1)}": ["ECS service web in cluster prod"],
        f"{HOST}/team/web:v1": ["ECS service web in cluster prod"],
    }
    assert ecs.calls["DescribeTaskDefinition"] == 2, "the newest revision is described once"
    assert ecs.calls["DescribeServiceRevisions"] == 1


def test_the_definitions_of_deployments_and_of_sets_of_tasks_are_read(registry: Registry, ecs: Ecs) -> None:
    ecs.definitions = {name: [[f"{HOST}/{name}:v1"], ["nginx"]] for name in ("blue", "green")}
    ecs.add_service("prod", "web")
    ecs.services["prod"][0] |= {
        "deployments": [{"taskDefinition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/blue:1"}],
        "taskSets": [{"taskDefinition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/green:1"}],
    }
    assert set(running(registry)) == {f"{HOST}/blue:v1", f"{HOST}/green:v1"}


def test_the_newest_revision_of_each_family_counts(registry: Registry, ecs: Ecs) -> None:
    """A scheduled task has no service, and no task while it does not run."""
    ecs.definitions = {
        "cron": [[f"{HOST}/cron:v1"], [f"{HOST}/cron:v2", f"{HOST}/sidecar@{digest(3)}", "public.ecr.aws/x/y:1"]],
    }
    assert list(running(registry)) == [f"{HOST}/cron:v2", f"{HOST}/sidecar@{digest(3)}"]


def test_images_of_other_registries_count_by_their_digests(registry: Registry, ecs: Ecs) -> None:
    ecs.add_task("prod", "service:web", "mirror.example.com/team/web:v1", digest(1))
    ecs.add_task("prod", "service:web", "nginx:1.27")
    ecs.add_task("prod", "service:web", "Not an image!", digest(2))
    assert list(running(registry)) == [digest(1), digest(2)]


def test_everything_is_read_page_after_page_and_in_batches(registry: Registry, ecs: Ecs) -> None:
    ecs.page = 7
    for number in range(205):
        ecs.add_task("prod", "service:web", f"{HOST}/web:v1", digest(number))
    for number in range(41):
        ecs.add_service("prod", f"s{number}", f"{HOST}/s:v1", digest(1000 + number))
    ecs.definitions = {f"f{number}": [[f"{HOST}/f:v{number}"]] for number in range(15)}
    assert len(running(registry)) == 205 + 41 + 15
    assert ecs.calls == {
        "ListClusters": 1,
        "ListTasks": 30,
        "DescribeTasks": 3,
        "ListServices": 6,
        "DescribeServices": 5,
        "DescribeServiceRevisions": 3,
        "ListTaskDefinitionFamilies": 3,
        "DescribeTaskDefinition": 15,
    }


def test_what_is_deleted_while_it_is_read_does_not_run(registry: Registry, ecs: Ecs) -> None:
    ecs.add_task("prod", "service:web", f"{HOST}/web:v1", digest(1))
    ecs.definitions = {"web": [[f"{HOST}/web:v1"]], "webshop": [[f"{HOST}/webshop:v1"]]}
    ecs.errors = {"ListTasks": "ClusterNotFoundException"}
    ecs.deregistered = {"web"}
    assert list(running(registry)) == [f"{HOST}/webshop:v1"]


def test_a_definition_that_cannot_be_described_is_an_error_if_it_is_there(registry: Registry, ecs: Ecs) -> None:
    ecs.definitions = {"web": [[f"{HOST}/web:v1"]]}
    ecs.errors = {"DescribeTaskDefinition": "ClientException"}
    with pytest.raises(ClientError):
        running(registry)


@pytest.mark.parametrize(
    "operation", ["ListClusters", "ListTasks", "DescribeTasks", "DescribeServices", "DescribeTaskDefinition"]
)
def test_a_part_that_may_not_be_read_is_an_error_with_the_way_out(registry: Registry, ecs: Ecs, operation: str) -> None:
    ecs.add_task("prod", "service:web", f"{HOST}/web:v1", digest(1))
    ecs.add_service("prod", "web", f"{HOST}/web:v1", digest(1))
    ecs.definitions = {"web": [[f"{HOST}/web:v1"]]}
    ecs.errors[operation] = "AccessDeniedException"
    with pytest.raises(ClientError) as caught:
        running(registry)
    notes = "\n".join(caught.value.__notes__)
    assert f"ecs:{operation}" in notes
    assert "leave ECS out with ecs=False" in notes


def test_a_call_that_fails_for_a_moment_is_repeated(registry: Registry, ecs: Ecs) -> None:
    ecs.add_task("prod", "service:web", f"{HOST}/web:v1", digest(1))
    ecs.errors["ListTasks"] = "ServerException"
    with pytest.raises(ClientError):
        running(registry)
    assert ecs.calls["ListTasks"] > 1


def make_image_function(cloud: Cloud, name: str, *images: str) -> None:
    """A function of images: each was published as a version, and the last one is the newest."""
    functions = cloud.client("lambda")
    role = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = {"ImageUri": images[0]}
    functions.create_function(FunctionName=name, PackageType="Image", Role=role, Code=code, Publish=True)
    for image in images[1:]:
        functions.update_function_code(FunctionName=name, ImageUri=image)
        functions.publish_version(FunctionName=name)


def test_every_version_of_a_function_of_an_image_is_read(memory_cloud: Cloud) -> None:
    make_function(memory_cloud)
    memory_cloud.emulator.seed(["resize"])
    pushed = memory_cloud.push_image("resize", tag="v1")
    make_image_function(memory_cloud, "resize", f"{HOST}/resize:v1", f"{HOST}/resize@{digest(2)}")
    memory_cloud.push_image("resize", tag="v1", layers=[b"another"])
    memory_cloud.calls.clear()
    found = in_use(registry_of(memory_cloud), ecs=False)
    assert found.to_dict()["images"] == {
        f"{HOST}/resize@{digest(2)}": ["Lambda function resize", "Lambda function resize:2"],
        f"{HOST}/resize@{pushed}": ["Lambda function resize:1"],
    }
    assert Counter(memory_cloud.calls.operations()) == {"ListFunctions": 1, "GetFunction": 3, "GetCallerIdentity": 1}
    assert found.read == (f"Lambda of account {ACCOUNT} in {REGION}",)


def answered(pages: list[dict[str, Any]], asked: list[str]) -> Any:
    """Answers the pages of the functions, and writes down which page was asked for."""

    def answer(*, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        asked.append(params["query_string"].get("Marker", ""))
        return SimpleNamespace(status_code=200), pages[len(asked) - 1] | {"ResponseMetadata": {"HTTPStatusCode": 200}}

    return answer


def test_the_functions_are_read_page_after_page(memory_cloud: Cloud) -> None:
    session, asked = memory_cloud.session(own=True), list[str]()
    pages: list[dict[str, Any]] = [{"Functions": [], "NextMarker": "more"}, {"Functions": []}]
    session.events.register("before-call.lambda.ListFunctions", answered(pages, asked))
    assert not in_use(session, ecs=False, retry=AT_ONCE)
    assert asked == ["", "more"]


@pytest.mark.parametrize("operation", ["ListFunctions", "GetFunction"])
def test_functions_that_may_not_be_read_are_an_error(memory_cloud: Cloud, operation: str) -> None:
    make_image_function(memory_cloud, "resize", f"{HOST}/resize@{digest(1)}")
    memory_cloud.faults.on("denied", where=lambda call: call.operation == operation)
    with pytest.raises(ClientError) as caught:
        in_use(registry_of(memory_cloud), ecs=False)
    notes = "\n".join(caught.value.__notes__)
    assert f"lambda:{operation}" in notes
    assert "leave Lambda out with lambda_=False" in notes


def test_several_sessions_and_what_else_is_known_are_joined(memory_cloud: Cloud) -> None:
    ecs, others = Ecs(), Ecs()
    ecs.add_task("prod", "service:web", f"{HOST}/web:v1", digest(1))
    others.add_task("prod", "service:web", f"{HOST}/web:v1", digest(2))
    mine, other = memory_cloud.session(own=True), memory_cloud.session("us-east-1", own=True)
    sessions = ecs.answers(mine), others.answers(other)
    known = InUse({digest(4): ["somebody's laptop"]})
    found = in_use(*sessions, lambda_=False, extra=[f"{HOST}/x:v1", digest(3), known], retry=AT_ONCE)
    assert list(found) == [f"{HOST}/web@{digest(1)}", f"{HOST}/web@{digest(2)}", f"{HOST}/x:v1", digest(3), digest(4)]
    assert found.read == (f"ECS of account {ACCOUNT} in {REGION}", f"ECS of account {ACCOUNT} in us-east-1")
    assert "other accounts and regions may use these images too" in str(found).split("\n")[-1]


def test_only_what_is_known_is_taken_if_nothing_is_to_be_read() -> None:
    assert list(in_use(ecs=False, lambda_=False, extra=digest(1))) == [digest(1)]


@pytest.mark.parametrize(
    ("sessions", "options", "said"),
    [
        (("eu-west-1",), {}, "expected a boto3.Session, got 'eu-west-1'"),
        ((), {"ecs": 1}, "ecs: expected True or False"),
        ((), {"extra": 7}, "extra: expected images"),
        ((), {"extra": ["v1", 7]}, "extra[1]: "),
        ((), {"on_wait": 7}, "on_wait: expected a function of a wait"),
    ],
)
def test_what_cannot_be_read_is_refused(sessions: tuple[Any, ...], options: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        in_use(*sessions, **options)
    assert said in str(caught.value)


def test_a_session_that_nothing_is_read_of_is_refused(memory_cloud: Cloud) -> None:
    with pytest.raises(SpecError, match="leave the sessions out"):
        in_use(memory_cloud.session(), ecs=False, lambda_=False)
