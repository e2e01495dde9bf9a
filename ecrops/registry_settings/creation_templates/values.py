"""A repository creation template, as a value. Pure.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepositoryCreationTemplate.html, and the
model of botocore.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from enum import StrEnum
from functools import partial, wraps
from typing import Any, Literal, Self, TypeVar, cast

from ecrops.base.plain_json import data_of
from ecrops.base.problems import Problems, compact, suggesting
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.lifecycle.policy.document import check_rules
from ecrops.lifecycle.policy.rule import LifecycleRule, rules_from
from ecrops.registry_settings.pull_through_cache.values import PREFIX, ROOT, check_role
from ecrops.registry_settings.values import by_prefix
from ecrops.repositories.checks import check_tags
from ecrops.repositories.combinations import FILTERS, check_encryption, check_mutability
from ecrops.repositories.values import EncryptionName, RepositoryEncryption, TagMutability, TagMutabilityName

T = TypeVar("T")
ScenarioName = Literal["PULL_THROUGH_CACHE", "CREATE_ON_PUSH", "REPLICATION"]
KEY = re.compile(r"arn:aws[a-z0-9-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+")
_LEAVE_OUT = "leave it out"
_SCANNING = "templates have no scanning, the registry has: registry.scanning.add(scan_on_push=['team/*'])"
OTHER_FIELDS = {
    "name": "a template is for a prefix of names: write prefix",
    "image_scan_on_push": _SCANNING,
    "scan_on_push": _SCANNING,
    "lifecycle_guard": "a template makes new repositories, which have no images to guard: leave it out",
    "grants": "write resource_policy, the repository policy of each new repository; it grants the same",
    "events": "EventBridge rules are for prefixes too: registry.on_image_pushed(repositories=prefix('team/'), ...)",
    "verbatim": _LEAVE_OUT,
    "unread": _LEAVE_OUT,
}
"""What to use in the place of the fields of a ``RepositorySpec`` that AWS has not in templates."""
ADVICE = OTHER_FIELDS | {
    "repository_policy": "did you mean resource_policy?",
    "lifecycle_policy": "write lifecycle_rules, a list of rules: what stands under 'rules' in the document",
    "resource_tags": "did you mean tags?",
    "encryption_configuration": "write encryption='KMS', with encryption_key for a key of your own",
    "kms_key": "did you mean encryption_key?",
}


class Scenario(StrEnum):
    """When ECR makes a repository by itself: for what is pulled through a cache, pushed, or replicated."""

    PULL_THROUGH_CACHE = "PULL_THROUGH_CACHE"
    CREATE_ON_PUSH = "CREATE_ON_PUSH"
    REPLICATION = "REPLICATION"


def _refusing(cls: type[T]) -> type[T]:
    """Decorate a class: fields of a ``RepositorySpec`` that it has not are a ``SpecError`` with what to use instead."""
    init: Callable[..., None] = cls.__init__

    @wraps(init)
    def checked(self: T, *args: Any, **keywords: Any) -> None:
        if others := [name for name in keywords if name in OTHER_FIELDS]:
            raise SpecError(*(f"{name}: {OTHER_FIELDS[name]}" for name in others))
        init(self, *args, **keywords)

    cls.__init__ = checked  # type: ignore[assignment]
    return cls


@_refusing
@suggesting(ADVICE)
@dataclass(frozen=True, slots=True)
class RepositoryCreationTemplate(Shown):
    """What the repositories under a prefix are like that ECR makes by itself. Those that are there stay as they are.

    Of several templates that fit a name, the one of the longest prefix counts. A field that is left out is ECR's
    default: a template is one whole value.

    Args:
        prefix: The first part of the names of repositories, such as ``team``; ``ROOT`` for all that have no other
            template. A ``/`` at its end makes no difference.
        applied_for: When: ``PULL_THROUGH_CACHE``, ``CREATE_ON_PUSH`` or ``REPLICATION``; one or more.
        description: What it is for: at most 256 characters.
        image_tag_mutability: As in ``RepositorySpec``.
        image_tag_mutability_exclusion_filters: As in ``RepositorySpec``.
        encryption: As in ``RepositorySpec``. Anything but ``AES256`` needs ``custom_role_arn``.
        encryption_key: The full ARN of a KMS key: templates take no alias and no id.
        lifecycle_rules: As in ``RepositorySpec``.
        resource_policy: As in ``RepositorySpec``.
        tags: As in ``RepositorySpec``. They need ``custom_role_arn``.
        custom_role_arn: The ARN of the role with which ECR makes the repositories. Without one it can neither tag them
            nor use KMS.

    Raises:
        SpecError: ECR would never accept such a template, or could never use it; with every reason.

    Example:
        >>> RepositoryCreationTemplate("team", applied_for=["CREATE_ON_PUSH"], image_tag_mutability="IMMUTABLE").prefix
        'team'
    """

    prefix: str
    _: KW_ONLY
    applied_for: Sequence[ScenarioName | Scenario]
    description: str | None = None
    image_tag_mutability: TagMutabilityName | TagMutability | None = None
    image_tag_mutability_exclusion_filters: Sequence[str] | None = None
    encryption: EncryptionName | RepositoryEncryption | None = None
    encryption_key: str | None = None
    lifecycle_rules: Sequence[LifecycleRule | Mapping[str, Any]] | None = None
    resource_policy: Mapping[str, Any] | None = None
    tags: Mapping[str, str] | None = None
    custom_role_arn: str | None = None

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        problems = Problems()
        self._set("prefix", problems.take("prefix", partial(check_prefix, self.prefix)) or "")
        self._set("applied_for", _scenarios(problems, self.applied_for))
        problems.take("description", partial(_check_description, self.description))
        problems.texts("description", *([self.description] if isinstance(self.description, str) else []))
        filters = self.image_tag_mutability_exclusion_filters
        mode, wildcards = check_mutability(problems, self.image_tag_mutability, filters)
        self._set("image_tag_mutability", mode)
        self._set(FILTERS, wildcards)
        self._set("encryption", check_encryption(problems, self.encryption, self.encryption_key))
        if self.lifecycle_rules is not None:
            self._set("lifecycle_rules", problems.take("lifecycle_rules", lambda: check_rules(self.lifecycle_rules)))
        if self.resource_policy is not None:
            from ecrops.access.policy_checks import check_document

            policy = problems.take("resource_policy", lambda: check_document(self.resource_policy))
            self._set("resource_policy", policy)
        if self.tags is not None:
            self._set("tags", problems.take("tags", lambda: check_tags(self.tags)))
        self._check_role(problems)
        problems.raise_any()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_role(self, problems: Problems) -> None:
        """Refuse what ECR takes and then cannot use.

        Source: https://github.com/aws/containers-roadmap/issues/2398
        """
        key = self.encryption_key
        if isinstance(key, str) and not KEY.fullmatch(key):
            problems.add(
                "encryption_key",
                f"a template takes the full ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID, got {key!r}: "
                "'aws kms describe-key' tells it",
            )
        if self.custom_role_arn is not None:
            problems.take("custom_role_arn", partial(check_role, self.custom_role_arn))
            return
        uses_kms = self.encryption not in (None, RepositoryEncryption.AES256)
        uses = [name for name, used in (("tags", self.tags), ("KMS encryption", uses_kms)) if used]
        problems.check(
            not uses,
            "custom_role_arn",
            f"is needed for {' and '.join(uses)}: without a role ECR makes no repository, and pulls and pushes fail; "
            "give the ARN of a role that trusts ecr.amazonaws.com",
        )

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        problems = Problems()
        values = problems.known(data, NAMES, "a repository creation template", ADVICE)
        rules_from(problems, values)
        for name in ("prefix", "applied_for"):
            problems.check(name in values, name, "is missing")
        problems.raise_any()
        value = problems.take("", lambda: cls(**values))
        problems.raise_any()
        return cast("Self", value)

    def to_dict(self) -> dict[str, Any]:
        """Return the template, ready for JSON."""
        values = {name: getattr(self, name) for name in NAMES}
        return {name: data_of(value) for name, value in values.items() if value is not None}


NAMES = tuple(field.name for field in fields(cast("Any", RepositoryCreationTemplate)))


def check(value: object) -> tuple[RepositoryCreationTemplate, ...]:
    """Return the templates of a registry, which a file has as mappings, by prefix.

    Raises:
        SpecError: One is none, or two have one prefix.
    """
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise SpecError(f"expected a list of RepositoryCreationTemplates, got {value!r}")
    problems = Problems()
    templates = problems.each("", value, check_template)
    return by_prefix(problems, templates, "templates")


def check_template(value: object) -> RepositoryCreationTemplate:
    """Return a template, which a file has as a mapping.

    Raises:
        SpecError: It is none.
    """
    return value if isinstance(value, RepositoryCreationTemplate) else RepositoryCreationTemplate.from_dict(value)


def check_prefix(prefix: object) -> str:
    """Return the prefix of a template, without the ``/`` that ECR assumes at its end.

    Raises:
        SpecError: ECR would refuse it.
    """
    expected = "expected ROOT, or 1 to 256 lower-case letters and digits, joined by '/', '.', '_', '__' or dashes"
    bare = prefix.removesuffix("/") if isinstance(prefix, str) else ""
    if not isinstance(prefix, str) or len(bare) > 256 or (bare != ROOT and not PREFIX.fullmatch(bare)):
        raise SpecError(f"{expected}, got {prefix!r}")
    return bare


def _scenarios(problems: Problems, value: object) -> tuple[Scenario, ...]:
    path = "applied_for"
    names = problems.strings(path, value)
    if names is None:
        return ()
    problems.check(bool(names), path, f"expected one or more of {', '.join(Scenario)}, got none")
    members = {member for name in names if (member := problems.member(path, Scenario, name))}
    return tuple(sorted(members))


def _check_description(description: object) -> None:
    if description is not None and (not isinstance(description, str) or len(description) > 256):
        raise SpecError(f"expected a text of at most 256 characters, got {description!r}")
