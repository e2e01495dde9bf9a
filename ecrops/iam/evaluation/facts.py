"""What is known of a request: the keys that conditions and variables of policies ask for. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Values = tuple[str, ...]


class Facts:
    """The keys of a request. A key has values, or is known to be missing, or is not known.

    Args:
        values: The values by key. A key without values is known to be missing.
        families: What the keys begin with of which all are known, such as ``aws:principaltag/``: a key of a family
            that has no values is missing.
    """

    __slots__ = ("families", "values")

    def __init__(self, values: Mapping[str, Iterable[str]], families: Iterable[str] = ()) -> None:
        self.values: dict[str, Values] = {key.lower(): tuple(texts) for key, texts in values.items()}
        self.families = tuple(family.lower() for family in families)

    def get(self, key: str) -> Values | None:
        """Return the values of a key in lower case; none if it is missing, and ``None`` if that is not known."""
        values = self.values.get(key)
        if values is None and key.startswith(self.families):
            return ()
        return values

    def over(self, base: Facts) -> Facts:
        """Return these facts, and those of ``base`` that they do not have."""
        return Facts({**base.values, **self.values}, (*base.families, *self.families))


NO_FACTS = Facts({})
