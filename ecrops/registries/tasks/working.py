"""What a worker does for each verb: one call of the registry. Called by ``task``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecrops.aws.sessions import check_region
from ecrops.engine.plan import Plan
from ecrops.registries.results.simulations import Simulations
from ecrops.registries.tasks.task import Task
from ecrops.registry import Registry


def _check(registry: Registry, task: Task) -> None:
    """Refuse what would stop the work of a registry from the start: its role, its region, its specs."""
    check_region(registry.aws.session, task.options.retry)
    _ = registry.aws.account_id  # two names of one registry are found by it
    if callable(task.specs):
        task.own_specs()


def _plan(registry: Registry, task: Task) -> Plan:
    return registry.plan(*task.own_specs(), **task.arguments)


def _ensure(registry: Registry, task: Task) -> Plan:
    return registry.ensure(*task.own_specs(), **task.arguments)


def _apply(registry: Registry, task: Task) -> Plan:
    return registry.apply(task.arguments["plan"])


def _named(verb: str) -> Callable[[Registry, Task], Any]:
    """Return what calls a verb that takes names, or other arguments, and keywords."""

    def call(registry: Registry, task: Task) -> Any:
        arguments = dict(task.arguments)
        positional = arguments.pop("", ())
        return at_rest(getattr(registry, verb)(*positional, **arguments))

    return call


def _unmanaged(registry: Registry, task: Task) -> Any:
    return registry.unmanaged(*task.own_specs(), **task.arguments)


def at_rest(value: Any) -> Any:
    """Return a value without what reads on: what reads while it is iterated is read to its end."""
    return value.at_rest() if hasattr(value, "at_rest") else value


def _simulations(registry: Registry, task: Task) -> Simulations:
    arguments = dict(task.arguments)
    return Simulations(registry.simulate_lifecycles(*arguments.pop("", ()), **arguments))


VERBS: Mapping[str, Callable[[Registry, Task], Any]] = {
    "check": _check,
    "plan": _plan,
    "ensure": _ensure,
    "apply": _apply,
    "unmanaged": _unmanaged,
    "simulate_lifecycles": _simulations,
    **{verb: _named(verb) for verb in ("describe", "remove", "access", "inventory", "report")},
}
"""What each verb does with one registry."""
