"""Whatever text a server has stored as a policy: no verb ends in a traceback, and no other repository suffers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecrops import EcropsError, Registry, fleet_from_dict, fleet_to_dict
from ecrops import RepositorySpec as Spec
from ecrops.access import pull
from ecrops.access.policy_checks import may_lock_out
from ecrops.lifecycle import Guard, LifecycleRule
from ecrops.repository import Repository
from ecrops.testing import Cloud, in_memory
from ecrops.testing.emulator.cloud import reset
from support import AT_ONCE, registry_of, sampled

ROLE = "arn:aws:iam::111122223333:role/ci"
STATEMENT: dict[str, Any] = {"Sid": "One", "Effect": "Allow", "Principal": "*", "Action": "ecr:*"}
SELECTION = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9}
RULE: dict[str, Any] = {"rulePriority": 1, "selection": SELECTION, "action": {"type": "expire"}}

NO_DOCUMENTS = {
    "empty": "",
    "no JSON": "{]",
    "null": "null",
    "a number": "7",
    "a string": '"x"',
    "a list": "[]",
    "an empty object": "{}",
    "never closed": "[" * 100_000,
    "deep": '{"Statement":' + "[" * 200 + "]" * 200 + ', "rules":' + "[" * 200 + "]" * 200 + "}",
    "deep objects": '{"x":' * 150 + "1" + "}" * 150,
    "a NUL": json.dumps({"Id": "\0", "Statement": [STATEMENT], "rules": [RULE | {"description": "\0"}]}),
    "half a character": '{"Statement": [], "Id": "\\ud800", "rules": [{"description": "\\ud800"}]}',
    "not a number": '{"Statement": NaN, "rules": NaN}',
}
"""Texts that are none of either policy."""


def of_statement(**members: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT | members]})


def of_rule(**members: Any) -> str:
    return json.dumps({"rules": [RULE | members]})


def without(whole: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if name != key}


ODD: tuple[Any, ...] = (5, {"x": [None]})
BEYOND_A_DOUBLE = of_statement(Condition={"NumericEquals": {"aws:x": 7}}).replace("7", "1e400")
POLICIES = {
    **NO_DOCUMENTS,
    **{f"Statement {value!r}": json.dumps({"Statement": value}) for value in ODD},
    **{f"Version {value!r}": json.dumps({"Version": value, "Id": value, "Statement": [STATEMENT]}) for value in ODD},
    **{
        f"{element} {value!r}": of_statement(**{element: value})
        for element in (*STATEMENT, "NotPrincipal", "NotAction", "Resource", "Condition")
        for value in ODD
    },
    **{f"without {element}": json.dumps({"Statement": [without(STATEMENT, element)]}) for element in STATEMENT},
    "a denial without an action": json.dumps({"Statement": without(STATEMENT, "Action") | {"Effect": "Deny"}}),
    "a denial of nothing": of_statement(Effect="Deny", Action=None),
    "ours with odd names": of_statement(Sid="EcropsPull", Principal={"AWS": [5]}, Action=[7]),
    "a number beyond a double": BEYOND_A_DOUBLE,
    "a whole number beyond a double": BEYOND_A_DOUBLE.replace("1e400", "9" * 400),
    "a number of many digits": BEYOND_A_DOUBLE.replace("1e400", "9" * 5000),
    "a statement twice": json.dumps({"Statement": [STATEMENT, STATEMENT]}),
    "keys twice": '{"Statement": [], "Statement": [{"Effect": "Allow", "Effect": "Deny", "Action": "*"}]}',
}
LIFECYCLES = {
    **NO_DOCUMENTS,
    **{f"rules {value!r}": json.dumps({"rules": value}) for value in ODD},
    **{f"{part} {value!r}": of_rule(**{part: value}) for part in (*RULE, "description", "new") for value in ODD},
    **{f"without {part}": json.dumps({"rules": [without(RULE, part)]}) for part in RULE},
    **{
        f"{key} {value!r}": of_rule(selection=SELECTION | {key: value})
        for key in (*SELECTION, "tagPrefixList", "tagPatternList", "storageClass", "countUnit", "new")
        for value in ODD
    },
    **{f"without {key}": of_rule(selection=without(SELECTION, key)) for key in SELECTION},
    **{
        f"{key} {value!r} of the action": of_rule(action={"type": "expire"} | {key: value})
        for key in ("type", "targetStorageClass", "new")
        for value in ODD
    },
    "a number beyond a double": of_rule(selection=SELECTION).replace("9", "1e400"),
    "a whole number beyond a double": of_rule(selection=SELECTION).replace("9", "9" * 400),
    "a number of many digits": of_rule(selection=SELECTION).replace("9", "9" * 5000),
    "no priorities": json.dumps({"rules": [without(RULE, "rulePriority"), without(RULE, "rulePriority")]}),
    "the same rule twice": json.dumps({"rules": [RULE, RULE]}),
    "keys twice": '{"rules": [], "rules": [{"rulePriority": 1, "rulePriority": "1", "selection": {}}]}',
}


DENIAL = {"Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}


def exported(registry: Registry) -> None:
    described = registry.describe()
    assert [spec.name for spec in described] == ["aa", "odd", "zz"]
    assert {spec.name: spec.unread for spec in described if spec.name != "odd"} == {"aa": None, "zz": None}
    read_back = fleet_from_dict(json.loads(json.dumps(fleet_to_dict(described))))
    assert read_back == described
    assert not registry.plan(*read_back)


Verbs = dict[str, Callable[[Registry, Repository], object]]
OF_BOTH: Verbs = {
    "describe one": lambda registry, odd: registry.describe("odd"),
    "plan": lambda registry, odd: str(
        registry.plan(Spec("odd", resource_policy={}, lifecycle_rules=[LifecycleRule(max_image_count=3)]))
    ),
    "plan with a guard": lambda registry, odd: str(
        registry.plan(
            Spec("odd", lifecycle_rules=[LifecycleRule(max_image_count=3)], lifecycle_guard=Guard(max_expired=0))
        )
    ),
    "plan verbatim": lambda registry, odd: str(
        registry.plan(
            Spec("odd", lifecycle_rules=[{}], resource_policy={}, verbatim=["lifecycle_rules", "resource_policy"])
        )
    ),
}
SOME_POLICIES, SOME_LIFECYCLES = (dict(list(texts.items())[:: sampled(7)]) for texts in (POLICIES, LIFECYCLES))
OF_POLICIES: Verbs = {
    **OF_BOTH,
    "ensure": lambda registry, odd: registry.ensure(Spec("odd", grants=[pull("444455556666"), pull(ROLE)])),
    "grant": lambda registry, odd: odd.grant_pull(ROLE),
    "add a statement": lambda registry, odd: odd.add_to_resource_policy(DENIAL),
    "remove a statement": lambda registry, odd: odd.remove_from_resource_policy("One"),
    "remove one without a Sid": lambda registry, odd: odd.remove_from_resource_policy(DENIAL),
    "revoke": lambda registry, odd: odd.revoke(ROLE),
    "revoke here": lambda registry, odd: odd.revoke("arn:aws:iam::123456789012:role/ci"),
    "access": lambda registry, odd: (str(odd.access()), odd.access().who_can("pull"), odd.access().who_cannot("push")),
    "set the policy": lambda registry, odd: odd.set_resource_policy({"Statement": [DENIAL]}),
}
OF_LIFECYCLES: Verbs = {
    **OF_BOTH,
    "simulate": lambda registry, odd: list(registry.simulate_lifecycles()),
    "add a rule": lambda registry, odd: odd.add_lifecycle_rule(tag_status="untagged", max_image_age=3),
    "add an any rule": lambda registry, odd: odd.add_lifecycle_rule(max_image_count=3),
    "add a guarded rule": lambda registry, odd: odd.add_lifecycle_rule(
        tag_prefix_list=["a"], max_image_count=3, guard=Guard()
    ),
    "remove a rule": lambda registry, odd: odd.remove_lifecycle_rule(RULE),
    "set rules": lambda registry, odd: odd.set_lifecycle_rules({"selection": SELECTION, "action": {"type": "expire"}}),
}


Stored = tuple[Cloud, boto3.Session, dict[str, str]]


@pytest.fixture(scope="module")
def stored(nothing_real: None) -> Iterator[Stored]:
    """An AWS whose answers about one repository have some texts."""
    with in_memory() as cloud:
        session, texts = cloud.session(own=True), dict[str, str]()

        def answer(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
            context["odd"] = params.get("repositoryName") == "odd"

        def replace(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
            if context.get("odd"):
                parsed |= {member: text for member, text in texts.items() if member in parsed}

        for operation in ("GetRepositoryPolicy", "GetLifecyclePolicy"):
            session.events.register(f"before-parameter-build.ecr.{operation}", answer)
            session.events.register(f"after-call.ecr.{operation}", replace)
        for operation in ("SetRepositoryPolicy", "PutLifecyclePolicy"):
            session.events.register(f"after-call.ecr.{operation}", lambda **_: texts.clear())
        yield cloud, session, texts


def check(stored: Stored, verbs: Verbs, **answers: str) -> None:
    cloud, session, texts = stored
    reset()
    for name in cloud.emulator.seed(["aa", "odd", "zz"]):
        cloud.emulator.keep(name, lifecycle={"rules": [RULE]}, policy={"Statement": [STATEMENT]})
    texts.clear()
    texts.update(answers)
    dry, registry = (Registry(session, retry=AT_ONCE, dry_run=dry_run) for dry_run in (True, False))
    exported(registry)
    for verb in verbs.values():  # the dry run remembers what each would have made, beside what is stored
        with suppress(EcropsError):
            verb(dry, dry.repository("odd"))
    with suppress(EcropsError, ClientError):  # AWS may refuse to take back what is stored
        registry.ensure(Spec("odd", grants=[pull(ROLE)]), Spec("zz", grants=[pull(ROLE)]))
    with suppress(EcropsError, ClientError):
        registry.repository("odd").add_lifecycle_rule(tag_status="untagged", max_image_age=3)
    assert registry.remove("odd")


@pytest.mark.parametrize("text", SOME_POLICIES.values(), ids=SOME_POLICIES)
def test_any_text_as_a_repository_policy(stored: Stored, text: str) -> None:
    check(stored, OF_POLICIES, policyText=text)


@pytest.mark.parametrize("text", SOME_LIFECYCLES.values(), ids=SOME_LIFECYCLES)
def test_any_text_as_a_lifecycle_policy(stored: Stored, text: str) -> None:
    check(stored, OF_LIFECYCLES, lifecyclePolicyText=text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "more than 100 levels deep"),
        (NO_DOCUMENTS["deep"], "more than 100 levels deep"),
        (BEYOND_A_DOUBLE, "finite numbers"),
        (BEYOND_A_DOUBLE.replace("1e400", "9" * 400), "a number that is too large"),
        (of_statement(Condition=[1]), r"Statement\[0\]\.Condition: expected an object such as .*, got \[1\]"),
        (of_statement(Principal={"AWS": [5]}), r"Statement\[0\]\.Principal: expected '\*', or an object such as"),
        (of_statement(Action=7), r"Statement\[0\]\.Action: expected a string, or a list of strings, got 7"),
    ],
)
def test_the_reason_why_a_part_is_unread_is_told_even_of_the_only_repository(
    stored: Stored, text: str, reason: str
) -> None:
    cloud, session, texts = stored
    reset()
    cloud.emulator.seed(["odd"])
    cloud.emulator.keep("odd", policy={"Statement": [STATEMENT]})
    texts |= {"policyText": text}
    (spec,) = Registry(session, retry=AT_ONCE).describe()
    assert list(spec.unread or {}) == ["resource_policy"]
    assert re.search(f"odd: expected a policy document.*{reason}", (spec.unread or {})["resource_policy"])
    assert spec.lifecycle_rules == ()


def test_tags_that_no_spec_can_hold_are_unread_and_stop_no_other_part(stored: Stored) -> None:
    cloud, _, texts = stored
    reset()
    texts.clear()
    cloud.emulator.seed(["aa", "odd"])
    cloud.emulator.keep("odd", tags={"a": "\0"})
    fine, odd = registry_of(cloud).describe()
    assert (fine.unread, odd.verbatim) == (None, None)
    assert "NUL" in (odd.unread or {})["tags"]


def test_a_denial_without_an_action_locks_nobody_out() -> None:
    assert not may_lock_out({"Statement": [{"Effect": "Deny", "Principal": "*"}]})
