"""Statements that say something else than they seem to: the notes on those that come into a repository policy. Pure.

Called by the aspect of the repository policy. A statement that is in the policy already has no notes. Nothing here is
refused: ECR takes all of these statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecrops.access import leftovers, words
from ecrops.access.principals.named import is_for_any_account
from ecrops.access.principals.reach import EVERYONE, unexcepted_account
from ecrops.iam.narrowing import reasons, tests
from ecrops.iam.policy import PRINCIPAL, Policy
from ecrops.iam.statements import Statement, allows, meaning

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+")


def of_new(name: str, before: Policy, after: Policy) -> Iterator[str]:
    """Yield notes on the foreign statements that edits bring into a policy.

    Args:
        name: The repository.
        before: The policy before the edits.
        after: The policy after the edits.
    """
    known = set(map(meaning, before.foreign))
    for statement in after.foreign:
        if meaning(statement) not in known:
            which = f"{name}: {leftovers.which(statement)}"
            denied = (": ".join(found) for found in unexcepted(statement))
            yield from (f"{which} {text}" for text in (_of_allow(statement) if allows(statement) else denied))
            yield from (
                f"{which} {text}: expected arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE"
                for text in impossible_arns(statement)
            )


def _of_allow(statement: Statement) -> Iterator[str]:
    condition = statement.get("Condition")
    for principal in PRINCIPAL.read(statement.get("Principal", {})):
        kind, _, service = principal.partition(":")
        if principal == EVERYONE and (wide := reasons(condition)):
            yield f"lets in everybody with an AWS account, in spite of its condition: {'; '.join(wide)}"
        if kind == "Service" and is_for_any_account(condition):
            yield for_any_account(service)


def for_any_account(service: str) -> str:
    """Return the words for a service that is let in for whomever it works."""
    return (
        f"lets in {service} for whomever it works, in any account: a condition on aws:SourceArn, aws:SourceAccount or "
        "aws:SourceOrgID limits that, if the service sends the key"
    )


def unexcepted(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield whom a denial excepts without their account, so that it is about them too; each with the way out."""
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    for principal in PRINCIPAL.read(statement.get("NotPrincipal", {})):
        if account := unexcepted_account(statement, principal):
            who = words.who(principal.partition(":")[2])
            yield (
                f"excepts {who}, and not its account {account}, so it is about {who} too",
                'name the account in NotPrincipal too, or deny Principal "*" under the condition '
                '{"ArnNotEquals": {"aws:PrincipalArn": …}}',
            )


def impossible_arns(statement: Statement) -> Iterator[str]:
    """Yield which values of a condition no ARN equals."""
    for test in tests(statement.get("Condition")):
        for value in test.values if test.key.endswith("arn") else ():
            parts = value.split(":", 5)
            if "*" not in value.partition("arn:")[0] and (len(parts) < 6 or _REGION.fullmatch(parts[2])):
                yield f"compares {test.key} with {value!r}, which no ARN equals"
