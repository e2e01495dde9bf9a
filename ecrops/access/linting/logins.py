"""Users and roles that may pull, and cannot log in: what they are allowed is of no use to Docker. Pure.

What everyone may does not count: most of the roles of an account have nothing to do with images.

Called by ``lint``, with a part of the repositories at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_

from ecrops.access.answers.asking import Asker, Evaluation, asker_of
from ecrops.access.answers.identities import Identity
from ecrops.access.answers.needs import TOKEN, need_of
from ecrops.access.linting.remark import Remark
from ecrops.base.render import several
from ecrops.iam.evaluation.decide import Ruling
from ecrops.iam.evaluation.extent import NOWHERE
from ecrops.iam.evaluation.naming import Way

_OF_SERVICES = ":role/aws-service-role/"
_OF_IDENTITY_CENTER = ":role/aws-reserved/"


class Logins:
    """The users and roles that no policy lets log in, and what they may pull."""

    def __init__(self) -> None:
        self._without: list[tuple[Identity, Asker]] | None = None
        self._pulls: dict[str, list[str]] = {}

    def add(self, evaluation: Evaluation) -> None:
        """Add some repositories.

        Args:
            evaluation: The repositories, and what decides about them.
        """
        if self._without is None:
            self._without = list(_without_token(evaluation))
        needed = need_of("pull").actions
        for identity, asker in self._without:
            mask = evaluation.universe.all
            for ruling in evaluation.rulings(asker, needed).values():
                mask &= ruling.allowed.certain & _granted(ruling)
            names = [evaluation.names[index] for index in evaluation.universe.indexes(mask)]
            if names:
                self._pulls.setdefault(identity.arn, []).extend(names)

    def remarks(self) -> Iterator[tuple[str, Remark]]:
        """Yield who may pull and cannot log in, each with its name in words."""
        for identity, _ in self._without or ():
            if names := self._pulls.get(identity.arn):
                message = f"may pull {several(sorted(names))}, and no policy lets it log in: {TOKEN} is missing"
                yield str(identity), Remark("no-login-token", message, _way_out(identity))


def _without_token(evaluation: Evaluation) -> Iterator[tuple[Identity, Asker]]:
    """Yield the users and roles that no policy lets log in. The roles of services pull without a token."""
    documents = evaluation.documents
    for identity in documents.directory or ():
        if identity.kind == "group" or _OF_SERVICES in identity.arn:
            continue
        asker = asker_of(identity, documents.account, documents.organization)
        if evaluation.rulings(asker, [TOKEN])[TOKEN].allowed == NOWHERE:
            yield identity, asker


def _granted(ruling: Ruling) -> int:
    """Return where somebody is allowed something as itself, and not as everyone is, or everyone of the account."""
    votes = (vote for vote in ruling.votes if vote.allows and vote.way in (None, Way.DIRECT, Way.ROLE))
    return reduce(or_, (vote.extent.certain for vote in votes), 0)


def _way_out(identity: Identity) -> str:
    if _OF_IDENTITY_CENTER in identity.arn:
        return "its permission set in IAM Identity Center can allow it"
    return f"registry.authorization_token.grant_read({identity.kind.title()}({identity.name!r})) allows it"
