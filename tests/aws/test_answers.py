"""Answers with HTTP 200 of which a part failed."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from ecrops.aws.attempt.answers import check_entries
from ecrops.aws.clients import name_agent
from ecrops.version import __version__

FAILED = {"ErrorCode": "ConcurrentModificationException", "ErrorMessage": "again"}


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ({"FailedEntries": [{"TargetId": "q", **FAILED}]}, FAILED["ErrorCode"], "1 failed: q: again"),
        ({"Entries": [{"EventId": "1"}, FAILED]}, FAILED["ErrorCode"], "1 failed: entry: again"),
        ({"Entries": [{"EventId": "1"}]}, "InternalException", "1 failed: "),
        ({}, "InternalException", "1 failed: "),
        ({"FailedEntries": []}, "InternalException", "1 failed: "),
    ],
)
def test_an_entry_that_failed_is_an_error_with_its_code(answer: dict[str, Any], code: str, said: str) -> None:
    metadata = {"HTTPStatusCode": 200, "RequestId": "r"}
    with pytest.raises(ClientError) as caught:
        check_entries({"FailedEntryCount": 1, "ResponseMetadata": metadata, **answer}, "PutTargets")
    assert caught.value.response["Error"] == {"Code": code, "Message": said}
    assert caught.value.response["ResponseMetadata"] == metadata
    assert caught.value.operation_name == "PutTargets"


def test_an_answer_without_failed_entries_is_no_error() -> None:
    check_entries({"FailedEntryCount": 0, "FailedEntries": []}, "PutTargets")
    check_entries({"Entries": [FAILED]}, "PutTargets")


@pytest.mark.parametrize("agent", ["mine/1", b"mine/1"])
def test_the_user_agent_is_a_text_or_bytes(agent: Any) -> None:
    request = AWSRequest(method="POST", url="https://h", headers={"User-Agent": "x"})
    request.headers.replace_header("User-Agent", agent)
    name_agent(request)
    assert request.headers["User-Agent"] == f"mine/1 ecrops/{__version__}"
