"""What AWS has accepted can be read, exported, compared, kept and removed, and no repository hides another."""

from __future__ import annotations

import json
import logging
from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import (
    ApplyError,
    ConflictError,
    LifecycleRule,
    Registry,
    RepositorySpec,
    Role,
    SpecError,
    fleet_from_dict,
    fleet_to_dict,
    pull,
)
from ecrops.testing import Cloud
from support import AT_ONCE, cases, registry_of

PUBLIC = cases("public")
POLICIES = {case["id"]: case["input"] for case in PUBLIC if case["kind"] == "real policy file"}
POLICIES |= {case["id"]: case["input"] for case in PUBLIC if case["id"] == "R01"}
ACCOUNT = {"AWS": "arn:aws:iam::111122223333:root"}
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
KEEP = {"selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 5},
        "action": {"type": "expire"}}  # fmt: skip


def allow(principal: Any, action: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def document(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


STORED_POLICIES = {
    # R08: what this account of AWS has may be older or newer than what ecrops would write
    "a session": document(allow({"AWS": "arn:aws:sts::111122223333:assumed-role/nodes/i-1"}, PULL)),
    "the token": document(allow(ACCOUNT, [*PULL, "ecr:GetAuthorizationToken"])),
    "an unknown action": document(allow(ACCOUNT, "ecr:PaintImage")),
    "a registry-wide action": document(allow(ACCOUNT, "ecr:DescribeRegistry")),
    "one Sid twice": document(allow(ACCOUNT, PULL, Sid="Pull"), allow({"AWS": "444455556666"}, PULL, Sid="Pull")),
    # brothers
    "one Sid twice, in the older version": document(
        allow(ACCOUNT, PULL, Sid="Pull"), allow("*", "ecr:ListImages", Sid="Pull"), Version="2008-10-17"
    ),
    "a statement twice": document(allow(ACCOUNT, PULL), allow(ACCOUNT, PULL)),
    "Allow and Deny of one Sid": document(allow(ACCOUNT, PULL, Sid="A"), allow("*", "ecr:*", Sid="A", Effect="Deny")),
    "a Resource": document(allow(ACCOUNT, PULL, Resource="*")),
    "a group": document(allow({"AWS": "arn:aws:iam::111122223333:group/team"}, PULL)),
    "a deleted role": document(allow({"AWS": "AROA0123456789ABCDEF0"}, PULL)),
    "an action of another service": document(allow(ACCOUNT, ["ecr:ListImages", "s3:GetObject"])),
    "another partition": document(allow({"AWS": "arn:aws-cn:iam::111122223333:root"}, PULL)),
    "an unknown operator": document(allow("*", PULL, Condition={"StringSoundsLike": {"aws:PrincipalOrgID": "o-1"}})),
    "an unknown member": document(allow(ACCOUNT, PULL), Comment="x"),
    "no version": {"Statement": [allow(ACCOUNT, "ecr:PaintImage")]},
    "one statement by itself": {"Version": "2012-10-17", "Statement": allow(ACCOUNT, "ecr:PaintImage")},
    "no statement": {"Version": "2012-10-17", "Statement": []},
    "longer than today's limit": document(*(allow(ACCOUNT, PULL, Sid=f"S{number}") for number in range(99))),
}


def rule(priority: Any = 1, action: Any = None, **selection: Any) -> dict[str, Any]:
    counted = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9}
    selected = {key: value for key, value in {**counted, **selection}.items() if value is not None}
    return {"rulePriority": priority, "description": "x" * 40, "selection": selected,
            "action": {"type": "expire"} if action is None else action}  # fmt: skip


def days(kind: str, number: int = 30, **more: Any) -> dict[str, Any]:
    return {"countType": kind, "countNumber": number, "countUnit": "days", **more}


ARCHIVE = {"type": "transition", "targetStorageClass": "archive"}
STORED_RULES = {
    # stored-policy-stops-describe
    "an empty prefix": [rule(tagStatus="tagged", tagPrefixList=[""])],
    "one prefix in two rules": [rule(n, tagStatus="tagged", tagPrefixList=["prod"], countNumber=n) for n in (1, 2)],
    "sinceImagePulled with expire": [rule(**days("sinceImagePulled"))],
    "an unknown action": [rule(action={"type": "quarantine"})],
    "an unknown target": [rule(action={**ARCHIVE, "targetStorageClass": "glacier"}, **days("sinceImagePushed"))],
    "five wildcards": [rule(tagStatus="tagged", tagPatternList=["*a*b*c*d*"])],
    "sinceImagePushed in archive": [rule(**days("sinceImagePushed", storageClass="archive"))],
    "30 days in archive": [rule(**days("sinceImageTransitioned", storageClass="archive"))],
    "numbers as strings": [rule("3", countNumber="7")],
    "an unknown key": [rule(repositoryTag="x")],
    "an unknown count type": [rule(**days("sinceImageSigned"))],
    # brothers
    "an any rule in the middle": [rule(1), rule(2, tagStatus="untagged")],
    "any with prefixes": [rule(tagPrefixList=["prod"])],
    "two untagged rules": [rule(n, tagStatus="untagged", countNumber=n) for n in (1, 2)],
    "one priority twice": [rule(1, tagStatus="untagged"), rule(1)],
    "an unknown unit": [rule(**days("sinceImagePushed", countUnit="weeks"))],
    "a count of nothing": [rule(countNumber=0)],
    "no count": [rule(countType=None, countNumber=None)],
    "no selection": [{"rulePriority": 1, "action": {"type": "expire"}, "description": "x" * 80}],
    "a selection of another form": [{**rule(), "selection": ["prod"]}],
    "a list of something else": [rule(tagStatus="tagged", tagPrefixList=["a", None, 7])],
    "no priority": [{key: value for key, value in rule().items() if key != "rulePriority"}],
    "a priority in words": [rule("first"), rule(2, tagStatus="untagged")],
    "60 rules": [rule(n, tagStatus="tagged", tagPrefixList=[f"p{n}"]) for n in range(1, 61)],
    "a short policy": [KEEP | {"rulePriority": 1}],
    "no rules": [],
}


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """Two right repositories, one before and one after the odd one, which has no policies yet."""
    memory_cloud.emulator.seed(["aa", "odd", "zz"])
    return memory_cloud


def exported(registry: Registry) -> list[RepositorySpec]:
    """What a fleet file says of all repositories, read back from its text."""
    read_back = fleet_from_dict(json.loads(json.dumps(fleet_to_dict(registry.describe()))))
    return [spec for spec in read_back if isinstance(spec, RepositorySpec)]


def check_reading(registry: Registry) -> RepositorySpec:
    """All repositories are described; with and without the file there is nothing to do. Return the odd one."""
    described = registry.describe()
    assert [spec.name for spec in described] == ["aa", "odd", "zz"]
    assert not registry.plan(*described)
    assert exported(registry) == described
    assert not registry.plan(*exported(registry))
    assert registry.describe("odd") == [registry.repository("odd").describe()] == described[1:2]
    return described[1]


@pytest.mark.parametrize("name", STORED_RULES)
def test_every_lifecycle_policy_that_ecr_has_is_described_and_exported(cloud: Cloud, name: str) -> None:
    """Source: public.json, stored-policy-stops-describe."""
    cloud.emulator.keep_lifecycle_policy("odd", {"rules": STORED_RULES[name]})
    spec = check_reading(registry_of(cloud))
    rules = [each.to_ecr() if isinstance(each, LifecycleRule) else each for each in spec.lifecycle_rules or ()]
    expected = [rule(3, countNumber=7)] if name == "numbers as strings" else STORED_RULES[name]
    assert sorted(map(str, map(sorted_lists, rules))) == sorted(map(str, map(sorted_lists, expected)))


def sorted_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: sorted_lists(value[key]) for key in sorted(value)}
    return sorted(map(str, value)) if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("name", [*POLICIES, *STORED_POLICIES])
def test_every_repository_policy_that_ecr_has_is_described_and_exported(cloud: Cloud, name: str) -> None:
    """Source: public.json, R01, R08 and the files f01 to f47."""
    policy = {**POLICIES, **STORED_POLICIES}[name]
    cloud.emulator.keep_repository_policy("odd", policy)
    spec = check_reading(registry_of(cloud))
    assert dict(spec.resource_policy or {})["Statement"] == statements(cloud)


def statements(cloud: Cloud) -> Any:
    """The statements as ECR spells them."""
    text = cloud.client("ecr").get_repository_policy(repositoryName="odd")["policyText"]
    return json.loads(text)["Statement"]


def answering(cloud: Cloud, operation: str, change: Any) -> Registry:
    """A registry whose service is another one: its answers to an operation are changed."""
    session = cloud.session(own=True)

    def changed(parsed: dict[str, Any], **_: Any) -> None:
        change(parsed)

    session.events.register(f"after-call.ecr.{operation}", changed)
    return Registry(session, retry=AT_ONCE)


SETTINGS = [
    ({"imageTagMutability": "LOCKED"}, ("image_tag_mutability",)),
    ({"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}, ("image_tag_mutability",)),
    (
        {"imageTagMutability": "MUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": [{"filter": "*a*b*c*"}]},
        ("image_tag_mutability", "image_tag_mutability_exclusion_filters"),
    ),
    ({"encryptionConfiguration": {"encryptionType": "QUANTUM"}}, ("encryption",)),
    (
        {"encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "a key of years ago"}},
        ("encryption", "encryption_key"),
    ),
]


@pytest.mark.parametrize(("members", "verbatim"), SETTINGS)
def test_every_setting_that_ecr_has_is_described_and_exported(
    cloud: Cloud, members: dict[str, Any], verbatim: tuple[str, ...]
) -> None:
    def odd(parsed: dict[str, Any]) -> None:
        for item in parsed.get("repositories", ()):
            item |= members if item["repositoryName"] == "odd" else {}

    assert check_reading(answering(cloud, "DescribeRepositories", odd)).verbatim == verbatim


def test_tags_that_ecrops_would_refuse_are_described_and_exported(cloud: Cloud) -> None:
    def many(parsed: dict[str, Any]) -> None:
        parsed["tags"] = [{"Key": f"k{number}", "Value": "x" * 300} for number in range(60)]

    registry = answering(cloud, "ListTagsForResource", many)
    assert check_reading(registry).verbatim == ("tags",)
    plan = registry.plan(*(RepositorySpec.from_dict(spec.to_dict()) for spec in registry_of(cloud).describe()))
    assert len(plan.check(deletes=99).conflicts) == 0, "what is not verbatim is written"


def test_a_name_that_looks_like_a_uri_is_described_exported_and_removed(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["public.ecr.aws/abc/repo", "zz"])
    registry = registry_of(memory_cloud)
    described = registry.describe()
    assert [(spec.name, spec.verbatim) for spec in described] == [("public.ecr.aws/abc/repo", ("name",)), ("zz", None)]
    assert not registry.plan(*exported(registry))
    assert fleet_to_dict(described)["repositories"][0]["verbatim"] == {"name": "public.ecr.aws/abc/repo"}
    repo = registry.repository(f"arn:aws:ecr:eu-west-1:{Cloud.account}:repository/public.ecr.aws/abc/repo")
    assert repo.describe() == described[0]
    assert repo.delete()
    assert registry.remove("zz")
    with pytest.raises(ConflictError, match="in the spec, as AWS had it"):
        registry.ensure(*described[:1])


# Compared, and never written


def test_what_is_verbatim_is_a_conflict_where_it_differs(cloud: Cloud) -> None:
    cloud.emulator.keep_lifecycle_policy("odd", {"rules": STORED_RULES["an unknown action"]})
    cloud.emulator.keep_repository_policy("odd", STORED_POLICIES["a session"])
    registry = registry_of(cloud)
    (content,) = fleet_to_dict(registry.describe("odd"))["repositories"]
    assert sorted(content["verbatim"]) == ["lifecycle_rules", "resource_policy"]
    content["verbatim"]["lifecycle_rules"][0]["selection"]["countNumber"] = 3
    content["verbatim"]["resource_policy"]["Statement"][0]["Action"] = "ecr:ListImages"
    plan = registry.plan(RepositorySpec.from_dict(content))
    assert [(change.kind, change.what, change.call) for change in plan] == [
        ("conflict", "lifecycle", None),
        ("conflict", "policy", None),
    ]
    with pytest.raises(ConflictError, match="take it out of verbatim"):
        registry.ensure(RepositorySpec.from_dict(content))
    assert cloud.calls.writes() == []


def test_what_is_verbatim_is_not_made_again(cloud: Cloud) -> None:
    cloud.emulator.keep_lifecycle_policy("odd", {"rules": STORED_RULES["an unknown action"]})
    registry = registry_of(cloud)
    specs = exported(registry)
    registry.remove("aa", "odd")
    plan = registry.plan(*specs)
    assert [(change.owner, change.kind) for change in plan] == [
        ("aa", "create"), ("odd", "create"), ("odd", "conflict")
    ]  # fmt: skip
    with pytest.raises(ConflictError):
        registry.ensure(*specs)


def test_a_right_value_under_verbatim_is_not_written_either(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    content = {
        "name": "odd",
        "verbatim": {
            "lifecycle_rules": [{"rulePriority": 1, **KEEP}],
            "resource_policy": document(allow(ACCOUNT, PULL)),
            "tags": {"a": "1"},
            "image_tag_mutability": "IMMUTABLE",
        },
    }
    plan = registry.plan(RepositorySpec.from_dict(content))
    assert [change.kind for change in plan] == ["conflict"] * 4
    assert {change.what for change in plan} == {"tag mutability", "tags", "lifecycle", "policy"}


@pytest.mark.parametrize(
    ("verbatim", "what", "before", "after"),
    [
        ({"encryption_key": "alias/other"}, "encryption", "AES256", "the key alias/other"),
        ({"encryption": "QUANTUM"}, "encryption", "AES256", "QUANTUM"),
        ({"image_tag_mutability_exclusion_filters": ["v*"]}, "tag mutability", "MUTABLE", "MUTABLE except v*"),
        ({"image_tag_mutability": "LOCKED"}, "tag mutability", "MUTABLE", "LOCKED"),
    ],
)
def test_a_verbatim_setting_is_compared_also_by_itself(
    cloud: Cloud, verbatim: dict[str, Any], what: str, before: str, after: str
) -> None:
    registry = registry_of(cloud)
    plan = registry.plan(RepositorySpec.from_dict({"name": "odd", "verbatim": verbatim}))
    (change,) = plan
    assert (change.kind, change.what, change.before, change.after) == ("conflict", what, before, after)
    with pytest.raises(ConflictError, match=r"expected what is verbatim in the spec, .* AWS has what stands before it"):
        registry.apply(plan)


def test_no_filters_under_verbatim_are_compared_with_those_that_aws_has(cloud: Cloud) -> None:
    cloud.emulator.keep("odd", mode="MUTABLE_WITH_EXCLUSION", filters=["v*"])
    spec = {"name": "odd", "verbatim": {"image_tag_mutability_exclusion_filters": []}}
    assert [change.kind for change in registry_of(cloud).plan(RepositorySpec.from_dict(spec))] == ["conflict"]
    spec["verbatim"] = {"image_tag_mutability_exclusion_filters": ["v*"]}
    assert not registry_of(cloud).plan(RepositorySpec.from_dict(spec))


def test_a_grant_stands_beside_a_policy_that_is_verbatim(cloud: Cloud) -> None:
    cloud.emulator.keep_repository_policy("odd", STORED_POLICIES["a deleted role"])
    content = fleet_to_dict(registry_of(cloud).describe("odd"))["repositories"][0]
    verbatim = content.get("verbatim") or {"resource_policy": content.pop("resource_policy")}
    spec = RepositorySpec.from_dict({**content, "verbatim": verbatim, "grants": [pull("111122223333").to_dict()]})
    dry = registry_of(cloud, dry_run=True)
    assert [(change.kind, change.what) for change in dry.ensure(spec)] == [("update", "policy")]
    assert not dry.ensure(spec)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"verbatim": ["tags"]}, r"verbatim: expected a mapping from fields to what AWS has, got \['tags'\]"),
        ({"verbatim": {"tag": {}}}, r"verbatim\.tag: unknown key; did you mean tags\?"),
        ({"verbatim": {"lifecycle_policy": []}}, r"verbatim\.lifecycle_policy: unknown key"),
        ({"verbatim": {"tags": {}}, "tags": {}}, r"verbatim\.tags: is beside verbatim too: leave one of both out"),
        ({"verbatim": {"tags": []}}, r"verbatim\.tags: expected a mapping, got \[\]"),
        ({"verbatim": {"lifecycle_rules": ["x"]}}, r"verbatim\.lifecycle_rules: expected a list with a mapping in"),
        ({"verbatim": {"image_tag_mutability": 1}}, r"verbatim\.image_tag_mutability: expected a string, got 1"),
        ({"unread": "tags"}, r"unread: expected a mapping from fields to reasons, got 'tags'"),
        ({"unread": {5: "denied"}}, r"unread: expected a mapping from fields to reasons, got 5 in it"),
        ({"unread": {"tag": "denied"}}, r"unread: .* got 'tag' in it; did you mean tags\?"),
        ({"verbatim": {"resource_policy": {"Statement": "x"}}}, r"resource_policy\.Statement: expected a list of stat"),
        (
            {"verbatim": {"resource_policy": {"Statement": [5]}}},
            r"Statement\[0\]: expected a statement",
        ),
        (
            {"verbatim": {"resource_policy": {"Statement": [{"Condition": [1]}]}}},
            r"verbatim\.resource_policy\.Statement\[0\]\.Condition: expected an object such as .*, got \[1\]",
        ),
    ],
)
def test_a_wrong_form_of_verbatim_is_told_with_its_path(content: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        RepositorySpec.from_dict({"name": "odd", **content})


def test_a_spec_takes_the_names_of_its_verbatim_fields() -> None:
    odd = STORED_RULES["an unknown action"]
    with pytest.raises(SpecError, match=r"action\.type"):
        RepositorySpec("odd", lifecycle_rules=odd)
    spec = RepositorySpec("odd", lifecycle_rules=odd, verbatim=["lifecycle_rules"])
    assert RepositorySpec.from_dict(spec.to_dict()) == spec
    with pytest.raises(SpecError, match="verbatim: 'lifecycle' is no field that can be"):
        RepositorySpec("odd", verbatim=["lifecycle"])


# Kept and removed


@pytest.mark.parametrize("name", ["an empty prefix", "an unknown action", "no selection", "a list of something else"])
def test_a_rule_that_ecrops_would_not_write_is_kept_and_removed(cloud: Cloud, name: str) -> None:
    (odd,) = STORED_RULES[name]
    cloud.emulator.keep_lifecycle_policy("odd", {"rules": [odd]})
    dry = registry_of(cloud, dry_run=True).repository("odd")
    (change,) = dry.add_lifecycle_rule(tag_status="untagged", max_image_age=7)
    assert len(json.loads(change.params["lifecyclePolicyText"])["rules"]) == 2
    repo = registry_of(cloud).repository("odd")
    (described,) = repo.describe().lifecycle_rules or ()
    (change,) = repo.remove_lifecycle_rule(described)
    assert change.operation == "DeleteLifecyclePolicy"
    with pytest.raises(SpecError):  # it is not there any more: now it is a mistake
        repo.remove_lifecycle_rule(odd if name != "an empty prefix" else {**odd, "action": {"type": "expires"}})


@pytest.mark.parametrize("name", STORED_RULES)
def test_every_lifecycle_policy_that_ecr_has_can_be_replaced_and_removed(cloud: Cloud, name: str) -> None:
    cloud.emulator.keep_lifecycle_policy("odd", {"rules": STORED_RULES[name]})
    dry = registry_of(cloud, dry_run=True).repository("odd")
    assert dry.set_lifecycle_rules({**KEEP, "description": "other"})
    assert dry.set_lifecycle_rules()


@pytest.mark.parametrize("name", STORED_POLICIES)
def test_every_repository_policy_that_ecr_has_can_be_replaced_kept_and_removed(cloud: Cloud, name: str) -> None:
    cloud.emulator.keep_repository_policy("odd", STORED_POLICIES[name])
    if name != "longer than today's limit":
        granted = registry_of(cloud, dry_run=True).repository("odd").grant_pull("555566667777")
        (change,) = (change for change in granted if change.what == "policy")
        kept = json.loads(change.params["policyText"])["Statement"]
        existing = STORED_POLICIES[name]["Statement"]
        assert len(kept) == 1 + (len(existing) if isinstance(existing, list) else 1)
    repo = registry_of(cloud).repository("odd")
    assert repo.set_resource_policy(document(allow(ACCOUNT, "ecr:ListImages")))
    cloud.emulator.keep_repository_policy("odd", STORED_POLICIES[name])
    if STORED_POLICIES[name]["Statement"]:
        assert repo.set_resource_policy({})


def test_a_key_that_the_registry_can_never_use_is_described_verbatim(cloud: Cloud) -> None:
    cloud.emulator.seed(["keyed"])
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    cloud.emulator.keep("keyed", key=key)
    described = registry_of(cloud).describe()
    (spec,) = (spec for spec in described if spec.name == "keyed")
    assert "encryption_key" in (spec.verbatim or ())
    assert not registry_of(cloud).plan(*described)
    assert exported(registry_of(cloud)) == described


@pytest.mark.parametrize(
    "document", [{"Version": date(2012, 10, 17)}, {"Statement": [{"Resource": float("nan")}]}, {"a": b"x"}]
)
def test_verbatim_takes_nothing_that_is_no_json(document: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="verbatim"):
        RepositorySpec.from_dict({"name": "ab", "verbatim": {"resource_policy": document}})


# One never hides the others


def of_odd(call: Any) -> bool:
    return "odd" in (call.params.get("repositoryName"), call.params.get("resourceArn", "").rpartition("/")[2])


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        ("GetLifecyclePolicy", "lifecycle_rules"),
        ("GetRepositoryPolicy", "resource_policy"),
        ("ListTagsForResource", "tags"),
    ],
)
def test_what_may_not_be_read_of_one_repository_is_said_and_stops_no_other(
    cloud: Cloud, caplog: pytest.LogCaptureFixture, operation: str, field: str
) -> None:
    cloud.faults.on("denied", operation=operation, where=of_odd, times=None)
    registry = registry_of(cloud)
    with caplog.at_level(logging.WARNING):
        first, odd, last = registry.describe()
    assert (first.unread, last.unread) == (None, None)
    assert list(odd.unread or {}) == [field]
    assert "AccessDeniedException" in (odd.unread or {})[field]
    assert getattr(odd, field) is None
    assert any(line.startswith("odd is not described as a whole:") for line in caplog.messages)
    assert exported(registry) == [first, odd, last]
    cloud.faults.clear()
    assert not registry.plan(first, odd, last), "what was not read is not managed"


def test_several_parts_of_a_repository_that_may_not_be_read_are_told_apart(cloud: Cloud) -> None:
    for operation in ("GetRepositoryPolicy", "GetLifecyclePolicy"):
        cloud.faults.on("denied", operation=operation, where=of_odd, times=None)
    odd = registry_of(cloud).describe()[1]
    assert {field: operation in reason for (field, reason), operation in zip(
        (odd.unread or {}).items(), ("GetLifecyclePolicy", "GetRepositoryPolicy"), strict=True
    )} == {"lifecycle_rules": True, "resource_policy": True}  # fmt: skip


@pytest.mark.parametrize("text", ["[]", "no JSON", '{"rules": 7}', '{"rules": ["keep"]}'])
def test_a_text_that_is_no_policy_is_told_and_stops_no_other(cloud: Cloud, text: str) -> None:
    def odd(parsed: dict[str, Any]) -> None:
        if parsed.get("repositoryName") == "odd":
            parsed["lifecyclePolicyText"] = text

    for name in ("aa", "odd", "zz"):
        registry_of(cloud).repository(name).set_lifecycle_rules(KEEP)
    first, second, last = answering(cloud, "GetLifecyclePolicy", odd).describe()
    assert "expected a lifecycle policy, {'rules': [...]}" in (second.unread or {})["lifecycle_rules"]
    assert first.lifecycle_rules == last.lifecycle_rules != ()


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"Statement": 7}', '{"Statement": ["x"]}'])
def test_a_repository_policy_that_is_none_is_told_and_stops_no_other(cloud: Cloud, text: str) -> None:
    def odd(parsed: dict[str, Any]) -> None:
        parsed["policyText"] = text

    registry_of(cloud).repository("odd").grant_pull("111122223333")
    first, second, last = answering(cloud, "GetRepositoryPolicy", odd).describe()
    assert "expected a policy document" in (second.unread or {})["resource_policy"]
    assert (first.unread, last.unread) == (None, None)


def test_what_may_not_be_read_of_any_repository_is_an_error(cloud: Cloud) -> None:
    cloud.faults.on("denied", operation="GetLifecyclePolicy", times=None)
    with pytest.raises(ClientError, match="AccessDenied"):
        registry_of(cloud).describe()


def test_what_may_not_be_read_of_a_named_repository_is_an_error(cloud: Cloud) -> None:
    cloud.faults.on("denied", operation="GetLifecyclePolicy", where=of_odd, times=None)
    with pytest.raises(ClientError, match="AccessDenied"):
        registry_of(cloud).describe("aa", "odd")


# An update that never takes


def drops_filters(cloud: Cloud) -> Registry:
    """A server that knows no exclusion filters, as ministack: neither its answers nor its descriptions have them."""
    session = cloud.session(own=True)

    def dropped(parsed: dict[str, Any], **_: Any) -> None:
        for item in (parsed, parsed.get("repository", {}), *parsed.get("repositories", ())):
            item.pop("imageTagMutabilityExclusionFilters", None)

    for operation in ("CreateRepository", "PutImageTagMutability", "DescribeRepositories"):
        session.events.register(f"after-call.ecr.{operation}", dropped)
    return Registry(session, retry=AT_ONCE)


EXCLUDING: dict[str, Any] = {
    "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION",
    "image_tag_mutability_exclusion_filters": ["dev-*"],
}


@pytest.mark.parametrize("name", ["odd", "new"])
@pytest.mark.parametrize("approved", [False, True])
def test_an_update_that_a_server_does_not_keep_is_told(cloud: Cloud, name: str, approved: bool) -> None:
    """Source: an independent emulator that drops exclusion filters: ``ensure`` updated at every run, without end."""
    registry = drops_filters(cloud)
    spec = RepositorySpec(name, **EXCLUDING)
    for _ in range(2):
        cloud.calls.clear()
        with pytest.raises(Exception, match=f"{name} tag mutability: the service answered with success, and did not"):
            registry.apply(registry.plan(spec)) if approved else registry.ensure(spec)
        writes = cloud.calls.writes()
        assert 1 <= len(writes) == len(set(writes)), "nothing is sent twice"
    assert {spec.name for spec in registry.describe()} == {"aa", "odd", "zz", name}
    assert not registry.plan(*exported(registry))


def test_an_update_that_a_server_keeps_is_made_with_two_calls(cloud: Cloud) -> None:
    registry_of(cloud).ensure(RepositorySpec("odd", **EXCLUDING, image_scan_on_push=True))
    assert cloud.calls.operations() == [
        "DescribeRepositories", "PutImageTagMutability", "PutImageScanningConfiguration"
    ]  # fmt: skip


def test_a_scan_setting_and_a_lifecycle_policy_that_a_server_does_not_keep_are_told(cloud: Cloud) -> None:
    def off(parsed: dict[str, Any]) -> None:
        for item in (parsed, *parsed.get("repositories", ())):
            item["imageScanningConfiguration"] = {"scanOnPush": False}

    registry = answering(cloud, "*", off)
    with pytest.raises(Exception, match="odd scan on push: the service answered with success, and did"):
        registry.ensure(RepositorySpec("odd", image_scan_on_push=True))


def test_a_role_that_is_granted_beside_odd_policies_is_granted(cloud: Cloud) -> None:
    cloud.emulator.make_principals(role="nodes")
    cloud.emulator.keep_repository_policy("odd", STORED_POLICIES["an unknown member"])
    assert registry_of(cloud).repository("odd").grant_pull(Role("nodes"))


def test_of_two_updates_that_a_server_does_not_keep_none_is_sent_twice(cloud: Cloud) -> None:
    """The new one is made with one call and repaired with another, while the old one was updated already."""
    registry = drops_filters(cloud)
    with pytest.raises(ApplyError) as caught:
        registry.ensure(RepositorySpec("new", **EXCLUDING), RepositorySpec("odd", **EXCLUDING))
    assert {str(error).partition(" ")[0] for error in caught.value.exceptions} == {"new", "odd"}
    assert sorted(call.params["repositoryName"] for call in cloud.calls.of("PutImageTagMutability")) == ["new", "odd"]


def test_a_conflict_of_what_is_verbatim_shows_both_sides(cloud: Cloud) -> None:
    def odd(parsed: dict[str, Any]) -> None:
        parsed["tags"] = [{"Key": "k(1)", "Value": "old"}]

    cloud.emulator.keep_lifecycle_policy("odd", {"rules": [rule(action={"type": "paint"})]})
    registry = answering(cloud, "ListTagsForResource", odd)
    content = registry.repository("odd").describe().to_dict()
    content["verbatim"]["tags"] = {"k(1)": "new"}
    content["verbatim"]["lifecycle_rules"][0]["selection"]["countNumber"] = 3
    tags, lifecycle = sorted(map(str, registry.plan(RepositorySpec.from_dict(content)).conflicts), reverse=True)
    assert tags == "! odd tags: k(1)=old -> k(1)=new"
    assert lifecycle.startswith("! odd lifecycle: ")
    before, _, after = lifecycle.removeprefix("! odd lifecycle: ").partition(" -> ")
    assert ("9" in before, "3" in after) == (True, True)
