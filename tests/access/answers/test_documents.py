"""What decides about repositories is read in few calls, and what cannot be read hides nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops.access.answers import documents, identities
from ecrops.access.answers.documents import Documents
from ecrops.aws import code_of
from ecrops.aws.attempt.sending import send
from ecrops.iam.evaluation.compiled import CompiledPolicy
from ecrops.testing import Cloud, Fault
from support import registry_of

from ..world import populate, put_policy

GET, LISTING = "ecr:BatchGetImage", "GetAccountAuthorizationDetails"
EVERYONE = {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": GET}
TAGGED = {"StringEquals": {"aws:ResourceTag/team": "a"}}
OF_ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is the same as in the tests of grants."""
    populate(memory_cloud, "app", "web")
    return memory_cloud


def read(cloud: Cloud, *names: str, **options: Any) -> Documents:
    """What decides about repositories."""
    cloud.calls.clear()
    return documents.read(registry_of(cloud).aws, names, **options)


def policy(found: Documents, name: str) -> CompiledPolicy:
    """The policy of a repository that has one."""
    policy = found.policies[name]
    assert policy is not None
    return policy


def give(cloud: Cloud, *statements: dict[str, Any]) -> None:
    """Give the user an inline policy."""
    cloud.emulator.keep_policy("ci", "own", json.dumps({"Version": "2012-10-17", "Statement": statements}))


def allow(action: str, condition: Any = None, resource: str = "*") -> dict[str, Any]:
    """A statement of an identity policy."""
    return {
        "Effect": "Allow",
        "Action": action,
        "Resource": resource,
        **({"Condition": condition} if condition else {}),
    }


def test_one_listing_and_one_policy_a_repository_are_read(cloud: Cloud) -> None:
    put_policy(cloud, "app", EVERYONE)
    found = read(cloud, "app", "web", "app")
    assert sorted(cloud.calls.operations()) == [
        LISTING,
        "GetRegistryPolicy",
        "GetRepositoryPolicy",
        "GetRepositoryPolicy",
    ]
    assert (found.partition, found.region, found.account) == ("aws", "eu-west-1", "123456789012")
    assert found.directory is not None
    assert {str(identity) for identity in found.directory} == {"user ci", "group devs", "role nodes"}
    assert found.policies["web"] is found.registry is None
    assert str(policy(found, "app").source) == "repository policy app"
    assert [str(statement.source) for statement in policy(found, "app").statements] == ["repository policy app: all"]
    assert (found.unread, dict(found.tags), found.organization) == ((), {}, None)


def test_the_registry_policy_is_read(cloud: Cloud) -> None:
    statement = {**EVERYONE, "Effect": "Deny", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("ecr").put_registry_policy(policyText=text)
    found = read(cloud)
    assert found.registry is not None
    assert str(found.registry.statements[0].source) == "registry policy: all"
    assert found.registry.statements[0].denies


def test_repositories_are_read_in_parts_and_the_account_once(cloud: Cloud) -> None:
    names = cloud.emulator.seed(7)
    parts = list(documents.windows(registry_of(cloud).aws, iter(names), size=3))
    assert [list(part.policies) for part in parts] == [names[:3], names[3:6], names[6:]]
    assert len({id(part.directory) for part in parts}) == 1
    assert cloud.calls.operations().count(LISTING) == cloud.calls.operations().count("GetRegistryPolicy") == 1
    assert len(cloud.calls.of("GetRepositoryPolicy")) == 7


def test_a_part_is_read_when_it_is_asked_for(cloud: Cloud) -> None:
    parts = documents.windows(registry_of(cloud).aws, cloud.emulator.seed(6), size=3)
    next(parts)
    assert len(cloud.calls.of("GetRepositoryPolicy")) == 3


def test_identities_are_read_only_if_they_are_asked_for(cloud: Cloud) -> None:
    found = read(cloud, "app", identities=False)
    assert (found.directory, found.unread) == (None, ())
    assert not cloud.calls.of(LISTING)


# What cannot be read


def test_identities_that_may_not_be_listed_hide_no_repository(cloud: Cloud) -> None:
    put_policy(cloud, "app", EVERYONE)
    cloud.faults.on("denied", operation=LISTING, times=None)
    found = read(cloud, "app")
    assert found.directory is None
    assert [part.permission for part in found.unread] == [f"iam:{LISTING}"]
    assert not policy(found, "app").unreadable


def test_an_identity_that_is_asked_about_is_read_alone(cloud: Cloud) -> None:
    cloud.faults.on("denied", operation=LISTING, times=None)
    found = read(cloud, "app", alone=[("role", "nodes")])
    assert found.directory is not None
    assert [str(identity) for identity in found.directory] == ["role nodes"]
    assert [part.permission for part in found.unread] == [f"iam:{LISTING}"]


def test_a_repository_whose_policy_may_not_be_read_hides_no_other_one(cloud: Cloud) -> None:
    put_policy(cloud, "web", EVERYONE)
    cloud.faults.on("denied", where=lambda call: call.params.get("repositoryName") == "app", times=None)
    for names in (("app",), ("app", "web")):
        found = read(cloud, *names)
        assert policy(found, "app").unreadable == "the caller may not call ecr:GetRepositoryPolicy"
        assert [str(part) for part in found.unread] == [
            "repository policy of app: the caller may not call ecr:GetRepositoryPolicy"
        ]
        assert found.unread[0].permission == "ecr:GetRepositoryPolicy"
    assert not policy(found, "web").unreadable


@pytest.mark.parametrize(
    "text", ["no JSON", '["a list"]', "NaN", '{"Statement": [{"Effect": 1}]}', '{"Statement": "all"}']
)
def test_a_text_that_is_no_policy_is_unreadable_and_hides_no_other_one(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    put_policy(cloud, "app", {**EVERYONE, "Sid": "stored"})
    put_policy(cloud, "web", EVERYONE)
    monkeypatch.setattr(
        "ecrops.testing.emulator.ecr.policies.shown",
        lambda document, *_: text if "stored" in str(document) else json.dumps(document),
    )
    found = read(cloud, "app", "web")
    assert policy(found, "app").unreadable
    assert [(part.what, part.permission) for part in found.unread] == [("repository policy of app", "")]
    assert not policy(found, "web").unreadable


def test_a_registry_policy_that_may_not_be_read_is_unreadable_and_not_absent(cloud: Cloud) -> None:
    cloud.faults.on("denied", operation="GetRegistryPolicy", times=None)
    found = read(cloud, "app")
    assert found.registry is not None
    assert found.registry.unreadable == "the caller may not call ecr:GetRegistryPolicy"
    assert [str(part) for part in found.unread] == ["registry policy: the caller may not call ecr:GetRegistryPolicy"]


def test_the_only_repository_has_to_exist(cloud: Cloud) -> None:
    with pytest.raises(ClientError) as caught:
        read(cloud, "missing")
    assert code_of(caught.value) == "RepositoryNotFoundException"
    assert any(
        "there is no repository 'missing': Repository.ensure makes it" in note for note in caught.value.__notes__
    )
    assert not cloud.calls.of(LISTING)


def test_of_several_repositories_one_that_is_missing_is_told(cloud: Cloud) -> None:
    found = read(cloud, "missing", "app")
    assert list(found.policies) == ["app"]
    assert [str(part) for part in found.unread] == ["repository missing: there is no such repository"]


@pytest.mark.parametrize(
    "operation, condition",
    [
        ("GetRepositoryPolicy", {}),
        ("GetRegistryPolicy", {}),
        (LISTING, {}),
        ("ListTagsForResource", TAGGED),
        ("DescribeOrganization", OF_ORGANIZATION),
    ],
)
def test_credentials_that_are_not_valid_are_an_error(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, operation: str, condition: dict[str, Any]
) -> None:
    put_policy(cloud, "app", {**EVERYONE, "Condition": condition})

    def expired(client: Any, name: str, *rest: Any) -> Any:
        if name == operation:
            raise ClientError({"Error": {"Code": "ExpiredTokenException"}}, name)
        return send(client, name, *rest)

    monkeypatch.setattr("ecrops.aws.client.send", expired)
    with pytest.raises(ClientError, match=f"ExpiredTokenException.*{operation}"):
        read(cloud, "app", "web")


# What is read only if a statement asks for it


@pytest.mark.parametrize("key", ["aws:ResourceTag/team", "ecr:ResourceTag/team", "AWS:resourceTag/team"])
def test_tags_are_read_of_the_repository_whose_policy_asks(cloud: Cloud, key: str) -> None:
    cloud.emulator.keep("app", tags={"team": "a", "aws:cloudformation:stack-name": "s"})
    cloud.emulator.keep("web", tags={"team": "b"})
    put_policy(cloud, "app", {**EVERYONE, "Condition": {"StringLike": {key: "a"}}})
    found = read(cloud, "app", "web")
    assert dict(found.tags) == {"app": {"team": "a", "aws:cloudformation:stack-name": "s"}}
    assert len(cloud.calls.of("ListTagsForResource")) == 1


@pytest.mark.parametrize(
    "statement",
    [
        allow("ecr:*", TAGGED),
        allow("*", {"Null": {"aws:ResourceTag/team": "false"}}),
        allow("ecr:Batch*", None, "arn:aws:ecr:*:*:repository/${aws:ResourceTag/team}/*"),
        {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*", "Condition": TAGGED},
        allow(GET, {"StringEquals": {"aws:PrincipalTag/team": "${ecr:ResourceTag/team}"}}),
    ],
)
def test_tags_are_read_of_all_if_an_identity_policy_asks(cloud: Cloud, statement: dict[str, Any]) -> None:
    cloud.emulator.keep("app", tags={"team": "a"})
    give(cloud, statement)
    assert dict(read(cloud, "app", "web").tags) == {"app": {"team": "a"}, "web": {}}


@pytest.mark.parametrize(
    "statement",
    [
        allow("ec2:*", TAGGED),
        {"Effect": "Deny", "NotAction": "ecr:*", "Resource": "*", "Condition": TAGGED},
        allow("ecr:*", {"StringEquals": {"aws:PrincipalTag/team": "a"}}),
    ],
)
def test_a_statement_that_is_not_about_ecr_or_tags_reads_no_tags(cloud: Cloud, statement: dict[str, Any]) -> None:
    give(cloud, statement)
    assert read(cloud, "app").tags == {}
    assert not cloud.calls.of("ListTagsForResource")


def test_tags_that_may_not_be_read_are_not_known(cloud: Cloud) -> None:
    give(cloud, allow("ecr:*", TAGGED))
    arn = "arn:aws:ecr:eu-west-1:123456789012:repository/app"
    cloud.faults.on("denied", where=lambda call: call.params.get("resourceArn") == arn, times=None)
    found = read(cloud, "app", "web")
    assert dict(found.tags) == {"web": {}}
    assert [(part.what, part.permission) for part in found.unread] == [("tags of app", "ecr:ListTagsForResource")]


def test_the_organization_is_read_once_if_a_statement_asks(cloud: Cloud) -> None:
    made = cloud.client("organizations").create_organization(FeatureSet="ALL")["Organization"]
    put_policy(cloud, "web", {**EVERYONE, "Condition": OF_ORGANIZATION})
    assert read(cloud, "app").organization is None
    assert not cloud.calls.of("DescribeOrganization")
    assert read(cloud, "app", "web").organization == made["Id"]
    cloud.calls.clear()
    parts = list(documents.windows(registry_of(cloud).aws, ["web", "app", "web2", "web"], size=1))
    assert [part.organization for part in parts] == [made["Id"], None, None, made["Id"]]
    assert len(cloud.calls.of("DescribeOrganization")) == 1


def test_an_account_may_be_in_no_organization(cloud: Cloud) -> None:
    give(cloud, allow("ecr:*", {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}))
    found = read(cloud, "app")
    assert (found.organization, found.unread) == ("", ())


def test_an_organization_that_may_not_be_read_is_not_known(cloud: Cloud) -> None:
    cloud.faults.on("denied", operation="DescribeOrganization", times=None)
    put_policy(cloud, "app", {**EVERYONE, "Condition": OF_ORGANIZATION})
    found = read(cloud, "app")
    assert found.organization is None
    assert [(part.what, part.permission) for part in found.unread] == [
        ("organization of the account", "organizations:DescribeOrganization")
    ]


# What goes wrong on the way


@pytest.mark.parametrize("fault", ["throttle", "error500", "reset_before", "reset_after", "truncated"])
def test_an_answer_that_is_lost_is_asked_for_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    monkeypatch.setattr(identities, "PAGE", 5)
    cloud.client("organizations").create_organization(FeatureSet="ALL")
    cloud.emulator.keep("app", tags={"team": "a"})
    put_policy(cloud, "app", {**EVERYONE, "Condition": TAGGED}, {**EVERYONE, "Condition": OF_ORGANIZATION})
    whole = read(cloud, "app", "web")
    calls = len(cloud.calls)
    assert calls == 7
    for number in range(1, calls + 1):
        cloud.faults.at(number, fault)
        found = read(cloud, "app", "web")
        assert len(cloud.faults.hits) == number
        assert pictured(found) == pictured(whole)


def pictured(found: Documents) -> Any:
    """All that was read."""
    assert found.directory is not None
    policies = {name: policy and policy.document for name, policy in found.policies.items()}
    return policies, list(map(str, found.directory)), found.registry, found.tags, found.organization, found.unread
