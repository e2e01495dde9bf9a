"""Grants as values: a principal, what it is allowed, and the options of its IAM policy.

Users make them for ``RepositorySpec(grants=...)``, and the verbs ``grant_*`` make them too. A grant checks itself when
it is made. It does not know in which policies it is written: see ``sides``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Never

from ecrops.access import actions as known_actions
from ecrops.access.actions import check as check_actions
from ecrops.access.policy_keys import POLICY, check_attach
from ecrops.access.principals.identities import Identity
from ecrops.access.principals.named import Grantee
from ecrops.access.principals.parse import principal_of
from ecrops.base.problems import Problems, suggesting
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.iam.wildcards import matches
from ecrops.repositories.values import ECR

if TYPE_CHECKING:
    import boto3


Verb = Literal["read", "pull", "push", "pull_push", "pull_through_cache", "scan_findings", "delete_images", "lifecycle"]
# The actions of each verb, and whether they are of no use without the token to log in.
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
OPTIONS = ("on", "attach", "policy_name", "session")
FIELDS = ("allow", "principal", "on", "attach", "policy_name")
_NAME_PATTERN = re.compile(r"[a-z0-9._/*?-]{1,256}")


@suggesting()
@dataclass(frozen=True, slots=True)
class Grant(Shown):
    """A principal may do something with a repository.

    Args:
        principal: A principal, or a string that stands for one.
        allow: ``read``, ``pull``, ``push``, ``pull_push``, ``pull_through_cache``, ``scan_findings``,
            ``delete_images``, ``lifecycle``, or a list of actions such as ``["ecr:ListImages"]``.
        on: A wildcard of repository names, such as ``team/*``, that an IAM policy names in place of this repository:
            one resource for many repositories. It allows the same on every repository that it matches.
        attach: ``inline``, or ``managed`` for customer managed policies, which have more room.
        policy_name: The name of the IAM policy.
        session: A session for the account of a user or role of another account: the policy is written there too.

    Raises:
        SpecError: There can be no such grant; with every reason.
    """

    principal: Grantee
    allow: Verb | list[str] | tuple[str, ...]
    _: KW_ONLY
    on: str | None = None
    attach: Literal["inline", "managed"] = "inline"
    policy_name: str = POLICY
    session: boto3.Session | None = field(default=None, repr=False, compare=False)
    service: ClassVar[str] = ECR
    verbs: ClassVar[Mapping[str, tuple[tuple[str, ...], bool]]] = VERBS

    def __post_init__(self) -> None:
        problems = Problems()
        self._set("principal", problems.take("principal", lambda: principal_of(self.principal)))
        if not isinstance(self.allow, str):
            self._set("allow", problems.take("allow", lambda: check_actions(self.allow, self.service)))
        elif self.allow not in self.verbs:
            problems.add("allow", f"expected one of {', '.join(self.verbs)} or a list of actions, got {self.allow!r}")
        problems.take("", lambda: check_on(self.on))
        problems.take("", lambda: check_attach(self.attach, self.policy_name))
        problems.raise_any()
        check_options(self.principal, self.options())

    def __str__(self) -> str:
        allowed = self.allow if isinstance(self.allow, str) else ", ".join(self.allow)
        wildcard = f" on {self.on}" if self.on else ""
        return f"{self.principal}: {allowed}{wildcard}"

    def options(self) -> dict[str, Any]:
        """Return the options that are not at their default."""
        return not_default(self.on, self.attach, self.policy_name, self.session)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def actions(self) -> tuple[str, ...]:
        """The allowed actions."""
        return self.verbs[self.allow][0] if isinstance(self.allow, str) else tuple(self.allow)

    @property
    def needs_login(self) -> bool:
        """Whether the grant is of no use without the token to log in."""
        return isinstance(self.allow, str) and self.verbs[self.allow][1]

    def resource(self, name: str) -> str:
        """Return the name, or the wildcard, of the repositories that an IAM policy names.

        Args:
            name: The repository that the grant is for.

        Raises:
            SpecError: The wildcard does not match the repository.
        """
        check_on(self.on, name)
        return name if self.on is None else self.on

    @classmethod
    def from_dict(cls, data: object) -> Grant:
        """Read a grant from JSON: ``{"allow": "pull", "principal": {"role": "nodes"}}``.

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
        """Return the grant, ready for JSON; a session is left out."""
        data: dict[str, Any] = {
            "allow": self.allow if isinstance(self.allow, str) else list(self.allow),
            "principal": self.principal.to_dict(),
        }
        return data | not_default(self.on, self.attach, self.policy_name)


# Options


def not_default(on: object, attach: object, policy_name: object, session: object = None) -> dict[str, Any]:
    """Return the options of a grant that are not at their default."""
    options = {
        "on": (on, None),
        "attach": (attach, "inline"),
        "policy_name": (policy_name, POLICY),
        "session": (session, None),
    }
    return {name: value for name, (value, default) in options.items() if value != default}


def check_options(principal: Grantee, options: Mapping[str, Any]) -> None:
    """Refuse options of an IAM policy, those that are not at their default, for a principal that has none.

    Raises:
        SpecError: The principal has none; with every option that would do nothing.
    """
    if options and not isinstance(principal, Identity):
        raise SpecError(
            *(
                f"{name}: this is about a policy of IAM, and {principal} has none that ecrops could write: leave it "
                "out, or name a User, Role or Group"
                for name in options
            )
        )


def check_on(on: object, name: str | None = None) -> None:
    """Refuse a value that is no wildcard of repository names, or does not match ``name``, where that is known.

    Raises:
        SpecError: It is none, or does not match.
    """
    if on is None:
        return
    if not isinstance(on, str) or not _NAME_PATTERN.fullmatch(on):
        raise SpecError(f"on: expected a wildcard of repository names such as 'team/*', got {on!r}")
    if name is not None and not matches(on, name):
        raise SpecError(f"on: {on!r} does not match the repository {name!r} that the grant is for")


def options_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a grant among the ``locals()`` of a function that takes them, and the misspelt ones.

    Unlike ``given`` it keeps ``None``: ``attach=None`` is an error, and does not mean the default.
    """
    misspelt: dict[str, Any] = arguments["misspelt"]
    return {name: arguments[name] for name in OPTIONS} | misspelt


# Functions that make grants


def read(
    principal: Grantee | str,
    *,
    on: str | None = None,
    attach: Literal["inline", "managed"] = "inline",
    policy_name: str = POLICY,
    session: boto3.Session | None = None,
    **misspelt: Never,
) -> Grant:
    """Return a grant to describe the repository and its images, and not to pull them.

    The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
    """
    return _made("read", locals())


def pull(
    principal: Grantee | str,
    *,
    on: str | None = None,
    attach: Literal["inline", "managed"] = "inline",
    policy_name: str = POLICY,
    session: boto3.Session | None = None,
    **misspelt: Never,
) -> Grant:
    """Return a grant to pull images.

    The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
    """
    return _made("pull", locals())


def push(
    principal: Grantee | str,
    *,
    on: str | None = None,
    attach: Literal["inline", "managed"] = "inline",
    policy_name: str = POLICY,
    session: boto3.Session | None = None,
    **misspelt: Never,
) -> Grant:
    """Return a grant to push images.

    The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
    """
    return _made("push", locals())


def pull_push(
    principal: Grantee | str,
    *,
    on: str | None = None,
    attach: Literal["inline", "managed"] = "inline",
    policy_name: str = POLICY,
    session: boto3.Session | None = None,
    **misspelt: Never,
) -> Grant:
    """Return a grant to pull and push images.

    The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
    """
    return _made("pull_push", locals())


def _made(verb: Verb, arguments: Mapping[str, Any]) -> Grant:
    return Grant(arguments["principal"], verb, **options_of(arguments))


# Lists of grants


def check_grants(grants: object, name: str | None = None) -> tuple[Grant, ...]:
    """Return the grants of a spec, which are values, or mappings from JSON. ``name`` is its repository, if known.

    Raises:
        SpecError: One is no grant, or is for other repositories; with every reason.
    """
    if not isinstance(grants, list | tuple | set | frozenset):
        raise SpecError(f"expected a list of grants, such as [pull(Role('nodes'))], got {grants!r}")
    problems = Problems()
    checked = problems.each("", grants, lambda grant: _check_grant(grant, name))
    problems.raise_any()
    return tuple(checked)


def _check_grant(value: object, name: str | None) -> Grant:
    if not isinstance(value, Grant | Mapping):
        raise SpecError(f"expected a grant, such as pull(Role('nodes')), got {value!r}")
    grant = Grant.from_dict(value)
    check_on(grant.on, name)
    return grant
