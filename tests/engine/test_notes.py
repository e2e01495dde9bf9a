"""Notes are few: one for one fact, about a change of the plan, below the summary, and complete in ``plan.notes``."""

from __future__ import annotations

import json
import pickle
import re
from typing import Any

import pytest

from ecrops import AccountPrincipal, OrganizationPrincipal, Plan, RepositorySpec, Role, pull
from ecrops.base.change import Note
from ecrops.base.notes import together
from ecrops.testing import Cloud
from support import registry_of

OTHER = "111122223333"
ACCOUNT = AccountPrincipal(OTHER)
NAMES = [f"r{number:03}" for number in range(100)]


def granting(*names: str, **fields: Any) -> list[RepositorySpec]:
    return [RepositorySpec(name, grants=[pull(ACCOUNT)], **fields) for name in names]


def document(note: str) -> Any:
    return json.loads(note[note.index("{") :])


def test_the_same_note_of_a_hundred_repositories_is_one_with_one_document(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    plan = registry.ensure(*granting(*NAMES))
    (note,) = plan.notes
    allowed, _token = document(note)["Statement"]
    assert [arn.rpartition("/")[2] for arn in allowed["Resource"]] == NAMES
    assert note.startswith(f"{', '.join(NAMES)}: users and roles of account {OTHER} can pull only if")
    again = registry.ensure(*granting(*NAMES))
    assert (str(again), again.notes) == ("nothing to do", ())


def test_a_note_is_about_what_the_plan_changes(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    registry.ensure(*granting(*NAMES[:3]))
    plan = registry.plan(*granting(*NAMES[:4]))
    (note,) = plan.notes
    assert note.startswith("r003: users and roles of account")
    assert document(note)["Statement"][0]["Resource"] == f"arn:aws:ecr:eu-west-1:{Cloud.account}:repository/r003"


def test_another_fact_is_another_note(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    organization = OrganizationPrincipal("o-a1b2c3d4e5")
    specs = [
        *granting("aa", "bb"),
        RepositorySpec("cc", grants=[pull(organization)]),
        RepositorySpec("dd", grants=[pull(Role(f"arn:aws:iam::{OTHER}:role/nodes"))]),
    ]
    starts = [note.partition(":")[0] for note in registry.plan(*specs).notes]
    assert starts == ["aa, bb", "cc", "dd"]


@pytest.mark.parametrize("approved", [False, True])
def test_an_apply_tells_what_its_plan_told(memory_cloud: Cloud, approved: bool) -> None:
    registry = registry_of(memory_cloud)
    registry.ensure(*map(RepositorySpec, NAMES[:20]))  # each policy is read again before it is written
    plan = registry.plan(*granting(*NAMES[:20]))
    made = registry.apply(plan) if approved else registry.ensure(*granting(*NAMES[:20]))
    assert made.notes == plan.notes
    assert len(made.notes) == 1


def test_the_summary_is_above_the_notes(memory_cloud: Cloud) -> None:
    plan = registry_of(memory_cloud).plan(*granting(*NAMES[:8]))
    *changes, summary, note = str(plan).splitlines()
    assert summary == "16 to create"
    assert note.startswith("note: r000, r001, r002, r003, r004 and 3 more: users and roles")
    assert len(document(note)["Statement"][0]["Resource"]) == 8
    assert len(changes) == 17
    html = plan._repr_html_()
    assert (
        html.index("<b>16 to create</b>")
        < html.index("<summary>1 note</summary>")
        < html.index("<li>r000, r001, r002, r003, r004 and 3 more: users")
    )


def test_a_document_for_very_many_repositories_is_in_the_notes_and_not_in_the_print() -> None:
    registry_arn = "arn:aws:ecr:eu-west-1:123456789012:repository"
    notes = [
        Note(f"r{n}: allow", json.dumps({"Statement": [{"Resource": f"{registry_arn}/r{n}"}]})).about(f"r{n}")
        for n in range(2000)
    ]
    plan = Plan(notes=together(notes))
    assert len(document(plan.notes[0])["Statement"][0]["Resource"]) == 2000
    assert str(plan) == (
        "nothing to do\nnote: r0, r1, r2, r3, r4 and 1,995 more: allow the one in plan.notes, for 2,000 resources"
    )


def test_a_notebook_shows_a_bounded_number_of_notes() -> None:
    html = Plan(notes=tuple(f"note {number}" for number in range(1000)))._repr_html_()
    assert html.count("<li>") == 201
    assert "<li>and 800 more, in .notes</li>" in html


def test_notes_that_differ_are_not_joined() -> None:
    notes = [Note("ab: one").about("ab"), Note("cd: two").about("cd"), Note("ef: one").about("ef"), Note("one")]
    assert together(notes) == ("ab, ef: one", "cd: two", "one")
    assert together([*together(notes), *notes]) == ("ab, ef: one", "cd: two", "one")
    narrower = [Note("ab: one", '{"Statement": [{"Action": "a", "Resource": "x"}]}').about("ab"),
                Note("cd: one", '{"Statement": [{"Action": "b", "Resource": "y"}]}').about("cd")]  # fmt: skip
    assert len(together(narrower)) == 2


def test_a_note_goes_through_pickle_with_its_parts() -> None:
    merged = together([Note("ab: one").about("ab"), Note("cd: one").about("cd")])
    (copied,) = pickle.loads(pickle.dumps(merged))
    assert (copied, copied.parts, copied.brief) == ("ab, cd: one", merged[0].parts, "ab, cd: one")


def test_a_rule_that_only_ecr_can_check_is_told_when_it_is_written(memory_cloud: Cloud) -> None:
    newer = {
        "selection": {"tagStatus": "any", "countType": "sinceImageSigned", "countUnit": "days", "countNumber": 7},
        "action": {"type": "expire"},
    }
    registry = registry_of(memory_cloud, dry_run=True)
    specs = [RepositorySpec(name, lifecycle_rules=[newer]) for name in NAMES[:3]]
    said = "r000, r001, r002: rule 1 counts by sinceImageSigned, which only ECR can check"
    assert registry.ensure(*specs).notes == (said,)
    assert registry.ensure(*specs).notes == ()


def test_a_grant_that_is_never_written_is_told_at_each_run(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    registry.ensure(RepositorySpec("ab"))
    for _ in range(2):
        plan = registry.repository("ab").grant(OTHER, "ecr:CreateRepository")
        assert not plan
        assert any(re.search("is not allowed CreateRepository by this", note) for note in plan.notes)
