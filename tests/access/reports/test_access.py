"""Who can use this repository: one row for each principal, by all policies together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import AnyPrincipal, ArnPrincipal, Group, Registry, Repository, Role, SpecError, User
from ecrops.access import Access, PrincipalAccess
from ecrops.access.answers.words import UNSEEN
from ecrops.testing import Cloud
from ecrops.testing.emulator.ecr import backend
from support import registry_of

from ..callers import HERE, THIRD
from ..world import FOREIGN, OTHER, OTHER_ROLE, populate, put_policy

GET, LAYER, PUT = "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:PutImage"
ALLOW = {"Effect": "Allow", "Principal": {"AWS": OTHER}}
DENY = {"Sid": "no", "Effect": "Deny", "Principal": "*"}
OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
NODES = f"arn:aws:iam::{HERE}:role/team/nodes"


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """A user, a role and a group, in process only: what goes over the wire is the same as in the tests of grants."""
    populate(memory_cloud, "ab", "team/a", "team/b")
    return memory_cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    return registry_of(cloud)


@pytest.fixture
def repo(registry: Registry) -> Repository:
    return registry.repository("ab")


def put_inline(cloud: Cloud, kind: str, name: str, *statements: dict[str, Any], policy: str = "own") -> None:
    """Somebody else writes an inline policy."""
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    put = getattr(cloud.client("iam"), f"put_{kind}_policy")
    put(**{f"{kind.title()}Name": name}, PolicyName=policy, PolicyDocument=document)


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def row_of(access: Access, who: str) -> PrincipalAccess:
    (row,) = [row for row in (*access.rows, *access.denied) if row.who == who]
    return row


def verbs_of(access: Access, who: str) -> dict[str, str]:
    """What a row says of each verb, but for those that it says no of."""
    return {name: str(verb) for name, verb in row_of(access, who).verbs.items() if str(verb) != "no"}


def test_a_row_says_what_a_principal_can_do_by_all_policies_and_where_it_says_so(
    cloud: Cloud, registry: Registry
) -> None:
    put_policy(cloud, "team/a", FOREIGN, {**DENY, "Action": PUT})
    repo = registry.repository("team/a")
    repo.grant_pull(OTHER_ROLE)
    repo.grant_read("o-1234567890")
    repo.grant_pull_push(Role("nodes"))
    repo.grant_pull(Group("devs"), attach="managed")
    registry.repository("team/b").grant_pull(User("ci"), on="team/*")
    registry.repository("team/b").grant_push(User("ci"))
    access = repo.access()
    denied = "; denied by repository policy, statement no"
    managed = "group devs: managed policy ecrops-group-devs-617db252"
    mine = "inline policy ecrops, statements"
    read = access.entries[3].where.rpartition(" ")[2]
    unread = f"the policies of role nodes of {OTHER}, which were not read, aws:PrincipalOrgID"
    anybody = "the policies of whoever calls"
    assert {row.who: row.cells()[1:] for row in access} == {
        "user ci": ("no", "yes", "denied", "no", "no", "", "", f"{mine} EcropsPull, EcropsLogin{denied}"),
        "group devs": (
            "no",
            "yes",
            "denied",
            "no",
            "no",
            "",
            "",
            f"{managed}, statements EcropsPull, EcropsLogin{denied}",
        ),
        "role nodes": ("no", "yes", "denied", "no", "no", "", "", f"{mine} EcropsPullAndPush, EcropsLogin{denied}"),
        "lambda.amazonaws.com": (
            *("no", "yes", "denied", "no", "no", "", ""),
            f"repository policy, statement {FOREIGN['Sid']}{denied}",
        ),
        f"role team/nodes of {OTHER}": (
            *("depends", "depends", "denied", "no", "no", "", unread),
            f"repository policy, statements {read}, EcropsPull{denied}",
        ),
        "organization o-1234567890": (
            *("depends", "no", "denied", "no", "no", "", anybody),
            f"repository policy, statement {read}{denied}",
        ),
    }
    assert [row.denied for row in access.denied] == ["everyone may not push: repository policy, statement no"]
    assert access.who_can("push") == ()
    assert access.who_can("ecr:UploadLayerPart") == ("role nodes",)
    assert access.who_can("pull", certain=True) == ("user ci", "group devs", "role nodes", "lambda.amazonaws.com")
    assert access.who_can("pull") == (*access.who_can("pull", certain=True), f"role team/nodes of {OTHER}")


def test_policies_of_others_are_in_it(cloud: Cloud, repo: Repository) -> None:
    """W6: identity policies that ecrops did not write, of users, groups and roles, inline and managed."""
    put_inline(cloud, "role", "nodes", allow("ecr:*"))
    put_inline(cloud, "group", "devs", allow(GET, LAYER), allow("ecr:GetAuthorizationToken"))
    iam: Any = cloud.client("iam")
    iam.add_user_to_group(UserName="ci", GroupName="devs")
    cloud.emulator.make_principals(role="admin")
    iam.attach_role_policy(RoleName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    access = repo.access()
    everything = dict.fromkeys(("read", "pull", "push", "delete_images", "change_policies"), "yes")
    assert verbs_of(access, "role nodes") == verbs_of(access, "role admin") == everything
    assert row_of(access, "role admin").cells()[-1] == "AWS managed policy AdministratorAccess, statement 1"
    assert verbs_of(access, "user ci") == verbs_of(access, "group devs") == {"pull": "yes"}
    assert row_of(access, "user ci").verbs["pull"].because == tuple(
        f"group devs: inline policy own, statement {number}" for number in (1, 2)
    )
    assert ("role admin", "read, pull, push, everything else") in [entry.cells()[:2] for entry in access.entries]


def test_a_boundary_limits_and_a_denial_in_iam_counts(cloud: Cloud, repo: Repository) -> None:
    iam: Any = cloud.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("ecr:Describe*", "ecr:GetAuthorizationToken")]})
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="nodes", PermissionsBoundary=arn)
    put_inline(cloud, "role", "nodes", allow("ecr:*"))
    put_inline(cloud, "user", "ci", allow("ecr:*"), {**allow("ecr:Batch*"), "Effect": "Deny", "Sid": "never"})
    access = repo.access()
    assert verbs_of(access, "role nodes") == {"read": "yes"}
    assert verbs_of(access, "user ci") == {
        "read": "yes",
        "pull": "denied",
        "push": "denied",
        "delete_images": "denied",
        "change_policies": "yes",
    }
    assert access.who_cannot("pull") == ("user ci",)


def test_a_pull_without_the_token_is_none(cloud: Cloud, repo: Repository) -> None:
    put_inline(cloud, "user", "ci", allow(GET, LAYER, "ecr:DescribeImages"))
    access = repo.access()
    assert verbs_of(access, "user ci") == {"pull": "no token"}
    assert access.who_can("pull") == ()
    assert access.who_can(GET) == ("user ci",)
    assert not row_of(access, "user ci").to_dict()["token"]


def test_a_condition_that_nobody_can_judge_makes_it_depend(cloud: Cloud, repo: Repository) -> None:
    put_inline(cloud, "user", "ci", allow("ecr:*", Condition=OFFICE))
    access = repo.access()
    assert verbs_of(access, "user ci")["pull"] == "depends"
    assert row_of(access, "user ci").verbs["pull"].depends_on == ("aws:SourceIp",)
    assert (access.who_can("pull"), access.who_can("pull", certain=True)) == (("user ci",), ())


@pytest.mark.parametrize(
    "statements, can",
    [
        ([{"NotAction": PUT}], True),
        ([{"NotAction": ["ecr:DeleteRepository", "ecr:Batch*"]}], False),
        ([{"Action": [GET, LAYER]}], True),
        ([{"Action": GET}], False),
        ([{"Action": GET}, {"Action": LAYER}], True),
        ([{"Action": GET}, {"Action": LAYER, "Condition": OFFICE}], True),
        ([{"Action": GET, "Condition": OFFICE}, {"Action": LAYER, "Condition": {"Bool": {"x": "true"}}}], True),
        ([{"Action": GET}, {"Action": LAYER, "Principal": {"AWS": THIRD}}], False),
        ([{"Action": GET}, {"Action": LAYER, "Effect": "Deny"}], False),
    ],
)
def test_who_can_pull_is_judged_by_all_that_somebody_is_allowed(
    cloud: Cloud, repo: Repository, statements: list[dict[str, Any]], can: bool
) -> None:
    """Two conditions on other things may both be met: that depends, and is not left out."""
    put_policy(cloud, "ab", *[{**ALLOW, **each} for each in statements])
    access = repo.access()
    assert access.who_can("pull") == ((f"account {OTHER}",) if can else ())
    assert access.who_can("pull", certain=True) == ()


def test_lambda_and_the_account_of_its_functions_can_pull(repo: Repository) -> None:
    repo.grant_lambda(OTHER)
    assert set(repo.access().who_can("pull")) == {f"account {OTHER}", "lambda.amazonaws.com"}


def test_who_is_forbidden_a_part_of_it_is_told(cloud: Cloud, repo: Repository) -> None:
    put_policy(cloud, "ab", {**DENY, "Action": GET, "Condition": OFFICE}, {**ALLOW, "NotAction": PUT})
    access = repo.access()
    assert (access.who_can("pull"), access.who_cannot("pull")) == ((f"account {OTHER}",), ("everyone",))
    assert (access.who_can("push"), access.who_cannot("push")) == ((), ())
    assert access.who_can("ecr:ListImages") == access.who_can("ListImages") == (f"account {OTHER}",)
    for wrong in ("pul", "sts:AssumeRole", None):
        with pytest.raises(SpecError, match=r"ECR has no action|an action of ECR|expected read, pull, push, "):
            access.who_can(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong, hint", [("pulll", "; did you mean 'pull'?"), ("nothing", ""), ("", ""), (None, ""), (["pull"], "")]
)
def test_a_word_that_is_no_verb_is_refused_with_the_verbs(repo: Repository, wrong: Any, hint: str) -> None:
    access = repo.access()
    for ask in (access.who_can, access.who_cannot):
        with pytest.raises(SpecError) as caught:
            ask(wrong)
        assert str(caught.value).startswith("expected read, pull, push, pull_push, pull_through_cache, ")
        assert str(caught.value).endswith(f" or an action such as 'ecr:ListImages', got {wrong!r}{hint}")


def test_a_wildcard_is_asked_for_as_all_that_it_means(repo: Repository) -> None:
    repo.grant(OTHER, "ecr:*")
    repo.grant(THIRD, "ecr:Batch*")
    repo.grant(THIRD, "ecr:ListImages")
    put = {"Sid": "no", "Effect": "Deny", "Principal": {"Service": "x.amazonaws.com"}, "Action": "ecr:Put*"}
    repo.add_to_resource_policy(put)
    access = repo.access()
    everything, batches = f"account {OTHER}", f"account {THIRD}"
    for asked in ("ecr:*", "*", "ECR:*"):
        assert (access.who_can(asked), access.who_cannot(asked)) == ((everything,), ("x.amazonaws.com",))
    assert set(access.who_can("ecr:Batch*")) == {everything, batches}
    assert access.who_can("ecr:batchget*") == access.who_can("BatchGet*")
    assert access.who_can("ecr:*Image") == (everything,)
    assert access.who_cannot("ecr:Batch*") == ()
    assert [row.who for row in access.denied] == ["x.amazonaws.com"]
    for wrong in ("ecr:Xyz*", "ecr:GetAuth*"):
        with pytest.raises(SpecError):
            access.who_can(wrong)


def test_one_principal_has_one_row_whichever_policy_names_it(cloud: Cloud, repo: Repository) -> None:
    repo.grant(ArnPrincipal(NODES), GET)
    repo.grant(Role("nodes"), LAYER)
    access = repo.access()
    assert [row.who for row in access] == ["role nodes"]
    assert {entry.who for entry in access.entries} == {"role nodes"}
    assert verbs_of(access, "role nodes") == {"pull": "no token"}


def test_the_own_account_delegates_and_is_nobody(cloud: Cloud, repo: Repository) -> None:
    """What the account is allowed in the repository policy, its identity policies have to allow too."""
    put_policy(cloud, "ab", {**ALLOW, "Principal": {"AWS": f"arn:aws:iam::{HERE}:root"}, "Action": "ecr:*"})
    access = repo.access()
    assert not access
    assert [entry.who for entry in access.entries] == [f"account {HERE}"]


def test_a_deleted_principal_is_apart(cloud: Cloud, repo: Repository) -> None:
    repo.grant_pull(OTHER_ROLE)
    cloud.client("iam", account=OTHER).delete_role(RoleName="nodes")
    access = repo.access()
    (deleted,) = access.deleted
    assert deleted.startswith("a deleted role (AROA")
    assert (access.rows, access.denied) == ((), ())
    assert f"deleted: {deleted}" in str(access)
    assert [entry.who for entry in access.entries] == [deleted]


def test_who_can_do_nothing_because_of_a_denial_is_apart(cloud: Cloud, repo: Repository) -> None:
    put_inline(cloud, "user", "ci", allow(GET, LAYER))
    put_policy(
        cloud,
        "ab",
        {**DENY, "Principal": {"AWS": NODES}, "Action": PUT},
        {**DENY, "Sid": "nor", "Action": "ecr:Batch*"},
        {**DENY, "Sid": "", "Action": LAYER},
    )
    access = repo.access()
    assert not access
    assert [row.denied for row in access.denied] == [
        "user ci may not pull, push, delete images: repository policy, statements nor, 3",
        "role nodes may not pull, push, delete images: repository policy, statements nor, 3, no",
        "everyone may not pull, push, delete images: repository policy, statements nor, 3",
    ]
    assert "denied: user ci may not pull" in str(access)


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_registry_policy_is_a_part_of_it(cloud: Cloud, repo: Repository, effect: str) -> None:
    """Its denial denies. Whether its allowance is enough, no document says."""
    put_inline(cloud, "role", "nodes", allow("ecr:BatchDeleteImage", "ecr:ListImages"))
    statement = {"Sid": "all", "Effect": effect, "Principal": "*", "Action": "ecr:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("ecr").put_registry_policy(policyText=document)
    row = row_of(repo.access(), "role nodes")
    assert (row.allowed("delete_images"), row.allowed("change_policies")) == (
        (True, None) if effect == "Allow" else (False, False)
    )
    assert row.denied_by == (() if effect == "Allow" else ("registry policy, statement all",))


def test_without_the_permission_of_iam_the_half_of_the_repository_is_shown(cloud: Cloud, repo: Repository) -> None:
    put_inline(cloud, "user", "ci", allow("ecr:*"))
    put_policy(cloud, "ab", {**ALLOW, "Principal": {"AWS": [NODES, OTHER]}, "Action": [GET, LAYER]})
    cloud.faults.on("denied", operation="GetAccountAuthorizationDetails", times=None)
    access = repo.access()
    assert {row.who for row in access} == {"role nodes", f"account {OTHER}"}
    assert verbs_of(access, "role nodes") == {
        **dict.fromkeys(("read", "push", "delete_images", "change_policies"), "unknown"),
        "pull": "depends",
    }
    assert row_of(access, "role nodes").cells()[-1].startswith("repository policy, statement")
    *_, missing, last = str(access).split("\n")
    assert missing.startswith("not read: ")
    assert "iam:GetAccountAuthorizationDetails" in missing
    assert last == UNSEEN


def test_a_policy_that_cannot_be_parsed_makes_everything_depend(cloud: Cloud, repo: Repository) -> None:
    from ecrops.testing.emulator.ecr import backend

    put_inline(cloud, "user", "ci", allow("ecr:*"))
    backend(HERE, "eu-west-1").repositories["ab"].policy = '{"Statement": [{"Effect": "Perhaps"}]}'
    access = repo.access()
    assert verbs_of(access, "user ci")["push"] == "depends"
    assert verbs_of(access, "role nodes")["read"] == "unknown"
    assert "cannot be read" in row_of(access, "user ci").verbs["push"].depends_on[0]


def test_nobody_is_told_and_a_missing_repository_is_an_error(registry: Registry, repo: Repository) -> None:
    access = repo.access()
    assert not access
    assert str(access) == f"ab: no policy allows anybody anything\n{UNSEEN}"
    assert "<div><b>ab: no policy allows anybody anything</b></div>" in access._repr_html_()
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        registry.repository("none").access()


def test_a_terminal_shows_columns_and_leaves_out_those_without_a_cell(repo: Repository) -> None:
    repo.grant_pull(User("ci"))
    head, row, last = str(repo.access()).split("\n")
    where = "inline policy ecrops, statements EcropsPull, EcropsLogin"
    assert head == "who      read  pull  push  delete images  change policies  where it says so"
    assert row == f"user ci  no    yes   no    no             no               {where}"
    assert last == UNSEEN


def test_what_somebody_can_do_beside_the_verbs_is_told(cloud: Cloud, repo: Repository) -> None:
    put_inline(cloud, "user", "ci", allow("ecr:ListImages", "ecr:TagResource", "ecr:UntagResource"))
    assert row_of(repo.access(), "user ci").cells()[6] == "ListImages, TagResource and 1 more"


def test_a_notebook_shows_a_table_in_which_everything_is_escaped(cloud: Cloud, repo: Repository) -> None:
    put_policy(cloud, "ab", {"Sid": "<i>", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchDeleteImage"})
    html = repo.access()._repr_html_()
    assert "&lt;i&gt;" in html
    assert "<i>" not in html


def test_it_is_one_listing_of_iam_and_one_policy(cloud: Cloud, repo: Repository) -> None:
    repo.access()
    assert sorted({*cloud.calls.operations()} - {"GetCallerIdentity"}) == [
        "GetAccountAuthorizationDetails",
        "GetRegistryPolicy",
        "GetRepositoryPolicy",
    ]


def test_it_is_json(cloud: Cloud, repo: Repository) -> None:
    repo.grant_pull(User("ci"))
    data = json.loads(json.dumps(repo.access().to_dict()))
    assert [(row["who"], row["verbs"]["pull"]["allowed"]) for row in data["principals"]] == [("user ci", True)]
    assert [entry["who"] for entry in data["entries"]] == ["user ci"]
    assert data["not_seen"] == UNSEEN


# Statement by statement


def test_everybody_whom_a_statement_is_about_has_an_entry(cloud: Cloud, registry: Registry) -> None:
    put_policy(cloud, "team/a", FOREIGN, {**DENY, "Action": PUT})
    repo = registry.repository("team/a")
    repo.grant_pull(OTHER_ROLE)
    repo.grant(User("ci"), "ecr:Batch*")
    registry.repository("team/b").grant_pull(User("ci"), on="team/*")
    registry.repository("team/b").grant_push(User("ci"))
    repo.grant_pull_push(Role("nodes"))
    put_inline(cloud, "group", "devs", allow("s3:*"), allow("ecr:*", resource="arn:aws:ecr:*:*:repository/other"))
    entries = repo.access().entries
    assert [entry.cells() for entry in entries] == [
        ("lambda.amazonaws.com", "pull", f"repository policy, statement {FOREIGN['Sid']}", ""),
        ("everyone", "not PutImage", "repository policy, statement no", ""),
        (f"role team/nodes of {OTHER}", "pull", "repository policy, statement EcropsPull", ""),
        ("user ci", "Batch*", entries[3].where, ""),
        ("user ci", "pull", "inline policy ecrops, statement EcropsPull", ""),
        ("role nodes", "pull, push", "inline policy ecrops, statement EcropsPullAndPush", ""),
    ]
    assert str(entries[-1]) == "role nodes | pull, push | inline policy ecrops, statement EcropsPullAndPush"
    assert entries[-1].taken_off == {PUT}


@pytest.mark.parametrize(
    "patterns, can",
    [
        (["ecr:*"], "read, pull, push, everything else"),
        (["*"], "read, pull, push, everything else"),
        ([GET, LAYER], "pull"),
        (["ecr:Batch*", LAYER], "pull, Batch*"),
        (["ecr:DescribeRepositories", "ecr:Describe*"], "read, Describe*"),
        (["ecr:ListImages", "ecr:List*", "ecr:OfTomorrow"], "ListImages, List*, OfTomorrow"),
    ],
)
def test_what_is_allowed_beyond_the_verbs_is_in_an_entry(repo: Repository, patterns: list[str], can: str) -> None:
    from ecrops.testing.emulator.ecr import backend

    statement = {**ALLOW, "Action": patterns}
    backend(HERE, "eu-west-1").repositories["ab"].policy = json.dumps({"Statement": [statement]})
    (entry,) = repo.access().entries
    assert entry.cells()[1] == can


def test_a_condition_is_in_an_entry(repo: Repository) -> None:
    repo.grant_pull(AnyPrincipal(conditions={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    (entry,) = repo.access().entries
    assert entry.who == "everyone"
    assert "10.0.0.0/8" in entry.condition


def test_a_plan_says_everyone_in_words(cloud: Cloud) -> None:
    plan = registry_of(cloud, dry_run=True).repository("ab").grant_pull(AnyPrincipal(public=True))
    assert "+ ab policy: everyone may pull" in str(plan)
    plan = registry_of(cloud, dry_run=True).repository("ab").grant_pull("o-1234567890")
    assert "organization o-1234567890 may pull" in str(plan)


@pytest.mark.parametrize("name", ["bob", "nodes", "b.o-b"])
def test_a_federated_user_is_not_deleted_though_nobody_lists_it(cloud: Cloud, repo: Repository, name: str) -> None:
    arn = f"arn:aws:sts::{HERE}:federated-user/{name}"
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": [GET, LAYER]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    backend(HERE, "eu-west-1").repositories["ab"].policy = document
    access = repo.access()
    assert access.deleted == ()
    pull = row_of(access, f"federated user {name} of {HERE}").verbs["pull"]
    assert pull.depends_on == ("the policies of the user that called GetFederationToken, which were not read",)
