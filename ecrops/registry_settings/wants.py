"""From the spec of a registry to wants, and from what AWS has to a spec.

Called by ``ecrops.aspects`` and by the verbs of a registry.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from ecrops.aws import Aws
from ecrops.base.problems import Problems
from ecrops.engine.aspect import Want
from ecrops.engine.reading import Goal, read
from ecrops.registry_settings.setting import is_known
from ecrops.registry_settings.spec import RegistrySpec
from ecrops.registry_settings.table import MODULES, aspect_of

log = logging.getLogger(__name__)


def of_spec(aws: Aws, spec: RegistrySpec) -> Iterator[Want]:
    """Yield the wants of a spec: one for each key of each field that is managed.

    Raises:
        SpecError: A value is for no registry of this region, which a spec does not know; with every reason.
    """
    check_of_region(aws, spec)
    for name, value in spec.managed.items():
        aspect = aspect_of(name)
        edits = aspect.edits(value) if _has_keys(aspect) else [(aspect.KEY, aspect.exactly(value))]
        for key, edit in edits:
            yield Want(aspect, key, edit)


def check_of_region(aws: Aws, spec: RegistrySpec) -> None:
    """Refuse values that no registry of this region can have."""
    problems = Problems()
    for name, value in spec.managed.items():
        if check := getattr(aspect_of(name), "check_of_region", None):
            problems.take(name, partial(check, aws, value))
    problems.raise_any()


def describe(aws: Aws, fields: Collection[str] = MODULES) -> RegistrySpec:
    """Return settings of a registry as a spec: one reading for each key.

    Args:
        aws: The account and region.
        fields: Which settings; all by default.

    Returns:
        The spec. A setting that the installed botocore cannot read is left out, as one that is not managed; the log
        says so.
    """
    return spec_of(read(aws, dict.fromkeys(goals_of(fields), ())), fields)


def goals_of(fields: Collection[str] = MODULES) -> Iterator[Goal]:
    """Yield what has to be read to describe settings: one goal for each key that the installed botocore can read."""
    for name in fields:
        if _is_readable(name, aspect := aspect_of(name)):
            yield from ((aspect, key) for key in _keys(aspect))


def spec_of(current: Mapping[Goal, Any], fields: Collection[str] = MODULES) -> RegistrySpec:
    """Return settings as a spec. One that was not read as a whole is left out.

    Args:
        current: What was read.
        fields: Which settings; all by default.
    """
    aspects = {name: aspect_of(name) for name in fields}
    return RegistrySpec(
        **{
            name: _field(aspect, current)
            for name, aspect in aspects.items()
            if all((aspect, key) in current for key in _keys(aspect))
        }
    )


def _is_readable(name: str, aspect: Any) -> bool:
    if not hasattr(aspect, "READ_BY") or is_known(aspect.READ_BY):
        return True
    log.warning("%s is not described: the installed botocore does not know ecr:%s", name, aspect.READ_BY)
    return False


def _field(aspect: Any, current: Mapping[Goal, Any]) -> Any:
    values = {key: current[aspect, key].value for key in _keys(aspect)}
    return aspect.field(values if _has_keys(aspect) else values[aspect.KEY])


def _has_keys(aspect: Any) -> bool:
    return hasattr(aspect, "KEYS")


def _keys(aspect: Any) -> tuple[str, ...]:
    return aspect.KEYS if _has_keys(aspect) else (aspect.KEY,)
