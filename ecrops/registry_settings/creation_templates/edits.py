"""What can be wanted of the creation templates of a registry. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ecrops.registry_settings.creation_templates import form
from ecrops.registry_settings.creation_templates.form import Form
from ecrops.registry_settings.creation_templates.values import RepositoryCreationTemplate

ByPrefix = dict[str, Form]


class Templates(NamedTuple):
    """The templates as AWS has them.

    Args:
        by_prefix: The templates by prefix.
        unknown: The members of each that the installed botocore does not know, by prefix.
    """

    by_prefix: Mapping[str, Form]
    unknown: Mapping[str, Collection[str]]


class Exactly(NamedTuple):
    """An edit: these templates and no others."""

    templates: Sequence[RepositoryCreationTemplate]

    def __call__(self, templates: ByPrefix) -> ByPrefix:
        """Return the desired templates."""
        return {template.prefix: _desired(template, templates) for template in self.templates}


class Include(NamedTuple):
    """An edit: this template, as a whole, too."""

    template: RepositoryCreationTemplate

    def __call__(self, templates: ByPrefix) -> ByPrefix:
        """Return the desired templates."""
        return {**templates, self.template.prefix: _desired(self.template, templates)}


class Exclude(NamedTuple):
    """An edit: no templates for these prefixes."""

    prefixes: Sequence[str]

    def __call__(self, templates: ByPrefix) -> ByPrefix:
        """Return the desired templates."""
        return {prefix: template for prefix, template in templates.items() if prefix not in self.prefixes}


class ExcludeFound(NamedTuple):
    """An edit: no templates that are as these were found. One that was changed since stays."""

    found: Sequence[Form]

    def __call__(self, templates: ByPrefix) -> ByPrefix:
        """Return the desired templates."""
        return {prefix: template for prefix, template in templates.items() if template not in self.found}


Edit = Exactly | Include | Exclude | ExcludeFound


def changed_since(edit: object, current: Mapping[str, Form]) -> Collection[str]:
    """Return the prefixes of templates that an edit was to remove as they were found, and that are another now."""
    found = edit.found if isinstance(edit, ExcludeFound) else ()
    return [form.prefix for form in found if form.prefix in current and current[form.prefix] != form]


def _desired(template: RepositoryCreationTemplate, current: Mapping[str, Form]) -> Form:
    desired = form.of(template)
    return form.with_current_key(desired, current[template.prefix]) if template.prefix in current else desired
