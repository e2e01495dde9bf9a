"""``{account}`` and ``{region}`` in the strings of a fleet file. Pure.

``{{name}}`` stands for ``{name}``. Other braces mean nothing: JSON in a string, and variables of IAM such as
``${aws:username}``, stay as they are. Keys are never filled in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ecrops.aws import is_account, is_region
from ecrops.base.problems import hint
from ecrops.errors import SpecError
from ecrops.fleet.document import Findings, Origin

_BRACES = re.compile(r"(\$?)(\{+)([A-Za-z_]\w*)(\}+)")


class Location(Protocol):
    """What a registry knows of itself: a ``Registry`` is one."""

    @property
    def account_id(self) -> str:
        """The account; asking for it may call AWS."""

    @property
    def region(self) -> str:
        """The region."""


class Values:
    """What placeholders stand for. It is asked for when a placeholder is met, and not before.

    Args:
        account: The account, for ``{account}``.
        region: The region, for ``{region}``.
        registry: Whose account and region they are, where they are not given.
    """

    def __init__(self, account: str | None, region: str | None, registry: Location | None) -> None:
        _check(account, region)
        of_registry: dict[str, Callable[[], str]] = {}
        if registry is not None:
            of_registry = {"account": lambda: registry.account_id, "region": lambda: registry.region}
        self._asked = of_registry
        self._known = {name: value for name, value in (("account", account), ("region", region)) if value is not None}

    def get(self, name: str) -> str:
        """Return what a placeholder stands for.

        Raises:
            SpecError: There is no such placeholder, or nobody said what it stands for.
        """
        if name not in ("account", "region"):
            way_out = hint(name, ["account", "region"], "{", "}")
            raise SpecError(f"{{{name}}} is no placeholder{way_out}; write {{{{{name}}}}} for the text itself")
        if name not in self._known:
            if name not in self._asked:
                raise SpecError(f"{{{name}}} is not known here: read the file with {name}=, or with registry=")
            self._known[name] = self._asked[name]()
        return self._known[name]


def _check(account: object, region: object) -> None:
    if account is not None and not is_account(account):
        raise SpecError(f"account: expected the 12 digits of an account as a string, got {account!r}")
    if region is not None and not is_region(region):
        raise SpecError(f"region: expected a region, such as 'eu-west-1', got {region!r}")


def fill_in(origin: Origin, values: Values, findings: Findings) -> None:
    """Fill in the placeholders of a document, in place.

    Args:
        origin: The document.
        values: What placeholders stand for.
        findings: Takes a reason for each placeholder that is wrong.
    """
    seen: set[int] = set()  # what has several aliases is filled in once

    def visit(part: Any, origin: Origin) -> None:
        if id(part) in seen:
            return
        seen.add(id(part))
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            if isinstance(value, dict) and value in ({"account": None}, {"region": None}):
                (name,) = value
                findings.replace(
                    origin.at(key), f"YAML takes {{{name}}} without quotes for a mapping: write '{{{name}}}'"
                )
            elif isinstance(value, dict | list):
                visit(value, origin.at(key))
            elif isinstance(value, str) and "{" in value:
                try:
                    part[key] = filled(value, values)
                except SpecError as error:
                    findings.replace(origin.at(key), "; ".join(error.reasons))

    if isinstance(origin.document.value, dict | list):
        visit(origin.document.value, origin)


def filled(text: str, values: Values) -> str:
    """Return a text with its placeholders filled in.

    Raises:
        SpecError: With every placeholder that is wrong.
    """
    reasons: list[str] = []

    def replaced(match: re.Match[str]) -> str:
        dollar, opening, name, closing = match.groups()
        if min(len(opening), len(closing)) > 1:
            return f"{dollar}{opening[1:]}{name}{closing[1:]}"
        if dollar and name not in ("account", "region"):
            return match[0]
        if dollar:
            reasons.append(f"${{{name}}} is no placeholder: write {{{name}}}")
            return match[0]
        try:
            return f"{opening[1:]}{values.get(name)}{closing[1:]}"
        except SpecError as error:
            reasons.extend(error.reasons)
            return match[0]

    result = _BRACES.sub(replaced, text)
    if reasons:
        raise SpecError(*reasons)
    return result


def escaped(value: Any) -> Any:
    """Return JSON with its strings as a fleet file has them, so that nothing in them is a placeholder."""
    if isinstance(value, str):
        return _BRACES.sub(r"\1{\2\3\4}", value)
    if isinstance(value, Mapping):
        return {key: escaped(part) for key, part in value.items()}
    return [escaped(part) for part in value] if isinstance(value, list) else value
