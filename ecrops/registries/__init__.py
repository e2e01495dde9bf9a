"""Many registries: accounts and regions as data, and the verbs of one registry over all of them.

Users import from here, and from ``ecrops``. Nothing below this floor knows that there are several registries.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.registries.file import FleetSpecs as FleetSpecs
    from ecrops.registries.file import RegistriesFile as RegistriesFile
    from ecrops.registries.file import read_registries as read_registries
    from ecrops.registries.location import RegistryLocation as RegistryLocation
    from ecrops.registries.registries import Registries as Registries
    from ecrops.registries.results.plan import RegistriesPlan as RegistriesPlan
    from ecrops.registries.results.report import RegistriesReport as RegistriesReport
    from ecrops.registries.results.result import RegistriesResult as RegistriesResult
    from ecrops.registries.results.row import Row as Row
    from ecrops.registries.results.row import RowError as RowError
    from ecrops.registries.results.simulations import Simulations as Simulations
    from ecrops.registries.results.sums import RegistriesInventory as RegistriesInventory
    from ecrops.registries.roles.bootstrap import BootstrapPolicy as BootstrapPolicy
    from ecrops.registries.roles.bootstrap import bootstrap_policy as bootstrap_policy

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.registries.roles.bootstrap": ("BootstrapPolicy", "bootstrap_policy"),
            "ecrops.registries.file": ("FleetSpecs", "RegistriesFile", "read_registries"),
            "ecrops.registries.location": ("RegistryLocation",),
            "ecrops.registries.results.plan": ("RegistriesPlan",),
            "ecrops.registries.registries": ("Registries",),
            "ecrops.registries.results.report": ("RegistriesReport",),
            "ecrops.registries.results.result": ("RegistriesResult",),
            "ecrops.registries.results.row": ("Row", "RowError"),
            "ecrops.registries.results.simulations": ("Simulations",),
            "ecrops.registries.results.sums": ("RegistriesInventory",),
        },
    )
