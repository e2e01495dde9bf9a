"""A plan says where: account and region are in its text, its checksum and its changes, and it is applied only there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ecrops import ApplyError, Change, LifecycleRule, Plan, Registry, RepositorySpec, Role, SpecError, pull
from ecrops.testing import Cloud
from support import AT_ONCE, HERE, registry_of
from tests.access.world import OTHER_ROLE, populate

HOME, OTHER = "123456789012", "111122223333"
NEW = RepositorySpec("team/new", tags={"a": "1"})


def plans() -> dict[str, Callable[[Registry], Plan]]:
    return {
        "a repository that is not there yet": lambda registry: registry.plan(NEW),
        "a removal with all images": lambda registry: registry.remove("team/old", empty_on_delete=True),
        "a removed policy": lambda registry: registry.plan(RepositorySpec("team/old", lifecycle_rules=[])),
        "a setting": lambda registry: registry.plan(RepositorySpec("team/old", image_scan_on_push=True)),
    }


def registry_in(
    cloud: Cloud, account: str | None = None, region: str = "eu-west-1", *, dry_run: bool = True
) -> Registry:
    return Registry(cloud.session(region, account=account), retry=AT_ONCE, dry_run=dry_run)


@pytest.fixture
def two_accounts(cloud: Cloud) -> Cloud:
    spec = RepositorySpec("team/old", lifecycle_rules=[LifecycleRule(max_image_count=3)])
    for account in (None, OTHER):
        registry_in(cloud, account, dry_run=False).ensure(spec)
    return cloud


@pytest.mark.parametrize("make", plans().values(), ids=plans().keys())
def test_an_approval_for_one_account_is_none_for_another(two_accounts: Cloud, make: Callable[[Registry], Plan]) -> None:
    here, there = make(registry_in(two_accounts)), make(registry_in(two_accounts, OTHER))
    assert [change.what for change in here] == [change.what for change in there]
    assert here.checksum != there.checksum
    assert here.checksum == make(registry_in(two_accounts)).checksum


@pytest.mark.parametrize("make", plans().values(), ids=plans().keys())
def test_a_plan_is_applied_in_its_account_only(two_accounts: Cloud, make: Callable[[Registry], Plan]) -> None:
    plan = make(registry_in(two_accounts))
    two_accounts.calls.clear()
    with pytest.raises(SpecError, match=f"the plan is for the account 123456789012, this registry is of {OTHER}"):
        registry_in(two_accounts, OTHER, dry_run=False).apply(plan)
    assert two_accounts.calls.writes() == []
    assert registry_in(two_accounts, dry_run=False).apply(plan)


def test_a_plan_is_for_its_region_only(cloud: Cloud) -> None:
    here, there = (registry_in(cloud, region=region).plan(NEW) for region in ("eu-west-1", "us-east-1"))
    assert here.checksum != there.checksum
    assert str(there).startswith("in account 123456789012, region us-east-1:\n+ team/new")
    with pytest.raises(SpecError, match="the plan is for us-east-1, this registry is in eu-west-1"):
        registry_in(cloud, dry_run=False).apply(there)


def test_text_notebook_and_json_say_where(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    plan = registry.plan(NEW)
    assert str(plan).startswith(f"{HERE}+ team/new repository: a=1\n")
    assert "<b>1 to create</b>" in plan._repr_html_()
    assert "in account 123456789012, region eu-west-1</span></div><table " in plan._repr_html_()
    assert [(change["account"], change["region"]) for change in plan.to_dict()["changes"]] == [
        ("123456789012", "eu-west-1")
    ]
    made = registry.apply(plan)
    assert str(made).startswith(HERE)
    assert [(change.account, change.region) for change in made] == [("123456789012", "eu-west-1")]
    assert (made.region, made.checksum) == ("eu-west-1", plan.checksum)
    assert str(registry.plan(NEW)) == "nothing to do"


def test_a_plan_with_a_session_names_both_accounts(cloud: Cloud) -> None:
    cloud.client("iam", account=OTHER).create_role(RoleName="far", AssumeRolePolicyDocument="{}")
    grant = pull(Role(f"arn:aws:iam::{OTHER}:role/far"), session=cloud.session(account=OTHER))
    plan = registry_of(cloud).plan(RepositorySpec("team/new", grants=[grant]))
    assert {(change.owner, change.account) for change in plan} == {
        ("team/new", "123456789012"),
        (f"role far of {OTHER}", OTHER),
    }
    first = str(plan).splitlines()[0]
    assert first == f"in account 123456789012, region eu-west-1 and account {OTHER}, region eu-west-1:"


def test_what_was_made_with_a_session_says_its_account_and_holds_no_session(cloud: Cloud) -> None:
    cloud.client("iam", account=OTHER).create_role(RoleName="far", AssumeRolePolicyDocument="{}")
    grant = pull(Role(f"arn:aws:iam::{OTHER}:role/far"), session=cloud.session(account=OTHER))
    made = registry_of(cloud).ensure(RepositorySpec("team/new", grants=[grant]))
    assert {(change.owner, change.account) for change in made} == {
        ("team/new", "123456789012"),
        (f"role far of {OTHER}", OTHER),
    }
    assert made.wants == ()


def test_the_account_is_asked_for_at_most_once_and_not_at_all_where_an_answer_names_it(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    registry.plan(NEW)
    registry.plan(NEW, RepositorySpec("team/newer"))
    assert memory_cloud.calls.operations().count("GetCallerIdentity") == 1
    memory_cloud.calls.clear()
    assert registry_of(memory_cloud).ensure(NEW)
    assert registry_of(memory_cloud).plan(RepositorySpec("team/new", tags={}))
    assert "GetCallerIdentity" not in memory_cloud.calls.operations()


@pytest.mark.parametrize("make", [Registry.plan, Registry.ensure])
def test_nothing_to_do_asks_for_no_account(memory_cloud: Cloud, make: Callable[[Registry], Plan]) -> None:
    registry = registry_of(memory_cloud, dry_run=True)
    assert not make(registry)
    assert not registry.remove("team/gone")
    assert "GetCallerIdentity" not in memory_cloud.calls.operations()
    assert registry.plan(NEW).account == "123456789012"
    assert memory_cloud.calls.operations().count("GetCallerIdentity") == 1


def test_whoever_hears_of_changes_hears_where_they_are(cloud: Cloud) -> None:
    """Also of those before an error, in the registry's account and in that of another session."""
    cloud.client("iam", account=OTHER).create_role(RoleName="far", AssumeRolePolicyDocument="{}")
    registry, heard = registry_of(cloud), list[Change]()
    registry.ensure(RepositorySpec("team/aa"), RepositorySpec("team/bb"))
    grant = pull(Role(f"arn:aws:iam::{OTHER}:role/far"), session=cloud.session(account=OTHER))
    cloud.faults.on("denied", where=lambda call: call.is_write and "team/bb" in str(call.params), times=None)
    specs = [RepositorySpec("team/aa", grants=[grant]), RepositorySpec("team/bb", tags={"a": "1"})]
    with pytest.raises(ApplyError) as caught:
        registry.ensure(*specs, on_change=heard.append)
    expected = {("team/aa", HOME, "eu-west-1"), (f"role far of {OTHER}", OTHER, "eu-west-1")}
    assert {(change.owner, change.account, change.region) for change in heard} == expected
    assert {(change.owner, change.account, change.region) for change in caught.value.applied} == expected


@pytest.mark.parametrize("approved", [True, False])
def test_what_a_first_ensure_made_says_where_in_every_list(cloud: Cloud, approved: bool) -> None:
    registry = registry_of(cloud)
    made = registry.apply(registry.plan(NEW)) if approved else registry.ensure(NEW)
    for changes in (made.changes, made.applied):
        assert [(change.account, change.region) for change in changes] == [(HOME, "eu-west-1")]


def test_a_plan_that_does_not_say_where_is_not_applied(cloud: Cloud) -> None:
    from dataclasses import replace

    registry = registry_of(cloud)
    with pytest.raises(SpecError, match="does not say for which account"):
        registry.apply(replace(registry.plan(NEW), account=""))


@pytest.mark.parametrize("same", [True, False])
def test_two_sessions_for_one_role_are_refused_and_one_session_twice_is_not(cloud: Cloud, same: bool) -> None:
    cloud.client("iam", account=OTHER).create_role(RoleName="far", AssumeRolePolicyDocument="{}")
    role, first = Role(f"arn:aws:iam::{OTHER}:role/far"), cloud.session(account=OTHER)
    sessions = (first, first if same else cloud.session(account=OTHER))
    specs = [
        RepositorySpec(name, grants=[pull(role, session=session)])
        for name, session in zip(("aa", "bb"), sessions, strict=True)
    ]
    registry = registry_of(cloud)
    if same:
        assert registry.ensure(*specs)
        return
    with pytest.raises(SpecError, match=f"role far of {OTHER}: two sessions were given for it"):
        registry.ensure(*specs)
    assert cloud.calls.writes() == []


@pytest.mark.parametrize("there", [0, 1])
def test_roles_of_one_name_in_two_accounts_are_read_each_in_its_own(cloud: Cloud, there: int) -> None:
    populate(cloud, "ab")
    grants = [pull(Role("nodes")), pull(Role(OTHER_ROLE), session=cloud.session(account=OTHER))]
    registry_of(cloud).ensure(RepositorySpec("ab", grants=[grants[there]]))
    for order in (grants, grants[::-1]):
        plan = registry_of(cloud).plan(RepositorySpec("ab", grants=order))
        assert [change.account for change in plan if change.owner.startswith("role ")] == [(OTHER, HOME)[there]]


def test_an_account_that_a_list_in_an_answer_names_is_not_asked_for(cloud: Cloud) -> None:
    populate(cloud, "ab")
    assert registry_of(cloud).plan(RepositorySpec("ab", image_scan_on_push=True)).account == HOME
    assert "GetCallerIdentity" not in cloud.calls.operations()
