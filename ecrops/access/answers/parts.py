"""The readings of one part each: policies and tags of repositories, the registry policy, the organization.

Called by ``documents``. A part that cannot be read is told, and none stops another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from ecrops.access import actions
from ecrops.access.answers.unread import Unread, unread
from ecrops.aws import Aws, code_of
from ecrops.base.plain_json import received
from ecrops.engine.reading import is_of_one
from ecrops.errors import SpecError
from ecrops.iam.evaluation.compiled import CompiledPolicy, compile_policy, unreadable_policy
from ecrops.repositories import calls
from ecrops.text import printable

REPOSITORY, REGISTRY = "repository policy", "registry policy"
ABSENT = "there is no such repository"
NO_POLICY = "RepositoryPolicyNotFoundException"
NO_REGISTRY_POLICY = "RegistryPolicyNotFoundException"
DESCRIBE_ORGANIZATION = "organizations:DescribeOrganization"
NO_ORGANIZATION = "AWSOrganizationsNotInUseException"
OF_TAGS = ("aws:resourcetag/", "ecr:resourcetag/")
OF_ORGANIZATION = ("aws:principalorgid", "aws:resourceorgid")
MAX_SHOWN = 200


class Part(NamedTuple):
    """One policy that was read.

    Args:
        policy: The policy; ``None`` if there is none.
        unread: Why it could not be read; ``None`` if it could.
        is_missing: Whether its repository does not exist.
    """

    policy: CompiledPolicy | None = None
    unread: Unread | None = None
    is_missing: bool = False


class Found(NamedTuple):
    """The policies of some repositories: see ``Documents``."""

    policies: Mapping[str, CompiledPolicy | None]
    unread: tuple[Unread, ...]


def of_repositories(aws: Aws, names: Sequence[str], *, is_only: bool = False) -> Found:
    """Read the policies of repositories, in parallel.

    Args:
        aws: The account and region.
        names: The repositories.
        is_only: Whether nothing else is asked about, so that a missing repository is an error.

    Raises:
        RepositoryNotFoundException: It is missing, and ``is_only``.
    """

    def read(name: str) -> Part:
        try:
            text = calls.get(aws, name, "GetRepositoryPolicy", "policyText", repositoryName=name)
        except Exception as error:
            if code_of(error) == NO_POLICY:
                return Part()
            if not is_of_one(error) or (is_only and code_of(error) == calls.MISSING):
                raise
            if code_of(error) == calls.MISSING:
                return Part(unread=Unread(f"repository {name}", ABSENT), is_missing=True)
            return _failed(REPOSITORY, name, error, "ecr:GetRepositoryPolicy")
        return _parsed(text, REPOSITORY, name)

    aws.client("ecr", len(names))
    parts = dict(zip(names, aws.map(read, names, aws.stop), strict=True))
    policies = {name: part.policy for name, part in parts.items() if not part.is_missing}
    return Found(policies, tuple(part.unread for part in parts.values() if part.unread))


def of_registry(aws: Aws) -> Part:
    """Read the registry policy."""
    try:
        text = aws.get("ecr", "GetRegistryPolicy", "policyText")
    except Exception as error:
        if code_of(error) == NO_REGISTRY_POLICY:
            return Part()
        if not is_of_one(error):
            raise
        return _failed(REGISTRY, "", error, "ecr:GetRegistryPolicy")
    return _parsed(text, REGISTRY, "")


def _parsed(text: str, kind: str, name: str) -> Part:
    try:
        policy = compile_policy(received(text), kind, name)
    except SpecError as error:
        policy = unreadable_policy(kind, name, printable(f"{error}: AWS has {text[:MAX_SHOWN]!r}"))
    return Part(policy, Unread(what_of(kind, name), policy.unreadable, is_garbled=True) if policy.unreadable else None)


def _failed(kind: str, name: str, error: Exception, permission: str) -> Part:
    problem = unread(what_of(kind, name), error, permission)
    return Part(unreadable_policy(kind, name, problem.why), problem)


def what_of(kind: str, name: str) -> str:
    """Return a policy in words, as ``Unread`` names it."""
    return f"{kind} of {name}" if name else kind


def tags_of(aws: Aws, names: Sequence[str]) -> tuple[dict[str, dict[str, str]], tuple[Unread, ...]]:
    """Read the tags of repositories, in parallel; also those of AWS itself, which a condition may ask for."""

    def read(name: str) -> dict[str, str] | Unread:
        arn = calls.arn_of(aws, name)
        try:
            found = calls.get(aws, name, "ListTagsForResource", "tags", resourceArn=arn)
        except Exception as error:
            if not is_of_one(error):
                raise
            return unread(f"tags of {name}", error, "ecr:ListTagsForResource")
        return {tag["Key"]: tag.get("Value", "") for tag in found}

    answers = dict(zip(names, aws.map(read, names, aws.stop), strict=True))
    problems = tuple(answer for answer in answers.values() if isinstance(answer, Unread))
    return {name: answer for name, answer in answers.items() if not isinstance(answer, Unread)}, problems


def organization_of(aws: Aws) -> tuple[str | None, tuple[Unread, ...]]:
    """Read the id of the organization that the account is in: empty for none, ``None`` if it cannot be read.

    Any account of an organization may ask:
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html
    """
    try:
        found: Mapping[str, Any] = aws.get("organizations", "DescribeOrganization", "Organization")
    except Exception as error:
        if code_of(error) == NO_ORGANIZATION:
            return "", ()
        if not is_of_one(error):
            raise
        return None, (unread("organization of the account", error, DESCRIBE_ORGANIZATION),)
    return str(found["Id"]), ()


def keys_of(policies: Iterable[CompiledPolicy | None]) -> frozenset[str]:
    """Return the keys that the statements of policies ask for which are about ECR."""
    every = every_action()
    return frozenset().union(
        *(
            statement.keys
            for policy in policies
            if policy is not None
            for statement in policy.statements
            if statement.keys and statement.covered(every)
        )
    )


def asks(keys: frozenset[str], beginnings: tuple[str, ...]) -> bool:
    """Whether one of some keys begins so."""
    return any(key.startswith(beginnings) for key in keys)


@cache
def every_action() -> tuple[str, ...]:
    """Return all actions of ECR."""
    return tuple(f"ecr:{name}" for name in sorted(actions.known().values()))
