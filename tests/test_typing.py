"""A type checker finds what a user misspelt, and has nothing to say of what is right."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from mypy import api

from ecrops import LifecycleRule, Registry, Repository, RepositorySpec, pull
from user_program import HEAD, RIGHT, WRONG

ROOT = Path(__file__).resolve().parent.parent


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
