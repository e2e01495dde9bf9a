"""Policies parsed once, for many questions. Pure.

A policy that cannot be parsed is not refused: it is *unreadable*, and what it could decide depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from ecrops.base.render import several
from ecrops.errors import SpecError
from ecrops.iam.evaluation.conditions import CompiledTest, compile_tests
from ecrops.iam.evaluation.naming import Names, names_of
from ecrops.iam.evaluation.variables import Template, template
from ecrops.iam.form import check_form
from ecrops.iam.statements import OLD_VERSION, allows, denies, listed, statements
from ecrops.iam.wildcards import covers


class Source(NamedTuple):
    """Where a statement is.

    Args:
        kind: What its policy is: ``repository policy``, ``inline policy``, ``managed policy``, ``boundary``.
        policy: The name of the policy; empty if it has none.
        statement: The ``Sid`` of the statement, or its number, such as ``statement 2``.
    """

    kind: str
    policy: str = ""
    statement: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.policy))) + (f": {self.statement}" if self.statement else "")


@dataclass(frozen=True, slots=True, eq=False)
class CompiledStatement:
    """One statement, parsed.

    Args:
        source: Where it is.
        document: The statement, as in the policy.
        allows: Whether it allows.
        denies: Whether it denies.
        actions: The patterns of its ``Action`` or ``NotAction``.
        excludes_actions: Whether they are of ``NotAction``.
        resources: The patterns of its ``Resource`` or ``NotResource``; ``None`` if it has neither.
        excludes_resources: Whether they are of ``NotResource``.
        names: Whom its ``Principal`` or ``NotPrincipal`` names; ``None`` if it has neither.
        excludes_names: Whether they are of ``NotPrincipal``.
        tests: The tests of its condition.
        unreadable: Why it cannot be read; empty if it can.
    """

    source: Source
    document: Mapping[str, Any]
    allows: bool = False
    denies: bool = False
    actions: tuple[str, ...] = ()
    excludes_actions: bool = False
    resources: tuple[Template, ...] | None = None
    excludes_resources: bool = False
    names: Names | None = None
    excludes_names: bool = False
    tests: tuple[CompiledTest, ...] = ()
    unreadable: str = ""
    keys: frozenset[str] = field(default=frozenset())

    @property
    def is_by_arn(self) -> bool:
        """Whether it names callers by their ARNs in its condition: a boundary does not limit what it allows everyone.

        A test that is met by all ARNs but some, or without one, names nobody.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html, on role principals.
        """
        by_arn = (test.names_values for test in self.tests if test.test.key == "aws:principalarn")
        return not self.excludes_names and any(by_arn)

    def covered(self, actions: tuple[str, ...]) -> tuple[str, ...]:
        """Return the actions of a question that it is about."""
        return actions if self.unreadable else _covered(self.actions, self.excludes_actions, actions)


@lru_cache(65_536)
def _covered(patterns: tuple[str, ...], excludes: bool, actions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(action for action in actions if any(covers(pattern, action) for pattern in patterns) != excludes)


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPolicy:
    """A policy, parsed.

    Args:
        source: What it is, and its name.
        document: The document; empty if it is unreadable.
        statements: Its statements. An unreadable policy has one, which is unreadable.
        unreadable: Why it cannot be read as a whole; empty if it can.
    """

    source: Source
    document: Mapping[str, Any]
    statements: tuple[CompiledStatement, ...]
    unreadable: str = ""

    @property
    def keys(self) -> frozenset[str]:
        """The keys that its conditions and variables ask for."""
        return frozenset[str]().union(*(statement.keys for statement in self.statements))


def compile_policy(document: object, kind: str, name: str = "") -> CompiledPolicy:
    """Parse a policy. It raises nothing: what cannot be read is unreadable.

    Args:
        document: The document, as JSON gives it.
        kind: What it is: see ``Source``.
        name: The name of the policy, if it has one.
    """
    try:
        checked = check_form(document)
    except SpecError as error:
        return unreadable_policy(kind, name, several(error.reasons))
    if "Statement" not in checked:
        return unreadable_policy(kind, name, "it has no Statement")
    version = str(checked.get("Version") or OLD_VERSION)
    compiled = tuple(
        _compiled(statement, Source(kind, name, _label(statement, number)), version)
        for number, statement in enumerate(statements(checked), 1)
    )
    return CompiledPolicy(Source(kind, name), checked, compiled)


def unreadable_policy(kind: str, name: str, reason: str) -> CompiledPolicy:
    """Return a policy that could not be read. What it could decide depends on it."""
    source = Source(kind, name)
    return CompiledPolicy(source, {}, (CompiledStatement(source, {}, unreadable=reason),), reason)


def _label(statement: Mapping[str, Any], number: int) -> str:
    return str(statement.get("Sid") or f"statement {number}")


def _compiled(statement: Mapping[str, Any], source: Source, version: str) -> CompiledStatement:
    try:
        tests = compile_tests(statement.get("Condition"), version)
    except ValueError as error:
        return CompiledStatement(source, statement, unreadable=str(error))
    excludes_actions, excludes_resources = "NotAction" in statement, "NotResource" in statement
    actions = listed(statement.get("NotAction", statement.get("Action", ())))
    if not actions or not (allows(statement) or denies(statement)):
        missing = "its Action" if not actions else "its Effect"
        return CompiledStatement(source, statement, unreadable=missing)
    has_resources = excludes_resources or "Resource" in statement
    patterns = listed(statement.get("NotResource", statement.get("Resource", ())))
    resources = tuple(template(str(pattern), version) for pattern in patterns) if has_resources else None
    excludes_names = "NotPrincipal" in statement
    has_names = excludes_names or "Principal" in statement
    keys = frozenset[str]().union(*(test.keys for test in tests), *(pattern.keys for pattern in resources or ()))
    return CompiledStatement(
        source=source,
        document=statement,
        allows=allows(statement),
        denies=denies(statement),
        actions=tuple(str(action).lower() for action in actions),
        excludes_actions=excludes_actions,
        resources=resources,
        excludes_resources=excludes_resources,
        names=names_of(statement.get("NotPrincipal", statement.get("Principal"))) if has_names else None,
        excludes_names=excludes_names,
        tests=tests,
        keys=keys,
    )
