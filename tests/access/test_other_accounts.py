"""From other accounts, organizations and services: what the policy of a repository lets them do.

ministack's API does not take a call from one account to another. So ecrops writes the policies through that API, on
both sides where it has a session for the other account, and ministack's evaluator, which knows that both sides must
allow, is given what was written, every action and further resources.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from ecrops import Plan, Registry, Role, User
from ecrops.repository import Repository

from .asking import GRANTED as NAME
from .asking import OTHER, Evaluator, documents, forget, policies
from .ministack import REGION, client, needs_ministack, session
from .world import GRANTED, LOG_IN

pytestmark = needs_ministack
THERE, THIRD, ORGANIZATION = "111122223333", "999988887777", "o-1234567890"
USER, ROLE = f"arn:aws:iam::{THERE}:user/ci", f"arn:aws:iam::{THERE}:role/team/nodes"
AS_ROLE = f"arn:aws:sts::{THERE}:assumed-role/nodes/test"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
# Who is named; who that lets call; and who is as near to it as can be, and is not it.
NAMED = {
    "account": (THERE, USER, USER.replace(THERE, THIRD)),
    "user": (USER, USER, USER.replace("/ci", "/cd")),
    "role": (ROLE, AS_ROLE, AS_ROLE.replace("/nodes/", "/other/")),
}
FUNCTION = f"arn:aws:lambda:{REGION}:{{account}}:function:{{name}}"


@pytest.fixture(scope="module")
def repo(ministack_registry: Registry) -> Repository:
    for name in (NAME, OTHER):
        ministack_registry.repository(name).ensure()
    iam = client("iam", THERE)
    iam.create_user(UserName="ci")
    iam.create_role(RoleName="nodes", Path="/team/", AssumeRolePolicyDocument="{}")
    return ministack_registry.repository(NAME)


@pytest.fixture(scope="module")
def other() -> boto3.Session:
    return session(THERE)


@pytest.fixture(autouse=True)
def afresh(repo: Repository) -> Iterator[None]:
    yield
    forget(THERE)
    forget()


def noted(plan: Plan) -> Any:
    """The document that a note says the other account must have."""
    (note,) = (each for each in plan.notes if "{" in each)  # another one may say what nothing here can allow
    return json.loads(note[note.index("{") :])


def here(verb: str) -> set[str]:
    """What the policy of a repository can allow of it: a repository that is not there has none."""
    return GRANTED[verb][0] - {"ecr:CreateRepository"}


def both(verb: str) -> dict[str, set[str]]:
    """What who has the grant on both sides can do; the token is of the caller's own account."""
    return {NAME: here(verb), **({"*": LOG_IN} if GRANTED[verb][1] else {})}


@pytest.mark.parametrize("verb", GRANTED)
@pytest.mark.parametrize("kind", NAMED)
def test_from_another_account_both_sides_must_allow(
    repo: Repository, evaluator: Evaluator, kind: str, verb: str
) -> None:
    named, caller, stranger = NAMED[kind]
    there = noted(getattr(repo, f"grant_{verb}")(named))
    written = policies()
    assert written.keys() == {NAME}
    assert evaluator.allowed(caller, [there], written) == both(verb)
    assert evaluator.allowed(caller, [EVERYTHING], written)[NAME] == here(verb)
    assert evaluator.allowed(caller, [], written) == {}
    for allowed in (
        evaluator.allowed(caller, [there], {}),
        evaluator.allowed(stranger, [EVERYTHING], written),
        evaluator.allowed(caller, [EVERYTHING], {OTHER: "{}"}),
    ):
        assert allowed.keys() <= {"*"}
    assert repo.revoke(named)
    assert policies() == {}


@pytest.mark.parametrize("verb", GRANTED)
@pytest.mark.parametrize("kind, who, caller", [("user", User(USER), USER), ("role", Role(ROLE), AS_ROLE)])
def test_with_a_session_for_the_other_account_both_sides_are_written_and_taken_away(
    repo: Repository, other: boto3.Session, evaluator: Evaluator, kind: str, who: Any, caller: str, verb: str
) -> None:
    assert getattr(repo, f"grant_{verb}")(who, session=other).notes == ()
    there = documents(kind, who.friendly_name, THERE)
    assert evaluator.allowed(caller, there, policies()) == both(verb)
    assert evaluator.allowed(caller, [], policies()) == {}
    assert evaluator.allowed(caller, there, {}).keys() <= {"*"}
    assert repo.revoke(who, session=other)
    assert (documents(kind, who.friendly_name, THERE), policies()) == ([], {})


@pytest.mark.parametrize("verb", GRANTED)
def test_an_organization_is_the_accounts_in_it(repo: Repository, evaluator: Evaluator, verb: str) -> None:
    there = noted(getattr(repo, f"grant_{verb}")(ORGANIZATION))
    written = policies()
    assert evaluator.allowed(USER, [there], written, aws_PrincipalOrgID=ORGANIZATION) == both(verb)
    assert evaluator.allowed(AS_ROLE, [EVERYTHING], written, aws_PrincipalOrgID=ORGANIZATION)[NAME] == here(verb)
    assert evaluator.allowed(USER, [], written, aws_PrincipalOrgID=ORGANIZATION) == {}
    assert evaluator.allowed(USER, [EVERYTHING], written, aws_PrincipalOrgID="o-0987654321").keys() == {"*"}
    assert evaluator.allowed(USER, [EVERYTHING], written).keys() == {"*"}, "who is in no organization"
    assert repo.revoke(ORGANIZATION)
    assert policies() == {}


@pytest.mark.parametrize("verb", GRANTED)
def test_a_service_is_that_service_alone(repo: Repository, evaluator: Evaluator, verb: str) -> None:
    named = "codebuild.amazonaws.com"
    assert getattr(repo, f"grant_{verb}")(named)
    assert evaluator.allowed(named, [], policies(), service=True) == {NAME: here(verb)}
    assert evaluator.allowed("lambda.amazonaws.com", [], policies(), service=True) == {}
    assert evaluator.allowed(USER, [EVERYTHING], policies()).keys() == {"*"}
    assert repo.revoke(named)
    assert policies() == {}


@pytest.mark.parametrize("account", [None, THERE])
def test_lambda_pulls_for_the_functions_of_the_account_and_no_others(
    repo: Repository, evaluator: Evaluator, account: str | None
) -> None:
    repo.grant_lambda(account)
    pull, written = {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}, policies()

    def of(source: str, service: str = "lambda.amazonaws.com") -> dict[str, set[str]]:
        return evaluator.allowed(service, [], written, service=True, aws_SourceArn=source)

    own = FUNCTION.format(account=account or repo.registry.account_id, name="web")
    assert of(own) == {NAME: pull}
    assert of(FUNCTION.format(account=THIRD, name="web")) == {}
    assert of(own.replace(REGION, "us-east-1")) == {}
    assert of(own, "codebuild.amazonaws.com") == {}
    assert evaluator.allowed("lambda.amazonaws.com", [], written, service=True) == {}, "from no function"
    caller = evaluator.allowed(USER, [EVERYTHING], written)
    assert caller.get(NAME) == (pull if account else None), "who makes the functions pulls too"
    assert evaluator.allowed(USER.replace(THERE, THIRD), [EVERYTHING], written).keys() == {"*"}
    repo.set_resource_policy({})
    assert policies() == {}


def test_lambda_pulls_for_the_functions_that_a_pattern_names(repo: Repository, evaluator: Evaluator) -> None:
    account = repo.registry.account_id
    repo.grant_lambda(function_arn_pattern=FUNCTION.format(account=account, name="web-*"))
    for name, can in (("web-1", True), ("api-1", False)):
        source = FUNCTION.format(account=account, name=name)
        found = evaluator.allowed("lambda.amazonaws.com", [], policies(), service=True, aws_SourceArn=source)
        assert found.keys() == ({NAME} if can else set())
    repo.set_resource_policy({})
