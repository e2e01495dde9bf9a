"""The answer of ecrops compared with that of IAM's own simulator, action by action.

Called by ``repository.check_access``. Both are asked about the same half: for a user its policies and the policy of the
repository, for a role or a group its own policies alone, since the simulator simulates no resource policies for these.
Both are told the same of the request.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ecrops.access.answers.asking import Context, Evaluation
from ecrops.access.answers.case import Case
from ecrops.access.answers.checks.check import AccessCheck, Comparison
from ecrops.access.answers.checks.simulator import PERMISSION, Decision, simulated
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.needs import TOKEN, need_of
from ecrops.access.answers.questions.asked import Asked, asked_of
from ecrops.access.answers.questions.callers import Found, find
from ecrops.access.answers.questions.can import case_of
from ecrops.access.answers.questions.context import check_used, context_of, spelled_keys
from ecrops.aws import DENIED, Arn, Aws, ClientError, code_of
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.statements import statements
from ecrops.iam.text import to_iam_text

MISSING = "NoSuchEntity"
_TYPES = {"aws:securetransport": "boolean", "aws:viaawsservice": "boolean", "aws:principalisawsservice": "boolean"}
_TYPES |= {"aws:currenttime": "date", "aws:epochtime": "numeric", "aws:sourceip": "ip"}


def check(aws: Aws, name: str, principal: object, verb_or_action: object, context: object = None) -> AccessCheck:
    """Return how the simulator answers beside ecrops.

    Args:
        aws: The account and region of the repository.
        name: The repository.
        principal: A user, a role, a group, or a session of a role, of the account.
        verb_or_action: See ``need_of``.
        context: See ``context_of``.

    Raises:
        SpecError: The principal is none that IAM simulates, or another argument is wrong.
        ClientError: There is no such principal; or the caller may not ask.
    """
    problems = Problems()
    asked = problems.take("principal", lambda: asked_of(principal))
    need = problems.take("", lambda: need_of(verb_or_action))
    known = problems.take("", lambda: context_of(context))
    problems.raise_any()
    assert asked is not None
    assert need is not None
    assert known is not None
    _check_simulated(aws, asked)
    found = find(aws, name, asked, None)
    half = replace(found, documents=_half(found.documents, with_policy=asked.kind == "user"))
    case = None
    if half.asker is not None:
        check_used(context, spelled_keys(found.policies).values())
        case = case_of(half, name, need, known)
    source = found.identity.arn if found.identity else _arn(found)
    try:
        decisions = {decision.action: decision for decision in _decisions(aws, source, half, need.all_actions, known)}
    except ClientError as error:
        _explain(error, source, found)
        raise
    rows = [_compared(action, case, decisions.get(action)) for action in need.all_actions]
    return AccessCheck(
        principal=asked.words(found.documents.account),
        what=need.what,
        repository=name,
        comparisons=tuple(rows),
        notes=tuple(_notes(asked, half)),
    )


def _check_simulated(aws: Aws, asked: Asked) -> None:
    if not asked.is_identity:
        raise SpecError(f"principal: IAM simulates users, roles and groups, and {asked.words('')} is none: ask can()")
    if asked.account not in ("", aws.account_id):
        raise SpecError(
            f"principal: {asked.words(aws.account_id)} is of another account, whose IAM alone simulates its policies: "
            "can(principal, verb, session=...) reads both sides"
        )


def _half(documents: Documents, *, with_policy: bool) -> Documents:
    """Return the policies that the simulator is asked about: not the registry policy, which it does not take."""
    policies = documents.policies if with_policy else dict.fromkeys(documents.policies)
    return replace(documents, policies=policies, registry=None)


def _arn(found: Found) -> str:
    documents, asked = found.documents, found.asked
    resource = f"{asked.identity_kind}/{asked.name}"
    return asked.arn if asked.path else str(Arn(documents.partition, "iam", "", documents.account, resource))


def _decisions(aws: Aws, source: str, half: Found, actions: tuple[str, ...], known: Context) -> Iterator[Decision]:
    (name,) = half.documents.policies
    evaluation = Evaluation(half.documents, [name], known)
    entries = list(_entries(evaluation, half))
    context = {"ContextEntries": entries} if entries else {}
    on_repository = [action for action in actions if action != TOKEN]
    if on_repository:
        yield from simulated(
            aws, source, on_repository, evaluation.universe.arns, **context, **_resource_policy(half, name, source)
        )
    if TOKEN in actions:
        yield from simulated(aws, source, [TOKEN], ["*"], **context)


def _resource_policy(half: Found, name: str, source: str) -> dict[str, str]:
    """Return the policy of the repository as the simulator takes it: its statements are about the resources asked.

    The owner is the ARN of a root user: IAM refuses a bare id (https://github.com/boto/botocore/issues/1346).
    """
    policy = half.documents.policies[name]
    if policy is None or policy.unreadable:
        return {}
    document = {**policy.document}
    document["Statement"] = [{"Resource": "*", **statement} for statement in statements(policy.document)]
    owner = Arn(half.documents.partition, "iam", "", half.documents.account, "root")
    return {"ResourcePolicy": to_iam_text(document), "ResourceOwner": str(owner), "CallerArn": source}


def _entries(evaluation: Evaluation, half: Found) -> Iterator[dict[str, Any]]:
    """Yield what is known of the request, of the keys that policies ask for."""
    if half.asker is None:
        return
    facts: Facts = evaluation.universe.facts(0).over(evaluation.facts(half.asker))
    for key in sorted(frozenset().union(*(policy.keys for policy in half.policies))):
        if values := facts.get(key):
            kind = _TYPES.get(key, "string")
            kind = kind if len(values) == 1 else f"{kind}List"
            yield {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": kind}


def _compared(action: str, case: Case | None, decision: Decision | None) -> Comparison:
    ours = case.rulings[action].allowed.at(0) if case is not None else False
    if decision is None:
        return Comparison(action, ours, None, "no answer", "IAM's simulator did not answer")
    return Comparison(action, ours, decision.allowed, decision.verdict, _why(ours, decision))


def _why(ours: bool | None, decision: Decision) -> str:
    """Return why the simulator may answer otherwise; empty if it does not."""
    if ours is None or decision.allowed is None or ours == decision.allowed:
        return f"it depends on {', '.join(decision.missing)}" if decision.missing else ""
    if decision.by_organization is False:
        return "a service control policy does not allow it, which ecrops does not see"
    if ours:
        return "a service control policy may deny it, which the simulator sees and ecrops does not"
    return "the policies may have changed between the two readings; if not, one of both is wrong: a real call tells"


def _notes(asked: Asked, half: Found) -> Iterator[str]:
    if asked.kind != "user":
        yield (
            f"compared is what the policies of {asked.identity_kind} {asked.name} say: IAM's simulator simulates no "
            f"policies of repositories for a {asked.identity_kind}; can() weighs them too"
        )
    elif any(policy is not None and policy.unreadable for policy in half.documents.policies.values()):
        yield "the policy of the repository cannot be read, and was not simulated"
    yield "the registry policy, session policies and VPC endpoint policies are in neither of the two"


def _explain(error: ClientError, source: str, found: Found) -> None:
    asked = found.asked
    if code_of(error) in DENIED:
        error.add_note(f"check_access asks IAM's simulator, which needs {PERMISSION} on {source}; can() does without")
    elif code_of(error) == MISSING and found.asker is not None and found.identity is None and not asked.path:
        error.add_note(
            f"the policies of {asked.identity_kind} {asked.name} could not be read, and so not its path, which IAM's "
            f"simulator wants: give its whole ARN; or there is no such {asked.identity_kind}"
        )
    elif code_of(error) == MISSING:
        error.add_note(f"there is no {asked.identity_kind} {asked.name}: deleted, or never made")
