"""What the settings of a registry mean for one name: which template, filters, rules and statements apply. Pure.

Called by ``registry.explain`` with what AWS has, and by ``RegistrySpec.explain`` with what is wanted. The name need not
be one of a repository that exists. Nothing here calls AWS.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html (the filters of scanning),
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html (the longest prefix)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ecrops.base.shown import ShownText
from ecrops.base.wildcards import fits
from ecrops.repositories.checks import check_existing_name
from ecrops.text import printable

if TYPE_CHECKING:
    from ecrops.registry_settings.creation_templates.values import RepositoryCreationTemplate
    from ecrops.registry_settings.pull_through_cache.values import PullThroughCacheRule
    from ecrops.registry_settings.replication.values import ReplicationRule
    from ecrops.registry_settings.scanning.values import ScanningConfiguration
    from ecrops.registry_settings.signing.values import SigningRule
    from ecrops.registry_settings.spec import RegistrySpec

FIELDS = ("scanning", "replication", "signing", "pull_through_cache", "creation_templates", "registry_policy")
"""The settings that say something about a name, in the order in which they are shown."""
ROOT = "ROOT"
WAYS = {
    "PULL_THROUGH_CACHE": "for what is pulled through a cache",
    "CREATE_ON_PUSH": "for what is pushed",
    "REPLICATION": "for replicas",
}
T = TypeVar("T")


class AppliedScanning(NamedTuple):
    """How a repository of a name is scanned.

    Args:
        scan_type: ``BASIC`` or ``ENHANCED``.
        frequency: ``CONTINUOUS_SCAN``, ``SCAN_ON_PUSH`` or ``MANUAL``: the first of them with a filter that applies.
            The deprecated setting ``image_scan_on_push`` of the repository itself is not a part of it.
        filters: The filters of that frequency that apply.
    """

    scan_type: str
    frequency: str
    filters: tuple[str, ...]


@dataclass(frozen=True)
class Explanation(ShownText):
    """What the settings of a registry mean for one name. ``print`` shows it.

    Args:
        name: The name of a repository that exists or not.
        unmanaged: The settings that a spec leaves open; nothing is known of them.
        scanning: How it is scanned.
        replication: The rules that select it. One without destinations replicates nothing.
        signing: The rules that select it: images get a signature for each.
        pull_through_cache: The rule through which it caches images: that of the longest prefix.
        upstream: The host and name upstream that a pull through the cache asks for; empty without a rule.
        creation_templates: The template by which ECR makes it, if it does, by the reason:
            ``PULL_THROUGH_CACHE``, ``CREATE_ON_PUSH`` and ``REPLICATION``. ``None`` for no template: then ECR makes
            repositories with its default settings, and none for what is pushed.
        registry_policy: The statements that are about it.
    """

    name: str
    unmanaged: tuple[str, ...] = ()
    scanning: AppliedScanning | None = None
    replication: tuple[ReplicationRule, ...] = ()
    signing: tuple[SigningRule, ...] = ()
    pull_through_cache: PullThroughCacheRule | None = None
    upstream: str = ""
    creation_templates: Mapping[str, RepositoryCreationTemplate | None] | None = None
    registry_policy: tuple[Mapping[str, Any], ...] = ()

    def __repr__(self) -> str:
        return f"<Explanation: {self.name}>"

    def __str__(self) -> str:
        lines = [line for field in FIELDS for line in (_LINES[field](self) if self._has(field) else ())]
        if self.unmanaged:
            lines.append(f"not managed: {', '.join(self.unmanaged)}")
        return "\n".join([f"{self.name}:", *(f"  {printable(line)}" for line in lines)])

    def _has(self, field: str) -> bool:
        return field not in self.unmanaged


def explain(spec: RegistrySpec, name: str) -> Explanation:
    """Return what the settings of a registry mean for one name.

    Args:
        spec: The settings, as AWS has them or as they are wanted.
        name: The name of a repository, which need not exist.

    Raises:
        SpecError: No repository can have the name.
    """
    check_existing_name(name)
    replication: Any = spec.replication or ()  # checked: rules, and no mappings
    signing: Any = spec.signing or ()
    cache: Any = longest(spec.pull_through_cache or (), name)
    return Explanation(
        name,
        tuple(field for field in FIELDS if getattr(spec, field) is None),
        _scanning(spec.scanning, name),
        tuple(rule for rule in replication if _is_replicated(rule, name)),
        tuple(rule for rule in signing if _is_signed(rule, name)),
        cache,
        _upstream(cache, name),
        _templates(spec.creation_templates, name),
        tuple(_statements(spec.registry_policy, name)),
    )


def is_scanned(wildcard: str, name: str) -> bool:
    """Whether a filter of scanning selects a name. One without ``*`` selects every name that has it somewhere."""
    return matches(wildcard, name) if "*" in wildcard else wildcard in name


def matches(wildcard: str, name: str) -> bool:
    """Whether a wildcard matches a whole name: ``*`` stands for any characters, or none."""
    return fits(name, tuple(wildcard.split("*")))


def longest(values: Iterable[T], name: str) -> T | None:
    """Return the value of the longest prefix that a name is under; that of ``ROOT`` if it is under none."""
    by_prefix = {value.prefix: value for value in values}  # type: ignore[attr-defined]
    fitting = [prefix for prefix in by_prefix if prefix != ROOT and name.startswith(f"{prefix}/")]
    return by_prefix.get(max(fitting, key=len, default=ROOT))


def _scanning(configuration: ScanningConfiguration | Mapping[str, Any] | None, name: str) -> AppliedScanning | None:
    if configuration is None:
        return None
    value: Any = configuration
    for field, frequency in (("continuous_scan", "CONTINUOUS_SCAN"), ("scan_on_push", "SCAN_ON_PUSH")):
        if filters := tuple(wildcard for wildcard in getattr(value, field) if is_scanned(wildcard, name)):
            return AppliedScanning(str(value.scan_type), frequency, filters)
    return AppliedScanning(str(value.scan_type), "MANUAL", ())


def _is_replicated(rule: ReplicationRule, name: str) -> bool:
    if not rule.prefixes:
        return not rule.other_filters  # nobody knows what filters of a newer type select
    return any(name.startswith(prefix) for prefix in rule.prefixes)


def _is_signed(rule: SigningRule, name: str) -> bool:
    if rule.repositories is None:
        return not rule.other_filters  # nobody knows what filters of a newer type select
    return any(matches(wildcard, name) for wildcard in rule.repositories)


def _upstream(rule: PullThroughCacheRule | None, name: str) -> str:
    if rule is None:
        return ""
    rest = name if rule.prefix == ROOT else name.removeprefix(f"{rule.prefix}/")
    return "/".join(filter(None, (rule.upstream, rule.upstream_prefix, rest)))


def _templates(
    templates: Sequence[RepositoryCreationTemplate] | Any, name: str
) -> dict[str, RepositoryCreationTemplate | None] | None:
    """Return the template for each reason: a longer prefix that is applied for others hides none for this."""
    if templates is None:
        return None
    return {way: longest((template for template in templates if way in template.applied_for), name) for way in WAYS}


def _statements(document: Mapping[str, Any] | None, name: str) -> Iterable[dict[str, Any]]:
    from ecrops.iam.statements import listed, statements

    for statement in statements(document or {}):
        if "NotResource" in statement:
            is_about = not any(_is_about(resource, name) for resource in listed(statement["NotResource"]))
        else:
            is_about = any(_is_about(resource, name) for resource in listed(statement.get("Resource", "*")))
        if is_about:
            yield statement


def _is_about(resource: object, name: str) -> bool:
    """Whether a resource of a statement has a name. Account and region are those of the registry."""
    from ecrops.iam.wildcards import matches as includes

    *_, last = str(resource).split(":", 5)
    return includes(last, f"repository/{name}")


# Words


def _scanning_lines(explanation: Explanation) -> list[str]:
    applied = explanation.scanning
    if applied is None:
        return []
    by = f", by {' '.join(applied.filters)}" if applied.filters else ": no filter selects it"
    return [f"scanning: {applied.scan_type} {applied.frequency}{by}"]


def _replication_lines(explanation: Explanation) -> list[str]:
    return [
        f"replication: by {' '.join(rule.prefixes) or 'the rule for every repository'}, to "
        f"{', '.join(rule.to) or 'nowhere'}{' with deletions' if rule.delete_replication else ''}"
        for rule in explanation.replication
    ] or ["replication: none"]


def _signing_lines(explanation: Explanation) -> list[str]:
    return [f"signing: with {rule.profile_arn}" for rule in explanation.signing] or ["signing: none"]


def _cache_lines(explanation: Explanation) -> list[str]:
    rule = explanation.pull_through_cache
    return [
        f"pull-through cache: by {rule.prefix}, from {explanation.upstream}" if rule else "pull-through cache: none"
    ]


def _template_lines(explanation: Explanation) -> list[str]:
    found = explanation.creation_templates or {}
    is_cached = explanation.pull_through_cache is not None or "pull_through_cache" in explanation.unmanaged
    return [
        f"made by ECR {words}: {_made(way, found[way])}"
        for way, words in WAYS.items()
        if way in found and (way != "PULL_THROUGH_CACHE" or is_cached)
    ]


def _made(way: str, template: RepositoryCreationTemplate | None) -> str:
    if template is not None:
        return f"by the template {template.prefix}"
    return "no, without a template" if way == "CREATE_ON_PUSH" else "with the default settings"


def _policy_lines(explanation: Explanation) -> list[str]:
    found = explanation.registry_policy
    return [
        f"registry policy: {statement.get('Effect')} in the statement {statement.get('Sid') or 'without a Sid'}"
        for statement in found
    ] or ["registry policy: none"]


_LINES = {
    "scanning": _scanning_lines,
    "replication": _replication_lines,
    "signing": _signing_lines,
    "pull_through_cache": _cache_lines,
    "creation_templates": _template_lines,
    "registry_policy": _policy_lines,
}
