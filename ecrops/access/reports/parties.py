"""Whom a report is about: the users, groups and roles of the account, and all whom repository policies name. Pure.

Called by ``access`` and ``matrix``. A party has one name, whichever policy is about it. Everyone under a condition on
who calls is those who are left: an organization, accounts, roles. Nobody is asked anything here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ecrops.access import words
from ecrops.access.answers.askers import asker_named
from ecrops.access.answers.asking import Asker, Context, asker_of
from ecrops.access.answers.documents import Documents
from ecrops.access.principals.reach import EVERYONE, account_of
from ecrops.iam.evaluation.caller import Caller
from ecrops.iam.evaluation.compiled import CompiledStatement
from ecrops.iam.narrowing import narrowing
from ecrops.iam.policy import PRINCIPAL
from ecrops.iam.statements import plain_account

ARN, ACCOUNT = "aws:principalarn", "aws:principalaccount"
ORGANIZATION, PATHS = "aws:principalorgid", "aws:principalorgpaths"
_OWN_ORGANIZATION = re.compile(r"\$\{\s*aws:ResourceOrgID\s*\}", re.IGNORECASE)
NO_CONTEXT: Context = {}


class Party(NamedTuple):
    """Somebody whom a report is about.

    Args:
        who: The principal, in words.
        kind: ``user``, ``group``, ``role``, ``session``, ``account``, ``service``, ``federated``, ``organization`` or
            ``everyone``.
        name: The name that policies have for it: an ARN, the id of an account, the name of a service; empty for none.
        asker: The caller with its policies.
        context: What else is known of its requests.
        is_named: Whether a statement of a repository policy names it.
        is_allowed: Whether one of them allows something.
    """

    who: str
    kind: str
    name: str
    asker: Asker
    context: Context = NO_CONTEXT
    is_named: bool = True
    is_allowed: bool = True

    @property
    def is_only_denied(self) -> bool:
        """Whether it stands for all those whom a denial is about, and no allowance names it: they have rows."""
        return self.kind in ("everyone", "organization") and not self.is_allowed

    @property
    def needs_token(self) -> bool:
        """Whether it has to log in before it pulls or pushes: services of AWS do not."""
        return self.asker.caller.kind != "service"


class Absent(NamedTuple):
    """A principal that a repository policy names, and that is not there any more.

    Args:
        who: The principal, in words.
        mask: The repositories whose policies name it.
    """

    who: str
    mask: int


class Parties(NamedTuple):
    """All whom a report is about.

    Args:
        present: Those who are there: those of the account first.
        deleted: Those who were deleted, or never made.
    """

    present: tuple[Party, ...]
    deleted: tuple[Absent, ...]


def parties_of(documents: Documents, placed: Iterable[tuple[int, CompiledStatement]]) -> Parties:
    """Return whom a report is about.

    Args:
        documents: What was read.
        placed: The statements of repository policies, each with a mask of the repositories that have it.
    """
    present = {party.who: party for party in _of_directory(documents)}
    deleted: dict[str, int] = {}
    for mask, statement in placed:
        for found in _of_statement(statement, documents):
            if isinstance(found, str):
                deleted[found] = deleted.get(found, 0) | mask
            else:
                earlier = present.get(found.who, found._replace(is_allowed=False))
                is_allowed = earlier.is_allowed or statement.allows
                present[found.who] = earlier._replace(is_named=True, is_allowed=is_allowed)
    return Parties(tuple(present.values()), tuple(Absent(*pair) for pair in deleted.items()))


def _of_directory(documents: Documents) -> Iterator[Party]:
    for identity in documents.directory or ():
        asker = asker_of(identity, documents.account, documents.organization)
        yield Party(str(identity), identity.kind, identity.arn, asker, is_named=False, is_allowed=False)


def _of_statement(statement: CompiledStatement, documents: Documents) -> Iterator[Party | str]:
    """Yield those whom a statement names; one that was deleted by its words."""
    document = statement.document
    if statement.unreadable or statement.names is None:
        return
    if statement.excludes_names:
        yield Party(words.all_but(document["NotPrincipal"]), "everyone", "", Asker(Caller("everyone", "*")))
        return
    for principal in PRINCIPAL.read(document["Principal"]):
        if principal == EVERYONE:
            yield from _of_everyone(statement, documents)
        else:
            yield from _named(principal, documents)


def _named(principal: str, documents: Documents) -> Iterator[Party | str]:
    name = principal.partition(":")[2]
    if plain_account(name) == documents.account:
        return  # it leaves the decision to the policies of the account, and is nobody but its root user
    asker = asker_named(principal, documents)
    if asker is None:
        if gone := _gone(principal):
            yield gone
        return
    caller = asker.caller
    is_own = caller.account == documents.account and caller.kind in ("user", "role", "group")
    own = f"{caller.kind} {caller.name.rpartition('/')[2]}" if is_own else ""
    yield Party(own or words.who(caller.name), caller.kind, caller.name, asker)


def _gone(principal: str) -> str:
    """Return a principal that is not there, in words; empty if it is of a kind that calls nothing."""
    kind, _, name = principal.partition(":")
    if kind != "AWS":
        return ""
    return words.deleted(name) or f"{name} (there is none)"


# Everyone under a condition on who calls


def _of_everyone(statement: CompiledStatement, documents: Documents) -> Iterator[Party | str]:
    values = {test.key: test.values for test in narrowing(statement.document.get("Condition"))}
    arns = values.get(ARN, ())
    accounts = values.get(ACCOUNT) or tuple(dict.fromkeys(map(account_of, arns)))
    if arns and not any(map(_is_pattern, arns)):
        for arn in arns:
            yield from _named(f"AWS:{arn}", documents)
    elif arns and all(accounts):
        for arn in arns:
            if (account := account_of(arn)) != documents.account:
                yield Party(arn, "account", "", Asker(Caller("account", account, account)))
    elif accounts and not any(map(_is_pattern, accounts)):
        for account in accounts:
            yield from _named(f"AWS:{account}", documents)
    elif PATHS in values or ORGANIZATION in values:
        is_path = PATHS in values
        for value in values[PATHS if is_path else ORGANIZATION]:
            yield _organization(value, documents, is_path=is_path)
    else:
        yield Party("everyone", "everyone", "*", Asker(Caller("everyone", "*")))


def _organization(value: str, documents: Documents, *, is_path: bool) -> Party:
    if documents.organization:
        value = _OWN_ORGANIZATION.sub(documents.organization, value)
    organization = value.partition("/")[0]
    context: dict[str, tuple[str, ...]] = {} if _is_pattern(organization) else {ORGANIZATION: (organization,)}
    if is_path and not _is_pattern(value):
        context[PATHS] = (value,)
    who = f"organization path {value}" if is_path else f"organization {value}"
    return Party(who, "organization", "", Asker(Caller("everyone", "*")), context)


def _is_pattern(text: str) -> bool:
    return bool({"*", "?", "$"} & set(text))
