"""How many calls a run makes: the budgets."""

from __future__ import annotations

import pytest

from ecrops import LifecycleRule, Registry, RepositorySpec
from ecrops.testing import Cloud
from support import registry_of

FULL = RepositorySpec(
    "app",
    image_tag_mutability="IMMUTABLE",
    image_scan_on_push=True,
    tags={"a": "1"},
    lifecycle_rules=[LifecycleRule(max_image_count=30)],
)


def settled(cloud: Cloud, count: int) -> list[RepositorySpec]:
    return [RepositorySpec(name, image_scan_on_push=False) for name in cloud.emulator.seed(count)]


def test_one_repository_is_created_with_a_read_and_a_write_for_each_part(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(FULL)
    assert cloud.calls.operations() == ["DescribeRepositories", "CreateRepository", "PutLifecyclePolicy"]


def test_nothing_to_do_is_one_read_for_each_part(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(FULL)
    cloud.calls.clear()
    assert not registry.ensure(FULL)
    assert sorted(cloud.calls.operations()) == ["DescribeRepositories", "GetLifecyclePolicy", "ListTagsForResource"]


def test_one_change_is_one_write_more(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(FULL)
    cloud.calls.clear()
    registry.ensure(RepositorySpec("app", image_tag_mutability="MUTABLE", tags={"a": "1"}))
    assert cloud.calls.operations() == ["DescribeRepositories", "ListTagsForResource", "PutImageTagMutability"]


def test_a_fleet_of_5000_settled_repositories_costs_5_reads(memory_cloud: Cloud) -> None:
    fleet = settled(memory_cloud, 5_000)
    assert not registry_of(memory_cloud).ensure(*fleet)
    assert memory_cloud.calls.operations() == ["DescribeRepositories"] * 5


def test_three_specs_in_a_registry_of_50000_do_not_list_it(memory_cloud: Cloud) -> None:
    fleet = settled(memory_cloud, 50_000)
    assert not registry_of(memory_cloud).ensure(fleet[0], fleet[25_000], fleet[-1])
    assert memory_cloud.calls.operations() == ["DescribeRepositories"]
    memory_cloud.calls.clear()
    plan = registry_of(memory_cloud).plan(fleet[25_000], fleet[-1], RepositorySpec("new"))
    assert [change.owner for change in plan] == ["new"]
    assert len(memory_cloud.calls.operations()) <= 5


def test_a_few_hundred_specs_in_a_registry_of_50000_cost_less_than_listing_it(memory_cloud: Cloud) -> None:
    fleet = settled(memory_cloud, 50_000)[-300:]
    assert not registry_of(memory_cloud).ensure(*fleet)
    assert len(memory_cloud.calls.operations()) <= 7


@pytest.mark.parametrize("missing", [1, 150, 300])
def test_whatever_is_missing_the_plan_is_right(memory_cloud: Cloud, missing: int) -> None:
    fleet = settled(memory_cloud, 5_000)[-300:]
    new = [RepositorySpec(f"new{n}") for n in range(missing)]
    plan = registry_of(memory_cloud).plan(*fleet, *new)
    assert [change.owner for change in plan] == [spec.name for spec in new]


def test_two_hundred_new_repositories_among_5000_cost_a_listing_and_two_chunks(
    memory_cloud: Cloud,
) -> None:
    settled(memory_cloud, 5_000)
    assert len(registry_of(memory_cloud).plan(*(RepositorySpec(f"new{n}") for n in range(200)))) == 200
    assert len(memory_cloud.calls) <= 7


def test_five_hundred_new_repositories_in_an_empty_registry_are_found_missing_with_one_read(
    memory_cloud: Cloud,
) -> None:
    assert len(registry_of(memory_cloud).plan(*(RepositorySpec(f"app{n}") for n in range(500)))) == 500
    # a plan says for which account it is: STS is asked where no answer has named it
    assert memory_cloud.calls.operations() == ["DescribeRepositories", "GetCallerIdentity"]


def test_a_registry_is_described_with_one_listing_and_three_reads_for_each_repository(memory_cloud: Cloud) -> None:
    names = memory_cloud.emulator.seed(3)
    assert [spec.name for spec in registry_of(memory_cloud).describe()] == names
    assert sorted(memory_cloud.calls.operations()) == sorted(
        ["DescribeRepositories", *["GetLifecyclePolicy", "GetRepositoryPolicy", "ListTagsForResource"] * 3]
    )


def test_sts_is_asked_only_where_no_answer_named_the_account(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    registry.ensure(RepositorySpec("ab"))
    assert registry.repository("ab").arn.endswith(":123456789012:repository/ab")
    assert cloud.calls.of("GetCallerIdentity") == []
    assert registry_of(cloud).account_id == "123456789012"
    assert len(cloud.calls.of("GetCallerIdentity")) == 1


def test_a_client_is_made_when_its_service_is_first_needed(cloud: Cloud) -> None:
    made: list[str] = []
    session = cloud.session()
    make = session.client

    def client(service: str, **options: object) -> object:
        made.append(service)
        return make(service, **options)  # type: ignore[call-overload]

    session.client = client  # type: ignore[method-assign, assignment]
    registry = Registry(session)
    repo = registry.repository("ab")
    assert made == []
    repo.ensure(tags={"a": "1"}, encryption="KMS")
    repo.ensure(tags={"a": "2"}, encryption="KMS")
    assert made == ["ecr"]
    assert registry_of(cloud).uri
