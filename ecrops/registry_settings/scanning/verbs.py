"""``registry.scanning``: the verbs of the scanning configuration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ecrops.base.problems import Problems
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.registry_settings.scanning import aspect
from ecrops.registry_settings.scanning.edits import Exactly, Exclude, Include, by_frequency
from ecrops.registry_settings.scanning.values import (
    FREQUENCIES,
    EffectiveScanning,
    EffectiveScannings,
    ScanningConfiguration,
    ScanType,
    ScanTypeName,
    check_filters,
)
from ecrops.registry_settings.setting import Handle
from ecrops.repositories import calls
from ecrops.repositories.checks import check_existing_name, check_one_by_one

AT_ONCE = 25


class Scanning(Handle):
    """Which repositories of the registry are scanned, by whom and when."""

    aspect = aspect
    key = aspect.KEY

    def describe(self) -> ScanningConfiguration:
        """Return the configuration that AWS has."""
        return aspect.field(self._current())

    def set(
        self,
        scan_type: ScanTypeName | ScanType | ScanningConfiguration,
        *,
        continuous_scan: Sequence[str] = (),
        scan_on_push: Sequence[str] = (),
    ) -> Plan:
        """Make this the whole configuration: filters of others go.

        Args:
            scan_type: ``BASIC`` or ``ENHANCED``; or a whole configuration, without other arguments.
            continuous_scan: Filters, with ``ENHANCED`` only.
            scan_on_push: Filters.

        Raises:
            SpecError: ECR would never accept it.
        """
        if isinstance(scan_type, ScanningConfiguration):
            if continuous_scan or scan_on_push:
                raise SpecError("scan_type: a whole configuration has its filters: leave the other arguments out")
            return self._make(Exactly(scan_type))
        wanted = ScanningConfiguration(scan_type, continuous_scan=continuous_scan, scan_on_push=scan_on_push)
        return self._make(Exactly(wanted))

    def add(
        self,
        *,
        scan_type: ScanTypeName | ScanType | None = None,
        continuous_scan: Sequence[str] = (),
        scan_on_push: Sequence[str] = (),
    ) -> Plan:
        """Add filters. Those of others stay.

        Args:
            scan_type: ``ENHANCED`` turns Amazon Inspector on, ``BASIC`` off; without it the scan type stays.
            continuous_scan: Filters, with ``ENHANCED`` scanning only.
            scan_on_push: Filters.

        Raises:
            SpecError: A filter or the scan type is wrong, none is given, or there would be filters of continuous scans
                under ``BASIC`` scanning.
        """
        if scan_type is None:
            return self._make(Include(_filters(continuous_scan=continuous_scan, scan_on_push=scan_on_push)))
        wanted = ScanningConfiguration(scan_type, continuous_scan=continuous_scan, scan_on_push=scan_on_push)
        return self._make(Include(by_frequency(wanted), str(wanted.scan_type)))

    def remove(self, *, continuous_scan: Sequence[str] = (), scan_on_push: Sequence[str] = ()) -> Plan:
        """Take filters away. Those of others, and the scan type, stay: Amazon Inspector is not switched off.

        Args:
            continuous_scan: Filters.
            scan_on_push: Filters.

        Raises:
            SpecError: A filter is wrong, or none is given.
        """
        return self._make(Exclude(_filters(continuous_scan=continuous_scan, scan_on_push=scan_on_push)))

    def effective(self, *names: str) -> EffectiveScannings:
        """Return how repositories are scanned, by all filters together: 25 repositories a call.

        Args:
            names: The names of repositories; all repositories of the registry without one.

        Returns:
            How each is scanned. ``failures`` has the others, such as those that do not exist, with the reason.
        """
        check_one_by_one(names, "effective(*names)")
        aws = self._registry.aws
        wanted = [check_existing_name(name) for name in dict.fromkeys(names)]
        listed = wanted or [name for name, _ in calls.every(aws)]
        chunks = [listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE)]
        asking = aws.stoppable()

        def ask(chunk: Sequence[str]) -> dict[str, Any]:
            return asking.call("ecr", "BatchGetRepositoryScanningConfiguration", {"repositoryNames": list(chunk)})

        asking.client("ecr", len(chunks))
        answers = asking.map(ask, chunks, asking.stop)
        return EffectiveScannings(dict(_scannings(answers)), dict(_failures(answers)))


def _filters(**given: Sequence[str]) -> dict[str, frozenset[str]]:
    problems = Problems()
    checked = {FREQUENCIES[name]: frozenset(check_filters(problems, name, value)) for name, value in given.items()}
    problems.check(any(checked.values()), "", f"expected filters, such as {next(iter(given))}=['team/*']; got none")
    problems.raise_any()
    return {frequency: filters for frequency, filters in checked.items() if filters}


def _scannings(answers: Iterable[dict[str, Any]]) -> Iterable[tuple[str, EffectiveScanning]]:
    for item in (item for answer in answers for item in answer.get("scanningConfigurations", ())):
        filters = tuple(sorted(entry["filter"] for entry in item.get("appliedScanFilters", ())))
        frequency, on_push = item.get("scanFrequency", "MANUAL"), item.get("scanOnPush", False)
        yield item["repositoryName"], EffectiveScanning(frequency, on_push, filters)


def _failures(answers: Iterable[dict[str, Any]]) -> Iterable[tuple[str, str]]:
    for item in (item for answer in answers for item in answer.get("failures", ())):
        yield item["repositoryName"], f"{item.get('failureCode')}: {item.get('failureReason')}"
