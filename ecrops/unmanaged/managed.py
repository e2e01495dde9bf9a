"""What specs manage: the names, rules, templates and grants that they have. Pure.

Made by the verbs from the specs, and read by what looks for the rest. A field that a spec leaves out is not managed,
and what is not managed is not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecrops.aspects import apart
from ecrops.errors import SpecError
from ecrops.events.event import Event
from ecrops.events.reading import key_of
from ecrops.registry_settings.creation_templates.values import check_template
from ecrops.registry_settings.pull_through_cache.values import ROOT, check_rule
from ecrops.registry_settings.spec import RegistrySpec
from ecrops.spec import RepositorySpec


@dataclass(frozen=True, slots=True)
class Managed:
    """What specs manage.

    Args:
        repositories: The specs of repositories, by name.
        registry: The spec of the registry; an empty one if there is none.
    """

    repositories: Mapping[str, RepositorySpec]
    registry: RegistrySpec

    @classmethod
    def of(cls, specs: Sequence[RepositorySpec | RegistrySpec]) -> Managed:
        """Return what specs manage.

        Raises:
            SpecError: There is no spec of a repository among them: then every repository would be in no spec. Or two
                have one name, or one is no spec.
        """
        repositories, of_registry = apart(specs)
        if not repositories:
            raise SpecError(
                "specs: expected all specs of the fleet, with a RepositorySpec at least, got "
                f"{'none' if not specs else 'that of the registry alone'}: every repository would be in no spec"
            )
        return cls({spec.name: spec for spec in repositories}, next(iter(of_registry), RegistrySpec()))

    @property
    def events(self) -> bool:
        """Whether EventBridge rules are managed: a spec has events, be it none."""
        of_repositories = (spec.events for spec in self.repositories.values())
        return self.registry.events is not None or any(events is not None for events in of_repositories)

    @property
    def rules(self) -> frozenset[str]:
        """The keys of the rules that specs want."""
        of_repositories = (event for spec in self.repositories.values() for event in spec.events or ())
        events: Sequence[Event] = (*of_repositories, *(self.registry.events or ()))
        return frozenset(key_of(event.rule, event.bus) for event in events)

    @property
    def templates(self) -> frozenset[str] | None:
        """The prefixes of the templates that the spec of the registry lists; ``None`` if it does not manage them."""
        templates = self.registry.creation_templates
        return None if templates is None else frozenset(template.prefix for template in map(check_template, templates))

    @property
    def grants(self) -> bool:
        """Whether grants are managed: a spec has grants, be it none."""
        return any(spec.grants is not None for spec in self.repositories.values())

    def is_cache(self, name: str) -> bool:
        """Whether ECR makes a repository by itself, by a pull-through cache rule of the spec of the registry."""
        prefixes = [rule.prefix for rule in map(check_rule, self.registry.pull_through_cache or ())]
        return any(name.startswith(f"{prefix}/") for prefix in prefixes if prefix != ROOT)
