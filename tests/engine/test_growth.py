"""What an apply costs grows with what it makes, and not with its square: counted in calls of functions."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ecrops
from ecrops import AccountPrincipal, Grant, LifecycleRule, RepositorySpec, Role, User
from ecrops.events import Target, on_image_pushed
from ecrops.testing import Cloud
from support import registry_of

OURS = str(Path(ecrops.__file__).parent)
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:pushes"


def of_role(name: str) -> RepositorySpec:
    return RepositorySpec(name, grants=[Grant(Role("nodes"), "pull", attach="managed")])


def of_account(name: str) -> RepositorySpec:
    return RepositorySpec(name, grants=[Grant(AccountPrincipal("111122223333"), "pull")])


def of_rules(name: str) -> RepositorySpec:
    rules = [LifecycleRule(tag_status="untagged", max_image_age=7), LifecycleRule(max_image_count=30)]
    return RepositorySpec(name, tags={"team": "a"}, image_scan_on_push=True, lifecycle_rules=rules)


def of_events(name: str) -> RepositorySpec:
    return RepositorySpec(name, events=[on_image_pushed(target=Target(QUEUE, authorize="shared"))])


def of_user(name: str) -> RepositorySpec:
    return RepositorySpec(name, grants=[Grant(User("ci"), "push", attach="managed")], tags={"team": "a"})


def function_calls(do: Callable[[], object]) -> int:
    """Count the calls of Python functions of ecrops in all threads."""
    count = 0

    def profile(frame: Any, event: str, _: object) -> None:
        nonlocal count
        count += event == "call" and frame.f_code.co_filename.startswith(OURS)

    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        do()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return count


@pytest.mark.parametrize("spec", [of_role, of_user, of_account, of_rules, of_events])
def test_five_times_as_much_costs_about_five_times_as_much(
    memory_cloud: Cloud, spec: Callable[[str], RepositorySpec]
) -> None:
    iam = memory_cloud.client("iam")
    iam.create_role(RoleName="nodes", AssumeRolePolicyDocument="{}")
    iam.create_user(UserName="ci")
    memory_cloud.client("sqs").create_queue(QueueName="pushes")
    few, many = cost(memory_cloud, spec, 20), cost(memory_cloud, spec, 100)
    assert many < 7 * few


def cost(cloud: Cloud, spec: Callable[[str], RepositorySpec], count: int) -> int:
    """Return the calls that a run costs for repositories that exist."""
    registry, specs = registry_of(cloud), [spec(name) for name in cloud.emulator.seed(count, f"of-{count}-")]
    return function_calls(lambda: registry.ensure(*specs))
