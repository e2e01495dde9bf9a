"""The policy of a registry: one document in AWS, and statements that are known by their Sid."""

from __future__ import annotations

import pytest

from ecrops import (
    AccountPrincipal,
    ConflictError,
    Group,
    OrganizationPrincipal,
    Registry,
    RetryPolicy,
    Role,
    SpecError,
    fleet_from_dict,
    fleet_to_dict,
)
from ecrops.registry_settings import RegistrySpec
from ecrops.testing import Call, Client, Cloud, Fault
from support import HERE, registry_of

from .registry_policies import MINE, OTHER, OWN, REPOSITORIES, THEIRS, put, statements

GET, PUT, DELETE = "GetRegistryPolicy", "PutRegistryPolicy", "DeleteRegistryPolicy"


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    return cloud.client("ecr")


def dry(registry: Registry) -> Registry:
    return Registry(registry.aws.session, retry=registry.aws.retry, dry_run=True)


def test_another_account_may_replicate_what_is_named(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    made = registry.registry_policy.allow_replication(OTHER, prefix="prod/")
    assert str(made) == (
        HERE + "+ registry policy: account 111122223333 may CreateRepository, ReplicateImage on prod/*\n1 created"
    )
    assert statements(ecr) == [
        {
            "Sid": f"EcropsReplication{OTHER}",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
            "Action": ["ecr:CreateRepository", "ecr:ReplicateImage"],
            "Resource": f"{REPOSITORIES}/prod/*",
        }
    ]
    cloud.calls.clear()
    assert not registry.registry_policy.allow_replication(OTHER, prefix="prod/")
    assert cloud.calls.operations() == [GET]
    made = registry.registry_policy.allow_replication(OTHER)
    assert (
        str(made)
        .splitlines()[1]
        .endswith("account 111122223333 may CreateRepository, ReplicateImage on every repository")
    )
    assert statements(ecr)[0]["Resource"] == [f"{REPOSITORIES}/*", f"{REPOSITORIES}/prod/*"]
    assert len(statements(ecr)) == 1
    made = registry.registry_policy.revoke_replication(OTHER, prefix="prod/")
    assert [change.kind for change in made] == ["delete"]
    assert statements(ecr)[0]["Resource"] == f"{REPOSITORIES}/*"
    cloud.calls.clear()
    assert registry.registry_policy.revoke_replication(OTHER)
    assert cloud.calls.operations() == [GET, DELETE, GET]
    assert statements(ecr) == []
    assert not registry.registry_policy.revoke_replication(OTHER)


def test_statements_of_others_stay(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    put(ecr, THEIRS)
    cloud.calls.clear()
    assert registry.registry_policy.add(MINE)
    assert cloud.calls.operations() == [GET, PUT, GET]  # the last reading verifies
    assert registry.registry_policy.allow_replication(OTHER)
    assert [statement["Sid"] for statement in statements(ecr)] == ["Theirs", "Mine", f"EcropsReplication{OTHER}"]
    assert registry.registry_policy.revoke_replication(OTHER)
    with pytest.raises(SpecError, match="another statement has the Sid 'Mine' already"):
        registry.registry_policy.add({**MINE, "Resource": "*"})
    assert registry.registry_policy.add({**MINE, "Resource": "*"}, replace=True)
    assert statements(ecr) == [THEIRS, {**MINE, "Resource": "*"}]
    assert registry.registry_policy.remove("Mine")
    assert not registry.registry_policy.remove("Mine")
    assert statements(ecr) == [THEIRS]


def test_a_statement_that_somebody_edited_is_foreign(registry: Registry, ecr: Client) -> None:
    registry.registry_policy.allow_replication(OTHER, prefix="prod/")
    edited = {**statements(ecr)[0], "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-example1"}}}
    put(ecr, edited)
    assert registry.registry_policy.allow_replication(OTHER, prefix="prod/")
    assert [statement["Sid"] for statement in statements(ecr)] == [edited["Sid"], f"{edited['Sid']}2"]
    assert not registry.registry_policy.allow_replication(OTHER, prefix="prod/")
    assert registry.registry_policy.revoke_replication(OTHER)
    assert statements(ecr) == [edited]


def test_a_principal_may_pull_through_a_cache(registry: Registry, ecr: Client) -> None:
    registry_policy = registry.registry_policy
    put(ecr, THEIRS)
    assert registry_policy.allow_pull_through_cache(AccountPrincipal(OTHER), "docker-hub")
    assert not registry_policy.allow_pull_through_cache(OTHER, prefix="docker-hub/")
    assert registry_policy.allow_pull_through_cache(OTHER, prefix="quay")
    found = statements(ecr)[1]
    assert found["Action"] == ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]
    assert found["Resource"] == [f"{REPOSITORIES}/docker-hub/*", f"{REPOSITORIES}/quay/*"]
    assert registry_policy.revoke_pull_through_cache(OTHER, prefix="quay")
    assert statements(ecr)[1]["Resource"] == f"{REPOSITORIES}/docker-hub/*"
    assert registry_policy.allow_pull_through_cache(OTHER, prefix="ROOT")
    assert statements(ecr)[1]["Resource"] == [f"{REPOSITORIES}/*", f"{REPOSITORIES}/docker-hub/*"]
    assert registry_policy.revoke_pull_through_cache(OTHER, prefix="ROOT")
    assert registry_policy.revoke_pull_through_cache(OTHER)
    assert registry_policy.allow_pull_through_cache(OrganizationPrincipal("o-a1b2c3d4e5"), "quay")
    assert statements(ecr)[1]["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    assert not registry_policy.revoke_pull_through_cache("o-other12345")
    assert registry_policy.revoke_pull_through_cache("o-a1b2c3d4e5")
    assert statements(ecr) == [THEIRS]
    for wrong in (Group("admins"), "codebuild.amazonaws.com"):
        with pytest.raises(SpecError, match=r"cannot name a group|expected a user, a role"):
            registry_policy.allow_pull_through_cache(wrong, "quay")


def test_a_role_that_is_not_visible_yet_is_waited_for(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.make_principals(role="/nodes")
    memory_cloud.emulator.principals_unseen = 2
    assert registry_of(memory_cloud).registry_policy.allow_pull_through_cache(Role("nodes"), "docker-hub")
    found = statements(memory_cloud.client("ecr"))
    assert found[0]["Principal"] == {"AWS": f"arn:aws:iam::{OWN}:role/nodes"}


def test_a_statement_that_comes_while_a_write_waits_stays(memory_cloud: Cloud) -> None:
    ecr, registry = memory_cloud.client("ecr"), registry_of(memory_cloud)

    def meddle(call: Call) -> bool:
        if call.operation == PUT:
            put(ecr, THEIRS)
        return call.operation == PUT

    memory_cloud.faults.on("throttle", where=meddle)
    assert registry.registry_policy.allow_replication(OTHER)
    assert [statement["Sid"] for statement in statements(ecr)] == ["Theirs", f"EcropsReplication{OTHER}"]


def test_a_statement_that_a_slower_writer_overwrites_is_put_again(memory_cloud: Cloud) -> None:
    ecr = memory_cloud.client("ecr")
    overwritten: list[float] = []

    def sleep(seconds: float) -> None:
        if not overwritten:
            put(ecr, THEIRS)
        overwritten.append(seconds)

    assert registry_of(memory_cloud, retry=RetryPolicy(sleep=sleep)).registry_policy.add(MINE)
    assert statements(ecr) == [THEIRS, MINE]


@pytest.mark.parametrize("fault", ["reset_after", "truncated"])
def test_lost_answers_are_no_second_statement(memory_cloud: Cloud, fault: Fault) -> None:
    memory_cloud.faults.on(fault, where=lambda call: call.operation in (PUT, DELETE))
    registry = registry_of(memory_cloud)
    registry.registry_policy.add(MINE)
    assert statements(memory_cloud.client("ecr")) == [MINE]
    registry.registry_policy.set({})
    assert statements(memory_cloud.client("ecr")) == []


def test_a_whole_document_is_what_a_spec_says(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    put(ecr, THEIRS)
    document = {"Version": "2012-10-17", "Statement": [MINE]}
    spec = RegistrySpec(registry_policy=document)
    made = registry.ensure(spec)
    assert str(made).splitlines()[1] == (
        "~ registry policy: account 444455556666 may ReplicateImage on theirs/* -> "
        "account 444455556666 may ReplicateImage on mine/*"
    )
    cloud.calls.clear()
    assert not registry.ensure(spec)
    assert not registry.registry_policy.set(
        {"Version": "2012-10-17", "Statement": {**MINE, "Action": [MINE["Action"]]}}
    )
    assert cloud.calls.operations() == [GET, GET]
    described = RegistrySpec(registry_policy=registry.describe_settings().registry_policy)
    assert described == spec
    assert fleet_from_dict(fleet_to_dict([described])) == [described]
    assert registry.ensure(RegistrySpec(registry_policy={}))
    assert registry.registry_policy.describe() == {}
    assert not registry.registry_policy.set({})


def test_what_others_add_is_no_part_of_an_approval(registry: Registry, ecr: Client) -> None:
    exact = registry.plan(RegistrySpec(registry_policy={"Statement": [MINE]}))
    edit = dry(registry).registry_policy.allow_replication(OTHER, prefix="prod/")
    put(ecr, THEIRS)
    with pytest.raises(ConflictError, match="theirs"):
        registry.apply(exact)
    registry.registry_policy.allow_replication(OTHER, prefix="test/")  # another owner, in the same statement
    registry.apply(edit)
    assert statements(ecr)[1]["Resource"] == [f"{REPOSITORIES}/prod/*", f"{REPOSITORIES}/test/*"]


def test_a_document_that_aws_has_is_compared_and_kept(memory_cloud: Cloud) -> None:
    odd = {**THEIRS, "Action": "ecr:BrandNew", "Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}}
    memory_cloud.emulator.settings.keep_policy({"Version": "2008-10-17", "Statement": odd})
    registry = registry_of(memory_cloud)
    described = registry.describe_settings()
    assert described.registry_policy == {"Version": "2008-10-17", "Statement": [odd]}
    assert not registry.ensure(described)
    assert registry.registry_policy.describe() == described.registry_policy


def test_a_member_that_botocore_drops_refuses_the_write(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.add_unknown_member(GET, "brandNew", {"a": 1})
    put(memory_cloud.client("ecr"), THEIRS)
    with pytest.raises(ConflictError, match="brandNew"):
        registry_of(memory_cloud).registry_policy.add(MINE)


def test_a_policy_that_another_deletes_first_is_gone(memory_cloud: Cloud) -> None:
    ecr = memory_cloud.client("ecr")
    put(ecr, MINE)

    def meddle(call: Call) -> bool:
        if call.operation == DELETE and statements(ecr):
            ecr.delete_registry_policy()
        return False

    memory_cloud.faults.on("throttle", where=meddle)
    registry_of(memory_cloud).registry_policy.remove("Mine")
    assert statements(ecr) == []
