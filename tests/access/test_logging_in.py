"""Who may log in: the token that goes with a grant, and the one of its own."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import ArnPrincipal, Role, SpecError, User
from ecrops.testing import Cloud
from support import registry_of

from .world import LOG_IN, OTHER, OTHER_ROLE, PULL, inline, populate


def test_the_token_stays_as_long_as_anything_needs_it(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry = registry_of(cloud)
    for name in ("ab", "cd"):
        registry.repository(name).grant_pull(Role("nodes"))
    registry.repository("cd").grant_scan_findings(Role("nodes"))
    registry.repository("ab").revoke(Role("nodes"))
    assert inline(cloud, "role", "nodes")["*"] == LOG_IN
    registry.repository("cd").revoke(Role("nodes"), *PULL)
    assert inline(cloud, "role", "nodes") == {"cd": {"ecr:DescribeImageScanFindings", "ecr:DescribeImages"}}


def test_a_token_of_its_own_outlives_the_grants(cloud: Cloud) -> None:
    populate(cloud, "ab")
    registry = registry_of(cloud)
    registry.authorization_token.grant_read(User("ci"))
    registry.repository("ab").grant_push(User("ci"))
    registry.repository("ab").revoke(User("ci"))
    assert inline(cloud, "user", "ci") == {"*": LOG_IN}
    registry.repository("ab").grant_push(User("ci"))
    registry.authorization_token.revoke_read(User("ci"))
    assert inline(cloud, "user", "ci").keys() == {"ab", "*"}


@pytest.mark.parametrize("who", ["codebuild.amazonaws.com", OTHER, OTHER_ROLE, ArnPrincipal(OTHER_ROLE)])
def test_a_token_for_who_has_no_policy_is_refused_before_any_write(cloud: Cloud, who: Any) -> None:
    with pytest.raises(SpecError, match="nothing else can grant a token"):
        registry_of(cloud).authorization_token.grant_read(who)
    assert set(cloud.calls.operations()) <= {"GetCallerIdentity"}
