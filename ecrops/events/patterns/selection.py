"""The repositories whose events are meant: one repository, several, those with a prefix, or all. Pure.

Called by ``Event``, and by every kind of event pattern. It turns a selection into the values of a pattern.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from ecrops.aws import Arn
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.repositories.checks import check_name
from ecrops.repositories.prefixes import Prefix, prefix
from ecrops.repositories.values import repository_arn

Selection = str | Sequence[str] | Prefix | None
"""The name of a repository, several names, a prefix, or ``None`` for all repositories of the registry."""


class Location(NamedTuple):
    """The account and region that events come from."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        return str(Arn(self.partition, service, self.region, self.account, resource))

    def repository(self, name: str) -> str:
        """Return the ARN of a repository; of a prefix of names, the beginning that their ARNs share."""
        return repository_arn(self.partition, self.region, self.account, name)


EXAMPLE_LOCATION = Location("aws", "eu-west-1", "123456789012")
Place = Location  # the name that targets/permissions imports


def check_selection(selection: object) -> Selection:
    """Return a selection of repositories in one form: a list of one name is that name, and lists are sorted.

    Raises:
        SpecError: It is not a selection; with every reason.
    """
    if selection is None:
        return None
    if isinstance(selection, Prefix):
        return prefix(selection.text)
    if isinstance(selection, str):
        return _check_name(selection)
    problems = Problems()
    mixed = isinstance(selection, Collection) and any(isinstance(item, Prefix) for item in selection)
    problems.check(not mixed, "", "expected names, or one prefix: give each prefix a rule of its own")
    problems.raise_any()
    names = tuple(sorted(set(problems.strings("", selection) or ())))
    problems.raise_any()
    problems.check(bool(names), "", "expected a repository at least; leave it out for all of them")
    problems.each("", names, lambda name: _check_name(name, ", in a rule of its own"), numbered=False)
    problems.raise_any()
    return names[0] if len(names) == 1 else names


def _check_name(name: str, where: str = "") -> str:
    """Return the name of a repository. A wildcard in its place is a usual mistake."""
    if name == "*":
        raise SpecError("expected a name, got '*': leave repositories out for all of them")
    if name.endswith("*"):
        raise SpecError(f"expected a name, got {name!r}: write prefix({name[:-1]!r}) for all of these{where}")
    return check_name(name)


def by_name(selection: Selection) -> list[Any]:
    """Return the values of a pattern that match the names of the repositories; an empty list for all."""
    if isinstance(selection, Prefix):
        return [{"prefix": selection.text}]
    return [] if selection is None else list(_names(selection))


def by_arn(selection: Selection, location: Location) -> list[Any]:
    """Return the values of a pattern that match the ARNs of the repositories. For all of them it is a prefix too."""
    if isinstance(selection, Prefix) or selection is None:
        return [{"prefix": location.repository(selection.text if selection else "")}]
    return [location.repository(name) for name in _names(selection)]


def words(selection: Selection) -> str:
    """Return a selection in words."""
    if isinstance(selection, Prefix):
        return f"{selection.text}*"
    return "all repositories" if selection is None else ", ".join(_names(selection))


def _names(selection: str | Sequence[str]) -> Sequence[str]:
    return [selection] if isinstance(selection, str) else selection
