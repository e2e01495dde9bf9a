"""``Quotas``: what AWS has raised on request, for the notes of plans. Pure.

Made from what users give to ``Registry``, and read by the aspects. A quota here refuses nothing: a plan that exceeds it
says so, and AWS decides. Limits that AWS does not raise are errors, and are where the values are checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from ecrops.base.problems import Problems, is_whole
from ecrops.errors import SpecError

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
SMALL_REGIONS = ("af-south-1", "eu-south-1")


@dataclass(frozen=True, slots=True)
class Quotas:
    """The quotas of an account in a region that AWS raises on request, where they are not the default ones.

    Args:
        rules: The rules of an event bus; by default 300, and 100 in ``af-south-1`` and ``eu-south-1``.
        pattern_characters: The characters of an event pattern; by default 2,048.

    Raises:
        SpecError: One is not a number above 0; with every reason.
    """

    rules: int | None = None
    pattern_characters: int = 2048

    def __post_init__(self) -> None:
        problems = Problems()
        for field in fields(self):
            value = getattr(self, field.name)
            is_right = (value is None and field.default is None) or (is_whole(value) and value > 0)
            problems.check(is_right, field.name, f"expected a whole number above 0, got {value!r}")
        problems.raise_any()

    def rules_in(self, region: str) -> int:
        """Return how many rules an event bus of a region has at most."""
        return self.rules or (100 if region in SMALL_REGIONS else 300)

    @classmethod
    def of(cls, value: object) -> Self:
        """Return quotas from what users give: a mapping, or ``None`` for the default ones.

        Raises:
            SpecError: It is none of them, or a name is misspelt; with every reason.
        """
        if value is None:
            return cls()
        if not isinstance(value, Mapping):
            raise SpecError(f'quotas: expected a mapping such as {{"rules": 1000}}, got {value!r}')
        problems = Problems()
        values = problems.known(value, [field.name for field in fields(cls)], "quotas")
        quotas = problems.take("quotas", lambda: cls(**values))
        problems.raise_any()
        return quotas  # type: ignore[return-value]


DEFAULT_QUOTAS = Quotas()
