"""Which names it is about: those with a prefix, or all of the registry. Pure.

Called by the verbs, before any call. A prefix that says too little is refused: what it names may be deleted.
"""

from __future__ import annotations

from collections.abc import Collection

from ecrops.errors import SpecError
from ecrops.iam.wildcards import matches
from ecrops.registry_settings.pull_through_cache.values import ROOT
from ecrops.repositories.prefixes import Prefix, prefix

ENDS = "/._-"
"""What a prefix ends with, so that it is no beginning of the names of others."""


class Within:
    """The names that are looked at.

    Args:
        beginning: What they begin with; empty for all of the registry.
    """

    def __init__(self, beginning: str = "") -> None:
        self.beginning = beginning

    def __str__(self) -> str:
        return f"{self.beginning}*"

    def has(self, name: str) -> bool:
        """Whether it has a name. Of a wildcard, the part before the first ``*`` or ``?``."""
        return name.startswith(self.beginning)

    def has_all(self, template: str) -> bool:
        """Whether it has all names that a creation template with this prefix is for."""
        return not self.beginning if template == ROOT else self.has(f"{template}/")


def matching(name: str, names: Collection[str]) -> list[str]:
    """Return those of some names that a name, or a wildcard of names, stands for.

    Args:
        name: The name, or a wildcard as a policy of IAM has it. Most are none, and there may be thousands.
        names: The names.
    """
    if not set("*?$") & set(name):
        return [name] if name in names else []
    return [other for other in names if matches(name, other)]


def check_within(within: object, everything: object) -> Within:
    """Return the names that ``unmanaged`` is about.

    Raises:
        SpecError: Neither a prefix nor everything is asked for, or both are.
    """
    if not isinstance(everything, bool):
        raise SpecError(f"everything: expected True or False, got {everything!r}")
    if within is None and not everything:
        raise SpecError('within: expected a prefix, such as within=prefix("team/"); everything=True is the registry')
    if everything and within is not None:
        raise SpecError("everything: it is the whole registry: leave within= out, or everything=True")
    return Within() if everything else check_prefix(within, "within")


def check_prefix(value: object, path: str) -> Within:
    """Return the names with a prefix.

    Args:
        value: The prefix.
        path: The name of the argument.

    Raises:
        SpecError: It is none, or names of others begin with it too.
    """
    if not isinstance(value, Prefix):
        way_out = f": write prefix({value.removesuffix('*')!r})" if isinstance(value, str) and value else ""
        raise SpecError(f'{path}: expected a prefix, such as prefix("team/"), got {value!r}{way_out}')
    try:
        text = prefix(value.text).text
    except SpecError as error:
        raise error.at(path) from None
    if text[-1] not in ENDS:
        raise SpecError(
            f"{path}: {text!r} is the beginning of names such as '{text}2/api' too, which may be those of others: "
            f"write prefix('{text}/')"
        )
    return Within(text)
