"""A pull-through cache rule, as a value without secrets. Pure.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html, and the model of
botocore.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from functools import partial
from typing import Any, Self

from ecrops.base.problems import Problems, compact, from_fields, suggesting
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.registry_settings.pull_through_cache.upstreams import ECR, check_upstream, upstream_of
from ecrops.registry_settings.values import by_prefix

ROOT = "ROOT"
"""The prefix that stands for no prefix."""
_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
PREFIX = re.compile(rf"{_PART}(/{_PART})*")
SECRET = re.compile(
    r"arn:aws(-\w+)*:secretsmanager:[a-zA-Z0-9-]+:[0-9]{12}:secret:ecr-pullthroughcache/[a-zA-Z0-9/_+=.@-]+"
)
ROLE = re.compile(r"arn:aws(-\w+)*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)
_NO_SECRET = (
    "a rule holds no secret: pull_through_cache.add(prefix, upstream, username=..., access_token=...) makes one in "
    "Secrets Manager; or give credential_arn, the ARN of yours"
)
ADVICE = {
    "username": _NO_SECRET,
    "user_name": _NO_SECRET,
    "access_token": _NO_SECRET,
    "password": _NO_SECRET,
    "token": _NO_SECRET,
    "upstream_registry": "ECR knows the registry by the host in upstream: leave it out",
    "upstream_registry_url": "did you mean upstream?",
    "ecr_repository_prefix": "did you mean prefix?",
    "upstream_repository_prefix": "did you mean upstream_prefix?",
}


@suggesting(ADVICE)
@dataclass(frozen=True, slots=True)
class PullThroughCacheRule(Shown):
    """A rule of the pull-through cache: what is pulled under a prefix is fetched from an upstream registry, and kept.

    Args:
        prefix: The first part of the names of the repositories, such as ``docker-hub``; ``ROOT`` for all names that
            have no other rule. A ``/`` at its end makes no difference.
        upstream: The host of the upstream registry, such as ``registry-1.docker.io``.
        credential_arn: The ARN of a secret in Secrets Manager, with a name that starts with ``ecr-pullthroughcache/``,
            in the account and region of the registry, under the default key. Docker Hub, GitHub, GitLab, Azure and
            Chainguard need one; no other upstream takes one.
        custom_role_arn: The ARN of the role with which ECR reads the private registry of another account.
        upstream_prefix: The first part of the names of the repositories upstream. Without it, they have the names
            behind ``prefix``.

    Raises:
        SpecError: ECR would never accept such a rule; with every reason.

    Example:
        >>> PullThroughCacheRule("ecr-public", "public.ecr.aws").prefix
        'ecr-public'
    """

    prefix: str
    upstream: str
    _: KW_ONLY
    credential_arn: str | None = None
    custom_role_arn: str | None = None
    upstream_prefix: str | None = None

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        problems = Problems()
        for name, checked in (("prefix", check_prefix), ("upstream", check_upstream)):
            object.__setattr__(self, name, problems.take(name, partial(checked, getattr(self, name))) or "")
        _check_access(problems, self)
        if self.upstream_prefix is not None:
            prefix = problems.take("upstream_prefix", partial(check_prefix, self.upstream_prefix))
            object.__setattr__(self, "upstream_prefix", None if prefix == ROOT else prefix)
            problems.check(
                self.prefix != ROOT or self.upstream_prefix is None,
                "upstream_prefix",
                "a rule for ROOT caches the whole upstream: leave it out, or give the rule a prefix",
            )
        problems.raise_any()

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        required = dict.fromkeys(("prefix", "upstream"), "is missing")
        return from_fields(cls, data, "a pull-through cache rule", ADVICE, required)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule, ready for JSON."""
        return {name: value for name in NAMES if (value := getattr(self, name)) is not None}


NAMES = tuple(field.name for field in fields(PullThroughCacheRule))


def check(value: object) -> tuple[PullThroughCacheRule, ...]:
    """Return the rules of a registry, which a file has as mappings, by prefix.

    Raises:
        SpecError: One is none, or two have one prefix.
    """
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise SpecError(f"expected a list of PullThroughCacheRules, got {_kind(value)}")
    problems = Problems()
    rules = problems.each("", value, check_rule)
    return by_prefix(problems, rules, "rules")


def check_rule(value: object) -> PullThroughCacheRule:
    """Return a rule, which a file has as a mapping.

    Raises:
        SpecError: It is none.
    """
    if isinstance(value, PullThroughCacheRule):
        return value
    if not isinstance(value, Mapping):
        raise SpecError(f"expected a PullThroughCacheRule, got {_kind(value)}")
    return PullThroughCacheRule.from_dict(value)


def _kind(value: object) -> str:
    """Return the type of a value: the value itself might be a secret in the wrong place."""
    return f"a value of type {type(value).__name__}"


def check_prefix(prefix: object) -> str:
    """Return a prefix of repositories, without the ``/`` that ECR assumes at its end.

    Raises:
        SpecError: ECR would refuse it.
    """
    expected = "expected ROOT, or 2 to 30 lower-case letters and digits, joined by '/', '.', '_', '__' or dashes"
    bare = prefix.removesuffix("/") if isinstance(prefix, str) else ""
    if not isinstance(prefix, str) or not 2 <= len(bare) <= 30:
        raise SpecError(f"{expected}, got {prefix!r}")
    if bare != ROOT and not PREFIX.fullmatch(bare):
        lower = f"; write {bare.lower()!r}" if PREFIX.fullmatch(bare.lower()) else ""
        raise SpecError(f"{expected}, got {prefix!r}{lower}")
    return bare


def check_credential(arn: object) -> str:
    """Return the ARN of the secret of a rule.

    Raises:
        SpecError: ECR reads no such secret.
    """
    if isinstance(arn, str) and SECRET.fullmatch(arn) and 50 <= len(arn) <= 612:
        return arn
    if isinstance(arn, str) and arn.startswith("arn:"):
        raise SpecError(
            "expected the ARN of a secret in Secrets Manager whose name starts with 'ecr-pullthroughcache/', which "
            f"is all that ECR reads, got {arn!r}"
        )
    # what is no ARN may be the secret itself
    raise SpecError(f"expected the ARN of a secret in Secrets Manager, got {_kind(arn)} that is none")


def check_role(arn: object) -> str:
    """Return the ARN of a role.

    Raises:
        SpecError: It is none.
    """
    if not isinstance(arn, str) or not ROLE.fullmatch(arn) or len(arn) > 2048:
        raise SpecError(f"expected the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME, got {arn!r}")
    return arn


def _check_access(problems: Problems, rule: PullThroughCacheRule) -> None:
    credential, role, upstream = rule.credential_arn, rule.custom_role_arn, upstream_of(rule.upstream)
    if credential is not None:
        problems.take("credential_arn", partial(check_credential, credential))
    if role is not None:
        problems.take("custom_role_arn", partial(check_role, role))
    if upstream is None:
        return
    if upstream.takes_credentials:
        problems.check(
            credential is not None,
            "credential_arn",
            f"{upstream.name} lets nobody in without credentials: give the ARN of a secret, or the user name and the "
            "access token to registry.pull_through_cache.add",
        )
    else:
        way_out = "custom_role_arn is how ECR gets in" if upstream is ECR else "leave it out"
        problems.check(credential is None, "credential_arn", f"{upstream.name} takes no credentials: {way_out}")
    problems.check(
        role is None or upstream is ECR, "custom_role_arn", f"only a registry of ECR takes a role, not {upstream.name}"
    )


@dataclass(frozen=True, slots=True)
class Validation:
    """Whether ECR gets through to the upstream of a rule: true or false, with the reason.

    Args:
        prefix: The prefix of the rule.
        is_valid: Whether it does.
        failure: Why it does not; empty if it does.
    """

    prefix: str
    is_valid: bool
    failure: str = ""

    def __bool__(self) -> bool:
        return self.is_valid
