"""A registry with every setting, and the operations that read and write each."""

from __future__ import annotations

from typing import Any

from ecrops import (
    LifecycleRule,
    PullThroughCacheRule,
    RegistrySpec,
    ReplicationRule,
    RepositoryCreationTemplate,
    ScanningConfiguration,
    SigningRule,
    prefix,
)
from ecrops.events import on_image_pushed
from emulator import Cloud

PROFILE = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/releases"
STATEMENT = {
    "Sid": "Replicas",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "ecr:ReplicateImage",
    "Resource": "arn:aws:ecr:eu-west-1:123456789012:repository/*",
}
SETTINGS: dict[str, Any] = {
    "scanning": ScanningConfiguration("ENHANCED", continuous_scan=["prod/*"], scan_on_push=["*"]),
    "replication": [ReplicationRule(prefix="prod/", to=["eu-central-1"])],
    "registry_policy": {"Version": "2012-10-17", "Statement": [STATEMENT]},
    "pull_through_cache": [PullThroughCacheRule("quay", "quay.io"), PullThroughCacheRule("k8s", "registry.k8s.io")],
    "creation_templates": [
        RepositoryCreationTemplate(
            "quay",
            applied_for=["PULL_THROUGH_CACHE"],
            lifecycle_rules=[LifecycleRule(rule_priority=1, max_image_count=50)],
        )
    ],
    "account_settings": {"BLOB_MOUNTING": "ENABLED"},
    "signing": [SigningRule(PROFILE, repositories=["prod/*"])],
    "pull_time_exclusions": ["arn:aws:iam::123456789012:role/scanner"],
}
FULL = RegistrySpec(**SETTINGS)
EVENTS = RegistrySpec(**SETTINGS, events=[on_image_pushed(name="pushed", repositories=prefix("team/"))])
READS = {
    "scanning": "GetRegistryScanningConfiguration",
    "replication": "DescribeRegistry",
    "registry_policy": "GetRegistryPolicy",
    "pull_through_cache": "DescribePullThroughCacheRules",
    "creation_templates": "DescribeRepositoryCreationTemplates",
    "account_settings": "GetAccountSetting",
    "signing": "GetSigningConfiguration",
    "pull_time_exclusions": "ListPullTimeUpdateExclusions",
}


def prepare(cloud: Cloud) -> None:
    """Settings of others, some of which a full spec takes away."""
    ecr = cloud.client("ecr")
    ecr.put_registry_scanning_configuration(
        scanType="ENHANCED",
        rules=[{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "old", "filterType": "WILDCARD"}]}],
    )
    rule = {"destinations": [{"region": "us-east-1", "registryId": cloud.account}]}
    ecr.put_replication_configuration(replicationConfiguration={"rules": [rule]})
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="old", upstreamRegistryUrl="public.ecr.aws")
    ecr.create_repository_creation_template(prefix="old", appliedFor=["REPLICATION"])
    ecr.create_repository_creation_template(prefix="quay", appliedFor=["REPLICATION"], imageTagMutability="IMMUTABLE")
    ecr.register_pull_time_update_exclusion(principalArn="arn:aws:iam::123456789012:user/old")


def picture(cloud: Cloud) -> dict[str, Any]:
    """What the registry is like, without what differs from run to run."""
    ecr = cloud.client("ecr")
    rules = ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"]
    templates = ecr.describe_repository_creation_templates()["repositoryCreationTemplates"]
    at = ("createdAt", "updatedAt")
    return {
        **cloud.emulator.settings.picture(),
        "rules": {each["ecrRepositoryPrefix"]: {k: v for k, v in each.items() if k not in at} for each in rules},
        "templates": {each["prefix"]: {k: v for k, v in each.items() if k not in at} for each in templates},
    }
