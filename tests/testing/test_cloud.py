"""A cloud as users make it: in this process, over HTTP, and as the AWS of what names no session."""

from __future__ import annotations

import doctest
import importlib
import importlib.metadata
import os
from collections.abc import Callable
from datetime import timedelta

import boto3
import pytest

from ecrops import Registry, RepositorySpec, User
from ecrops.testing import AT_ONCE, Cloud, SeededImage, Server, as_default_session, environment, in_memory
from ecrops.testing.emulator import needs


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ECR"])
def test_a_session_is_of_no_user_whoever_runs_the_test(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    ecr = memory_cloud.session(own=True).client("ecr")
    assert ecr.describe_repositories()["repositories"] == []


def test_a_second_cloud_in_one_process_is_refused(memory_cloud: Cloud) -> None:
    with pytest.raises(RuntimeError, match="there is a cloud in this process already"), in_memory():
        pass
    assert memory_cloud.client("ecr").describe_repositories()["repositories"] == []


def test_a_cloud_after_another_waits_for_nothing_that_the_first_one_wrote() -> None:
    """IAM has forgotten a policy that this process wrote a moment ago: nobody waits until it is seen again."""
    for _ in range(2):
        with in_memory() as cloud:
            cloud.emulator.make_principals("ci")
            repo = Registry(cloud.session(), retry=AT_ONCE).repository("app")
            repo.ensure()
            assert repo.grant_pull(User("ci"))
            assert cloud.calls.operations().count("GetUserPolicy") == 2


def test_the_environment_names_no_account_of_a_user(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    variables = environment(server)
    assert variables["AWS_ENDPOINT_URL"] == server.url
    assert variables["no_proxy"] == "example.com,127.0.0.1"
    assert {variables["AWS_CONFIG_FILE"], variables["AWS_SHARED_CREDENTIALS_FILE"]} == {os.devnull}
    assert environment(server.url) == variables


def test_plain_boto3_with_the_environment_reaches_the_server(
    http_cloud: Cloud, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    Registry(boto3.Session(), retry=AT_ONCE).ensure(RepositorySpec("app"))
    assert http_cloud.emulator.exists("app")


def test_the_default_session_is_given_back_after_an_error(memory_cloud: Cloud) -> None:
    before, variables = boto3.DEFAULT_SESSION, dict(os.environ)

    def failing() -> None:
        assert boto3.client("sts").get_caller_identity()["Account"] == memory_cloud.account
        raise KeyError

    with pytest.raises(KeyError), as_default_session(memory_cloud):
        failing()
    assert before is boto3.DEFAULT_SESSION
    assert dict(os.environ) == variables


def installed(**versions: str | None) -> Callable[[str], str]:
    """What is installed, to a program that asks for versions."""

    def version(name: str) -> str:
        number = versions.get(name, "1.0")
        if number is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return number

    return version


@pytest.mark.parametrize(
    ("moto", "what"),
    [(None, "is not installed"), ("5.2.4", "is 5.2.4, older than 5.2.5"), ("4.99.0.dev1", "is 4.99.0.dev1, older")],
)
def test_without_a_new_moto_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch, moto: str | None, what: str) -> None:
    monkeypatch.setattr(needs, "version", installed(moto=moto))
    with pytest.raises(ModuleNotFoundError, match=rf"needs moto, which {what}.*: pip install 'ecrops\[testing\]'"):
        needs.check()


def test_an_extra_of_moto_that_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None if name == "flask" else name)
    with pytest.raises(ModuleNotFoundError, match="needs flask, which is not installed"):
        needs.check()


@pytest.mark.parametrize("version", ["5.2.5", "5.10", "6.0.0rc1"])
def test_a_new_moto_is_taken(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(needs, "version", installed(moto=version))
    needs.check()


@pytest.mark.parametrize(
    "module",
    [
        "ecrops.testing",
        "isolation",
        "example",
        "emulator.calls",
        "emulator.cloud",
        "emulator.faults",
        "emulator.seeding",
    ],
)
def test_the_examples_of_docstrings_run(module: str) -> None:
    namespace = importlib.import_module(module if module.startswith("ecrops") else f"ecrops.testing.{module}")
    names = {"timedelta": timedelta, "SeededImage": SeededImage}
    assert not doctest.testmod(namespace, extraglobs=names).failed
