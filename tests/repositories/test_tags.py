"""Tags: added and changed before removed, AWS's own never touched."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import Registry, RepositorySpec, SpecError
from ecrops.testing import Cloud
from support import HERE, cases, state


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
    plan = registry.ensure(RepositorySpec("ab", tags=wanted))
    assert [change.owner for change in plan] == ["ab"] * 3
    assert tags(cloud) == wanted
    assert cloud.calls.writes() == ["UntagResource", "TagResource", "UntagResource"]
    assert len(cloud.calls.of("UntagResource")[0].params["tagKeys"]) == 10


def test_a_tag_that_aws_would_refuse_is_refused_before_any_call(cloud: Cloud, registry: Registry) -> None:
    """Case tag-value-charset: aprin-labs/archimedes#1054, awsdocs/amazon-ecr-user-guide ecr-using-tags."""
    (case,) = [case for case in cases("public") if case["id"] == "tag-value-charset"]
    for wrong in case["input"]["tags"]:
        for use in (
            lambda wrong: RepositorySpec("ab", tags=wrong),
            registry.repository("ab").add_tags,
            lambda wrong: registry.repository("ab").ensure(tags=wrong),
        ):
            with pytest.raises(SpecError):
                use(wrong)
    assert cloud.calls.operations() == []


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"Purpose": "backend (one)"}, "the value of 'Purpose' is made of letters, digits, spaces and + - = . _ : / @"),
        ({"a*b": "x"}, "the key 'a*b' is made of letters, digits, spaces and + - = . _ : / @: it has '*'"),
        ({"k": "a\tb"}, "it has '\\t'"),
        ({"k": "AWS:mine"}, "values that start with 'aws:' are AWS's own, got 'AWS:mine' for 'k'"),
        ({"aws:k": "x"}, "keys that start with 'aws:' are AWS's own"),
        ({"k": False}, "YAML reads yes, no, on and off as truth values: write 'no' in quotes"),
        ({"k": 1}, "in YAML write it in quotes, '1'"),
        ({7: "x"}, "in YAML write it in quotes, '7'"),
        ([{"Key": "team", "Value": "web"}], "write {'team': 'web'}"),
    ],
)
def test_a_wrong_tag_is_told_with_what_to_write(tags: Any, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        RepositorySpec("ab", tags=tags)
    assert said in str(caught.value)


def test_letters_of_all_scripts_and_all_allowed_signs_reach_aws(cloud: Cloud, registry: Registry) -> None:
    wanted = {"Größe é": "東京 ٣", "a+b-c=d.e_f:g/h@i": "+-=._:/@ 09", "empty": "", "x": "my aws: y"}
    registry.ensure(RepositorySpec("ab", tags=wanted))
    assert tags(cloud) == wanted


@pytest.mark.parametrize("wrong", [{"a*b": "x"}, {"k": "(x)"}, {"k": "aws:x"}])
def test_the_emulator_refuses_what_aws_refuses(cloud: Cloud, wrong: dict[str, str]) -> None:
    ecr = cloud.client("ecr")
    listed = [{"Key": key, "Value": value} for key, value in wrong.items()]
    with pytest.raises(ClientError, match="InvalidTagParameterException"):
        ecr.create_repository(repositoryName="ab", tags=listed)
