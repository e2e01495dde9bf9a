"""``registry.creation_templates``: the verbs of repository creation templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Never

from ecrops.base.notes import together
from ecrops.base.problems import given
from ecrops.base.shown import ShownTuple
from ecrops.engine.plan import Plan
from ecrops.engine.reading import Goal
from ecrops.errors import SpecError
from ecrops.lifecycle.policy.rule import LifecycleRule
from ecrops.registry_settings.creation_templates import applying, aspect
from ecrops.registry_settings.creation_templates.edits import Exactly, Exclude, Include, Templates
from ecrops.registry_settings.creation_templates.values import (
    ADVICE,
    NAMES,
    RepositoryCreationTemplate,
    Scenario,
    ScenarioName,
    check,
    check_prefix,
)
from ecrops.registry_settings.setting import Handle
from ecrops.repositories import settings
from ecrops.repositories.advice import refuse_options
from ecrops.repositories.checks import check_one_by_one
from ecrops.repositories.values import EncryptionName, RepositoryEncryption, TagMutability, TagMutabilityName


class CreationTemplates(Handle):
    """What the repositories are like that ECR makes by itself."""

    aspect = aspect
    key = aspect.KEY

    def describe(self) -> tuple[RepositoryCreationTemplate, ...]:
        """Return the templates that AWS has, by prefix."""
        return ShownTuple(aspect.field(self._current()))

    def add(
        self,
        prefix: str,
        *,
        applied_for: Sequence[ScenarioName | Scenario],
        description: str | None = None,
        image_tag_mutability: TagMutabilityName | TagMutability | None = None,
        image_tag_mutability_exclusion_filters: Sequence[str] | None = None,
        encryption: EncryptionName | RepositoryEncryption | None = None,
        encryption_key: str | None = None,
        lifecycle_rules: Sequence[LifecycleRule | Mapping[str, Any]] | None = None,
        resource_policy: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        custom_role_arn: str | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Make this the whole template of a prefix. Templates of other prefixes stay.

        Repositories that are there already stay as they are: ``apply`` brings them to the template.

        Args:
            prefix: As in ``RepositoryCreationTemplate``.
            applied_for: As in ``RepositoryCreationTemplate``.
            description: As in ``RepositoryCreationTemplate``.
            image_tag_mutability: As in ``RepositoryCreationTemplate``.
            image_tag_mutability_exclusion_filters: As in ``RepositoryCreationTemplate``.
            encryption: As in ``RepositoryCreationTemplate``.
            encryption_key: As in ``RepositoryCreationTemplate``.
            lifecycle_rules: As in ``RepositoryCreationTemplate``.
            resource_policy: As in ``RepositoryCreationTemplate``.
            tags: As in ``RepositoryCreationTemplate``.
            custom_role_arn: As in ``RepositoryCreationTemplate``.
            misspelt: No other keyword is accepted. The error says what to use instead.

        Raises:
            SpecError: ECR would never accept the template, or could never use it.
        """
        options = given(locals(), "prefix")
        refuse_options(misspelt, NAMES[1:], ADVICE)
        return self._make(Include(RepositoryCreationTemplate(prefix, **options)))

    def set(self, *templates: RepositoryCreationTemplate) -> Plan:
        """Make these all templates of the registry: those of others go.

        Args:
            templates: The templates; none removes all.

        Raises:
            SpecError: ECR would never accept them.
        """
        check_one_by_one(templates, "set(*templates)")
        return self._make(Exactly(check(templates)))

    def remove(self, *prefixes: str) -> Plan:
        """Remove templates. The repositories that were made by them stay as they are.

        Args:
            prefixes: The prefixes of the templates.

        Raises:
            SpecError: One is no prefix.
        """
        check_one_by_one(prefixes, "remove(*prefixes)")
        return self._make(Exclude(tuple(map(check_prefix, prefixes))))

    def apply(self, prefix: str) -> Plan:
        """Bring the repositories that are there to the template of a prefix: those that it would make.

        A repository for which a template with a longer prefix counts is left alone. Tags are added; mutability is that
        of the template, and so are the lifecycle policy and the repository policy, if it has them. How images are
        encrypted cannot be changed: a note says which repositories differ.

        Args:
            prefix: The prefix of a template of the registry.

        Raises:
            SpecError: There is no such template.
            ConflictError: A guard refuses what the lifecycle rules would remove.
            ApplyError: Some of several repositories failed; its ``applied`` lists what was done.
        """
        bare, registry = check_prefix(prefix), self._registry
        templates: Templates = self._current(registry.assumed)
        template = templates.by_prefix.get(bare)
        if template is None:
            there = ", ".join(sorted(templates.by_prefix)) or "none"
            raise SpecError(f"there is no creation template for {bare!r}: the registry has {there}")
        found = applying.repositories_of(registry.aws, bare, templates.by_prefix)
        known: dict[Goal, Any] = {(settings, name): current for name, current in found.items()}
        plan = registry.make(*applying.wants(found, template), known=known)
        notes = together((*plan.notes, *applying.encryption_notes(found, template)))
        return replace(plan, notes=notes)
