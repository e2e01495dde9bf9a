"""A plan is read by people, programs and notebooks."""

from __future__ import annotations

import json
import logging
import pydoc

import pytest

import ecrops
import ecrops.events
from ecrops import Change, ConflictError, LifecycleRule, Plan, Registry, Repository, RepositorySpec, SpecError
from ecrops.base.change import Kind, Note
from ecrops.testing import Cloud
from support import HERE, registry_of

FLEET = [
    RepositorySpec("one", encryption="KMS", tags={"a": "1"}, lifecycle_rules=[LifecycleRule(max_image_count=30)]),
    RepositorySpec("two", image_tag_mutability="IMMUTABLE"),
]


def test_a_diff_speaks_of_images_not_of_json(registry: Registry) -> None:
    assert str(registry.plan(*FLEET)) == (
        f"{HERE}+ one repository: KMS, a=1\n+ one lifecycle: keep last 30\n+ two repository: IMMUTABLE\n3 to create"
    )


def test_a_plan_has_its_signs_in_colour_for_a_terminal() -> None:
    kinds = {Kind.CREATE: "32", Kind.UPDATE: "33", Kind.DELETE: "31", Kind.CONFLICT: "1;35"}
    changes = [Change(owner=f"{kind}\x1b[2J", kind=kind, what="x", after="+ y") for kind in kinds]
    plan = Plan(tuple(changes), (Note("a note"),))
    lines, plain = plan.text(colour=True).splitlines(), str(plan).splitlines()
    for number, (change, code) in enumerate(zip(changes, kinds.values(), strict=True), 1):
        assert lines[number] == f"\x1b[{code}m{change.sign}\x1b[0m {change.kind}\\x1b[2J x: + y"
        assert plain[number] == f"{change.sign} {change.kind}\\x1b[2J x: + y"
    assert (lines[0], lines[5:]) == (plain[0], plain[5:])
    assert plan.text() == str(plan)


def test_an_empty_plan_is_false_and_says_so(registry: Registry) -> None:
    plan = registry.plan()
    assert not plan
    assert list(plan) == []
    assert str(plan) == plan.summary == "nothing to do"


def test_a_plan_names_the_permissions_that_applying_it_needs(registry: Registry) -> None:
    assert registry.plan(*FLEET).permissions == (
        "ecr:CreateRepository",
        "ecr:PutLifecyclePolicy",
        "ecr:TagResource",
        "kms:CreateGrant",
        "kms:DescribeKey",
    )
    assert registry.plan(RepositorySpec("one")).permissions == ("ecr:CreateRepository",)


def test_a_plan_goes_to_json(registry: Registry) -> None:
    data = json.loads(json.dumps(registry.plan(*FLEET).to_dict()))
    assert list(data) == ["summary", "account", "region", "changes", "notes", "permissions", "checksum"]
    assert data["summary"] == "3 to create"
    assert data["permissions"] == list(registry.plan(*FLEET).permissions)
    assert data["changes"][2] == {
        "account": "123456789012",
        "region": "eu-west-1",
        "owner": "two",
        "kind": "create",
        "what": "repository",
        "before": "",
        "after": "IMMUTABLE",
        "service": "ecr",
        "operation": "CreateRepository",
        "params": {"repositoryName": "two", "imageTagMutability": "IMMUTABLE"},
        "checksum": registry.plan(*FLEET).changes[2].checksum,
    }


def test_the_checksum_is_that_of_the_changes(registry: Registry) -> None:
    plan = registry.plan(*FLEET)
    assert plan.checksum == registry.plan(*FLEET).checksum == registry.plan(*FLEET).to_dict()["checksum"]
    assert plan.checksum != registry.plan(FLEET[0]).checksum
    registry.apply(plan)
    assert registry.plan(*FLEET).checksum != plan.checksum


def test_a_plan_that_deletes_more_than_expected_is_refused(registry: Registry) -> None:
    registry.ensure(RepositorySpec("one", tags={"a": "1"}, lifecycle_rules=[LifecycleRule(max_image_count=3)]))
    plan = registry.plan(RepositorySpec("one", tags={}, lifecycle_rules=[]))
    assert plan.check(deletes=2) is plan
    with pytest.raises(ConflictError, match="expected at most 1 deletions in the plan, it has 2"):
        plan.check(deletes=1)
    with pytest.raises(ConflictError):
        plan.check()
    with pytest.raises(SpecError, match="got -1"):
        plan.check(deletes=-1)


def test_a_plan_that_deletes_one_thing_is_refused_unless_one_is_expected(registry: Registry) -> None:
    registry.ensure(RepositorySpec("one", tags={"a": "1"}))
    plan = registry.plan(RepositorySpec("one", tags={}, image_scan_on_push=True))
    with pytest.raises(ConflictError, match="expected at most 0 deletions in the plan, it has 1:\n  - one tags: a=1"):
        plan.check()
    assert plan.check(deletes=1) is plan
    kept = registry.plan(RepositorySpec("one", image_scan_on_push=True))
    assert kept.check() is kept


def test_images_count_as_deletions_and_not_the_batches_that_they_are_deleted_in() -> None:
    batches = [Change(owner="one", kind=Kind.DELETE, what="images", before="100 images", images=100)] * 2
    plan = Plan((*batches, Change(owner="one", kind=Kind.DELETE, what="tags", before="a=1")))
    assert plan.check(deletes=201) is plan
    with pytest.raises(ConflictError, match="expected at most 200 deletions in the plan, it has 201"):
        plan.check(deletes=200)
    whole = Plan((Change(owner="one", kind=Kind.DELETE, what="repository", makes_owner=True, images=100),))
    assert whole.check(deletes=1) is whole  # its images go with it
    archived = Plan((Change(owner="one", kind=Kind.UPDATE, what="images", images=100),))
    assert archived.check() is archived


def test_applied_says_what_was_done(registry: Registry) -> None:
    plan = registry.plan(*FLEET)
    assert plan.applied == ()
    done = registry.apply(plan)
    assert set(map(str, done.applied)) == set(map(str, plan)) == set(map(str, done))


def test_a_notebook_shows_a_table_in_which_everything_is_escaped(registry: Registry) -> None:
    statement = {"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "ecr:PutImage"}
    condition = {"StringEquals": {"aws:PrincipalTag/<script>": "&"}}
    policy = {"Statement": [{**statement, "Condition": condition}]}
    html = registry.plan(RepositorySpec("one", resource_policy=policy))._repr_html_()
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert html.count("<tr>") == 3


def test_a_notebook_is_spared_a_table_of_thousands(registry: Registry) -> None:
    html = registry.plan(*(RepositorySpec(f"app{n}") for n in range(1_234)))._repr_html_()
    assert "and 1,034 more" in html
    assert html.count("<tr>") == 202


def test_a_notebook_shows_notes_and_an_empty_plan() -> None:
    html = Plan(notes=("mind < this",))._repr_html_()
    assert "<div><b>nothing to do</b></div><details><summary>1 note</summary>" in html
    assert "<li>mind &lt; this</li>" in html


def test_a_change_shows_what_it_is() -> None:
    plan = Plan((Change(owner="ab", kind=Kind.CONFLICT, what="encryption", before="AES256", after="KMS"),))
    assert str(plan).splitlines()[1:] == ["! ab encryption: AES256 -> KMS", "1 conflict"]


def test_a_plan_can_be_approved_now_and_applied_later(cloud: Cloud, registry: Registry) -> None:
    approved = registry.plan(*FLEET).checksum
    plan = registry.plan(*FLEET)
    assert plan.checksum == approved
    assert registry.apply(plan)
    assert not registry.apply(registry.plan(*FLEET))


def test_the_order_of_specs_does_not_change_what_is_approved(cloud: Cloud) -> None:
    registry, names = registry_of(cloud), ("aa", "bb")
    specs = [RepositorySpec(name, tags={"a": "1"}) for name in names]
    assert registry.plan(*specs).checksum == registry.plan(*reversed(specs)).checksum
    assert registry.plan(*specs).checksum != registry.plan(specs[0]).checksum


def test_what_a_verb_returns_can_be_imported(registry: Registry) -> None:
    from ecrops.events import Rule

    assert isinstance(registry.rule("pushes"), Rule)
    assert "Rule" in dir(ecrops.events)


@pytest.mark.parametrize("handle", [Registry, Repository])
def test_help_says_where_the_options_of_a_rule_are_listed(handle: type) -> None:
    assert "help(ecrops.events.RuleOptions)" in pydoc.plain(pydoc.render_doc(handle))
    options = ecrops.events.RuleOptions
    assert all(f"{name}: " in str(options.__doc__) for name in options.__annotations__)


def test_what_is_read_when_it_is_first_used_is_offered_too() -> None:
    assert {"Target", "User", "pull", "prefix"} <= set(dir(ecrops))
    assert {"on_image_pushed", "RuleOptions", "Pattern"} <= set(dir(ecrops.events))
    assert "engine" not in dir(ecrops)
    for module in (ecrops, ecrops.events):
        assert all(getattr(module, name) for name in module.__all__)


def test_each_change_that_was_made_is_logged_with_its_owner_and_operation(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="ecrops.engine.making"):
        registry.ensure(RepositorySpec("one", lifecycle_rules=[LifecycleRule(max_image_count=3)]))
    made = [(record.getMessage(), vars(record)["owner"], vars(record)["operation"]) for record in caplog.records]
    assert made == [
        ("+ one repository", "one", "CreateRepository"),
        ("+ one lifecycle: keep last 3", "one", "PutLifecyclePolicy"),
    ]
