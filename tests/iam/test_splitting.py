"""What one policy says, spread over several that have room for it."""

from __future__ import annotations

from ecrops.access import actions
from ecrops.iam.policy import RESOURCE, Policy, Subject
from ecrops.iam.splitting import spread
from ecrops.iam.text import size


def policy(*names: str) -> Policy:
    allowances = [(Subject(f"arn:aws:ecr:eu-west-1:123456789012:repository/{name}"), actions.PULL) for name in names]
    return Policy(RESOURCE, actions.sid).allowing_all(allowances)


def test_a_policy_of_which_nothing_remains_leaves_no_gap_in_the_numbers() -> None:
    current = {0: policy("aa"), 1: policy("bb"), 2: policy("cc")}
    parts = spread(policy("aa", "cc"), current, size(policy("aa").document))
    assert sorted(parts) == [0, 1]  # reading stops at the first number that is missing
    assert [set(part.allowed) for part in parts.values()] == [set(policy(name).allowed) for name in ("aa", "cc")]


def test_what_a_policy_says_stays_in_it_and_what_is_new_fills_the_room_that_is_left() -> None:
    limit = size(policy("aa", "bb").document)
    parts = spread(policy("aa", "bb", "cc"), {0: policy("bb"), 1: policy("cc")}, limit)
    assert [set(part.allowed) for part in parts.values()] == [
        set(policy("aa", "bb").allowed),
        set(policy("cc").allowed),
    ]
