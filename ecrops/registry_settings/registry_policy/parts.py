"""The parts of a registry policy, for the difference that a change makes. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ecrops.access import actions
from ecrops.iam.policy import PRINCIPAL, Policy
from ecrops.iam.sids import is_reserved
from ecrops.iam.statements import Document, Statement, condition_text, listed, meaning, statements
from ecrops.registry_settings.registry_policy.statements import PULL_THROUGH, REPLICATION, Permission


def parts(document: Document) -> set[str]:
    """Return all that a document says, as canonical text: a statement of ecrops has a part for each repository."""
    every = statements(document)
    own = [statement for statement in every if is_reserved(statement) and permission_of(statement)]
    foreign = {**document, "Statement": [statement for statement in every if statement not in own]}
    remaining = Policy.parse(foreign, PRINCIPAL, actions.sid).parts if len(own) < len(every) else frozenset[str]()
    return {*remaining, *(part for statement in own for part in _of_statement(statement))}


def _of_statement(statement: Statement) -> Iterator[str]:
    for resource in listed(statement["Resource"]):
        yield f"allow {meaning({**statement, 'Sid': '', 'Resource': resource})}"


def permission_of(statement: Statement) -> Permission | None:
    """Return what a statement of ecrops allows; ``None`` if it is none."""
    principal = statement.get("Principal")
    name = principal.get("AWS") if isinstance(principal, dict) else None
    if not isinstance(name, str):
        return None
    condition = condition_text(statement.get("Condition"))
    permissions = (Permission(purpose, name, condition) for purpose in (REPLICATION, PULL_THROUGH))
    policy = Policy(PRINCIPAL, actions.sid, foreign=(statement,))
    return next((permission for permission in permissions if permission.find(policy)), None)
