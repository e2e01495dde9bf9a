"""Whose events: one repository's, several repositories', those with a prefix, or all."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ecrops.aws import Arn
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.repositories.checks import check_name
from ecrops.repositories.values import repository_arn

_BEGINNING = re.compile(r"[a-z0-9][a-z0-9/._-]{0,255}")


@dataclass(frozen=True, slots=True)
class Prefix:
    """All repositories whose names start so, those of tomorrow too."""

    text: str


Selection = str | Sequence[str] | Prefix | None
"""The name of a repository, some names, a prefix, or ``None`` for all repositories of the registry."""


class Place(NamedTuple):
    """The account and region that events come from."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something here."""
        return str(Arn(self.partition, service, self.region, self.account, resource))

    def repository(self, name: str) -> str:
        """The ARN of a repository, or the beginning of some."""
        return repository_arn(self.partition, self.region, self.account, name)


SOMEWHERE = Place("aws", "eu-west-1", "123456789012")


def prefix(text: str) -> Prefix:
    """All repositories whose names start with ``text``, those of tomorrow too.

    Example:
        >>> prefix("team/")
        Prefix(text='team/')

    Raises:
        SpecError: It is not the beginning of a name.
    """
    if not isinstance(text, str) or not _BEGINNING.fullmatch(text):
        raise SpecError(
            "expected the beginning of the names of repositories, which are made of lower-case letters, digits, '/', "
            f"'.', '_' and '-', got {text!r}"
        )
    return Prefix(text)


def check_selection(selection: object) -> Selection:
    """A selection of repositories; one name in a list is that repository, and names are in no order.

    Raises:
        SpecError: It is none; with every reason.
    """
    if selection is None:
        return None
    if isinstance(selection, Prefix):
        return prefix(selection.text)
    if isinstance(selection, str):
        if selection.endswith("*"):
            raise SpecError(f"expected a name, got {selection!r}: write prefix({selection[:-1]!r}) for all of these")
        return check_name(selection)
    problems = Problems()
    mixed = isinstance(selection, Collection) and any(isinstance(each, Prefix) for each in selection)
    problems.check(not mixed, "", "expected names, or one prefix: give each prefix a rule of its own")
    problems.raise_any()
    names = tuple(sorted(set(problems.strings("", selection) or ())))
    problems.raise_any()
    problems.check(bool(names), "", "expected a repository at least; leave it out for all of them")
    for name in names:
        problems.take("", lambda name=name: check_name(name))  # type: ignore[misc]
    problems.raise_any()
    return names[0] if len(names) == 1 else names


def by_name(selection: Selection) -> list[Any]:
    """The values of a pattern that match the names of the repositories; none for all."""
    if isinstance(selection, Prefix):
        return [{"prefix": selection.text}]
    return [] if selection is None else list(_names(selection))


def by_arn(selection: Selection, place: Place) -> list[Any]:
    """The values of a pattern that match the ARNs of the repositories. All of them is a prefix too."""
    if isinstance(selection, Prefix) or selection is None:
        return [{"prefix": place.repository(selection.text if selection else "")}]
    return [place.repository(name) for name in _names(selection)]


def words(selection: Selection) -> str:
    """A selection in words."""
    if isinstance(selection, Prefix):
        return f"{selection.text}*"
    return "all repositories" if selection is None else ", ".join(_names(selection))


def _names(selection: str | Sequence[str]) -> Sequence[str]:
    return [selection] if isinstance(selection, str) else selection
