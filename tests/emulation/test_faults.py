"""Faults, latency and limits strike the calls that they are meant for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from ecrops.testing import EXECUTED, FAULTS, Client, Cloud, Fault

from .support import at_once, attempts, refused

ERRORS = {
    "throttle": (400, "ThrottlingException"),
    "error500": (500, "ServerException"),
    "denied": (400, "AccessDeniedException"),
}


def meet(fault: Fault, call: Callable[[], Any]) -> None:
    """The call meets the fault as botocore tells its caller."""
    if fault == "truncated":
        assert set(call()) == {"ResponseMetadata"}
    elif fault in ERRORS:
        status, code = ERRORS[fault]
        with refused(code, status=status):
            call()
    else:
        with pytest.raises(ConnectionClosedError):
            call()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_strikes_the_call_it_is_meant_for(cloud: Cloud, ecr: Client, fault: Fault) -> None:
    client = attempts(cloud)
    cloud.faults.at(2, fault)
    client.create_repository(repositoryName="first")
    meet(fault, lambda: client.create_repository(repositoryName="second"))
    client.create_repository(repositoryName="third")
    names = {repository["repositoryName"] for repository in ecr.describe_repositories()["repositories"]}
    assert names == {"first", "third"} | ({"second"} if fault in EXECUTED else set())
    assert [call.params["repositoryName"] for call in cloud.faults.hits] == ["second"]


def test_faults_select_by_operation_service_and_predicate(cloud: Cloud) -> None:
    client, iam = attempts(cloud), attempts(cloud, "iam")
    cloud.faults.on("throttle", operation="CreateRepository", skip=1, times=2)
    cloud.faults.on("denied", service="iam", times=None)
    cloud.faults.on("error500", where=lambda call: call.params.get("repositoryName") == "cursed")
    client.create_repository(repositoryName="first")
    client.describe_repositories()
    for _ in range(2):
        with refused("ThrottlingException"):
            client.create_repository(repositoryName="second")
    with refused("ServerException", status=500):
        client.create_repository(repositoryName="cursed")
    client.create_repository(repositoryName="cursed")
    for _ in range(3):
        with refused("AccessDenied", status=403):
            iam.list_users()
    cloud.faults.clear()
    iam.list_users()
    assert len(cloud.faults.hits) == 6


def test_a_dropped_connection_is_tried_again_inside_botocore(cloud: Cloud) -> None:
    cloud.faults.at(1, "reset_before")
    client: Any = cloud.session().client("ecr")
    client.create_repository(repositoryName="app")
    assert cloud.calls.operations() == ["CreateRepository"] * 2
    assert [call.fault for call in cloud.calls] == ["reset_before", None]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("service", ["sts", "events", "lambda"])
def test_other_services_meet_faults_too(cloud: Cloud, service: str, fault: Fault) -> None:
    client = attempts(cloud, service)
    read = {
        "sts": "get_caller_identity",
        "events": "list_rules",
        "lambda": "list_functions",
    }[service]
    cloud.faults.at(1, fault)
    if fault == "truncated" and service != "sts":
        assert set(getattr(client, read)()) == {"ResponseMetadata"}
    else:
        with pytest.raises(Exception, match=r"XML|closed|Throttling|ServerException|ServiceFailure|AccessDenied"):
            getattr(client, read)()
    getattr(client, read)()


def test_an_error_is_not_truncated(cloud: Cloud) -> None:
    client = attempts(cloud)
    cloud.faults.at(1, "truncated")
    with refused("RepositoryNotFoundException"):
        client.list_images(repositoryName="missing")


def test_latency_is_added_and_does_not_serialise(cloud: Cloud) -> None:
    client = attempts(cloud)
    client.describe_repositories()
    cloud.faults.latency = 0.2
    start = time.perf_counter()
    assert all(at_once(8, client.describe_repositories))
    assert 0.2 <= time.perf_counter() - start < 0.8


def test_more_calls_in_flight_than_the_limit_are_throttled(cloud: Cloud) -> None:
    client = attempts(cloud)
    cloud.faults.latency = 0.15
    cloud.faults.limit(in_flight=3)
    assert sum(at_once(8, client.describe_repositories)) == 3
    assert sum(at_once(3, client.describe_repositories)) == 3
    cloud.faults.limit()
    assert sum(at_once(8, client.describe_repositories)) == 8


def test_more_calls_per_second_than_the_limit_are_throttled(memory_cloud: Cloud) -> None:
    client = attempts(memory_cloud)
    memory_cloud.faults.limit(per_second=5)
    assert sum(at_once(8, client.describe_repositories)) == 5
    time.sleep(1)
    assert sum(at_once(4, client.describe_repositories)) == 4
