"""The pages of the API reference: which public name is documented where.

``hooks`` makes pages from this list, and ``tests/test_site.py`` checks that no public name is missing. A name that is
public twice, such as ``ecrops.LifecycleRule`` and ``ecrops.lifecycle.LifecycleRule``, has one place: that of its
own package.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Iterator
from typing import NamedTuple

# packages with public names, each of which is a page
PACKAGES = (
    "access",
    "events",
    "images",
    "lifecycle",
    "inventory",
    "registry_settings",
    "public",
    "login",
    "fleet",
    "fleet.imports",
    "report",
    "unmanaged",
    "registries",
    "aws_lambda",
    "testing",
)


class Page(NamedTuple):
    """A page of the reference, and the names that it documents."""

    file: str
    title: str
    names: tuple[str, ...]

    def markdown(self) -> str:
        """Return the page as mkdocstrings reads it."""
        return "\n\n".join([f"# {self.title}", *_introduction(self.title), *(f"::: {name}" for name in self.names)])


def _introduction(title: str) -> Iterator[str]:
    if title.startswith("ecrops."):
        yield inspect.cleandoc(importlib.import_module(title).__doc__ or "").replace("``", "`")


def public_names(module: str) -> list[str]:
    """Return the public names of a module that have documentation, without those that are modules."""
    face = importlib.import_module(module)
    return [
        f"{module}.{name}"
        for name in sorted(face.__all__, key=str.lower)
        if not inspect.ismodule(getattr(face, name)) and not name.startswith("__")
    ]


def value_of(name: str) -> object:
    """Return what a public name stands for."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def pages() -> list[Page]:
    """Return all pages of the reference."""
    packages = [package for package in PACKAGES if importlib.util.find_spec(f"ecrops.{package}")]
    of_packages: list[Page] = []
    known: set[int] = set()
    for package in packages:  # what two packages offer is on the page of the first
        here = tuple(name for name in public_names(f"ecrops.{package}") if id(value_of(name)) not in known)
        known |= {id(value_of(name)) for name in here}
        of_packages.append(Page(f"{package}.md", f"ecrops.{package}", here))
    elsewhere = {id(value_of(name)) for page in of_packages for name in page.names}
    names = [name for name in public_names("ecrops") if id(value_of(name)) not in elsewhere]
    errors = [name for name in names if name.endswith("Error")]
    first = {"ecrops.Registry": "registry.md", "ecrops.Repository": "repository.md"}
    rest = tuple(name for name in names if name not in errors and name not in first)
    return [
        *(Page(file, name.removeprefix("ecrops."), (name,)) for name, file in first.items()),
        Page("specs.md", "Specs and plans", rest),
        Page("errors.md", "Errors", tuple(errors)),
        *of_packages,
    ]


def index() -> str:
    """Return the first page: every public name, with its first sentence."""
    lines = [
        "# Reference",
        "",
        "Every public name, from its docstring. `help(ecrops.Repository)` says the same at a Python prompt.",
        "Names with an underscore, and modules that are not listed here, may change in any version.",
    ]
    for page in pages():
        lines += ["", f"## [{page.title}]({page.file})", "", "| name | |", "| --- | --- |"]
        lines += [f"| [`{name}`][{name}] | {_first_sentence(value_of(name))} |" for name in page.names]
    return "\n".join(lines)


def _first_sentence(value: object) -> str:
    text = inspect.getdoc(value) if inspect.isroutine(value) or inspect.isclass(value) else None
    return (text or "").split("\n\n")[0].replace("\n", " ").replace("``", "`").replace("|", "\\|")
