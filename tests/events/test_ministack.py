"""Rules, targets and test events against ministack, an emulator of somebody else's making.

It drops what goes to log groups and streams without a word, so what arrives is looked for in queues only.
"""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from ecrops import Registry, RepositorySpec, RetryPolicy
from ecrops.events import Target, on_image_deleted, on_image_pushed, prefix
from tests.access.ministack import ACCOUNT, REGION, needs_ministack, running

pytestmark = needs_ministack
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:pushes"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """ministack, which lets everybody do everything."""
    with running(tmp_path_factory.mktemp("ministack"), "ecr,iam,sts,events,sqs,sns,logs", asks_iam=False) as url:
        yield url


@pytest.fixture
def session(url: str, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    session = boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="x", region_name=REGION)
    session.client("sqs").create_queue(QueueName="pushes")
    return session


@pytest.fixture
def registry(session: boto3.Session) -> Registry:
    return Registry(session, retry=RetryPolicy(sleep=lambda _: None))


def test_a_rule_is_made_read_back_tested_and_removed(session: boto3.Session, registry: Registry) -> None:
    target = Target(QUEUE, input_path="$.detail", maximum_retry_attempts=3)
    assert registry.on_image_pushed("pushed", repositories=prefix("team/"), target=target)
    assert not registry.on_image_pushed("pushed", repositories=prefix("team/"), target=target)
    [stored] = registry.rule("pushed").targets()
    assert Target.from_aws(stored) == target
    report = registry.rule("pushed").send_test_event(timeout=10)
    assert report, str(report)
    assert [rule["Name"] for rule in session.client("events").list_rules()["Rules"]] == ["pushed"]
    assert registry.rule("pushed").remove()
    assert session.client("events").list_rules()["Rules"] == []


def test_the_events_of_a_spec_are_its_whole_set(session: boto3.Session, registry: Registry) -> None:
    registry.ensure(RepositorySpec("team/api", events=[on_image_pushed("a", target=QUEUE), on_image_deleted("b")]))
    spec = RepositorySpec("team/api", events=[on_image_pushed("a", target=QUEUE)])
    assert registry.ensure(spec)
    assert not registry.ensure(spec)
    assert [rule["Name"] for rule in session.client("events").list_rules()["Rules"]] == ["a"]
    registry.ensure(RepositorySpec("team/api", events=[]))
    assert session.client("events").list_rules()["Rules"] == []


@pytest.mark.parametrize("template", ['{"repository": "<r>", "tag": <t>}', '"<r>:<t>"'])
def test_an_input_transformer_arrives(session: boto3.Session, registry: Registry, template: str) -> None:
    paths = {"r": "$.detail.repository-name", "t": "$.detail.image-tag"}
    target = Target(QUEUE, input_transformer={"InputPathsMap": paths, "InputTemplate": template})
    registry.on_image_pushed("shaped", repositories="team/api", target=target)
    sqs = session.client("sqs")
    url = sqs.get_queue_url(QueueName="pushes")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    assert registry.rule("shaped").send_test_event(timeout=10)
    [message] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert "team/api" in message["Body"]
    assert "<r>" not in message["Body"]
    registry.rule("shaped").remove()
