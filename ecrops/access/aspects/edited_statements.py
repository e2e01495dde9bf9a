"""Statements of ecrops that somebody edited by hand, and that a grant comes to stand beside. Pure.

Called by the aspects of policies. Such a statement is foreign, and stays as it is (``iam/sids``). A grant then allows
again what somebody may have narrowed, so a note says that the statement is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ecrops.access import actions, words
from ecrops.base.change import Note
from ecrops.iam.policy import NO_ACTIONS, Policy, Subject
from ecrops.iam.sids import is_reserved
from ecrops.iam.statements import Statement, allows, condition_text, listed


def notes(where: str, before: Policy, after: Policy) -> Iterator[Note]:
    """Yield a note for each edited statement about a subject and an action that the edits allow beside it.

    Args:
        where: The repository or the policy.
        before: The policy before the edits.
        after: The policy after the edits.
    """
    gained = {subject: names - before.allowed.get(subject, NO_ACTIONS) for subject, names in after.allowed.items()}
    for statement in filter(is_reserved, after.foreign):
        if any(_is_about(statement, after.element.name, subject, after, names) for subject, names in gained.items()):
            limits = words.limits(json.loads(condition_text(statement.get("Condition")) or "{}"))
            yield Note(
                f"{where}: somebody changed the statement {statement['Sid']!r} of ecrops"
                f"{limits and f', which allows its actions only{limits}'}: it stays as it is, and what is granted now "
                "stands beside it, without its limits"
            )


def _is_about(statement: Statement, element: str, subject: Subject, policy: Policy, names: frozenset[str]) -> bool:
    if not allows(statement) or element not in statement:
        return False
    subjects = {Subject(name) for name in policy.element.read(statement[element]) if isinstance(name, str)}
    written = [name for name in listed(statement.get("Action", [])) if isinstance(name, str)]
    return Subject(subject.name) in subjects and any(
        actions.have_in_common(one, other) for one in written for other in names
    )
