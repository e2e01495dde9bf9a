"""ECR's IAM actions: the sets that are granted together, and the list of all that exist. Pure.

Used by everything in ``access`` that names actions. The list of actions is that of the installed botocore, and the
actions that are permissions only, which no call has.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

from ecrops.aws import operations_of
from ecrops.base.problems import Problems, nearest
from ecrops.errors import SpecError
from ecrops.iam.statements import fingerprint
from ecrops.iam.wildcards import covers

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
PERMISSION_ONLY = ("BatchImportUpstreamImage", "GetImageCopyStatus", "ReplicateImage")
# Actions that only an identity policy can allow: the repository does not exist yet.
IDENTITY_ONLY = ("ecr:CreateRepository",)
NOT_ACTIONS = {"ListImageReferrers": "ecr:BatchGetImage"}
FOR_IMAGES = frozenset((*PULL_THROUGH_CACHE, *PUSH)) - {"ecr:CreateRepository", "ecr:TagResource"}


def words(actions: Iterable[str]) -> str:
    """Return a set of actions in words, such as ``pull and push``."""
    names = frozenset(actions)
    return _NAME_OF.get(names) or ", ".join(sorted(name.removeprefix("ecr:") for name in names))


def sid(actions: frozenset[str]) -> str:
    """Return a set of actions as a part of a Sid."""
    name = _NAME_OF.get(actions, "")
    return name.title().replace(" ", "") if name else fingerprint(" ".join(sorted(actions)))


@cache
def known() -> dict[str, str]:
    """Return the names of ECR's actions, by their names in lower case."""
    names = {*operations_of("ecr"), *PERMISSION_ONLY} - NOT_ACTIONS.keys()
    return {name.lower(): name for name in names}


@cache
def about_repositories() -> frozenset[str]:
    """Return the actions on repositories: those that can be granted on one."""
    excluded = ("GetAuthorizationToken", *REGISTRY_WIDE)
    return frozenset(f"ecr:{name}" for name in known().values() if not is_among(name, excluded))


def is_among(action: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns covers an action."""
    return any(covers(pattern, action) for pattern in patterns)


def expanded(patterns: Iterable[str]) -> frozenset[str]:
    """Return the actions on repositories that patterns cover."""
    patterns = tuple(patterns)
    return frozenset(action for action in about_repositories() if is_among(action, patterns))


@lru_cache(4096)
def is_of_identities(pattern: str) -> bool:
    """Whether a pattern covers only actions that only an identity policy can allow."""
    covered = expanded([pattern])
    return bool(covered) and covered <= frozenset(IDENTITY_ONLY)


def need_a_token(patterns: Iterable[str]) -> bool:
    """Whether patterns cover an action that is of no use without the token to log in."""
    return any(covers(pattern, action) for pattern in patterns for action in FOR_IMAGES)


@cache
def is_about_repositories(pattern: str) -> bool:
    """Whether a pattern covers an action on repositories, or is an action that is newer than the installed botocore."""
    name = pattern.lower().removeprefix("ecr:")
    is_newer = name != pattern.lower() and name not in known() and not {"*", "?"} & set(name)
    return is_newer or any(covers(pattern, action) for action in about_repositories())


@cache
def have_in_common(pattern: str, other: str) -> bool:
    """Whether both patterns cover a common action."""
    if covers(pattern, other) or covers(other, pattern):
        return True
    return any(covers(pattern, action) and covers(other, action) for action in about_repositories())


def check(actions: object) -> tuple[str, ...]:
    """Return actions that can be granted on a repository, spelled as ECR spells them.

    Raises:
        SpecError: One is no action of ECR, or none on repositories; with every reason.
    """
    problems = Problems()
    names = problems.strings("actions", actions)
    problems.check(names != (), "actions", "expected at least one action")
    checked = problems.each("actions", names or (), _check, numbered=False)
    problems.raise_any()
    return tuple(checked)


def check_named(element: str, action: str) -> None:
    """Refuse an action that a statement of a repository policy cannot name.

    Args:
        element: ``Action`` or ``NotAction``.
        action: The action, or a wildcard of actions.

    Raises:
        SpecError: ECR has no such action, or it is an ``Action`` that is not one on repositories.
    """
    if element == "Action":
        _check(action)
    else:
        _matching(action)


def _matching(action: str) -> list[str]:
    """Return the names of the actions that an action, or a wildcard, stands for."""
    pattern = action.partition(":")[2]
    matching = [name for name in known().values() if covers(pattern, name)]
    if not matching:
        close = nearest(pattern, known().values())
        hint = f"did you mean ecr:{close}?" if close else "if the action is new, update botocore"
        raise SpecError(f"ECR has no action {action!r}; {hint}")
    return matching


def _check(action: str) -> str:
    service, _, name = action.partition(":")
    if action in _VERBS:
        names = ", ".join(map(repr, _VERBS[action]))
        raise SpecError(f"{action!r} is a word of who_can: grant_{action} grants its actions, {names}")
    if service.lower() != "ecr" or not name:
        raise SpecError(f"expected an action of ECR, such as 'ecr:BatchGetImage', got {action!r}")
    if name.lower() == "getauthorizationtoken":
        raise SpecError(
            "ecr:GetAuthorizationToken is not about a repository: registry.authorization_token.grant_read grants it"
        )
    for wrong, right in NOT_ACTIONS.items():
        if name.lower() == wrong.lower():
            raise SpecError(f"there is no action ecr:{wrong}: {right} allows that call")
    if is_among(name, REGISTRY_WIDE):
        raise SpecError(f"{action} is about the registry, not a repository: only a policy of IAM on '*' can allow it")
    matching = _matching(action)
    if not about_repositories() & {f"ecr:{match}" for match in matching}:
        raise SpecError(
            f"{action} means nothing that a repository has, only {', '.join(sorted(matching))}: the token to log in is "
            "granted by registry.authorization_token.grant_read, the rest by a policy of IAM on '*'"
        )
    return f"ecr:{matching[0]}" if matching[0].lower() == name.lower() else f"ecr:{name}"
