"""Properties, on random states: one ensure converges, the next is empty, plan only reads, describe round-trips."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecrops import LifecycleRule, Registry, RepositorySpec
from ecrops.testing import Cloud, in_memory
from ecrops.testing.emulator.cloud import reset
from support import AT_ONCE

WORDS = st.text("abc", min_size=1, max_size=3)
FILTERS = st.lists(st.sampled_from(["a*", "b-*", "latest", "*x*", "v1"]), min_size=1, max_size=5, unique=True)
MUTABILITY = st.one_of(
    st.just({}),
    st.builds(lambda mode: {"image_tag_mutability": mode}, st.sampled_from(["MUTABLE", "IMMUTABLE"])),
    st.builds(
        lambda mode, filters: {"image_tag_mutability": mode, "image_tag_mutability_exclusion_filters": filters},
        st.sampled_from(["MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"]),
        FILTERS,
    ),
)
COUNTS = st.one_of(
    st.builds(lambda n: {"max_image_count": n}, st.integers(1, 999)),
    st.builds(lambda n: {"max_image_age": n}, st.integers(1, 999)),
    st.builds(lambda n: {"max_image_age": n, "transition_to": "archive"}, st.integers(1, 999)),
    st.builds(lambda n: {"since_image_pulled": n, "transition_to": "archive"}, st.integers(1, 999)),
)
ARCHIVED = st.builds(lambda n: {"since_image_transitioned": n}, st.integers(90, 999))


@st.composite
def rules(draw: st.DrawFn) -> list[LifecycleRule]:
    tagged = [
        {draw(st.sampled_from(["tag_prefix_list", "tag_pattern_list"])): tags, **draw(COUNTS)}
        for tags in draw(
            st.lists(st.lists(WORDS, min_size=1, max_size=3), max_size=3, unique_by=lambda t: frozenset(t))
        )
    ]
    if draw(st.booleans()):
        tagged.append({"tag_status": "untagged", **draw(COUNTS)})
    last = [draw(COUNTS)] if draw(st.booleans()) else []
    last += [draw(ARCHIVED)] if draw(st.booleans()) else []
    for fields in tagged:
        if draw(st.booleans()):
            fields["description"] = draw(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5))
    return [LifecycleRule(**fields) for fields in draw(st.permutations(tagged + last))]


TAGS = st.dictionaries(WORDS, WORDS, max_size=4)


@st.composite
def specs(draw: st.DrawFn) -> RepositorySpec:
    return RepositorySpec(
        draw(st.sampled_from(["one", "two", "team/three"])),
        image_scan_on_push=draw(st.sampled_from([None, True, False])),
        lifecycle_rules=draw(st.none() | rules()),
        tags=draw(st.none() | TAGS),
        **draw(MUTABILITY),
    )


def unique(fleet: list[RepositorySpec]) -> list[RepositorySpec]:
    return list({spec.name: spec for spec in fleet}.values())


FLEETS = st.lists(specs(), max_size=4).map(unique)
EXAMPLES = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def session(nothing_real: None) -> Iterator[tuple[Cloud, boto3.Session]]:
    with in_memory() as cloud:
        yield cloud, cloud.session()


def start(session: tuple[Cloud, boto3.Session]) -> tuple[Cloud, Registry]:
    """Everything is forgotten, and so is what a registry remembers."""
    reset()
    cloud, shared = session
    return cloud, Registry(shared, retry=AT_ONCE)


@EXAMPLES
@given(before=FLEETS, after=FLEETS)
def test_one_ensure_converges_from_any_state_to_any_other(
    session: tuple[Cloud, boto3.Session], before: list[RepositorySpec], after: list[RepositorySpec]
) -> None:
    cloud, registry = start(session)
    registry.ensure(*before)
    there = registry.describe()
    cloud.calls.clear()
    plan = registry.plan(*after)
    assert cloud.calls.writes() == []
    assert registry.describe() == there
    registry.apply(plan)
    assert not registry.plan(*after)
    assert {change.owner for change in plan} <= {spec.name for spec in after}


@EXAMPLES
@given(fleet=FLEETS)
def test_describe_says_what_ensure_finds_nothing_to_do_for(
    session: tuple[Cloud, boto3.Session], fleet: list[RepositorySpec]
) -> None:
    _, registry = start(session)
    registry.ensure(*fleet)
    described = registry.describe()
    assert {spec.name for spec in described} == {spec.name for spec in fleet}
    assert not registry.plan(*described)
    registry.remove(*(spec.name for spec in described))
    registry.ensure(*described)
    assert registry.describe() == described


@EXAMPLES
@given(spec=specs())
def test_a_spec_goes_through_json_and_back(spec: RepositorySpec) -> None:
    assert RepositorySpec.from_dict(spec.to_dict()) == spec
