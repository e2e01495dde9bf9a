"""A repository as it should be, as a value that checks itself.

Users make specs, and ``aspects`` turns them into wants. A spec calls nothing, and knows no aspect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from ecrops.base.plain_json import data_of
from ecrops.base.problems import Problems, compact, suggesting
from ecrops.base.shown import Shown
from ecrops.repositories import verbatim
from ecrops.repositories.advice import SETTINGS
from ecrops.repositories.checks import check_name, check_tags
from ecrops.repositories.combinations import FILTERS, check_encryption, check_mutability
from ecrops.repositories.values import EncryptionName, RepositoryEncryption, TagMutability, TagMutabilityName

if TYPE_CHECKING:
    from ecrops.access.grants import Grant
    from ecrops.events.event import Event
    from ecrops.lifecycle.guard import Guard
    from ecrops.lifecycle.policy.rule import LifecycleRule


UNNAMED = "unnamed"  # replaces a missing name, so that everything else that is wrong is reported with it


@suggesting(SETTINGS)
@dataclass(frozen=True, slots=True)
class RepositorySpec(Shown):
    """A repository as it should be. A field left at ``None`` is neither read nor written; an empty one removes.

    Args:
        name: 2 to 256 characters: lower-case letters and digits, with ``.``, ``_``, ``__``, ``-`` or ``/`` between. No
            ARN: the account and the region are those of the registry.
        image_tag_mutability: ``MUTABLE``, ``IMMUTABLE``, or one of the two ``…_WITH_EXCLUSION``.
        image_tag_mutability_exclusion_filters: Wildcards such as ``dev-*`` for the tags that are the exception: 1 to
            5, with at most two ``*`` each.
        image_scan_on_push: Whether images are scanned when they are pushed (basic scanning).
        encryption: ``AES256`` (ECR's default), ``KMS`` or ``KMS_DSSE``; ``KMS`` if only a key is given.
        encryption_key: The id, ARN or alias (``alias/…``) of a KMS key. Without one, AWS manages the key.
        lifecycle_rules: ``LifecycleRule``s, or dicts in ECR's own JSON form; ``()`` removes the lifecycle policy.
        lifecycle_guard: What these rules may take away. Without it the registry's guard counts; ``False`` is no guard.
        resource_policy: The repository policy, as a document; ``{}`` removes it.
        grants: Who may use the repository, such as ``[pull(Role("nodes"))]``. Grants are added, in IAM policies and in
            the repository policy; ``Repository.revoke`` takes one away.
        events: EventBridge rules on its events, such as ``on_image_pushed(target=queue_arn)`` of ``ecrops.events``.
            ``()`` removes the rules that ecrops made for the repository.
        tags: All tags of the repository; ``{}`` removes them. Tags of AWS (``aws:…``) are left alone.
        verbatim: The names of fields that hold what AWS has, and ecrops would not write. They are not checked. They
            are compared, and never written: a difference is a conflict. ``describe`` sets it.
        unread: Fields that ``describe`` could not read, each with the reason. They are not managed.

    Raises:
        SpecError: No repository can be like this; with every reason.

    Example:
        >>> RepositorySpec("team/api", image_tag_mutability="IMMUTABLE", tags={"team": "web"}).name
        'team/api'
    """

    name: str
    _: KW_ONLY
    image_tag_mutability: TagMutabilityName | TagMutability | None = None
    image_tag_mutability_exclusion_filters: Sequence[str] | None = None
    image_scan_on_push: bool | None = None
    encryption: EncryptionName | RepositoryEncryption | None = None
    encryption_key: str | None = None
    lifecycle_rules: Sequence[LifecycleRule | Mapping[str, Any]] | None = None
    lifecycle_guard: Guard | Literal[False] | None = None
    resource_policy: Mapping[str, Any] | None = None
    grants: Sequence[Grant | Mapping[str, Any]] | None = None
    events: Sequence[Event] | None = None
    tags: Mapping[str, str] | None = None
    verbatim: Sequence[str] | None = None
    unread: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        problems = Problems()
        self._take_verbatim(problems)
        if self._is_checked("name"):
            problems.take("name", lambda: check_name(self.name))
        self._check_mutability(problems)
        scan = self.image_scan_on_push
        is_truth = scan is None or isinstance(scan, bool)
        quotes = ", without quotes" if isinstance(scan, str) else ""
        problems.check(is_truth, "image_scan_on_push", f"expected True or False{quotes}, got {scan!r}")
        self._check_encryption(problems)
        self._check_lifecycle(problems)
        self._check_access(problems)
        if self.events is not None:
            from ecrops.events.event import check_events

            self._set("events", problems.take("", lambda: check_events(self.events, self.name)))
        if self.tags is not None and self._is_checked("tags"):
            self._set("tags", problems.take("tags", lambda: check_tags(self.tags)))
        problems.raise_any()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _take_verbatim(self, problems: Problems) -> None:
        """Copy what stands in verbatim fields, and check the names of fields alone: AWS has accepted the rest."""
        if self.verbatim is not None:
            names = verbatim.check_names(problems, self.verbatim)
            self._set("verbatim", names or None)
            for name in names:
                self._set(name, verbatim.copied(problems, name, getattr(self, name)))
        if self.unread is not None:
            self._set("unread", verbatim.check_unread(problems, self.unread))

    def _is_checked(self, *names: str) -> bool:
        """Whether none of some fields is verbatim."""
        return not verbatim.has_any(self.verbatim, names)

    def _check_lifecycle(self, problems: Problems) -> None:
        """Check the lifecycle rules and the guard. Their checks are imported only for specs that have them."""
        if self.lifecycle_rules is not None and self._is_checked("lifecycle_rules"):
            from ecrops.lifecycle.policy.document import check_rules

            rules = problems.take("lifecycle_rules", lambda: check_rules(self.lifecycle_rules))
            self._set("lifecycle_rules", rules)
        if self.lifecycle_guard is not None:
            from ecrops.lifecycle.edits import check_guard

            problems.take("lifecycle_guard", lambda: check_guard(self.lifecycle_guard))

    def _check_access(self, problems: Problems) -> None:
        """Check the repository policy and the grants. Their checks are imported only for specs that have them."""
        if self.resource_policy is not None and self._is_checked("resource_policy"):
            from ecrops.access.policy_checks import check_document

            policy = problems.take("resource_policy", lambda: check_document(self.resource_policy))
            self._set("resource_policy", policy)
        if self.grants is not None:
            from ecrops.access.grants import check_grants

            name = self.name if isinstance(self.name, str) and self.name != UNNAMED else None
            self._set("grants", problems.take("grants", lambda: check_grants(self.grants, name)))

    def _check_mutability(self, problems: Problems) -> None:
        if self._is_checked("image_tag_mutability", FILTERS):
            given = self.image_tag_mutability, self.image_tag_mutability_exclusion_filters
            for name, value in zip(("image_tag_mutability", FILTERS), check_mutability(problems, *given), strict=True):
                self._set(name, value)

    def _check_encryption(self, problems: Problems) -> None:
        if self._is_checked("encryption", "encryption_key"):
            self._set("encryption", check_encryption(problems, self.encryption, self.encryption_key))

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
        values = problems.known(data, names, "a repository", SETTINGS)
        if "lifecycle_rules" in values:
            from ecrops.lifecycle.policy.rule import rules_from

            rules_from(problems, values)
        if isinstance(guard := values.get("lifecycle_guard"), Mapping):
            from ecrops.lifecycle.guard import Guard

            values["lifecycle_guard"] = problems.take("lifecycle_guard", lambda: Guard.from_dict(guard))
        events = values.get("events")
        if isinstance(events, Sequence) and not isinstance(events, str):
            from ecrops.events.event import events_from

            values["events"] = problems.take("", lambda: events_from(events))
        if (unchecked := values.pop("verbatim", None)) is not None:
            values = verbatim.take(problems, values, unchecked)
        problems.check("name" in values, "name", "is missing")
        spec = problems.take("", lambda: cls(**{"name": UNNAMED, **values}))
        problems.raise_any()
        return cast("Self", spec)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are managed, ready for JSON; those that are verbatim under ``verbatim``."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "verbatim"}
        plain = {name: data_of(value) for name, value in values.items() if value is not None}
        return verbatim.apart(plain, self.verbatim or ())
