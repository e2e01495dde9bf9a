"""The CDK's grants on the same principals, action for action and side for side.

Three proofs of it. The cases of ``cases/cdk.json`` were read from the CDK's own tests and code, and hold what it
renders. The tables below are the CDK's rule (``Grant.addToPrincipalOrResource``) for each kind of principal, crossed
with each of its verbs; the actions are spelled out here as the CDK renders them. And a role of another account is
granted as the CDK grants one of another stack: on both sides. Statements are compared by meaning, without Sids, which
the CDK gives none. What the documents allow, as an evaluator sees it, is in ``test_ministack``.

Left out is what the CDK has and ecrops has not: principals composed of others, and the bare ``*``, which means the same
as ``{"AWS": "*"}``.
"""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import (
    AccountPrincipal,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    Group,
    OrganizationPrincipal,
    Registry,
    Role,
    ServicePrincipal,
    SpecError,
    User,
)
from ecrops.iam.statements import same, statements
from ecrops.testing import Client, Cloud
from support import AT_ONCE, cases, registry_of

from .world import repository_policy

GRANTS = [case for case in cases("cdk") if case["category"] == "grants" and case["applicability"] == "direct"]
LEFT_OUT = ("gr-16",)  # an imported role that the CDK may not change: it grants nothing, and says that it did
BOTH_SIDES = [case for case in cases("cdk") if case["category"] == "grants" and case["applicability"] == "adapt"]
STATEMENTS = [case for case in cases("cdk") if case["category"] == "resource-policy" and case["id"] != "rp-11"]
# rp-11 puts principals with two conditions into one statement, which as a document nobody can write.

HERE, THERE = "123456789012", "222222222222"
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
UPLOAD = ["ecr:CompleteLayerUpload", "ecr:UploadLayerPart", "ecr:InitiateLayerUpload"]
VERBS: dict[str, tuple[list[str], list[str]]] = {  # what it takes, what it allows
    "read": ([], ["ecr:DescribeRepositories", "ecr:DescribeImages"]),
    "pull": ([], PULL),
    "push": ([], [*UPLOAD, "ecr:BatchCheckLayerAvailability", "ecr:PutImage"]),
    "pull_push": ([], [*PULL, *UPLOAD, "ecr:PutImage"]),
    "grant": (["ecr:ListImages", "ecr:TagResource"], ["ecr:ListImages", "ecr:TagResource"]),
}
LOGGED_IN = ("pull", "push", "pull_push")
ROLE = f"arn:aws:iam::{HERE}:role/app"
IDENTITIES: dict[str, Any] = {
    "user": User("bob"),
    "role": Role("app"),
    "group": Group("devs"),
    "user by its ARN": f"arn:aws:iam::{HERE}:user/bob",
    "role by its ARN": ROLE,
}
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
NAMED: dict[str, tuple[Any, dict[str, Any]]] = {
    "role of another account": (
        f"arn:aws:iam::{THERE}:role/app",
        {"Principal": {"AWS": f"arn:aws:iam::{THERE}:role/app"}},
    ),
    "user of another account": (
        f"arn:aws:iam::{THERE}:user/bob",
        {"Principal": {"AWS": f"arn:aws:iam::{THERE}:user/bob"}},
    ),
    "ARN of this account": (ArnPrincipal(ROLE), {"Principal": {"AWS": ROLE}}),
    "this account": (AccountPrincipal(HERE), {"Principal": {"AWS": f"arn:aws:iam::{HERE}:root"}}),
    "another account": (THERE, {"Principal": {"AWS": f"arn:aws:iam::{THERE}:root"}}),
    "service": ("codebuild.amazonaws.com", {"Principal": {"Service": "codebuild.amazonaws.com"}}),
    "organization": ("o-1234567890", {"Principal": {"AWS": "*"}, "Condition": ORGANIZATION}),
    "federated": (
        FederatedPrincipal("cognito-identity.amazonaws.com"),
        {"Principal": {"Federated": "cognito-identity.amazonaws.com"}},
    ),
    "everyone": (AnyPrincipal(public=True), {"Principal": {"AWS": "*"}}),
}


def principal(grantee: dict[str, Any]) -> Any:
    makers: dict[str, Any] = {
        "any": lambda: AnyPrincipal(public=True),
        "role": lambda: Role(grantee["arn"]),
        "user": lambda: User(grantee["arn"]),
        "service": lambda: ServicePrincipal(grantee["service"]),
        "account": lambda: AccountPrincipal(grantee["account"]),
        "organization": lambda: OrganizationPrincipal(grantee["id"]),
    }
    return makers[grantee["type"]]()


def means(found: Any, wanted: list[dict[str, Any]]) -> bool:
    """Whether a document, without our Sids, says what these statements do."""
    kept = [{key: value for key, value in each.items() if key != "Sid"} for each in statements(found or {})]
    return same({"Statement": kept}, {"Statement": wanted})


def identity_side(iam: Client) -> dict[str, Any]:
    """The inline policies of all whom a test may grant to, by kind; there is one each at most."""
    found = {}
    for kind, name in (("user", "bob"), ("role", "app"), ("group", "devs")):
        who = {f"{kind.title()}Name": name}
        for policy in getattr(iam, f"list_{kind}_policies")(**who)["PolicyNames"]:
            assert kind not in found
            found[kind] = getattr(iam, f"get_{kind}_policy")(**who, PolicyName=policy)["PolicyDocument"]
    return found


def populate(cloud: Cloud, name: str) -> None:
    for account in (HERE, THERE):
        iam = cloud.client("iam", account=account)
        iam.create_user(UserName="bob")
        iam.create_role(RoleName="app", AssumeRolePolicyDocument="{}")
    cloud.client("iam").create_group(GroupName="devs")
    cloud.client("ecr", "us-east-1").create_repository(repositoryName=name)


@pytest.mark.parametrize("case", [case for case in GRANTS if case["id"] not in LEFT_OUT], ids=lambda case: case["id"])
def test_grants_are_the_cdks_action_for_action_and_side_for_side(memory_cloud: Cloud, case: dict[str, Any]) -> None:
    given = case["input"]
    name = given.get("from_name") or given["repository"]["repository_name"]
    populate(memory_cloud, name)
    repo = Registry(memory_cloud.session("us-east-1"), retry=AT_ONCE).repository(name)
    for grant in given["grants"]:
        getattr(repo, f"grant_{grant['method']}")(principal(grant["grantee"]))
    here = repository_policy(memory_cloud.client("ecr", "us-east-1"), name)
    assert means(here, (case["expect"]["repository_policy"] or {}).get("Statement", []))
    there, wanted = identity_side(memory_cloud.client("iam")), case["expect"]["identity_policy"]
    assert there.keys() == ({"role"} if wanted else set())
    assert means(there.get("role"), wanted or [])


@pytest.mark.parametrize("kind", IDENTITIES)
def test_a_user_role_or_group_of_the_account_is_granted_in_its_own_policy_alone(memory_cloud: Cloud, kind: str) -> None:
    populate(memory_cloud, "test-repo")
    repo = Registry(memory_cloud.session("us-east-1"), retry=AT_ONCE).repository("test-repo")
    resource = f"arn:aws:ecr:us-east-1:{HERE}:repository/test-repo"
    login = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
    for verb, (takes, allows) in VERBS.items():
        grant = repo.grant if verb == "grant" else getattr(repo, f"grant_{verb}")
        assert grant(IDENTITIES[kind], *takes).notes == ()
        wanted = [{"Effect": "Allow", "Action": allows, "Resource": resource}]
        found = identity_side(memory_cloud.client("iam"))
        assert found.keys() == {kind.partition(" ")[0]}
        (document,) = found.values()
        assert means(document, wanted + [login] * (verb in LOGGED_IN)), verb
        assert repository_policy(memory_cloud.client("ecr", "us-east-1"), "test-repo") is None
        assert repo.revoke(IDENTITIES[kind])
        assert identity_side(memory_cloud.client("iam")) == {}


@pytest.mark.parametrize("kind", NAMED)
def test_everybody_else_is_named_by_the_repository_alone(memory_cloud: Cloud, kind: str) -> None:
    populate(memory_cloud, "test-repo")
    repo = Registry(memory_cloud.session("us-east-1"), retry=AT_ONCE).repository("test-repo")
    who, named = NAMED[kind]
    for verb, (takes, allows) in VERBS.items():
        grant = repo.grant if verb == "grant" else getattr(repo, f"grant_{verb}")
        assert grant(who, *takes)
        found = repository_policy(memory_cloud.client("ecr", "us-east-1"), "test-repo")
        assert means(found, [{"Effect": "Allow", "Action": allows, **named}]), verb
        assert identity_side(memory_cloud.client("iam")) == {}
        assert repo.revoke(who)
        assert repository_policy(memory_cloud.client("ecr", "us-east-1"), "test-repo") is None


@pytest.mark.parametrize("case", BOTH_SIDES, ids=lambda case: case["id"])
def test_a_role_of_another_account_is_granted_on_both_sides_with_a_session_for_it(
    memory_cloud: Cloud, case: dict[str, Any]
) -> None:
    """gr-17 names the account and a tag, since its role is yet to be made; ecrops names the role, as gr-18 does."""
    given, expect = case["input"], case["expect"]
    (grant,), name = given["grants"], given["repository"]["repository_name"]
    account, region = given["env"]["account"], given["env"]["region"]
    role = Role(grant["grantee"].get("arn") or f"arn:aws:iam::{THERE}:role/{grant['grantee']['name']}")
    iam, ecr = memory_cloud.client("iam", account=THERE), memory_cloud.client("ecr", region, account=account)
    iam.create_role(RoleName=role.friendly_name, AssumeRolePolicyDocument="{}")
    ecr.create_repository(repositoryName=name)
    registry = Registry(memory_cloud.session(region, account=account), retry=AT_ONCE)
    registry.repository(name).grant_pull(role, session=memory_cloud.session(region, account=THERE))
    (here,) = expect["repository_policy"]["Statement"]
    named = {"Effect": "Allow", "Action": here["Action"], "Principal": {"AWS": role.name_or_arn}}
    assert means(repository_policy(ecr, name), [named])
    assert case["id"] != "gr-18" or named == here
    (policy,) = iam.list_role_policies(RoleName=role.friendly_name)["PolicyNames"]
    there = iam.get_role_policy(RoleName=role.friendly_name, PolicyName=policy)["PolicyDocument"]
    assert means(there, expect["identity_policy"])


@pytest.mark.parametrize("case", STATEMENTS, ids=lambda case: case["id"])
def test_statements_are_added_as_the_cdk_adds_them(memory_cloud: Cloud, case: dict[str, Any]) -> None:
    elements = {"any": {"AWS": "*"}, "star": "*", "account": {"AWS": THERE}}
    ecr = memory_cloud.client("ecr")
    ecr.create_repository(repositoryName="test-repo")
    repo = registry_of(memory_cloud).repository("test-repo")
    for each in case["input"]["add_to_resource_policy"]:
        statement = {"Effect": each.get("effect", "Allow"), "Action": each["actions"]}
        for who in each.get("principals", []):
            statement["Principal"] = elements[who["type"]]
        if "error" in case["expect"]:
            with pytest.raises(SpecError, match="it has no Principal"):
                repo.add_to_resource_policy(statement)
            return
        assert repo.add_to_resource_policy(statement)
    assert means(repository_policy(ecr, "test-repo"), case["expect"]["repository_policy"]["Statement"])


@pytest.mark.parametrize("case", [case for case in cases("cdk") if case["category"] == "auth-token"])
def test_tokens_are_granted_as_the_cdk_grants_them(memory_cloud: Cloud, case: dict[str, Any]) -> None:
    populate(memory_cloud, "test-repo")
    registry = registry_of(memory_cloud)
    for key in ("authorization_token", "public_gallery_authorization_token"):
        if grantee := case["input"].get(f"{key}_grant_read"):
            assert getattr(registry, key).grant_read(principal(grantee))
            assert not getattr(registry, key).grant_read(principal(grantee))
    found = identity_side(memory_cloud.client("iam"))
    assert found.keys() == {"user"}
    assert means(found["user"], case["expect"]["identity_policy"])
