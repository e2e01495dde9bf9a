"""The secrets of pull-through cache rules: made or updated before the rule, and never shown."""

from __future__ import annotations

import copy
import functools
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError
from moto.core.botocore_stubber import MockRawResponse

from ecrops import ConflictError, EcropsError, Plan, PullThroughCacheRule, Registry, SpecError
from ecrops.testing import FAULTS, Call, Client, Cloud, Fault
from support import AT_ONCE, HERE, registry_of

TOKEN = 'dckr_pat_"\\Zq7-never-shown'
ESCAPED = "Zq7-never-shown"
"""What every spelling of the token has, also in JSON in JSON."""
DOCKER = "registry-1.docker.io"
NAME = "ecr-pullthroughcache/hub"
DESCRIBE, GET, CREATE_SECRET, PUT = "DescribeSecret", "GetSecretValue", "CreateSecret", "PutSecretValue"
LIST, CREATE, VALIDATE = (
    "DescribePullThroughCacheRules",
    "CreatePullThroughCacheRule",
    "ValidatePullThroughCacheRule",
)


def token() -> str:
    return TOKEN


@pytest.fixture
def secrets(cloud: Cloud) -> Client:
    return cloud.client("secretsmanager")


def add(registry: Registry, access_token: Any = None, prefix: str = "hub") -> Plan:
    given = functools.partial(registry.pull_through_cache.add, prefix, DOCKER, username="ci")
    return given(access_token=access_token) if access_token else given(access_token=TOKEN)


def content(secrets: Client, name: str = NAME) -> Any:
    return json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])


def foreign(secrets: Client, text: str, **options: Any) -> str:
    return str(secrets.create_secret(Name=NAME, SecretString=text, **options)["ARN"])


HELD = {"username": "ci", "accessToken": TOKEN}


def test_secret_rule_and_validation_in_this_order(registry: Registry, cloud: Cloud, secrets: Client) -> None:
    made = add(registry)
    assert str(made).startswith(
        HERE + "+ pull-through secret hub: user name and access token\n"
        "+ pull-through cache hub: registry-1.docker.io, credential_arn arn:aws:secretsmanager:eu-west-1:"
    )
    assert [call for call in cloud.calls.operations() if not call.startswith(("Describe", "Get"))] == [
        CREATE_SECRET,
        CREATE,
        VALIDATE,
    ]
    assert content(secrets) == HELD
    (rule,) = registry.pull_through_cache.describe()
    described = secrets.describe_secret(SecretId=NAME)
    assert rule.credential_arn == described["ARN"]
    assert described["Tags"] == [{"Key": "ecrops:pull-through-cache", "Value": "hub"}]
    assert "KmsKeyId" not in described or described["KmsKeyId"].endswith("aws/secretsmanager")
    assert "secretsmanager:TagResource" in made.permissions
    cloud.calls.clear()
    assert not add(registry)
    assert sorted(cloud.calls.operations()) == sorted([DESCRIBE, GET, LIST, DESCRIBE])


def test_another_token_is_put_into_our_secret(registry: Registry, cloud: Cloud, secrets: Client) -> None:
    add(registry, "old")
    cloud.calls.clear()
    made = add(registry, token)
    assert str(made) == (HERE + "~ pull-through secret hub: another content -> user name and access token\n1 updated")
    assert [call for call in cloud.calls.operations() if not call.startswith(("Describe", "Get"))] == [PUT]
    assert content(secrets) == HELD


def test_a_foreign_secret_with_the_same_content_is_used(registry: Registry, cloud: Cloud, secrets: Client) -> None:
    arn = foreign(secrets, json.dumps({**HELD, "more": 1}))
    assert [change.operation for change in add(registry)] == [CREATE]
    assert registry.pull_through_cache.describe()[0].credential_arn == arn


@pytest.mark.parametrize("text", ['{"username": "ci", "accessToken": "theirs"}', "no json", '["a"]'])
def test_a_foreign_secret_with_another_content_is_a_conflict(
    registry: Registry, cloud: Cloud, secrets: Client, text: str
) -> None:
    foreign(secrets, text)
    with pytest.raises(ConflictError, match="somebody else's, with another content") as raised:
        add(registry)
    assert "give its ARN as credential_arn" in str(raised.value)
    assert cloud.calls.writes() == []


def test_our_secret_that_is_to_be_deleted_is_restored(registry: Registry, secrets: Client) -> None:
    add(registry, "old")
    registry.pull_through_cache.remove("hub")
    secrets.delete_secret(SecretId=NAME)
    made = add(registry)
    assert [change.operation for change in made] == ["RestoreSecret", PUT, CREATE]
    assert content(secrets) == HELD


def test_a_foreign_secret_that_is_to_be_deleted_is_a_conflict(registry: Registry, secrets: Client) -> None:
    foreign(secrets, json.dumps(HELD))
    secrets.delete_secret(SecretId=NAME)
    with pytest.raises(ConflictError, match="somebody else's, to be deleted"):
        add(registry)


def test_a_secret_under_a_key_of_somebody_is_a_conflict(registry: Registry, cloud: Cloud, secrets: Client) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    foreign(secrets, json.dumps(HELD), KmsKeyId=key)
    with pytest.raises(ConflictError, match="ECR reads secrets under the default key only"):
        add(registry)


def test_ecr_that_has_not_heard_of_the_secret_is_waited_for(registry: Registry, cloud: Cloud) -> None:
    cloud.emulator.caches.secrets_unseen = 2
    assert [change.operation for change in add(registry)] == [CREATE_SECRET, CREATE]


def test_a_removal_leaves_the_secret_and_says_so(registry: Registry, secrets: Client) -> None:
    add(registry)
    assert "and so do the secrets arn:aws:secretsmanager" in registry.pull_through_cache.remove("hub").notes[0]
    assert content(secrets) == HELD


def test_a_dry_run_remembers_the_secret_and_calls_no_write(cloud: Cloud) -> None:
    registry = registry_of(cloud, dry_run=True)
    assert [change.operation for change in add(registry)] == [CREATE_SECRET, CREATE]
    assert not add(registry)
    assert [change.operation for change in add(registry, "other")] == [PUT]
    assert cloud.calls.writes() == []


def test_an_approved_plan_makes_the_secret_and_the_rule(cloud: Cloud, secrets: Client) -> None:
    plan = add(registry_of(cloud, dry_run=True), token)
    plan = pickle.loads(pickle.dumps(plan))
    assert [change.operation for change in registry_of(cloud).apply(plan)] == [CREATE_SECRET, CREATE]
    assert content(secrets) == HELD


def test_an_approved_plan_overwrites_no_secret_that_came_since(cloud: Cloud, secrets: Client) -> None:
    plan = add(registry_of(cloud, dry_run=True))
    foreign(secrets, '{"username": "ci", "accessToken": "theirs"}')
    with pytest.raises(EcropsError, match="somebody else's"):
        registry_of(cloud).apply(plan)
    assert content(secrets)["accessToken"] == "theirs"


def test_a_secret_that_another_made_while_our_answer_was_lost_stays(memory_cloud: Cloud) -> None:
    secrets = memory_cloud.client("secretsmanager")

    def meddle(call: Call) -> bool:
        if call.operation == CREATE_SECRET:
            foreign(secrets, '{"username": "ci", "accessToken": "theirs"}')
        return call.operation == CREATE_SECRET

    memory_cloud.faults.on("reset_before", where=meddle)
    with pytest.raises(EcropsError, match="somebody else's"):
        add(registry_of(memory_cloud))
    assert content(secrets)["accessToken"] == "theirs"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"username": "ci"}, "access_token: is missing"),
        ({"access_token": TOKEN}, "username: is missing"),
        ({"username": "ci", "access_token": TOKEN.encode()}, "access_token: expected a string, or a function"),
        ({"username": "ci", "access_token": ""}, "got an empty one"),
        ({"username": "ci", "access_token": f"{TOKEN}\ud800"}, "can be sent"),
        ({"username": TOKEN.encode(), "access_token": TOKEN}, "username: expected a string"),
        ({"username": "ci", "access_token": TOKEN, "credential_arn": TOKEN}, "and not both"),
        ({"credential_arn": TOKEN}, "type str that is none"),
    ],
)
def test_wrong_secrets_are_refused_before_any_call_and_not_shown(
    registry: Registry, cloud: Cloud, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SpecError, match=reason) as raised:
        registry.pull_through_cache.add("hub", DOCKER, **options)
    assert ESCAPED not in str(raised.value)
    assert not cloud.calls


def test_an_upstream_without_credentials_takes_no_token(registry: Registry, cloud: Cloud) -> None:
    with pytest.raises(SpecError, match="quay takes no credentials"):
        registry.pull_through_cache.add("quay", "quay.io", username="ci", access_token=TOKEN)
    assert not cloud.calls


def test_a_function_that_returns_no_text_is_said_without_it(registry: Registry, cloud: Cloud) -> None:
    with pytest.raises(SpecError, match=r"access_token\(\): expected a string of at least one character"):
        add(registry, lambda: TOKEN.encode())
    assert cloud.calls.writes() == []


# Never shown


class Everything(logging.Handler):
    """Takes every record of every logger, with all that it carries."""

    def __init__(self) -> None:
        super().__init__(1)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {vars(record)!r}")


@pytest.fixture
def logged() -> Iterator[Everything]:
    handler, root = Everything(), logging.getLogger()
    level, quiet = root.level, {name: logging.getLogger(name).level for name in ("botocore", "urllib3", "boto3")}
    for name in quiet:
        logging.getLogger(name).setLevel(1)
    root.setLevel(1)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)


def shown(error: BaseException) -> Iterator[str]:
    """All that can be seen of an error, the variables of its frames outside of the test included."""
    yield from traceback.TracebackException.from_exception(error, capture_locals=True).format()
    for part in (error, *getattr(error, "exceptions", ())):
        yield repr(part) + str(part) + repr(vars(part)) + repr(getattr(part, "__notes__", ()))
        yield repr(pickle.dumps(part))
        yield repr([change.params for change in getattr(part, "applied", ())])
        yield repr(getattr(part, "response", "")) + repr(getattr(part, "kwargs", ""))


def seen_of(plan: Plan) -> Iterator[str]:
    """All that can be seen of a plan."""
    yield from (str(plan), repr(plan), plan._repr_html_(), json.dumps(plan.to_dict()), plan.checksum)
    yield repr(plan.changes) + repr(plan.notes) + repr(plan.wants) + repr(copy.deepcopy(plan.changes))
    for change in plan:
        yield repr(change) + str(change) + repr(change.call) + repr(change.params) + repr(change.parts)
        yield json.dumps(change.to_dict())


@pytest.mark.parametrize("fault", [*FAULTS, None])
@pytest.mark.parametrize("operation", [DESCRIBE, GET, CREATE_SECRET, PUT, LIST, CREATE, VALIDATE, "RestoreSecret"])
@pytest.mark.parametrize("times", [1, None])
def test_no_run_shows_the_token(
    memory_cloud: Cloud, logged: Everything, fault: Fault | None, operation: str, times: int | None
) -> None:
    run_and_look(memory_cloud, logged, fault, operation, times)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", [GET, CREATE_SECRET, PUT])
def test_no_run_over_http_shows_the_token(http_cloud: Cloud, logged: Everything, fault: Fault, operation: str) -> None:
    run_and_look(http_cloud, logged, fault, operation, None)


def run_and_look(cloud: Cloud, logged: Everything, fault: Fault | None, operation: str, times: int | None) -> None:
    """Make a secret, another content of it, and restore it, with a fault; and look for the token everywhere."""
    seen: list[str] = []
    secrets = cloud.client("secretsmanager")
    logging.getLogger("botocore").setLevel(logging.CRITICAL)
    if operation in (PUT, GET):
        add(registry_of(cloud), f"{TOKEN}-old")
    if operation == "RestoreSecret":
        add(registry_of(cloud))
        secrets.delete_secret(SecretId=NAME)
    logging.getLogger("botocore").setLevel(1)
    logged.lines.clear()
    if fault:
        cloud.faults.on(fault, operation=operation, times=times)
    try:
        registry = registry_of(cloud)
        seen += seen_of(add(registry))
        seen += seen_of(add(registry_of(cloud, dry_run=True), prefix="hub2"))
    except (EcropsError, BotoCoreError, ClientError, ResponseParserError) as error:
        seen += shown(error)
    cloud.faults.clear()
    assert seen
    assert logged.lines
    assert [text for text in seen + logged.lines if ESCAPED in text] == []


def test_a_server_that_repeats_what_it_got_shows_no_token(cloud: Cloud, logged: Everything) -> None:
    session = cloud.session(own=True)

    def repeat(request: Any, **_: Any) -> AWSResponse:
        text = json.dumps(HELD)
        error = {"__type": "InvalidParameterException", "message": f"{text} {json.dumps(text)} {TOKEN}"}
        body: Any = MockRawResponse(json.dumps(error).encode())
        return AWSResponse(request.url, 400, HTTPHeaders(), body)

    events: Any = session.events
    events.register_first("before-send.secrets-manager.CreateSecret", repeat)
    with pytest.raises(Exception, match="InvalidParameter") as raised:
        add(Registry(session))
    assert "<secret>" in str(raised.value)
    assert not [text for text in [*shown(raised.value), *logged.lines] if ESCAPED in text]


def test_an_error_of_the_connection_has_no_request(memory_cloud: Cloud) -> None:
    session = boto3.Session("key", "secret", region_name="eu-west-1")

    def close(request: Any, **_: Any) -> None:
        try:
            raise OSError(f"of the body {request.body!r}")
        except OSError as error:
            raise ConnectionClosedError(error=error, request=request, endpoint_url=request.url) from error

    events: Any = session.events
    events.register_first("before-send.secrets-manager.CreateSecret", close)
    with pytest.raises(ConnectionClosedError) as raised:
        add(Registry(session, retry=AT_ONCE))
    error: BaseException | None = raised.value
    assert vars(raised.value)["request"] is None
    while error is not None:
        assert not [text for text in shown(error) if ESCAPED in text]
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("secret", [TOKEN, lambda: TOKEN, functools.partial(str, TOKEN), TOKEN.upper])
def test_a_plan_with_a_token_that_only_its_text_tells_is_not_pickled(cloud: Cloud, secret: Any) -> None:
    plan = add(registry_of(cloud, dry_run=True), secret)
    for value in (plan, plan.changes, plan.wants, plan.changes[0].params["SecretString"]):
        with pytest.raises(TypeError, match="secrets are never pickled: give a function that is defined in a module"):
            pickle.dumps(value)
    assert not [text for text in seen_of(plan) if ESCAPED.lower() in text.lower()]


def test_a_plan_with_a_function_is_pickled_by_its_name(cloud: Cloud) -> None:
    plan = add(registry_of(cloud, dry_run=True), token)
    pickled = pickle.dumps(plan)
    assert ESCAPED.encode() not in pickled
    assert pickle.loads(pickled).changes == plan.changes
    assert plan.to_dict()["changes"][0]["params"]["SecretString"] == "<secret>"


def test_rules_hold_no_secret() -> None:
    with pytest.raises(TypeError, match="a rule holds no secret") as raised:
        PullThroughCacheRule("hub", DOCKER, access_token=TOKEN)  # type: ignore[call-arg]
    assert ESCAPED not in str(raised.value)


def test_a_function_that_returns_another_token_each_time_is_put_once(cloud: Cloud, secrets: Client) -> None:
    tokens = (f"token-{number}" for number in range(99))
    registry = registry_of(cloud)
    made = add(registry, lambda: next(tokens))
    assert [change.operation for change in made] == [CREATE_SECRET, CREATE]
    first = content(secrets)["accessToken"]
    assert [change.operation for change in add(registry, lambda: next(tokens))] == [PUT]
    assert content(secrets)["accessToken"] != first


def test_a_token_that_somebody_else_puts_after_ours_is_put_again(memory_cloud: Cloud, secrets: Client) -> None:
    tokens = (f"token-{number}" for number in range(99))
    theirs = [lambda: secrets.put_secret_value(SecretId=NAME, SecretString=json.dumps({**HELD, "accessToken": "x"}))]

    def interfere(call: Call) -> bool:
        if call.operation == VALIDATE and theirs:
            theirs.pop()()
        return False

    memory_cloud.faults.on("throttle", where=interfere)
    made = add(registry_of(memory_cloud), lambda: next(tokens))
    assert [change.operation for change in made] == [CREATE_SECRET, CREATE, PUT]
    assert content(secrets)["accessToken"] != "x"


@pytest.mark.parametrize("upstream", [f"https://ci:{ESCAPED}@{DOCKER}", f"ci:{ESCAPED}@{DOCKER}/v2/"])
def test_a_token_in_the_upstream_is_not_shown(registry: Registry, cloud: Cloud, upstream: str) -> None:
    with pytest.raises(SpecError, match="without a user and a password") as raised:
        registry.pull_through_cache.add("hub", upstream)
    assert ESCAPED not in str(raised.value)
    assert ESCAPED.lower() not in str(raised.value)
    assert cloud.calls.operations() == []
