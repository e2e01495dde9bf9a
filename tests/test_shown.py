"""What a plan shows of each change: its kind and its line, all that it takes away and adds, and what it needs.

An approval is for these. A change that shows less than it does would be made without anybody having agreed to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ecrops import LifecycleRule, Plan, Registry, Role, User
from ecrops.events import Target
from ecrops.testing import Cloud
from support import registry_of
from tests.access.world import populate
from tests.events.support import arn, make_queue, make_role

Verb = Callable[[Registry], Any]
QUEUE = arn("sqs", "pushes")
ROLE = "arn:aws:iam::123456789012:role/events"
RETRIES: Any = {"maximum_retry_attempts": 3}
PATTERN = (
    'pattern "{\\"detail\\":{\\"action-type\\":[\\"PUSH\\"],\\"repository-name\\":[\\"ab\\"]},'
    '\\"detail-type\\":[\\"ECR Image Action\\"],\\"source\\":[\\"aws.ecr\\"]}"'
)
PUSHES = "ECR Image Action of ab (action-type PUSH), enabled"
READ = [
    f'allow ["arn:aws:ecr:eu-west-1:123456789012:repository/ab", "", "", "ecr:{name}"]'
    for name in ("describeimages", "describerepositories")
]
IN_FORCE = [f"in force: {part}" for part in READ]
MANAGED = "role nodes attached policy ecrops-role-nodes-fc974502"
SENT = f"{QUEUE} policy: rule pushed"
MAY_INVOKE = f"arn:aws:events:eu-west-1:123456789012:rule/pushed may invoke {QUEUE}"


def kept(count: int) -> str:
    """A rule that keeps the last images, as a part."""
    counted = f'"selection": {{"countNumber": {count}, "countType": "imageCountMoreThan", "tagStatus": "any"}}'
    return f'{{"action": {{"type": "expire"}}, "rulePriority": 1, {counted}}}'


def pushed(**more: Any) -> Verb:
    """A rule with one target, under an id of its own."""
    target = Target(QUEUE, id="q", **more.pop("target", {}))
    return lambda registry: registry.repository("ab").on_image_pushed("pushed", target=target, tags=TEAM, **more)


def ab(verb: str, *args: Any, **options: Any) -> Verb:
    """A verb of the repository."""
    return lambda registry: getattr(registry.repository("ab"), verb)(*args, **options)


def rule(verb: str, *args: Any) -> Verb:
    """A verb of the rule."""
    return lambda registry: getattr(registry.rule("pushed"), verb)(*args)


TEAM = {"team": "x"}
X_RULE = (
    '{"action": {"type": "expire"}, "selection": '
    '{"countNumber": 3, "countType": "imageCountMoreThan", "tagPrefixList": ["x"], "tagStatus": "tagged"}}'
)
TARGET = f'target q {{"Arn": "{QUEUE}"}}'
Shown = tuple[str, str, Sequence[str], Sequence[str], str]
CASES: dict[str, tuple[Sequence[Verb], Verb, Sequence[Shown]]] = {
    "a new rule": (
        [],
        pushed(),
        [
            (
                "create",
                f"+ rule pushed rule: {PUSHES}",
                [],
                [
                    PATTERN,
                    'State "ENABLED"',
                    "rule pushed itself",
                    'tag ecrops:repository "ab"',
                    'tag ecrops:rule "ccc83cd1"',
                    'tag ecrops:targets "8e35c2cd"',
                    'tag team "x"',
                ],
                "events:PutRule events:TagResource",
            ),
            ("create", "+ rule pushed targets: sqs pushes", [], [TARGET], "events:PutTargets"),
            ("update", f"~ {SENT}", [], [MAY_INVOKE], "sqs:SetQueueAttributes"),
        ],
    ),
    "a member of a target": (
        [pushed(target=RETRIES)],
        pushed(target={"maximum_retry_attempts": 5}),
        [
            (
                "update",
                '~ rule pushed targets: sqs pushes (RetryPolicy {"MaximumRetryAttempts": 3}) -> '
                'sqs pushes (RetryPolicy {"MaximumRetryAttempts": 5})',
                ['target q {"RetryPolicy": {"MaximumRetryAttempts": 3}}'],
                ['target q {"RetryPolicy": {"MaximumRetryAttempts": 5}}'],
                "events:PutTargets",
            )
        ],
    ),
    "a tag of a rule": (
        [pushed()],
        lambda registry: registry.repository("ab").on_image_pushed(
            "pushed", target=Target(QUEUE, id="q"), tags={"team": "y"}
        ),
        [("update", "~ rule pushed tags: team=y", ['tag team "x"'], ['tag team "y"'], "events:TagResource")],
    ),
    "the state of a rule": (
        [pushed()],
        rule("disable"),
        [
            (
                "update",
                f"~ rule pushed rule: {PUSHES} -> {PUSHES.replace('enabled', 'disabled')}",
                ['State "ENABLED"'],
                ['State "DISABLED"'],
                "events:PutRule",
            )
        ],
    ),
    "a rule with a role": (
        [lambda registry: registry.aws.client("events").put_rule(Name="pushed", EventPattern="{}", RoleArn=ROLE)],
        rule("disable"),
        [
            (
                "update",
                "~ rule pushed rule: enabled -> disabled",
                ['State "ENABLED"'],
                ['State "DISABLED"'],
                "events:PutRule iam:PassRole",
            )
        ],
    ),
    "a rule that is removed": (
        [pushed()],
        rule("remove"),
        [
            ("delete", f"- {SENT}", [MAY_INVOKE], [], "sqs:SetQueueAttributes"),
            ("delete", "- rule pushed targets: sqs pushes", [TARGET], [], "events:RemoveTargets"),
            (
                "delete",
                f"- rule pushed rule: {PUSHES}",
                [
                    PATTERN,
                    'State "ENABLED"',
                    "rule pushed itself ID",
                    'tag ecrops:repository "ab"',
                    'tag ecrops:rule "ccc83cd1"',
                    'tag ecrops:targets "8e35c2cd"',
                    'tag team "x"',
                ],
                [],
                "events:DeleteRule",
            ),
        ],
    ),
    "tags": (
        [ab("ensure", tags={"a": "1", "b": "1"})],
        ab("ensure", tags={"a": "2", "c": "1"}),
        [
            (
                "update",
                "~ ab tags: a=1 -> a=2, c=1",
                ['["tag", "a", "1"]'],
                ['["tag", "a", "2"]', '["tag", "c", "1"]'],
                "ecr:TagResource",
            ),
            ("delete", "- ab tags: b=1", ['["tag", "b", "1"]'], [], "ecr:UntagResource"),
        ],
    ),
    "scanning that is turned on": (
        [],
        ab("ensure", image_scan_on_push=True),
        [("update", "~ ab scan on push: off -> on", [], ["scan on push"], "ecr:PutImageScanningConfiguration")],
    ),
    "scanning that is turned off": (
        [ab("ensure", image_scan_on_push=True)],
        ab("ensure", image_scan_on_push=False),
        [("update", "~ ab scan on push: on -> off", ["scan on push"], [], "ecr:PutImageScanningConfiguration")],
    ),
    "an encryption": (
        [],
        ab("ensure", encryption="KMS"),
        [("conflict", "! ab encryption: AES256 -> KMS", ["AES256"], ["KMS"], "")],
    ),
    "a repository without images": (
        [],
        ab("delete"),
        [("delete", "- ab repository", ["ab itself ID"], [], "ecr:DeleteRepository")],
    ),
    "a repository with its images": (
        [],
        ab("delete", empty_on_delete=True),
        [
            (
                "delete",
                "- ab repository: with all its images, 0 now",
                ["ab itself ID", "with all its images"],
                [],
                "ecr:DeleteRepository",
            )
        ],
    ),
    "a repository with a key": (
        [lambda registry: registry.repository("keyed").ensure(encryption="KMS")],
        lambda registry: registry.repository("keyed").delete(),
        [("delete", "- keyed repository", ["keyed itself ID"], [], "ecr:DeleteRepository kms:RetireGrant")],
    ),
    "a lifecycle policy": (
        [ab("set_lifecycle_rules", LifecycleRule(max_image_count=9))],
        ab("set_lifecycle_rules", LifecycleRule(max_image_count=3)),
        [("update", "~ ab lifecycle: keep last 9 -> keep last 3", [kept(9)], [kept(3)], "ecr:PutLifecyclePolicy")],
    ),
    "a lifecycle rule at a priority": (
        [],
        ab("add_lifecycle_rule", tag_prefix_list=["x"], max_image_count=3, rule_priority=7),
        [
            (
                "create",
                "+ ab lifecycle: keep last 3 x*",
                [],
                [X_RULE, f"{X_RULE} at priority 7"],
                "ecr:PutLifecyclePolicy",
            )
        ],
    ),
    "a grant to a user": (
        [],
        ab("grant_read", User("ci")),
        [("create", "+ user ci policy ecrops: read ab", [], READ, "iam:PutUserPolicy")],
    ),
    "a revoke from a user": (
        [ab("grant_read", User("ci"))],
        ab("revoke", User("ci")),
        [("delete", "- user ci policy ecrops: read ab", READ, [], "iam:DeleteUserPolicy")],
    ),
    "a managed policy": (
        [],
        ab("grant_read", Role("nodes"), attach="managed"),
        [
            ("create", f"+ {MANAGED}: read ab", [], READ + IN_FORCE, "iam:CreatePolicy"),
            ("update", f"~ {MANAGED}: attached", [], READ + IN_FORCE, "iam:AttachRolePolicy"),
        ],
    ),
}


def shown(plan: Plan) -> list[Any]:
    """What a plan shows, in the form of the cases. A repository and a rule have an identity that differs each time."""
    found = []
    for change in plan:
        parts = {
            sign: sorted(re.sub(r" itself \S+$", " itself ID", part) for which, part in change.parts if which == sign)
            for sign in "-+"
        }
        found.append((str(change.kind), str(change), parts["-"], parts["+"], " ".join(change.permissions)))
    return found


@pytest.mark.parametrize(("before", "verb", "expected"), CASES.values(), ids=CASES)
def test_a_plan_shows_all_that_a_change_does(
    memory_cloud: Cloud, before: Sequence[Verb], verb: Verb, expected: Sequence[Shown]
) -> None:
    populate(memory_cloud, "ab")
    make_queue(memory_cloud)
    make_role(memory_cloud)
    registry = registry_of(memory_cloud)
    for step in before:
        step(registry)
    plan = verb(registry_of(memory_cloud, dry_run=True))
    assert shown(plan) == [(kind, line, sorted(gone), sorted(new), needs) for kind, line, gone, new, needs in expected]
