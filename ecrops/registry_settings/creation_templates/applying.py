"""Bringing repositories that are there to the template that would make them.

Called by the verb ``apply``. ECR applies a template only when it makes a repository: a later edit of the template, and
a repository that was there before, need this. It turns a template into wants of the aspects of repositories.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ecrops.aws import Aws
from ecrops.base.change import Note
from ecrops.engine.aspect import Want
from ecrops.lifecycle import aspect as lifecycle
from ecrops.lifecycle.edits import Exactly as ExactlyRules
from ecrops.registry_settings.creation_templates.form import Form, value
from ecrops.registry_settings.pull_through_cache.values import ROOT
from ecrops.repositories import calls, settings, tags
from ecrops.repositories.states import Settings, Wanted, parse
from ecrops.repositories.words import encryption_words


def template_of(name: str, prefixes: Collection[str]) -> str:
    """Return which of some templates applies to a repository: that of the longest prefix, else ``ROOT``.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html

    Returns:
        The prefix of the template; empty if none applies.
    """
    fitting = [prefix for prefix in prefixes if prefix != ROOT and name.startswith(f"{prefix}/")]
    return max(fitting, key=len, default=ROOT if ROOT in prefixes else "")


def repositories_of(aws: Aws, prefix: str, prefixes: Collection[str]) -> dict[str, Settings]:
    """Return the settings of the repositories that a template applies to, by name."""
    listed = {name: item for name, item in calls.every(aws) if template_of(name, prefixes) == prefix}
    return {name: parse(item) for name, item in listed.items()}


def wants(names: Collection[str], template: Form) -> Iterator[Want]:
    """Yield what repositories need to be like a template. Tags are added; those that are there stay."""
    spec = value(template)
    for name in names:
        yield Want(settings, name, Wanted(template.mutability, tuple(sorted(template.filters)), only_existing=True))
        if template.tags:
            yield Want(tags, name, tags.Include(template.tags))
        if template.rules:
            yield Want(lifecycle, name, ExactlyRules(spec.lifecycle_rules or ()))
        if template.policy:
            from ecrops.access.aspects import repository_policy
            from ecrops.access.edits import Exactly

            yield Want(repository_policy, name, Exactly(template.policy))


def encryption_notes(repositories: Mapping[str, Settings], template: Form) -> Iterator[Note]:
    """Yield which repositories are encrypted otherwise: that is chosen once, when a repository is made."""
    key = template.key
    others = [
        name
        for name, current in repositories.items()
        if current.encryption != template.encryption or (key and current.key != key)
    ]
    for name in others:
        current = repositories[name]
        has, wanted = (encryption_words(state.encryption, state.key) for state in (current, template))
        yield Note(f"{name}: it is encrypted with {has}, and stays so: the template says {wanted}").about(name)
