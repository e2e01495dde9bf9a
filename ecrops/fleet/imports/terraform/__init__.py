"""A state or a plan of Terraform, as specs: see ``reading``."""

from ecrops.fleet.imports.terraform.reading import from_terraform

__all__ = ["from_terraform"]
