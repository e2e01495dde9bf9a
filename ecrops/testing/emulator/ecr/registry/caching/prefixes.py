"""The prefixes that rules and templates are for: one key for each, and the longest one of the name of a repository."""

from __future__ import annotations

from collections.abc import Iterable


def key_of(prefix: str) -> str:
    """The model: "There is always an assumed / applied to the end of the prefix"."""
    return prefix.removesuffix("/")


def longest(keys: Iterable[str], repository: str) -> str:
    """The key of the longest prefix of a name; ROOT is for those that have none."""
    return max((key for key in keys if key != "ROOT" and repository.startswith(f"{key}/")), key=len, default="ROOT")
