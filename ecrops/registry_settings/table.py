"""The one list of settings: the field of a spec, and the modules that know it.

Called by ``spec`` and ``wants``. Adding a setting is a folder, and one line here. A setting is imported when it is
first needed. Its module of values has ``check(value)``: what the field of a spec takes, or a ``SpecError``. Its aspect
has ``KEY``, ``exactly(value)``, the edit for the field of a spec, and ``field(value)``, the way back.

An aspect has three further members where a setting needs them:

* ``check_of_region(aws, value)`` refuses what a spec cannot know, such as another partition, before any call.
* ``READ_BY`` names the operation that reads it, if the oldest botocore that ecrops takes does not know it.
* ``KEYS`` and ``edits(value)``, pairs of a key and an edit, take the place of ``KEY`` and ``exactly`` where a field is
  several settings, each of which AWS reads and writes alone. ``field`` takes the values by key then.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

HERE = "ecrops.registry_settings"
MODULES = {
    "scanning": ("scanning.values", "scanning.aspect"),
    "account_settings": ("account_settings.values", "account_settings.aspect"),
    "signing": ("signing.values", "signing.aspect"),
    "pull_time_exclusions": ("pull_time_exclusions.values", "pull_time_exclusions.aspect"),
    "replication": ("replication.values", "replication.aspect"),
    "registry_policy": ("registry_policy.checks", "registry_policy.aspect"),
    "creation_templates": ("creation_templates.values", "creation_templates.aspect"),
    "pull_through_cache": ("pull_through_cache.values", "pull_through_cache.aspect"),
}


def values_of(field: str) -> Any:
    """Return the module with the values of a setting."""
    return import_module(f"{HERE}.{MODULES[field][0]}")


def aspect_of(field: str) -> Any:
    """Return the aspect of a setting."""
    return import_module(f"{HERE}.{MODULES[field][1]}")
