"""ECS as its API reference describes it: the answers to what ecrops asks, checked against botocore's model.

moto's ECS has no digests of images. These answers have the documented shapes, pages and limits, and nothing else of it.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.validate import ParamValidator

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def arn(resource: str) -> str:
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:{resource}"


class Refused(Exception):
    """A call is answered with an error of this code."""


class Ecs:
    """What there is in ECS, and which calls were made.

    Attributes:
        tasks: By cluster, the tasks.
        services: By cluster, the services.
        revisions: The service revisions, by ARN.
        definitions: By family, the containers of each revision.
        deregistered: The families that lose their last revision right after they are listed.
        calls: How often each operation was called.
        errors: By operation, the code that it is answered with.
        page: How many entries a page has at most.
    """

    def __init__(self) -> None:
        self.tasks: dict[str, list[dict[str, Any]]] = {}
        self.services: dict[str, list[dict[str, Any]]] = {}
        self.revisions: dict[str, dict[str, Any]] = {}
        self.definitions: dict[str, list[list[str]]] = {}
        self.deregistered: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.errors: dict[str, str] = {}
        self.page = 100

    def answers(self, session: boto3.Session) -> boto3.Session:
        """Answer the calls that the clients of a session make to ECS from now on."""
        answer: Any = self._answer
        session.events.register("before-call.ecs", answer)
        return session

    def add_task(self, cluster: str, group: str, image: str, digest: str = "") -> None:
        number = len(self.tasks.setdefault(cluster, []))
        container = {"name": "app", "image": image, "lastStatus": "RUNNING"}
        self.tasks[cluster].append(
            {
                "taskArn": arn(f"task/{cluster}/{number:032x}"),
                "clusterArn": arn(f"cluster/{cluster}"),
                "taskDefinitionArn": arn(f"task-definition/{group.partition(':')[2]}:1"),
                "group": group,
                "containers": [container | ({"imageDigest": digest} if digest else {})],
            }
        )

    def add_service(self, cluster: str, name: str, image: str = "", digest: str = "", definition: str = "") -> None:
        """A service with a current revision if it has a digest, and with a task definition if that is given."""
        self.tasks.setdefault(cluster, [])
        revision = arn(f"service-revision/{cluster}/{name}/{len(self.revisions)}")
        service: dict[str, Any] = {"serviceName": name, "serviceArn": arn(f"service/{cluster}/{name}")}
        if digest:
            images = [{"containerName": "app", "image": image, "imageDigest": digest}]
            self.revisions[revision] = {"serviceRevisionArn": revision, "containerImages": images}
            service["currentServiceRevisions"] = [{"arn": revision, "runningTaskCount": 1}]
        if definition:
            service["taskDefinition"] = arn(f"task-definition/{definition}")
        self.services.setdefault(cluster, []).append(service)

    def _answer(self, *, model: Any, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        operation = model.name
        self.calls[operation] += 1
        try:
            if code := self.errors.get(operation):
                raise Refused(code)
            answer = getattr(self, f"_{operation}")(json.loads(params["body"]))
        except Refused as refusal:
            error = {"Error": {"Code": str(refusal), "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            return SimpleNamespace(status_code=400), error
        report = ParamValidator().validate(answer, model.output_shape)
        assert not report.has_errors(), report.generate_report()
        return SimpleNamespace(status_code=200), answer | {"ResponseMetadata": {"HTTPStatusCode": 200}}

    def _paged(self, member: str, arns: Sequence[str], asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["maxResults"] <= 100
        start = int(asked.get("nextToken", 0))
        end = start + min(self.page, asked["maxResults"])
        more = {"nextToken": str(end)} if end < len(arns) else {}
        return {member: list(arns[start:end]), **more}

    def _ListClusters(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._paged("clusterArns", [arn(f"cluster/{name}") for name in self.tasks], asked)

    def _ListTasks(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._paged("taskArns", [task["taskArn"] for task in self.tasks[_name(asked)]], asked)

    def _DescribeTasks(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert 1 <= len(asked["tasks"]) <= 100
        return {"tasks": [task for task in self.tasks[_name(asked)] if task["taskArn"] in asked["tasks"]]}

    def _ListServices(self, asked: dict[str, Any]) -> dict[str, Any]:
        arns = [service["serviceArn"] for service in self.services.get(_name(asked), [])]
        return self._paged("serviceArns", arns, asked)

    def _DescribeServices(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert 1 <= len(asked["services"]) <= 10
        services = self.services[_name(asked)]
        return {"services": [service for service in services if service["serviceArn"] in asked["services"]]}

    def _DescribeServiceRevisions(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert 1 <= len(asked["serviceRevisionArns"]) <= 20
        return {"serviceRevisions": [self.revisions[each] for each in asked["serviceRevisionArns"]]}

    def _ListTaskDefinitionFamilies(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["status"] == "ACTIVE"
        beginning = asked.get("familyPrefix", "")
        families = [name for name in self.definitions if name.startswith(beginning) and name not in self.deregistered]
        return self._paged("families", families if beginning else list(self.definitions), asked)

    def _DescribeTaskDefinition(self, asked: dict[str, Any]) -> dict[str, Any]:
        family, _, revision = asked["taskDefinition"].rpartition("/")[2].partition(":")
        if family in self.deregistered:
            raise Refused("ClientException")
        number = int(revision or len(self.definitions[family]))
        containers = [{"name": f"c{n}", "image": image} for n, image in enumerate(self.definitions[family][number - 1])]
        definition = {"taskDefinitionArn": arn(f"task-definition/{family}:{number}"), "family": family}
        return {"taskDefinition": definition | {"revision": number, "containerDefinitions": containers}}


def _name(asked: dict[str, Any]) -> str:
    return str(asked["cluster"].rpartition("/")[2])
