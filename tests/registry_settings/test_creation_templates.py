"""Repository creation templates: each written whole, compared by what it means, and applied to what is there."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from ecrops import (
    ConflictError,
    LifecycleRule,
    Registry,
    RegistrySpec,
    RepositoryCreationTemplate,
    RepositorySpec,
    SpecError,
)
from ecrops.lifecycle import Guard
from ecrops.registry_settings.creation_templates.values import ScenarioName
from ecrops.testing import FAULTS, Client, Cloud, Fault
from support import HERE, registry_of

LIST, CREATE = "DescribeRepositoryCreationTemplates", "CreateRepositoryCreationTemplate"
UPDATE, DELETE = "UpdateRepositoryCreationTemplate", "DeleteRepositoryCreationTemplate"
ROLE = "arn:aws:iam::123456789012:role/maker"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
PUSHED: list[ScenarioName] = ["CREATE_ON_PUSH"]
POLICY = {
    "Statement": [
        {"Sid": "pull", "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": ["ecr:BatchGetImage"]}
    ]
}


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    return cloud.client("ecr")


def templates(ecr: Client) -> dict[str, dict[str, Any]]:
    listed = ecr.describe_repository_creation_templates()["repositoryCreationTemplates"]
    return {each["prefix"]: each for each in listed}


def full(**changed: Any) -> RepositoryCreationTemplate:
    fields: dict[str, Any] = {
        "applied_for": ["PULL_THROUGH_CACHE", "CREATE_ON_PUSH"],
        "description": "of the team",
        "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION",
        "image_tag_mutability_exclusion_filters": ["dev-*"],
        "encryption_key": KEY,
        "lifecycle_rules": [LifecycleRule(max_image_count=5)],
        "resource_policy": POLICY,
        "tags": {"team": "web"},
        "custom_role_arn": ROLE,
    }
    return RepositoryCreationTemplate("team", **fields | changed)


def test_a_template_is_made_and_the_second_time_is_one_read(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    ecr.create_repository_creation_template(prefix="theirs", appliedFor=["REPLICATION"])
    made = registry.creation_templates.add("team/", applied_for=PUSHED, lifecycle_rules=[{"max_image_count": 5}])
    assert str(made) == (HERE + "+ creation templates team: CREATE_ON_PUSH, lifecycle keep last 5\n1 created")
    assert cloud.calls.operations() == [LIST, CREATE, LIST]
    assert set(templates(ecr)) == {"theirs", "team"}
    assert set(made.permissions) == {
        f"ecr:{CREATE}",
        "ecr:CreateRepository",
        "ecr:PutLifecyclePolicy",
        "iam:CreateServiceLinkedRole",
    }
    cloud.calls.clear()
    assert not registry.creation_templates.add("team", applied_for=PUSHED, lifecycle_rules=[{"max_image_count": 5}])
    assert cloud.calls.operations() == [LIST]


@pytest.mark.parametrize("replaces", [False, True])
def test_an_update_sends_every_member(registry: Registry, cloud: Cloud, ecr: Client, *, replaces: bool) -> None:
    cloud.emulator.caches.read_templates(update_replaces=replaces)
    registry.creation_templates.set(full())
    registry.creation_templates.set(full(description=None))
    sent = cloud.calls.of(UPDATE)[-1].params
    assert sent["description"] == ""
    assert json.loads(sent["lifecyclePolicy"])["rules"][0]["selection"]["countNumber"] == 5
    assert registry.creation_templates.describe() == registry_forms(full(description=None))
    registry.creation_templates.add("team", applied_for=PUSHED)
    assert registry.creation_templates.describe() == (RepositoryCreationTemplate("team", applied_for=PUSHED),)
    assert not registry.creation_templates.add("team", applied_for=PUSHED)


def registry_forms(*wanted: RepositoryCreationTemplate) -> tuple[RepositoryCreationTemplate, ...]:
    """Templates as they are described: policies have a Version, rules a priority."""
    described = []
    for template in wanted:
        fields = {name: getattr(template, name) for name in template.__slots__ if name not in ("prefix", "_")}
        rules = [LifecycleRule(rule_priority=1, max_image_count=5)]
        policy = {"Version": "2012-10-17", **described_policy()}
        fields |= {"lifecycle_rules": rules, "resource_policy": policy, "encryption": "KMS"}
        described.append(RepositoryCreationTemplate(template.prefix, **fields))
    return tuple(described)


def described_policy() -> dict[str, Any]:
    statement = dict(POLICY["Statement"][0])
    return {"Statement": [statement]}


def test_the_whole_difference_is_said(registry: Registry) -> None:
    registry.creation_templates.set(full())
    made = registry.creation_templates.set(full(tags={"team": "app"}, image_tag_mutability="IMMUTABLE", **NO_FILTERS))
    assert str(made.changes[0]) == (
        "~ creation templates team: IMMUTABLE except dev-*, tags team=web -> IMMUTABLE, tags team=app"
    )
    assert {sign for sign, _ in made.changes[0].parts} == {"-", "+"}
    assert not any("lifecycle" in part for _, part in made.changes[0].parts)


NO_FILTERS = {"image_tag_mutability_exclusion_filters": None}


def test_the_same_spelled_otherwise_is_no_change(registry: Registry, ecr: Client) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Action": "ecr:BatchGetImage",
            "Sid": "pull",
            "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]},
            "Effect": "Allow",
        },
    }
    registry.creation_templates.set(full())
    assert not registry.creation_templates.set(
        full(
            resource_policy=policy,
            applied_for=["CREATE_ON_PUSH", "PULL_THROUGH_CACHE"],
            lifecycle_rules=[{"rulePriority": 1, "selection": SELECTION, "action": {"type": "expire"}}],
            encryption="KMS",
        )
    )
    assert registry.creation_templates.set(full(resource_policy={**policy, "Version": "2008-10-17"}))


SELECTION = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}


def test_a_key_that_aws_chose_is_no_difference_and_stays(registry: Registry, ecr: Client) -> None:
    encryption = {"encryptionType": "KMS", "kmsKey": KEY}
    ecr.create_repository_creation_template(
        prefix="team", appliedFor=PUSHED, encryptionConfiguration=encryption, customRoleArn=ROLE
    )
    assert not registry.creation_templates.add("team", applied_for=PUSHED, encryption="KMS", custom_role_arn=ROLE)
    registry.creation_templates.add(
        "team", applied_for=PUSHED, encryption="KMS", custom_role_arn=ROLE, description="new"
    )
    assert templates(ecr)["team"]["encryptionConfiguration"] == encryption


def test_a_removal_leaves_others_and_the_repositories(registry: Registry, ecr: Client, cloud: Cloud) -> None:
    registry.creation_templates.set(full(), RepositoryCreationTemplate("ROOT", applied_for=PUSHED))
    made = registry.creation_templates.remove("team", "never")
    assert made.notes == ("creation templates: the repositories that were made by team stay as they are",)
    assert set(templates(ecr)) == {"ROOT"}
    assert not registry.creation_templates.remove("team")


def test_a_spec_is_all_templates(registry: Registry, ecr: Client, cloud: Cloud) -> None:
    ecr.create_repository_creation_template(prefix="theirs", appliedFor=["REPLICATION"])
    spec = RegistrySpec(creation_templates=[full(), {"prefix": "ROOT", "applied_for": PUSHED}])
    assert [(str(change)[0], change.what) for change in registry.ensure(spec)] == [
        ("+", "ROOT"),
        ("+", "team"),
        ("-", "theirs"),
    ]
    cloud.calls.clear()
    assert not registry.ensure(spec)
    assert cloud.calls.operations() == [LIST]
    described = registry.describe_settings()
    assert not registry.ensure(described)
    again = RegistrySpec.from_dict(json.loads(json.dumps(described.to_dict())))
    assert again == described
    assert not registry.ensure(again)
    assert RegistrySpec.from_dict(spec.to_dict()) == spec


def test_a_template_with_members_that_botocore_drops_is_not_written(cloud: Cloud, ecr: Client) -> None:
    session = cloud.session(own=True)

    def add_member(response_dict: dict[str, Any], **_: Any) -> None:
        body = json.loads(response_dict["body"])
        for item in body.get("repositoryCreationTemplates", ()):
            item |= {"brandNew": True} if item["prefix"] == "team" else {}
        response_dict["body"] = json.dumps(body).encode()

    session.events.register(f"before-parse.ecr.{LIST}", add_member)
    registry = Registry(session)
    for prefix in ("team", "other"):
        ecr.create_repository_creation_template(prefix=prefix, appliedFor=PUSHED)
    with pytest.raises(ConflictError, match=r"the answer of AWS has brandNew, which the installed botocore"):
        registry.creation_templates.add("team", applied_for=["REPLICATION"])
    assert registry.creation_templates.add("other", applied_for=["REPLICATION"])
    assert not registry.creation_templates.add("team", applied_for=PUSHED)
    assert templates(ecr)["team"]["appliedFor"] == PUSHED


def test_what_ecrops_would_not_write_is_described_and_kept(registry: Registry, ecr: Client) -> None:
    rules = {"rules": [{"rulePriority": 3, "selection": SELECTION, "action": {"type": "expire"}}]}
    ecr.create_repository_creation_template(
        prefix="team", appliedFor=PUSHED, lifecyclePolicy=json.dumps(rules), resourceTags=[{"Key": "a", "Value": "b"}]
    )
    described = registry.describe_settings()
    assert described.creation_templates is not None
    assert not registry.ensure(RegistrySpec(creation_templates=described.creation_templates))
    assert not registry.creation_templates.set(*registry.creation_templates.describe())


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"image_scan_on_push": True}, "registry.scanning.add"),
        ({"grants": []}, "write resource_policy"),
        ({"events": []}, "on_image_pushed"),
        ({"lifecycle_guard": False}, "no images to guard"),
        ({"name": "team"}, "write prefix"),
        ({"imageScanOnPush": True}, "registry.scanning.add"),
        ({"repositoryPolicy": {}}, "did you mean resource_policy"),
        ({"applied_for": []}, "expected one or more of PULL_THROUGH_CACHE, CREATE_ON_PUSH, REPLICATION"),
        ({"applied_for": "CREATE_ON_PUSH"}, r"write \['CREATE_ON_PUSH'\]"),
        ({"applied_for": ["PUSH"]}, "did you mean CREATE_ON_PUSH|expected one of"),
        ({"prefix": "Team"}, "lower-case"),
        ({"description": "a" * 257}, "256"),
        ({"tags": {"a": "b"}}, "custom_role_arn: is needed for tags"),
        ({"encryption": "KMS"}, "custom_role_arn: is needed for KMS encryption"),
        ({"encryption_key": "alias/a", "custom_role_arn": ROLE}, "full ARN of a key"),
        ({"encryption": "AES256", "encryption_key": KEY, "custom_role_arn": ROLE}, "AES256 has no key"),
        ({"tags": {"aws:a": "b"}, "custom_role_arn": ROLE}, "AWS's own"),
        ({"image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION"}, "1 to 5 wildcards"),
        ({"lifecycle_rules": [{"max_image_cuont": 5}]}, "did you mean max_image_count"),
        ({"resource_policy": {"Statement": []}}, "at least one statement"),
        ({"custom_role_arn": "maker"}, "the ARN of a role"),
    ],
)
def test_what_ecr_refuses_is_refused_before_any_call(
    registry: Registry, cloud: Cloud, wanted: dict[str, Any], reason: str
) -> None:
    data = {"prefix": "team", "applied_for": PUSHED, **wanted}
    with pytest.raises(SpecError, match=reason):
        RegistrySpec.from_dict({"creation_templates": [data]})
    if "image_scan_on_push" in data:
        with pytest.raises(SpecError, match=reason):
            RepositoryCreationTemplate(**data)
        with pytest.raises(SpecError, match=reason):
            registry.creation_templates.add(**data)
    assert not cloud.calls


def test_a_key_of_another_region_is_refused_before_any_call(registry: Registry, cloud: Cloud) -> None:
    with pytest.raises(SpecError, match="keys of its own region only"):
        registry.creation_templates.set(full(encryption_key=KEY.replace("eu-west-1", "eu-west-2")))
    assert not cloud.calls


def test_two_templates_of_one_prefix_are_refused() -> None:
    with pytest.raises(SpecError, match="two templates have the prefix 'team'"):
        RegistrySpec(creation_templates=[full(), full()])


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "denied"])
@pytest.mark.parametrize("operation", [LIST, CREATE, UPDATE, DELETE])
def test_a_fault_at_any_call_changes_nothing_of_the_outcome(memory_cloud: Cloud, operation: str, fault: Fault) -> None:
    ecr, registry = memory_cloud.client("ecr"), registry_of(memory_cloud)
    old = [RepositoryCreationTemplate(prefix, applied_for=PUSHED) for prefix in ("old1", "old2")]
    registry.creation_templates.set(full(), *old)
    memory_cloud.faults.on(fault, operation=operation)
    new = [RepositoryCreationTemplate(prefix, applied_for=PUSHED) for prefix in ("new1", "new2")]
    made = registry.creation_templates.set(full(tags={"a": "b"}), *new)
    assert [(change.operation, change.what) for change in made] == [
        (CREATE, "new1"),
        (CREATE, "new2"),
        (UPDATE, "team"),
        (DELETE, "old1"),
        (DELETE, "old2"),
    ]
    assert set(templates(ecr)) == {"new1", "new2", "team"}
    assert not any("another writer" in note for note in made.notes)


def test_an_approved_plan_takes_no_foreign_template_away(registry: Registry, ecr: Client) -> None:
    plan = registry.plan(RegistrySpec(creation_templates=[full()]))
    plan = pickle.loads(pickle.dumps(plan))
    ecr.create_repository_creation_template(prefix="theirs", appliedFor=["REPLICATION"])
    with pytest.raises(ConflictError, match="theirs"):
        registry.apply(plan)
    assert set(templates(ecr)) == {"theirs"}


def test_a_dry_run_remembers_what_it_would_make(cloud: Cloud, ecr: Client) -> None:
    registry = registry_of(cloud, dry_run=True)
    assert registry.creation_templates.set(full())
    assert not registry.creation_templates.set(full())
    cloud.emulator.seed(["team/api"])
    assert registry.creation_templates.apply("team")
    assert registry.creation_templates.set()
    assert templates(ecr) == {}


# Applying


def test_apply_brings_repositories_that_are_there_to_the_template(registry: Registry, cloud: Cloud) -> None:
    cloud.emulator.seed(["team/api", "team/web/app", "teams/api", "other"])
    registry.repository("team/api").ensure(tags={"mine": "stays"})
    registry.creation_templates.set(
        full(encryption_key=None), RepositoryCreationTemplate("team/web", applied_for=PUSHED)
    )
    cloud.calls.clear()
    made = registry.creation_templates.apply("team/")
    assert {change.owner for change in made} == {"team/api"}
    assert not made.notes
    (spec,) = registry.describe("team/api")
    assert spec.image_tag_mutability == "IMMUTABLE_WITH_EXCLUSION"
    assert spec.tags == {"mine": "stays", "team": "web"}
    assert spec.lifecycle_rules == (LifecycleRule(rule_priority=1, max_image_count=5),)
    assert spec.resource_policy is not None
    assert [each["Sid"] for each in spec.resource_policy["Statement"]] == ["pull"]
    assert not registry.creation_templates.apply("team")


def test_root_applies_to_what_no_other_template_does(registry: Registry, cloud: Cloud) -> None:
    cloud.emulator.seed(["team/api", "other"])
    root = RepositoryCreationTemplate("ROOT", applied_for=PUSHED, image_tag_mutability="IMMUTABLE")
    registry.creation_templates.set(root, RepositoryCreationTemplate("team", applied_for=PUSHED))
    assert [change.owner for change in registry.creation_templates.apply("ROOT")] == ["other"]


def test_apply_says_which_repositories_are_encrypted_otherwise(registry: Registry, cloud: Cloud) -> None:
    cloud.emulator.seed(["team/api", "team/web"])
    registry.creation_templates.set(full())
    made = registry.creation_templates.apply("team")
    (note,) = made.notes
    assert "encrypted with AES256" in note
    assert "team/api" in note
    assert "team/web" in note
    assert registry.creation_templates.apply("team").notes == made.notes


def test_apply_without_a_template_is_an_error(registry: Registry, cloud: Cloud) -> None:
    registry.creation_templates.set(full())
    with pytest.raises(SpecError, match="no creation template for 'teams': the registry has team"):
        registry.creation_templates.apply("teams")


def test_a_guard_holds_for_apply_too(cloud: Cloud) -> None:
    registry = registry_of(cloud, guard=Guard(max_expired=0))
    cloud.emulator.seed(["team/api"])
    cloud.emulator.seed_images(
        "team/api",
        [
            {
                "imageDigest": f"sha256:{number:064}",
                "imageTags": [f"v{number}"],
                "imagePushedAt": 1.7e9,
            }
            for number in range(7)
        ],
    )
    registry.creation_templates.set(full(encryption_key=None))
    with pytest.raises(ConflictError, match="lifecycle"):
        registry.creation_templates.apply("team")


def test_apply_does_not_make_a_repository_again_that_is_gone(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    memory_cloud.emulator.seed(["team/api", "team/web"])
    registry.creation_templates.add("team", applied_for=PUSHED, image_tag_mutability="IMMUTABLE")
    ecr = memory_cloud.client("ecr")

    def delete(call: Any) -> bool:
        if call.operation == "PutImageTagMutability" and call.params["repositoryName"] == "team/api":
            ecr.delete_repository(repositoryName="team/api")
            return True
        return False

    memory_cloud.faults.on("throttle", where=delete)
    assert [change.owner for change in registry.creation_templates.apply("team")] == ["team/web"]
    assert [spec.name for spec in registry.describe()] == ["team/web"]


def test_a_repository_that_a_template_makes_is_one_that_apply_leaves(registry: Registry, cloud: Cloud) -> None:
    registry.creation_templates.add(
        "hub", applied_for=["PULL_THROUGH_CACHE"], lifecycle_rules=[LifecycleRule(max_image_count=3)]
    )
    registry.pull_through_cache.add("hub", "quay.io")
    assert cloud.emulator.caches.pulled_through("hub/nginx")
    assert registry.describe() == [
        RepositorySpec(
            "hub/nginx",
            image_tag_mutability="MUTABLE",
            image_scan_on_push=False,
            encryption="AES256",
            lifecycle_rules=[LifecycleRule(rule_priority=1, max_image_count=3)],
            resource_policy={},
            tags={},
        )
    ]
    assert not registry.creation_templates.apply("hub")
