"""Import every public name of the installed package."""

import importlib

import ecrops

FACES = ("access", "events", "fleet", "fleet.imports", "lifecycle", "login", "public", "registry_settings", "report")

assert "site-packages" in str(ecrops.__file__), ecrops.__file__
for face in ("ecrops", *(f"ecrops.{name}" for name in FACES)):
    module = importlib.import_module(face)
    for name in module.__all__:
        getattr(module, name)
