"""What an auditor asks about one statement of a repository policy or of the registry policy. Pure.

Called by ``lint`` for each statement. Nothing here weighs one statement against another: see ``denied`` and ``logins``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ecrops.access import actions, words
from ecrops.access.aspects.statement_notes import impossible_arns, unexcepted
from ecrops.access.linting import organizations
from ecrops.access.linting.known import Known
from ecrops.access.linting.remark import Remark
from ecrops.access.principals.named import is_for_any_account
from ecrops.access.principals.reach import EVERYONE, account_of
from ecrops.aws import is_account
from ecrops.base.render import several
from ecrops.iam.narrowing import SOURCES, narrowing, reasons, tests
from ecrops.iam.policy import PRINCIPAL
from ecrops.iam.statements import Statement, allows, listed, plain_account

_ACCOUNTS = ("aws:principalaccount", "aws:sourceaccount")
_ARNS = ("aws:principalarn", "aws:sourcearn")
_NARROWED = 'name accounts in place of "*", or narrow it down: {"StringEquals": {"aws:PrincipalOrgID": "o-…"}}'
_SOURCES = (
    "a condition on aws:SourceArn, aws:SourceAccount or aws:SourceOrgID limits that, if the service sends the key"
)
_NOBODY = "this account has no such user or role"
_DELETED = "take the principal out; one that was made again under the name has to be named again"


def remarks(statement: Statement, known: Known, *, is_of_registry: bool = False) -> Iterator[Remark]:
    """Yield what an auditor asks about a statement.

    Args:
        statement: The statement.
        known: Whose registry it is, and whom somebody said to be meant.
        is_of_registry: Whether it is of the registry policy.
    """
    if allows(statement):
        yield from _wide(statement)
        yield from _other_accounts(statement, known)
        yield from _services(statement)
        if not is_of_registry:
            yield from _own_account(statement, known)
    else:
        yield from (Remark("not-principal", *found) for found in unexcepted(statement))
    yield from _deleted(statement, known)
    yield from organizations.remarks(statement, known)
    for message in impossible_arns(statement):
        yield Remark("impossible-arn", message, "correct it: until then no request meets that")


def may(statement: Statement) -> str:
    """Return what a statement allows or denies, in words."""
    if "NotAction" in statement:
        return f"do anything but {several(map(actions.short, map(str, listed(statement['NotAction']))))}"
    names = [name for name in listed(statement.get("Action", [])) if isinstance(name, str)]
    if {"*", "ecr:*"} & set(names):
        return "do anything"
    known = actions.words(actions.PULL if set(names) == set(actions.LAMBDA) else names)
    return known if known in actions.NAMES else several(sorted(map(actions.short, names)))


def _named(statement: Statement) -> list[str]:
    """Return the principals that a statement names, each as its kind, a colon and its name."""
    return PRINCIPAL.read(statement.get("Principal", statement.get("NotPrincipal", {})))


def _wide(statement: Statement) -> Iterator[Remark]:
    """Yield that a statement lets in everybody, or all but some."""
    condition = statement.get("Condition")
    if "NotPrincipal" in statement:
        message = f"lets {words.all_but(statement['NotPrincipal'])} {may(statement)}, in whichever account they are"
        yield Remark(
            "not-principal", message, "name those whom it is for, in Principal: IAM does not support the other"
        )
    elif EVERYONE in _named(statement) and not narrowing(condition):
        why = "; ".join(reasons(condition))
        in_spite = f", in spite of its condition: {why}" if why else ""
        keys = {test.key for test in tests(condition)}
        code = "loose-organization" if keys & {*organizations.IDS, *organizations.PATHS} else "everyone"
        yield Remark(code, f"lets everyone with an AWS account {may(statement)}{in_spite}", _NARROWED)


def _other_accounts(statement: Statement, known: Known) -> Iterator[Remark]:
    """Yield each account that a statement lets in, and that nobody said to be meant."""
    found: dict[str, list[str]] = {}
    if "NotPrincipal" not in statement:
        for principal in _named(statement):
            found.setdefault(account_of(principal), []).append(words.who(principal.partition(":")[2]))
    for account, key in _accounts_of_conditions(statement):
        found.setdefault(account, []).append(f"account {account} by {key}") if account not in found else None
    for account, names in found.items():
        if known.is_foreign(account):
            message = f"lets {several(dict.fromkeys(names))} {may(statement)}, and {account} is not in accounts="
            yield Remark("other-account", message, f"say accounts=[{account!r}] if it is meant to, or take it out")


def _accounts_of_conditions(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield the accounts that a condition lets in, each with the key that it is named by."""
    for test in tests(statement.get("Condition")):
        if "not" in test.operator or test.operator == "null":
            continue
        for value in test.values if test.key in _ACCOUNTS else ():
            if is_account(value):
                yield value, test.key
        for value in test.values if test.key in _ARNS else ():
            parts = value.split(":", 5)
            if len(parts) == 6 and is_account(parts[4]):
                yield parts[4], test.key


def _services(statement: Statement) -> Iterator[Remark]:
    """Yield the services that are let in for whomever they work."""
    condition = statement.get("Condition")
    if not is_for_any_account(condition):
        return
    of_sources = [test for test in tests(condition) if test.key in SOURCES]
    why = "; ".join(reasons(condition)) if of_sources else ""
    in_spite = f", in spite of its condition: {why}" if why else ""
    for principal in _named(statement):
        kind, _, service = principal.partition(":")
        if kind == "Service":
            message = f"lets {service} {may(statement)} for whomever it works, in any account{in_spite}"
            yield Remark("confused-deputy", message, _SOURCES)


def _own_account(statement: Statement, known: Known) -> Iterator[Remark]:
    """Yield that a statement allows the own account, by which no user or role is allowed anything yet."""
    if "Principal" in statement and known.account in map(_plain, _named(statement)):
        message = (
            f"names this account, {known.account}: that alone lets no user or role {may(statement)}, a policy of "
            "theirs has to allow it too"
        )
        yield Remark("own-account", message, "name the users and roles that it is for, or leave it to their policies")


def _plain(principal: str) -> str:
    return plain_account(principal.removeprefix("AWS:"))


def _deleted(statement: Statement, known: Known) -> Iterator[Remark]:
    """Yield the users and roles that a statement names, and that were deleted, or never made."""
    for principal in _named(statement):
        name = principal.removeprefix("AWS:")
        if (gone := words.deleted(name)) and not known.is_there(name):
            yield Remark("deleted-principal", f"names {gone}", _DELETED)
        elif _is_missing(name, known):
            yield Remark("deleted-principal", f"names {name}, and {_NOBODY}", _DELETED)
    conditions = (test.values for test in tests(statement.get("Condition")) if test.key == "aws:principalarn")
    for arn in dict.fromkeys(chain.from_iterable(conditions)):
        if not {"*", "?", "$"} & set(arn) and _is_missing(arn, known):
            message = f"asks for aws:principalarn {arn}, and {_NOBODY}"
            yield Remark("deleted-principal", message, "correct the ARN, with its path, or take it out")


def _is_missing(name: str, known: Known) -> bool:
    """Whether a name is the ARN of a user or role that the account certainly has not."""
    is_identity = account_of(name) == known.account and (":user/" in name or ":role/" in name)
    return is_identity and known.is_there(name) is False
