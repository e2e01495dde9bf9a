"""Control characters of others are escaped in all that is printed: plans, notes, reports, charts, logs, errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecrops import ApplyError, ConflictError, DeadlineError, EcropsError, LifecycleRule, SpecError
from ecrops.access import Access, Entry, PrincipalAccess, VerbAccess
from ecrops.access.answers.unread import Unread
from ecrops.base.change import Change, Kind, Note
from ecrops.engine.plan import Plan
from ecrops.events.testing import TestReport
from ecrops.images.image import Image
from ecrops.lifecycle import compare, lint, simulate
from ecrops.lifecycle.guard import Guard, impact_of
from ecrops.testing import Cloud
from support import registry_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ERASES, TURNS, BREAKS, ENDS = "\x1b[2K\r", "\u202e", "\n+ other repository", "\u2028\x85\0"
TEXTS = [ERASES, TURNS, BREAKS, ENDS]
IDS = ["erases the line", "turns the direction", "begins a line", "ends the line"]


def change(text: str) -> Change:
    """A change whose words are somebody else's."""
    return Change(owner="ab", kind=Kind.CONFLICT, what="tags", before=text, after="x", advice={"": f"mend {text}"})


def images(text: str) -> list[Image]:
    """Two images whose tags are somebody else's."""
    pushed = (NOW - timedelta(days=days) for days in (3, 2))
    digests = (f"sha256:{number}{text}" for number in "12")
    return [Image(digest, (f"v{text}",), moment) for digest, moment in zip(digests, pushed, strict=True)]


def rules(text: str) -> list[LifecycleRule]:
    """Rules with tags that are somebody else's."""
    tags = text.replace("\0", "\x01")  # a NUL cannot be sent, so no policy has it
    return [
        LifecycleRule(tag_prefix_list=["v"], max_image_count=1),
        LifecycleRule(tag_prefix_list=[f"{tags}b", "never"], max_image_count=1),
    ]


def simulated(text: str) -> Any:
    """A simulation of the rules on the images."""
    return simulate(rules(text), images(text), now=NOW)


def report(text: str) -> Access:
    """A report on access."""
    verbs = {"pull": VerbAccess(None, (f"policy {text}",), (f"policy {text}",), (f"aws:{text}",))}
    row = PrincipalAccess(f"role {text}", "role", text, verbs, frozenset(), frozenset([text]))
    unread = Unread(f"policy {text}", text)
    return Access(f"ab{text}", (row,), (row,), (f"a deleted {text}",), (entry(text),), (unread,))


def entry(text: str) -> Entry:
    """A statement of somebody else."""
    return Entry(f"role {text}", ("read",), f"policy {text}", f"if {text}")


SHOWN: dict[str, Callable[[str], object]] = {
    "a change": change,
    "a note": lambda text: Note(f"others say {text}"),
    "a plan": lambda text: Plan((change(text),), (f"others say {text}",)),
    "a table of a plan": lambda text: Plan((change(text),), (f"others say {text}",))._repr_html_(),
    "a refused value": lambda text: SpecError(f"expected x, got {text}"),
    "several refused values": lambda text: SpecError(f"expected x, got {text}", "y").at("tags"),
    "an impossible change": lambda text: ConflictError([change(text)]),
    "a deadline": lambda text: DeadlineError(f"over: {text}"),
    "another error": lambda text: EcropsError(f"docker says {text}"),
    "several errors": lambda text: ApplyError("two failed", [ValueError(text), SpecError(text)]),
    "a simulation": simulated,
    "a table of a simulation": lambda text: simulated(text)._repr_html_(),
    "an explanation": lambda text: simulated(text).explain(f"v{text}"),
    "a warning": lambda text: simulated(text).warnings[0],
    "a finding": lambda text: lint([LifecycleRule(tag_prefix_list=["a", text.replace("\0", "\x01")], max_image_age=1)])[
        0
    ],
    "a comparison": lambda text: compare([], rules(text), images(text), now=NOW),
    "a difference": lambda text: next(iter(compare([], rules(text), images(text), now=NOW))),
    "a table of a comparison": lambda text: compare([], rules(text), images(text), now=NOW)._repr_html_(),
    "a chart": lambda text: simulated(text).forecast(3, 1).plot(title=text)._repr_html_(),
    "the file of a chart": lambda text: simulated(text).forecast(3, 1).plot(title=text, currency=text).svg,
    "what a guard says": lambda text: impact_of(simulated(text), [Guard(max_expired=0)]),
    "a report on access": report,
    "a table of access": lambda text: report(text)._repr_html_(),
    "the report of nobody": lambda text: Access(f"ab{text}", ())._repr_html_(),
    "an entry of access": entry,
    "the report of a test event": lambda text: TestReport(
        {}, matched=True, missing=[text], sent_to=["arn"], arrived={}, sent=True, failed={"arn": text}
    ),
    "an image": lambda text: images(text)[0],
}
HAVE_LINES = ("another error", "a deadline")
"""Errors whose texts ecrops or a program that it runs writes in several lines."""


@pytest.mark.parametrize("text", TEXTS, ids=IDS)
@pytest.mark.parametrize("shown", SHOWN)
def test_control_characters_are_escaped_in_all_that_is_shown(shown: str, text: str) -> None:
    said = str(SHOWN[shown](text))
    lines = said.split("\n")
    assert all(line.isprintable() for line in lines)
    if shown not in HAVE_LINES:
        assert text not in said
        assert not any(line.startswith("+ other") for line in lines)


@pytest.mark.parametrize("text", ["東京 naïve", "\U0001f433", "a < b & 'c'"])
def test_letters_of_all_languages_stay(text: str) -> None:
    assert text in str(Note(text))
    assert text in str(SpecError(text))
    assert text in str(change(text))


def test_an_error_keeps_its_lines() -> None:
    assert str(EcropsError("one\ntwo\x1b")) == "one\ntwo\\x1b"
    assert str(SpecError("one", "two")).split("\n") == ["- one", "- two"]


@pytest.mark.parametrize("text", [ERASES, TURNS, "\x85"], ids=IDS[:2] + IDS[3:])
def test_what_others_wrote_in_aws_cannot_rewrite_a_plan_its_notes_and_its_log(
    memory_cloud: Cloud, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    registry, ecr = registry_of(memory_cloud), memory_cloud.client("ecr")
    repo = registry.repository("ab")
    repo.ensure(tags={"a": "b"})  # AWS refuses control characters in tags
    statement = {"Sid": f"Open{text}", "Effect": "Allow", "Principal": "*", "Action": "ecr:*"}
    condition = {"StringEquals": {"aws:PrincipalTag/a": text}}
    policy = {"Statement": [{**statement, "Condition": condition}]}
    ecr.set_repository_policy(repositoryName="ab", policyText=json.dumps(policy), force=True)
    with caplog.at_level(logging.DEBUG, "ecrops"):
        plan = repo.ensure(tags={}, resource_policy={})
    messages = [record.getMessage() for record in caplog.records if record.name.startswith("ecrops")]
    said = [str(plan), *plan.notes, str(repo.access()), *messages]
    assert len(plan) == 2
    assert all(line.isprintable() for each in said for line in each.split("\n"))
    assert text.encode("unicode_escape").decode() in str(plan)


def test_a_change_in_a_log_and_in_the_notes_of_an_error_is_escaped() -> None:
    applied = replace(change(ERASES), kind=Kind.UPDATE)
    error = ApplyError("one failed", [EcropsError(ERASES)], [applied])
    error.exceptions[0].add_note(f"done before: {applied}")
    assert all(line.isprintable() for line in str(error).split("\n"))
