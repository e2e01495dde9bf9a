"""Secrets for the cache that others write too, and the frames of what is refused."""

from __future__ import annotations

import gc
import json
import pickle
import traceback
from typing import Any

import pytest

from ecrops import ConflictError, EcropsError, Registry, SpecError
from ecrops.testing import Client, Cloud
from support import registry_of

TOKEN = "Zq7-never-shown"
DOCKER = "registry-1.docker.io"
NAME = "ecr-pullthroughcache/hub"


def token() -> str:
    return TOKEN


def add(registry: Registry, access_token: Any = token, **options: Any) -> Any:
    return registry.pull_through_cache.add("hub", DOCKER, **{"username": "ci", "access_token": access_token, **options})


def held(secrets: Client) -> str:
    return str(json.loads(secrets.get_secret_value(SecretId=NAME)["SecretString"])["accessToken"])


@pytest.fixture
def secrets(cloud: Cloud) -> Client:
    return cloud.client("secretsmanager")


@pytest.mark.parametrize("is_deleted", [False, True])
def test_an_approved_plan_overwrites_the_content_that_it_was_made_for_alone(
    cloud: Cloud, secrets: Client, is_deleted: bool
) -> None:
    add(registry_of(cloud), "old")
    if is_deleted:
        secrets.delete_secret(SecretId=NAME)
    plan = pickle.loads(pickle.dumps(add(registry_of(cloud, dry_run=True))))
    if is_deleted:
        secrets.restore_secret(SecretId=NAME)
    secrets.put_secret_value(SecretId=NAME, SecretString=json.dumps({"username": "ci", "accessToken": "theirs"}))
    if is_deleted:
        secrets.delete_secret(SecretId=NAME)
    assert add(registry_of(cloud, dry_run=True)).checksum != plan.checksum
    with pytest.raises(EcropsError, match="pull-through secret hub"):
        registry_of(cloud).apply(plan)
    if is_deleted:
        secrets.restore_secret(SecretId=NAME)
    assert held(secrets) == "theirs"


def test_an_approved_plan_overwrites_the_content_that_it_was_made_for(cloud: Cloud, secrets: Client) -> None:
    add(registry_of(cloud), "old")
    plan = pickle.loads(pickle.dumps(add(registry_of(cloud, dry_run=True))))
    assert registry_of(cloud).apply(plan)
    assert held(secrets) == TOKEN


@pytest.mark.parametrize("text", ["[" * 60_000, '{"username":' * 5_000, '{"accessToken": 1e999, "username": "ci"}'])
def test_a_secret_that_holds_anything_is_somebody_elses(cloud: Cloud, secrets: Client, text: str) -> None:
    secrets.create_secret(Name=NAME, SecretString=text)
    with pytest.raises(ConflictError, match="somebody else's, with another content"):
        add(registry_of(cloud))


@pytest.mark.parametrize(
    "options",
    [
        {"access_token": f"{TOKEN}\ud800"},
        {"access_token": TOKEN.encode()},
        {"access_token": TOKEN, "username": None},
        {"access_token": TOKEN, "username": 5},
        {"access_token": TOKEN, "credential_arn": "arn:aws"},
        {"access_token": TOKEN, "upstream_prefix": "A"},
        {"access_token": None, "username": TOKEN},
        {"access_token": None, "username": None, "credential_arn": TOKEN},
    ],
)
def test_no_frame_of_a_refusal_has_the_token(memory_cloud: Cloud, options: dict[str, Any]) -> None:
    with pytest.raises(SpecError) as raised:
        add(registry_of(memory_cloud), **options)
    error = raised.value
    stack = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    frames = [frame for frame in stack if frame.filename != __file__]
    assert frames
    assert not [value for frame in frames for value in (frame.locals or {}).values() if TOKEN in value]
    assert not [each for each in gc.get_referents(error) if isinstance(each, BaseException) and TOKEN in repr(each)]
    assert TOKEN not in repr(error) + repr(error.__context__) + repr(error.__cause__)
