"""A question with the rulings of the evaluator on it: what the sentences of an answer are made of. Pure.

Made by ``questions/can``. It decides nothing: it says of each action which sides allow it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ecrops.access.answers.asking import Asker, Evaluation
from ecrops.access.answers.needs import TOKEN, Need
from ecrops.access.answers.questions.asked import Asked
from ecrops.access.answers.unread import Unread
from ecrops.iam.evaluation.decide import Layer, Ruling, Vote
from ecrops.iam.evaluation.extent import Extent


@dataclass(frozen=True)
class Case:
    """One question about one repository.

    Args:
        asked: Who it is about.
        need: What is needed.
        evaluation: The policies, of one repository.
        asker: The caller with its policies, as far as they are known.
        rulings: The rulings, by action.
        spelled: The keys of conditions as they are written, by key in lower case.
        unread: What could not be read of the policies of the caller.
    """

    asked: Asked
    need: Need
    evaluation: Evaluation
    asker: Asker
    rulings: Mapping[str, Ruling]
    spelled: Mapping[str, str]
    unread: tuple[Unread, ...] = ()

    @property
    def name(self) -> str:
        """The name of the repository."""
        return self.evaluation.names[0]

    @property
    def arn(self) -> str:
        """The ARN of the repository."""
        return self.evaluation.universe.arns[0]

    @property
    def account(self) -> str:
        """The account that has the repository."""
        return self.evaluation.documents.account

    @property
    def who(self) -> str:
        """Who it is about, in words."""
        return self.asked.words(self.account)

    @property
    def is_here(self) -> bool:
        """Whether the caller is of the account that has the repository."""
        return self.asked.account == self.account

    @property
    def is_unread(self) -> bool:
        """Whether the caller has policies that were not read: they may deny what all others allow."""
        is_root = self.asked.kind == "account" and self.is_here
        return self.asker.identity is None and self.asked.kind != "service" and not is_root

    @property
    def allowed(self) -> bool | None:
        """Whether all that is needed is allowed; ``None`` if that depends."""
        values = [ruling.allowed.at(0) for ruling in self.rulings.values()]
        return False if False in values else None if None in values else True

    def undenied(self, action: str) -> Extent:
        """Return whether policies allow an action, whatever others deny."""
        ruling = self.rulings[action]
        if self.asked.kind == "service":
            return ruling.resource
        if self.is_here or action == TOKEN:
            return ruling.identity.either(ruling.resource)
        return ruling.identity.both(ruling.resource)

    def needs_both(self, action: str) -> bool:
        """Whether both the policy of the repository and those of the caller have to allow an action."""
        return action != TOKEN and not self.is_here and self.asked.kind != "service"

    def votes(self, action: str, *layers: Layer) -> Iterator[Vote]:
        """Yield what statements of some kinds of policies say of an action."""
        yield from (vote for vote in self.rulings[action].votes if vote.layer in layers)


def certainly(votes: Iterable[Vote]) -> bool:
    """Whether one of some votes is certain."""
    return any(vote.extent.at(0) for vote in votes)
