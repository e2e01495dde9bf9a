"""What cannot be sent is refused before any call, wherever JSON or a text of the caller goes into one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ecrops import LifecycleRule, Registry, RepositorySpec, SpecError, fleet_from_dict
from ecrops.access import Role, ServicePrincipal
from ecrops.base.plain_json import MAX_DEPTH, parsed, plain
from ecrops.events import Pattern, Target, on_image_pushed
from ecrops.lifecycle import simulate
from ecrops.testing import Cloud
from support import registry_of

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:pushes"
CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/builds"
ROLE = "arn:aws:iam::123456789012:role/events"
Use = Callable[[Registry, Any], object]


def statement(**elements: Any) -> dict[str, Any]:
    """A statement of a repository policy."""
    return {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage", **elements}


def ecr_rule(**members: Any) -> dict[str, Any]:
    """A lifecycle rule in ECR's JSON form."""
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}
    return {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}, **members}


def shaped(paths: Any, template: Any) -> Target:
    """A target with an input transformer."""
    return Target(QUEUE, input_transformer={"InputPathsMap": paths, "InputTemplate": template})


VALUES: dict[str, Use] = {
    "a pattern": lambda _, value: Pattern(value),
    "a value in a pattern": lambda _, value: Pattern({"detail": {"x": [value]}}),
    "an argument in a pattern": lambda _, value: Pattern({"detail": {"x": [{"anything-but": value}]}}),
    "alternatives": lambda _, value: Pattern({"$or": [{"a": value}, {"b": value}]}),
    "a further pattern": lambda _, value: on_image_pushed(target=QUEUE, event_pattern=value),
    "an event to match": lambda _, value: Pattern({"x": [1]}).matches({"x": value}),
    "an input": lambda _, value: Target(QUEUE, input=value),
    "a transformer": lambda _, value: Target(QUEUE, input_transformer=value),
    "the paths of a transformer": lambda _, value: shaped({"a": value}, "<a>"),
    "the template of a transformer": lambda _, value: shaped({}, value),
    "parameters": lambda _, value: Target(CLUSTER, role_arn=ROLE, parameters=value),
    "a member of parameters": lambda _, value: Target(CLUSTER, role_arn=ROLE, parameters={"EcsParameters": value}),
    "the ARN of a target": lambda _, value: Target(value),
    "the description of a rule": lambda _, value: on_image_pushed(target=QUEUE, description=value),
    "a test event": lambda registry, value: registry.rule("x").send_test_event({"detail-type": "x", "detail": value}),
    "a test event as a whole": lambda registry, value: registry.rule("x").send_test_event(value),
    "lifecycle rules": lambda _, value: RepositorySpec("ab", lifecycle_rules=value),
    "a lifecycle rule": lambda _, value: RepositorySpec("ab", lifecycle_rules=[value]),
    "a part of a lifecycle rule": lambda _, value: RepositorySpec("ab", lifecycle_rules=[ecr_rule(selection=value)]),
    "a new key of a lifecycle rule": lambda _, value: RepositorySpec("ab", lifecycle_rules=[ecr_rule(new=value)]),
    "a field of a lifecycle rule": lambda _, value: LifecycleRule(max_image_count=1, description=value),
    "the tags of a lifecycle rule": lambda _, value: LifecycleRule(max_image_count=1, tag_prefix_list=[value]),
    "a policy to simulate": lambda _, value: simulate(value, []),
    "an added lifecycle rule": lambda registry, value: registry.repository("ab").add_lifecycle_rule(value),
    "tags": lambda _, value: RepositorySpec("ab", tags=value),
    "the value of a tag": lambda _, value: RepositorySpec("ab", tags={"a": value}),
    "added tags": lambda registry, value: registry.repository("ab").add_tags({"a": value}),
    "removed tags": lambda registry, value: registry.repository("ab").remove_tags({"a": value}),  # type: ignore[arg-type]
    "the tags of a rule": lambda _, value: on_image_pushed(target=QUEUE, tags={"a": value}),
    "a repository policy": lambda _, value: RepositorySpec("ab", resource_policy=value),
    "statements": lambda _, value: RepositorySpec("ab", resource_policy={"Statement": value}),
    "a statement": lambda registry, value: registry.repository("ab").add_to_resource_policy(value),
    "a removed statement": lambda registry, value: registry.repository("ab").remove_from_resource_policy(value),
    "a set repository policy": lambda registry, value: registry.repository("ab").set_resource_policy(value),
    "a condition": lambda registry, value: registry.repository("ab").add_to_resource_policy(statement(Condition=value)),
    "the condition of a principal": lambda _, value: ServicePrincipal("x.amazonaws.com", conditions=value),
    "a principal": lambda registry, value: registry.repository("ab").grant_pull(value),
    "a principal without grants": lambda registry, value: registry.repository("ab").revoke(value),
    "a principal of a token": lambda registry, value: registry.authorization_token.grant_read(value),
    "grants": lambda _, value: RepositorySpec("ab", grants=[value]),
    "a fleet file": lambda _, value: fleet_from_dict(value),
    "a repository of a fleet file": lambda _, value: fleet_from_dict({"repositories": [value]}),
    "a setting of a fleet file": lambda _, value: fleet_from_dict(
        {"repositories": [{"name": "ab", "image_scan_on_push": value}]}
    ),
}


def nested(levels: int, wrap: Callable[[Any], Any]) -> Any:
    """A value inside others."""
    value: Any = "x"
    for _ in range(levels):
        value = wrap(value)
    return value


def endless() -> Any:
    """A list that contains itself."""
    value: list[Any] = []
    value.append({"a": value})
    return value


DEEP: dict[str, Callable[[], Any]] = {
    "mappings": lambda: nested(3000, lambda value: {"a": value}),
    "lists": lambda: nested(3000, lambda value: [value]),
    "both": lambda: nested(1500, lambda value: {"a": [value]}),
    "the same part many times": lambda: nested(3000, lambda value: [value] * 8),
    "itself": endless,
}


@pytest.mark.parametrize("deep", DEEP)
@pytest.mark.parametrize("use", VALUES)
def test_what_is_too_deep_is_refused_before_any_call(memory_cloud: Cloud, use: str, deep: str) -> None:
    registry, value = registry_of(memory_cloud), DEEP[deep]()
    with pytest.raises(SpecError) as caught:
        VALUES[use](registry, value)
    assert "levels deep" in str(caught.value)
    assert len(str(caught.value)) < 400
    assert memory_cloud.calls.operations() == []


@pytest.mark.parametrize("count", [40, 90])
def test_what_would_be_too_large_when_it_is_written_out_is_refused_at_once(count: int) -> None:
    with pytest.raises(SpecError, match="at most 100,000 values"):
        plain(nested(count, lambda value: [value, value]))


def test_as_many_values_as_are_allowed_are_taken() -> None:
    assert len(plain([[0] * 49_999, (0,) * 49_999])[1]) == 49_999
    with pytest.raises(SpecError, match="at most 100,000 values"):
        plain([[0] * 49_999, [0] * 50_000])


@pytest.mark.parametrize("wrap", [lambda value: {"a": value}, lambda value: [value], lambda value: (value,)])
def test_one_level_fewer_is_taken(wrap: Callable[[Any], Any]) -> None:
    value = nested(MAX_DEPTH, wrap)
    assert json.dumps(plain(value)) == json.dumps(value)
    with pytest.raises(SpecError, match="more than 100 levels"):
        plain(wrap(value))


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"a":' * 50_000, "[" * 200 + "]" * 200, "[[[[" * 1000 + "{}"], ids=len
)
def test_a_text_that_is_too_deep_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(SpecError, match=r"levels deep|this is none") as caught:
        parsed(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "text", ["[" * 4000 + "]" * 4000, '{"a": NaN}', "-Infinity", "[1e999]", '"\\u0000"', '"\\ud800"']
)
def test_an_input_as_text_is_checked_as_an_input_of_values_is(text: str) -> None:
    with pytest.raises(SpecError, match=r"^input: expected"):
        Target(QUEUE, input=text)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"rules": NaN}', "{"], ids=len)
def test_the_text_of_a_lifecycle_policy_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r"^the text of a lifecycle policy: expected JSON"):
        simulate(text, [])


SENT: dict[str, Use] = {
    "a pattern": lambda _, text: Pattern({"detail": {"x": [text]}}),
    "the name of a field": lambda _, text: Pattern({"detail": {text: ["x"]}}),
    "a wildcard": lambda _, text: Pattern({"detail": {"x": [{"wildcard": f"*{text}"}]}}),
    "an input": lambda _, text: Target(QUEUE, input={"a": [text]}),
    "the name of a member": lambda _, text: Target(QUEUE, input={text: "a"}),
    "an input as text": lambda _, text: Target(QUEUE, input=f'"{text}"'),
    "a template": lambda _, text: shaped({}, text),
    "parameters": lambda _, text: Target(
        CLUSTER, role_arn=ROLE, parameters={"EcsParameters": {"TaskDefinitionArn": "x", "Group": text}}
    ),
    "the description of a rule": lambda _, text: on_image_pushed(target=QUEUE, description=text),
    "a test event": lambda registry, text: registry.rule("x").send_test_event(
        {"detail-type": "x", "detail": {"a": text}}
    ),
    "the description of a lifecycle rule": lambda _, text: LifecycleRule(max_image_count=1, description=text),
    "a prefix of tags": lambda _, text: LifecycleRule(max_image_count=1, tag_prefix_list=[text]),
    "a pattern of tags": lambda _, text: RepositorySpec(
        "ab", lifecycle_rules=[ecr_rule(selection={"tagStatus": "tagged", "tagPatternList": [text]})]
    ),
    "a description in ECR's form": lambda _, text: RepositorySpec("ab", lifecycle_rules=[ecr_rule(description=text)]),
    "the key of a tag": lambda registry, text: registry.repository("ab").add_tags({text: "a"}),
    "the value of a tag": lambda registry, text: registry.repository("ab").add_tags({"a": text}),
    "the key of a removed tag": lambda registry, text: registry.repository("ab").remove_tags(text),
    "the tag of a rule": lambda _, text: on_image_pushed(target=QUEUE, tags={"a": text}),
    "a Sid": lambda registry, text: registry.repository("ab").add_to_resource_policy(statement(Sid=text)),
    "the Id of a policy": lambda registry, text: registry.repository("ab").set_resource_policy(
        {"Id": text, "Statement": [statement()]}
    ),
    "a condition": lambda registry, text: registry.repository("ab").add_to_resource_policy(
        statement(Condition={"StringEquals": {"aws:PrincipalTag/a": text}})
    ),
    "the condition of a grant": lambda registry, text: registry.repository("ab").grant_pull(
        Role("ci", conditions={"StringEquals": {"aws:PrincipalTag/a": text}})
    ),
    "a provider": lambda registry, text: registry.repository("ab").grant_pull(
        f"arn:aws:iam::123456789012:saml-provider/{text}"
    ),
}


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "a\udfff"], ids=["NUL", "high surrogate", "low surrogate"])
@pytest.mark.parametrize("use", SENT)
def test_a_text_that_cannot_be_sent_is_refused_before_any_call(memory_cloud: Cloud, use: str, text: str) -> None:
    with pytest.raises(SpecError) as caught:
        SENT[use](registry_of(memory_cloud), text)
    str(caught.value).encode()  # it can be printed
    assert "\0" not in str(caught.value)
    assert memory_cloud.calls.operations() == []


@pytest.mark.parametrize("text", ["a\tb", "naïve 東京", "\U0001f433"])
def test_a_text_of_any_language_can_be_sent(text: str) -> None:
    assert plain({text: [text]}) == {text: [text]}
    assert LifecycleRule(max_image_count=1, description=text).description == text


NUMBERS: dict[str, Use] = {
    "an input": lambda _, number: Target(QUEUE, input={"a": [number]}),
    "a pattern": lambda _, number: Pattern({"x": [number]}),
    "a comparison": lambda _, number: Pattern({"x": [{"numeric": [">", number]}]}),
    "a lifecycle rule": lambda _, number: RepositorySpec("ab", lifecycle_rules=[ecr_rule(new=number)]),
    "parameters": lambda _, number: Target(CLUSTER, role_arn=ROLE, parameters={"EcsParameters": {"TaskCount": number}}),
    "a condition": lambda registry, number: registry.repository("ab").add_to_resource_policy(
        statement(Condition={"NumericEquals": {"aws:MultiFactorAuthAge": number}})
    ),
}


@pytest.mark.parametrize(
    "number", [float("nan"), float("inf"), -float("inf"), 10**5000], ids=["nan", "inf", "-inf", "long"]
)
@pytest.mark.parametrize("use", NUMBERS)
def test_a_number_that_json_does_not_have_is_refused_before_any_call(
    memory_cloud: Cloud, use: str, number: float
) -> None:
    with pytest.raises(SpecError):
        NUMBERS[use](registry_of(memory_cloud), number)
    assert memory_cloud.calls.operations() == []
