"""From the spec of a registry to wants, and from what AWS has to a spec.

Called by ``ecrops.aspects`` and by the verbs of a registry.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ecrops.aws import Aws
from ecrops.base.problems import Problems
from ecrops.engine.aspect import Want
from ecrops.engine.reading import read
from ecrops.registry_settings.spec import RegistrySpec
from ecrops.registry_settings.table import MODULES, aspect_of


def of_spec(aws: Aws, spec: RegistrySpec) -> Iterator[Want]:
    """Yield the wants of a spec: one for each field that is managed.

    Raises:
        SpecError: A value is for no registry of this region, which a spec does not know; with every reason.
    """
    check_of_region(aws, spec)
    for name, value in spec.managed.items():
        aspect = aspect_of(name)
        yield Want(aspect, aspect.KEY, aspect.exactly(value))


def check_of_region(aws: Aws, spec: RegistrySpec) -> None:
    """Refuse values that no registry of this region can have."""
    problems = Problems()
    for name, value in spec.managed.items():
        if check := getattr(aspect_of(name), "check_of_region", None):
            problems.take(name, partial(check, aws, value))
    problems.raise_any()


def describe(aws: Aws) -> RegistrySpec:
    """Return all settings of a registry as a spec: one reading for each."""
    aspects = {name: aspect_of(name) for name in MODULES}
    current = read(aws, {(aspect, aspect.KEY): () for aspect in aspects.values()})
    fields = {name: aspect.field(current[aspect, aspect.KEY].value) for name, aspect in aspects.items()}
    return RegistrySpec(**fields)
