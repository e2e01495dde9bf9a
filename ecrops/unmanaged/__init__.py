"""What is there and in no spec: repositories, EventBridge rules and grants of ecrops, creation templates.

``registry.unmanaged(*specs, within=prefix("team/"))`` names it, and ``registry.remove`` takes it away. So does
``registry.ensure(*specs, remove_unmanaged=prefix("team/"))``, in one plan with what the specs want.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.unmanaged.unmanaged import Unmanaged as Unmanaged
    from ecrops.unmanaged.values import UnmanagedGrant as UnmanagedGrant
    from ecrops.unmanaged.values import UnmanagedRepository as UnmanagedRepository
    from ecrops.unmanaged.values import UnmanagedRule as UnmanagedRule
    from ecrops.unmanaged.values import UnmanagedTemplate as UnmanagedTemplate

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.unmanaged.unmanaged": ("Unmanaged",),
            "ecrops.unmanaged.values": (
                "UnmanagedGrant",
                "UnmanagedRepository",
                "UnmanagedRule",
                "UnmanagedTemplate",
            ),
        },
    )
