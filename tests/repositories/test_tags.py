"""Tags: added and changed before removed, AWS's own never touched."""

from __future__ import annotations

from ecrops import Registry, RepositorySpec
from emulator import Cloud
from support import HERE, state


def tags(cloud: Cloud) -> dict[str, str]:
    found: dict[str, str] = state(cloud)["ab"]["tags"]
    return found


def test_a_specs_tags_are_the_whole_set_added_before_removed(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab", tags={"keep": "1", "change": "1", "go": "1"}))
    cloud.calls.clear()
    plan = registry.ensure(RepositorySpec("ab", tags={"keep": "1", "change": "2", "new": "1"}))
    assert str(plan) == f"{HERE}~ ab tags: change=1 -> change=2, new=1\n- ab tags: go=1\n1 updated, 1 deleted"
    assert cloud.calls.writes() == ["TagResource", "UntagResource"]
    assert tags(cloud) == {"keep": "1", "change": "2", "new": "1"}


def test_a_changed_value_is_one_call_that_never_untags(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab", tags={"a": "1"}))
    cloud.calls.clear()
    registry.ensure(RepositorySpec("ab", tags={"a": "2"}))
    assert cloud.calls.writes() == ["TagResource"]


def test_empty_tags_remove_all_and_unmanaged_tags_are_not_even_read(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab", tags={"a": "1"}))
    cloud.calls.clear()
    assert not registry.ensure(RepositorySpec("ab"))
    assert cloud.calls.operations() == ["DescribeRepositories"]
    assert registry.ensure(RepositorySpec("ab", tags={}))
    assert tags(cloud) == {}


def test_tags_of_aws_are_left_alone(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab", tags={"a": "1"}))
    cloud.emulator.set_system_tag("ab", "aws:cloudformation:stack-name", "s")
    assert not registry.ensure(RepositorySpec("ab", tags={"a": "1"}))
    registry.ensure(RepositorySpec("ab", tags={}))
    assert tags(cloud) == {"aws:cloudformation:stack-name": "s"}
    assert registry.repository("ab").describe().tags == {}


def test_adding_and_removing_leave_the_others(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("ab")
    repo.ensure(tags={"a": "1"})
    assert repo.add_tags({"b:c": "2"}, d="3")
    assert not repo.add_tags(a="1")
    assert tags(cloud) == {"a": "1", "b:c": "2", "d": "3"}
    assert repo.remove_tags("a", "nothing")
    assert not repo.remove_tags("a")
    assert tags(cloud) == {"b:c": "2", "d": "3"}


def test_adding_tags_is_one_read_and_one_write(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("ab")
    repo.ensure()
    cloud.calls.clear()
    repo.add_tags(a="1")
    assert cloud.calls.operations() == ["ListTagsForResource", "TagResource"]


def test_fifty_tags_go_in_one_call(cloud: Cloud, registry: Registry) -> None:
    wanted = {f"k{n}": "v" for n in range(50)}
    registry.ensure(RepositorySpec("ab", tags=wanted))
    assert tags(cloud) == wanted


def test_thirty_tags_become_thirty_others_though_both_are_too_many(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab", tags={f"a{n}": "" for n in range(30)}))
    cloud.calls.clear()
    wanted = {f"b{n}": "" for n in range(30)}
    registry.ensure(RepositorySpec("ab", tags=wanted))
    assert tags(cloud) == wanted
    assert cloud.calls.writes() == ["UntagResource", "TagResource", "UntagResource"]
    assert len(cloud.calls.of("UntagResource")[0].params["tagKeys"]) == 10
