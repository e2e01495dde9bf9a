"""Whom the name in a policy stands for, as who asks. Pure.

Called by the linter and by the effects of plans, which ask about everybody whom a policy names.
"""

from __future__ import annotations

import re

from ecrops.access import words
from ecrops.access.answers.asking import Asker, asker_of
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.identities import Identity
from ecrops.access.principals.reach import EVERYONE, account_of
from ecrops.iam.evaluation.caller import Caller, Kind
from ecrops.iam.statements import plain_account

_ARN = re.compile(r"arn:[^:]+:iam::[0-9]{12}:(user|role)/(?:.*/)?([^/]+)")
_SESSION = re.compile(r"arn:[^:]+:sts::[0-9]{12}:(assumed-role|federated-user)/([^/]+)(?:/.+)?")
_OTHER_KINDS: dict[str, Kind] = {"Service": "service", "Federated": "federated"}


def asker_named(principal: str, documents: Documents) -> Asker | None:
    """Return who asks, by the name that a policy has for it.

    Args:
        principal: The kind of the name, a colon and the name: ``AWS:111122223333``, ``Service:lambda.amazonaws.com``.
        documents: What was read, with the users and roles of the account.

    Returns:
        Who asks; ``None`` if there is nobody of the name, or nobody knows who it is.
    """
    kind, _, name = principal.partition(":")
    if kind in _OTHER_KINDS:
        return Asker(Caller(_OTHER_KINDS[kind], name))
    if principal == EVERYONE:
        return Asker(Caller("everyone", "*"))
    account = account_of(name)
    if words.deleted(name):
        identity = documents.directory.by_id(name) if documents.directory else None
        return asker_of(identity, documents.account, documents.organization) if identity else None
    if kind != "AWS" or not account:
        return None
    if account == plain_account(name):
        return Asker(Caller("account", account, account))
    return _of_account(name, account, documents) if account == documents.account else _of_other(name, account)


def _of_account(name: str, account: str, documents: Documents) -> Asker | None:
    """Return a user, a role or a session of the registry's account; nobody, if it is certainly not there."""
    if ":federated-user/" in name:
        return _of_other(name, account)  # a session without an identity of its own: nobody lists these
    identity = identity_of(name, documents)
    if identity is None:
        is_known = documents.directory is not None and documents.directory.is_whole
        return None if is_known else _of_other(name, account)
    return asker_of(identity, account, documents.organization, name if ":sts:" in name else "")


def identity_of(arn: str, documents: Documents) -> Identity | None:
    """Return the user or role of the registry's account that an ARN is of, or whose session it is of."""
    if documents.directory is None:
        return None
    session = _SESSION.fullmatch(arn)
    if session is None:
        return documents.directory.by_arn(arn)
    return documents.directory.find("role", session[2]) if session[1] == "assumed-role" else None


def _of_other(name: str, account: str) -> Asker | None:
    """Return a user, a role or a session whose policies nobody knows."""
    found = _ARN.fullmatch(name)
    if found is None and not _SESSION.fullmatch(name):
        return None
    kind: Kind = "session" if found is None else "user" if found[1] == "user" else "role"
    return Asker(Caller(kind, name, account, has_boundary=None))
