"""The recorder of calls, the fixtures of every test, and the network that is out of reach."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from ecrops.testing import Client, Cloud
from ecrops.testing.emulator import network

from .support import at_once, attempts, encrypted, many


def test_calls_are_recorded_in_order_with_their_parameters(cloud: Cloud, ecr: Client) -> None:
    client: Any = cloud.session("us-east-1").client("ecr")
    client.create_repository(repositoryName="app", tags=many(1))
    client.describe_repositories(repositoryNames=["app"])
    ecr.describe_repositories()
    client.delete_repository(repositoryName="app")
    assert cloud.calls.operations() == ["CreateRepository", "DescribeRepositories", "DeleteRepository"]
    assert cloud.calls.writes() == ["CreateRepository", "DeleteRepository"]
    first = cloud.calls[0]
    assert (first.service, first.region) == ("ecr", "us-east-1")
    assert first.params == {"repositoryName": "app", "tags": many(1)}
    assert cloud.calls.of("DeleteRepository")[0].params == {"repositoryName": "app"}
    cloud.calls.clear()
    assert len(cloud.calls) == 0


def test_calls_from_threads_are_all_recorded(cloud: Cloud) -> None:
    client = attempts(cloud)
    at_once(20, client.describe_repositories)
    assert cloud.calls.operations() == ["DescribeRepositories"] * 20


@pytest.mark.parametrize("number", [1, 2])
def test_every_test_starts_with_an_empty_aws(cloud: Cloud, ecr: Client, number: int) -> None:
    assert ecr.describe_repositories()["repositories"] == []
    assert cloud.client("kms").list_keys()["Keys"] == []
    encrypted(ecr, "app", "KMS")
    cloud.emulator.appear_after = 5


def test_both_transports_are_what_they_say(memory_cloud: Cloud) -> None:
    assert memory_cloud.endpoint_url is None


def test_the_server_answers_any_client(http_cloud: Cloud) -> None:
    client: Any = http_cloud.session().client("ecr", endpoint_url=http_cloud.endpoint_url)
    client.create_repository(repositoryName="app")
    assert http_cloud.calls.operations() == ["CreateRepository"]


def test_nothing_reaches_the_network() -> None:
    with pytest.raises(network.NetworkBlocked), socket.socket() as sock:
        sock.connect(("192.0.2.1", 443))
    with pytest.raises(network.NetworkBlocked):
        socket.getaddrinfo("api.ecr.eu-west-1.amazonaws.com", 443)
