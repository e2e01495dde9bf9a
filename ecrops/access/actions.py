"""ECR's IAM actions: the sets that are granted together, and which there are.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ecrops.aws import operations_of
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
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
_SAID = {frozenset(actions): name for name, actions in NAMES.items()}

# These have no repository as their resource, so that a grant of them on one would never take effect.
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
# What only a policy of IAM can allow: the repository is not there yet.
IDENTITY_ONLY = ("ecr:CreateRepository",)
NOT_ACTIONS = {"ListImageReferrers": "ecr:BatchGetImage"}
FOR_IMAGES = frozenset((*PULL_THROUGH_CACHE, *PUSH)) - {"ecr:CreateRepository", "ecr:TagResource"}


def words(actions: Iterable[str]) -> str:
    """A set of actions in words, such as ``pull and push``."""
    wanted = frozenset(actions)
    return _SAID.get(wanted) or ", ".join(sorted(action.removeprefix("ecr:") for action in wanted))


def sid(actions: frozenset[str]) -> str:
    """A set of actions as a part of a Sid."""
    from ecrops.iam.statements import fingerprint

    name = _SAID.get(actions, "")
    return name.title().replace(" ", "") if name else fingerprint(" ".join(sorted(actions)))


@cache
def known() -> dict[str, str]:
    """The actions of ECR, by their name in lower case."""
    names = {*operations_of("ecr"), *PERMISSION_ONLY} - NOT_ACTIONS.keys()
    return {name.lower(): name for name in names}


@cache
def about_repositories() -> frozenset[str]:
    """The actions that a repository has: those that can be granted on one."""
    others = ("GetAuthorizationToken", *REGISTRY_WIDE)
    return frozenset(f"ecr:{name}" for name in known().values() if not is_among(name, others))


def is_among(action: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns means an action."""
    return any(covers(pattern, action) for pattern in patterns)


def expanded(patterns: Iterable[str]) -> frozenset[str]:
    """The actions of a repository that patterns mean."""
    given = tuple(patterns)
    return frozenset(each for each in about_repositories() if is_among(each, given))


def is_of_identities(pattern: str) -> bool:
    """Whether a pattern means what only a policy of IAM can allow, and nothing else."""
    means = expanded([pattern])
    return bool(means) and means <= frozenset(IDENTITY_ONLY)


def need_a_token(patterns: Iterable[str]) -> bool:
    """Whether patterns mean an action that is worth nothing to who is not logged in."""
    return any(covers(pattern, each) for pattern in patterns for each in FOR_IMAGES)


@cache
def is_about_repositories(pattern: str) -> bool:
    """Whether a pattern means an action that a repository has, perhaps one that is newer than this."""
    name = pattern.lower().removeprefix("ecr:")
    newer = name != pattern.lower() and name not in known() and not {"*", "?"} & set(name)
    return newer or any(covers(pattern, each) for each in about_repositories())


@cache
def have_in_common(one: str, other: str) -> bool:
    """Whether there is an action that both patterns mean."""
    if covers(one, other) or covers(other, one):
        return True
    return any(covers(one, each) and covers(other, each) for each in about_repositories())


def check(actions: object) -> tuple[str, ...]:
    """Actions that can be granted on a repository, spelled as the service spells them.

    Raises:
        SpecError: One is no action of ECR, or none that a repository has; with every reason.
    """
    problems = Problems()
    given = problems.strings("actions", actions)
    problems.check(given != (), "actions", "expected at least one action")
    checked = [problems.take("actions", lambda action=action: _check(action)) for action in given or ()]  # type: ignore[misc]
    problems.raise_any()
    return tuple(action for action in checked if action)


def check_named(element: str, action: str) -> None:
    """Refuse an action that a statement of a repository policy cannot mean, as its ``Action`` or its ``NotAction``.

    Raises:
        SpecError: ECR has none such, or as ``Action``, none that a repository has.
    """
    if element == "Action":
        _check(action)
    else:
        _matching(action)


def _matching(action: str) -> list[str]:
    name = action.partition(":")[2]
    matching = [each for each in known().values() if covers(name, each)]
    if not matching:
        raise SpecError(f"ECR has no action {action!r}{_hint(name)}")
    return matching


def _check(action: str) -> str:
    service, _, name = action.partition(":")
    if action in _VERBS:
        named = ", ".join(map(repr, _VERBS[action]))
        raise SpecError(f"{action!r} is a word of who_can: grant_{action} grants its actions, {named}")
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
    if not about_repositories() & {f"ecr:{each}" for each in matching}:
        raise SpecError(
            f"{action} means nothing that a repository has, only {', '.join(sorted(matching))}: the token to log in is "
            "granted by registry.authorization_token.grant_read, the rest by a policy of IAM on '*'"
        )
    return f"ecr:{matching[0]}" if matching[0].lower() == name.lower() else f"ecr:{name}"


def _hint(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), list(known()), 1)
    return f"; did you mean ecr:{known()[close[0]]}?" if close else "; one that is new is known to a newer botocore"
