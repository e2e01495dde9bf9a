"""Values that are much too large, or oddly keyed: an answer comes at once, and it is a clear one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from ecrops import (
    CatalogData,
    PublicRepositorySpec,
    PullThroughCacheRule,
    RegistrySpec,
    ReplicationRule,
    RepositoryCreationTemplate,
    ScanningConfiguration,
    SigningRule,
    SpecError,
)
from ecrops.testing import Cloud
from support import registry_of

MANY = 20_000
PROFILE = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/a"


def rules(number: int = MANY) -> dict[str, list[Any]]:
    names = [f"a{each}" for each in range(number)]
    return {
        "pull_through_cache": [PullThroughCacheRule(name, "quay.io") for name in names],
        "creation_templates": [RepositoryCreationTemplate(name, applied_for=["REPLICATION"]) for name in names],
        "signing": [SigningRule(f"{PROFILE}{name}") for name in names],
        "replication": [ReplicationRule(prefix=name, to=["eu-central-1"]) for name in names],
    }


def seconds(act: Callable[[], object]) -> float:
    """How long something takes that may be refused."""
    begun = time.process_time()
    with contextlib.suppress(SpecError):
        act()
    return time.process_time() - begun


@pytest.mark.parametrize("field", ["pull_through_cache", "creation_templates", "signing", "replication"])
def test_many_rules_are_compared_at_once(field: str) -> None:
    given: Any = {field: rules()[field]}
    assert seconds(lambda: RegistrySpec(**given)) < 1.5


def test_many_items_of_the_catalog_are_compared_at_once() -> None:
    assert seconds(lambda: CatalogData(architectures=[f"a{each}" for each in range(MANY)])) < 1


@pytest.mark.parametrize("field", ["pull_through_cache", "creation_templates", "signing", "replication"])
def test_a_rule_that_is_there_twice_is_still_found(field: str) -> None:
    some = rules(3)[field]
    given: Any = {field: [*some, some[1]]}
    with pytest.raises(SpecError, match=r"two rules|two templates|another rule has the same prefix"):
        RegistrySpec(**given)


def test_rules_with_the_same_prefix_differ_in_deletions_alone() -> None:
    def replication(*deletes: bool | None) -> RegistrySpec:
        return RegistrySpec(
            replication=[ReplicationRule(prefix="a/", to=["eu-central-1"], delete_replication=each) for each in deletes]
        )

    assert replication(True, False)
    for same in ([True, True], [None, True], [False, None], [True, False, True]):
        with pytest.raises(SpecError, match="another rule has the same prefix"):
            replication(*same)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ScanningConfiguration("BASIC", other_frequencies={1: 5, "1": ["a"], "b": ["c"]}),  # type: ignore[dict-item]
        lambda: RegistrySpec(registry_policy={1: 2}),  # type: ignore[dict-item]
        lambda: RegistrySpec(registry_policy={"Statement": [{1: 2}]}),
        lambda: RepositoryCreationTemplate("a", applied_for=["REPLICATION"], resource_policy={1: "a"}),  # type: ignore[dict-item]
        lambda: PublicRepositorySpec("tools", resource_policy={None: 2}),  # type: ignore[dict-item]
    ],
)
def test_keys_that_are_no_texts_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(SpecError):
        make()


@pytest.mark.parametrize(("prefix", "is_right"), [("a/", False), ("a" * 30 + "/", True), ("a" * 31, False)])
def test_a_slash_at_the_end_of_a_prefix_is_not_counted(prefix: str, is_right: bool) -> None:
    for fields in ({"prefix": prefix}, {"prefix": "ok", "upstream_prefix": prefix}):
        if is_right:
            assert PullThroughCacheRule(upstream="quay.io", **fields).to_dict().popitem()
        else:
            with pytest.raises(SpecError, match="2 to 30"):
                PullThroughCacheRule(upstream="quay.io", **fields)
    assert RepositoryCreationTemplate("a" * 256 + "/", applied_for=["REPLICATION"]).prefix == "a" * 256


@pytest.mark.parametrize("name", [["BLOB_MOUNTING"], {"BLOB_MOUNTING"}, None, 5])
def test_what_is_no_name_of_an_account_setting_is_refused(memory_cloud: Cloud, name: Any) -> None:
    with pytest.raises(SpecError, match="expected the name of an account setting"):
        registry_of(memory_cloud).account_settings.set(name, "ENABLED")
    assert not memory_cloud.calls


def test_half_a_character_in_a_description_is_refused_before_any_call() -> None:
    with pytest.raises(SpecError, match="description"):
        RepositoryCreationTemplate("a", applied_for=["REPLICATION"], description="\ud800")
