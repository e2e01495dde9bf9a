"""Lifecycle policies that a command takes: ECR's JSON, rules of a fleet file, or a fleet file with repositories.

Called by the commands about lifecycle policies. It reads, and judges no rule.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecrops.cli.failures import CommandError
from ecrops.cli.fleet_files import STDIN, stdin_text

if TYPE_CHECKING:
    from ecrops.fleet.fleet import Fleet
    from ecrops.fleet.placeholders import Location
    from ecrops.fleet.reading import Text
    from ecrops.registry import Registry

POLICY = "a fleet file or a folder with some, a lifecycle policy in ECR's JSON form, or a list of rules; - is stdin"


class Lazily:
    """The account and the region of the options, for placeholders alone: nothing else asks for a registry."""

    def __init__(self, arguments: Namespace) -> None:
        self._arguments = arguments

    @property
    def account_id(self) -> str:
        """The account."""
        return self._registry.account_id

    @property
    def region(self) -> str:
        """The region."""
        return self._registry.region

    @cached_property
    def _registry(self) -> Registry:
        from ecrops.cli.account import registry_of

        return registry_of(self._arguments)


def policy_of(source: str, name: str, location: Location) -> Any:
    """Return the policy in a file; of a fleet file, the rules of one repository, with its defaults.

    Args:
        source: The file or the folder; ``-`` is stdin.
        name: The name of the repository.
        location: What placeholders stand for.

    Raises:
        CommandError: It is a fleet, and says nothing of the rules of this repository.
        SpecError: It cannot be read.
    """
    read = _read(source, location)
    if (fleet := _fleet(read)) is None:
        return read
    from ecrops.base.problems import hint

    spec = next((spec for spec in fleet.repositories if spec.name == name), None)
    if spec is None:
        raise CommandError(f"{source} has no repository {name!r}{hint(name, fleet.names) if fleet.names else ''}")
    if spec.lifecycle_rules is None:
        raise CommandError(f"{source} says no lifecycle_rules of {name}: without a POLICY, its present one is taken")
    return spec.lifecycle_rules


def policies_of(source: str, location: Location) -> list[tuple[str, Any]]:
    """Return the policies in a file: of a fleet file, those of all repositories that have rules, with their names.

    The name of a policy that is of no repository is empty.

    Args:
        source: As in ``policy_of``.
        location: As in ``policy_of``.
    """
    read = _read(source, location)
    if (fleet := _fleet(read)) is None:
        return [("", read)]
    with_rules = (spec for spec in fleet.repositories if spec.lifecycle_rules is not None)
    return [(spec.name, spec.lifecycle_rules) for spec in with_rules]


def _fleet(read: Any) -> Fleet | None:
    from ecrops.fleet.fleet import Fleet

    return read if isinstance(read, Fleet) else None


def _read(source: str, location: Location) -> Any:
    """Return a ``Fleet``, rules, or a document of ECR."""
    from ecrops.fleet.document import Findings
    from ecrops.fleet.placeholders import Values
    from ecrops.fleet.reading import READERS, decoded, read_with

    values = Values(None, None, location)
    if source != STDIN and Path(source).is_dir():
        return read_with([source], (), values)
    text = _text(source)
    document = READERS[text.format](decoded(text.content, text.name), text.name)
    if isinstance(document.value, Mapping) and "rules" not in document.value:
        return read_with((), [text], values)
    findings = Findings()
    findings.open(document)
    findings.raise_any()
    return _rules(document.value, text.name) if isinstance(document.value, list) else document.value


def _text(source: str) -> Text:
    from ecrops.fleet.reading import ENDINGS, Text

    if source == STDIN:
        return stdin_text()
    path = Path(source)
    format: Any = ENDINGS.get(path.suffix.lower(), "json")
    return Text(source, path.read_bytes(), format)


def _rules(value: list[Any], name: str) -> Any:
    """Return rules with the fields of a fleet file as values; those in ECR's form stay as they are."""
    from ecrops.base.problems import Problems
    from ecrops.errors import SpecError
    from ecrops.lifecycle.policy.rule import rules_from

    problems, fields = Problems(), {"lifecycle_rules": value}
    rules_from(problems, fields)
    try:
        problems.raise_any()
    except SpecError as error:
        reasons = (f"{name}: {reason.removeprefix('lifecycle_rules')}" for reason in error.reasons)
        raise SpecError(*reasons) from None
    return fields["lifecycle_rules"]
