"""The value that ``lint_access`` returns, its codes, and how grave each is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecrops.base.render import page
from ecrops.base.shown import Shown

HIGH, MEDIUM, LOW = "high", "medium", "low"
SEVERITIES: Mapping[str, str] = {
    "confused-deputy": MEDIUM,
    "deleted-principal": MEDIUM,
    "denied-grant": MEDIUM,
    "everyone": HIGH,
    "impossible-arn": MEDIUM,
    "loose-organization": HIGH,
    "misspelt-organization": MEDIUM,
    "no-login-token": MEDIUM,
    "not-principal": HIGH,
    "other-account": HIGH,
    "other-organization": HIGH,
    "own-account": LOW,
    "unread": LOW,
    "unreadable-policy": MEDIUM,
}
"""How grave a finding is, by its code."""
CODES = tuple(SEVERITIES)
"""The codes of findings. They stay: what a program acknowledges today it acknowledges with the next version."""


@dataclass(frozen=True, slots=True)
class AccessFinding(Shown):
    """Something about the policies of a registry that an auditor asks about.

    Args:
        code: What it is, such as ``everyone`` or ``other-account``. A code keeps its meaning in later versions.
        repository: The name of the repository; empty if it is about the registry, or about a principal.
        where: The policy, and the statement in it.
        message: What is so.
        way_out: What can be done about it.
    """

    code: str
    repository: str
    where: str
    message: str
    way_out: str

    @property
    def severity(self) -> str:
        """How grave it is: ``high``, ``medium`` or ``low``."""
        return SEVERITIES[self.code]

    def __str__(self) -> str:
        place = ": ".join(filter(None, (self.repository, self.where)))
        return page([f"{self.severity} {self.code}: {place}: {self.message}; {self.way_out}"])

    def _shown(self) -> Mapping[str, Any]:
        names = ("severity", "code", "repository", "where", "message", "way_out")
        return {name: getattr(self, name) for name in names}

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, ready for JSON."""
        return dict(self._shown())
