"""Scans of images: on push and on request, basic and enhanced, and what they find."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.testing import Client, Cloud

from .support import refused

FOUND = {"CVE-2026-1": "CRITICAL", "CVE-2026-2": "HIGH", "CVE-2026-3": "HIGH"}


def start(ecr: Client, tag: str = "v1") -> Any:
    return ecr.start_image_scan(repositoryName="app", imageId={"imageTag": tag})["imageScanStatus"]["status"]


def findings(ecr: Client, **more: Any) -> Any:
    return ecr.describe_image_scan_findings(repositoryName="app", imageId={"imageTag": "v1"}, **more)


def statuses(ecr: Client, count: int) -> list[str]:
    return [findings(ecr)["imageScanStatus"]["status"] for _ in range(count)]


def scan(ecr: Client, kind: str, frequency: str) -> None:
    """Let the registry be scanned."""
    rules = [{"scanFrequency": frequency, "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}]}]
    ecr.put_registry_scanning_configuration(scanType=kind, rules=rules)


def test_a_scan_on_request_ends_with_what_is_found(cloud: Cloud, ecr: Client) -> None:
    digest = cloud.push_image("app", tag="v1")
    cloud.emulator.scans.find("app", digest, FOUND)
    with refused("ScanNotFoundException"):
        findings(ecr)
    cloud.emulator.scans.finished_after = 2
    assert start(ecr) == "IN_PROGRESS"
    assert "imageScanFindings" not in findings(ecr)
    assert statuses(ecr, 2) == ["IN_PROGRESS", "COMPLETE"]
    answer = findings(ecr)
    assert answer["imageId"] == {"imageTag": "v1", "imageDigest": digest}
    said = answer["imageScanFindings"]
    assert said["findingSeverityCounts"] == {"CRITICAL": 1, "HIGH": 2}
    assert {each["name"]: each["severity"] for each in said["findings"]} == FOUND
    assert said["imageScanCompletedAt"].tzinfo


def test_findings_come_in_pages(cloud: Cloud, ecr: Client) -> None:
    digest = cloud.push_image("app", tag="v1")
    cloud.emulator.scans.find("app", digest, {f"CVE-{number}": "LOW" for number in range(150)})
    start(ecr)
    pages = list(
        ecr.get_paginator("describe_image_scan_findings").paginate(repositoryName="app", imageId={"imageTag": "v1"})
    )
    assert [len(page["imageScanFindings"]["findings"]) for page in pages] == [100, 50]
    assert all(page["imageScanFindings"]["findingSeverityCounts"] == {"LOW": 150} for page in pages)
    assert len(findings(ecr, maxResults=1000)["imageScanFindings"]["findings"]) == 150
    with refused("InvalidParameterException", "less than or equal to 1000"):
        findings(ecr, maxResults=1001)


def test_an_image_is_scanned_once_in_a_day(cloud: Cloud, ecr: Client) -> None:
    cloud.push_image("app", tag="v1")
    start(ecr)
    with refused("LimitExceededException"):
        start(ecr)
    cloud.emulator.scans.a_day_passes()
    start(ecr)


def test_a_scan_on_push_counts(cloud: Cloud, ecr: Client) -> None:
    scan(ecr, "BASIC", "SCAN_ON_PUSH")
    cloud.emulator.scans.begins_after = 1
    cloud.push_image("app", tag="v1")
    with refused("ScanNotFoundException"):
        findings(ecr)
    assert statuses(ecr, 1) == ["COMPLETE"]
    with refused("LimitExceededException"):
        start(ecr)


@pytest.mark.parametrize("frequency", ["SCAN_ON_PUSH", "CONTINUOUS_SCAN"])
def test_enhanced_scanning_never_ends(cloud: Cloud, ecr: Client, frequency: str) -> None:
    scan(ecr, "ENHANCED", frequency)
    cloud.emulator.scans.finished_after = 1
    digest = cloud.push_image("app", tag="v1")
    cloud.emulator.scans.find("app", digest, FOUND)
    assert statuses(ecr, 3) == ["PENDING", "ACTIVE", "ACTIVE"]
    said = findings(ecr)["imageScanFindings"]
    assert {
        each["packageVulnerabilityDetails"]["vulnerabilityId"]: each["severity"] for each in said["enhancedFindings"]
    } == FOUND
    assert "findings" not in said
    with refused("ValidationException", "This feature is disabled"):
        start(ecr)


@pytest.mark.parametrize("status", ["FAILED", "UNSUPPORTED_IMAGE", "IMAGE_SIZE_EXCEEDED", "LIMIT_EXCEEDED"])
def test_a_scan_ends_badly(cloud: Cloud, ecr: Client, status: str) -> None:
    cloud.push_image("app", tag="v1")
    cloud.emulator.scans.ends = status
    start(ecr)
    answer = findings(ecr)
    assert (answer["imageScanStatus"]["status"], "imageScanFindings" in answer) == (status, False)
    assert answer["imageScanStatus"]["description"]


def test_what_cannot_be_scanned_is_refused(cloud: Cloud, ecr: Client) -> None:
    cloud.push_index("app", [cloud.push_image("app", tag="v1")], tag="index")
    with refused("UnsupportedImageTypeException"):
        start(ecr, "index")
    with refused("ImageNotFoundException"):
        start(ecr, "none")
    cloud.push_image("app", tag="v1")
    start(ecr)
    ecr.update_image_storage_class(repositoryName="app", imageId={"imageTag": "v1"}, targetStorageClass="ARCHIVE")
    with refused("ImageArchivedException"):
        start(ecr)
    assert statuses(ecr, 1) == ["IMAGE_ARCHIVED"]
