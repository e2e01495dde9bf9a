"""What scans tell of what they found, in the shapes of botocore's model: basic ones, and those of Amazon Inspector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.ecr.models import Image

if TYPE_CHECKING:
    from ..backend import EcrBackend

_SCORES = {"CRITICAL": 9.8, "HIGH": 7.5, "MEDIUM": 5.3, "LOW": 3.1}


def counts(severities: Mapping[str, str]) -> dict[str, int]:
    """How many there are of each severity."""
    return dict(Counter(severities.values()))


def basic(findings: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The findings of basic scanning."""
    return {"findings": [_basic(name, severity) for name, severity in findings]}


def _basic(name: str, severity: str) -> dict[str, Any]:
    attributes = {"package_name": "openssl", "package_version": "3.0.1", "CVSS3_SCORE": str(_SCORES.get(severity, 0))}
    return {
        "name": name,
        "description": f"What {name} is about",
        "uri": f"https://nvd.nist.gov/vuln/detail/{name}",
        "severity": severity,
        "attributes": [{"key": key, "value": value} for key, value in attributes.items()],
    }


def enhanced(findings: Iterable[tuple[str, str]], image: Image, registry: EcrBackend, seen: datetime) -> dict[str, Any]:
    """The findings of enhanced scanning."""
    return {"enhancedFindings": [_enhanced(name, severity, image, registry, seen) for name, severity in findings]}


def _enhanced(name: str, severity: str, image: Image, registry: EcrBackend, seen: datetime) -> dict[str, Any]:
    account, partition = registry.account_id, registry.partition
    arn = f"arn:{partition}:inspector2:{registry.region_name}:{account}:finding/{name.lower()}"
    package = {"name": "openssl", "version": "3.0.1", "fixedInVersion": "3.0.2", "packageManager": "OS"}
    return {
        "awsAccountId": account,
        "description": f"What {name} is about",
        "findingArn": arn,
        "firstObservedAt": seen,
        "lastObservedAt": seen,
        "updatedAt": seen,
        "packageVulnerabilityDetails": {
            "source": "NVD",
            "sourceUrl": f"https://nvd.nist.gov/vuln/detail/{name}",
            "vulnerabilityId": name,
            "vendorSeverity": severity,
            "vulnerablePackages": [package],
        },
        "remediation": {"recommendation": {"text": "Update openssl"}},
        "resources": [_resource(image)],
        "score": _SCORES.get(severity, 0.0),
        "severity": severity,
        "status": "ACTIVE",
        "title": f"{name} - openssl",
        "type": "PACKAGE_VULNERABILITY",
        "fixAvailable": "YES",
        "exploitAvailable": "NO",
    }


def _resource(image: Image) -> dict[str, Any]:
    details = {
        "imageHash": image.image_digest,
        "imageTags": list(image.image_tags),
        "registry": image.registry_id,
        "repositoryName": image.repository_name,
    }
    return {"type": "AWS_ECR_CONTAINER_IMAGE", "id": image.image_digest, "details": {"awsEcrContainerImage": details}}
