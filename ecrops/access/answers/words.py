"""The sentences of an answer: which statement allows or denies what, and what the answer depends on. Pure.

Called by ``questions/can``. It words the votes of statements, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ecrops.access import words as policy_words
from ecrops.access.answers.answer import names_of
from ecrops.access.answers.case import Case, certainly
from ecrops.base.render import several
from ecrops.iam.evaluation.compiled import Source
from ecrops.iam.evaluation.decide import Layer, Vote
from ecrops.iam.evaluation.naming import Way
from ecrops.iam.statements import Statement

UNSEEN = (
    "not seen: service control policies, resource control policies, session policies and VPC endpoint policies, which "
    "may deny what all others allow; nor tags of sessions, which aws:PrincipalTag conditions ask for too"
)
UNVERIFIED_REGISTRY = "whether an allowance of the registry policy is enough (AWS documents it nowhere)"
UNVERIFIED_BOUNDARY = "whether a permissions boundary limits an allowance of everyone (AWS documents it nowhere)"
UNVERIFIED_SERVICES = "whether an allowance of everyone is about services (AWS documents it nowhere)"
DELEGATES = "names the account alone, so that an identity policy has to allow it too"
MAX_CONDITION = 400
_WHO = "who calls"
"""How a vote says that it depends on who calls."""
_SIDES = (Layer.RESOURCE, Layer.REGISTRY)


class Sentence(NamedTuple):
    """What one statement says of some actions.

    Args:
        vote: What it says.
        actions: The actions.
        text: The sentence.
    """

    vote: Vote
    actions: tuple[str, ...]
    text: str


def source_text(source: Source) -> str:
    """Return where a statement is, such as ``inline policy ecrops, statement EcropsPull``."""
    policy = f" {source.policy}" if source.policy and source.kind != "repository policy" else ""
    label = source.statement.removeprefix("statement ")
    return f"{source.kind}{policy}{f', statement {label}' if label else ''}"


def place_text(case: Case, vote: Vote) -> str:
    """Return where a statement is, with whose policy it is."""
    text = source_text(vote.statement.source)
    is_of_caller = vote.layer in (Layer.IDENTITY, Layer.BOUNDARY) and not text.startswith("group ")
    return f"{policy_owner(case)}: {text}" if is_of_caller else text


def policy_owner(case: Case) -> str:
    """Return who has the policies of a caller, in words: those of a session are of its role."""
    asked = case.asked
    if asked.kind != "session":
        return case.who
    if not asked.name:  # of a federated user
        return "the user that called GetFederationToken"
    of_account = "" if case.is_here else f" of {asked.account}"
    return f"role {asked.name}{of_account}"


def limits(statement: Statement) -> str:
    """Return the condition of a statement in words, with a space before it; empty for none."""
    text = policy_words.limits(statement.get("Condition") or {})
    return text if len(text) <= MAX_CONDITION else f"{text[:MAX_CONDITION]}…"


def sentences(case: Case) -> Iterator[Sentence]:
    """Yield what statements say of the actions that are needed, one sentence for each, in the order of the policies."""
    by_statement: dict[tuple[int, bool, Way | None], tuple[Vote, list[str]]] = {}
    for action, ruling in case.rulings.items():
        for vote in ruling.votes:
            key = id(vote.statement), bool(vote.extent.at(0)), vote.way
            by_statement.setdefault(key, (vote, []))[1].append(action)
    for vote, actions in by_statement.values():
        if vote.layer is not Layer.BOUNDARY or vote.statement.denies or vote.statement.unreadable:
            yield Sentence(vote, tuple(actions), _sentence(case, vote, actions))


def order(sentence: Sentence) -> int:
    """Return where a sentence stands among others: what denies comes first, and what certainly does before all."""
    if not sentence.vote.statement.denies:
        return 2
    return 0 if sentence.vote.extent.at(0) else 1


def _sentence(case: Case, vote: Vote, actions: list[str]) -> str:
    statement, place = vote.statement, place_text(case, vote)
    if statement.unreadable:
        return f"{place} cannot be read, so that it may allow or deny anything: {statement.unreadable}"
    verb = "denies" if statement.denies else "allows"
    to_whom = f" {case.who}" if vote.layer in _SIDES else ""
    condition = limits(statement.document)
    behind = ""
    if verb == "allows" and vote.layer is Layer.RESOURCE and vote.way is Way.ACCOUNT and case.is_here:
        behind = f"; it {DELEGATES}"
    return f"{place} {verb}{to_whom} {names_of(actions)}{condition}{behind}"


def depends_on(case: Case) -> Iterator[str]:
    """Yield what the answer depends on: keys of conditions, and what is not known of policies."""
    for action, ruling in case.rulings.items():
        if ruling.allowed.at(0) is not None:
            continue
        if case.is_unread:
            yield unread_text(case)
        if case.undenied(action).at(0) is None:
            yield from _of_allowances(case, action)
        for vote in ruling.votes:
            if vote.denies:
                yield from _keys(case, vote)


def _of_allowances(case: Case, action: str) -> Iterator[str]:
    """Yield what it depends on whether the policies that were read allow an action."""
    ruling, both = case.rulings[action], case.needs_both(action)
    if not both or ruling.identity.at(0) is None:
        for vote in case.votes(action, Layer.IDENTITY, Layer.BOUNDARY):
            yield from _keys(case, vote) if vote.allows else ()
    if not both or ruling.resource.at(0) is None:
        for vote in case.votes(action, *_SIDES):
            if vote.allows and not (vote.way is Way.ACCOUNT and case.is_here and vote.layer is Layer.RESOURCE):
                yield from _keys(case, vote)
                yield from _unverified(case, vote, action)


def _unverified(case: Case, vote: Vote, action: str) -> Iterator[str]:
    if vote.statement.unreadable:
        return
    if vote.layer is Layer.REGISTRY:
        yield UNVERIFIED_REGISTRY
    elif vote.way is Way.EVERYONE and case.is_here and not _is_within_boundary(case, vote, action):
        yield UNVERIFIED_BOUNDARY


def _is_within_boundary(case: Case, vote: Vote, action: str) -> bool:
    """Whether no boundary limits an allowance of everyone, or it allows the action for certain."""
    if case.asker.caller.has_boundary is False or vote.statement.is_by_arn:
        return True
    return certainly(limit for limit in case.votes(action, Layer.BOUNDARY) if limit.statement.allows)


def unread_text(case: Case) -> str:
    """Return that the policies of a caller were not read, and why."""
    if case.asked.kind == "everyone":
        return "the policies of whoever calls"
    if case.asked.kind == "account":
        return f"the policies of the users and roles of account {case.asked.name}"
    if case.unread:
        reasons = dict.fromkeys(unread.why for unread in case.unread)
        return f"the policies of {policy_owner(case)}, which could not be read ({several(reasons)})"
    return f"the policies of {policy_owner(case)}, which were not read (session= reads them)"


def _keys(case: Case, vote: Vote) -> Iterator[str]:
    """Yield what a vote depends on, if it is not certain."""
    if vote.extent.at(0) is not None:
        return
    if vote.statement.unreadable:
        yield f"{place_text(case, vote)}, which cannot be read ({vote.statement.unreadable})"
        return
    for key in vote.keys:
        yield _of_names(case, vote) if key.startswith(_WHO) else case.spelled.get(key, key)


def _of_names(case: Case, vote: Vote) -> str:
    """Return why it is not certain that a statement names a caller."""
    where, kind = source_text(vote.statement.source), case.asked.kind
    if vote.statement.excludes_names:
        return f"whether {where}, which names all but some, is about {case.who}"
    if kind == "service":
        return UNVERIFIED_SERVICES
    return f"the name of the session ({where})" if kind == "role" else f"which user or role calls ({where})"
