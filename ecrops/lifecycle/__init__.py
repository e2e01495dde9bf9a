"""Lifecycle policies: their rules, their order, their meaning, and what they do to images.

Users import from here. A script that only sets policies does not wait for the import of the simulation.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.images.image import Image as Image
    from ecrops.lifecycle.guard import Guard as Guard
    from ecrops.lifecycle.guard import RegistryGuard as RegistryGuard
    from ecrops.lifecycle.linting.findings import Finding as Finding
    from ecrops.lifecycle.linting.lint import lint as lint
    from ecrops.lifecycle.policy.rule import LifecycleRule as LifecycleRule
    from ecrops.lifecycle.policy.rule import TagStatus as TagStatus
    from ecrops.lifecycle.shielding import shield as shield
    from ecrops.lifecycle.simulation.chart import Chart as Chart
    from ecrops.lifecycle.simulation.compare import Comparison as Comparison
    from ecrops.lifecycle.simulation.compare import Difference as Difference
    from ecrops.lifecycle.simulation.compare import compare as compare
    from ecrops.lifecycle.simulation.compiled import Action as Action
    from ecrops.lifecycle.simulation.days import Day as Day
    from ecrops.lifecycle.simulation.days import Storage as Storage
    from ecrops.lifecycle.simulation.forecast import Cost as Cost
    from ecrops.lifecycle.simulation.forecast import Forecast as Forecast
    from ecrops.lifecycle.simulation.preview import PreviewError as PreviewError
    from ecrops.lifecycle.simulation.result import Simulation as Simulation
    from ecrops.lifecycle.simulation.simulate import simulate as simulate
    from ecrops.lifecycle.simulation.verdicts import Tally as Tally
    from ecrops.lifecycle.simulation.verdicts import Verdict as Verdict

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.images.image": ("Image",),
            "ecrops.lifecycle.guard": (
                "Guard",
                "RegistryGuard",
            ),
            "ecrops.lifecycle.linting.findings": ("Finding",),
            "ecrops.lifecycle.linting.lint": ("lint",),
            "ecrops.lifecycle.policy.rule": (
                "LifecycleRule",
                "TagStatus",
            ),
            "ecrops.lifecycle.shielding": ("shield",),
            "ecrops.lifecycle.simulation.chart": ("Chart",),
            "ecrops.lifecycle.simulation.compare": (
                "Comparison",
                "Difference",
                "compare",
            ),
            "ecrops.lifecycle.simulation.compiled": ("Action",),
            "ecrops.lifecycle.simulation.days": (
                "Day",
                "Storage",
            ),
            "ecrops.lifecycle.simulation.forecast": (
                "Cost",
                "Forecast",
            ),
            "ecrops.lifecycle.simulation.preview": ("PreviewError",),
            "ecrops.lifecycle.simulation.result": ("Simulation",),
            "ecrops.lifecycle.simulation.simulate": ("simulate",),
            "ecrops.lifecycle.simulation.verdicts": (
                "Tally",
                "Verdict",
            ),
        },
    )
