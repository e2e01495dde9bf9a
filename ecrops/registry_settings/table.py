"""The one list of settings: the field of a spec, and the modules that know it.

Called by ``spec`` and ``wants``. Adding a setting is a folder, and one line here. A setting is imported when it is
first needed. Its module of values has ``check(value)``: what the field of a spec takes, or a ``SpecError``. Its aspect
has ``KEY``, ``exactly(value)``, the edit for the field of a spec, and ``field(value)``, the way back.

Three further members are there where a setting needs them:

* A module of values has ``check_here(value, partition, region)`` if a value may be right in one region only.
* An aspect has ``READ_BY`` if the oldest botocore that ecrops takes does not know the operation of that name.
* An aspect of several settings, each of which AWS reads and writes alone, has ``KEYS`` in the place of ``KEY``, and
  ``edits(value)``, pairs of a key and an edit, in the place of ``exactly``. Its ``field`` takes the values by key.
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
}


def values_of(field: str) -> Any:
    """Return the module with the values of a setting."""
    return import_module(f"{HERE}.{MODULES[field][0]}")


def aspect_of(field: str) -> Any:
    """Return the aspect of a setting."""
    return import_module(f"{HERE}.{MODULES[field][1]}")
