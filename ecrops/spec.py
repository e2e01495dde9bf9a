"""A repository as it should be, as a value that checks itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from ecrops.base.problems import Problems, compact, suggesting
from ecrops.errors import SpecError
from ecrops.lifecycle.edits import check_guard
from ecrops.lifecycle.policy.checks import EcrRule
from ecrops.lifecycle.policy.document import check_rules
from ecrops.lifecycle.policy.rule import LifecycleRule
from ecrops.repositories.checks import MOST_FILTERS, check_filters, check_name, check_tags, is_key
from ecrops.repositories.values import RepositoryEncryption, TagMutability

if TYPE_CHECKING:
    from ecrops.access.grants import Grant
    from ecrops.events.event import Event
    from ecrops.lifecycle.guard import Guard


UNNAMED = "unnamed"  # stands for the name that is missing, so that all else that is wrong is said with it


@suggesting()
@dataclass(frozen=True, slots=True)
class RepositorySpec:
    """A repository as it should be. A field left at ``None`` is neither read nor written; an empty one is none.

    Args:
        name: 2 to 256 characters: lower-case letters and digits, with ``.``, ``_``, ``__``, ``-`` or ``/`` between.
        image_tag_mutability: ``MUTABLE``, ``IMMUTABLE``, or one of the two ``…_WITH_EXCLUSION``.
        image_tag_mutability_exclusion_filters: Wildcards such as ``dev-*`` for the tags that are the exception: 1 to
            5, with at most two ``*`` each.
        image_scan_on_push: Whether images are scanned when they are pushed (basic scanning).
        encryption: ``AES256`` (what ECR does without), ``KMS`` or ``KMS_DSSE``; ``KMS`` when a key is given.
        encryption_key: The id, ARN or alias (``alias/…``) of a KMS key; without one AWS manages the key.
        lifecycle_rules: ``LifecycleRule``s, or dicts in ECR's own JSON form; ``()`` removes the policy.
        lifecycle_guard: What these rules may take away; without it the registry's guard, ``False`` for none.
        resource_policy: The policy of the repository, as a document; ``{}`` removes it.
        grants: Who may use it, such as ``[pull(Role("nodes"))]``: at least these, in policies of IAM and of the
            repository. ``Repository.revoke`` takes one away.
        events: Rules on its events, such as ``on_image_pushed(target=queue_arn)`` of ``ecrops.events``; ``()`` removes
            those that ecrops made for it.
        tags: All tags of the repository; ``{}`` removes them. Tags of AWS (``aws:…``) are left alone.

    Raises:
        SpecError: No repository can be like this; with every reason.

    Example:
        >>> RepositorySpec("team/api", image_tag_mutability="IMMUTABLE", tags={"team": "web"}).name
        'team/api'
    """

    name: str
    _: KW_ONLY
    image_tag_mutability: TagMutability | str | None = None
    image_tag_mutability_exclusion_filters: Sequence[str] | None = None
    image_scan_on_push: bool | None = None
    encryption: RepositoryEncryption | str | None = None
    encryption_key: str | None = None
    lifecycle_rules: Sequence[LifecycleRule | EcrRule] | None = None
    lifecycle_guard: Guard | Literal[False] | None = None
    resource_policy: Mapping[str, Any] | None = None
    grants: Sequence[Grant | Mapping[str, Any]] | None = None
    events: Sequence[Event] | None = None
    tags: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        problems = Problems()
        problems.take("name", lambda: check_name(self.name))
        self._check_mutability(problems)
        scan = self.image_scan_on_push
        problems.check(
            scan is None or isinstance(scan, bool), "image_scan_on_push", f"expected True or False, got {scan!r}"
        )
        self._check_encryption(problems)
        if self.lifecycle_rules is not None:
            rules = problems.take("lifecycle_rules", lambda: check_rules(self.lifecycle_rules))
            self._set("lifecycle_rules", rules)
        problems.take("lifecycle_guard", lambda: check_guard(self.lifecycle_guard))
        self._check_access(problems)
        if self.events is not None:
            from ecrops.events.event import check_events

            self._set("events", problems.take("", lambda: check_events(self.events, self.name)))
        if self.tags is not None:
            self._set("tags", problems.take("tags", lambda: check_tags(self.tags)))
        problems.raise_any()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_access(self, problems: Problems) -> None:
        """Imports here: who grants nothing need not wait for them."""
        if self.resource_policy is not None:
            from ecrops.access.policy_checks import check_document

            policy = problems.take("resource_policy", lambda: check_document(self.resource_policy))
            self._set("resource_policy", policy)
        if self.grants is not None:
            from ecrops.access.grants import check_grants

            name = None if self.name == UNNAMED else self.name
            self._set("grants", problems.take("grants", lambda: check_grants(self.grants, name)))

    def _check_mutability(self, problems: Problems) -> None:
        mode, filters = self.image_tag_mutability, self.image_tag_mutability_exclusion_filters
        path = "image_tag_mutability_exclusion_filters"
        if mode is not None:
            mode = problems.member("image_tag_mutability", TagMutability, mode)
            self._set("image_tag_mutability", mode)
        excludes = mode is not None and mode.endswith("_WITH_EXCLUSION")
        if filters is None:
            problems.check(not excludes, path, f"{mode} needs 1 to {MOST_FILTERS} wildcards of tags, such as 'dev-*'")
            return
        wildcards = problems.strings(path, filters)
        self._set(path, wildcards)
        problems.check(
            excludes,
            path,
            f"image_tag_mutability must be IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION with them, got {mode}",
        )
        if wildcards is not None:
            check_filters(problems, path, wildcards)

    def _check_encryption(self, problems: Problems) -> None:
        key = self.encryption_key
        if self.encryption is not None:
            self._set("encryption", problems.member("encryption", RepositoryEncryption, self.encryption))
        if key is None:
            return
        problems.check(
            is_key(key),
            "encryption_key",
            f"expected a KMS key as alias/NAME, as key id or as ARN, got {key!r}",
        )
        problems.check(
            self.encryption != RepositoryEncryption.AES256,
            "encryption_key",
            "AES256 has no key of yours: say KMS or KMS_DSSE, or leave the encryption out",
        )
        if self.encryption is None:
            self._set("encryption", RepositoryEncryption.KMS)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Args:
            data: A mapping with the names of the fields; lifecycle rules are mappings with the fields of
                ``LifecycleRule``, or rules in ECR's own JSON form.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        problems = Problems()
        names = [field.name for field in fields(cls) if field.name != "_"]
        values = problems.known(data, names, "a repository")
        rules = values.get("lifecycle_rules")
        if isinstance(rules, Sequence) and not isinstance(rules, str):
            read = [
                problems.take(f"lifecycle_rules[{index}]", lambda rule=rule: _rule_from(rule))  # type: ignore[misc]
                for index, rule in enumerate(rules)
            ]
            values["lifecycle_rules"] = read if None not in read else None
        if isinstance(guard := values.get("lifecycle_guard"), Mapping):
            from ecrops.lifecycle.guard import Guard

            values["lifecycle_guard"] = problems.take("lifecycle_guard", lambda: Guard.from_dict(guard))
        events = values.get("events")
        if isinstance(events, Sequence) and not isinstance(events, str):
            from ecrops.events.event import events_from

            values["events"] = problems.take("", lambda: events_from(events))
        problems.check("name" in values, "name", "is missing")
        made = problems.take("", lambda: cls(**{"name": UNNAMED, **values}))
        problems.raise_any()
        return cast("Self", made)

    def to_dict(self) -> dict[str, Any]:
        """The fields that are managed, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in values.items() if value is not None}


def _rule_from(rule: object) -> LifecycleRule | EcrRule:
    if isinstance(rule, LifecycleRule) or (isinstance(rule, Mapping) and "selection" in rule):
        return rule
    return LifecycleRule.from_dict(rule)


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return str(value)
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value


# The fleet file


def fleet_from_dict(data: object) -> list[RepositorySpec]:
    """Read a fleet, ``{"repositories": [...]}``, as it comes from JSON or YAML.

    Raises:
        SpecError: With the path of each field that is unknown or wrong, such as
            ``repositories[3].lifecycle_rules[0].max_image_cuont``.
    """
    problems = Problems()
    specs = problems.known(data, ["repositories"], "a fleet").get("repositories")
    if not isinstance(specs, Sequence) or isinstance(specs, str):
        problems.add("repositories", f"expected a list, got {specs!r}")
        specs = ()
    fleet: dict[str, RepositorySpec] = {}
    for index, data in enumerate(specs):
        path = f"repositories[{index}]"
        spec = problems.take(path, lambda data=data: RepositorySpec.from_dict(data))  # type: ignore[misc]
        if spec and problems.check(spec.name not in fleet, f"{path}.name", f"{spec.name!r} is there twice: merge them"):
            fleet[spec.name] = spec
    problems.raise_any()
    return list(fleet.values())


def fleet_to_dict(specs: Iterable[RepositorySpec]) -> dict[str, Any]:
    """A fleet ready for JSON: what ``fleet_from_dict`` reads.

    Raises:
        SpecError: It is no list of specs.
    """
    if not isinstance(specs, Iterable):
        one = "; one of them goes in a list too, fleet_to_dict([spec])" if isinstance(specs, RepositorySpec) else ""
        raise SpecError(f"expected a list of RepositorySpecs, got {specs!r}{one}")
    fleet = list(specs)
    for spec in fleet:
        if not isinstance(spec, RepositorySpec):
            raise SpecError(f"expected a list of RepositorySpecs, got {spec!r} in it")
    return {"repositories": [spec.to_dict() for spec in fleet]}
