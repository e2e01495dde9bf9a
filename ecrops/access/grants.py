"""Grants as values, and on which side each is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

from ecrops.access import actions as known_actions
from ecrops.access.actions import check as check_actions
from ecrops.access.policy_keys import POLICY, check_attach
from ecrops.access.principals.named import (
    AnyOne,
    Group,
    Role,
    User,
)
from ecrops.access.principals.parse import principal_of
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.iam.wildcards import matches

if TYPE_CHECKING:
    import boto3


# The actions of each verb, and whether who has them must log in first.
VERBS: dict[str, tuple[tuple[str, ...], bool]] = {
    "read": (known_actions.READ, False),
    "pull": (known_actions.PULL, True),
    "push": (known_actions.PUSH, True),
    "pull_push": (known_actions.PULL_PUSH, True),
    "pull_through_cache": (known_actions.PULL_THROUGH_CACHE, True),
    "scan_findings": (known_actions.SCAN_FINDINGS, False),
    "delete_images": (known_actions.DELETE_IMAGES, False),
    "lifecycle": (known_actions.LIFECYCLE, False),
}
_PATTERN = re.compile(r"[a-z0-9._/*?-]{1,256}")
FIELDS = ("allow", "principal", "on", "attach", "policy_name")


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody may do something with a repository.

    Args:
        principal: Who: a principal, or a string that stands for one.
        allow: What: ``read``, ``pull``, ``push``, ``pull_push``, ``pull_through_cache``, ``scan_findings``,
            ``delete_images``, ``lifecycle``, or a list of actions such as ``["ecr:ListImages"]``.
        on: A wildcard of repository names that an IAM policy has in place of this repository's own, such as
            ``team/*``: one resource for a fleet. It allows the same on every repository that it matches.
        attach: ``inline``, or ``managed`` for customer managed policies, which have more room.
        policy_name: The name of the IAM policy.
        session: For the account of a user or role of another account: the policy is written there too.

    Raises:
        SpecError: No such grant can be; with every reason.
    """

    principal: AnyOne
    allow: str | Sequence[str]
    _: KW_ONLY
    on: str | None = None
    attach: str = "inline"
    policy_name: str = POLICY
    session: boto3.Session | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        problems = Problems()
        self._set("principal", problems.take("principal", lambda: principal_of(self.principal)))
        if not isinstance(self.allow, str):
            self._set("allow", problems.take("allow", lambda: check_actions(self.allow)))
        elif self.allow not in VERBS:
            problems.add("allow", f"expected one of {', '.join(VERBS)} or a list of actions, got {self.allow!r}")
        problems.take("", lambda: check_on(self.on))
        problems.take("", lambda: check_attach(self.attach, self.policy_name))
        problems.raise_any()
        check_places(self.principal, self.options())

    def options(self) -> dict[str, Any]:
        """What is said of the policy of IAM that it is written in, as far as it is said."""
        session = {} if self.session is None else {"session": self.session}
        return places_of(self.on, self.attach, self.policy_name) | session

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def actions(self) -> tuple[str, ...]:
        """What is allowed."""
        return VERBS[self.allow][0] if isinstance(self.allow, str) else tuple(self.allow)

    @property
    def needs_login(self) -> bool:
        """Whether it is worth nothing without the token to log in."""
        return isinstance(self.allow, str) and VERBS[self.allow][1]

    def resource(self, name: str) -> str:
        """The name, or the wildcard, of the repositories that an IAM policy names.

        Raises:
            SpecError: The wildcard does not match the repository that the grant is for.
        """
        check_on(self.on, name)
        return name if self.on is None else self.on

    @classmethod
    def from_dict(cls, data: object) -> Grant:
        """Read a grant as it comes from JSON: ``{"allow": "pull", "principal": {"role": "nodes"}}``.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        if isinstance(data, Grant):
            return data
        problems = Problems()
        values = problems.known(data, FIELDS, "a grant")
        problems.raise_any()
        missing = [name for name in FIELDS[:2] if name not in values]
        if missing:
            raise SpecError(*(f"{name}: expected a value" for name in missing))
        return cls(values.pop("principal"), values.pop("allow"), **values)

    def to_dict(self) -> dict[str, Any]:
        """The grant, ready for JSON; a session is not."""
        said: dict[str, Any] = {
            "allow": self.allow if isinstance(self.allow, str) else list(self.allow),
            "principal": self.principal.to_dict(),
        }
        return said | places_of(self.on, self.attach, self.policy_name)


def places_of(on: object, attach: object, policy_name: object) -> dict[str, Any]:
    """What is said of a policy of IAM, without what goes without saying."""
    more = {"on": (on, None), "attach": (attach, "inline"), "policy_name": (policy_name, POLICY)}
    return {name: value for name, (value, default) in more.items() if value != default}


def check_places(principal: AnyOne, places: Mapping[str, Any]) -> None:
    """Refuse what is said of a policy of IAM, for somebody who has none.

    Raises:
        SpecError: The principal has none; with every option that would do nothing.
    """
    if places and not isinstance(principal, User | Role | Group):
        raise SpecError(
            *(
                f"{name}: this is about a policy of IAM, and {principal} has none that ecrops could write: leave it "
                "out, or name a User, Role or Group"
                for name in places
            )
        )


def check_on(on: object, name: str | None = None) -> None:
    """Refuse what is no wildcard of repository names, or does not match the repository that it is for.

    Raises:
        SpecError: It is none, or does not.
    """
    if on is None:
        return
    if not isinstance(on, str) or not _PATTERN.fullmatch(on):
        raise SpecError(f"on: expected a wildcard of repository names such as 'team/*', got {on!r}")
    if name is not None and not matches(on, name):
        raise SpecError(f"on: {on!r} does not match the repository {name!r} that the grant is for")


def read(principal: AnyOne | str, **options: Any) -> Grant:
    """Who may describe the repository and its images; not pull them.

    Args:
        principal: Who: a principal, or a string that stands for one.
        options: ``on``, a wildcard of repositories such as ``team/*``; ``attach``, ``inline`` or ``managed``;
            ``policy_name``; and ``session``, for the account of a user or role of another. As the fields of ``Grant``.

    Raises:
        SpecError: No such grant can be; with every reason.
    """
    return Grant(principal, "read", **options)  # type: ignore[arg-type]


def pull(principal: AnyOne | str, **options: Any) -> Grant:
    """Who may pull images.

    Args:
        principal: Who: a principal, or a string that stands for one.
        options: ``on``, a wildcard of repositories such as ``team/*``; ``attach``, ``inline`` or ``managed``;
            ``policy_name``; and ``session``, for the account of a user or role of another. As the fields of ``Grant``.

    Raises:
        SpecError: No such grant can be; with every reason.
    """
    return Grant(principal, "pull", **options)  # type: ignore[arg-type]


def push(principal: AnyOne | str, **options: Any) -> Grant:
    """Who may push images.

    Args:
        principal: Who: a principal, or a string that stands for one.
        options: ``on``, a wildcard of repositories such as ``team/*``; ``attach``, ``inline`` or ``managed``;
            ``policy_name``; and ``session``, for the account of a user or role of another. As the fields of ``Grant``.

    Raises:
        SpecError: No such grant can be; with every reason.
    """
    return Grant(principal, "push", **options)  # type: ignore[arg-type]


def pull_push(principal: AnyOne | str, **options: Any) -> Grant:
    """Who may pull and push images.

    Args:
        principal: Who: a principal, or a string that stands for one.
        options: ``on``, a wildcard of repositories such as ``team/*``; ``attach``, ``inline`` or ``managed``;
            ``policy_name``; and ``session``, for the account of a user or role of another. As the fields of ``Grant``.

    Raises:
        SpecError: No such grant can be; with every reason.
    """
    return Grant(principal, "pull_push", **options)  # type: ignore[arg-type]


def check_grants(grants: object, name: str | None = None) -> tuple[Grant, ...]:
    """The grants of a spec: values, or mappings from JSON.

    Raises:
        SpecError: One is none, or is for other repositories than the one of this name; with every reason.
    """
    if not isinstance(grants, list | tuple | set | frozenset):
        raise SpecError(f"expected a list of grants, such as [pull(Role('nodes'))], got {grants!r}")
    problems = Problems()
    read_ = [
        problems.take(f"[{index}]", lambda grant=grant: _grant(grant, name))  # type: ignore[misc]
        for index, grant in enumerate(grants)
    ]
    problems.raise_any()
    return tuple(grant for grant in read_ if grant is not None)


def _grant(value: object, name: str | None) -> Grant:
    if not isinstance(value, Grant | Mapping):
        raise SpecError(f"expected a grant, such as pull(Role('nodes')), got {value!r}")
    grant = Grant.from_dict(value)
    check_on(grant.on, name)
    return grant
