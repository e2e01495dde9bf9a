"""The repository creation templates that the spec of the registry does not list. It reads, and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecrops.aws import Aws
from ecrops.engine.reading import Goal, read
from ecrops.registry_settings.creation_templates import aspect
from ecrops.registry_settings.creation_templates.edits import Templates
from ecrops.unmanaged.managed import Managed
from ecrops.unmanaged.values import Part, UnmanagedTemplate
from ecrops.unmanaged.within import Within


def find(aws: Aws, managed: Managed, within: Within, assumed: Mapping[Goal, Any]) -> Part[UnmanagedTemplate]:
    """Return the templates within the prefix that are not listed. One listing, if a spec manages templates.

    Args:
        aws: The account and region.
        managed: What the specs manage.
        within: The names that are looked at.
        assumed: The values that a dry run would have made before.

    Raises:
        ClientError: botocore's own error; the caller may not list templates, for example.
    """
    if managed.templates is None:
        return Part()
    goal = aspect, aspect.KEY
    templates: Templates = read(aws, {goal: ()}, {goal: assumed[goal]} if goal in assumed else {})[goal].value
    current = {prefix: form for prefix, form in templates.by_prefix.items() if within.has_all(prefix)}
    found = [
        UnmanagedTemplate(account=aws.account_id, region=aws.region, name=prefix, found=current[prefix])
        for prefix in sorted(current.keys() - managed.templates)
    ]
    return Part(found, len(current))
