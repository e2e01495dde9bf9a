"""An answer stays below what Step Functions takes, whatever it has to say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import Change, RepositorySpec, SpecError
from ecrops.aws_lambda import handler
from ecrops.aws_lambda.answer import LARGEST, LIMIT, answer_of
from ecrops.aws_lambda.clock import Invocation
from ecrops.aws_lambda.event import Options, options_of
from ecrops.aws_lambda.record import Record
from ecrops.base.change import Kind
from ecrops.testing import Cloud
from support import registry_of
from tests.aws_lambda.conftest import Context

MANY, SEVERAL = 5_000, 1_000


def bytes_of(answer: dict[str, Any]) -> int:
    return max(len(json.dumps(answer)), len(json.dumps(answer, ensure_ascii=False).encode()))


def test_five_thousand_repositories_are_counted_and_some_are_named(memory_cloud: Cloud) -> None:
    fleet = [RepositorySpec(f"team/service-{number:05}", tags={"team": "web" * 20}) for number in range(MANY)]
    answer = handler(fleet, registry=registry_of(memory_cloud), dry_run=True)({}, Context())
    assert answer["missing"]["create"] == MANY
    assert 100 < len(answer["changes"]) == MANY - answer["left_out"]["changes"]
    assert LARGEST - 1_000 < bytes_of(answer) <= LARGEST < LIMIT


def record(kind: str, text: str) -> Record:
    """What an invocation with many failures, notes or changes has done."""
    changes = [Change(owner=f"r{number}", kind=Kind.UPDATE, what="tags", after=text) for number in range(SEVERAL)]
    record = Record(Options(), specs=SEVERAL, is_over=True)
    if kind in ("failed", "all"):
        record.failed = {f"r{number}": ValueError(f"{number} {text}") for number in range(SEVERAL)}
    if kind in ("reasons", "all"):
        record.errors.append(SpecError(*(f"reason {number} {text}" for number in range(SEVERAL))))
    if kind in ("notes", "all"):
        record.notes = [f"note {number} {text}" for number in range(SEVERAL)]
    if kind in ("changes", "all"):
        record.applied = changes
    return record


@pytest.mark.parametrize("text", ["", "x" * 3_000, "\U0001f600" * 700, "\x00" * 700], ids=["", "x", "smile", "zero"])
@pytest.mark.parametrize("kind", ["failed", "reasons", "notes", "changes", "all"])
def test_no_kind_of_text_makes_an_answer_too_large(kind: str, text: str) -> None:
    answer = answer_of(record(kind, text), Invocation(None, None), ())
    assert bytes_of(answer) <= LARGEST
    errors = {"failed": SEVERAL, "reasons": SEVERAL, "all": 2 * SEVERAL}.get(kind, 0)
    notes, changes = (SEVERAL if kind in (name, "all") else 0 for name in ("notes", "changes"))
    for name, number in {"errors": errors, "notes": notes, "changes": changes}.items():
        assert len(answer[name]) + answer["left_out"][name] == number
        assert answer[name] or not number
    assert sum(answer["left_out"].values()) or not text
    assert answer["failed"] == {"failed": SEVERAL, "reasons": 1, "all": SEVERAL + 1}.get(kind, 0)


def test_the_patterns_of_an_event_do_not_make_an_answer_too_large() -> None:
    with pytest.raises(SpecError, match=r"event\.only: expected at most 20,000 characters in all"):
        options_of({"only": ["x" * 101] * 200}, dry_run=False, is_open=False)
    options = options_of({"only": ["\U0001f600" * 100] * 200}, dry_run=False, is_open=False)
    filled = record("all", "x")
    filled.options = options
    assert bytes_of(answer_of(filled, Invocation(None, None), ())) <= LIMIT


def test_owners_that_share_an_error_are_one_row() -> None:
    shared = ValueError("the token is expired")
    failed = Record(Options(), is_over=True, failed={"b": shared, "a": shared, "c": ValueError("else")})
    answer = answer_of(failed, Invocation(None, None), ())
    assert [(row["owner"], row["owners"]) for row in answer["errors"]] == [("a", 2), ("c", 1)]
    assert answer["failed"] == 3
