"""What has to be installed for the emulator, which users of ecrops alone do not have."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

MOTO = (5, 2, 5)
"""The oldest moto that the emulator extends."""
EXTRAS = ("flask", "docker", "jsonpath_ng")
"""What the extras of moto install: its server, its functions and its events."""
WAY_OUT = "pip install 'ecrops[testing]'"


def check() -> None:
    """Refuse to go on without moto, with an old one, and with one that lacks an extra.

    Raises:
        ModuleNotFoundError: Something is not installed, or is too old.
    """
    try:
        installed = version("moto")
    except PackageNotFoundError:
        raise _error("moto", "is not installed") from None
    if _numbers(installed) < MOTO:
        raise _error("moto", f"is {installed}, older than {'.'.join(map(str, MOTO))}")
    for module in EXTRAS:
        if find_spec(module) is None:
            raise _error(module, "is not installed")


def _error(module: str, what: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(f"ecrops.testing needs {module}, which {what}: {WAY_OUT}", name=module)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())
