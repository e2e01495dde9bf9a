"""What conditions ask for, so far as it tells requests apart. Pure.

Called by ``everybody``. A thousand statements may ask for the ARN of the caller, each for another one. All callers
whom none of them names look the same to them: what counts of a text is which of the values it is, and which patterns
it fits.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from ecrops.iam.evaluation.compiled import CompiledStatement
from ecrops.iam.evaluation.conditions import CompiledTest
from ecrops.iam.evaluation.facts import NO_FACTS, Facts
from ecrops.iam.evaluation.operators import OF_ITSELF, Fit, positive
from ecrops.iam.evaluation.variables import Filled


class Distinction:
    """What some statements ask for.

    Args:
        statements: The statements.
    """

    def __init__(self, statements: Iterable[CompiledStatement]) -> None:
        self._whole: set[str] = set()
        self._values: dict[str, set[str]] = {}
        self._patterns: dict[str, dict[tuple[Fit, Filled], None]] = {}
        for statement in statements:
            self._whole.update(*(pattern.keys for pattern in statement.resources or ()))
            for test in statement.tests:
                self._add(test)
        self._keys = sorted({*self._whole, *self._values})

    def _add(self, test: CompiledTest) -> None:
        key, operator = test.test.key, positive(test.test.operator)
        values, patterns = self._values.setdefault(key, set()), self._patterns.setdefault(key, {})
        for value in test.values:
            self._whole.update(value.keys)  # a variable: the text of this key counts as it is
            filled = value.filled(NO_FACTS)
            if operator in OF_ITSELF and not {"*", "?"} & set(filled.text):
                values.add(filled.text)
            elif test.fit is not None and not value.keys:
                patterns[test.fit, filled] = None

    def of(self, facts: Facts) -> tuple[Hashable, ...]:
        """Return what is known of a request, so far as it tells it apart from others."""
        return tuple(self._of_key(key, facts) for key in self._keys)

    def _of_key(self, key: str, facts: Facts) -> Hashable:
        texts = facts.get(key)
        if texts is None or key in self._whole:
            return texts
        return tuple(self._of_text(key, text) for text in texts)

    def _of_text(self, key: str, text: str) -> Hashable:
        value = text if text in self._values[key] else None
        return value, tuple(fit(text, filled) for fit, filled in self._patterns[key])
