"""A type checker finds what a user misspelt, and has nothing to say of what is right."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from mypy import api

from ecrops import LifecycleRule, Registry, Repository, RepositorySpec, pull

ROOT = Path(__file__).resolve().parent.parent
HEAD = """
from ecrops import LifecycleRule, Registry, RepositorySpec, Role, TagMutability, User, pull
from ecrops.events import on_image_pushed

registry = Registry(dry_run=True)
repo = registry.repository("team/api")
"""
RIGHT = """
repo.ensure(image_scan_on_push=True, image_tag_mutability="IMMUTABLE", tags={"team": "web"}, on_change=print)
repo.ensure(image_tag_mutability=TagMutability.MUTABLE, lifecycle_rules=[LifecycleRule(max_image_count=3)])
repo.add_lifecycle_rule(tag_status="untagged", max_image_age=7)
repo.remove_lifecycle_rule(LifecycleRule(max_image_count=3))
repo.grant_pull(User("ci"), policy_name="ci", attach="managed", on="team/*")
repo.grant(Role("nodes"), "ecr:ListImages", policy_name="nodes")
repo.revoke(Role("nodes"), "ecr:ListImages", policy_name="nodes")
repo.on_image_pushed("pushes", image_tags=["latest"], target="arn:aws:sqs:eu-west-1:111122223333:pushes")
repo.on_image_scan_completed(scan_type="ENHANCED", state="DISABLED")
registry.on_image_finding(severities=["CRITICAL"], repositories=["a/b", "c/d"])
RepositorySpec("a/b", encryption="KMS_DSSE", grants=[pull("111122223333")], events=[on_image_pushed()])
"""
WRONG = """
from ecrops import Registri
from ecrops.lifecycle import simulat
repo.ensure(image_scan_on_puhs=True)
repo.ensure(image_tag_mutability="immutable")
repo.ensure(encryption="kms")
repo.add_lifecycle_rule(max_image_cout=3)
repo.add_lifecycle_rule(tag_status="taged", max_image_count=3)
repo.remove_lifecycle_rule(max_image_cout=3)
repo.grant_pull("x", policy_nam="y")
repo.grant_pull(Role("nodes"), attach="manged")
repo.grant(Role("nodes"), "ecr:ListImages", policy_nam="y")
repo.revoke(Role("nodes"), policy_nam="y")
repo.on_image_pushed(targett="arn:aws:sqs:eu-west-1:111122223333:pushes")
repo.on_image_scan_completed(scan_type="basic")
repo.on_image_pushed(state="OFF")
registry.on_image_finding(severities=["SEVERE"])
registry.authorization_token.grant_read(User("ci"), attach="x")
pull(Role("nodes"), onn="team/*")
on_image_pushed(image_tag="latest")
RepositorySpec("a/b", image_tag_mutability="immutable")
LifecycleRule(transition_to="glacier", since_image_pulled=3)
"""


def test_a_type_checker_finds_every_mistake_and_nothing_else(tmp_path: Path) -> None:
    text = HEAD + RIGHT + WRONG
    (tmp_path / "user.py").write_text(text)
    cache = ROOT / ".mypy_cache" / "user"
    command = ["--strict", "--config-file=", f"--cache-dir={cache}", "--no-error-summary", str(tmp_path / "user.py")]
    output, problems, _ = api.run(command)
    assert problems == ""
    lines = text.splitlines()
    flagged = {lines[int(number) - 1] for number in re.findall(r"user\.py:(\d+): error", output)}
    assert flagged == {line for line in WRONG.splitlines() if line}, output


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (Repository.ensure, {"image_scan_on_push", "lifecycle_rules", "tags", "on_change", "on_wait", "progress"}),
        (Repository.add_lifecycle_rule, {"tag_prefix_list", "max_image_count", "guard"}),
        (Repository.remove_lifecycle_rule, {"tag_prefix_list", "max_image_count", "guard"}),
        (Repository.grant_pull, {"on", "attach", "policy_name", "session"}),
        (Repository.grant, {"on", "attach", "policy_name", "session"}),
        (Repository.on_image_pushed, {"image_tags", "target", "state"}),
        (Registry.on_image_finding, {"severities", "scan_type", "repositories"}),
        (pull, {"on", "attach", "policy_name", "session"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_signature_of_a_verb_lists_its_options(function: object, options: set[str]) -> None:
    assert callable(function)
    assert options <= set(inspect.signature(function).parameters)


def test_ensure_takes_all_fields_of_a_spec_and_a_lifecycle_rule_is_added_by_all_of_its_fields() -> None:
    described = {"verbatim", "unread"}  # what only a description says
    fields = set(inspect.signature(RepositorySpec).parameters) - {"name"} - described
    of_ensure = {"self", "on_change", "on_wait", "progress", "misspelt", "positional"}
    assert fields == set(inspect.signature(Repository.ensure).parameters) - of_ensure
    fields = set(inspect.signature(LifecycleRule).parameters)
    for verb in (Repository.add_lifecycle_rule, Repository.remove_lifecycle_rule):
        assert fields == set(inspect.signature(verb).parameters) - {"self", "rule", "guard", "misspelt"}
