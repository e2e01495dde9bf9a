"""A registry with everything: a spec that manages each setting, and what was there before it."""

from __future__ import annotations

import json
import re
from typing import Any

from ecrops import LifecycleRule, RegistrySpec, prefix
from ecrops.events import on_image_pushed
from ecrops.testing import Cloud

ACCOUNT = Cloud.account
SECRET = re.compile("(?<=:secret:ecr-pullthroughcache/mine)-.{6}$")
REPOSITORIES = f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository"


def profile(name: str) -> str:
    """The ARN of a signing profile."""
    return f"arn:aws:signer:eu-west-1:{ACCOUNT}:/signing-profiles/{name}"


def role(name: str) -> str:
    """The ARN of a role."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def statement(sid: str, account: str = "444455556666") -> dict[str, Any]:
    """A statement of a registry policy, for the repositories of its Sid."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "ecr:ReplicateImage",
        "Resource": f"{REPOSITORIES}/{sid.lower()}/*",
    }


def document(*sids: str) -> dict[str, Any]:
    """A registry policy."""
    return {"Version": "2012-10-17", "Statement": [statement(sid) for sid in sids]}


PULL = {"Sid": "Pull", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "ecr:BatchGetImage"}


def template(name: str, **members: Any) -> dict[str, Any]:
    """A creation template as ECR takes it."""
    return {"prefix": name, "appliedFor": ["REPLICATION"], **members}


FULL = RegistrySpec.from_dict(
    {
        "scanning": {"scan_type": "ENHANCED", "continuous_scan": ["prod/*"], "scan_on_push": ["team/*"]},
        "account_settings": {"BLOB_MOUNTING": "ENABLED"},
        "signing": [{"profile_arn": profile("ours"), "repositories": ["prod/*"]}, {"profile_arn": profile("kept")}],
        "pull_time_exclusions": [role("scanner"), role("kept")],
        "replication": [
            {"prefix": "prod/", "to": ["eu-central-1", "111122223333/us-east-1"]},
            {"prefix": "kept/", "to": ["us-east-1"]},
        ],
        "registry_policy": document("Ours", "Kept"),
        "creation_templates": [
            {
                "prefix": "ours",
                "applied_for": ["PULL_THROUGH_CACHE", "CREATE_ON_PUSH"],
                "description": "of the team",
                "image_tag_mutability": "IMMUTABLE",
                "lifecycle_rules": [LifecycleRule(max_image_count=5).to_dict()],
                "resource_policy": {"Statement": [PULL]},
                "tags": {"team": "web"},
                "custom_role_arn": role("maker"),
            },
            {"prefix": "kept", "applied_for": ["REPLICATION"], "description": "new"},
        ],
        "pull_through_cache": [
            {"prefix": "ours", "upstream": "quay.io"},
            {"prefix": "kept", "upstream": "registry.k8s.io"},
        ],
        "events": [on_image_pushed(name="pushed", repositories=prefix("team/")).to_dict()],
    }
)
"""A spec of every setting. Each has something new, something that is there, and something to go."""


def prepare(cloud: Cloud) -> None:
    """Give the registry what somebody made before: a part of it goes, and a part stays."""
    ecr = cloud.client("ecr")
    for name in ("maker", "scanner"):
        cloud.emulator.make_principals(role=name)
    filters = [{"filter": "old/*", "filterType": "WILDCARD"}]
    ecr.put_registry_scanning_configuration(
        scanType="BASIC", rules=[{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": filters}]
    )
    rules = [{"signingProfileArn": profile(name)} for name in ("kept", "gone")]
    ecr.put_signing_configuration(signingConfiguration={"rules": rules})
    for name in ("kept", "gone"):
        ecr.register_pull_time_update_exclusion(principalArn=role(name))
        ecr.create_repository_creation_template(**template(name, description="old"))
    ecr.put_replication_configuration(
        replicationConfiguration={
            "rules": [
                {
                    "destinations": [{"region": "us-east-1", "registryId": ACCOUNT}],
                    "repositoryFilters": [{"filter": f"{name}/", "filterType": "PREFIX_MATCH"}],
                }
                for name in ("kept", "gone")
            ]
        }
    )
    ecr.put_registry_policy(policyText=json.dumps(document("Kept", "Gone")))
    for name, upstream in (("kept", "registry.k8s.io"), ("gone", "quay.io")):
        ecr.create_pull_through_cache_rule(ecrRepositoryPrefix=name, upstreamRegistryUrl=upstream)


def picture(cloud: Cloud) -> Any:
    """All settings as they are in memory, and the rules of EventBridge, without times and ends of ARNs."""
    caches = {
        kind: {name: _timeless(each) for name, each in items.items()}
        for kind, items in cloud.emulator.caches.picture().items()
    }
    return _timeless(cloud.emulator.settings.picture()), caches, cloud.emulator.events.picture()


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _timeless(each) for name, each in value.items() if name not in ("createdAt", "updatedAt")}
    if isinstance(value, str):
        return SECRET.sub("", value)  # AWS chooses it
    return [_timeless(each) for each in value] if isinstance(value, list) else value
