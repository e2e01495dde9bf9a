"""Prefixes: all repositories whose names start with a text, and the names that a verb over many of them is about.

Called by the verbs of a registry that take names or prefixes. EventBridge matches prefixes itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.repositories import calls
from ecrops.repositories.checks import check_existing_name, check_one_by_one

if TYPE_CHECKING:
    from ecrops.aws import Aws

_PREFIX = re.compile(r"[a-z0-9][a-z0-9/._-]{0,255}")


@dataclass(frozen=True, slots=True)
class Prefix:
    """All repositories whose names start with a text, also those that are made later."""

    text: str


def prefix(text: str) -> Prefix:
    """Return the selection of all repositories whose names start with ``text``, also those that are made later.

    Example:
        >>> prefix("team/")
        Prefix(text='team/')

    Raises:
        SpecError: No name of a repository can start with it.
    """
    if not isinstance(text, str) or not _PREFIX.fullmatch(text):
        is_wildcard = isinstance(text, str) and text.endswith("*") and bool(_PREFIX.fullmatch(text[:-1]))
        way_out = f"; write prefix({text[:-1]!r})" if is_wildcard else ""
        raise SpecError(
            "expected the beginning of the names of repositories, which are made of lower-case letters, digits, '/', "
            f"'.', '_' and '-', got {text!r}{way_out}"
        )
    return Prefix(text)


def check_selected(selection: Sequence[object], call: str) -> tuple[str | Prefix, ...]:
    """Return the names and prefixes that a verb was given.

    Args:
        selection: What it was given.
        call: How the verb is called, for the error: ``access(*names)``.

    Raises:
        SpecError: One is neither a name nor a prefix; with every reason.
    """
    check_one_by_one(selection, call)
    problems = Problems()
    checked = problems.each("", selection, _check, numbered=False)
    problems.raise_any()
    return tuple(checked)


def _check(value: object) -> str | Prefix:
    if isinstance(value, Prefix):
        return prefix(value.text)
    if isinstance(value, str) and value.endswith("*") and value != "*":
        raise SpecError(f"expected a name, got {value!r}: write prefix({value[:-1]!r}) for all of these")
    return check_existing_name(value)


def selected(aws: Aws, selection: Sequence[str | Prefix]) -> Iterator[str]:
    """Yield the names of repositories, each once: those given, those with a prefix, or all of the registry.

    The registry is listed for prefixes, and where nothing is given.

    Args:
        aws: The account and region.
        selection: What ``check_selected`` returned.
    """
    names = dict.fromkeys(item for item in selection if isinstance(item, str))
    yield from names
    beginnings = tuple(item.text for item in selection if isinstance(item, Prefix))
    if beginnings or not selection:
        every = (name for name, _ in calls.every(aws) if name not in names)
        yield from (name for name in every if not beginnings or name.startswith(beginnings))
