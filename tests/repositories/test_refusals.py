"""Bad input is refused before any call, and errors of AWS come out with what they stopped."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import Registry, RepositorySpec, SpecError
from ecrops.testing import Cloud
from support import registry_of, state

from .support import APP


def test_two_specs_with_one_name_are_refused_before_any_call(cloud: Cloud, registry: Registry) -> None:
    with pytest.raises(SpecError, match="two specs have the name 'ab'"):
        registry.plan(RepositorySpec("ab"), RepositorySpec("cd"), RepositorySpec("ab", tags={}))
    assert cloud.calls.operations() == []


def test_what_is_no_spec_is_refused(registry: Registry) -> None:
    wrong: Any = "ab"
    with pytest.raises(SpecError, match="expected RepositorySpecs, one argument each, got 'ab'"):
        registry.ensure(wrong)


def test_a_list_of_specs_is_told_to_have_a_star(registry: Registry) -> None:
    wrong: Any = [RepositorySpec("ab")]
    for verb in (registry.ensure, registry.plan):
        with pytest.raises(SpecError, match=r"got a list: write ensure\(\*specs\)"):
            verb(wrong)


def test_a_list_of_names_or_keys_is_told_to_have_a_star(cloud: Cloud, registry: Registry) -> None:
    wrong: Any = ["ab"]
    with pytest.raises(SpecError) as caught:
        registry.remove(wrong)
    assert str(caught.value) == "one argument each: write remove(*names), got ['ab']"
    with pytest.raises(SpecError) as caught:
        registry.repository("ab").remove_tags(wrong)
    assert str(caught.value) == "one argument each: write remove_tags(*keys), got ['ab']"
    assert cloud.calls.operations() == []


def test_an_unknown_setting_is_refused_by_name(cloud: Cloud, registry: Registry) -> None:
    with pytest.raises(SpecError, match="image_scan"):
        registry.repository("ab").ensure(image_scan=True)  # type: ignore[arg-type]
    assert cloud.calls.operations() == []


def test_a_denied_read_names_the_permission_and_nothing_is_written(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(APP)
    cloud.calls.clear()
    cloud.faults.on("denied", operation="ListTagsForResource", times=None)
    with pytest.raises(ClientError) as caught:
        registry.ensure(RepositorySpec("team/api", tags={}, image_scan_on_push=False))
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "the caller needs the IAM action ecr:ListTagsForResource" in caught.value.__notes__
    assert "while reading team/api" in caught.value.__notes__
    assert cloud.calls.writes() == []


def test_a_denied_write_names_the_change_and_the_permission(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("denied", operation="CreateRepository", times=None)
    with pytest.raises(ClientError) as caught:
        registry.ensure(APP)
    assert "the caller needs the IAM action ecr:CreateRepository" in caught.value.__notes__
    assert any("+ team/api repository" in note for note in caught.value.__notes__)


def test_a_verb_on_a_repository_that_is_not_there_is_awss_own_error(registry: Registry) -> None:
    for verb in (
        lambda: registry.repository("ab").add_lifecycle_rule(max_image_count=1),
        lambda: registry.describe("ab"),
        lambda: registry.repository("ab").describe(),
    ):
        with pytest.raises(ClientError) as caught:
            verb()
        assert caught.value.response["Error"]["Code"] == "RepositoryNotFoundException"
        assert "there is no repository 'ab': Repository.ensure makes it" in caught.value.__notes__


def test_changes_are_told_on_the_callers_thread_in_the_order_of_each_owner(registry: Registry) -> None:
    told: list[tuple[str, str, int]] = []
    fleet = [RepositorySpec(f"app{n}", lifecycle_rules=[], tags={"n": str(n)}) for n in range(20)]
    registry.ensure(*fleet, on_change=lambda change: told.append((change.owner, change.what, threading.get_ident())))
    assert {ident for _, _, ident in told} == {threading.get_ident()}
    assert sorted(owner for owner, _, _ in told) == sorted(spec.name for spec in fleet)


def test_an_error_of_the_callback_stops_what_has_not_begun_and_comes_out(cloud: Cloud) -> None:
    registry = registry_of(cloud, workers=1)
    cloud.faults.latency = 0.01  # the callback is called on this thread, which has to get its turn

    def interrupt(change: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        registry.ensure(*(RepositorySpec(f"app{n:02}") for n in range(20)), on_change=interrupt)
    assert len(state(cloud)) < 20
