"""Other writers: each of them writes in one moment, and what it writes has a text of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from ecrops import EcropsError, Registry, Role
from ecrops.testing import Cloud
from support import lifecycle, registry_of

from .cells import QUEUE

RULE = "pushed"
REGISTRY = f"arn:aws:ecr:eu-west-1:{Cloud.account}:repository/"
EXCEPT_LATEST = [{"filterType": "WILDCARD", "filter": "latest"}]


class Writers:
    """The writes of others, by name. Each takes a repository and a number, and has no effect if AWS refuses it."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._ecr, self._iam, self._events = (cloud.client(service) for service in ("ecr", "iam", "events"))

    def write(self, kind: str, name: str, number: int) -> None:
        """Make the write of a kind."""
        with suppress(ClientError, EcropsError, ExceptionGroup):
            KINDS[kind](self, name, number)

    # Repositories

    def add_statement(self, name: str, number: int) -> None:
        self._put_policy(name, [*self._statements(name), _statement(number)])

    def replace_policy(self, name: str, number: int) -> None:
        self._put_policy(name, [_statement(number)])

    def drop_statement_of_ecrops(self, name: str, number: int) -> None:
        self._put_policy(name, [each for each in self._statements(name) if each["Sid"] != "EcropsPull"])

    def _statements(self, name: str) -> list[dict[str, Any]]:
        try:
            return list(json.loads(self._ecr.get_repository_policy(repositoryName=name)["policyText"])["Statement"])
        except self._ecr.exceptions.RepositoryPolicyNotFoundException:
            return []

    def _put_policy(self, name: str, statements: list[dict[str, Any]]) -> None:
        if statements:
            self._ecr.set_repository_policy(repositoryName=name, policyText=_document(statements))
        else:
            self._ecr.delete_repository_policy(repositoryName=name)

    def replace_rules(self, name: str, number: int) -> None:
        self._put_rules(name, [_rule(number)])

    def prepend_rule(self, name: str, number: int) -> None:
        rules = [{**rule, "rulePriority": rule["rulePriority"] + 1} for rule in lifecycle(self._ecr, name) or ()]
        self._put_rules(name, [_rule(number), *rules])

    def _put_rules(self, name: str, rules: list[dict[str, Any]]) -> None:
        self._ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": rules}))

    def set_tag(self, name: str, number: int) -> None:
        self._ecr.tag_resource(resourceArn=REGISTRY + name, tags=[{"Key": "team", "Value": f"their{number}"}])

    def add_tag(self, name: str, number: int) -> None:
        self._ecr.tag_resource(resourceArn=REGISTRY + name, tags=[{"Key": f"their{number}", "Value": "1"}])

    def set_mutability(self, name: str, number: int) -> None:
        mode, filters = ("MUTABLE", []) if number % 2 else ("IMMUTABLE_WITH_EXCLUSION", EXCEPT_LATEST)
        self._ecr.put_image_tag_mutability(
            repositoryName=name,
            imageTagMutability=mode,
            **({"imageTagMutabilityExclusionFilters": filters} if filters else {}),
        )

    def remake(self, name: str, number: int) -> None:
        self._ecr.delete_repository(repositoryName=name, force=True)
        self._ecr.create_repository(repositoryName=name, tags=[{"Key": "remade", "Value": str(number)}])
        self.set_mutability(name, number)

    # IAM

    def add_role_statement(self, name: str, number: int) -> None:
        try:
            document = self._iam.get_role_policy(RoleName="ci", PolicyName="ecrops")["PolicyDocument"]
        except self._iam.exceptions.NoSuchEntityException:
            document = {"Statement": []}
        self._put_role(document["Statement"] + [_statement(number, Resource="*")])

    def drop_role_statement(self, name: str, number: int) -> None:
        document = self._iam.get_role_policy(RoleName="ci", PolicyName="ecrops")["PolicyDocument"]
        self._put_role([each for each in document["Statement"] if each["Sid"] != "EcropsPull"])

    def _put_role(self, statements: list[dict[str, Any]]) -> None:
        self._iam.put_role_policy(RoleName="ci", PolicyName="ecrops", PolicyDocument=_document(statements))

    def add_managed_statement(self, name: str, number: int) -> None:
        for policy in self._iam.list_attached_role_policies(RoleName="deploy")["AttachedPolicies"]:
            arn = policy["PolicyArn"]
            version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            current = self._iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            text = _document([*current["Statement"], _statement(number, Resource="*")])
            self._iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)

    # EventBridge, and the policies of targets

    def add_queue_statement(self, name: str, number: int) -> None:
        sqs = self._cloud.client("sqs")
        url = sqs.get_queue_url(QueueName="pushes")["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        statements = json.loads(found["Policy"])["Statement"] if "Policy" in found else []
        theirs = {**_statement(number, Resource=QUEUE), "Principal": "*", "Action": "sqs:ReceiveMessage"}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _document([*statements, theirs])})

    def put_target(self, name: str, number: int) -> None:
        self._put_target(f"their{number}", f"their{number}")

    def put_target_under_our_id(self, name: str, number: int) -> None:
        self._put_target("ours", f"their{number}")

    def _put_target(self, name: str, topic: str) -> None:
        arn = self._cloud.client("sns").create_topic(Name=topic)["TopicArn"]
        self._events.put_targets(Rule=RULE, Targets=[{"Id": name, "Arn": arn}])

    def remove_our_target(self, name: str, number: int) -> None:
        self._events.remove_targets(Rule=RULE, Ids=["ours"])

    def describe_rule(self, name: str, number: int) -> None:
        rule = self._events.describe_rule(Name=RULE)
        settings = {member: rule[member] for member in ("EventPattern", "State")}
        self._events.put_rule(Name=RULE, **settings, Description=f"their{number}")

    # Programs that use ecrops too

    def grant_to_role(self, name: str, number: int) -> None:
        self._registry.repository(f"other{number}").grant_pull(Role("ci"))

    def grant_managed(self, name: str, number: int) -> None:
        self._registry.repository(f"other{number}").grant_pull(Role("deploy"), attach="managed")

    def grant_to_account(self, name: str, number: int) -> None:
        self._registry.repository(name).grant_pull(f"{700000000000 + number}")

    def add_lifecycle_rule(self, name: str, number: int) -> None:
        self._registry.repository(name).add_lifecycle_rule(tag_prefix_list=[f"p{number}"], max_image_count=700 + number)

    def send_elsewhere(self, name: str, number: int) -> None:
        self._registry.repository("bb").on_image_pushed(f"pushed{number}", target=QUEUE)

    @property
    def _registry(self) -> Registry:
        return registry_of(self._cloud, workers=1)


KINDS: dict[str, Callable[[Writers, str, int], None]] = {
    name: member
    for name, member in vars(Writers).items()
    if callable(member) and not name.startswith("_") and name != "write"
}
OF_OWNER: dict[str, tuple[str, ...]] = {
    "role ci": ("add_role_statement", "grant_to_role", "drop_role_statement"),
    "role deploy attached": ("add_managed_statement", "grant_managed"),
    QUEUE: ("add_queue_statement", "send_elsewhere"),
    f"rule {RULE}": ("put_target", "put_target_under_our_id", "describe_rule", "remove_our_target"),
}
"""The kinds of writes that change an owner that is no repository."""
OF_REPOSITORY = tuple(kind for kind in KINDS if not any(kind in kinds for kinds in OF_OWNER.values()))


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _statement(number: int, **members: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": f"Their{number}", "Effect": "Allow", "Action": "ecr:ListImages"}
    principal: dict[str, Any] = {"Principal": {"AWS": f"arn:aws:iam::{Cloud.account}:root"}}
    return statement | (members or principal)


def _rule(number: int) -> dict[str, Any]:
    return {
        "rulePriority": 1,
        "selection": {
            "tagStatus": "tagged",
            "tagPrefixList": [f"their{number}"],
            "countType": "imageCountMoreThan",
            "countNumber": 800 + number,
        },
        "action": {"type": "expire"},
    }
