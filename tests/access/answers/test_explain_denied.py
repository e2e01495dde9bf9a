"""Messages that deny access, as they are pasted: who, what, which reason AWS named, and what all policies say of it.

The messages are those that people have reported, with the account, the region, the role and the repository of the test.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from ecrops import Role, SpecError
from ecrops.repository import Repository
from ecrops.testing import Cloud
from tests.access.world import OTHER

from .support import ARN, GET, HERE, LAYER, LOGIN, NAME, NODES_THERE, OFFICE, PULL, TOKEN, asked, give, let

SESSION = f"arn:aws:sts::{HERE}:assumed-role/nodes/i-0abc"
WHO = "session i-0abc of role nodes"
HOST = f"{HERE}.dkr.ecr.eu-west-1.amazonaws.com"
MESSAGE = f"User: {SESSION} is not authorized to perform: {GET} on resource: {ARN}"
NOBODY_ALLOWS = f"{MESSAGE} because no identity-based policy allows the {GET} action"
DOCKER = (
    f"Error response from daemon: pull access denied for {HOST}/{NAME}, repository does not exist or may require "
    "'docker login': denied: "
)


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    return memory_cloud


@pytest.fixture
def repo(cloud: Cloud) -> Repository:
    return asked(cloud)


def quoted(text: str, levels: int) -> str:
    """A text in JSON in JSON, as logs have it."""
    for _ in range(levels):
        text = json.dumps(text)
    return text


@pytest.mark.parametrize(
    "text",
    [
        NOBODY_ALLOWS,
        f"{DOCKER}{NOBODY_ALLOWS}",
        f"CannotPullContainerError: {DOCKER}{NOBODY_ALLOWS}.",
        f"denied: {NOBODY_ALLOWS}\nError: Process completed with exit code 1.",
        f"error from registry: {NOBODY_ALLOWS}",
        f"{'İ' * 30} {NOBODY_ALLOWS}",
        f"An error occurred (AccessDeniedException) when calling the BatchGetImage operation: {NOBODY_ALLOWS}",
        NOBODY_ALLOWS.replace(" ", "\n    "),
        NOBODY_ALLOWS.replace("User: ", "").upper().replace(SESSION.upper(), SESSION).replace(ARN.upper(), ARN),
        f"\x1b[31m{NOBODY_ALLOWS.replace(' is not', chr(27) + '[0m is not')}\x1b[0m",
        quoted(f'{{"errors":[{{"code":"DENIED","message":"{NOBODY_ALLOWS}"}}]}}\n http.Header', 2),
        f'{{"errorCode": "AccessDenied", "errorMessage": "{NOBODY_ALLOWS}", "requestParameters": null}}',
        NOBODY_ALLOWS.replace(f"resource: {ARN}", f'resource: "{ARN}"'),
        f'Failed to pull image "{HOST}/{NAME}:1": rpc error: code = Unknown desc = {DOCKER}{NOBODY_ALLOWS}',
        f"{NOBODY_ALLOWS} (Service: AmazonECR; Status Code: 400; Error Code: AccessDeniedException)",
    ],
)
def test_a_message_is_found_in_whatever_is_around_it(repo: Repository, text: str) -> None:
    answer = repo.explain_denied(text)
    assert (answer.allowed, answer.principal, answer.what.lower()) == (False, WHO, GET.lower())
    assert answer.because[0].lower() == f"aws named as the reason that no identity policy allows {GET}".lower()
    assert [lack.statement["Action"] for lack in answer.missing] == [GET]


@pytest.mark.parametrize(
    "reason, note",
    [
        ("", "AWS named no policy as the reason"),
        (f" because no resource-based policy allows the {GET} action", f"reason that no resource policy allows {GET}"),
        (f" because no permissions boundary allows the {GET} action", f"that no permissions boundary allows {GET}"),
        (" with an explicit deny", "AWS named as the reason an explicit deny"),
        (" with an explicit deny in an identity-based policy", "an explicit deny in an identity policy"),
        (" with an explicit deny in a resource-based policy", "an explicit deny in a resource policy"),
        (
            f" with an explicit deny in an identity-based policy: arn:aws:iam::{HERE}:policy/limit.",
            f"an explicit deny in an identity policy, arn:aws:iam::{HERE}:policy/limit",
        ),
    ],
)
def test_the_reason_that_aws_named_is_told(repo: Repository, reason: str, note: str) -> None:
    assert repo.explain_denied(MESSAGE + reason).because[0].endswith(note)


@pytest.mark.parametrize(
    "reason, policy",
    [
        (" with an explicit deny in a service control policy", "service control policy"),
        (f" because no service control policy allows the {GET} action", "service control policy"),
        (" with an explicit deny in a resource control policy", "resource control policy"),
        (f" because no session policy allows the {GET} action", "session policy"),
        (" with an explicit deny in a VPC endpoint policy <--", "VPC endpoint policy"),
    ],
)
def test_what_nobody_can_see_is_named_and_the_answer_depends_on_it(
    cloud: Cloud, repo: Repository, reason: str, policy: str
) -> None:
    assert repo.explain_denied(MESSAGE + reason).allowed is False
    give(cloud, "role", "nodes", PULL, TOKEN)
    answer = repo.explain_denied(MESSAGE + reason)
    assert answer.allowed is None
    assert answer.depends_on == (f"a {policy} that AWS named",)
    assert answer.notes[0] == f"a {policy} cannot be seen from here: whoever manages it has to look at it"


def test_what_is_allowed_now_was_changed_since(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", PULL, TOKEN)
    answer = repo.explain_denied(NOBODY_ALLOWS)
    assert answer.allowed is True
    assert answer.notes[0].startswith("by the policies as they are now it is allowed: one was changed since")


def test_the_answer_is_that_of_can(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", {**PULL, "Condition": OFFICE})
    let(cloud, {"Sid": "Closed", "Effect": "Deny", "Principal": "*", "Action": LAYER})
    for action in (GET, LAYER):
        answer = repo.explain_denied(MESSAGE.replace(GET, action))
        same = repo.can(SESSION, action)
        assert replace(answer, because=answer.because[1:], notes=answer.notes[1:]) == same
    assert f"repo.can('{SESSION}', 'pull') is about all that a pull needs" in str(answer)


def test_the_token_is_about_every_repository(repo: Repository) -> None:
    text = (
        "An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: User: "
        f"arn:aws:sts::{HERE}:assumed-role/nodes is not authorized to perform: {LOGIN} on resource: * because no "
        f"identity-based policy allows the {LOGIN} action\nError: Cannot perform an interactive login"
    )
    answer = repo.explain_denied(text)
    assert (answer.allowed, answer.principal, answer.what) == (False, "role nodes", LOGIN)
    assert [lack.statement for lack in answer.missing] == [TOKEN]


@pytest.mark.parametrize(
    "text",
    [
        'Resource handler returned message: "Lambda does not have permission to access the ECR image. Check the ECR '
        'permissions. (Service: Lambda, Status Code: 403)"',
        "The function does not have permission to access the specified image.",
    ],
)
def test_what_lambda_says_is_about_lambda(repo: Repository, text: str) -> None:
    answer = repo.explain_denied(text)
    assert (answer.allowed, answer.principal, answer.what) == (False, "lambda.amazonaws.com", "pull")
    assert answer == repo.can("lambda.amazonaws.com", "pull")


def test_of_another_account_this_side_is_answered(cloud: Cloud, repo: Repository) -> None:
    message = MESSAGE.replace(f"sts::{HERE}", f"sts::{OTHER}") + f" because no resource-based policy allows the {GET}"
    answer = repo.explain_denied(message)
    assert (answer.allowed, answer.principal) == (False, f"session i-0abc of role nodes of {OTHER}")
    assert any("does not tell the path of role nodes" in note for note in answer.notes)
    statement = answer.missing[0].statement
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{OTHER}:role/nodes"}
    let(cloud, {**statement, "Principal": {"AWS": NODES_THERE}})
    assert repo.explain_denied(message).allowed is None


def test_the_first_message_about_the_repository_is_answered(repo: Repository) -> None:
    other = MESSAGE.replace(NAME, "team/other").replace(GET, "ecr:PutImage")
    of_ecs = f"User: {SESSION} is not authorized to perform: ecs:ListTasks on resource: *"
    answer = repo.explain_denied(f"{of_ecs}\n{other}\n{MESSAGE.replace(GET, LAYER)}\n{MESSAGE}")
    assert answer.what == LAYER
    assert any(note.startswith("the text has several messages") for note in answer.notes)
    assert not any(note.startswith("the text has") for note in repo.explain_denied(f"{MESSAGE}\n{MESSAGE}").notes)


@pytest.mark.parametrize(
    "text, meaning",
    [
        (f'Get "https://{HOST}/v2/{NAME}/manifests/latest": no basic auth credentials', "sent no token to log in"),
        (f"{DOCKER}Your authorization token has expired. Reauthenticate and try again.", "older than 12 hours"),
        (
            f'failed to resolve reference "{HOST}/{NAME}:1": unexpected status from HEAD request to '
            f"https://{HOST}/v2/{NAME}/manifests/1: 403 Forbidden",
            "the registry refused, and does not say whom",
        ),
        (
            f"unexpected status from HEAD request to https://{HOST}/v2/x: 401 Unauthorized",
            "of another region or account",
        ),
        (f"{DOCKER}requested access to the resource is denied", "pulls from another registry than this one"),
        (f"{DOCKER[:-9]}denied", "what AWS answered stands behind 'denied:'"),
        (
            f"{DOCKER}{MESSAGE.replace(SESSION, 'arn:aws:sts::XXX:assumed-role/nodes/i')}",
            "in the message: expected an ARN",
        ),
        (MESSAGE.replace(SESSION, "<user-arn>"), "does not name a user, a role or a session by its whole ARN"),
        (f"User: {SESSION} is not authorized to perform", "does not name a user, a role or a session by its whole ARN"),
        (
            f"The repository with name 'x' does not exist in the registry with id '{HERE}'",
            "there is no such repository in that account and region",
        ),
        ("AccessDeniedException", "it does not say who was denied what"),
        ("it does not work", "expected a message that denies access, such as 'User: arn:aws:… is not authorized"),
        ("", "got ''"),
        (None, "expected the text of a message that denies access, got NoneType"),
        (MESSAGE.encode(), "got bytes"),
        (MESSAGE.replace(NAME, "team/b"), "registry.repository('team/b').explain_denied(text)"),
        (
            MESSAGE.replace(f"ecr:eu-west-1:{HERE}", f"ecr:us-east-1:{OTHER}"),
            f"session for account {OTHER} and region us",
        ),
        (MESSAGE.replace(ARN, "arn:aws:s3:::bucket"), "it is no repository of a private registry"),
        (MESSAGE.replace(ARN, f"arn:aws:ecr:eu-west-1:{HERE}:registry/x"), "it is no repository of a private registry"),
        (MESSAGE.replace(ARN, "arn:aws:ecr:xx"), "the ARN in the message is not whole"),
        (MESSAGE.replace(GET, "kms:Decrypt").replace(ARN, "*"), "who pulls or pushes needs no permission of KMS"),
        (MESSAGE.replace(GET, "sts:AssumeRole"), "the trust policy of the role decides"),
        (
            MESSAGE.replace(GET, "ecr:DescribeRegistry").replace(ARN, "*"),
            "in the message: ecr:DescribeRegistry is about the registry",
        ),
        (MESSAGE.replace(SESSION, f"arn:aws:sts::{HERE}:federated-user/bob"), "ask about that user"),
    ],
)
def test_what_names_nobody_or_something_else_is_told_with_what_to_do(repo: Repository, text: Any, meaning: str) -> None:
    with pytest.raises(SpecError) as caught:
        repo.explain_denied(text)
    assert meaning in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "\\" * 2_000_000,
        "\x1b[" * 500_000 + "0" * 500_000,
        "is not authorized to perform" * 50_000,
        "arn:aws:" * 200_000 + " is not authorized to perform: ecr:" + "x" * 1_000_000,
        "is not authorized to perform: ecr:X on resource:" + ":" * 1_000_000,
    ],
)
def test_a_text_of_any_length_takes_as_many_steps_as_it_is_long(repo: Repository, text: str) -> None:
    start = time.process_time()
    with pytest.raises(SpecError) as caught:
        repo.explain_denied(text)
    assert time.process_time() - start < 3
    assert len(str(caught.value)) < 3_000


def test_control_characters_of_a_message_are_escaped(repo: Repository) -> None:
    with pytest.raises(SpecError) as caught:
        repo.explain_denied("\x1b]0;x\x07 " + MESSAGE.replace("i-0abc", "i\x9b2J"))
    assert "\x9b" not in str(caught.value)
    assert repo.can(Role("nodes"), GET).allowed is False
