"""The policies of many resources, found by whom they name. Pure.

Of a caller, only those statements are asked that could name it, and one that many resources have is asked once. A
statement for everyone, under the condition that a caller has a certain ARN or account, is found by these. So a question
about thousands of callers and resources grows with the number of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ecrops.iam.evaluation.caller import Caller
from ecrops.iam.evaluation.compiled import CompiledPolicy, CompiledStatement
from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.evaluation.naming import account_of
from ecrops.iam.evaluation.operators import OF_ITSELF
from ecrops.iam.narrowing import Test
from ecrops.iam.statements import OLD_VERSION, meaning

Key = tuple[str, str]
Placed = tuple[int, CompiledStatement]
"""A mask of the resources that have a statement, and the statement."""
ANYBODY: Key = ("anybody", "")
_NARROWING = ("aws:principalarn", "aws:principalaccount", "aws:principalorgid")
"""The keys by whose values statements for everyone are found."""


class ResourcePolicies:
    """The statements of resource policies, each with the resources that have it.

    Args:
        policies: Masks of resources, and the policy that they have.
    """

    def __init__(self, policies: Iterable[tuple[int, CompiledPolicy]] = ()) -> None:
        self._placed: dict[str, Placed] = {}
        for mask, policy in policies:
            version = str(policy.document.get("Version") or OLD_VERSION)  # it says whether ${…} is a variable
            for number, statement in enumerate(policy.statements):
                self._add(mask, statement, version, f"{mask}:{number}")
        self._by_key: dict[Key, dict[int, Placed]] = {}
        for number, (mask, statement) in enumerate(self._placed.values()):
            for key in set(_keys(statement)):
                self._by_key.setdefault(key, {})[number] = mask, statement

    def _add(self, mask: int, statement: CompiledStatement, version: str, place: str) -> None:
        same = place if statement.unreadable else f"{version} {meaning({**statement.document, 'Sid': ''})}"
        if same in self._placed:
            earlier, statement = self._placed[same]
            mask |= earlier
        self._placed[same] = mask, statement

    def about(self, caller: Caller, facts: Facts) -> Iterator[Placed]:
        """Yield the statements that may be about a request of a caller, in their order."""
        yield from self._found((*keys_of_caller(caller), *_keys_of_facts(facts))).values()

    def naming(self, caller: Caller, facts: Facts) -> Iterator[Placed]:
        """Yield those of them that are found by who the caller is, and are not about everybody too."""
        keys = (key for key in (*keys_of_caller(caller), *_keys_of_facts(facts)) if key != ANYBODY)
        about_everybody = self._by_key.get(ANYBODY, {})
        yield from (placed for number, placed in self._found(keys).items() if number not in about_everybody)

    def about_everybody(self) -> Iterator[Placed]:
        """Yield the statements that may be about a request whoever calls."""
        yield from self._found([ANYBODY]).values()

    def _found(self, keys: Iterable[Key]) -> dict[int, Placed]:
        """Return the statements of some keys, by their numbers and in their order."""
        found: dict[int, Placed] = {}
        for key in keys:
            found |= self._by_key.get(key, {})
        return {number: found[number] for number in sorted(found)}

    def statements(self) -> Iterator[Placed]:
        """Yield all statements, in their order."""
        yield from self._placed.values()


def _keys(statement: CompiledStatement) -> Iterator[Key]:
    """Yield the keys under which a statement is found."""
    if statement.unreadable or statement.excludes_names:
        yield ANYBODY
    else:
        yield from keys_of_names(statement)


def keys_of_names(statement: CompiledStatement) -> Iterator[Key]:
    """Yield the keys of those whom a statement names in its ``Principal`` or ``NotPrincipal``."""
    for kind, names in (statement.names or {}).items():
        for name in names:
            if kind != "AWS":
                yield "other", name
            elif name == "*":
                yield from _keys_of_everyone(statement)
            elif account := account_of(name):
                parts = name.split("/")
                is_session = ":sts:" in name
                yield "identity", f"{account}/{parts[1] if is_session else parts[-1]}"
                yield "within", account
            else:
                yield "name", name


def _keys_of_everyone(statement: CompiledStatement) -> Iterator[Key]:
    """Yield the keys of a statement for everyone: the values of a test that only callers of these values can meet."""
    narrowing = next((test.test for test in statement.tests if _is_narrowing(test.test)), None)
    if narrowing is None:
        yield ANYBODY
        return
    yield "any value", narrowing.key
    for value in narrowing.values:
        yield narrowing.key, value


def _is_narrowing(test: Test) -> bool:
    is_plain = test.key in _NARROWING and test.operator in OF_ITSELF and not test.quantifier and not test.if_exists
    return is_plain and not any({"*", "?", "$"} & set(value) for value in test.values)


def _keys_of_facts(facts: Facts) -> Iterator[Key]:
    for key in _NARROWING:
        values = facts.get(key)
        if values is None:
            yield "any value", key
        for value in values or ():
            yield key, value


def keys_of_caller(caller: Caller) -> Iterator[Key]:
    """Yield the keys of the statements that may name a caller."""
    yield ANYBODY
    yield "other", caller.name
    yield "name", caller.account
    if caller.unique_id:
        yield "name", caller.unique_id
    if caller.kind in ("account", "group"):
        yield "within", caller.account
    elif caller.account:
        yield "identity", f"{caller.account}/{caller.role_name or caller.name.rpartition('/')[2]}"
