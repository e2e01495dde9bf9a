"""Many registries: accounts and regions as data, and the verbs of one registry over all of them.

Users import from here, and from ``ecrops``. Nothing below this floor knows that there are several registries.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.registries.bootstrap import BootstrapPolicy as BootstrapPolicy
    from ecrops.registries.bootstrap import bootstrap_policy as bootstrap_policy
    from ecrops.registries.file import FleetSpecs as FleetSpecs
    from ecrops.registries.file import RegistriesFile as RegistriesFile
    from ecrops.registries.file import read_registries as read_registries
    from ecrops.registries.location import RegistryLocation as RegistryLocation
    from ecrops.registries.plan import RegistriesPlan as RegistriesPlan
    from ecrops.registries.registries import Registries as Registries
    from ecrops.registries.report import RegistriesReport as RegistriesReport
    from ecrops.registries.result import RegistriesResult as RegistriesResult
    from ecrops.registries.row import Row as Row
    from ecrops.registries.row import RowError as RowError
    from ecrops.registries.simulations import Simulations as Simulations
    from ecrops.registries.sums import RegistriesInventory as RegistriesInventory

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.registries.bootstrap": ("BootstrapPolicy", "bootstrap_policy"),
            "ecrops.registries.file": ("FleetSpecs", "RegistriesFile", "read_registries"),
            "ecrops.registries.location": ("RegistryLocation",),
            "ecrops.registries.plan": ("RegistriesPlan",),
            "ecrops.registries.registries": ("Registries",),
            "ecrops.registries.report": ("RegistriesReport",),
            "ecrops.registries.result": ("RegistriesResult",),
            "ecrops.registries.row": ("Row", "RowError"),
            "ecrops.registries.simulations": ("Simulations",),
            "ecrops.registries.sums": ("RegistriesInventory",),
        },
    )
