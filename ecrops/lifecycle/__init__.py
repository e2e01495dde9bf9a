"""Lifecycle policies: their rules, their order, their meaning, and what they do to images.

What looks at images is imported when it is first asked for: a script that only sets policies does not pay for it.
"""

from typing import TYPE_CHECKING, Any

from ecrops.lifecycle.rule import LifecycleRule, TagStatus

if TYPE_CHECKING:
    from ecrops.lifecycle.chart import Chart
    from ecrops.lifecycle.clauses import Action
    from ecrops.lifecycle.comparison import Comparison, Difference, compare
    from ecrops.lifecycle.days import Day, Storage
    from ecrops.lifecycle.evaluation import simulate
    from ecrops.lifecycle.forecasting import Cost, Forecast
    from ecrops.lifecycle.guard import Guard, RegistryGuard
    from ecrops.lifecycle.images import Image
    from ecrops.lifecycle.linting import Finding, lint
    from ecrops.lifecycle.preview import PreviewError
    from ecrops.lifecycle.simulation import Simulation
    from ecrops.lifecycle.verdicts import Tally, Verdict

__all__ = [
    "Action",
    "Chart",
    "Comparison",
    "Cost",
    "Day",
    "Difference",
    "Finding",
    "Forecast",
    "Guard",
    "Image",
    "LifecycleRule",
    "PreviewError",
    "RegistryGuard",
    "Simulation",
    "Storage",
    "TagStatus",
    "Tally",
    "Verdict",
    "compare",
    "lint",
    "simulate",
]

_HOMES = {
    "Action": "clauses",
    "Chart": "chart",
    "Comparison": "comparison",
    "Cost": "forecasting",
    "Day": "days",
    "Forecast": "forecasting",
    "Storage": "days",
    "Difference": "comparison",
    "Finding": "linting",
    "Guard": "guard",
    "Image": "images",
    "PreviewError": "preview",
    "RegistryGuard": "guard",
    "Simulation": "simulation",
    "Tally": "verdicts",
    "Verdict": "verdicts",
    "compare": "comparison",
    "lint": "linting",
    "simulate": "evaluation",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
