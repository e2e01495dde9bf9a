"""A kind of event has one name and one set of options, wherever a user meets it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import ecrops.events
from ecrops import Registry, Repository, SpecError
from ecrops.events import RuleOptions
from ecrops.events.patterns.kinds import KINDS
from ecrops.testing import Cloud
from support import registry_of

VERBS = {f"on_{kind.replace('-', '_')}": kind for kind in KINDS}
FACES: dict[str, Any] = {"repository": Repository, "registry": Registry, "values": ecrops.events}


def options_of(function: Callable[..., Any], *besides: str) -> dict[str, Any]:
    """The keyword parameters of a function, with their defaults."""
    parameters = inspect.signature(function).parameters.values()
    keywords = [each for each in parameters if each.kind is each.KEYWORD_ONLY]
    return {each.name: each.default for each in keywords if each.name not in besides}


@pytest.mark.parametrize("face", FACES)
def test_every_face_has_a_verb_for_each_kind_and_no_other(face: str) -> None:
    assert {name for name in dir(FACES[face]) if name.startswith("on_")} == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("face", FACES)
def test_a_verb_shows_its_own_options_and_those_of_every_rule(face: str, verb: str) -> None:
    shown = options_of(getattr(FACES[face], verb))
    own = KINDS[VERBS[verb]].options
    assert {name: shown.pop(name) for name in own} == own
    assert list(shown) == list(RuleOptions.__annotations__)


@pytest.mark.parametrize("kind", KINDS)
def test_the_options_of_a_kind_are_those_of_its_pattern(kind: str) -> None:
    taken = options_of(KINDS[kind].pattern, "location")
    if "scan_type" in taken:
        taken["scan_type"] = None  # without one it follows the registry's
    assert list(taken.items()) == list(KINDS[kind].options.items())


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_about_its_kind_and_hands_its_options_on(verb: str) -> None:
    values: dict[str, Any] = {
        "image_tag": "v1",
        "image_tags": ("v1", "v2"),
        "scan_type": "ENHANCED",
        "severities": ("LOW",),
        "result": "FAILED",
    }
    options = {name: values[name] for name in KINDS[VERBS[verb]].options}
    event = getattr(ecrops.events, verb)("a-rule", description="why", **options)
    assert (event.kind, event.name, event.description, event.options) == (VERBS[verb], "a-rule", "why", options)


@pytest.mark.parametrize("verb", VERBS)
def test_a_misspelt_option_is_refused_by_every_verb_before_any_call(memory_cloud: Cloud, verb: str) -> None:
    registry = registry_of(memory_cloud)
    for face in (registry, registry.repository("team/api"), ecrops.events):
        with pytest.raises(SpecError, match=r"^targett: unknown option; did you mean target"):
            getattr(face, verb)(targett="x")
    assert not memory_cloud.calls


def test_a_repository_refuses_the_repositories_of_its_verbs(memory_cloud: Cloud) -> None:
    with pytest.raises(SpecError, match=r"^repositories: these events are team/api's; registry\.on_"):
        registry_of(memory_cloud).repository("team/api").on_event(repositories="team/web")
    assert not memory_cloud.calls
