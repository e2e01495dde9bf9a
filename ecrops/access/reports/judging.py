"""What IAM makes of all statements, for each party of a report. Pure.

Called by ``access`` and ``matrix``. It asks the evaluator, and puts what a row says into words. It decides nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, reduce

from ecrops.access import actions
from ecrops.access.answers.asking import Evaluation
from ecrops.access.answers.case import Case
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.needs import TOKEN, Need, need_of
from ecrops.access.answers.questions.asked import Asked
from ecrops.access.answers.questions.context import spelled_keys
from ecrops.access.answers.words import depends_on, source_text
from ecrops.access.reports.matrix_row import MatrixRow
from ecrops.access.reports.parties import Parties, Party, parties_of
from ecrops.access.reports.repositories import Repositories
from ecrops.access.reports.row import SHOWN_VERBS, PrincipalAccess, VerbAccess
from ecrops.iam.evaluation.decide import Layer, Ruling
from ecrops.iam.evaluation.extent import Extent, surely
from ecrops.iam.evaluation.naming import Way

Rulings = Mapping[str, Ruling]
_WAY_OUT = " (session= reads them)"  # of a question; a report takes no session
_MATRIX_ACTIONS = tuple(dict.fromkeys(action for verb in SHOWN_VERBS for action in need_of(verb).all_actions))
_SIDES = (Layer.IDENTITY, Layer.RESOURCE, Layer.REGISTRY)


class Judge:
    """The policies that decide about some repositories, and all whom they are about.

    Args:
        documents: What was read.
        is_registry: Whether the repositories are all of the registry.
    """

    def __init__(self, documents: Documents, *, is_registry: bool = False) -> None:
        self.documents = documents
        names = sorted(documents.policies)  # as the bits of Repositories are
        self.evaluation = Evaluation(documents, names, for_many=len(names) > 1)
        self.repositories = Repositories(self.evaluation.names, is_registry=is_registry)
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        self._unread = tuple(problem for problem in documents.unread if problem.permission.startswith("iam:"))

    @cached_property
    def parties(self) -> Parties:
        """All whom a report is about."""
        return parties_of(self.documents, self.evaluation.resource_policies.statements())

    @cached_property
    def _spelled(self) -> Mapping[str, str]:
        documents = self.documents
        of_identities = {
            id(policy): policy
            for identity in documents.directory or ()
            for policy in (*identity.policies, identity.boundary)
            if policy is not None
        }
        others = (policy for policy in (*documents.policies.values(), documents.registry) if policy is not None)
        return spelled_keys((*others, *of_identities.values()))

    def rulings(self, party: Party, asked: Iterable[str]) -> Rulings:
        """Return the ruling for each action. Bit ``i`` of its extents is repository ``i``."""
        return self._about(party).rulings(party.asker, asked)

    def _about(self, party: Party) -> Evaluation:
        if not party.context:
            return self.evaluation
        _ = self.evaluation.resource_policies  # made once for all copies
        evaluation = copy.copy(self.evaluation)
        evaluation.context = {**evaluation.context, **party.context}
        return evaluation

    def row(self, party: Party) -> PrincipalAccess:
        """Return what a party can do with the first repository."""
        rulings = self.rulings(party, (*sorted(actions.about_repositories()), TOKEN))
        allowed = {action: ruling.allowed.at(0) for action, ruling in rulings.items() if action != TOKEN}
        verbs = {verb: self._verb(party, need_of(verb), rulings) for verb in SHOWN_VERBS}
        is_able = any(verb.allowed is not False or verb.lacks_token for verb in verbs.values())
        everything = Need("everything", tuple(allowed))
        because = () if is_able else tuple(dict.fromkeys(_allowing(self._case(party, everything, rulings))))
        return PrincipalAccess(
            who=party.who,
            kind=party.kind,
            name=party.name,
            verbs=verbs,
            because=because,
            certain=self._kept(action for action, value in allowed.items() if value),
            possible=self._kept(action for action, value in allowed.items() if value is not False),
            token=self._token(party, rulings),
        )

    def matrix_row(self, party: Party) -> MatrixRow:
        """Return what a party can do with all repositories."""
        rulings = self.rulings(party, _MATRIX_ACTIONS)
        extents = {verb: self._extent(rulings, need_of(verb).actions) for verb in SHOWN_VERBS}
        return MatrixRow(party.who, party.kind, party.name, self._token(party, rulings), extents, self.repositories)

    def extent(self, party: Party, need: Need) -> Extent:
        """Return with which repositories a party can do something, with the token if that is needed."""
        need = need if party.needs_token else need.without_token()
        return self._extent(self.rulings(party, need.all_actions), need.all_actions)

    def _extent(self, rulings: Rulings, needed: Iterable[str]) -> Extent:
        """Return where all actions are allowed that something needs."""
        allowed = (rulings[action].allowed for action in needed)
        return reduce(Extent.both, allowed, surely(self.repositories.everything))

    def _token(self, party: Party, rulings: Rulings) -> bool | None:
        """Return whether a party can get the token to log in; ``None`` if that depends."""
        if not party.needs_token:
            return True
        allowed = rulings[TOKEN].allowed
        return True if allowed.certain else None if allowed.possible else False

    def _verb(self, party: Party, need: Need, rulings: Rulings) -> VerbAccess:
        need = need if party.needs_token else need.without_token()
        case = self._case(party, need, rulings)
        token = rulings[TOKEN].allowed.at(0) if need.token else True
        values = [rulings[action].allowed.at(0) for action in need.actions]
        return VerbAccess(
            allowed=case.allowed,
            because=tuple(dict.fromkeys(_allowing(case))),
            denied_by=tuple(dict.fromkeys(_denying(case))),
            depends_on=_depends(case) if case.allowed is None else (),
            lacks_token=token is False and False not in values,
        )

    def _case(self, party: Party, need: Need, rulings: Rulings) -> Case:
        caller = party.asker.caller
        name = caller.name.rpartition("/")[2]
        if caller.kind == "session":
            name = caller.role_name
        asked = Asked(caller.kind, name, caller.account, arn=caller.name if caller.name.startswith("arn:") else "")
        of_need = {action: rulings[action] for action in need.all_actions}
        return Case(asked, need, self._about(party), party.asker, of_need, self._spelled, self._unread)

    def _kept(self, names: Iterable[str]) -> frozenset[str]:
        """Return names as a set; the same set for the same names, which thousands of principals may have."""
        kept = frozenset(names)
        return self._sets.setdefault(kept, kept)


def _depends(case: Case) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.removesuffix(_WAY_OUT) for text in depends_on(case)))


def _allowing(case: Case) -> Iterator[str]:
    """Yield the statements that allow a part of what is needed."""
    for ruling in case.rulings.values():
        for vote in ruling.votes:
            is_delegation = vote.layer is Layer.RESOURCE and vote.way is Way.ACCOUNT and case.is_here
            if vote.statement.allows and vote.layer in _SIDES and not is_delegation:
                yield source_text(vote.statement.source)


def _denying(case: Case) -> Iterator[str]:
    """Yield the statements that certainly deny a part of what is needed."""
    for ruling in case.rulings.values():
        for vote in ruling.votes:
            if vote.statement.denies and vote.extent.at(0):
                yield source_text(vote.statement.source)
