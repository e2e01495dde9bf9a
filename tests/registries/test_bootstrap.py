"""The documents of the role: enough for what ecrops does, no more than its table of permissions, and for one caller."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecrops import (
    ArnPrincipal,
    Group,
    LifecycleRule,
    PullThroughCacheRule,
    Registry,
    RegistrySpec,
    ReplicationRule,
    RepositoryCreationTemplate,
    RepositorySpec,
    Role,
    ScanningConfiguration,
    SpecError,
    User,
    prefix,
    pull,
    push,
)
from ecrops.access import Grant
from ecrops.events import Target, on_image_pushed, on_image_scan_completed
from ecrops.lifecycle import Guard
from ecrops.registries import BootstrapPolicy, bootstrap_policy
from ecrops.registries.roles import permissions
from ecrops.testing import AT_ONCE, Call, Cloud
from ecrops.testing.emulator.evaluator.callers import caller_of
from ecrops.testing.emulator.evaluator.statements import Request, votes
from ecrops.testing.isolation import as_default_session

ACCOUNT = "123456789012"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/ci"
QUEUE, DEAD = (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}" for name in ("pushes", "dead"))
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:scans"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
KEEP = [LifecycleRule(max_image_count=9)]
POLICY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}]}
FIRST = (
    RepositorySpec("team/api", tags={"a": "1"}, lifecycle_rules=KEEP, image_scan_on_push=True, encryption="KMS"),
    RepositorySpec("team/web", resource_policy=POLICY, image_tag_mutability="IMMUTABLE"),
    RepositorySpec(
        "team/jobs",
        grants=[
            pull(Role("nodes")),
            push(User("people/ci")),
            pull(Group("developers")),
            pull(ArnPrincipal("arn:aws:iam::222233334444:root")),
            Grant(Role("nodes"), "push", attach="managed", policy_name="more"),
        ],
        events=[
            on_image_pushed(target=Target(QUEUE, dead_letter_arn=DEAD)),
            on_image_scan_completed(target=TOPIC),
        ],
    ),
    RegistrySpec(
        scanning=ScanningConfiguration("BASIC", scan_on_push=["team/*"]),
        replication=[ReplicationRule(to=["us-east-1"], prefix="team/")],
        pull_through_cache=[PullThroughCacheRule("ecr-public", "public.ecr.aws")],
        creation_templates=[RepositoryCreationTemplate("cache", applied_for=["PULL_THROUGH_CACHE"])],
        account_settings={"BLOB_MOUNTING": "ENABLED"},
        pull_time_exclusions=[f"arn:aws:iam::{ACCOUNT}:role/nodes"],
    ),
)
SECOND = (
    RepositorySpec("team/api", tags={"b": "2"}, lifecycle_rules=[], image_scan_on_push=False, encryption="KMS"),
    RepositorySpec("team/web", resource_policy={}, image_tag_mutability="MUTABLE"),
    RepositorySpec("team/jobs", events=[]),
    RegistrySpec(
        scanning=ScanningConfiguration("BASIC"),
        replication=[],
        pull_through_cache=[],
        creation_templates=[],
        account_settings={"BLOB_MOUNTING": "DISABLED"},
        pull_time_exclusions=[],
    ),
)


def allows(policy: BootstrapPolicy, action: str, resource: str) -> bool:
    """Whether the policy of the role allows an action, by the evaluator of the emulator."""
    request = Request(caller_of(CALLER, ACCOUNT, {}), action, resource, lambda _: ())
    return any(vote.applies for vote in votes(policy.policy, "identity", request))


def resources(call: Call) -> Iterator[str]:
    """The resources that IAM asks about for a call, as far as its actions have some."""
    params, here = call.params, f"{call.region}:{ACCOUNT}"
    names = params.get("repositoryNames") or ([params["repositoryName"]] if "repositoryName" in params else [])
    yield from (f"arn:aws:ecr:{here}:repository/{name}" for name in names)
    if call.operation == "DescribeRepositories" and not names:
        yield f"arn:aws:ecr:{here}:repository/*"
    for member, kind in (("UserName", "user"), ("RoleName", "role"), ("GroupName", "group")):
        if member in params:
            path = "people/" if params[member] == "ci" else ""
            yield f"arn:aws:iam::{ACCOUNT}:{kind}/{path}{params[member]}"
    if call.operation == "CreatePolicy":
        yield f"arn:aws:iam::{ACCOUNT}:policy/{params['PolicyName']}"
    if call.service == "events":
        yield f"arn:aws:events:{here}:rule/{params.get('Name') or params.get('Rule') or '*'}"
    if call.service == "sqs":
        name = params.get("QueueName") or params["QueueUrl"].rpartition("/")[2]
        yield f"arn:aws:sqs:{here}:{name}"
    yield from (params[member] for member in ("resourceArn", "ResourceARN", "TopicArn") if member in params)
    if "PolicyArn" in params and "RoleName" not in params:
        yield params["PolicyArn"]


@pytest.fixture
def role(memory_cloud: Cloud) -> BootstrapPolicy:
    """The role for all of the specs."""
    with as_default_session(memory_cloud):
        return bootstrap_policy(*FIRST, *SECOND, trusts=CALLER)


def test_everything_that_ecrops_calls_is_allowed(memory_cloud: Cloud, role: BootstrapPolicy) -> None:
    memory_cloud.emulator.make_principals("people/ci", "nodes", "developers")
    for queue in ("pushes", "dead"):
        memory_cloud.client("sqs").create_queue(QueueName=queue)
    memory_cloud.client("sns").create_topic(Name="scans")
    registry = Registry(memory_cloud.session(), retry=AT_ONCE)
    needed: set[str] = set()
    for specs in (FIRST, SECOND):
        plan = registry.plan(*specs)
        needed |= {*plan.permissions}
        registry.apply(plan)
        registry.ensure(*specs)
    assert len(memory_cloud.calls) > 60
    for call in memory_cloud.calls:
        if call.service != "sts":
            for resource in [*resources(call)] or ["*"]:
                assert allows(role, f"{call.service}:{call.operation}", resource), (call.operation, resource)
    assert needed <= {*role.actions}


def test_nothing_else_is_allowed(role: BootstrapPolicy) -> None:
    repository = f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/"
    for action in ("ecr:DeleteRepository", "ecr:BatchDeleteImage", "ecr:PutImage", "iam:CreateUser", "sts:AssumeRole"):
        assert not allows(role, action, f"{repository}team/api")
    assert not allows(role, "ecr:PutLifecyclePolicy", f"{repository}team/web")  # the spec of it has none
    assert not allows(role, "ecr:CreateRepository", f"{repository}other/api")
    assert not allows(role, "iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/admin")
    assert not allows(role, "sqs:SetQueueAttributes", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:other")
    assert "*" not in "".join(role.actions)


def test_the_table_of_actions_is_that_of_the_documentation() -> None:
    documented = set(re.findall(r"`([a-z0-9-]+:[A-Z]\w+)`", DOCS.read_text()))
    tables = (permissions.OF_REPOSITORY, permissions.OF_REGISTRY, permissions.OF_TARGETS)
    lists = (permissions.EXISTENCE, permissions.DELETION, permissions.RULES, permissions.LOGS, permissions.KEYS)
    actions = {action for table in tables for entry in table.values() for action in entry}
    actions |= {action for entry in (*lists, permissions.MANAGED, permissions.REGIONS) for action in entry}
    actions |= {f"iam:{form.format('User')}" for form in (*permissions.INLINE, *permissions.ATTACHED)}
    assert actions <= documented


NODES, PASSED = f"arn:aws:iam::{ACCOUNT}:role/nodes", "iam:PassRole"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ELSEWHERE = Role("arn:aws:iam::222233334444:role/nodes")
STREAM = Target(f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/pushes", role_arn=NODES)
READ, WRITE = "ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"


@pytest.mark.parametrize(
    ("spec", "needed", "not_needed"),
    [
        (RepositorySpec("team/api", grants=[pull(Role("nodes"))]), [READ, "iam:PutRolePolicy"], [WRITE]),
        (RepositorySpec("team/api", grants=[pull(ELSEWHERE)]), [READ, WRITE], ["iam:PutUserPolicy"]),
        (RepositorySpec("team/api", grants=[pull("222233334444")]), [READ, WRITE], ["iam:PutRolePolicy"]),
        (RepositorySpec("team/api", lifecycle_rules=KEEP), ["ecr:PutLifecyclePolicy"], ["ecr:DescribeImages"]),
        (RepositorySpec("team/api", lifecycle_rules=KEEP, lifecycle_guard=False), [], ["ecr:DescribeImages"]),
        (RepositorySpec("team/api", lifecycle_rules=KEEP, lifecycle_guard=Guard()), ["ecr:DescribeImages"], []),
        (RepositorySpec("team/api", encryption="AES256"), ["ecr:CreateRepository"], ["kms:CreateGrant", READ]),
        (
            RepositorySpec("team/api", events=[on_image_scan_completed(target=QUEUE)]),
            ["ecr:GetRegistryScanningConfiguration", "sqs:SetQueueAttributes"],
            ["logs:PutResourcePolicy", "iam:PassRole", "ecr:PutRegistryScanningConfiguration"],
        ),
        (
            RepositorySpec("team/api", events=[on_image_pushed(target=STREAM)]),
            ["events:PutRule", PASSED],
            ["ecr:GetRegistryScanningConfiguration", "sqs:SetQueueAttributes"],
        ),
        (
            RegistrySpec(events=[on_image_pushed(target=f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/events/a")]),
            ["logs:PutResourcePolicy", "events:PutRule"],
            ["ecr:CreateRepository"],
        ),
        (
            RegistrySpec(scanning=ScanningConfiguration("ENHANCED")),
            ["inspector2:Enable", "iam:CreateServiceLinkedRole"],
            ["ecr:DescribeRepositories"],
        ),
        (RegistrySpec(scanning=ScanningConfiguration("BASIC")), [], ["inspector2:Enable"]),
        (RegistrySpec(replication=[]), ["ecr:DescribeRegistry"], ["iam:CreateServiceLinkedRole"]),
        (
            RegistrySpec(
                creation_templates=[
                    RepositoryCreationTemplate("cache", applied_for=["PULL_THROUGH_CACHE"], custom_role_arn=NODES)
                ]
            ),
            [PASSED],
            ["iam:CreateServiceLinkedRole"],
        ),
    ],
)
def test_what_each_spec_needs(spec: RepositorySpec | RegistrySpec, needed: list[str], not_needed: list[str]) -> None:
    role = bootstrap_policy(spec, trusts=CALLER)
    assert {*needed} <= {*role.actions}
    assert not {*not_needed} & {*role.actions}


def test_what_is_named_is_all_that_is_allowed() -> None:
    role = bootstrap_policy(
        RepositorySpec("team/api", encryption_key=KEY, events=[on_image_pushed(target=STREAM)]), trusts=CALLER
    )
    assert allows(role, "kms:CreateGrant", KEY)
    assert not allows(role, "kms:CreateGrant", KEY.replace("1234abcd", "ffffffff"))
    [passing] = [statement for statement in role.policy["Statement"] if statement["Action"] == [PASSED]]
    assert passing["Resource"] == [NODES]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "events.amazonaws.com"}}


def test_without_specs_it_is_for_all_settings_of_ecr() -> None:
    role = bootstrap_policy(trusts=CALLER, within=prefix("team/"), deletes=True)
    repository = f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/"
    for action in ("ecr:CreateRepository", "ecr:PutLifecyclePolicy", "ecr:TagResource", "ecr:DeleteRepository"):
        assert allows(role, action, f"{repository}team/api")
        assert not allows(role, action, f"{repository}other/api")
    assert allows(role, "ecr:PutReplicationConfiguration", "*")
    assert {action.partition(":")[0] for action in role.actions} == {"account", "ecr", "iam"}
    assert [action for action in role.actions if action.startswith("iam:")] == ["iam:CreateServiceLinkedRole"]
    assert "ecr:DeleteRepository" not in bootstrap_policy(trusts=CALLER).actions


def test_regions_and_the_account_limit_the_role() -> None:
    role = bootstrap_policy(*FIRST, trusts=CALLER, regions=["eu-west-1"], account="222233334444")
    assert allows(role, "ecr:CreateRepository", "arn:aws:ecr:eu-west-1:222233334444:repository/team/api")
    assert not allows(role, "ecr:CreateRepository", "arn:aws:ecr:us-east-1:222233334444:repository/team/api")
    assert not allows(role, "ecr:CreateRepository", "arn:aws:ecr:eu-west-1:333344445555:repository/team/api")
    assert role.caller_policy["Statement"][0]["Resource"] == "arn:aws:iam::222233334444:role/ecrops"


def test_the_caller_is_trusted_by_its_role(memory_cloud: Cloud) -> None:
    def trust(trusts: str | None = None, **options: Any) -> Any:
        with as_default_session(memory_cloud):
            [statement] = bootstrap_policy(trusts=trusts, **options).trust_policy["Statement"]
        return statement

    assert trust()["Principal"] == {"AWS": f"arn:aws:sts::{ACCOUNT}:user/moto"}
    assert trust(f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/i-1")["Principal"] == {
        "AWS": f"arn:aws:iam::{ACCOUNT}:role/deploy"
    }
    assert trust(ACCOUNT, external_id="xyz") == {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "xyz"}},
    }
    permission_set = trust(f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/me@example.com")
    assert permission_set["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert permission_set["Condition"] == {
        "ArnLike": {
            "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_Admin_*"
        }
    }


def test_a_role_made_of_the_documents_can_be_assumed(memory_cloud: Cloud) -> None:
    with as_default_session(memory_cloud):
        role = bootstrap_policy(role_name="ops/ecrops", external_id="xyz")
    memory_cloud.client("iam", account="222233334444").create_role(
        RoleName="ecrops", Path="/ops/", AssumeRolePolicyDocument=json.dumps(role.trust_policy)
    )
    arn = "arn:aws:iam::222233334444:role/ops/ecrops"
    sts = memory_cloud.client("sts")
    assert sts.assume_role(RoleArn=arn, RoleSessionName="test", ExternalId="xyz")["Credentials"]


def test_it_is_printed_as_documents() -> None:
    role = bootstrap_policy(RepositorySpec("team/api"), trusts=CALLER)
    data = role.to_dict()
    assert json.loads(json.dumps(data)) == data
    parts = str(role).split("\n\n")
    assert [part.split("\n")[0] for part in parts] == [
        "trust policy of the role ecrops, in each account:",
        "policy of the role ecrops, in each account:",
        "policy of whoever assumes it:",
    ]
    assert [json.loads(part.partition("\n")[2]) for part in parts] == [
        data["trust_policy"],
        data["policy"],
        data["caller_policy"],
    ]


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SpecError) as refused:
        bootstrap_policy(
            "team/api",  # type: ignore[arg-type]
            role_name="a b",
            trusts="me",
            account="1",
            regions=["here"],
            within=["Team"],
        )
    starts = ("expected RepositorySpec or", "role_name: ", "account: ", "regions: ", "trusts: ", "within[0]: ")
    assert len(refused.value.reasons) == len(starts)
    assert all(map(str.startswith, refused.value.reasons, starts))
    many = [RepositorySpec(f"team/service-{number:04}", tags={}) for number in range(300)]
    with pytest.raises(SpecError, match=r"a role has room for 10,240: give prefixes instead of so many names"):
        bootstrap_policy(*many, trusts=CALLER)
    assert bootstrap_policy(*many, trusts=CALLER, within=prefix("team/"))
