"""The public names: each face agrees with what type checkers see, and imports no floor above its own."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FACES = (
    "ecrops",
    "ecrops.access",
    "ecrops.aws_lambda",
    "ecrops.events",
    "ecrops.fleet",
    "ecrops.images",
    "ecrops.inventory",
    "ecrops.lifecycle",
    "ecrops.login",
    "ecrops.public",
    "ecrops.registries",
    "ecrops.registry_settings",
    "ecrops.report",
    "ecrops.testing",
    "ecrops.unmanaged",
)


def sources(package: str) -> dict[str, str]:
    """The module of each public name, from the table of the face."""
    tree = ast.parse(Path(importlib.import_module(package).__file__ or "").read_text())
    table = next(node.args[1] for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 1)
    modules: dict[str, tuple[str, ...]] = ast.literal_eval(table)
    return {name: module for module, names in modules.items() for name in names}


def typed(package: str) -> dict[str, str]:
    """The module of each public name, from the imports that only type checkers make."""
    tree = ast.parse(Path(importlib.import_module(package).__file__ or "").read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module != "typing"]
    names = {name.asname: str(node.module) for node in imports for name in node.names if name.asname}
    return {name: module for name, module in names.items() if f"ecrops.{name}" not in FACES}


@pytest.mark.parametrize("package", FACES)
def test_every_public_name_is_there_and_is_what_a_type_checker_sees(package: str) -> None:
    face = importlib.import_module(package)
    assert sources(package) == typed(package)
    assert sorted(sources(package)) == sorted(face.__all__)
    for name, module in sources(package).items():
        assert getattr(face, name) is getattr(importlib.import_module(module), name)
    assert set(face.__all__) <= set(dir(face))


def test_a_face_names_no_module_of_a_floor_above_it() -> None:
    config = ConfigParser()
    config.read(ROOT / ".importlinter")
    layers = config["importlinter:contract:floors"]["layers"].split("\n")
    floors = {room.strip(): height for height, layer in enumerate(reversed(layers)) for room in layer.split("|")}
    for package in FACES[1:]:
        own = floors[package.removeprefix("ecrops.")]
        for module in sources(package).values():
            room = module.split(".")[1]
            assert room == package.removeprefix("ecrops.") or floors[room] < own, (package, module)


@pytest.mark.parametrize("package", FACES)
def test_a_name_that_a_face_does_not_have_is_an_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'Nothing'"):
        _ = importlib.import_module(package).Nothing


def test_a_name_of_another_face_is_answered_with_where_it_is() -> None:
    import ecrops

    with pytest.raises(AttributeError, match=r"write from ecrops\.lifecycle import simulate"):
        _ = ecrops.simulate  # type: ignore[attr-defined]


def test_a_script_that_only_sets_settings_waits_for_no_grants_events_or_simulations() -> None:
    command = "import sys, ecrops; ecrops.Registry, ecrops.RepositorySpec('a/b'); print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True, cwd=ROOT)
    lifecycle = ("ecrops.lifecycle.aspect", "ecrops.lifecycle.policy", "ecrops.lifecycle.simulation")
    rooms = ("ecrops.access.grants", "ecrops.events.event", *lifecycle, "ecrops.login", "tenacity")
    assert not [module for module in loaded.stdout.split() if module.startswith(rooms)]
