"""What is there and in no spec, one by one, as values: each knows what it was when it was found. Pure.

Made by ``repositories``, ``rules``, ``templates`` and ``grants``; ``removing`` makes wants of them. They can be
pickled.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

from ecrops.access import actions, words
from ecrops.access.policy_keys import PolicyKey
from ecrops.base.shown import Shown
from ecrops.events.reading import key_of, name_and_bus
from ecrops.events.value import TAG, RuleValue
from ecrops.events.words import rule_words, target_words
from ecrops.iam.policy import Subject
from ecrops.registry_settings.creation_templates import form as forms
from ecrops.registry_settings.creation_templates.form import Form
from ecrops.repositories.deletion import images_in_words
from ecrops.repositories.states import Settings
from ecrops.text import printable

Attach = Literal["repository", "inline", "managed"]
"""The policy that has a grant: that of the repository, an inline policy, or a customer managed one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing(Shown):
    """Something that is there and in no spec.

    Args:
        account: The account that it is in.
        region: The region that it is in.
        name: Its name.
    """

    kind: ClassVar[str]
    account: str
    region: str
    name: str

    def __str__(self) -> str:
        return printable(f"{self.kind} {self.name}: {self.detail}")

    @property
    def detail(self) -> str:
        """What it is, in words."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        return {"kind": self.kind, "name": self.name, "detail": printable(self.detail)}


T = TypeVar("T", bound=Thing)


class Part(NamedTuple, Generic[T]):
    """What was found of one kind.

    Args:
        things: What no spec has.
        total: How many there are, with those that specs have.
        notes: What could not be read.
        is_denied: Whether none of it could be read.
    """

    things: Sequence[T] = ()
    total: int = 0
    notes: tuple[str, ...] = ()
    is_denied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmanagedRepository(Thing):
    """A repository that no spec has.

    Args:
        created_at: When it was made.
        images: How many images it holds, up to 1,000; ``None`` if the caller may not list them.
    """

    kind = "repository"
    created_at: str
    images: int | None
    found: Settings = field(repr=False)

    @property
    def detail(self) -> str:
        """How many images it holds, and when it was made."""
        images = "images not known" if self.images is None else images_in_words(self.images)
        return f"{images}, made {self.created_at[:10]}" if self.created_at else images

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        return {**super(UnmanagedRepository, self).to_dict(), "created_at": self.created_at, "images": self.images}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmanagedRule(Thing):
    """An EventBridge rule that ecrops made for what no spec has.

    Args:
        repository: The repository that it was made for, or ``several repositories``.
    """

    kind = "EventBridge rule"
    repository: str
    found: RuleValue = field(repr=False)

    @classmethod
    def of(cls, key: str, rule: RuleValue) -> UnmanagedRule:
        """Return the rule with a key."""
        account, region = rule.location.account, rule.location.region
        name = name_and_bus(key)[0]
        return cls(account=account, region=region, name=name, repository=rule.tags[TAG], found=rule)

    @property
    def key(self) -> str:
        """The key of the rule. All of them are on the default bus."""
        return key_of(self.name)

    @property
    def detail(self) -> str:
        """Its events and its targets."""
        sent = target_words(self.found.targets.values())
        return f"{rule_words(self.found)}{' -> ' if sent else ''}{sent}"

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        return {**super(UnmanagedRule, self).to_dict(), "repository": self.repository}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmanagedTemplate(Thing):
    """A repository creation template that the spec of the registry does not list. Its name is its prefix."""

    kind = "creation template"
    found: Form = field(repr=False)

    @property
    def detail(self) -> str:
        """What it says."""
        return forms.words(self.found, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmanagedGrant(Thing):
    """What a statement of ecrops allows a principal, and no spec grants. Its name is that of the repository.

    Args:
        principal: Who may do it, in words.
        actions: What no spec grants.
        attach: The policy that has it: ``repository``, ``inline`` or ``managed``.
        policy: The name of the policy of IAM; empty for that of the repository.
    """

    kind = "grant"
    principal: str
    actions: tuple[str, ...]
    attach: Attach
    policy: str
    key: str = field(repr=False)
    subject: Subject = field(repr=False)
    kept: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of_identity(cls, key: PolicyKey, attach: Attach, **values: Any) -> UnmanagedGrant:
        """Return a grant in a policy of a user, a role or a group."""
        principal = str(PolicyKey(key.kind, key.name))
        text = f"{key} attached" if attach == "managed" else str(key)
        return cls(principal=principal, attach=attach, policy=key.policy, key=text, **values)

    @property
    def detail(self) -> str:
        """Who may do what, and by which policy."""
        limits = words.limits(json.loads(self.subject.condition or "{}"))
        by = f"{self.attach} policy {self.policy}" if self.policy else "the repository policy"
        return f"{self.principal} may {actions.words(self.actions)}{limits}, by {by}"

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        names = ("principal", "attach", "policy")
        own = {name: getattr(self, name) for name in names} | {"actions": list(self.actions)}
        return {**super(UnmanagedGrant, self).to_dict(), **own}
