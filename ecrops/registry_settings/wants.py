"""From the spec of a registry to wants, and from what AWS has to a spec.

Called by ``ecrops.aspects`` and by the verbs of a registry.
"""

from __future__ import annotations

from collections.abc import Iterator

from ecrops.aws import Aws
from ecrops.engine.aspect import Want
from ecrops.engine.reading import read
from ecrops.registry_settings.spec import RegistrySpec
from ecrops.registry_settings.table import MODULES, aspect_of


def of_spec(spec: RegistrySpec) -> Iterator[Want]:
    """Yield the wants of a spec: one for each field that is managed."""
    for name, value in spec.managed.items():
        aspect = aspect_of(name)
        yield Want(aspect, aspect.KEY, aspect.exactly(value))


def describe(aws: Aws) -> RegistrySpec:
    """Return all settings of a registry as a spec: one reading for each."""
    aspects = {name: aspect_of(name) for name in MODULES}
    current = read(aws, {(aspect, aspect.KEY): () for aspect in aspects.values()})
    fields = {name: aspect.field(current[aspect, aspect.KEY].value) for name, aspect in aspects.items()}
    return RegistrySpec(**fields)
