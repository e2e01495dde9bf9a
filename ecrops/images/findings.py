"""What a scan found in an image, as values. Pure.

Made by ``scans`` from the answers of ECR, of basic scanning and of enhanced scanning (Amazon Inspector).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from ecrops.base.problems import hint
from ecrops.base.shown import Shown, ShownText
from ecrops.errors import SpecError

MOST_SHOWN = 20
NOT_ACTIVE = ("SUPPRESSED", "CLOSED")


class Severity(StrEnum):
    """How severe a finding is, from the worst on. The last two mean that nobody has judged it yet."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    INFORMATIONAL = "INFORMATIONAL"
    UNDEFINED = "UNDEFINED"
    UNTRIAGED = "UNTRIAGED"


_ORDER = {str(severity): number for number, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Finding(Shown):
    """A vulnerability in a package of an image.

    Args:
        severity: How severe it is: one of ``Severity``, or a later one of ECR.
        name: Its name, such as ``CVE-2026-1234``.
        package: The package; empty if it is in none.
        version: The version of the package.
        fixed_in: The version that has it no more; empty if there is none, or if it is not known. Basic scanning does
            not tell it.
        uri: Where it is described.
        description: What it is.
        score: Its score of CVSS, if it is known.
        path: The file that has the package, if it is known.
    """

    severity: str
    name: str
    package: str = ""
    version: str = ""
    fixed_in: str = ""
    uri: str = ""
    description: str = field(default="", repr=False)
    score: float | None = None
    path: str = ""

    def __str__(self) -> str:
        fixed = f", fixed in {self.fixed_in}" if self.fixed_in else ""
        package = " ".join(filter(None, (self.package, self.version)))
        return f"{self.severity} {self.name}{f': {package}' if package else ''}{fixed}"


@dataclass(frozen=True, slots=True)
class ScanFindings(ShownText):
    """What a scan found. Iterable, and false if nothing fits: ``if image.scan_findings(severity="CRITICAL"): ...``.

    Args:
        findings: The findings of the severity that was asked for, or a worse one; the worst come first.
        status: ``COMPLETE`` of basic scanning, ``ACTIVE`` of enhanced scanning.
        counts: How many findings there are of each severity, of all severities, as ECR counts.
        completed_at: When the scan was completed.
        severity: The least severity that was asked for; empty for all.
    """

    findings: tuple[Finding, ...]
    status: str
    counts: Mapping[str, int] = field(default_factory=dict, hash=False)
    completed_at: datetime | None = None
    severity: str = ""

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __str__(self) -> str:
        of = f" of severity {self.severity} or worse" if self.severity else ""
        number = len(self.findings)
        lines = [
            f"{number or 'no'} {'finding' if number == 1 else 'findings'}{of}",
            *map(str, self.findings[:MOST_SHOWN]),
        ]
        return "\n".join([*lines, f"and {number - MOST_SHOWN} more"] if number > MOST_SHOWN else lines)

    def to_dict(self) -> dict[str, Any]:
        """Return what was found, ready for JSON."""
        return {
            "severity": self.severity,
            "status": self.status,
            "completed_at": self.completed_at and self.completed_at.isoformat(),
            "counts": dict(self.counts),
            "findings": [{name: getattr(finding, name) for name in Finding.__slots__} for finding in self.findings],
        }


def check_severity(value: object) -> Severity | None:
    """Return a severity.

    Raises:
        SpecError: It is none.
    """
    if value is None:
        return None
    names = tuple(map(str, Severity))
    if not isinstance(value, str) or value not in names:
        likely = hint(value.upper(), names) if isinstance(value, str) and value.upper() not in names else ""
        likely = f"; use {value.upper()!r}" if isinstance(value, str) and value.upper() in names else likely
        raise SpecError(f"severity: expected one of {', '.join(names)}, got {value!r}{likely}")
    return Severity(value)


def of_answer(answer: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the findings in the ``imageScanFindings`` of an answer."""
    for item in answer.get("findings") or ():
        yield _basic(item)
    for item in answer.get("enhancedFindings") or ():
        yield from _enhanced(item)


def fitting(findings: Iterable[Finding], severity: Severity | None) -> tuple[Finding, ...]:
    """Return the findings of a severity, or a worse one. The worst come first.

    A severity that ECR added later is taken as the worst: nobody can say that it is not.
    """
    limit = len(_ORDER) if severity is None else _ORDER[severity]
    fits = [finding for finding in findings if _ORDER.get(finding.severity, -1) <= limit]
    return tuple(sorted(fits, key=lambda item: (_ORDER.get(item.severity, -1), item.name, item.package, item.version)))


def _basic(item: Mapping[str, Any]) -> Finding:
    attributes = {entry["key"]: entry.get("value") or "" for entry in item.get("attributes") or ()}
    scores = (_number(attributes.get(key)) for key in ("CVSS4_SCORE", "CVSS3_SCORE", "CVSS2_SCORE"))
    return Finding(
        severity=item.get("severity") or str(Severity.UNDEFINED),
        name=item.get("name") or "",
        package=attributes.get("package_name", ""),
        version=attributes.get("package_version", ""),
        uri=item.get("uri") or "",
        description=item.get("description") or "",
        score=next((score for score in scores if score is not None), None),
    )


def _enhanced(item: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding of Inspector for each package that it is in. One that a user suppressed is none."""
    if item.get("status") in NOT_ACTIVE:
        return
    details = item.get("packageVulnerabilityDetails") or {}
    packages: Sequence[Mapping[str, Any]] = details.get("vulnerablePackages") or ({},)
    for package in packages:
        release = package.get("release")
        version = package.get("version") or ""
        fixed = package.get("fixedInVersion") or ""
        yield Finding(
            severity=item.get("severity") or str(Severity.UNTRIAGED),
            name=details.get("vulnerabilityId") or item.get("title") or "",
            package=package.get("name") or "",
            version=f"{version}-{release}" if release else version,
            fixed_in="" if fixed == "NotAvailable" else fixed,
            uri=details.get("sourceUrl") or "",
            description=item.get("description") or "",
            score=item.get("score"),
            path=package.get("filePath") or "",
        )


def _number(text: object) -> float | None:
    try:
        return float(str(text))
    except ValueError:
        return None
