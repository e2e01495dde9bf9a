"""What can be wanted of the scanning configuration of a registry. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ecrops.errors import SpecError
from ecrops.registry_settings.scanning.values import FREQUENCIES, MAX_FILTERS, ScanningConfiguration, ScanType
from ecrops.registry_settings.values import unchecked


class Filters(NamedTuple):
    """A scanning configuration as AWS has it.

    Args:
        scan_type: Its type.
        rules: The filters by frequency. A frequency without filters selects nothing, and is left out.
    """

    scan_type: str
    rules: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, configuration: ScanningConfiguration) -> Filters:
        """Return a configuration in this form."""
        return cls(str(configuration.scan_type), by_frequency(configuration))

    @property
    def value(self) -> ScanningConfiguration:
        """The configuration as a value."""
        rules = {frequency: tuple(sorted(filters)) for frequency, filters in self.rules.items()}
        fields = {name: rules.pop(frequency, ()) for name, frequency in FREQUENCIES.items()}
        return unchecked(ScanningConfiguration, scan_type=self.scan_type, **fields, other_frequencies=rules)


def by_frequency(configuration: ScanningConfiguration) -> dict[str, frozenset[str]]:
    """Return the filters of a configuration by frequency."""
    filters = {frequency: getattr(configuration, name) for name, frequency in FREQUENCIES.items()}
    everything = {**filters, **configuration.other_frequencies}
    return {frequency: frozenset(filters) for frequency, filters in everything.items() if filters}


class Exactly(NamedTuple):
    """An edit: this configuration and no other."""

    configuration: ScanningConfiguration

    def __call__(self, current: Filters) -> Filters:
        """Return the desired configuration."""
        return Filters.of(self.configuration)


class Include(NamedTuple):
    """An edit: these filters too.

    Args:
        rules: The filters by frequency.
        scan_type: The scan type; ``None`` leaves it.
    """

    rules: Mapping[str, frozenset[str]]
    scan_type: str | None = None

    def __call__(self, current: Filters) -> Filters:
        """Return the desired configuration.

        Raises:
            SpecError: ECR would refuse it.
        """
        scan_type, rules = self.scan_type or current.scan_type, dict(current.rules)
        if "CONTINUOUS_SCAN" in {**rules, **self.rules} and scan_type != ScanType.ENHANCED:
            raise SpecError(
                f"continuous_scan: {scan_type} scanning scans on push only: say scan_on_push, or turn Amazon Inspector "
                "on with scanning.add(scan_type='ENHANCED', ...), which leaves the filters of others"
            )
        for frequency, filters in self.rules.items():
            rules[frequency] = rules.get(frequency, frozenset()) | filters
            if (count := len(rules[frequency])) > MAX_FILTERS:
                raise SpecError(f"{frequency} would have {count} filters, and ECR takes {MAX_FILTERS} at most")
        return Filters(scan_type, rules)


class Exclude(NamedTuple):
    """An edit: these filters no more. The scan type stays: Inspector is never switched off by a removal."""

    rules: Mapping[str, frozenset[str]]

    def __call__(self, current: Filters) -> Filters:
        """Return the desired configuration."""
        rules = {
            frequency: filters - self.rules.get(frequency, frozenset()) for frequency, filters in current.rules.items()
        }
        return current._replace(rules={frequency: filters for frequency, filters in rules.items() if filters})


Edit = Exactly | Include | Exclude
