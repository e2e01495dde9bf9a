"""Replication to other accounts: what their registry policies have to say, as a note or written with a session."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import ApplyError, Registry, SpecError
from ecrops.base.change import Note
from ecrops.registry_settings import RegistrySpec, ReplicationRule
from ecrops.testing import Call, Client, Cloud
from support import registry_of

OWN, OTHER, THIRD = "123456789012", "111122223333", "444455556666"
GET, PUT = "GetRegistryPolicy", "PutRegistryPolicy"


def statement(region: str, *prefixes: str, account: str = OTHER) -> dict[str, Any]:
    resources = [f"arn:aws:ecr:{region}:{account}:repository/{prefix}*" for prefix in prefixes]
    return {
        "Sid": f"EcropsReplication{OWN}",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"},
        "Action": ["ecr:CreateRepository", "ecr:ReplicateImage"],
        "Resource": resources[0] if len(resources) == 1 else resources,
    }


def policy(cloud: Cloud, region: str, account: str = OTHER) -> list[dict[str, Any]]:
    ecr: Client = cloud.client("ecr", region, account=account)
    try:
        found: list[dict[str, Any]] = json.loads(ecr.get_registry_policy()["policyText"])["Statement"]
    except ecr.exceptions.RegistryPolicyNotFoundException:
        return []
    return found


def test_a_note_has_the_statement_of_the_other_account(registry: Registry) -> None:
    made = registry.replication.add(prefix=["a/", "b/"], to=[f"{OTHER}/us-east-1", "eu-central-1"])
    (note,) = (note for note in made.notes if "registry policy" in note and OTHER in note)
    assert note.startswith(
        f"replication configuration: account {OTHER} must allow it in its registry policy in us-east"
    )
    document = json.loads(note.document)  # type: ignore[attr-defined]
    assert document == {"Version": "2012-10-17", "Statement": [statement("us-east-1", "a/", "b/")]}
    assert not registry.replication.add(prefix=["a/", "b/"], to=[f"{OTHER}/us-east-1"]).notes
    made = registry.ensure(RegistrySpec(replication=[ReplicationRule(to=[f"{OTHER}/us-east-1", f"{OTHER}/us-west-2"])]))
    documents = [json.loads(note.document) for note in made.notes if isinstance(note, Note) and note.document]
    assert documents == [
        {"Version": "2012-10-17", "Statement": [statement(region, "")]} for region in ("us-east-1", "us-west-2")
    ]


def test_the_document_of_the_note_is_what_the_other_account_accepts(registry: Registry, cloud: Cloud) -> None:
    (note, *_) = registry.replication.add(to=[f"{OTHER}/us-east-1"]).notes
    theirs = Registry(cloud.session("us-east-1", account=OTHER), retry=registry.aws.retry)
    assert theirs.registry_policy.set(json.loads(note.document))  # type: ignore[attr-defined]
    assert not theirs.registry_policy.allow_replication(OWN)


def test_a_session_writes_it_there_in_the_right_region(registry: Registry, cloud: Cloud) -> None:
    theirs = cloud.session("us-west-1", account=OTHER)
    to = [f"{OTHER}/us-east-1", f"{OTHER}/eu-west-1", "eu-central-1"]
    made = registry.replication.add(prefix="prod/", to=to, session=theirs)
    assert {(change.owner, change.account, change.region) for change in made} == {
        (f"registry policy of {OTHER} in us-east-1", OTHER, "us-east-1"),
        (f"registry policy of {OTHER} in eu-west-1", OTHER, "eu-west-1"),
        ("replication configuration", OWN, "eu-west-1"),
    }
    assert policy(cloud, "us-east-1") == [statement("us-east-1", "prod/")]
    assert policy(cloud, "eu-west-1") == [statement("eu-west-1", "prod/")]
    assert policy(cloud, "eu-west-1", OWN) == []
    assert not any("must allow it" in note for note in made.notes)
    cloud.calls.clear()
    assert not registry.replication.add(prefix="prod/", to=to, session=theirs)
    assert sorted(call.operation for call in cloud.calls if call.service == "ecr") == ["DescribeRegistry", GET, GET]


def test_the_other_account_allows_it_before_images_are_replicated(memory_cloud: Cloud) -> None:
    registry, theirs = registry_of(memory_cloud), memory_cloud.session(account=OTHER)
    made = registry.replication.add(to=[f"{OTHER}/us-east-1"], session=theirs)
    assert [change.operation for change in made] == [PUT, "PutReplicationConfiguration"]
    assert memory_cloud.calls.writes() == [PUT, "PutReplicationConfiguration"]


def test_nothing_is_replicated_to_an_account_that_could_not_be_asked(memory_cloud: Cloud) -> None:
    registry, theirs = registry_of(memory_cloud), memory_cloud.session(account=OTHER)
    memory_cloud.faults.on("denied", where=lambda call: call.operation == PUT)
    with pytest.raises(ApplyError) as raised:
        registry.replication.add(to=[f"{OTHER}/us-east-1"], session=theirs)
    assert f"registry policy of {OTHER} in us-east-1" in str(raised.value)
    assert raised.value.applied == ()
    assert registry.replication.describe() == ()
    assert registry.replication.add(to=[f"{OTHER}/us-east-1"], session=theirs)
    assert registry.replication.describe() == (ReplicationRule(to=[f"{OTHER}/us-east-1"]),)


def test_each_account_has_its_session(registry: Registry, cloud: Cloud) -> None:
    sessions = {account: cloud.session(account=account) for account in (OTHER, THIRD)}
    rules = [
        ReplicationRule(prefix="a/", to=[f"{OTHER}/us-east-1", f"{THIRD}/us-east-1"]),
        ReplicationRule(prefix="b/", to=[f"{OTHER}/us-east-1"]),
    ]
    assert registry.replication.set(*rules, session=sessions)
    assert policy(cloud, "us-east-1") == [statement("us-east-1", "a/", "b/")]
    assert policy(cloud, "us-east-1", THIRD) == [statement("us-east-1", "a/", account=THIRD)]
    only = registry.replication.add(
        prefix="c/", to=[f"{OTHER}/us-east-1", f"{THIRD}/us-east-1"], session={OTHER: sessions[OTHER]}
    )
    assert [note for note in only.notes if "must allow it" in note and THIRD in note]
    assert not [note for note in only.notes if "must allow it" in note and OTHER in note]


def test_a_dry_run_writes_nothing_there(registry: Registry, cloud: Cloud) -> None:
    dry = Registry(registry.aws.session, retry=registry.aws.retry, dry_run=True)
    plan = dry.replication.add(to=[f"{OTHER}/us-east-1"], session=cloud.session(account=OTHER))
    assert len(plan) == 2
    assert policy(cloud, "us-east-1") == []
    registry.apply(plan)
    assert policy(cloud, "us-east-1") == [statement("us-east-1", "")]


def test_statements_of_the_other_account_stay(memory_cloud: Cloud) -> None:
    theirs = memory_cloud.client("ecr", "us-east-1", account=OTHER)
    own = {
        "Sid": "Own",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{THIRD}:root"},
        "Action": "ecr:ReplicateImage",
        "Resource": f"arn:aws:ecr:us-east-1:{OTHER}:repository/*",
    }

    def meddle(call: Call) -> bool:
        if call.operation == PUT and OWN in call.params["policyText"]:
            theirs.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [own]}))
            return True
        return False

    memory_cloud.faults.on("throttle", where=meddle)
    session = memory_cloud.session(account=OTHER)
    assert registry_of(memory_cloud).replication.add(to=[f"{OTHER}/us-east-1"], session=session)
    assert policy(memory_cloud, "us-east-1") == [own, statement("us-east-1", "")]


def test_a_wrong_session_is_refused_before_any_write(registry: Registry, cloud: Cloud) -> None:
    theirs = cloud.session(account=OTHER)
    with pytest.raises(SpecError, match=f"no destination is in another account.*got one for {OTHER}"):
        registry.replication.add(to=["us-east-1"], session=theirs)
    with pytest.raises(SpecError, match=rf"of a destination \({THIRD}\), got one for {OTHER}"):
        registry.replication.add(to=[f"{THIRD}/us-east-1"], session=theirs)
    with pytest.raises(SpecError, match=f"expected one for account {THIRD}, got one for {OTHER}"):
        registry.replication.add(to=[f"{THIRD}/us-east-1"], session={THIRD: theirs})
    with pytest.raises(SpecError, match=r"expected a boto3\.Session, got 'x'"):
        registry.replication.add(to=[f"{THIRD}/us-east-1"], session="x")  # type: ignore[arg-type]
    assert cloud.calls.writes() == []
