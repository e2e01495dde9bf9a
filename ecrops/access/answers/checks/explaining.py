"""A message that denies access, explained: what all policies say of it now, beside the reason that AWS named.

Called by ``repository.explain_denied``. It asks the same question as ``can`` does, of the principal and the action in
the message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ecrops.access.answers.answer import Answer
from ecrops.access.answers.checks.denied import LAMBDA, Denial, denials_in
from ecrops.access.answers.needs import need_of
from ecrops.access.answers.questions.asked import asked_of
from ecrops.access.answers.questions.can import can
from ecrops.aws import Arn, Aws
from ecrops.errors import SpecError
from ecrops.iam.wildcards import matches
from ecrops.repositories.calls import arn_of
from ecrops.repositories.values import ECR, PUBLIC

_SEVERAL = "the text has several messages: this answers the first one about this repository"


def explain(aws: Aws, name: str, text: object) -> Answer:
    """Return what all policies say of a message that denies access.

    Args:
        aws: The account and region of the repository.
        name: The repository.
        text: The message, or a log with it.

    Raises:
        SpecError: It names nobody, no action of ECR, or another repository; with what to do instead.
        RepositoryNotFoundException: There is no such repository.
    """
    denials = denials_in(text)
    denial = _chosen(denials, arn_of(aws, name) if any(denial.resource != "*" for denial in denials) else "")
    if not denial.action.lower().startswith(f"{ECR}:") and denial.principal != LAMBDA:
        raise SpecError(_of_another_service(denial))
    try:
        asked_of(denial.principal)
        need_of(denial.action)
    except SpecError as error:
        raise SpecError(*(f"in the message: {reason}" for reason in error.reasons)) from None
    answer = can(aws, name, denial.principal, denial.action)
    return _compared(answer, denial, [*_of_verb(denial), *([_SEVERAL] if len(denials) > 1 else [])])


def _of_verb(denial: Denial) -> Iterator[str]:
    """Yield which question is about all that a pull or a push needs: AWS names one action at a time."""
    for verb in ("pull", "push"):
        if denial.action in need_of(verb).all_actions and denial.action != verb:
            yield f"this is about one action: repo.can({denial.principal!r}, {verb!r}) is about all that a {verb} needs"
            return


def _chosen(denials: list[Denial], arn: str) -> Denial:
    """Return the message that is about the repository.

    Raises:
        SpecError: None is; with whose it is.
    """
    of_ecr = [denial for denial in denials if denial.action.lower().startswith(f"{ECR}:")] or denials
    matching = [denial for denial in of_ecr if denial.resource in ("", "*") or matches(denial.resource, arn)]
    if matching:
        return matching[0]
    (denial, *_) = of_ecr
    if not denial.action.lower().startswith(f"{ECR}:"):
        raise SpecError(_of_another_service(denial))
    raise SpecError(f"the message is about {denial.resource}, and this is {arn}: {_way_out(denial.resource, arn)}")


def _way_out(resource: str, own: str) -> str:
    """Return how to ask about another repository."""
    try:
        named, current = Arn.parse(resource), Arn.parse(own)
    except SpecError:
        return "the ARN in the message is not whole"
    if named.service != ECR or not named.resource.startswith("repository/"):
        return "it is no repository of a private registry"
    name = named.resource.removeprefix("repository/")
    call = f"registry.repository({name!r}).explain_denied(text)"
    if (named.account, named.region) == (current.account, current.region):
        return call
    return f"make a Registry with a session for account {named.account} and region {named.region}, and {call} there"


def _of_another_service(denial: Denial) -> str:
    service = denial.action.partition(":")[0].lower()
    advice = {
        PUBLIC: "a public repository has policies of its own: see PublicRegistry",
        "kms": "who pulls or pushes needs no permission of KMS; who makes a repository with a key does, in the policy "
        "of the key or in an identity policy",
        "sts": "the trust policy of the role decides who may assume it, before any repository is asked",
        "iam": "an identity policy of the caller decides it",
    }.get(service, "no policy of a repository decides it")
    return f"{denial.action} is no action of ECR: {advice}"


def _compared(answer: Answer, denial: Denial, remarks: list[str]) -> Answer:
    """Return an answer beside the reason that AWS named."""
    if denial.principal == LAMBDA:
        return answer
    because = (str(denial), *answer.because)
    if denial.is_unseen:
        remarks = [f"a {denial.policy} cannot be seen from here: whoever manages it has to look at it", *remarks]
    elif answer.allowed is True:
        changed = "one was changed since, or IAM has not seen the change yet, or a policy that cannot be seen denies it"
        remarks = [f"by the policies as they are now it is allowed: {changed}", *remarks]
    notes = (*remarks, *answer.notes)
    if answer.allowed is True and denial.is_unseen:
        reason = f"a {denial.policy} that AWS named"
        return replace(answer, allowed=None, depends_on=(reason,), because=because, notes=notes)
    return replace(answer, because=because, notes=notes)
