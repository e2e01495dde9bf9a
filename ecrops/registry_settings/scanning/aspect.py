"""The aspect of the scanning configuration of a registry. Called by the engine.

The smallest aspect of a setting: read it first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

from ecrops.aws import Aws
from ecrops.base.change import Call, Change, Note
from ecrops.engine.aspect import Read
from ecrops.registry_settings.scanning.edits import Edit, Exactly, Filters
from ecrops.registry_settings.scanning.values import ScanningConfiguration, ScanType
from ecrops.registry_settings.setting import Setting, part, put, reading

base = None
KEY = "scanning configuration"
ONLY = {"filterType": "WILDCARD"}
# Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-iam.html
INSPECTOR = ("inspector2:Enable", "inspector2:ListAccountPermissions", "iam:CreateServiceLinkedRole")
ADVICE = {
    "BlockedByOrganizationPolicyException": "a policy of the organization manages Amazon Inspector for this account: "
    "scanning is changed there",
}


def exactly(configuration: ScanningConfiguration) -> Exactly:
    """Return the edit of a spec's field."""
    return Exactly(configuration)


def field(value: Filters) -> ScanningConfiguration:
    """Return the current value as a spec's field."""
    return value.value


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield the one reading."""
    for key in wants:
        yield from reading(key, aws, "GetRegistryScanningConfiguration", _parsed, only=ONLY)


def _parsed(answer: Mapping[str, Any]) -> Filters:
    return _filters(answer.get("scanningConfiguration", {}))


def _filters(configuration: Mapping[str, Any]) -> Filters:
    rules: dict[str, frozenset[str]] = {}
    for rule in configuration.get("rules", ()):
        filters = frozenset(entry["filter"] for entry in rule.get("repositoryFilters", ()))
        if filters:
            rules[rule["scanFrequency"]] = rules.get(rule["scanFrequency"], frozenset()) | filters
    return Filters(configuration.get("scanType", ScanType.BASIC), rules)


def changes(key: str, edits: Sequence[Edit], current: Setting) -> Iterator[Change | Note]:
    """Put the whole configuration, with what others have in it."""
    before: Filters = current.value
    after = reduce(lambda value, edit: edit(value), edits, before)
    if after == before:
        return
    enables = after.scan_type == ScanType.ENHANCED != before.scan_type
    if enables:
        yield Note(
            f"{key}: Amazon Inspector scans from now on, and costs money; of the images that are there it knows those "
            "that were pushed in the last 14 days"
        )
    elif after.scan_type != before.scan_type:
        yield Note(f"{key}: Amazon Inspector is switched off for the registry, and its findings are hidden")
    call = Call(
        "ecr",
        "PutRegistryScanningConfiguration",
        {"scanType": str(after.scan_type), "rules": _rules(after)},
        needs=INSPECTOR if enables else (),
    )
    removed, added = _parts(before) - _parts(after), _parts(after) - _parts(before)
    words = _words(before, after), _words(after, before)
    yield put(key, call, removed, added, unknown=current.unknown, words=words, advice=ADVICE)


def _rules(value: Filters) -> list[dict[str, Any]]:
    return [
        {
            "scanFrequency": frequency,
            "repositoryFilters": [
                {"filter": name, "filterType": "WILDCARD"} for name in sorted(value.rules[frequency])
            ],
        }
        for frequency in sorted(value.rules)
    ]


def _parts(value: Filters) -> set[str]:
    filters = {part(frequency, name) for frequency, wildcards in value.rules.items() for name in wildcards}
    return {part("type", value.scan_type), *filters}


def _words(side: Filters, other: Filters) -> str:
    """Return what one side has and the other has not."""
    kinds = [side.scan_type] if side.scan_type != other.scan_type else []
    differing = {
        frequency: sorted(side.rules[frequency] - other.rules.get(frequency, frozenset()))
        for frequency in sorted(side.rules)
    }
    return ", ".join([*kinds, *(f"{frequency} {' '.join(names)}" for frequency, names in differing.items() if names)])


def after(change: Change, current: Setting) -> Setting:
    """Return the configuration after a change."""
    return Setting(_filters(change.params))


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: a writer with an older reading may have overwritten it."""
    return not isinstance(edit, Exactly)
