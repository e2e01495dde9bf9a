"""The commands, in modules by family. Each module has ``add``, which adds its commands to the parser.

A command is a function of the arguments and the console. It returns its exit code, or raises an error of the library.
"""

from ecrops.cli.commands import (
    access,
    cleaning,
    doctor,
    fleet,
    images,
    imports,
    inventory,
    lifecycle,
    login,
    report,
    repositories,
    schema,
    trying,
)

FAMILIES = (
    fleet.add,
    repositories.add,
    access.add,
    images.add,
    cleaning.add,
    inventory.add,
    lifecycle.add,
    report.add,
    login.add,
    doctor.add,
    imports.add,
    schema.add,
    trying.add,
)
"""What adds the commands, in the order of the help."""
