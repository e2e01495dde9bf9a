"""Whether a request meets the condition of a statement. Pure.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.evaluation.operators import WITH_VARIABLES, Fit, fit_of, is_negated
from ecrops.iam.evaluation.variables import Template, template
from ecrops.iam.narrowing import Test, tests


class Truth(NamedTuple):
    """Whether something holds.

    Args:
        value: Whether; ``None`` if that depends.
        keys: The keys that it depends on.
    """

    value: bool | None
    keys: tuple[str, ...] = ()


TRUE, FALSE = Truth(True), Truth(False)


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return whether all hold."""
    keys: list[str] = []
    for truth in truths:
        if truth.value is False:
            return FALSE
        keys += truth.keys
    return Truth(None, tuple(dict.fromkeys(keys))) if keys else TRUE


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return whether one holds."""
    return inverted(all_of(map(inverted, truths)))


def inverted(truth: Truth) -> Truth:
    """Return whether it does not hold."""
    return truth if truth.value is None else Truth(not truth.value)


class CompiledTest(NamedTuple):
    """One test of a condition, parsed.

    Args:
        test: The test.
        fit: What tells whether values fit; ``None`` for ``Null``.
        values: The values of the policy.
    """

    test: Test
    fit: Fit | None
    values: tuple[Template, ...]

    @property
    def keys(self) -> frozenset[str]:
        """The keys that it asks for."""
        return frozenset((self.test.key,)).union(*(value.keys for value in self.values))

    @property
    def names_values(self) -> bool:
        """Whether only a request that has one of its values meets it."""
        test = self.test
        is_loose = test.if_exists or test.quantifier == "forallvalues:" or is_negated(test.operator)
        return self.fit is not None and not is_loose

    def truth(self, facts: Facts) -> Truth:
        """Return whether a request meets it."""
        test = self.test
        found = facts.get(test.key)
        if found is None:
            return Truth(None, (test.key,))
        if self.fit is None:  # Null
            return Truth(("false" if found else "true") in (value.lower() for value in test.values))
        negated = is_negated(test.operator)
        if not found:
            return Truth(test.if_exists or test.quantifier == "forallvalues:" or (negated and not test.quantifier))
        truths = (self._of_value(value, facts, negated) for value in found)
        needs_all = test.quantifier == "forallvalues:" or (negated and not test.quantifier)
        return all_of(truths) if needs_all else any_of(truths)

    def _of_value(self, value: str, facts: Facts, negated: bool) -> Truth:
        truth = any_of(self._fits(value, facts))
        return inverted(truth) if negated else truth

    def _fits(self, value: str, facts: Facts) -> Iterator[Truth]:
        assert self.fit is not None
        for text in self.values:
            filled = text.filled(facts)
            if filled.unknown:
                yield Truth(None, filled.unknown)
            else:
                yield Truth(not filled.is_nothing and self.fit(value, filled))


def compile_tests(condition: Any, version: str) -> tuple[CompiledTest, ...]:
    """Return the tests of a condition, all of which have to be met.

    Raises:
        ValueError: IAM has no such operator.
    """
    return tuple(_compiled(test, version) for test in tests(condition))


def _compiled(test: Test, version: str) -> CompiledTest:
    fit = fit_of(test.operator)
    if fit is None and (test.operator != "null" or test.if_exists):
        raise ValueError(f"the condition operator {test.operator!r}")
    has_variables = test.operator.startswith(WITH_VARIABLES)
    return CompiledTest(test, fit, tuple(template(value, version if has_variables else "") for value in test.values))


def met(compiled: Iterable[CompiledTest], facts: Facts) -> Truth:
    """Return whether a request meets all tests."""
    return all_of(test.truth(facts) for test in compiled)
