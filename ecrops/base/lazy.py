"""What is made when it is first needed: public names of packages, and values.

Called by the ``__init__`` of ``ecrops`` and of its public packages. It keeps ``import ecrops`` cheap: whoever grants
nothing does not wait for the import of grants. It never imports a module before one of its names is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Modules = Mapping[str, Sequence[str]]
Face = tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]


def face(package: str, modules: Modules, packages: Sequence[str] = ()) -> Face:
    """Make ``__all__``, ``__getattr__`` and ``__dir__`` of a package.

    Args:
        package: The name of the package, ``__name__``.
        modules: The public names, by the module that defines them.
        packages: Public packages inside this one. They are attributes too, and an unknown name is looked for in them.
    """
    sources = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> Any:
        if name in sources:
            value = getattr(import_module(sources[name]), name)
            setattr(sys.modules[package], name, value)
            return value
        if name in packages:
            return import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}{_hint(name)}")

    def _hint(name: str) -> str:
        """Tell which public package has the name, to somebody who looks for it in the wrong one."""
        if find_spec(f"{package}.{name}"):  # "from package import module" asks for the attribute first
            return ""
        owner = next((inner for inner in packages if name in import_module(f"{package}.{inner}").__all__), "")
        return f": write from {package}.{owner} import {name}" if owner else ""

    def names() -> list[str]:
        dunders = (name for name in vars(sys.modules[package]) if name.startswith("__"))
        return sorted({*sources, *packages, *dunders})

    return sorted(sources), get, names


class computed(Generic[T]):
    """A value of an object that is computed when it is first asked for, and then kept: a decorator.

    It is what ``functools.cached_property`` is since Python 3.12. Before, that has a lock for all objects of a class,
    and the threads of a fleet wait for each other. Two threads that ask one object at once compute the value twice.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> T:
        value = self._compute(instance)
        vars(instance)[self._name] = value  # where Python looks first the next time
        return value
