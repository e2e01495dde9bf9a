"""The commands, in modules by family. Each module has ``add``, which adds its commands to the parser.

A command is a function of the arguments and the console. It returns its exit code, or raises an error of the library.
"""

from ecrops.cli.commands import fleet, repositories

FAMILIES = (fleet.add, repositories.add)
