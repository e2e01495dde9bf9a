"""The replication configuration of a registry: one whole value in AWS, and rules that are known by their prefixes."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import ConflictError, Registry, RetryPolicy, SpecError, fleet_from_dict, fleet_to_dict
from ecrops.aws import shapes
from ecrops.registry_settings import RegistrySpec, ReplicationRule
from ecrops.testing import Call, Client, Cloud, Fault
from support import HERE, registry_of

from .replication_rules import OTHER, OWN, put, rule, rules

GET, PUT = "DescribeRegistry", "PutReplicationConfiguration"


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    return cloud.client("ecr")


def test_the_first_rule(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    made = registry.replication.add(prefix="prod/", to=["eu-central-1"])
    assert str(made).startswith(
        HERE + "+ replication configuration: prod/ to eu-central-1\n1 created\n"
        "note: replication configuration: repositories that replication makes in eu-central-1 have none of"
    )
    assert "creation_templates.add('prod', applied_for=['REPLICATION'], ...)" in str(made)
    assert len(made.notes) == 1
    assert set(made.permissions) == {f"ecr:{PUT}", "iam:CreateServiceLinkedRole"}
    assert rules(ecr) == [rule(["prod/"], ["eu-central-1"])]
    cloud.calls.clear()
    assert not registry.replication.add(prefix=["prod/"], to=[f"{OWN}/eu-central-1"])
    assert cloud.calls.operations() == [GET]


@pytest.mark.parametrize(
    ("prefix", "template"), [("a/b/", "a/b"), ("prod", "ROOT"), (["a/", "b/"], "ROOT"), (None, "ROOT")]
)
def test_a_note_names_the_template_of_the_replicas(registry: Registry, prefix: Any, template: str) -> None:
    (note,) = registry.replication.add(prefix=prefix, to=["eu-central-1"]).notes
    assert "none of the repository policy, lifecycle rules, tags, tag mutability and encryption" in note
    assert f"there, a creation template gives them, registry.creation_templates.add({template!r}, " in note


def test_destinations_of_a_rule_are_merged_and_other_rules_stay(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    theirs = rule(["b/", "a/"], ["us-east-1"])
    nothing = rule(["test/"], [])
    put(ecr, rule(["prod/"], ["us-east-1"]), theirs, nothing, rule([], ["us-west-2"]))
    cloud.calls.clear()
    made = registry.replication.add(prefix="prod/", to=["eu-central-1", "us-east-1"])
    assert cloud.calls.operations() == [GET, PUT, GET]  # the last reading verifies
    assert str(made).splitlines()[1] == "+ replication configuration: prod/ to eu-central-1"
    assert "iam:CreateServiceLinkedRole" not in made.permissions
    ordered = rule(["a/", "b/"], ["us-east-1"])
    assert rules(ecr) == [
        rule(["prod/"], ["eu-central-1", "us-east-1"]),
        ordered,
        nothing,
        rule([], ["us-west-2"]),
    ]
    assert registry.replication.remove(prefix="prod/", to=["us-east-1"])
    assert rules(ecr)[0] == rule(["prod/"], ["eu-central-1"])
    assert registry.replication.remove(prefix="prod/", to=["eu-central-1", "ap-south-1"])
    assert registry.replication.remove()
    assert rules(ecr) == [ordered, nothing]
    assert not registry.replication.remove(prefix="a/")  # another rule has it among others
    assert not registry.replication.remove(prefix="test/", to=["us-east-1"])
    assert registry.replication.remove(prefix=["b/", "a/"])
    assert rules(ecr) == [nothing]


def test_a_rule_without_destinations_replicates_nothing(registry: Registry, ecr: Client) -> None:
    made = registry.replication.add(prefix="test/")
    assert "+ replication configuration: test/ to nowhere" in str(made)
    assert made.notes == ()
    assert not registry.replication.add(prefix="test/")
    assert registry.replication.describe() == (ReplicationRule(prefix="test/"),)
    assert registry.replication.add(prefix="test/", to=["us-east-1"])
    assert rules(ecr) == [rule(["test/"], ["us-east-1"])]
    assert not registry.replication.add(prefix="test/")


def test_deletions_are_replicated_if_that_is_said(registry: Registry, ecr: Client) -> None:
    deleting = {"deleteReplication": {"enabled": True}}
    put(ecr, rule(["prod/"], ["us-east-1"]), rule([], ["us-west-2"], **deleting))
    made = registry.replication.add(prefix="prod/", to=["eu-central-1"], delete_replication=True)
    assert str(made).splitlines()[1:3] == [
        "~ replication configuration: prod/ to us-east-1 -> prod/ to eu-central-1, us-east-1 with deletions",
        "1 updated",
    ]
    assert any("expired by a lifecycle policy" in note and "eu-central-1, us-east-1 too" in note for note in made.notes)
    assert rules(ecr) == [
        rule(["prod/"], ["eu-central-1", "us-east-1"], **deleting),
        rule([], ["us-west-2"], **deleting),
    ]
    # what is not managed stays as it is
    assert not registry.replication.add(prefix="prod/", to=["us-east-1"])
    assert not registry.replication.set(
        ReplicationRule(prefix="prod/", to=["eu-central-1", "us-east-1"]), ReplicationRule(to=["us-west-2"])
    )
    assert registry.replication.add(prefix="prod/", delete_replication=False)
    assert rules(ecr)[0]["deleteReplication"] == {"enabled": False}
    assert not registry.replication.add(prefix="prod/", to=["us-east-1"], delete_replication=False)


def test_a_deletion_that_is_off_is_what_aws_does_without_a_word(registry: Registry, ecr: Client) -> None:
    put(ecr, rule(["prod/"], ["us-east-1"]))
    assert not registry.replication.add(prefix="prod/", to=["us-east-1"], delete_replication=False)


def test_rules_of_one_prefix_that_differ_in_deletions_stay_two(registry: Registry, ecr: Client) -> None:
    put(
        ecr,
        rule(["prod/"], ["us-east-1"], deleteReplication={"enabled": True}),
        rule(["prod/"], ["us-west-2"]),
        rule(["prod/"], ["us-west-1"]),
    )
    described = registry.replication.describe()
    assert described == (
        ReplicationRule(prefix="prod/", to=["us-east-1"], delete_replication=True),
        ReplicationRule(prefix="prod/", to=["us-west-1", "us-west-2"], delete_replication=False),
    )
    assert not registry.ensure(RegistrySpec(replication=described))
    assert registry.replication.add(prefix="prod/", to=["eu-central-1"])
    assert registry.replication.describe()[0].to == ("us-east-1",)
    assert registry.replication.describe()[1].to == ("eu-central-1", "us-west-1", "us-west-2")
    assert registry.replication.remove(prefix="prod/", to=["us-east-1"])
    assert len(rules(ecr)) == 1
    assert not registry.replication.remove(prefix="prod/", to=["us-east-1"])


def test_an_old_botocore_sends_no_deletion(
    registry: Registry, cloud: Cloud, ecr: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecrops.registry_settings.replication.aspect.has_member", lambda *_: False)
    with pytest.raises(SpecError, match=r"delete_replication: needs botocore 1\.44\.4 or later"):
        registry.replication.add(prefix="prod/", to=["us-east-1"], delete_replication=True)
    with pytest.raises(SpecError, match=r"replication\.delete_replication: needs botocore 1\.44\.4 or later"):
        registry.plan(RegistrySpec(replication=[ReplicationRule(to=["us-east-1"], delete_replication=True)]))
    assert not cloud.calls
    assert registry.replication.add(prefix="prod/", to=["us-east-1"], delete_replication=False)
    assert rules(ecr) == [rule(["prod/"], ["us-east-1"])]
    assert shapes.has_member("ecr", "ReplicationRule", "deleteReplication")
    assert not shapes.has_member("ecr", "ReplicationRule", "brandNew")


def test_a_rule_that_comes_while_a_write_waits_stays(memory_cloud: Cloud) -> None:
    ecr, registry = memory_cloud.client("ecr"), registry_of(memory_cloud)

    def meddle(call: Call) -> bool:
        if call.operation == PUT:
            put(ecr, rule(["theirs/"], ["us-east-1"]))
        return call.operation == PUT

    memory_cloud.faults.on("throttle", where=meddle)
    assert registry.replication.add(prefix="ours/", to=["us-east-1"])
    assert rules(ecr) == [rule(["theirs/"], ["us-east-1"]), rule(["ours/"], ["us-east-1"])]


def test_a_rule_that_a_slower_writer_overwrites_is_put_again(memory_cloud: Cloud) -> None:
    ecr = memory_cloud.client("ecr")
    overwritten: list[float] = []

    def sleep(seconds: float) -> None:
        if not overwritten:
            put(ecr, rule(["theirs/"], ["us-east-1"]))
        overwritten.append(seconds)

    registry = registry_of(memory_cloud, retry=RetryPolicy(sleep=sleep))
    assert registry.replication.add(prefix="ours/", to=["us-east-1"])
    assert rules(ecr) == [rule(["theirs/"], ["us-east-1"]), rule(["ours/"], ["us-east-1"])]


@pytest.mark.parametrize("fault", ["reset_after", "truncated"])
def test_a_lost_answer_is_no_second_rule(memory_cloud: Cloud, fault: Fault) -> None:
    memory_cloud.faults.on(fault, where=lambda call: call.operation == PUT)
    registry_of(memory_cloud).replication.add(to=["us-east-1"])
    assert rules(memory_cloud.client("ecr")) == [rule([], ["us-east-1"])]


def test_a_spec_is_all_rules_and_an_approval_is_about_what_it_showed(registry: Registry, ecr: Client) -> None:
    theirs = rule(["theirs/"], ["us-east-1"])
    ours = [ReplicationRule(prefix="ours/", to=["us-east-1"])]
    exact = registry.plan(RegistrySpec(replication=ours))
    edit = registry_of_dry(registry).replication.add(prefix="ours/", to=["us-east-1"])
    put(ecr, theirs)
    with pytest.raises(ConflictError, match="theirs/"):
        registry.apply(exact)
    registry.apply(edit)
    assert rules(ecr) == [theirs, rule(["ours/"], ["us-east-1"])]
    assert registry.ensure(RegistrySpec(replication=ours))
    assert rules(ecr) == [rule(["ours/"], ["us-east-1"])]
    assert registry.ensure(RegistrySpec(replication=[]))
    assert rules(ecr) == []


def registry_of_dry(registry: Registry) -> Registry:
    return Registry(registry.aws.session, retry=registry.aws.retry, dry_run=True)


def test_a_destination_that_comes_to_a_rule_is_not_approved_to_delete(registry: Registry, ecr: Client) -> None:
    put(ecr, rule(["prod/"], ["us-east-1"]))
    plan = registry_of_dry(registry).replication.add(prefix="prod/", delete_replication=True)
    put(ecr, rule(["prod/"], ["us-east-1", "us-west-2"]))
    with pytest.raises(ConflictError, match="us-west-2"):
        registry.apply(plan)


def test_a_dry_run_changes_nothing_and_remembers(registry: Registry, ecr: Client) -> None:
    dry = registry_of_dry(registry)
    assert dry.replication.add(prefix="prod/", to=["us-east-1"], delete_replication=True)
    assert not dry.replication.add(prefix="prod/", to=["us-east-1"])
    assert rules(ecr) == []


def test_describe_round_trips(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    put(
        ecr,
        rule(["b/", "a/"], ["us-east-1", f"{OTHER}/eu-west-1"], deleteReplication={"enabled": True}),
        rule([], ["us-west-2"]),
        rule(["no/"], []),
    )
    described = registry.replication.describe()
    assert described == (
        ReplicationRule(prefix=["a/", "b/"], to=[f"{OTHER}/eu-west-1", "us-east-1"], delete_replication=True),
        ReplicationRule(to=["us-west-2"]),
        ReplicationRule(prefix="no/"),
    )
    assert [ReplicationRule.from_dict(value.to_dict()) for value in described] == list(described)
    assert repr(described[0]) == (
        "ReplicationRule(prefix=('a/', 'b/'), to=('111122223333/eu-west-1', 'us-east-1'), delete_replication=True)"
    )
    spec = RegistrySpec(replication=registry.describe_settings().replication)
    assert fleet_from_dict(fleet_to_dict([spec])) == [spec]
    cloud.calls.clear()
    assert not registry.replication.set(*described)
    assert cloud.calls.operations() == [GET]


def test_a_member_that_botocore_drops_refuses_the_write(memory_cloud: Cloud) -> None:
    ecr, registry = memory_cloud.client("ecr"), registry_of(memory_cloud)
    put(ecr, rule(["prod/"], ["us-east-1"]))
    path = "replicationConfiguration.rules.0.brandNew"
    memory_cloud.emulator.add_unknown_member(GET, path, {"enabled": True})
    with pytest.raises(ConflictError, match=r"rules\[\]\.brandNew"):
        registry.replication.add(prefix="test/", to=["us-east-1"])
    assert not registry.replication.add(prefix="prod/", to=["us-east-1"])
