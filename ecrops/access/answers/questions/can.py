"""Whether somebody can do something with a repository, by every policy, and why.

Called by ``repository.can``, and by ``explain_denied`` and ``check_access``. It reads what decides, asks the evaluator,
and puts the answer into words. It decides nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable

import boto3

from ecrops.access.answers import missing, words
from ecrops.access.answers.answer import Answer
from ecrops.access.answers.asking import Context, Evaluation
from ecrops.access.answers.case import Case
from ecrops.access.answers.needs import Need, need_of
from ecrops.access.answers.questions import notes
from ecrops.access.answers.questions.asked import Asked, asked_of
from ecrops.access.answers.questions.callers import Found, find
from ecrops.access.answers.questions.context import check_used, context_of, spelled_keys
from ecrops.aws import Aws
from ecrops.base.problems import Problems


def can(
    aws: Aws,
    name: str,
    principal: object,
    verb_or_action: object,
    context: object = None,
    session: boto3.Session | None = None,
) -> Answer:
    """Return whether somebody can do something with a repository, and why.

    Args:
        aws: The account and region of the repository.
        name: The repository.
        principal: See ``asked_of``.
        verb_or_action: See ``need_of``.
        context: See ``context_of``.
        session: A session for the account of a user, role or group of another account.

    Raises:
        SpecError: An argument is wrong; with every reason.
        RepositoryNotFoundException: There is no such repository.
    """
    problems = Problems()
    asked = problems.take("principal", lambda: asked_of(principal))
    need = problems.take("", lambda: need_of(verb_or_action))
    known = problems.take("", lambda: context_of(context))
    problems.raise_any()
    assert asked is not None
    assert need is not None
    assert known is not None
    if asked.kind == "service":
        need = need.without_token()
    found = find(aws, name, asked, session)
    spelled = spelled_keys(found.policies)
    if found.asker is None:
        return _absent(found, need, name)
    check_used(context, spelled.values())
    case = case_of(found, name, need, known)
    return answered(case, notes.of(aws, case, found))


def case_of(found: Found, name: str, need: Need, known: Context) -> Case:
    """Return a question with the rulings of the evaluator."""
    assert found.asker is not None
    evaluation = Evaluation(found.documents, [name], known)
    rulings = evaluation.rulings(found.asker, need.all_actions)
    spelled = spelled_keys(found.policies)
    return Case(found.asked, need, evaluation, found.asker, rulings, spelled, found.unread)


def answered(case: Case, remarks: Iterable[str] = ()) -> Answer:
    """Return the answer to a question, in words.

    Args:
        case: The question.
        remarks: The notes.
    """
    allowed = case.allowed
    lines = sorted(words.sentences(case), key=words.order)
    lacking = missing.missing_of(case)
    denying = [line.text for line in lines if line.vote.statement.denies and line.vote.extent.at(0)]
    return Answer(
        allowed=allowed,
        principal=case.who,
        what=case.need.what,
        repository=case.name,
        because=(*notes.of_root(case), *(line.text for line in lines), *map(str, lacking)),
        missing=tuple(lacking),
        denied_by=tuple(denying),
        depends_on=tuple(dict.fromkeys(words.depends_on(case))) if allowed is None else (),
        notes=(*dict.fromkeys(remarks), words.UNSEEN),
    )


def _absent(found: Found, need: Need, name: str) -> Answer:
    """Return the answer about a user, role or group that is not there."""
    asked, account = found.asked, found.documents.account
    return Answer(
        allowed=False,
        principal=asked.words(account),
        what=need.what,
        repository=name,
        because=(_absence(asked, found),),
        notes=(*notes.of_deleted(found, need), words.UNSEEN),
    )


def _absence(asked: Asked, found: Found) -> str:
    kind, identity = asked.identity_kind, found.identity
    if identity is not None:
        return (
            f"there is no {kind} {asked.arn}: the {kind} {identity.name} of the account is {identity.arn}, and "
            "the path is a part of an ARN"
        )
    return f"there is no {kind} {asked.name} in account {asked.account}: deleted, or never made"
