"""Statements of a repository policy that deny what is granted: the notes that name them. Pure.

Called by the aspect of the repository policy. A note is written only if the statement is about every request of the
principal. A statement that depends on the request, such as a condition on an address, is no reason for one.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html (a denial wins)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ecrops.access import actions, leftovers, words
from ecrops.access.principals.reach import Reach, reach
from ecrops.access.removals import removal
from ecrops.base.render import several
from ecrops.iam.policy import Policy, Subject
from ecrops.iam.statements import Statement, denies, listed


def of_grant(name: str, subject: Subject, granted: Collection[str], policy: Policy) -> Iterator[str]:
    """Yield a note for each statement that denies a principal what it is granted.

    Args:
        name: The repository.
        subject: The principal.
        granted: The actions, with wildcards.
        policy: The repository policy after the edits.
    """
    for statement in policy.foreign:
        denied = denied_of(statement, granted)
        if denied and reach(statement, subject) is Reach.WHOLE:
            # a part of what is granted has no word of its own: it is named action by action
            what = (
                actions.words(denied)
                if len(denied) == len(set(granted))
                else several(map(actions.short, sorted(denied)))
            )
            may_not = f"{leftovers.in_words(subject)} may not {what}"
            limits = words.limits(statement.get("Condition") or {})
            yield (
                f"{name}: {may_not}, whatever is granted, by {leftovers.which(statement)} of the repository's policy"
                f"{limits}: {removal(statement, policy)} takes the whole statement away"
            )


def denied_of(statement: Statement, granted: Collection[str]) -> list[str]:
    """Return the actions, as they are granted, of which a statement denies a part."""
    if not denies(statement):
        return []
    written = listed(statement.get("Action", statement.get("NotAction", [])))
    patterns = [name for name in written if isinstance(name, str)]
    if "NotAction" not in statement:
        return [name for name in granted if any(actions.have_in_common(pattern, name) for pattern in patterns)]
    return [name for name in granted if _beside(name, patterns)]


def _beside(action: str, excluded: Collection[str]) -> bool:
    """Whether an action, as it is granted, means more than the actions that are excluded."""
    service = actions.service_of(action)
    return bool(actions.expanded([action], service) - actions.expanded(excluded, service))
