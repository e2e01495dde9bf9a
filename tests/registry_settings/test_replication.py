"""The replication configuration of a registry: one whole value in AWS, and rules that are known by their prefixes."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import ConflictError, Registry, RetryPolicy, SpecError, fleet_from_dict, fleet_to_dict
from ecrops.aws import shapes
from ecrops.registry_settings import RegistrySpec, ReplicationRule
from emulator import Call, Client, Cloud, Fault
from support import HERE, registry_of

GET, PUT = "DescribeRegistry", "PutReplicationConfiguration"
OWN, OTHER = "123456789012", "111122223333"
Rule = tuple[list[str], list[str]]
"""Prefixes, and destinations."""


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    return cloud.client("ecr")


def rule(prefixes: list[str], to: list[str], **members: Any) -> dict[str, Any]:
    """A rule in the form of AWS."""
    filters = [{"filter": prefix, "filterType": "PREFIX_MATCH"} for prefix in prefixes]
    places = [(place.rpartition("/")[0] or OWN, place.rpartition("/")[2]) for place in to]
    destinations = [{"region": region, "registryId": account} for account, region in places]
    return {"destinations": destinations, **({"repositoryFilters": filters} if filters else {}), **members}


def put(ecr: Client, *rules: dict[str, Any]) -> None:
    """What somebody else makes of the configuration."""
    ecr.put_replication_configuration(replicationConfiguration={"rules": list(rules)})


def rules(ecr: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ecr.describe_registry()["replicationConfiguration"]["rules"]
    return found


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


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"prefix": "prod/*", "to": ["us-east-1"]}, r"without \*: 'prod/'"),
        ({"prefix": "*", "to": ["us-east-1"]}, "leave it out for every repository"),
        ({"prefix": "p", "to": ["us-east-1"]}, "2 to 256 characters"),
        ({"prefix": ["Prod"], "to": ["us-east-1"]}, "got 'Prod'"),
        ({"prefix": [f"a{n}" for n in range(101)]}, "100 filters in a rule at most, got 101"),
        ({"to": "us-east-1"}, r"write \['us-east-1'\]"),
        ({"to": ["us-east"]}, "got 'us-east'"),
        ({"to": ["1111/us-east-1"]}, "got '1111/us-east-1'"),
        ({"to": [f"{OTHER}/"]}, "got '111122223333/'"),
        ({"to": ["moon-north-1"]}, "got 'moon-north-1'"),
        ({"to": ["us-east-1"], "delete_replication": "yes"}, "expected True, False or None"),
        ({}, "a rule without prefix and destinations says nothing"),
        ({"destinations": ["us-east-1"]}, "write to="),
        ({"to": [f"{OTHER[:-2]}{n:02}/us-east-1" for n in range(26)]}, "25 unique destinations .*, got 26"),
    ],
)
def test_what_ecr_refuses_is_refused_before_any_call(
    registry: Registry, cloud: Cloud, wanted: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        RegistrySpec.from_dict({"replication": [wanted]})
    if not {"destinations"} & wanted.keys() and "26" not in reason:
        with pytest.raises(SpecError, match=reason):
            registry.replication.add(**wanted)
    assert not cloud.calls


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("eu-west-1", "to: eu-west-1 is where this registry is"),
        (f"{OWN}/eu-west-1", "to: eu-west-1 is where this registry is"),
        ("cn-north-1", "cn-north-1 is in the partition aws-cn"),
    ],
)
def test_a_registry_does_not_replicate_to_itself_nor_to_another_partition(
    registry: Registry, cloud: Cloud, to: str, reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        registry.replication.add(to=[to])
    with pytest.raises(SpecError, match=reason.replace("to: ", "")):
        registry.ensure(RegistrySpec(replication=[ReplicationRule(to=[to])]))
    assert cloud.calls.writes() == []
    assert not cloud.calls or to.startswith(OWN)  # the account has to be asked for


def test_two_rules_of_one_prefix_are_refused(registry: Registry) -> None:
    one, other = ReplicationRule(prefix="a/", to=["us-east-1"]), ReplicationRule(prefix=["a/"], to=["us-west-2"])
    with pytest.raises(SpecError, match=r"\[1\]: another rule has the same prefix, 'a/'"):
        RegistrySpec(replication=[one, other])
    with pytest.raises(SpecError, match=r"write set\(\*rules\)"):
        registry.replication.set([one])  # type: ignore[arg-type]


def test_quotas_are_foreseen(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    put(ecr, *(rule([f"a{number}/"], ["us-east-1"]) for number in range(10)))
    made = registry.replication.add(prefix="more/", to=["us-east-1"])
    assert any("11 rules: AWS documents 10 as the quota" in note for note in made.notes)
    put(ecr, *(rule([f"a{number}/"], [f"{number:012}/us-east-1"]) for number in range(25)))
    cloud.calls.clear()
    with pytest.raises(SpecError, match="25 replication rules at most, got 26"):
        registry.replication.add(prefix="more/", to=["eu-central-1"])
    with pytest.raises(SpecError, match="25 unique destinations in all replication rules at most, got 26"):
        registry.replication.add(prefix="a1/", to=["eu-central-1"])
    assert cloud.calls.writes() == []
