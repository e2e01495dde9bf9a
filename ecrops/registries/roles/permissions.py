"""The IAM actions that specs need, and on what: the table of ``docs/operations.md``, as far as specs go. Pure.

Called by ``bootstrap``. A test compares it with that table, and with the calls that ecrops makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ecrops.access.policy_keys import POLICY
from ecrops.access.principals.identities import Identity
from ecrops.aws import Arn
from ecrops.registry_settings.spec import RegistrySpec
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    from ecrops.access.grants import Grant
    from ecrops.events.event import Event

ALL = "*"
OF_REPOSITORY: Mapping[str, tuple[str, ...]] = {
    "image_tag_mutability": ("ecr:PutImageTagMutability",),
    "image_scan_on_push": ("ecr:PutImageScanningConfiguration",),
    "tags": ("ecr:ListTagsForResource", "ecr:TagResource", "ecr:UntagResource"),
    "lifecycle_rules": ("ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy", "ecr:DeleteLifecyclePolicy"),
    "lifecycle_guard": ("ecr:GetLifecyclePolicy", "ecr:DescribeImages"),
    "resource_policy": ("ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy", "ecr:DeleteRepositoryPolicy"),
}
"""What the fields of a repository need on it, beside ``EXISTENCE``."""
EXISTENCE = ("ecr:DescribeRepositories", "ecr:CreateRepository")
DELETION = ("ecr:ListImages", "ecr:DeleteRepository")
OF_REGISTRY: Mapping[str, tuple[str, ...]] = {
    "scanning": ("ecr:GetRegistryScanningConfiguration", "ecr:PutRegistryScanningConfiguration"),
    "replication": ("ecr:DescribeRegistry", "ecr:PutReplicationConfiguration"),
    "registry_policy": ("ecr:GetRegistryPolicy", "ecr:PutRegistryPolicy", "ecr:DeleteRegistryPolicy"),
    "pull_through_cache": (
        "ecr:DescribePullThroughCacheRules",
        "ecr:ValidatePullThroughCacheRule",
        "ecr:CreatePullThroughCacheRule",
        "ecr:UpdatePullThroughCacheRule",
        "ecr:DeletePullThroughCacheRule",
    ),
    "creation_templates": (
        "ecr:DescribeRepositoryCreationTemplates",
        "ecr:CreateRepositoryCreationTemplate",
        "ecr:UpdateRepositoryCreationTemplate",
        "ecr:DeleteRepositoryCreationTemplate",
    ),
    "account_settings": ("ecr:GetAccountSetting", "ecr:PutAccountSetting"),
    "signing": ("ecr:GetSigningConfiguration", "ecr:PutSigningConfiguration", "ecr:DeleteSigningConfiguration"),
    "pull_time_exclusions": (
        "ecr:ListPullTimeUpdateExclusions",
        "ecr:RegisterPullTimeUpdateExclusion",
        "ecr:DeregisterPullTimeUpdateExclusion",
    ),
}
"""What the settings of a registry need, on the registry."""
INLINE = ("Get{}Policy", "Put{}Policy", "Delete{}Policy")
ATTACHED = ("ListAttached{}Policies", "Attach{}Policy", "Detach{}Policy")
MANAGED = (
    "iam:ListPolicyVersions",
    "iam:GetPolicyVersion",
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicyVersion",
    "iam:DeletePolicy",
)
RULES = (
    "events:DescribeRule",
    "events:ListTagsForResource",
    "events:ListTargetsByRule",
    "events:PutRule",
    "events:TagResource",
    "events:PutTargets",
    "events:RemoveTargets",
    "events:DeleteRule",
)
OF_TARGETS: Mapping[str, tuple[str, ...]] = {
    "sqs": ("sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SetQueueAttributes"),
    "sns": ("sns:GetTopicAttributes", "sns:SetTopicAttributes"),
    "lambda": (
        "lambda:GetPolicy",
        "lambda:GetFunctionConfiguration",
        "lambda:AddPermission",
        "lambda:RemovePermission",
    ),
}
"""What targets of EventBridge rules need, on themselves."""
LOGS = (
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:PutResourcePolicy",
    "logs:DeleteResourcePolicy",
    "events:ListEventBuses",
    "events:ListRuleNamesByTarget",
)
KEYS = ("kms:DescribeKey", "kms:CreateGrant")
REGIONS = ("account:ListRegions",)
SERVICE_ROLES = {
    "scanning": "inspector2.amazonaws.com",
    "replication": "replication.ecr.amazonaws.com",
    "pull_through_cache": "pullthroughcache.ecr.amazonaws.com",
}
"""The services whose roles AWS makes, for whom the caller has to be allowed ``iam:CreateServiceLinkedRole``."""


class Need(NamedTuple):
    """Actions on some resources, under a condition.

    Args:
        resources: The resources, sorted.
        actions: The actions.
        condition: The condition, as keys and values that have to be equal.
    """

    resources: tuple[str, ...]
    actions: tuple[str, ...]
    condition: tuple[tuple[str, str], ...] = ()


class Scope(NamedTuple):
    """Where the role works.

    Args:
        partition: The partition.
        account: The account, or ``*``: a role has no permission in another account by itself.
        regions: The regions, or ``*``.
        repositories: Names of repositories, and wildcards; none for those of the specs.
    """

    partition: str = "aws"
    account: str = ALL
    regions: tuple[str, ...] = (ALL,)
    repositories: tuple[str, ...] = ()

    def of(self, service: str, *resources: str) -> tuple[str, ...]:
        """Return the ARNs of resources in all regions; those of IAM have none."""
        regions = ("",) if service == "iam" else self.regions
        return tuple(
            str(Arn(self.partition, service, region, self.account, resource))
            for resource in resources
            for region in regions
        )

    def repository(self, *names: str) -> tuple[str, ...]:
        """Return the ARNs of repositories: the scope says which, or the names of specs do."""
        return self.of("ecr", *(f"repository/{name}" for name in self.repositories or names))


def needs(specs: Sequence[RepositorySpec | RegistrySpec], scope: Scope, *, deletes: bool) -> Iterator[Need]:
    """Yield what a plan of the specs reads, and what its changes need.

    Args:
        specs: What is managed.
        scope: Where.
        deletes: Whether repositories are deleted too.
    """
    repositories = [spec for spec in specs if isinstance(spec, RepositorySpec)]
    yield Need((ALL,), REGIONS)
    if repositories:
        # many repositories are described without their names, which takes the permission on all
        yield Need(scope.of("ecr", f"repository/{ALL}"), EXISTENCE[:1])
        names = sorted({spec.name for spec in repositories})
        yield Need(scope.repository(*names), (*EXISTENCE[1:], *(DELETION if deletes else ())))
    for spec in repositories:
        yield from _of_repository(spec, scope, deletes=deletes)
    for setting in (spec for spec in specs if isinstance(spec, RegistrySpec)):
        yield from _of_registry(setting, scope)


def needs_of_everything(scope: Scope, *, deletes: bool) -> Iterator[Need]:
    """Yield what is needed for all that needs nothing but ECR: not for grants, events and keys of KMS."""
    yield Need((ALL,), REGIONS)
    yield Need(scope.of("ecr", f"repository/{ALL}"), EXISTENCE[:1])
    yield Need(scope.repository(ALL), (*EXISTENCE[1:], *(DELETION if deletes else ())))
    for actions in OF_REPOSITORY.values():
        yield Need(scope.repository(ALL), actions)
    for name, actions in OF_REGISTRY.items():
        yield Need((ALL,), actions)
        if name in SERVICE_ROLES and name != "scanning":
            yield _service_role(name, scope)


def _of_repository(spec: RepositorySpec, scope: Scope, *, deletes: bool) -> Iterator[Need]:
    own = scope.repository(spec.name)
    for field, actions in OF_REPOSITORY.items():
        value = getattr(spec, field)
        if value is not None and not (field == "lifecycle_guard" and value is False):  # which is no guard
            yield Need(own, actions)
    if spec.encryption_key is not None or spec.encryption not in (None, "AES256"):
        yield Need(_keys(spec.encryption_key, scope), (*KEYS, *(("kms:RetireGrant",) if deletes else ())))
    grants: Sequence[Any] = spec.grants or ()  # checked specs have no mappings
    for grant in grants:
        yield from _of_grant(grant, own, scope)
    for event in spec.events or ():
        yield from _of_event(event, scope)
    if spec.events is not None:
        yield Need(scope.of("events", f"rule/{ALL}"), ("events:ListRules", *RULES))


def _keys(key: str | None, scope: Scope) -> tuple[str, ...]:
    if key is not None and key.startswith("arn:") and ":key/" in key:
        return (key,)
    is_id = key is not None and not key.startswith(("arn:", "alias/"))
    return scope.of("kms", f"key/{key if is_id else ALL}")


def _of_grant(grant: Grant, own: tuple[str, ...], scope: Scope) -> Iterator[Need]:
    """Yield what a grant needs: on the policies of an identity, or on the policy of the repository."""
    yield Need(own, OF_REPOSITORY["resource_policy"][:1])
    principal = grant.principal
    if not isinstance(principal, Identity):
        yield Need(own, OF_REPOSITORY["resource_policy"])
        return
    if principal.account and principal.account != scope.account:
        yield Need(own, OF_REPOSITORY["resource_policy"])  # the identity may be of another account
    kind, name = str(principal.kind), principal.friendly_name
    given = Arn.parse(principal.arn(scope.partition, "000000000000")).resource
    resources = (given, f"{kind}/*/{name}") if given == f"{kind}/{name}" else (given,)
    identity = scope.of("iam", *resources)
    forms = ATTACHED if grant.attach == "managed" else INLINE
    yield Need(identity, tuple(f"iam:{form.format(kind.title())}" for form in forms))
    if grant.attach == "managed":
        policy = grant.policy_name or POLICY
        yield Need(scope.of("iam", f"policy/{policy}-{kind}-{name}-*"), MANAGED)


def _of_event(event: Event, scope: Scope) -> Iterator[Need]:
    """Yield what an EventBridge rule needs for its targets."""
    if event.needs_scan_type:
        yield Need((ALL,), ("ecr:GetRegistryScanningConfiguration",))
    for target in event.targets:
        arn = target if isinstance(target, str) else target.arn
        service = Arn.parse(arn).service
        if service in OF_TARGETS:
            yield Need((arn,), OF_TARGETS[service])
        elif service == "logs":
            yield Need((ALL,), LOGS)
        if isinstance(target, str):
            continue
        if target.dead_letter_arn:
            yield Need((target.dead_letter_arn,), OF_TARGETS["sqs"])
        if target.role_arn:
            yield _passed(target.role_arn, "events.amazonaws.com")


def _passed(role_arn: str, service: str) -> Need:
    return Need((role_arn,), ("iam:PassRole",), (("iam:PassedToService", service),))


def _of_registry(spec: RegistrySpec, scope: Scope) -> Iterator[Need]:
    for name, value in spec.managed.items():
        yield Need((ALL,), OF_REGISTRY[name])
        for rule in value if name in ("creation_templates", "pull_through_cache") else ():
            if role := getattr(rule, "custom_role_arn", None):
                yield _passed(role, "ecr.amazonaws.com")
        if name == "scanning":
            if _is_enhanced(value):
                yield Need((ALL,), ("inspector2:Enable", "inspector2:ListAccountPermissions"))
                yield _service_role(name, scope)
        elif name in SERVICE_ROLES and value:
            yield _service_role(name, scope)
    for event in spec.events or ():
        yield from _of_event(event, scope)
    if spec.events is not None:
        yield Need(scope.of("events", f"rule/{ALL}"), ("events:ListRules", *RULES))


def _is_enhanced(scanning: Any) -> bool:
    return str(scanning.scan_type) == "ENHANCED"


def _service_role(setting: str, scope: Scope) -> Need:
    """Return what lets AWS make the role that a service uses in the account."""
    service = SERVICE_ROLES[setting]
    role = scope.of("iam", f"role/aws-service-role/{service}/*")
    return Need(role, ("iam:CreateServiceLinkedRole",), (("iam:AWSServiceName", service),))
