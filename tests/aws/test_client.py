"""The door to AWS: partitions, regions, credentials, and what a registry is made from."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    NoCredentialsError,
    NoRegionError,
    UnknownRegionError,
)
from botocore.parsers import ResponseParserError

from ecrops import Registry, RepositorySpec, RetryPolicy, SpecError
from ecrops.testing import Cloud
from ecrops.version import __version__
from support import AT_ONCE, registry_of

HOSTS = {
    "eu-west-1": ("aws", "amazonaws.com"),
    "us-gov-west-1": ("aws-us-gov", "amazonaws.com"),
    "cn-north-1": ("aws-cn", "amazonaws.com.cn"),
    "us-iso-east-1": ("aws-iso", "c2s.ic.gov"),
    "us-isob-east-1": ("aws-iso-b", "sc2s.sgov.gov"),
    "eu-isoe-west-1": ("aws-iso-e", "cloud.adc-e.uk"),
    "us-isof-south-1": ("aws-iso-f", "csp.hci.ic.gov"),
    "eusc-de-east-1": ("aws-eusc", "amazonaws.eu"),
    "eu-newer-9": ("aws", "amazonaws.com"),
}


@pytest.mark.parametrize("region", HOSTS)
def test_every_partition_has_its_arns_and_hosts(memory_cloud: Cloud, region: str) -> None:
    partition, suffix = HOSTS[region]
    registry = Registry(memory_cloud.session(region))
    registry.aws._learned["account"] = "123456789012"
    repo = registry.repository("ab")
    assert registry.partition == partition
    assert repo.arn == f"arn:{partition}:ecr:{region}:123456789012:repository/ab"
    assert repo.uri == f"123456789012.dkr.ecr.{region}.{suffix}/ab"


def test_without_a_session_it_is_the_default_one_of_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    assert Registry().region == "eu-west-1"
    boto3.setup_default_session(region_name="ap-south-1")
    assert Registry().region == "ap-south-1"
    assert Registry(boto3.Session(region_name="us-east-1")).region == "us-east-1"


def test_an_unknown_region_is_botocores_error_at_the_first_call(memory_cloud: Cloud) -> None:
    repo = Registry(memory_cloud.session("xx-nope-9")).repository("ab")
    with pytest.raises(UnknownRegionError, match="xx-nope-9"):
        repo.exists()


def test_no_region_is_botocores_error_at_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    registry = Registry(boto3.Session())
    with pytest.raises(NoRegionError):
        registry.ensure(RepositorySpec("ab"))


def test_no_credentials_is_botocores_error_at_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    registry = Registry(boto3.Session(region_name="eu-west-1"), retry=AT_ONCE)
    with pytest.raises(NoCredentialsError):
        registry.ensure(RepositorySpec("ab"))


def test_importing_needs_neither_a_region_nor_anything_but_boto3_and_tenacity() -> None:
    code = (
        "import sys, boto3; had = set(sys.modules); import ecrops;"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - had}))"
    )
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    strangers = set(loaded.stdout.split()) - set(sys.stdlib_module_names) - {"ecrops", "tenacity", "boto3", "botocore"}
    assert strangers == set()


def agent_of(request: Any) -> str:
    agent = request.headers["User-Agent"]
    return agent.decode() if isinstance(agent, bytes) else str(agent)


@pytest.mark.parametrize("count", [1, 60])
def test_ecrops_says_who_calls_and_leaves_the_callers_own_suffix(memory_cloud: Cloud, count: int) -> None:
    from botocore.config import Config

    session = memory_cloud.session(own=True)
    session._session.set_default_client_config(Config(user_agent_extra="mine/1"))
    agents: list[str] = []
    session.events.register("before-send", lambda request, **_: agents.append(agent_of(request)))
    Registry(session).ensure(*(RepositorySpec(f"app{n}") for n in range(count)))
    assert len(agents) > count
    assert all(agent.startswith("Boto3/") and "mine/1 ecrops/" in agent for agent in agents), agents[0]
    assert {(agent.count("mine/1"), agent.count("ecrops/")) for agent in agents} == {(1, 1)}
    last = rf" mine/1 ecrops/{re.escape(__version__)}(?: Botocore/[\d.]+)?$"  # boto3 may add its own once more
    assert all(re.search(last, agent) for agent in agents), agents[-1]


@pytest.mark.parametrize("count", [1, 60])
def test_the_application_of_the_caller_stays_in_the_user_agent(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "billing of-all")
    session, agents = memory_cloud.session(own=True), list[str]()
    session.events.register("before-send", lambda request, **_: agents.append(agent_of(request)))
    Registry(session).ensure(*(RepositorySpec(f"app{n}") for n in range(count)))
    assert all(" app/billing-of-all " in agent and " ecrops/" in agent for agent in agents), agents[0]


@pytest.mark.parametrize("wrong", ["eu-west-1", 7])
def test_a_session_is_a_session(wrong: Any) -> None:
    with pytest.raises(SpecError, match=r"session: expected a boto3\.Session"):
        Registry(wrong)


def test_wrong_options_are_refused(registry: Registry) -> None:
    wrong: Any = "no"
    for act, said in (
        (lambda: Registry(retry=wrong), "retry: expected a RetryPolicy"),
        (lambda: Registry(dry_run=wrong), "dry_run: expected True or False"),
        (lambda: RetryPolicy(sleep=wrong), "sleep: expected a function"),
        (lambda: registry.within(wrong), "expected seconds, got 'no'"),
        (lambda: registry.apply(wrong), "expected a Plan, got 'no'"),
        (lambda: registry.remove("ab", empty_on_delete=wrong), "empty_on_delete: expected True or False"),
        (lambda: registry.ensure(RepositorySpec("ab"), on_change=wrong), "on_change: expected a function"),
        (lambda: registry.repository("ab").ensure(name="cd"), "a handle has one, 'ab'"),  # type: ignore[arg-type]
    ):
        with pytest.raises(SpecError, match=said):
            act()
    assert not registry.repository("ab").exists()


def test_a_client_gives_a_call_up_after_thirty_seconds_and_has_a_connection_for_each_worker(
    memory_cloud: Cloud,
) -> None:
    """The page about operations counts on the seconds: a deadline leaves them for the call that is in flight."""
    registry = Registry(memory_cloud.session(), workers=40)
    for service in ("ecr", "iam", "events"):
        config = registry.aws.client(service).meta.config
        assert (config.connect_timeout, config.read_timeout) == (10, 30)
        assert config.max_pool_connections == 40
        assert config.retries["total_max_attempts"] == 1


def test_another_region_of_the_account_has_clients_of_its_own_and_the_same_patience(memory_cloud: Cloud) -> None:
    here = registry_of(memory_cloud).aws
    there = here.in_region("us-west-2")
    assert (here.region, there.region) == ("eu-west-1", "us-west-2")
    assert there.client("ecr").meta.region_name == "us-west-2"
    assert there.retry is here.retry


def test_another_session_without_a_region_is_for_the_region_of_the_registry(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = registry_of(memory_cloud).aws
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    session = boto3.Session("key", "secret")
    assert session.region_name is None
    other = aws.for_session(session)
    assert other.region == "eu-west-1"
    assert other.client("sts").meta.region_name == "eu-west-1"
    assert other.client("sts", 60).meta.region_name == "eu-west-1", "the client for many calls too"


def test_a_client_for_many_calls_is_made_once_and_stays_for_few(memory_cloud: Cloud) -> None:
    aws = registry_of(memory_cloud).aws
    few = aws.client("ecr")
    assert aws.client("ecr", 49) is few
    many = aws.client("ecr", 50)
    assert many is not few
    assert all(aws.client("ecr", calls) is many for calls in (50, 1000, 1))
    assert many.meta.region_name == "eu-west-1"


@pytest.mark.parametrize("ask", ["get", "pages"])
def test_an_answer_without_the_member_that_is_asked_for_is_truncated(memory_cloud: Cloud, ask: str) -> None:
    session = memory_cloud.session(own=True)

    def drop(parsed: Any, **_: Any) -> None:
        parsed.pop("repositories")
        parsed["nextToken"] = "more"

    session.events.register("after-call.ecr.DescribeRepositories", drop)
    aws = Registry(session, retry=RetryPolicy(budget=0)).aws
    with pytest.raises(ResponseParserError, match=r"^DescribeRepositories was answered with HTTP 200 and a part"):
        list(getattr(aws, ask)("ecr", "DescribeRepositories", "repositories"))
