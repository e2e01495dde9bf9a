"""Ways in: what Terraform or CloudFormation says of ECR, as the specs of a fleet file.

``from_terraform`` reads a state or a plan, ``from_cloudformation`` a template, also one that the CDK synthesised.
Neither calls AWS. ``properties`` remembers what was read of a resource, so that everything else is listed as left.
"""

from ecrops.fleet.imports.cloudformation import from_cloudformation
from ecrops.fleet.imports.imported import Imported, Left
from ecrops.fleet.imports.terraform import from_terraform

__all__ = ["Imported", "Left", "from_cloudformation", "from_terraform"]
