"""The scanning configuration of a registry, and what it comes to for a repository.

Replaced whole by each put: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_RegistryScanningRule.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html#image-scanning-filters
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

from ...wildcards import matches
from ..errors import invalid

FREQUENCIES = {"BASIC": ("SCAN_ON_PUSH", "MANUAL"), "ENHANCED": ("CONTINUOUS_SCAN", "SCAN_ON_PUSH")}
"""The frequencies of a scan type, the strongest first.

The model: "When the ENHANCED scan type is specified, the supported scan frequencies are CONTINUOUS_SCAN and
SCAN_ON_PUSH. When the BASIC scan type is specified, the SCAN_ON_PUSH scan frequency is supported. If scan on push is
not specified, then the MANUAL scan frequency is set by default."
"""
# unverified: whether BASIC takes a rule that says MANUAL. Such rules were seen in answers (prowler#12560).

Rules = Sequence[dict[str, Any]]


class BlockedByOrganizationPolicy(ServiceException):
    """An organization policy manages scanning with Amazon Inspector."""

    code = "BlockedByOrganizationPolicyException"
    message = "The operation did not succeed because the account is managed by a organization policy."


class Scanning:
    """What is scanned, and when. ``is_blocked``: an organization policy forbids to change it."""

    def __init__(self) -> None:
        self.configuration: dict[str, Any] = {"scanType": "BASIC", "rules": []}
        self.is_blocked = False

    def put(self, scan_type: str, rules: Rules) -> dict[str, Any]:
        """Replace the configuration."""
        if self.is_blocked:
            raise BlockedByOrganizationPolicy
        _check(scan_type, rules)
        self.configuration = {"scanType": scan_type, "rules": list(rules)}
        return self.configuration

    def of(self, repository: Any) -> dict[str, Any]:
        """What the configuration comes to for a repository, with the filter that was applied."""
        frequency, applied = self._applied(repository.name)
        own = bool(repository.image_scanning_configuration.get("scanOnPush"))
        if own and not applied and self.configuration["scanType"] == "BASIC":
            frequency = "SCAN_ON_PUSH"  # unverified: that the deprecated setting of the repository counts still
        return {
            "repositoryArn": repository.arn,
            "repositoryName": repository.name,
            "scanOnPush": own,
            "scanFrequency": frequency,
            "appliedScanFilters": applied,
        }

    def _applied(self, name: str) -> tuple[str, list[dict[str, str]]]:
        """The strongest frequency with a filter that matches: "continuous" takes precedence over "on push"."""
        for frequency in FREQUENCIES[self.configuration["scanType"]]:
            found = [entry for entry in self._filters(frequency) if covers(entry["filter"], name)]
            if found:
                # unverified: that only the last filter is told; moto's authors saw it in answers of AWS.
                return frequency, found[-1:]
        return "MANUAL", []  # unverified: for ENHANCED, where the guide says "off", which the model has no word for

    def _filters(self, frequency: str) -> Iterator[dict[str, str]]:
        for rule in self.configuration["rules"]:
            if rule["scanFrequency"] == frequency:
                yield from rule["repositoryFilters"]


def covers(pattern: str, name: str) -> bool:
    """Whether a filter matches a repository.

    The guide: "A filter with no wildcard will match all repository names that contain the filter. A filter with a
    wildcard (*) matches on any repository name where the wildcard replaces zero or more characters".
    """
    return matches(pattern, name) if "*" in pattern else pattern in name


def _check(scan_type: str, rules: Rules) -> None:
    # unverified: the codes and the words of these refusals
    frequencies = [rule["scanFrequency"] for rule in rules]
    for frequency in frequencies:
        if frequency not in FREQUENCIES[scan_type]:
            raise invalid("rules", f"Scan frequency {frequency} is not supported for scan type {scan_type}")
    if len(set(frequencies)) < len(frequencies):
        raise invalid("rules", "Only one rule is allowed for each scan frequency")


class ScanningResponses:
    """The operations on scanning, for ECR's responses to inherit."""

    def put_registry_scanning_configuration(self: Any) -> ActionResult:
        """Replace the configuration."""
        # unverified: that what is left out is set to its default
        scan_type, rules = self.request.get("scanType") or "BASIC", self.request.get("rules") or []
        stored = self.ecr_backend.settings.scanning.put(scan_type, rules)
        return ActionResult({"registryScanningConfiguration": stored})

    def get_registry_scanning_configuration(self: Any) -> ActionResult:
        """Tell the configuration; there always is one."""
        stored = self.ecr_backend.settings.scanning.configuration
        return ActionResult({"registryId": self.current_account, "scanningConfiguration": stored})

    def batch_get_repository_scanning_configuration(self: Any) -> ActionResult:
        """Tell what applies. Repositories not found are failures of theirs, not of the call."""
        registry = self.ecr_backend
        names: list[str] = list(dict.fromkeys(self.request["repositoryNames"]))
        found = [name for name in names if registry.finds(name, by_reading=True) and name in registry.repositories]
        configurations = [registry.settings.scanning.of(registry.repositories[name]) for name in found]
        why = dict.fromkeys(("failureCode", "failureReason"), "REPOSITORY_NOT_FOUND")
        failures = [{"repositoryName": name, **why} for name in names if name not in found]
        return ActionResult({"scanningConfigurations": configurations, "failures": failures})
