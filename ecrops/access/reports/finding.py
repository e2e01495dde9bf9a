"""The principal that a user asks a matrix about, found by all the ways in which one is written. Pure."""

from __future__ import annotations

from ecrops.access import words
from ecrops.access.answers.askers import asker_named
from ecrops.access.answers.asking import Asker
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.questions.asked import Asked, asked_of
from ecrops.access.reports.judging import Judge
from ecrops.access.reports.parties import Party
from ecrops.aws import Arn
from ecrops.errors import SpecError
from ecrops.iam.evaluation.caller import Caller


def find(principal: object, judge: Judge) -> Party:
    """Return the party that a principal is; also one that no policy names.

    Args:
        principal: A principal, or a string that stands for one.
        judge: The policies, with all whom they are about.

    Raises:
        SpecError: It is no principal; or a user, role or group of the account that is not there; or the account itself.
    """
    asked, documents = asked_of(principal), judge.documents
    if asked.kind == "account" and asked.name == documents.account:
        raise SpecError(f"account {asked.name} has the repositories: ask about its users, roles and groups")
    is_here = asked.is_identity and asked.account in ("", documents.account)
    name = _name_here(asked, documents) if is_here else asked.arn or asked.name
    known = next((party for party in judge.parties.present if party.name == name), None)
    return known or _unnamed(name, asked, documents)


def _name_here(asked: Asked, documents: Documents) -> str:
    """Return the ARN of a user, role, group or session of the account.

    Raises:
        SpecError: There is no such user, role or group.
    """
    kind, directory = asked.identity_kind, documents.directory
    identity = directory.find(kind, asked.name) if directory else None
    is_another = identity is not None and bool(asked.path) and identity.arn != asked.arn
    if directory is not None and directory.is_whole and (identity is None or is_another):
        name = asked.arn if is_another else asked.name
        raise SpecError(f"there is no {kind} {name} in account {documents.account}: deleted, or never made")
    if asked.arn:
        return asked.arn
    resource = f"{kind}/{asked.name}"
    return identity.arn if identity else str(Arn(documents.partition, "iam", "", documents.account, resource))


def _unnamed(name: str, asked: Asked, documents: Documents) -> Party:
    """Return somebody whom no policy of a repository names, by an ARN, the id of an account, or a service."""
    kind = "Service" if asked.kind == "service" else "AWS"
    asker = asker_named(f"{kind}:{name}", documents)
    if asker is None:  # a group, of which nobody knows the policies
        asker = Asker(Caller(asked.kind, name, documents.account, has_boundary=None))
    who = asked.words(documents.account) if asker.caller.account == documents.account else words.who(name)
    return Party(who, asked.kind, name, asker, is_named=False, is_allowed=False)
