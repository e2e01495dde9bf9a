"""A template of CloudFormation, as specs: see ``reading``."""

from ecrops.fleet.imports.cloudformation.reading import from_cloudformation

__all__ = ["from_cloudformation"]
