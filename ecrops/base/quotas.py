"""``Quotas``: what AWS has raised on request, for the notes of plans. Pure.

Made from what users give to ``Registry``, and read by the aspects. A quota here refuses nothing: a plan that exceeds it
says so, and AWS decides. Limits that AWS does not raise are errors, and are where the values are checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

from ecrops.base.problems import Problems, is_whole
from ecrops.errors import SpecError

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
SMALL_REGIONS = ("af-south-1", "eu-south-1")


class Quotas(NamedTuple):
    """The quotas of an account in a region that AWS raises on request, where they are not the default ones.

    Args:
        rules: The rules of an event bus; by default 300, and 100 in ``af-south-1`` and ``eu-south-1``.
        pattern_characters: The characters of an event pattern; by default 2,048.
    """

    rules: int | None = None
    pattern_characters: int = 2048

    def rules_in(self, region: str) -> int:
        """Return how many rules an event bus of a region has at most."""
        return self.rules or (100 if region in SMALL_REGIONS else 300)

    @classmethod
    def of(cls, value: object) -> Self:
        """Return quotas from what users give: a mapping, or ``None`` for the default ones.

        Raises:
            SpecError: It is none of them, a name is misspelt, or a value is not a number above 0; with every reason.
        """
        if value is None:
            return cls()
        if not isinstance(value, Mapping):
            raise SpecError(f'quotas: expected a mapping such as {{"rules": 1000}}, got {value!r}')
        problems = Problems()
        values = problems.known(value, cls._fields, "quotas")
        for name, number in values.items():
            is_right = (number is None and cls._field_defaults[name] is None) or (is_whole(number) and number > 0)
            problems.check(is_right, f"quotas.{name}", f"expected a whole number above 0, got {number!r}")
        problems.raise_any()
        return cls(**values)


DEFAULT_QUOTAS = Quotas()
