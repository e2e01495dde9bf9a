"""A fleet under ``team/``, and what is there besides."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from ecrops import Group, Registry, RegistrySpec, RepositoryCreationTemplate, RepositorySpec, Role, User, prefix, pull
from ecrops.events import on_image_pushed
from ecrops.testing import Call, Cloud
from support import registry_of
from tests.access.world import inline, listed
from tests.events.support import arn, make_queue, queue_policy

TEAM = prefix("team/")
QUEUE = arn("sqs", "pushes")
API = RepositorySpec("team/api", grants=[pull(Role("nodes"))], events=[on_image_pushed(target=QUEUE)])
WEB = RepositorySpec("team/web")
FLEET = (API, WEB)
BARE = (RepositorySpec("team/api"), WEB)
TEMPLATES = RegistrySpec(creation_templates=[])
OLD_RULE = "ecrops-image-pushed-team-old-34d7c46f0ffb"


def fleet(cloud: Cloud) -> Registry:
    """A registry with the fleet, which is as its specs say."""
    cloud.emulator.make_principals(user="ci", role="nodes", group="devs")
    make_queue(cloud)
    registry = registry_of(cloud)
    registry.ensure(*FLEET)
    return registry


def bare(cloud: Cloud) -> Registry:
    """A registry with the repositories of the fleet alone."""
    cloud.emulator.seed([spec.name for spec in BARE])
    return registry_of(cloud)


def add_old(registry: Registry) -> None:
    """Make a repository of an earlier spec, with a rule and a grant in IAM. It is empty."""
    registry.ensure(RepositorySpec("team/old", grants=[pull(Role("nodes"))], events=[on_image_pushed(target=QUEUE)]))


def add_template(registry: Registry, name: str = "team/made") -> None:
    """Make a creation template."""
    registry.creation_templates.add(name, applied_for=["CREATE_ON_PUSH"])


def add_grants(registry: Registry) -> None:
    """Grant what no spec has, in policies of all kinds."""
    api = registry.repository("team/api")
    api.grant_push(Role("nodes"))
    api.grant_read(User("ci"), policy_name="more")
    api.grant_pull(Group("devs"), attach="managed")
    api.grant_pull("111122223333")


def names(things: Any) -> list[str]:
    """What was found, in short."""
    return [f"{thing.kind} {thing.name}" for thing in things]


def rules(cloud: Cloud) -> list[str]:
    """The names of all rules."""
    return [rule["Name"] for rule in cloud.client("events").list_rules()["Rules"]]


def allowed(cloud: Cloud, name: str = "team/old") -> list[str]:
    """What the role is allowed on a repository."""
    return sorted(inline(cloud, "role", "nodes").get(name, ()))


def before(cloud: Cloud, operation: str, act: Callable[[], object]) -> None:
    """Let somebody else act right before the first call of an operation is answered."""
    left = [act]

    def meddle(call: Call) -> bool:
        if left and call.operation == operation:
            with suppress(ClientError):
                left.pop()()
        return False

    cloud.faults.on("throttle", where=meddle, times=None)


def templates(*listed: str) -> RegistrySpec:
    """The spec of a registry with creation templates."""
    made = [RepositoryCreationTemplate(name, applied_for=["CREATE_ON_PUSH"]) for name in listed]
    return RegistrySpec(creation_templates=made)


def permitted(cloud: Cloud) -> list[str]:
    """The names of the rules that may send to the queue."""
    arns = [
        name
        for statement in queue_policy(cloud)
        for name in listed(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
    ]
    return sorted(name.rpartition("/")[2] for name in arns)
