"""Questions about repositories, put to the evaluator of IAM. Pure.

Called by ``can``, by the reports of access, by the linter and by the effects of plans. It says what is known of a
request to ECR: who calls, on what, and which keys of conditions follow from that. It decides nothing.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from ecrops.access import actions as known_actions
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.identities import Identity
from ecrops.aws import Arn
from ecrops.iam.evaluation.caller import Caller, Kind
from ecrops.iam.evaluation.compiled import CompiledPolicy
from ecrops.iam.evaluation.decide import Policies, Ruling, decide
from ecrops.iam.evaluation.everybody import Everybody
from ecrops.iam.evaluation.extent import Extent
from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.evaluation.resource_policies import ResourcePolicies
from ecrops.iam.evaluation.universe import ANY, Universe
from ecrops.repositories.values import ECR, repository_arn

TAGS = ("aws:resourcetag/", "ecr:resourcetag/")
_OF_IDENTITIES = {
    "aws:principalisawsservice": ("false",),
    "aws:principalservicename": (),
    "aws:principalservicenameslist": (),
    "aws:sourcearn": (),
    "aws:sourceaccount": (),
    "aws:sourceorgid": (),
    "aws:sourceorgpaths": (),
}
_OF_SERVICES = {
    "aws:principalisawsservice": ("true",),
    "aws:principalorgid": (),
    "aws:principalorgpaths": (),
}
_TYPES = {"user": "User", "role": "AssumedRole", "session": "AssumedRole", "root": "Account"}
_KINDS: Mapping[str, Kind] = {"user": "user", "role": "role", "group": "group"}
Context = Mapping[str, tuple[str, ...]]
"""What the user knows of a request, by key in lower case: values, or none for a key that is missing."""


class Asker(NamedTuple):
    """A caller with its policies.

    Args:
        caller: The caller.
        identity: Its policies, and those of its groups; ``None`` if they are not known.
        boundary: Its boundary, if it has one.
        tags: Its tags; ``None`` if they are not known.
        organization: The id of its organization; empty if it is in none, ``None`` if that is not known.
    """

    caller: Caller
    identity: Sequence[CompiledPolicy] | None = None
    boundary: CompiledPolicy | None = None
    tags: Mapping[str, str] | None = None
    organization: str | None = None


def asker_of(identity: Identity, account: str, organization: str | None = None, session: str = "") -> Asker:
    """Return a user, a role or a group as who asks.

    Args:
        identity: The user, role or group.
        account: Its account.
        organization: See ``Asker``.
        session: The ARN of one session of the role, if that asks.
    """
    caller = Caller(
        kind="session" if session else _KINDS[identity.kind],
        name=session or identity.arn,
        account=account,
        unique_id=identity.unique_id,
        role=identity.arn if session else "",
        has_boundary=identity.boundary is not None,
    )
    tags = None if identity.kind == "group" else identity.tags  # a member has tags of its own
    return Asker(caller, identity.policies, identity.boundary, tags, organization)


class Evaluation:
    """The repositories of a question, and the policies that decide about them.

    Args:
        documents: What was read.
        names: The repositories; all that were read without it.
        context: What else is known of the request.
        for_many: Whether thousands are going to ask: then what statements about everybody say is weighed for all of
            them together, and the votes of a ruling do not tell these statements apart.
    """

    def __init__(
        self,
        documents: Documents,
        names: Iterable[str] | None = None,
        context: Context | None = None,
        *,
        for_many: bool = False,
    ) -> None:
        self.documents = documents
        self._for_many = for_many
        self.names = tuple(documents.policies if names is None else names)
        self.context = dict(context or {})
        facts = [self._tags_of(name) for name in self.names]
        self.universe = Universe([self._arn(name) for name in self.names], facts, TAGS)
        self._nothing = Universe([ANY], [Facts({}, TAGS)], TAGS)

    def _arn(self, name: str) -> str:
        documents = self.documents
        return repository_arn(documents.partition, documents.region, documents.account, name, ECR)

    def _tags_of(self, name: str) -> Facts:
        tags = self.documents.tags.get(name)
        if tags is None:
            return Facts({})
        values = {f"{family}{key}": (value,) for family in TAGS for key, value in tags.items()}
        return Facts(values | {key: texts for key, texts in self.context.items() if key.startswith(TAGS)}, TAGS)

    @cached_property
    def resource_policies(self) -> ResourcePolicies:
        """The repository policies, by whom they name."""
        policies = self.documents.policies
        return ResourcePolicies(
            (1 << index, policy) for index, name in enumerate(self.names) if (policy := policies.get(name)) is not None
        )

    @cached_property
    def _everybody(self) -> Everybody | None:
        return Everybody(self.resource_policies, self.universe) if self._for_many else None

    def rulings(self, asker: Asker, actions: Iterable[str]) -> dict[str, Ruling]:
        """Return the ruling for each action. Bit ``i`` of its extents is the repository ``names[i]``.

        An action that has no repository, such as that of the token, is decided once: its extents are of all
        repositories, or of none.
        """
        asked = tuple(dict.fromkeys(actions))
        is_here = asker.caller.account == self.documents.account
        if asker.caller.kind == "account" and is_here:
            asker = asker._replace(caller=asker.caller._replace(kind="root"), tags={})
        policies = Policies(
            identity=asker.identity,
            boundary=asker.boundary,
            resource=self.resource_policies,
            registry=self.documents.registry,
            is_of_account=is_here,
            everybody=self._everybody,
        )
        facts = self.facts(asker)

        def decided(some: Iterable[str], universe: Universe, by: Policies) -> dict[str, Ruling]:
            return decide(asker.caller, those, universe, facts, by) if (those := tuple(some)) else {}

        on_repositories = known_actions.about_repositories()
        existing = on_repositories.difference(known_actions.IDENTITY_ONLY)
        rulings = decided(filter(existing.__contains__, asked), self.universe, policies)
        # a repository that is to be made has no policy yet
        unmade = (action for action in asked if action in on_repositories and action not in existing)
        rulings |= decided(unmade, self.universe, policies._replace(resource=None, everybody=None))
        # what is about no repository is about the caller's own registry
        alone = Policies(asker.identity, asker.boundary, registry=policies.registry if is_here else None)
        others = decided((action for action in asked if action not in on_repositories), self._nothing, alone)
        return rulings | {action: self._everywhere(ruling) for action, ruling in others.items()}

    def _everywhere(self, ruling: Ruling) -> Ruling:
        every = self.universe.all

        def spread(extent: Extent) -> Extent:
            return Extent(every if extent.certain else 0, every if extent.possible else 0)

        return Ruling(
            allowed=spread(ruling.allowed),
            denied=spread(ruling.denied),
            identity=spread(ruling.identity),
            resource=spread(ruling.resource),
            votes=ruling.votes,
        )

    def facts(self, asker: Asker) -> Facts:
        """Return what is known of a request."""
        documents = self.documents
        now = documents.now
        values: dict[str, tuple[str, ...]] = {
            "aws:securetransport": ("true",),  # ECR has no other endpoint
            "aws:requestedregion": (documents.region,),
            "aws:currenttime": (now.isoformat(),),
            "aws:epochtime": (str(int(now.timestamp())),),
            "aws:resourceaccount": (documents.account,),
            "aws:viaawsservice": ("false",),
            "aws:calledvia": (),
            "aws:calledviafirst": (),
            "aws:calledvialast": (),
            **_organization("aws:resourceorgid", documents.organization),
            **_of_caller(asker),
        }
        if asker.caller.kind == "root":
            values |= {"aws:username": (), "aws:userid": (documents.account,)}
            values["aws:principalarn"] = (f"arn:{documents.partition}:iam::{documents.account}:root",)
        families = () if asker.tags is None else ("aws:principaltag/",)
        return Facts({**values, **self.context}, families)


def _organization(key: str, organization: str | None) -> dict[str, tuple[str, ...]]:
    """Return an organization as a fact: missing if it is known that there is none."""
    return {} if organization is None else {key: (organization,) if organization else ()}


def _of_caller(asker: Asker) -> dict[str, tuple[str, ...]]:
    caller = asker.caller
    if caller.kind == "service":
        return {**_OF_SERVICES, "aws:principalservicename": (caller.name,)}
    if caller.kind in ("federated", "everyone"):
        return dict(_OF_IDENTITIES) if caller.kind == "everyone" else {}
    values: dict[str, tuple[str, ...]] = {**_OF_IDENTITIES, "aws:principalaccount": (caller.account,)}
    values |= _organization("aws:principalorgid", asker.organization)
    if caller.kind in _TYPES:
        values["aws:principaltype"] = (_TYPES[caller.kind],)
    arn = caller.role if caller.kind == "session" else caller.name
    if caller.kind in ("user", "role", "session") and arn:
        values["aws:principalarn"] = (arn,)
    if caller.kind in ("role", "session"):
        values["aws:username"] = ()
    if caller.kind == "user":
        values["aws:username"] = (Arn.parse(caller.name).resource.rpartition("/")[2],)
        if caller.unique_id:
            values["aws:userid"] = (caller.unique_id,)
    if caller.kind == "session" and caller.unique_id:
        values["aws:userid"] = (f"{caller.unique_id}:{caller.name.rpartition('/')[2]}",)
    for key, value in (asker.tags or {}).items():
        values[f"aws:principaltag/{key.lower()}"] = (value,)
    return values
