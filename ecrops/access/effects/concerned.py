"""Whom and which repositories the changes of a plan concern: what differs between the policies before and after. Pure.

Called by ``reading``. Statements are compared by what they say of one resource: that a policy lists one repository more
says nothing of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ecrops.access import actions, words
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.identities import Identity
from ecrops.access.effects.overlay import Key
from ecrops.access.principals.named import ORGANIZATION
from ecrops.access.principals.reach import EVERYONE
from ecrops.iam.evaluation.compiled import CompiledPolicy, CompiledStatement
from ecrops.iam.policy import PRINCIPAL
from ecrops.iam.statements import listed, meaning, plain_account

_EVERYTHING = "*"
ORGANIZATIONS = "Organization"


def resources(before: Iterable[CompiledPolicy | None], after: Iterable[CompiledPolicy | None]) -> frozenset[str]:
    """Return the patterns of resources of which policies say something else afterwards, about what repositories have.

    Args:
        before: The policies before.
        after: The policies after.
    """
    old, new = frozenset(_parts(before)), frozenset(_parts(after))
    return frozenset(pattern for _, pattern in old ^ new)


def _parts(policies: Iterable[CompiledPolicy | None]) -> Iterator[tuple[str, str]]:
    """Yield each statement for each of its resources."""
    every = tuple(sorted(actions.about_repositories()))
    for policy in policies:
        for statement in policy.statements if policy else ():
            if statement.covered(every):
                text = _without(statement, "Sid", "Resource")
                excludes = statement.excludes_resources or statement.resources is None
                for pattern in [_EVERYTHING] if excludes else listed(statement.document["Resource"]):
                    yield text, str(pattern)


def _without(statement: CompiledStatement, *elements: str) -> str:
    document = statement.document or {"Sid": statement.unreadable}
    return meaning({key: value for key, value in document.items() if key not in elements})


class Named(NamedTuple):
    """Whom policies of repositories name that are about to differ.

    Args:
        principals: Those named, each as its kind, a colon and its name; an organization as ``Organization:o-…``.
        is_everybody: Whether every user and role of the account is concerned.
        delegations: The new statements that allow the account itself, each with its repository.
    """

    principals: tuple[str, ...]
    is_everybody: bool
    delegations: tuple[tuple[str, CompiledStatement], ...]


def named(before: Documents, after: Documents, names: Iterable[str]) -> Named:
    """Return whom the differing statements of the policies of repositories, and of the registry policy, name.

    Args:
        before: The policies before.
        after: The policies after.
        names: The repositories whose own policies the plan changes, makes or removes.
    """
    pairs = {name: (before.policies.get(name), after.policies.get(name)) for name in names}
    principals: dict[str, None] = {}
    is_everybody, delegations = False, list[tuple[str, CompiledStatement]]()
    for name, (old, new) in {**pairs, "": (before.registry, after.registry)}.items():
        parts_before, parts_after = dict(_principals(old)), dict(_principals(new))
        for key in parts_before.keys() ^ parts_after.keys():
            statement = parts_before.get(key) or parts_after[key]
            is_own = plain_account(key[1].removeprefix("AWS:")) == before.account
            is_everybody |= is_own or key[1] == EVERYONE
            if is_own and statement.allows:
                delegations += [(name, statement)] if name and key in parts_after else []
            else:
                principals[_narrowed(key[1], statement)] = None
    return Named(tuple(sorted(principals)), is_everybody, tuple(delegations))


def _narrowed(principal: str, statement: CompiledStatement) -> str:
    """Return everyone under a condition on one organization as that organization."""
    condition = statement.document.get("Condition") or {}
    found = words.organization(condition) if principal == EVERYONE and statement.allows else ""
    name = found.removeprefix("organization ")
    return f"{ORGANIZATIONS}:{name}" if ORGANIZATION.fullmatch(name) else principal


def _principals(policy: CompiledPolicy | None) -> Iterator[tuple[tuple[str, str], CompiledStatement]]:
    """Yield each statement for each principal that it names. All but some are everyone."""
    for statement in policy.statements if policy else ():
        text = _without(statement, "Sid", "Principal")
        of_all = statement.excludes_names or statement.unreadable
        for principal in [EVERYONE] if of_all else PRINCIPAL.read(statement.document.get("Principal", {})):
            yield (text, principal), statement


def identities(
    before: Documents, after: Documents, keys: Iterable[Key], named: Named
) -> list[tuple[Identity, Identity]]:
    """Return the users, roles and groups that are concerned, before and after.

    Args:
        before: The policies before.
        after: The policies after.
        keys: Those whose policies the plan changes.
        named: Whom the policies of repositories name.
    """
    if before.directory is None or after.directory is None:
        return []
    found: dict[Key, tuple[Identity, Identity]] = {}
    for identity in before.directory:
        key = identity.kind, identity.name
        later = after.directory.find(*key) or identity
        is_named = named.is_everybody or f"AWS:{identity.arn}" in named.principals
        if key in keys or later is not identity or is_named:
            found[key] = identity, later
    return list(found.values())
