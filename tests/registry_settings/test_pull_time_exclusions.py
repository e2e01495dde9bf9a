"""The pull-time exclusions of a registry: a list of principals, each added and removed alone."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import ArnPrincipal, ConflictError, Group, Registry, Role, SpecError, User
from ecrops.aws import ClientError
from ecrops.registry_settings import RegistrySpec
from ecrops.testing import FAULTS, Call, Cloud, Fault
from support import registry_of

LIST = "ListPullTimeUpdateExclusions"
REGISTER, DEREGISTER = "RegisterPullTimeUpdateExclusion", "DeregisterPullTimeUpdateExclusion"


def role(name: str, *, account: str = "123456789012") -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def registered(cloud: Cloud, *principals: str) -> None:
    """What somebody else has registered."""
    for principal in principals:
        cloud.client("ecr").register_pull_time_update_exclusion(principalArn=principal)


def listed(cloud: Cloud) -> list[str]:
    return sorted(cloud.emulator.settings.picture()["exclusions"])


def test_principals_are_roles_users_and_arns(registry: Registry, cloud: Cloud) -> None:
    registered(cloud, role("theirs"))
    made = registry.pull_time_exclusions.add(
        Role("service/scanner"), User("ci"), ArnPrincipal(role("x", account="111122223333")), role("y")
    )
    assert str(made).splitlines()[1:] == [
        f"+ pull-time exclusions {principal}"
        for principal in (
            role("x", account="111122223333"),
            role("service/scanner"),
            role("y"),
            "arn:aws:iam::123456789012:user/ci",
        )
    ] + ["4 created"]
    assert role("theirs") in listed(cloud)
    assert len(listed(cloud)) == 5
    cloud.calls.clear()
    assert not registry.pull_time_exclusions.add(Role("service/scanner"), role("y"))
    assert cloud.calls.operations() == [LIST]


def test_an_arn_needs_no_account(memory_cloud: Cloud) -> None:
    registry_of(memory_cloud).pull_time_exclusions.add(role("y"))
    assert memory_cloud.calls.operations() == [LIST, REGISTER]


def test_removals_and_sets(registry: Registry, cloud: Cloud) -> None:
    registered(cloud, role("theirs"), role("ours"))
    made = registry.pull_time_exclusions.remove(Role("ours"), role("never"))
    assert [(change.operation, change.params["principalArn"]) for change in made] == [(DEREGISTER, role("ours"))]
    assert not registry.pull_time_exclusions.remove(Role("ours"))
    made = registry.pull_time_exclusions.set(role("new"))
    assert [change.operation for change in made] == [DEREGISTER, REGISTER]
    assert registry.pull_time_exclusions.describe() == (role("new"),)
    assert registry.pull_time_exclusions.set()
    assert listed(cloud) == []


def test_a_listing_of_many_pages_is_read_whole(registry: Registry, cloud: Cloud, monkeypatch: Any) -> None:
    from ecrops.registry_settings.pull_time_exclusions import aspect

    monkeypatch.setattr(aspect, "_AT_ONCE", 2)
    registered(cloud, *(role(f"r{number}") for number in range(5)))
    assert registry.pull_time_exclusions.describe() == tuple(role(f"r{number}") for number in range(5))
    assert [call.params.get("nextToken") is None for call in cloud.calls] == [True, False, False]


def test_what_somebody_else_does_first_is_done(memory_cloud: Cloud) -> None:
    ecr = memory_cloud.client("ecr")
    registered(memory_cloud, role("gone"))

    def meddle(call: Call) -> bool:
        if call.operation == REGISTER and call.params["principalArn"] not in listed(memory_cloud):
            ecr.register_pull_time_update_exclusion(principalArn=call.params["principalArn"])
        if call.operation == DEREGISTER and call.params["principalArn"] in listed(memory_cloud):
            ecr.deregister_pull_time_update_exclusion(principalArn=call.params["principalArn"])
        return False

    memory_cloud.faults.on("throttle", where=meddle)
    registry_of(memory_cloud).pull_time_exclusions.set(role("a"), role("b"))
    assert listed(memory_cloud) == [role("a"), role("b")]


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"denied"}))
@pytest.mark.parametrize("operation", [LIST, REGISTER, DEREGISTER])
def test_a_call_that_goes_wrong_is_made_again(memory_cloud: Cloud, operation: str, fault: Fault) -> None:
    registered(memory_cloud, role("gone"), role("stays"))
    memory_cloud.faults.on(fault, operation=operation, times=1)
    registry_of(memory_cloud).pull_time_exclusions.set(role("stays"), role("a"), role("b"))
    assert listed(memory_cloud) == [role("a"), role("b"), role("stays")]
    assert len(memory_cloud.faults.hits) == 1


def test_principals_that_came_since_a_plan_stay_for_an_edit_and_stop_an_exact_value(
    registry: Registry, cloud: Cloud
) -> None:
    plan = registry.plan(RegistrySpec(pull_time_exclusions=[role("ours")]))
    registered(cloud, role("theirs"))
    with pytest.raises(ConflictError, match="theirs"):
        registry.apply(plan)
    assert listed(cloud) == [role("theirs")]
    registry.pull_time_exclusions.add(role("ours"))
    assert listed(cloud) == [role("ours"), role("theirs")]


def test_what_is_described_needs_no_write(registry: Registry, cloud: Cloud) -> None:
    registered(cloud, role("b"), role("a"))
    spec = RegistrySpec(pull_time_exclusions=registry.describe_settings().pull_time_exclusions)
    assert spec.to_dict() == {"pull_time_exclusions": [role("a"), role("b")]}
    assert RegistrySpec.from_dict(spec.to_dict()) == spec
    cloud.calls.clear()
    assert not registry.ensure(RegistrySpec.from_dict(spec.to_dict()))
    assert cloud.calls.operations() == [LIST]


def test_more_than_a_hundred_are_foreseen(memory_cloud: Cloud) -> None:
    exclusions = registry_of(memory_cloud).pull_time_exclusions
    registered(memory_cloud, *(role(f"r{number}") for number in range(99)))
    exclusions.add(role("ours"))
    with pytest.raises(SpecError, match="101 pull-time exclusions, and ECR takes 100 at most"):
        exclusions.add(role("one-more"))
    with pytest.raises(SpecError, match="at most, got 101"):
        RegistrySpec(pull_time_exclusions=[role(f"r{number}") for number in range(101)])
    exclusions.set(*(role(f"s{number}") for number in range(100)))  # removals make room first
    assert len(listed(memory_cloud)) == 100
    assert memory_cloud.faults.hits == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("scanner", r"a name is given as Role\('scanner'\) or User\('scanner'\)"),
        ("arn:aws:iam::123456789012:group/g", "is of a role or a user"),
        ("arn:aws:iam::123456789012:root", "is of a role or a user"),
        ("arn:aws:sts::123456789012:assumed-role/nodes/i-1", "name the role, arn:aws:iam::123456789012:role/nodes"),
        ("arn:aws:iam::123456789012:role/*", "expected an ARN such as"),
        (role("r" * 200), "at most 200 characters"),
        (Group("g"), "name the users"),
        (Role("r", conditions={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), "has no conditions"),
        (None, "got None"),
        (["arn:aws:iam::123456789012:role/a"], "write add"),
        ("arn:aws-cn:iam::123456789012:role/a", "is of the partition aws"),
    ],
)
def test_what_is_no_role_or_user_is_refused_before_any_call(
    registry: Registry, cloud: Cloud, wrong: Any, reason: str
) -> None:
    for verb in (registry.pull_time_exclusions.add, registry.pull_time_exclusions.remove):
        with pytest.raises(SpecError, match=reason):
            verb(wrong)
    assert not cloud.calls


def test_a_spec_has_arns(registry: Registry, cloud: Cloud) -> None:
    assert RegistrySpec(pull_time_exclusions=[Role(role("a")), role("a")]).pull_time_exclusions == (role("a"),)  # type: ignore[list-item]
    with pytest.raises(SpecError, match="a spec does not know the account of a name: write the ARN of the role"):
        RegistrySpec(pull_time_exclusions=[Role("a")])  # type: ignore[list-item]
    for wrong in (role("a"), {"a": 1}, 7):
        with pytest.raises(SpecError, match="expected a list of ARNs"):
            RegistrySpec(pull_time_exclusions=wrong)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="pull_time_exclusions: the registry in eu-west-1"):
        registry.ensure(RegistrySpec(pull_time_exclusions=["arn:aws-cn:iam::123456789012:role/a"]))
    with pytest.raises(SpecError, match="got none"):
        registry.pull_time_exclusions.add()
    assert not cloud.calls


def test_a_denied_call_says_which_principal_it_stopped(memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", operation=REGISTER, times=None)
    with pytest.raises(ClientError) as caught:
        registry_of(memory_cloud).pull_time_exclusions.add(role("a"))
    assert any(role("a") in note for note in caught.value.__notes__)


def test_a_dry_run_remembers_what_it_would_have_registered(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud, dry_run=True)
    assert registry.pull_time_exclusions.add(role("a"), role("b"))
    assert not registry.pull_time_exclusions.add(role("a"))
    assert registry.pull_time_exclusions.remove(role("a"))
    assert memory_cloud.calls.writes() == []
