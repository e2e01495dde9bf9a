"""Scans: a gate of one line, of basic and of enhanced scanning, that always ends."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from ecrops import DeadlineError, Registry, RetryPolicy, SpecError
from ecrops.base.waits import Wait
from ecrops.images import Finding, ImageHandle, ScanError, ScanFindings, ScanStatus
from ecrops.testing import AT_ONCE, Cloud, Fault
from support import registry_of

FINDINGS = "DescribeImageScanFindings"
DIGEST = "sha256:" + "a" * 64


def severities(found: ScanFindings) -> list[str]:
    return [finding.severity for finding in found]


class Answers:
    """ECR's answers to one operation after another: of the shapes of its model, which botocore parses.

    Args:
        cloud: Where everything else is asked.
        answers: The answers by operation; the last one of each is repeated. A text is an error code.
    """

    def __init__(self, cloud: Cloud, **answers: Sequence[dict[str, Any] | str]) -> None:
        self.session, self.asked = cloud.session(own=True), list[tuple[str, dict[str, Any]]]()
        for operation, of_operation in answers.items():
            self.session.events.register(f"before-call.ecr.{operation}", self._answering(operation, of_operation))

    def _answering(self, operation: str, answers: Sequence[dict[str, Any] | str]) -> Any:
        left = list(answers)

        def answer(params: dict[str, Any], **_: object) -> Any:
            self.asked.append((operation, json.loads(params["body"])))
            found = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(found, str):
                error = {"Error": {"Code": found, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
                return AWSResponse("", 400, HTTPHeaders(), None), error
            return AWSResponse("", 200, HTTPHeaders(), None), found | {"ResponseMetadata": {"HTTPStatusCode": 200}}

        return answer

    @property
    def image(self) -> ImageHandle:
        return Registry(self.session, retry=AT_ONCE).repository("app").image("v1")


def page(
    status: str = "COMPLETE", *severity: str, token: str = "", digest: str = DIGEST, **more: Any
) -> dict[str, Any]:
    """A page of findings of basic scanning."""
    findings = [
        {
            "name": f"CVE-{number}",
            "severity": each,
            "uri": f"https://example.com/{number}",
            "attributes": [{"key": "package_name", "value": "zlib"}, {"key": "package_version", "value": "1.2"}],
        }
        for number, each in enumerate(severity)
    ]
    return {
        "imageId": {"imageDigest": digest, "imageTag": "v1"},
        "imageScanStatus": {"status": status, "description": "as told"},
        "imageScanFindings": {"findings": findings, "findingSeverityCounts": {"LOW": 9}, **more},
        **({"nextToken": token} if token else {}),
    }


def enhanced(severity: str, *packages: dict[str, Any], **more: Any) -> dict[str, Any]:
    details = {"vulnerabilityId": "CVE-1", "sourceUrl": "https://e.com/1", "vulnerablePackages": list(packages)}
    return {"severity": severity, "status": "ACTIVE", "packageVulnerabilityDetails": details, "score": 9.8, **more}


def test_a_gate_is_one_line_and_severity_is_the_least_one(memory_cloud: Cloud) -> None:
    found = page("COMPLETE", "LOW", "UNDEFINED", "HIGH", "MEDIUM", "INFORMATIONAL", "HIGH")
    image = Answers(memory_cloud, DescribeImageScanFindings=[found]).image
    assert not image.scan_findings(severity="CRITICAL")
    assert severities(image.scan_findings(severity="HIGH")) == ["HIGH", "HIGH"]
    assert severities(image.scan_findings(severity="LOW")) == ["HIGH", "HIGH", "MEDIUM", "LOW"]
    every = image.scan_findings()
    assert severities(every) == ["HIGH", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED"]
    assert every.findings[0] == Finding("HIGH", "CVE-2", "zlib", "1.2", uri="https://example.com/2")
    assert (every.status, every.counts, len(every)) == ("COMPLETE", {"LOW": 9}, 6)
    assert str(image.scan_findings(severity="HIGH")).split("\n")[:2] == [
        "2 findings of severity HIGH or worse",
        "HIGH CVE-2: zlib 1.2",
    ]
    assert str(image.scan_findings(severity="CRITICAL")) == "no findings of severity CRITICAL or worse"


def test_a_severity_that_is_newer_than_ecrops_is_never_left_out(memory_cloud: Cloud) -> None:
    image = Answers(memory_cloud, DescribeImageScanFindings=[page("COMPLETE", "APOCALYPTIC", "LOW")]).image
    assert severities(image.scan_findings(severity="CRITICAL")) == ["APOCALYPTIC"]


def test_enhanced_findings_are_one_for_each_package_and_suppressed_ones_are_none(memory_cloud: Cloud) -> None:
    zlib = {"name": "zlib", "version": "1.2", "release": "3", "fixedInVersion": "1.3"}
    lib = {"name": "lib", "version": "1", "fixedInVersion": "NotAvailable", "filePath": "usr/lib"}
    items = [enhanced("CRITICAL", zlib, lib), enhanced("HIGH", zlib, status="SUPPRESSED"), enhanced("UNTRIAGED")]
    answer = page("ACTIVE", enhancedFindings=items)
    found = Answers(memory_cloud, DescribeImageScanFindings=[answer]).image.scan_findings()
    assert [(each.package, each.version, each.fixed_in, each.path) for each in found] == [
        ("lib", "1", "", "usr/lib"),
        ("zlib", "1.2-3", "1.3", ""),
        ("", "", "", ""),
    ]
    assert str(found.findings[1]) == "CRITICAL CVE-1: zlib 1.2-3, fixed in 1.3"
    assert (found.findings[1].uri, found.findings[1].score, found.status) == ("https://e.com/1", 9.8, "ACTIVE")
    assert severities(found) == ["CRITICAL", "CRITICAL", "UNTRIAGED"]


def test_all_pages_are_read_and_read_again_if_the_tag_moved_between_them(memory_cloud: Cloud) -> None:
    pages = [page("COMPLETE", "LOW", token="t"), page("COMPLETE", "HIGH")]
    moved = [page("COMPLETE", "CRITICAL", token="t"), page("COMPLETE", "HIGH", digest="sha256:" + "b" * 64)]
    answers = Answers(memory_cloud, DescribeImageScanFindings=[*moved, *pages])
    assert severities(answers.image.scan_findings()) == ["HIGH", "LOW"]
    tokens = [asked.get("nextToken") for _, asked in answers.asked]
    assert tokens == [None, "t", None, "t"]


def test_a_scan_that_runs_is_waited_for_and_each_wait_is_told(memory_cloud: Cloud) -> None:
    running = [page("PENDING"), page("IN_PROGRESS"), page("ACTIVE", "HIGH")]
    waits: list[Wait] = []
    answers = Answers(memory_cloud, DescribeImageScanFindings=running)
    assert severities(answers.image.scan_findings(on_wait=waits.append)) == ["HIGH"]
    assert [(wait.seconds, wait.reason) for wait in waits] == [
        (1.0, "ECR scans app:v1: PENDING"),
        (2.0, "ECR scans app:v1: IN_PROGRESS"),
    ]


@pytest.mark.parametrize(("timeout", "looks"), [(0, 1), (1, 2), (30, 6)])
def test_a_scan_that_does_not_end_is_waited_for_no_longer_than_said(
    memory_cloud: Cloud, timeout: float, looks: int
) -> None:
    answers = Answers(memory_cloud, DescribeImageScanFindings=[page("IN_PROGRESS")])
    with pytest.raises(DeadlineError, match=f"within {timeout} seconds .IN_PROGRESS.: it goes on"):
        answers.image.scan_findings(timeout=timeout)
    assert len(answers.asked) == looks


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("FAILED", "the scan failed"),
        ("UNSUPPORTED_IMAGE", "an index is not scanned, its parts are"),
        ("SCAN_ELIGIBILITY_EXPIRED", "not scanned any more"),
        ("FINDINGS_UNAVAILABLE", "no findings of it at the moment"),
        ("LIMIT_EXCEEDED", "in these 24 hours"),
        ("IMAGE_ARCHIVED", "restore"),
        ("IMAGE_SIZE_EXCEEDED", "larger than what is scanned"),
        ("SOMETHING_NEW", "a status that is not known"),
    ],
)
def test_a_scan_without_findings_is_an_error_at_once(memory_cloud: Cloud, status: str, words: str) -> None:
    answers = Answers(memory_cloud, DescribeImageScanFindings=[page(status)])
    with pytest.raises(ScanError, match=f"app:v1 has no findings: {status}: .*{words}.*as told") as caught:
        answers.image.scan_findings(severity="CRITICAL")
    assert len(answers.asked) == 1
    assert pickle.loads(pickle.dumps(caught.value)).status == caught.value.status == status


@pytest.mark.parametrize(("age", "waits"), [(timedelta(seconds=5), True), (timedelta(hours=2), False)])
def test_an_image_that_was_just_pushed_is_given_time_for_its_scan_to_begin(
    memory_cloud: Cloud, age: timedelta, waits: bool
) -> None:
    described = {"imageDetails": [{"imageDigest": DIGEST, "imagePushedAt": datetime.now(UTC) - age}]}
    scans: list[dict[str, Any] | str] = ["ScanNotFoundException", "ScanNotFoundException", page("COMPLETE", "LOW")]
    image = Answers(memory_cloud, DescribeImageScanFindings=scans, DescribeImages=[described]).image
    if waits:
        assert severities(image.scan_findings()) == ["LOW"]
        return
    with pytest.raises(ClientError, match="ScanNotFoundException") as caught:
        image.scan_findings()
    assert any("image.scan() starts a scan" in note for note in caught.value.__notes__)


@pytest.mark.parametrize(
    ("start", "last", "expected"),
    [
        ({"imageScanStatus": {"status": "IN_PROGRESS"}}, "ScanNotFoundException", "IN_PROGRESS"),
        ("LimitExceededException", page("COMPLETE"), "COMPLETE"),
        ("ValidationException", page("ACTIVE"), "ACTIVE"),
        ("LimitExceededException", "ScanNotFoundException", "24 hours"),
        ("UnsupportedImageTypeException", "ScanNotFoundException", "an index is not scanned"),
    ],
)
def test_a_scan_is_started_unless_one_of_the_last_day_is_there(
    memory_cloud: Cloud, start: dict[str, Any] | str, last: dict[str, Any] | str, expected: str
) -> None:
    image = Answers(memory_cloud, StartImageScan=[start], DescribeImageScanFindings=[last]).image
    if expected.isupper():
        assert image.scan().status == expected
        return
    with pytest.raises(ClientError, match=str(start)) as caught:
        image.scan()
    assert any(expected in note for note in caught.value.__notes__)


def test_a_dry_run_starts_no_scan(memory_cloud: Cloud) -> None:
    memory_cloud.push_image("app", tag="v1")
    dry = registry_of(memory_cloud, dry_run=True).repository("app").image("v1")
    answers = Answers(memory_cloud, DescribeImageScanFindings=["ScanNotFoundException", page("COMPLETE")])
    handle = Registry(answers.session, retry=AT_ONCE, dry_run=True).repository("app").image("v1")
    assert handle.scan() == ScanStatus("NOT_STARTED")
    assert handle.scan() == ScanStatus("COMPLETE", "as told")
    assert dry.exists()
    assert "StartImageScan" not in memory_cloud.calls.operations()


@pytest.fixture
def missing(cloud: Cloud) -> ImageHandle:
    cloud.emulator.seed(["app"])
    return registry_of(cloud, retry=RetryPolicy(attempts=1)).repository("app").image("v1")


def test_an_image_that_is_not_there_is_botocores_error(missing: ImageHandle) -> None:
    for act in (missing.scan, missing.scan_findings, missing.replication_status, missing.signing_status):
        with pytest.raises(ClientError, match="ImageNotFoundException"):
            act()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"severity": "critical"}, "severity: expected one of CRITICAL, .*got 'critical'; use 'CRITICAL'"),
        ({"severity": "CRITCAL"}, "did you mean"),
        ({"severity": 1}, "got 1"),
        ({"timeout": -1}, "timeout: expected seconds, at least 0, got -1"),
        ({"timeout": "long"}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"on_wait": 1}, "on_wait"),
        ({"progress": "yes"}, "progress"),
    ],
)
def test_what_is_no_severity_or_timeout_is_refused_before_any_call(
    memory_cloud: Cloud, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(SpecError, match=words):
        registry_of(memory_cloud).repository("app").image("v1").scan_findings(**options)
    assert memory_cloud.calls.operations() == []


def scanning(cloud: Cloud, kind: str, frequency: str) -> None:
    rules = [{"scanFrequency": frequency, "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}]}]
    cloud.client("ecr").put_registry_scanning_configuration(scanType=kind, rules=rules)


@pytest.mark.parametrize(
    ("kind", "frequency", "status"),
    [("BASIC", "SCAN_ON_PUSH", "COMPLETE"), ("ENHANCED", "CONTINUOUS_SCAN", "ACTIVE")],
)
def test_a_pipeline_that_pushes_and_asks_at_once_waits_for_its_scan_on_push(
    cloud: Cloud, kind: str, frequency: str, status: str
) -> None:
    scanning(cloud, kind, frequency)
    cloud.emulator.seed(["app"])
    scans = cloud.emulator.scans
    scans.begins_after, scans.finished_after = 2, 2
    digest = cloud.push_image("app", tag="v1")
    scans.find("app", digest, {"CVE-1": "CRITICAL", "CVE-2": "LOW", "CVE-3": "HIGH"})
    image, waits = registry_of(cloud).repository("app").image("v1"), list[Wait]()
    found = image.scan_findings(severity="HIGH", on_wait=waits.append)
    assert found
    assert [(finding.severity, finding.name) for finding in found] == [("CRITICAL", "CVE-1"), ("HIGH", "CVE-3")]
    assert (found.status, found.counts["LOW"]) == (status, 1)
    assert len(waits) == 4
    scans.find("app", digest, {"CVE-2": "LOW"})
    assert not image.scan_findings(severity="HIGH")


def test_a_scan_on_request_is_started_once_a_day(cloud: Cloud) -> None:
    cloud.emulator.seed(["app"])
    digest = cloud.push_image("app", tag="v1")
    image = registry_of(cloud).repository("app").image(digest)
    assert image.scan().status == "IN_PROGRESS"
    assert image.scan().status == "COMPLETE"
    cloud.emulator.scans.a_day_passes()
    assert image.scan().status == "IN_PROGRESS"
    assert list(image.scan_findings()) == []


@pytest.mark.parametrize("fault", ["reset_after", "truncated", "throttle", "error500"])
def test_a_start_whose_answer_is_lost_is_found_begun(memory_cloud: Cloud, fault: Fault) -> None:
    memory_cloud.push_image("app", tag="v1")
    memory_cloud.faults.on(fault, operation="StartImageScan")
    assert registry_of(memory_cloud).repository("app").image("v1").scan().status in ("IN_PROGRESS", "COMPLETE")


def test_many_findings_come_in_pages(memory_cloud: Cloud) -> None:
    digest = memory_cloud.push_image("app", tag="v1")
    memory_cloud.emulator.scans.find("app", digest, {f"CVE-{number}": "LOW" for number in range(1_001)})
    image = registry_of(memory_cloud).repository("app").image("v1")
    image.scan()
    assert len(image.scan_findings()) == 1_001
    assert memory_cloud.calls.operations() == ["StartImageScan", FINDINGS, FINDINGS]


def test_a_scan_of_an_index_scans_its_parts(cloud: Cloud) -> None:
    part = cloud.push_image("app")
    cloud.push_index("app", [part], tag="v1")
    app = registry_of(cloud).repository("app")
    assert app.image("v1").scan().status == "IN_PROGRESS"
    assert app.image(part).scan_findings().status == "COMPLETE"


def test_the_gate_of_an_index_is_that_of_its_parts(cloud: Cloud) -> None:
    parts = [cloud.push_image("app", platform=f"linux/{name}") for name in ("amd64", "arm64")]
    cloud.push_index("app", [*parts, cloud.push_image("app", platform="unknown/unknown")], tag="v1")
    cloud.emulator.scans.find("app", parts[1], {"CVE-1": "CRITICAL", "CVE-2": "LOW"})
    image = registry_of(cloud).repository("app").image("v1")
    image.scan()
    assert [finding.name for finding in image.scan_findings(severity="CRITICAL")] == ["CVE-1"]
    assert image.scan_findings().counts == {"CRITICAL": 1, "LOW": 1}


def test_an_index_whose_parts_nobody_scanned_is_no_pass(cloud: Cloud) -> None:
    cloud.push_index("app", [cloud.push_image("app")], tag="v1")
    with pytest.raises((ClientError, DeadlineError)):
        registry_of(cloud).repository("app").image("v1").scan_findings(timeout=0)


def test_an_index_without_a_part_for_a_platform_is_not_scanned(cloud: Cloud) -> None:
    cloud.push_index("app", [cloud.push_image("app", platform="unknown/unknown")], tag="v1")
    with pytest.raises(ScanError, match="its parts are"):
        registry_of(cloud).repository("app").image("v1").scan_findings()
