"""The scanning configuration of a registry, as a value. Pure.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html, and the model of botocore.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Literal, NamedTuple, Self

from ecrops.base.problems import Problems, compact, from_fields, suggesting
from ecrops.base.shown import Shown
from ecrops.registry_settings.values import check_others

ScanTypeName = Literal["BASIC", "ENHANCED"]
FILTER = re.compile(r"[a-z0-9*]+(?:[._\-/][a-z0-9*]+)*")
"""As in the model, ``[a-z0-9*](?:[._\\-/a-z0-9*]?[a-z0-9*]+)*``, which takes exponential time on some texts."""
MAX_FILTERS = 100
FREQUENCIES = {"continuous_scan": "CONTINUOUS_SCAN", "scan_on_push": "SCAN_ON_PUSH"}
"""The frequencies of ECR, by the field that has their filters."""

ADVICE = {
    "scan_frequency": "write continuous_scan=[...] or scan_on_push=[...]",
    "rules": "write continuous_scan=[...] or scan_on_push=[...]",
}


class ScanType(StrEnum):
    """Who scans: ECR itself (``BASIC``), or Amazon Inspector (``ENHANCED``)."""

    BASIC = "BASIC"
    ENHANCED = "ENHANCED"


@suggesting(
    {"scan_frequency": "write continuous_scan=[...] or scan_on_push=[...]", "rules": "write scan_on_push=[...]"}
)
@dataclass(frozen=True, slots=True)
class ScanningConfiguration(Shown):
    """Which repositories of a registry are scanned, by whom and when.

    A filter is a name with ``*`` for any characters. A filter without ``*`` selects every repository whose name has it
    somewhere: ``prod`` selects ``x-prod-y`` too. The order of filters does not matter.

    Args:
        scan_type: ``BASIC``: ECR scans. ``ENHANCED``: Amazon Inspector scans, which costs money.
        continuous_scan: Filters of repositories that are scanned when something is pushed, and again whenever a new
            vulnerability becomes known; with ``ENHANCED`` only.
        scan_on_push: Filters of repositories that are scanned when something is pushed.
        other_frequencies: Filters under other frequencies, which ``describe`` finds, such as ``{"MANUAL": [...]}``.

    Raises:
        SpecError: ECR would never accept such a configuration; with every reason.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryScanningConfiguration.html
    """

    scan_type: ScanTypeName | ScanType = ScanType.BASIC
    continuous_scan: Sequence[str] = ()
    scan_on_push: Sequence[str] = ()
    other_frequencies: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        problems = Problems()
        kind = problems.member("scan_type", ScanType, self.scan_type)
        object.__setattr__(self, "scan_type", kind or ScanType.ENHANCED)
        for name in FREQUENCIES:
            object.__setattr__(self, name, check_filters(problems, name, getattr(self, name)))
        own = {frequency: f"{name}=[...]" for name, frequency in FREQUENCIES.items()}
        check = partial(_check_frequency, problems)
        others = check_others(problems, "other_frequencies", self.other_frequencies, own, check, "frequencies")
        object.__setattr__(self, "other_frequencies", others)
        problems.check(
            not self.continuous_scan or self.scan_type is ScanType.ENHANCED,
            "continuous_scan",
            "BASIC scanning scans on push only: say ENHANCED, or scan_on_push",
        )
        problems.raise_any()

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        return from_fields(cls, data, "a scanning configuration", ADVICE)

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration, ready for JSON."""
        filters = {name: list(getattr(self, name)) for name in FREQUENCIES if getattr(self, name)}
        others = {name: list(wildcards) for name, wildcards in self.other_frequencies.items()}
        return {"scan_type": str(self.scan_type), **filters, **({"other_frequencies": others} if others else {})}


def check(value: object) -> ScanningConfiguration:
    """Return a scanning configuration, which a file has as a mapping.

    Raises:
        SpecError: It is none.
    """
    return value if isinstance(value, ScanningConfiguration) else ScanningConfiguration.from_dict(value)


def check_filters(problems: Problems, path: str, value: object) -> tuple[str, ...]:
    """Return filters without repetitions, sorted; with a problem for each that is wrong."""
    filters = problems.strings(path, value) or ()
    for wildcard in filters:
        right = FILTER.fullmatch(wildcard) and len(wildcard) <= 255
        expected = "expected lower-case letters and digits with * for any characters, at most 255, such as 'team/*'"
        way_out = f"; write {wildcard.lower()!r}" if FILTER.fullmatch(wildcard.lower()) else ""
        problems.check(bool(right), path, f"{expected}, got {wildcard!r}{way_out}")
    count = len(set(filters))
    problems.check(count <= MAX_FILTERS, path, f"ECR takes {MAX_FILTERS} filters at most, got {count}")
    return tuple(sorted(set(filters)))


def _check_frequency(problems: Problems, name: str, filters: object) -> tuple[str, ...]:
    return check_filters(problems, f"other_frequencies.{name}", filters) if filters else ()


class EffectiveScanning(NamedTuple):
    """How one repository is scanned, by all filters together.

    Args:
        frequency: ``CONTINUOUS_SCAN``, ``SCAN_ON_PUSH`` or ``MANUAL``.
        scan_on_push: Whether images are scanned when they are pushed.
        filters: The filters of the registry that apply to it.
    """

    frequency: str
    scan_on_push: bool
    filters: tuple[str, ...]


class EffectiveScannings(dict[str, EffectiveScanning]):
    """How repositories are scanned, by name.

    Attributes:
        failures: Why AWS did not tell it of others, by name.
    """

    def __init__(self, scannings: Mapping[str, EffectiveScanning], failures: Mapping[str, str]) -> None:
        super().__init__(scannings)
        self.failures = dict(failures)
