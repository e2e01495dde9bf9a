"""The signing configuration of a registry: one whole value in AWS, and one rule a profile that each edit owns."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import ConflictError, Registry, RetryPolicy, SigningRule, SpecError
from ecrops.registry_settings import RegistrySpec
from ecrops.testing import FAULTS, Call, Client, Cloud, Fault
from support import HERE, registry_of

GET, PUT, DELETE = "GetSigningConfiguration", "PutSigningConfiguration", "DeleteSigningConfiguration"


def profile(name: str, *, region: str = "eu-west-1", partition: str = "aws") -> str:
    return f"arn:{partition}:signer:{region}:123456789012:/signing-profiles/{name}"


OURS, THEIRS, OTHER = profile("ours"), profile("theirs"), profile("other")


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    return cloud.client("ecr")


def put(ecr: Client, **filters: list[str] | None) -> None:
    """What somebody else makes of the configuration."""
    rules = [
        {"signingProfileArn": profile(name)}
        | ({"repositoryFilters": [{"filter": each, "filterType": "WILDCARD_MATCH"} for each in some]} if some else {})
        for name, some in filters.items()
    ]
    ecr.put_signing_configuration(signingConfiguration={"rules": rules})


def rules(ecr: Client) -> dict[str, list[str] | None] | None:
    try:
        configuration = ecr.get_signing_configuration()["signingConfiguration"]
    except ecr.exceptions.SigningConfigurationNotFoundException:
        return None
    return {
        rule["signingProfileArn"].rpartition("/")[2]: (
            sorted(each["filter"] for each in rule["repositoryFilters"]) if "repositoryFilters" in rule else None
        )
        for rule in configuration["rules"]
    }


def test_the_first_rule_makes_the_configuration(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    made = registry.signing.add(OURS, ["prod/*", "base"])
    assert str(made).splitlines()[1:] == [
        f"+ signing configuration: base prod/* with {OURS}",
        "1 created",
        f"note: signing configuration: whoever pushes an image needs signer:SignPayload on the signing profile {OURS}",
    ]
    assert made.permissions == (f"ecr:{PUT}",)
    assert rules(ecr) == {"ours": ["base", "prod/*"]}
    assert cloud.calls.operations() == [GET, PUT, GET]  # the last reading verifies
    cloud.calls.clear()
    assert not registry.signing.add(SigningRule(OURS, ["base", "prod/*", "base"]))
    assert cloud.calls.operations() == [GET]


def test_an_added_rule_leaves_those_of_other_profiles(registry: Registry, ecr: Client) -> None:
    put(ecr, theirs=["a/*"], other=None, ours=["old"])
    made = registry.signing.add(OURS)
    assert str(made).startswith(HERE + f"~ signing configuration: old with {OURS} -> everything with {OURS}\n")
    assert not made.notes  # whoever pushes needed the permission before
    assert rules(ecr) == {"theirs": ["a/*"], "other": None, "ours": None}


def test_the_last_removal_deletes_the_configuration(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    put(ecr, theirs=["a/*"], ours=["b"])
    assert registry.signing.remove(OURS)
    assert rules(ecr) == {"theirs": ["a/*"]}
    assert not registry.signing.remove(OURS)
    made = registry.signing.remove(SigningRule(THEIRS))
    assert [change.operation for change in made] == [DELETE]
    assert rules(ecr) is None
    cloud.calls.clear()
    assert not registry.signing.remove(THEIRS)
    assert not registry.signing.set()
    assert cloud.calls.writes() == []


def test_a_configuration_without_rules_is_none(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    ecr.put_signing_configuration(signingConfiguration={"rules": []})
    assert registry.signing.describe() == ()
    assert not registry.ensure(RegistrySpec(signing=[]))
    assert cloud.calls.writes() == []


def test_a_configuration_that_somebody_else_deletes_first_is_done(memory_cloud: Cloud) -> None:
    ecr = memory_cloud.client("ecr")
    put(ecr, ours=["a"])

    def meddle(call: Call) -> bool:
        if call.operation == DELETE:
            ecr.delete_signing_configuration()
        return False

    memory_cloud.faults.on("throttle", where=meddle)
    registry_of(memory_cloud).signing.remove(OURS)
    assert rules(ecr) is None


def test_a_rule_that_comes_while_a_write_waits_stays(memory_cloud: Cloud) -> None:
    ecr = memory_cloud.client("ecr")

    def meddle(call: Call) -> bool:
        if call.operation == PUT:
            put(ecr, theirs=["a"])
        return call.operation == PUT

    memory_cloud.faults.on("throttle", where=meddle)
    assert registry_of(memory_cloud).signing.add(OURS, ["b"])
    assert rules(ecr) == {"theirs": ["a"], "ours": ["b"]}


def test_a_rule_that_comes_while_the_last_one_goes_stays(memory_cloud: Cloud) -> None:
    ecr = memory_cloud.client("ecr")
    put(ecr, ours=["a"])

    def meddle(call: Call) -> bool:
        if call.operation == DELETE:
            put(ecr, ours=["a"], theirs=["b"])
        return call.operation == DELETE

    memory_cloud.faults.on("throttle", where=meddle)
    assert registry_of(memory_cloud).signing.remove(OURS)
    assert rules(ecr) == {"theirs": ["b"]}


def test_a_rule_that_a_slower_writer_overwrites_is_put_again(memory_cloud: Cloud) -> None:
    ecr = memory_cloud.client("ecr")
    overwritten: list[float] = []

    def sleep(seconds: float) -> None:
        if not overwritten:
            put(ecr, theirs=["a"])
        overwritten.append(seconds)

    assert registry_of(memory_cloud, retry=RetryPolicy(sleep=sleep)).signing.add(OURS, ["b"])
    assert rules(ecr) == {"theirs": ["a"], "ours": ["b"]}


def test_an_approved_plan_takes_away_only_what_it_showed(registry: Registry, ecr: Client) -> None:
    exact = registry.plan(RegistrySpec(signing=[SigningRule(OURS, ["b"])]))
    put(ecr, theirs=["a"])
    with pytest.raises(ConflictError, match="theirs"):
        registry.apply(exact)
    assert rules(ecr) == {"theirs": ["a"]}


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"denied"}))
@pytest.mark.parametrize("operation", [GET, PUT])
def test_a_call_that_goes_wrong_is_made_again(memory_cloud: Cloud, operation: str, fault: Fault) -> None:
    ecr = memory_cloud.client("ecr")
    put(ecr, theirs=["a"])
    memory_cloud.faults.on(fault, operation=operation, times=1)
    registry_of(memory_cloud).signing.add(OURS, ["b"])
    assert rules(ecr) == {"theirs": ["a"], "ours": ["b"]}
    assert len(memory_cloud.faults.hits) == 1


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"denied"}))
def test_a_deletion_that_goes_wrong_is_made_again(memory_cloud: Cloud, fault: Fault) -> None:
    ecr = memory_cloud.client("ecr")
    put(ecr, ours=["a"])
    memory_cloud.faults.on(fault, operation=DELETE, times=1)
    registry_of(memory_cloud).signing.remove(OURS)
    assert rules(ecr) is None


@pytest.mark.parametrize("verb", ["add", "remove", "set"])
def test_a_member_that_botocore_does_not_know_refuses_the_write(registry: Registry, cloud: Cloud, verb: str) -> None:
    put(cloud.client("ecr"), theirs=["a"])
    cloud.emulator.add_unknown_member(GET, "signingConfiguration.rules.0.brandNew", {"a": 1})
    cloud.calls.clear()
    write: Any = {"add": registry.signing.add, "set": registry.signing.set, "remove": registry.signing.remove}[verb]
    with pytest.raises(ConflictError, match=r"rules\[\]\.brandNew, which the installed botocore .* update boto3"):
        write(SigningRule(THEIRS))
    assert cloud.calls.writes() == []
    assert not registry.signing.add(THEIRS, ["a"])  # nothing to write is no conflict


def test_what_is_described_needs_no_write(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    put(ecr, theirs=["b/*", "a"], other=None)
    assert registry.signing.describe() == (SigningRule(OTHER), SigningRule(THEIRS, ["a", "b/*"]))
    spec = RegistrySpec(signing=registry.describe_settings().signing)
    assert RegistrySpec.from_dict(spec.to_dict()) == spec
    cloud.calls.clear()
    assert not registry.ensure(RegistrySpec.from_dict(spec.to_dict()))
    assert cloud.calls.operations() == [GET]


def test_two_rules_of_one_profile_that_aws_has_stay_and_are_described(registry: Registry, ecr: Client) -> None:
    both = [
        {"signingProfileArn": THEIRS, "repositoryFilters": [{"filter": name, "filterType": "WILDCARD_MATCH"}]}
        for name in ("a", "b")
    ]
    ecr.put_signing_configuration(signingConfiguration={"rules": both})
    registry.signing.add(OURS)
    assert len(ecr.get_signing_configuration()["signingConfiguration"]["rules"]) == 3
    assert not registry.ensure(registry.describe_settings())
    registry.signing.remove(THEIRS)
    assert rules(ecr) == {"ours": None}


def test_eleven_rules_are_foreseen(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    put(ecr, **{f"p{number}": None for number in range(10)})
    with pytest.raises(SpecError, match="11 signing rules, and ECR takes 10 at most"):
        registry.signing.add(OURS)
    assert registry.signing.add(profile("p3"), ["a"])  # a profile that has one takes no more room
    with pytest.raises(SpecError, match="10 signing rules at most, got 11"):
        RegistrySpec(signing=[SigningRule(profile(f"p{number}")) for number in range(11)])


def test_a_profile_of_another_region_is_refused_before_any_call(registry: Registry, cloud: Cloud) -> None:
    abroad = SigningRule(profile("ours", region="us-east-1"))
    for verb in (registry.signing.add, registry.signing.set):
        with pytest.raises(SpecError, match="the registry is in eu-west-1"):
            verb(abroad)
    with pytest.raises(SpecError, match=r"signing\[0\].profile_arn: the registry is in eu-west-1"):
        registry.ensure(RegistrySpec(signing=[abroad]))
    with pytest.raises(SpecError, match="the registry is in eu-west-1"):
        registry.signing.add(profile("ours", partition="aws-cn"))
    assert not cloud.calls


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"profile_arn": "ours"}, "expected the ARN of a signing profile"),
        ({"profile_arn": OURS + "/abcdefghij"}, "no version behind the name"),
        ({"profile_arn": OURS.replace(":/", ":")}, "a slash before signing-profiles"),
        ({"profile_arn": 7}, "got 7"),
        ({"profile_arn": OURS, "repositories": []}, "leave it out to sign everything"),
        ({"profile_arn": OURS, "repositories": "a"}, r"write \['a'\]"),
        ({"profile_arn": OURS, "repositories": ["Team"]}, "got 'Team'"),
        ({"profile_arn": OURS, "repositories": ["a" * 257]}, "at most 256"),
        ({"profile_arn": OURS, "repositories": [f"a{n}" for n in range(101)]}, "100 filters at most, got 101"),
        ({"profile_arn": OURS, "filters": ["a"]}, "write repositories"),
        ({"signingProfileArn": OURS}, "write profile_arn"),
        ({}, "a signing rule needs the ARN"),
    ],
)
def test_what_ecr_refuses_is_refused_before_any_call(wanted: dict[str, Any], reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        RegistrySpec.from_dict({"signing": [wanted]})


def test_wrong_arguments_say_what_is_expected(registry: Registry, cloud: Cloud) -> None:
    signing: Any = registry.signing
    with pytest.raises(SpecError, match="merge their repositories"):
        signing.set(SigningRule(OURS, ["a"]), SigningRule(OURS, ["b"]))
    for wrong in ([SigningRule(OURS)], OURS, None):
        with pytest.raises(SpecError, match=r"expected SigningRule\(profile_arn"):
            signing.set(wrong)
    with pytest.raises(SpecError, match="a rule has its filters"):
        signing.add(SigningRule(OURS), ["a"])
    with pytest.raises(SpecError, match="expected the ARN of a signing profile"):
        signing.remove("ours")
    for other in (SigningRule(OURS), {"profile_arn": OURS}, "x"):
        with pytest.raises(SpecError, match="expected a list of SigningRules"):
            RegistrySpec(signing=other)  # type: ignore[arg-type]
    assert not cloud.calls


def test_a_dry_run_remembers_what_it_would_have_put(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud, dry_run=True)
    assert registry.signing.add(OURS)
    assert registry.signing.add(THEIRS, ["a"])
    assert not registry.signing.add(OURS)
    assert registry.signing.remove(OURS)
    assert [change.operation for change in registry.signing.remove(THEIRS)] == [DELETE]
    assert memory_cloud.calls.writes() == []
