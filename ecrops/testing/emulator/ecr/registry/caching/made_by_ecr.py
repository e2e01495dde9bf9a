"""Repositories that ECR makes by itself: on a push, for what is pulled through a cache, and for replicas.

Models https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import policies
from . import credentials

if TYPE_CHECKING:
    from ...backend import EcrBackend

ASSUMES = "ecr.amazonaws.com"
_DEFAULT: dict[str, Any] = {
    "appliedFor": ["PULL_THROUGH_CACHE", "REPLICATION"],
    "encryptionConfiguration": {"encryptionType": "AES256"},
}
"""The guide: without a template there are the default settings, but nothing is made on a push."""


def make(registry: EcrBackend, name: str, scenario: str) -> bool:
    """Make a repository as ECR does in a scenario, by the template for it; whether there is one now."""
    if name in registry.repositories:
        return True
    template = registry.creation_templates.matching(name, scenario) or _DEFAULT
    if scenario not in template["appliedFor"] or not _can_be_used(registry, template):
        return False
    # unverified: that nothing is made if somebody whom the repository policy names is no longer there
    text = template.get("repositoryPolicy")
    statements = policies.checked(text, registry.partition, unseen=False) if text else []
    repository: Any = registry.create(_request(name, template))
    repository.lifecycle_policy = template.get("lifecyclePolicy")
    if text:
        repository.policy, repository.named = text, policies.ids(statements, registry.partition)
    return True


def _can_be_used(registry: EcrBackend, template: dict[str, Any]) -> bool:
    """Whether ECR may make what a template says: tags and KMS take a role, which trusts ECR.

    Without one the pull fails with "not found": aws/containers-roadmap#2398.
    """
    role = template.get("customRoleArn")
    if role:
        return credentials.can_assume(ASSUMES, role, registry.account_id, registry.partition)
    return not template.get("resourceTags") and template["encryptionConfiguration"]["encryptionType"] == "AES256"


def _request(name: str, template: dict[str, Any]) -> dict[str, Any]:
    settings = ("encryptionConfiguration", "imageTagMutability", "imageTagMutabilityExclusionFilters")
    same = {key: template[key] for key in settings if key in template}
    return {**same, "repositoryName": name, "tags": template.get("resourceTags", [])}
