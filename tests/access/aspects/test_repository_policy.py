"""The policy of a repository: others' statements, writers who lock themselves out, lost updates."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import LifecycleRule, RepositorySpec, RetryPolicy, Role, SpecError, pull
from ecrops.iam.statements import same
from ecrops.testing import Cloud
from support import registry_of

from ..world import FOREIGN, OTHER, OTHER_ROLE, populate, put_policy, repository_policy
from .support import DENY, THIRD, found

ALLOW = {"Effect": "Allow", "Principal": {"AWS": [OTHER, "444455556666"]}, "Action": ["ecr:ListImages"]}


def test_a_statement_is_added_once_and_removed(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    for statement in (DENY, ALLOW):
        assert repo.add_to_resource_policy(statement)
        assert not repo.add_to_resource_policy(statement)
    assert not repo.add_to_resource_policy({**ALLOW, "Principal": {"AWS": [THIRD, f"arn:aws:iam::{OTHER}:root"]}})
    assert len(found(cloud)) == 2
    assert repo.remove_from_resource_policy("no")
    assert repo.remove_from_resource_policy(ALLOW)
    assert not repo.remove_from_resource_policy("no")
    assert cloud.calls.writes()[-1] == "DeleteRepositoryPolicy"


@pytest.mark.parametrize("by", ["EcropsPull", "EcropsPull2", "what it says", "what it says without its Sid"])
def test_a_statement_of_ecrops_is_not_removed_but_revoked(cloud: Cloud, by: str) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant_pull(OTHER)
    repo.grant_pull(OTHER_ROLE)
    repo.grant_read(THIRD)
    (ours,) = [each for each in found(cloud) if each["Sid"] == "EcropsPull"]
    wanted = {"what it says": ours, "what it says without its Sid": {**ours, "Sid": ""}}.get(by, by)
    cloud.calls.clear()
    with pytest.raises(SpecError, match="ab: the statement 'EcropsPull' holds what ecrops granted") as caught:
        repo.remove_from_resource_policy(wanted)
    assert f"revoke(ArnPrincipal('{OTHER_ROLE}')), revoke(AccountPrincipal('{OTHER}')) takes" in str(caught.value)
    assert cloud.calls.writes() == []
    repo.revoke(OTHER)
    repo.revoke(OTHER_ROLE)
    assert not repo.remove_from_resource_policy(wanted)
    assert found(cloud)[0]["Sid"] == "EcropsRead"


def test_what_somebody_has_made_of_a_statement_of_ecrops_is_removed(cloud: Cloud) -> None:
    populate(cloud, "ab")
    put_policy(cloud, "ab", {**ALLOW, "Sid": "EcropsPull"})
    repo = registry_of(cloud).repository("ab")
    repo.grant_read(THIRD)
    assert repo.remove_from_resource_policy("EcropsPull")
    assert [each["Sid"] for each in found(cloud)] == ["EcropsRead"]


def test_a_sid_that_is_taken_is_refused_at_planning_unless_it_is_to_be_replaced(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.add_to_resource_policy(DENY)
    cloud.calls.clear()
    other = {**DENY, "Action": "ecr:BatchDeleteImage"}
    with pytest.raises(SpecError, match=r"ab: another statement has the Sid 'no'.*replace=True"):
        repo.add_to_resource_policy(other)
    assert cloud.calls.writes() == []
    assert repo.add_to_resource_policy(other, replace=True)
    assert [each["Action"] for each in found(cloud)] == ["ecr:BatchDeleteImage"]


def test_an_exact_policy_replaces_everything_and_an_empty_one_deletes(cloud: Cloud) -> None:
    populate(cloud, "ab")
    put_policy(cloud, "ab", FOREIGN)
    registry = registry_of(cloud)
    spec = RepositorySpec("ab", resource_policy={"Version": "2012-10-17", "Statement": [DENY]})
    assert registry.ensure(spec)
    assert not registry.ensure(spec)
    assert found(cloud) == [DENY]
    assert registry.ensure(RepositorySpec("ab", resource_policy={}))
    assert not registry.ensure(RepositorySpec("ab", resource_policy={}))
    assert found(cloud) == []
    assert cloud.calls.writes() == ["SetRepositoryPolicy", "DeleteRepositoryPolicy"]


def test_a_repository_with_everything_is_four_calls_and_then_four_reads(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    everything: dict[str, Any] = {"resource_policy": {"Statement": [DENY]}, "tags": {"a": "1"}}
    spec = RepositorySpec(
        "ab", image_scan_on_push=True, lifecycle_rules=[LifecycleRule(max_image_count=1)], **everything
    )
    assert registry.ensure(spec)
    made = ["DescribeRepositories", "CreateRepository", "PutLifecyclePolicy", "SetRepositoryPolicy"]
    assert cloud.calls.operations() == made
    cloud.calls.clear()
    assert not registry.ensure(spec)
    assert len(cloud.calls) == 4
    assert cloud.calls.writes() == []


def test_an_exact_policy_and_grants_are_both(cloud: Cloud) -> None:
    populate(cloud, "ab")
    registry = registry_of(cloud)
    registry.repository("ab").grant_pull(THIRD)
    spec = RepositorySpec("ab", resource_policy={"Statement": [DENY]}, grants=[pull(OTHER)])
    assert registry.ensure(spec)
    assert not registry.ensure(spec)
    assert [str(each["Principal"]) for each in found(cloud)] == ["*", f"{{'AWS': 'arn:aws:iam::{OTHER}:root'}}"]


def test_what_is_not_managed_is_neither_read_nor_written(cloud: Cloud) -> None:
    populate(cloud, "ab")
    put_policy(cloud, "ab", FOREIGN)
    assert registry_of(cloud).ensure(RepositorySpec("ab", image_scan_on_push=True))
    assert "GetRepositoryPolicy" not in cloud.calls.operations()
    assert found(cloud) == [FOREIGN]


def test_a_description_round_trips_whatever_the_policy_says(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    put_policy(cloud, "ab", FOREIGN, DENY, {"Effect": "Allow", "Principal": "*", "NotAction": "ecr:PutImage"})
    registry = registry_of(cloud)
    registry.repository("ab").grant_pull(OTHER_ROLE)
    specs = registry.describe()
    assert not registry.ensure(*specs)
    again = [RepositorySpec.from_dict(spec.to_dict()) for spec in specs]
    assert not registry.ensure(*again)
    policies = {spec.name: spec.resource_policy for spec in specs}
    assert policies["cd"] == {}
    assert same(policies["ab"] or {}, repository_policy(cloud.client("ecr"), "ab") or {})


def test_two_statements_of_one_sid_are_described_and_read_back(cloud: Cloud) -> None:
    populate(cloud, "ab")
    put_policy(cloud, "ab", DENY, {**DENY, "Action": "ecr:BatchDeleteImage"})
    (spec,) = registry_of(cloud).describe()
    assert not registry_of(cloud).ensure(spec)
    assert not registry_of(cloud).ensure(RepositorySpec.from_dict(spec.to_dict()))
    assert RepositorySpec.from_dict(spec.to_dict()) == spec


def test_a_policy_that_grows_too_long_is_refused_at_planning(cloud: Cloud) -> None:
    populate(cloud, "ab")
    registry = registry_of(cloud)
    accounts = [f"{number:012}" for number in range(340)]
    with pytest.raises(SpecError, match="at most 10,240 characters, this one 11,"):
        registry.plan(RepositorySpec("ab", grants=[pull(account) for account in accounts]))
    assert cloud.calls.writes() == []


def test_a_diff_of_policies_is_words_not_json(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud, dry_run=True).repository("ab")
    but = {"Effect": "Deny", "NotPrincipal": {"AWS": OTHER}, "NotAction": ["ecr:BatchGetImage", "ecr:PutImage"]}
    assert f"everyone but account {OTHER} may not do anything but BatchGetImage, PutImage" in str(
        repo.add_to_resource_policy(but)
    )
    limits = {"Bool": {"aws:SecureTransport": True}, "IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.0/24"]}}
    said = str(repo.add_to_resource_policy({**ALLOW, "Condition": limits}))
    assert "may ListImages if aws:SecureTransport Bool true and aws:SourceIp IpAddress 192.0.2.0/24 or 198." in said
    who = Role("nodes", conditions={"Bool": {"aws:SecureTransport": "true"}})
    assert "read ab if aws:SecureTransport Bool true" in str(repo.grant_read(who))


def test_both_sides_of_a_diff_name_everybody_in_one_order(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    for account in (OTHER, "222233334444", THIRD):
        (change,) = repo.grant_pull(account)
    assert change.difference == (
        f"account {OTHER}, account 222233334444 may pull -> "
        f"account {OTHER}, account 222233334444, account {THIRD} may pull"
    )


def test_a_version_that_changes_alone_is_said(cloud: Cloud) -> None:
    populate(cloud, "ab")

    def said(policy: dict[str, Any]) -> str:
        return str(registry_of(cloud, dry_run=True).repository("ab").set_resource_policy(policy))

    put_policy(cloud, "ab", DENY)
    older = said({"Version": "2008-10-17", "Statement": [DENY]})
    assert "~ ab policy: Version 2012-10-17 -> Version 2008-10-17" in older
    assert "Id none -> Id x" in said({"Id": "x", "Statement": [DENY]})
    put_policy(cloud, "ab", {**DENY, "Sid": ""}, {**DENY, "Sid": ""})
    assert "2 statements, some twice -> 1 " in said({"Statement": [{**DENY, "Sid": ""}]})


@pytest.mark.parametrize(
    "junk",
    [
        {"Action": [{"a": 1}]},
        {"Action": [1, "a"]},
        {"Resource": [1, "a", None, {"b": []}]},
        {"Condition": {"Bool": {"a": [{"b": 1}]}}},
        {"Condition": [1]},
        {"Principal": [{"AWS": 1}]},
        {"Sid": ["x"]},
    ],
)
def test_a_statement_that_there_cannot_be_is_not_there(cloud: Cloud, junk: dict[str, Any]) -> None:
    populate(cloud, "ab")
    put_policy(cloud, "ab", DENY)
    repo = registry_of(cloud).repository("ab")
    repo.grant_pull(OTHER)
    assert not repo.remove_from_resource_policy(junk)
    assert not repo.remove_from_resource_policy({**DENY, **junk})


@pytest.mark.parametrize(
    "elements", [{"Action": "ecr:SetRepositoryPolicy"}, {"Action": ["ecr:*"]}, {"NotAction": "ecr:PutImage"}]
)
def test_a_policy_that_locks_its_writer_out_is_forced_or_refused_with_that_way_out(
    cloud: Cloud, elements: dict[str, Any]
) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    lock = {"Sid": "lock", "Effect": "Deny", "Principal": "*", **elements}
    spec = RepositorySpec("ab", resource_policy={"Statement": lock})
    for refused in (partial(repo.add_to_resource_policy, lock), partial(registry_of(cloud).ensure, spec)):
        with pytest.raises(ClientError, match="InvalidParameterException") as caught:
            refused()
        assert "say force=True to set_resource_policy" in caught.value.__notes__[-1]
        assert "names no user" not in caught.value.__notes__[-1]
    assert found(cloud) == []
    assert repo.add_to_resource_policy(lock, force=True)
    assert not repo.add_to_resource_policy(lock)
    assert found(cloud) == [lock]
    assert repo.set_resource_policy({"Statement": [lock, DENY]}, force=True)
    with pytest.raises(ClientError):
        repo.remove_from_resource_policy("no")
    assert repo.remove_from_resource_policy("no", force=True)
    assert [call.params.get("force", False) for call in cloud.calls.of("SetRepositoryPolicy")] == [
        False, False, True, True, False, True
    ]  # fmt: skip


@pytest.mark.parametrize("force", [1, "yes", None])
def test_force_is_true_or_false(cloud: Cloud, force: Any) -> None:
    repo = registry_of(cloud).repository("ab")
    for call in (
        partial(repo.add_to_resource_policy, DENY),
        partial(repo.set_resource_policy, {"Statement": [DENY]}),
        partial(repo.remove_from_resource_policy, "no"),
    ):
        with pytest.raises(SpecError, match="force: expected True or False, got"):
            call(force=force)
    assert cloud.calls.operations() == []


# Lost updates


def test_a_writer_who_had_read_before_does_not_undo_a_grant(cloud: Cloud) -> None:
    populate(cloud, "ab")
    slept: list[float] = []

    def overwrite_late(seconds: float) -> None:
        if not slept:
            put_policy(cloud, "ab", FOREIGN)
        slept.append(seconds)

    repo = registry_of(cloud, retry=RetryPolicy(sleep=overwrite_late)).repository("ab")
    repo.grant_pull(OTHER)
    assert [each["Sid"] for each in found(cloud)] == [FOREIGN["Sid"], "EcropsPull"]
    assert slept[0] >= 1


def test_two_scripts_that_grant_at_once_both_end_up_in_the_policy(http_cloud: Cloud) -> None:
    populate(http_cloud, "ab")
    both_have_read = threading.Barrier(2)

    def script(account: str) -> None:
        registry = registry_of(http_cloud, retry=RetryPolicy(sleep=lambda seconds: time.sleep(0.3)))
        plan = registry.plan(RepositorySpec("ab", grants=[pull(account)]))
        both_have_read.wait()
        registry.apply(plan)

    threads = [threading.Thread(target=script, args=(account,)) for account in (OTHER, THIRD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (ours,) = found(http_cloud)
    assert sorted(ours["Principal"]["AWS"]) == [f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{THIRD}:root"]
