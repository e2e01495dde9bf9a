"""Random worlds put into ministack and asked with real calls: the answers are those of both evaluators.

ministack evaluates IAM itself (``AUTH=true``). Where AWS's documents say that it is wrong, ``differences`` has the
statement, and worlds go without such ones.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from support import examples

from ..ministack import needs_ministack
from .both import ecrops, naive
from .differences import DIFFERENCES, Difference, without_differences
from .live import Live, elsewhere
from .pools import ACCOUNT, ACTIONS, GROUPS, IDS, NOW, PARTITION, REGION, ROLE_ARNS, ROLES, USER_ARNS, USERS, iam
from .strategies import questions, worlds

pytestmark = needs_ministack
JSON = dict[str, Any]
WORLDS = max(5, examples(0) // 50)
KNOWN = {"aws:SourceIp": ["127.0.0.1"], "aws:SecureTransport": ["false"]}
OF_SESSIONS = {**KNOWN, "aws:MultiFactorAuthPresent": ["false"]}
UNKNOWN = ["aws:TagKeys", "aws:SourceArn", "aws:SourceAccount", "aws:PrincipalOrgID", "x:color", "x:size", "x:bytes"]
"""Keys that the calls do not have."""
OF_USERS = [*UNKNOWN, "aws:MultiFactorAuthPresent"]


@pytest.fixture(scope="module")
def live(ministack: str) -> Live:
    return Live(ministack)


def expected(world: JSON, action: str, caller: str) -> bool | None:
    """What both evaluators answer to the calls of a user or a session."""
    is_session = ":assumed-role/" in caller
    question = {
        "action": action,
        "context": OF_SESSIONS if is_session else KNOWN,
        "missing": UNKNOWN if is_session else OF_USERS,
    }
    now = {**world, "now": datetime.now(UTC).isoformat()}
    (ours,), (theirs,) = (evaluate(now, question, [caller]).values() for evaluate in (ecrops, naive))
    assert ours is theirs
    return ours


def test_ministack_answers_the_calls_of_random_worlds_alike(live: Live) -> None:
    answers: Counter[bool | None] = Counter()

    @given(worlds().filter(lambda world: world["details"] is not None), questions())
    @settings(max_examples=WORLDS, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(world: JSON, question: JSON) -> None:
        world = live.placed(without_differences(world))
        live.put(world)
        for caller, answer in live.answers(world, question["action"]):
            known = expected(world, question["action"], caller)
            answers[known] += 1
            assert known in (answer, None), caller

    ask()
    assert answers[True] + answers[False] > 9 * answers[None], "what is known of a call decides nearly always"


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.name)
def test_a_difference_is_there_still(live: Live, difference: Difference) -> None:
    world, caller = live.placed(_shown(difference)), elsewhere(difference.caller)
    live.put(world)
    assert difference.meets(difference.shown)
    assert expected(world, ACTIONS[0], caller) is difference.allowed
    assert dict(live.answers(world, ACTIONS[0]))[caller] is not difference.allowed


def _shown(difference: Difference) -> JSON:
    """A world with one statement."""
    document = {"Version": "2012-10-17", "Statement": [difference.shown]}
    inline = [{"PolicyName": "inline", "PolicyDocument": document}] if difference.layer == "identity" else []
    plain: JSON = {"AttachedManagedPolicies": [], "Tags": [], "GroupList": []}
    return {
        "account": ACCOUNT,
        "region": REGION,
        "partition": PARTITION,
        "details": {
            "UserDetailList": [
                {**plain, "UserName": name, "UserId": IDS[name], "Arn": USER_ARNS[name], "UserPolicyList": inline}
                for name in USERS
            ],
            "RoleDetailList": [
                {**plain, "RoleName": name, "RoleId": IDS[name], "Arn": ROLE_ARNS[name], "RolePolicyList": inline}
                for name in ROLES
            ],
            "GroupDetailList": [
                {**plain, "GroupName": name, "Arn": iam(f"group/{name}"), "GroupPolicyList": []} for name in GROUPS
            ],
            "Policies": [],
        },
        "others": {},
        "repository": {"name": "app", "policy": None if inline else document, "tags": {}},
        "registry_policy": None,
        "now": NOW,
    }
