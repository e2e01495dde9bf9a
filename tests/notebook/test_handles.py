"""Handles, lists and tokens in a notebook. To show one calls nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecrops import (
    PublicRegistry,
    Registry,
)
from ecrops.lifecycle import Guard
from ecrops.testing import Cloud
from support import registry_of
from tests.events.support import make_queue
from tests.notebook.support import QUEUE, shown

HANDLES: dict[str, tuple[Callable[[Registry], Any], list[str]]] = {
    "a registry": (lambda registry: registry, ["<b>Registry</b>", ">not known yet<", ">eu-west-1<", ">no<"]),
    "a repository": (lambda registry: registry.repository("ab"), ["<b>Repository</b>", ">ab<", ">eu-west-1<"]),
    "a repository elsewhere": (
        lambda registry: registry.repository("arn:aws:ecr:us-east-1:111122223333:repository/ab"),
        [">111122223333<", ">us-east-1<"],
    ),
    "a rule": (lambda registry: registry.rule("pushed"), ["<b>Rule</b>", ">pushed<", ">default<"]),
    "a token's handle": (lambda registry: registry.authorization_token, ["<b>AuthorizationToken</b>"]),
    "scanning": (lambda registry: registry.scanning, ["<b>Scanning</b>", ">eu-west-1<"]),
    "replication": (lambda registry: registry.replication, ["<b>Replication</b>"]),
    "the registry policy": (lambda registry: registry.registry_policy, ["<b>RegistryPolicy</b>"]),
    "a public registry": (
        lambda registry: PublicRegistry(registry.aws.session),
        ["<b>PublicRegistry</b>", ">us-east-1<"],
    ),
    "a public repository": (
        lambda registry: PublicRegistry(registry.aws.session).repository("ab"),
        ["<b>PublicRepository</b>", ">ab<"],
    ),
}


@pytest.mark.parametrize("name", HANDLES)
def test_showing_a_handle_calls_nothing(memory_cloud: Cloud, name: str) -> None:
    make, fragments = HANDLES[name]
    handle = make(registry_of(memory_cloud))
    page = shown(handle)
    assert [fragment for fragment in fragments if fragment not in page] == []
    assert repr(handle).startswith(type(handle).__name__)
    assert list(memory_cloud.calls) == []


def test_a_handle_shows_the_account_once_it_is_known(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud, dry_run=True, guard=Guard(max_expired=7))
    assert registry.account_id in shown(registry)
    assert ">yes<" in shown(registry)
    assert "Guard(max_expired=7" in shown(registry)


def test_lists_are_shown_as_one_table(memory_cloud: Cloud) -> None:
    make_queue(memory_cloud)
    registry = registry_of(memory_cloud)
    memory_cloud.emulator.seed(30)
    registry.repository("zz").on_image_pushed("pushed", target=QUEUE)
    registry.replication.add(to=["eu-central-1"])
    described = registry.describe()
    assert "<b>30 repository specs</b>" in shown(described)
    assert "and 10 more" in shown(described)
    assert described == list(described)
    assert str(described).count("\n") == 29
    assert "<b>1 rule</b>" in shown(registry.rules())
    assert str(registry.rules()) == "rule pushed"
    assert "<b>1 replication rule</b>" in shown(registry.replication.describe())
    assert "<b>none</b>" in shown(registry.signing.describe())


def test_a_token_is_shown_without_its_password(memory_cloud: Cloud) -> None:
    token = registry_of(memory_cloud).authorization_token.get()
    page = shown(token)
    assert ">AWS<" in page
    assert ">never shown<" in page
    assert token.password not in page + repr(token) + str(token)
