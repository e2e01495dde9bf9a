"""Many registries: accounts and regions as data, and the verbs of one registry over all of them.

Users import from here, and from ``ecrops``. Nothing below this floor knows that there are several registries.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.registries.bootstrap import BootstrapPolicy as BootstrapPolicy
    from ecrops.registries.bootstrap import bootstrap_policy as bootstrap_policy
    from ecrops.registries.location import RegistryLocation as RegistryLocation

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.registries.bootstrap": ("BootstrapPolicy", "bootstrap_policy"),
            "ecrops.registries.location": ("RegistryLocation",),
        },
    )
