"""Random sequences of grant and revoke leave exactly what a model says, and the statements of others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecrops import AnyPrincipal, Group, Registry, Role, User
from ecrops.access import actions
from ecrops.access.actions import FOR_IMAGES, PULL, PULL_PUSH, PUSH, READ
from ecrops.iam.policy import PRINCIPAL, Policy
from ecrops.iam.statements import statements
from ecrops.testing import Cloud
from ecrops.testing.emulator.cloud import reset
from support import examples, registry_of

from .world import FOREIGN, OTHER, OTHER_ROLE, inline, populate, put_policy, repository_policy

IDENTITIES = {"user ci": User("ci"), "role nodes": Role("nodes"), "group devs": Group("devs")}
NAMED: dict[str, Any] = {
    f"AWS:arn:aws:iam::{OTHER}:root": OTHER,
    f"AWS:{OTHER_ROLE}": OTHER_ROLE,
    "Service:codebuild.amazonaws.com": "codebuild.amazonaws.com",
    "AWS:*": AnyPrincipal(public=True),
}
EVERYBODY: dict[str, Any] = {**IDENTITIES, **NAMED}
VERBS = {"read": READ, "pull": PULL, "push": PUSH, "pull_push": PULL_PUSH}
REPOSITORIES = ("ab", "team/cd")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["grant", "grant", "revoke", "revoke some"]),
        st.sampled_from(sorted(VERBS)),
        st.sampled_from([*IDENTITIES, *NAMED]),
        st.sampled_from(REPOSITORIES),
    ),
    min_size=1,
    max_size=6,
)
THEIRS = {"Sid": "theirs", "Effect": "Deny", "Principal": "*", "Action": "ecr:BatchDeleteImage"}


class Model:
    """What everybody should be allowed, as plain sets."""

    def __init__(self) -> None:
        self.allowed: dict[tuple[str, str], set[str]] = {}
        self.token: set[str] = set()

    def step(self, step: str, verb: str, who: str, name: str) -> None:
        actions = self.allowed.setdefault((who, name), set())
        if step == "grant":
            actions |= set(VERBS[verb])
            if verb != "read" and who in IDENTITIES:
                self.token.add(who)
            return
        actions -= actions if step == "revoke" else set(VERBS[verb])
        if not any(self.allowed.get((who, each), set()) & FOR_IMAGES["ecr"] for each in REPOSITORIES):
            self.token.discard(who)

    def identity(self, who: str) -> dict[str, set[str]]:
        said = {name: self.allowed[who, name] for name in REPOSITORIES if self.allowed.get((who, name))}
        return said | ({"*": {"ecr:GetAuthorizationToken"}} if who in self.token else {})

    def repository(self, name: str) -> dict[str, set[str]]:
        return {who: self.allowed[who, name] for who in NAMED if self.allowed.get((who, name))}


def act(registry: Registry, step: str, verb: str, who: str, name: str) -> None:
    repo, principal = registry.repository(name), EVERYBODY[who]
    if step == "grant":
        getattr(repo, f"grant_{verb}")(principal)
        assert not getattr(repo, f"grant_{verb}")(principal), "the second time is no change"
    else:
        actions = () if step == "revoke" else VERBS[verb]
        repo.revoke(principal, *actions)


@pytest.fixture
def registry(memory_cloud: Cloud) -> Registry:
    """One for all examples, since its clients take longer to make than an example takes."""
    return registry_of(memory_cloud)


@settings(max_examples=examples(24), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(steps=STEPS)
def test_grants_and_revokes_leave_what_the_model_says(
    memory_cloud: Cloud, registry: Registry, steps: list[tuple[str, str, str, str]]
) -> None:
    reset()
    populate(memory_cloud, *REPOSITORIES)
    for name in REPOSITORIES:
        put_policy(memory_cloud, name, FOREIGN, THEIRS)
    model = Model()
    for step in steps:
        act(registry, *step)
        model.step(*step)
    for who in IDENTITIES:
        assert inline(memory_cloud, *who.split()) == model.identity(who), who
    for name in REPOSITORIES:
        document = repository_policy(memory_cloud.client("ecr"), name) or {}
        assert statements(document)[:2] == [FOREIGN, THEIRS]
        ours = Policy.parse(document, PRINCIPAL, actions.sid)
        assert {subject.name: set(actions) for subject, actions in ours.allowed.items()} == model.repository(name)
        assert list(ours.foreign) == [FOREIGN, THEIRS]
