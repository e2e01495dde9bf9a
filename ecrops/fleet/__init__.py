"""Fleet files: what the repositories of a registry, and the registry itself, should be like."""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.fleet.fleet import Fleet as Fleet
    from ecrops.fleet.plain import fleet_from_dict as fleet_from_dict
    from ecrops.fleet.plain import fleet_to_dict as fleet_to_dict
    from ecrops.fleet.reading import parse as parse
    from ecrops.fleet.reading import read as read
    from ecrops.fleet.writing import write as write

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.fleet.fleet": ("Fleet",),
            "ecrops.fleet.plain": ("fleet_from_dict", "fleet_to_dict"),
            "ecrops.fleet.reading": ("parse", "read"),
            "ecrops.fleet.writing": ("write",),
        },
    )
