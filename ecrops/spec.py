"""A repository as it should be, as a value that checks itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from ecrops.errors import SpecError
from ecrops.fields import Problems, compact, known
from ecrops.lifecycle.checks import Rule
from ecrops.lifecycle.document import render
from ecrops.lifecycle.rule import LifecycleRule

if TYPE_CHECKING:
    from ecrops.access.grants import Grant

# ECR's own patterns and limits, from the API model of CreateRepository:
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_NAME = rf"{_PART}(/{_PART})*"
_FILTER = r"[0-9a-zA-Z._*-]{1,128}"
MOST_FILTERS = 5
MOST_FILTER_WILDCARDS = 2
MOST_TAGS = 50


class TagMutability(StrEnum):
    """Whether a tag can be moved to another image; with exclusions, whether the excluded ones can."""

    MUTABLE = "MUTABLE"
    IMMUTABLE = "IMMUTABLE"
    IMMUTABLE_WITH_EXCLUSION = "IMMUTABLE_WITH_EXCLUSION"
    MUTABLE_WITH_EXCLUSION = "MUTABLE_WITH_EXCLUSION"


class RepositoryEncryption(StrEnum):
    """How images are encrypted at rest. It cannot be changed after a repository is made."""

    AES256 = "AES256"
    KMS = "KMS"
    KMS_DSSE = "KMS_DSSE"


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
        resource_policy: The policy of the repository, as a document; ``{}`` removes it.
        grants: Who may use it, such as ``[pull(Role("nodes"))]``: at least these, in policies of IAM and of the
            repository. ``Repository.revoke`` takes one away.
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
    lifecycle_rules: Sequence[LifecycleRule | Rule] | None = None
    resource_policy: Mapping[str, Any] | None = None
    grants: Sequence[Grant | Mapping[str, Any]] | None = None
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
        if self.resource_policy is not None:
            from ecrops.access.documents import check_document

            policy = problems.take("resource_policy", lambda: check_document(self.resource_policy))
            self._set("resource_policy", policy)
        if self.grants is not None:
            from ecrops.access.grants import check_grants

            self._set("grants", problems.take("grants", lambda: check_grants(self.grants)))
        if self.tags is not None:
            self._set("tags", problems.take("tags", lambda: check_tags(self.tags)))
        problems.raise_any()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

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
        filters = problems.strings(path, filters)
        self._set(path, filters)
        problems.check(excludes, path, f"goes with IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION, not with {mode}")
        problems.check(
            1 <= len(filters) <= MOST_FILTERS, path, f"expected 1 to {MOST_FILTERS} filters, got {len(filters)}"
        )
        for entry in filters:
            _check_filter(problems, path, entry)

    def _check_encryption(self, problems: Problems) -> None:
        key = self.encryption_key
        if self.encryption is not None:
            self._set("encryption", problems.member("encryption", RepositoryEncryption, self.encryption))
        if key is None:
            return
        right = isinstance(key, str) and 1 <= len(key) <= 2048
        problems.check(right, "encryption_key", f"expected the id, ARN or alias of a KMS key, got {key!r}")
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
        values = dict(known(data, [field.name for field in fields(cls) if field.name != "_"], "a repository"))
        if "name" not in values:
            raise SpecError("name: is missing")
        problems = Problems()
        rules = values.get("lifecycle_rules")
        if isinstance(rules, Sequence) and not isinstance(rules, str):
            values["lifecycle_rules"] = [
                problems.take(f"lifecycle_rules[{index}]", lambda rule=rule: _rule_from(rule))  # type: ignore[misc]
                for index, rule in enumerate(rules)
            ]
        problems.raise_any()
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """The fields that are managed, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in values.items() if value is not None}


def fleet_from_dict(data: object) -> list[RepositorySpec]:
    """Read a fleet, ``{"repositories": [...]}``, as it comes from JSON or YAML.

    Raises:
        SpecError: With the path of each field that is unknown or wrong, such as
            ``repositories[3].lifecycle_rules[0].max_image_cuont``.
    """
    specs = known(data, ["repositories"], "a fleet").get("repositories")
    if not isinstance(specs, Sequence) or isinstance(specs, str):
        raise SpecError(f"repositories: expected a list, got {specs!r}")
    problems = Problems()
    read = [
        problems.take(f"repositories[{index}]", lambda spec=spec: RepositorySpec.from_dict(spec))  # type: ignore[misc]
        for index, spec in enumerate(specs)
    ]
    problems.raise_any()
    return [spec for spec in read if spec is not None]


def fleet_to_dict(specs: Iterable[RepositorySpec]) -> dict[str, Any]:
    """A fleet ready for JSON: what ``fleet_from_dict`` reads."""
    return {"repositories": [spec.to_dict() for spec in specs]}


def check_name(name: object) -> str:
    """The name of a repository.

    Raises:
        SpecError: ECR would refuse it; with every reason.
    """
    if not isinstance(name, str):
        raise SpecError(f"expected the name of a repository, got {name!r}")
    problems = Problems()
    problems.check(2 <= len(name) <= 256, "", f"a repository name has 2 to 256 characters, {name!r} has {len(name)}")
    problems.check(
        bool(re.fullmatch(_NAME, name)),
        "",
        "a repository name has lower-case letters and digits, with one '.', '_', '__', '/' or some '-' between "
        f"them, got {name!r}",
    )
    problems.raise_any()
    return name


def check_rules(rules: object) -> tuple[LifecycleRule | Rule, ...]:
    """The rules of a policy, each sound and sound together.

    Raises:
        SpecError: ECR would refuse them; with every reason.
    """
    if not isinstance(rules, Iterable) or isinstance(rules, str | Mapping | LifecycleRule):
        raise SpecError(f"expected a list of rules, got {rules!r}")
    given = tuple(rules)
    render(given)
    return given


def check_tags(tags: object) -> dict[str, str]:
    """The tags of a repository.

    Raises:
        SpecError: AWS would refuse them; with every reason.
    """
    if not isinstance(tags, Mapping):
        raise SpecError(f"expected a mapping of keys to values, got {tags!r}")
    problems = Problems()
    problems.check(len(tags) <= MOST_TAGS, "", f"a repository has at most {MOST_TAGS} tags, these are {len(tags)}")
    for key, value in tags.items():
        problems.check(isinstance(key, str) and 1 <= len(key) <= 128, "", f"a key has 1 to 128 characters, got {key!r}")
        problems.check(
            isinstance(value, str) and len(value) <= 256,
            "",
            f"the value of {key!r} is a string of at most 256 characters, got {value!r}",
        )
        problems.check(
            not str(key).lower().startswith("aws:"), "", f"keys that start with 'aws:' are AWS's own, got {key!r}"
        )
    problems.raise_any()
    return dict(tags)


def _check_filter(problems: Problems, path: str, entry: str) -> None:
    problems.check(
        bool(re.fullmatch(_FILTER, entry)),
        path,
        f"a filter has 1 to 128 letters, digits, '.', '_', '-' and '*', got {entry!r} with {len(entry)}",
    )
    problems.check(
        entry.count("*") <= MOST_FILTER_WILDCARDS,
        path,
        f"a filter has at most two '*': {entry!r} has {entry.count('*')}",
    )


def _rule_from(rule: object) -> LifecycleRule | Rule:
    if isinstance(rule, LifecycleRule) or (isinstance(rule, Mapping) and "selection" in rule):
        return rule
    return LifecycleRule.from_dict(rule)


def _plain(value: Any) -> Any:
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Mapping):
        return dict(value)
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
