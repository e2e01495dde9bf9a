"""A registry as it should be, as a value that checks itself. It calls nothing, and knows no aspect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any, Self, cast

from ecrops.base.plain_json import data_of
from ecrops.base.problems import Problems, compact, suggesting
from ecrops.base.shown import Shown
from ecrops.registry_settings.table import MODULES, values_of

if TYPE_CHECKING:
    from ecrops.events.event import Event
    from ecrops.registry_settings.creation_templates.values import RepositoryCreationTemplate
    from ecrops.registry_settings.explain import Explanation
    from ecrops.registry_settings.pull_through_cache.values import PullThroughCacheRule
    from ecrops.registry_settings.replication.values import ReplicationRule
    from ecrops.registry_settings.scanning.values import ScanningConfiguration
    from ecrops.registry_settings.signing.values import SigningRule


@suggesting()
@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySpec(Shown):
    """The settings of a registry as they should be. A field left at ``None`` is neither read nor written.

    A field that is given is the whole setting: what others have in it goes, and the plan says so. An empty one removes.
    The verbs of the handles, such as ``registry.scanning.add``, own their own rules alone.

    Args:
        scanning: Which repositories are scanned, by whom and when.
        account_settings: Values of account settings, by name. Only the names that it gives are managed: a setting has
            a value always, and AWS removes none.
        signing: Which images are signed when they are pushed, and with which profiles.
        pull_time_exclusions: The ARNs of the roles and users whose pulls leave no pull time.
        replication: Where images are replicated to. An empty list: nowhere.
        registry_policy: The policy document of the registry; ``{}`` for none.
        creation_templates: What the repositories are like that ECR makes by itself. ``()`` removes all templates.
        pull_through_cache: From which upstream registries ECR caches images. ``()`` removes all rules.
        events: EventBridge rules on events of several repositories, such as ``on_image_pushed(target=queue_arn,
            repositories=prefix("team/"))`` of ``ecrops.events``. ``()`` removes those that ecrops made. The rules on
            events of one repository are in its ``RepositorySpec``.

    Raises:
        SpecError: No registry can be like this; with every reason.
    """

    scanning: ScanningConfiguration | Mapping[str, Any] | None = None
    account_settings: Mapping[str, str] | None = None
    signing: Sequence[SigningRule | Mapping[str, Any]] | None = None
    pull_time_exclusions: Sequence[str] | None = None
    replication: Sequence[ReplicationRule | Mapping[str, Any]] | None = None
    registry_policy: Mapping[str, Any] | None = None
    creation_templates: Sequence[RepositoryCreationTemplate | Mapping[str, Any]] | None = None
    pull_through_cache: Sequence[PullThroughCacheRule | Mapping[str, Any]] | None = None
    events: Sequence[Event] | None = None

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        problems = Problems()
        for name, value in self.managed.items():
            object.__setattr__(self, name, problems.take(name, partial(values_of(name).check, value)))
        if self.events is not None:
            from ecrops.events.event import check_events

            object.__setattr__(self, "events", problems.take("", partial(check_events, self.events, None)))
        problems.raise_any()

    @property
    def managed(self) -> dict[str, Any]:
        """The settings that are managed, by name: every field but ``events``."""
        values = {name: getattr(self, name) for name in MODULES}
        return {name: value for name, value in values.items() if value is not None}

    def explain(self, name: str) -> Explanation:
        """Return what the settings mean for one name: which template, filters, rules and statements apply.

        Args:
            name: The name of a repository, which need not exist.

        Raises:
            SpecError: No repository can have the name.
        """
        from ecrops.registry_settings.explain import explain

        return explain(self, name)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        problems = Problems()
        values = problems.known(data, [field.name for field in fields(cls)], "a registry")
        if isinstance(events := values.get("events"), Sequence) and not isinstance(events, str):
            from ecrops.events.event import events_from

            values["events"] = problems.take("", lambda: events_from(events))
        spec = problems.take("", lambda: cls(**values))
        problems.raise_any()
        return cast("Self", spec)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are managed, ready for JSON."""
        events = {} if self.events is None else {"events": self.events}
        return {name: data_of(value) for name, value in {**self.managed, **events}.items()}
