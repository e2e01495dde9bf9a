"""ECR's IAM actions: the sets that are granted together, and the list of all that exist. Pure.

Used by everything in ``access`` that names actions. The list of actions is that of the installed botocore, and the
actions that are permissions only, which no call has. Public repositories have actions of a service of their own.

Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistrypublic.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

from ecrops.aws import operations_of
from ecrops.base.problems import Problems, nearest
from ecrops.errors import SpecError
from ecrops.iam.statements import fingerprint
from ecrops.iam.wildcards import covers
from ecrops.repositories.values import ECR, PUBLIC

READ = ("ecr:DescribeRepositories", "ecr:DescribeImages")
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage")
PUSH = (
    "ecr:CompleteLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:InitiateLayerUpload",
    "ecr:BatchCheckLayerAvailability",
    "ecr:PutImage",
)
PULL_PUSH = tuple(dict.fromkeys((*PULL, *PUSH)))
LAMBDA = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PULL_THROUGH_CACHE = (
    *PULL,
    "ecr:BatchImportUpstreamImage",
    "ecr:GetImageCopyStatus",
    "ecr:CreateRepository",
    "ecr:TagResource",
)
SCAN_FINDINGS = ("ecr:DescribeImageScanFindings", "ecr:DescribeImages")
DELETE_IMAGES = ("ecr:BatchDeleteImage", "ecr:ListImages", "ecr:DescribeImages")
LIFECYCLE = (
    "ecr:GetLifecyclePolicy",
    "ecr:PutLifecyclePolicy",
    "ecr:DeleteLifecyclePolicy",
    "ecr:StartLifecyclePolicyPreview",
    "ecr:GetLifecyclePolicyPreview",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
)
TOKEN = ("ecr:GetAuthorizationToken",)
# https://docs.aws.amazon.com/AmazonECR/latest/public/public-repository-policy-examples.html
PUBLIC_PUSH = (
    "ecr-public:BatchCheckLayerAvailability",
    "ecr-public:PutImage",
    "ecr-public:InitiateLayerUpload",
    "ecr-public:UploadLayerPart",
    "ecr-public:CompleteLayerUpload",
)
PUBLIC_TOKEN = ("ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken")

NAMES = {
    "read": READ,
    "pull": PULL,
    "push": PUSH,
    "pull and push": PULL_PUSH,
    "pull as Lambda": LAMBDA,
    "pull through the cache": PULL_THROUGH_CACHE,
    "see scan findings": SCAN_FINDINGS,
    "delete images": DELETE_IMAGES,
    "edit the lifecycle policy": LIFECYCLE,
    "push publicly": PUBLIC_PUSH,
    "log in": TOKEN,
    "log in to the public gallery": PUBLIC_TOKEN,
}
_VERBS = {"read": READ, "pull": PULL, "push": PUSH, "pull_push": PULL_PUSH}
_NAME_OF = {frozenset(actions): name for name, actions in NAMES.items()}

# Actions without a repository as their resource: granted on a repository they would never take effect.
REGISTRY_WIDE = (
    "*PullThroughCacheRule*",
    "*RepositoryCreationTemplate*",
    "*RegistryPolicy",
    "*RegistryScanningConfiguration",
    "*ReplicationConfiguration",
    "*ReplicationBackfill*",
    "DescribeRegistry",
    "*AccountSetting",
    "*SigningConfiguration",
    "*PullTimeUpdateExclusion*",
)
PUBLIC_REGISTRY_WIDE = ("DescribeRegistries", "*RegistryCatalogData")
PERMISSION_ONLY = ("BatchImportUpstreamImage", "GetImageCopyStatus", "ReplicateImage")
# Actions that only an identity policy can allow: the repository does not exist yet.
IDENTITY_ONLY = ("ecr:CreateRepository", "ecr-public:CreateRepository")
NOT_ACTIONS = {"ListImageReferrers": "ecr:BatchGetImage"}
FOR_IMAGES = {
    ECR: frozenset((*PULL_THROUGH_CACHE, *PUSH)) - {"ecr:CreateRepository", "ecr:TagResource"},
    PUBLIC: frozenset(PUBLIC_PUSH),
}


def words(actions: Iterable[str]) -> str:
    """Return a set of actions in words, such as ``pull and push``."""
    names = frozenset(actions)
    return _NAME_OF.get(names) or ", ".join(sorted(map(short, names)))


def short(action: str) -> str:
    """Return an action of ECR without the name of its service."""
    return action.removeprefix(f"{ECR}:").removeprefix(f"{PUBLIC}:")


def service_of(action: str) -> str:
    """Return which of the two services an action, or a wildcard of actions, is of."""
    return PUBLIC if action.lower().startswith(f"{PUBLIC}:") else ECR


def sid(actions: frozenset[str]) -> str:
    """Return a set of actions as a part of a Sid."""
    name = _NAME_OF.get(actions, "")
    return name.title().replace(" ", "") if name else fingerprint(" ".join(sorted(actions)))


@cache
def known(service: str = ECR) -> dict[str, str]:
    """Return the names of the actions of a service, by their names in lower case."""
    names = {*operations_of(service), *(PERMISSION_ONLY if service == ECR else ())} - NOT_ACTIONS.keys()
    return {name.lower(): name for name in names}


@cache
def about_repositories(service: str = ECR) -> frozenset[str]:
    """Return the actions on repositories: those that can be granted on one."""
    excluded = ("GetAuthorizationToken", *_registry_wide(service))
    return frozenset(f"{service}:{name}" for name in known(service).values() if not is_among(name, excluded))


def _registry_wide(service: str) -> tuple[str, ...]:
    return REGISTRY_WIDE if service == ECR else PUBLIC_REGISTRY_WIDE


def is_among(action: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns covers an action."""
    return any(covers(pattern, action) for pattern in patterns)


def expanded(patterns: Iterable[str], service: str = ECR) -> frozenset[str]:
    """Return the actions on repositories that patterns cover."""
    patterns = tuple(patterns)
    return frozenset(action for action in about_repositories(service) if is_among(action, patterns))


@lru_cache(4096)
def is_of_identities(pattern: str) -> bool:
    """Whether a pattern covers only actions that only an identity policy can allow."""
    covered = expanded([pattern], service_of(pattern))
    return bool(covered) and covered <= frozenset(IDENTITY_ONLY)


def need_a_token(patterns: Iterable[str], service: str = ECR) -> bool:
    """Whether patterns cover an action of a service that is of no use without the token to log in."""
    return any(covers(pattern, action) for pattern in patterns for action in FOR_IMAGES[service])


@cache
def is_about_repositories(pattern: str, service: str = ECR) -> bool:
    """Whether a pattern covers an action on repositories, or is an action that is newer than the installed botocore."""
    name = pattern.lower().removeprefix(f"{service}:")
    is_newer = name != pattern.lower() and name not in known(service) and not {"*", "?"} & set(name)
    return is_newer or any(covers(pattern, action) for action in about_repositories(service))


@cache
def have_in_common(pattern: str, other: str) -> bool:
    """Whether both patterns cover a common action."""
    if covers(pattern, other) or covers(other, pattern):
        return True
    every = (*about_repositories(ECR), *about_repositories(PUBLIC))
    return any(covers(pattern, action) and covers(other, action) for action in every)


def check(actions: object, service: str = ECR) -> tuple[str, ...]:
    """Return actions that can be granted on a repository, spelled as ECR spells them.

    Raises:
        SpecError: One is no action of ECR, or none on repositories; with every reason.
    """
    problems = Problems()
    names = problems.strings("actions", actions)
    problems.check(names != (), "actions", "expected at least one action")
    checked = problems.each("actions", names or (), lambda action: _check(action, service), numbered=False)
    problems.raise_any()
    return tuple(checked)


def check_named(element: str, action: str, service: str = ECR) -> None:
    """Refuse an action that a statement of a repository policy cannot name.

    Args:
        element: ``Action`` or ``NotAction``.
        action: The action, or a wildcard of actions.
        service: The service that has the repository.

    Raises:
        SpecError: ECR has no such action, or it is an ``Action`` that is not one on repositories.
    """
    if element == "Action":
        _check(action, service)
    else:
        _matching(action, service)


def _matching(action: str, service: str) -> list[str]:
    """Return the names of the actions that an action, or a wildcard, stands for."""
    pattern = action.partition(":")[2]
    matching = [name for name in known(service).values() if covers(pattern, name)]
    if not matching:
        close = nearest(pattern, known(service).values())
        hint = f"did you mean {service}:{close}?" if close else "if the action is new, update botocore"
        raise SpecError(f"{'ECR' if service == ECR else 'ECR Public'} has no action {action!r}; {hint}")
    return matching


def _check(action: str, service: str) -> str:
    prefix, _, name = action.partition(":")
    if action in _VERBS:
        names = ", ".join(map(repr, _VERBS[action]))
        raise SpecError(f"{action!r} is a word of who_can: grant_{action} grants its actions, {names}")
    if prefix.lower() != service or not name:
        example = "an action of ECR, such as 'ecr:BatchGetImage'"
        public = "an action on public repositories, such as 'ecr-public:PutImage'"
        raise SpecError(f"expected {example if service == ECR else public}, got {action!r}")
    if name.lower() == "getauthorizationtoken":
        raise SpecError(
            f"{service}:GetAuthorizationToken is not about a repository: registry.authorization_token.grant_read "
            "grants it"
        )
    for wrong, right in NOT_ACTIONS.items():
        if name.lower() == wrong.lower():
            raise SpecError(f"there is no action ecr:{wrong}: {right} allows that call")
    if is_among(name, _registry_wide(service)):
        raise SpecError(f"{action} is about the registry, not a repository: only a policy of IAM on '*' can allow it")
    matching = _matching(action, service)
    if not about_repositories(service) & {f"{service}:{match}" for match in matching}:
        raise SpecError(
            f"{action} means nothing that a repository has, only {', '.join(sorted(matching))}: the token to log in is "
            "granted by registry.authorization_token.grant_read, the rest by a policy of IAM on '*'"
        )
    return f"{service}:{matching[0]}" if matching[0].lower() == name.lower() else f"{service}:{name}"
