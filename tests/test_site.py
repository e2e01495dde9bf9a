"""The parts of the documentation site that need no build: its pages, its links, its list of public names.

`scripts/docs` builds the site, and checks what was built.
"""

from __future__ import annotations

import importlib.util
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import ecrops
import reference_pages
from notebook_page import markdown
from site_links import RAW, TREE, local, with_local_links

ROOT = Path(__file__).parent.parent
NAV = re.findall(r"^ +- (?:[^\n:]+(?::[^\n:]+)*: )?(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.M)
DOCUMENTED = {id(reference_pages.value_of(name)) for page in reference_pages.pages() for name in page.names}


def test_every_page_is_in_the_navigation_once() -> None:
    assert len(NAV) == len(set(NAV))
    written = {page.name for page in (ROOT / "docs").glob("*.md")}
    generated = {f"reference/{page.file}" for page in reference_pages.pages()} | {"reference/index.md"}
    tour = {"tour.md"} if (ROOT / "examples" / "tour.ipynb").exists() else set()
    assert set(NAV) == written | generated | tour | {"index.md", "changelog.md", "contributing.md"}


def test_every_package_with_public_names_is_in_the_reference() -> None:
    packages = [module.name for module in pkgutil.iter_modules(ecrops.__path__) if module.ispkg]
    faces = {it for it in packages if "__all__" in (ROOT / "ecrops" / it / "__init__.py").read_text()}
    assert faces - {"aws"} <= set(reference_pages.PACKAGES)  # only ecrops itself imports from aws
    assert {"access", "events", "testing"} <= faces


@pytest.mark.parametrize("package", ["ecrops", *(f"ecrops.{name}" for name in reference_pages.PACKAGES)])
def test_every_public_name_is_on_a_page_of_the_reference(package: str) -> None:
    if importlib.util.find_spec(package):
        face = importlib.import_module(package)
        values = {name: getattr(face, name) for name in face.__all__ if not name.startswith("__")}
        missing = [name for name, value in values.items() if id(value) not in DOCUMENTED]
        assert [name for name in missing if not inspect.ismodule(values[name])] == []


def test_no_public_name_is_on_two_pages() -> None:
    names = [id(reference_pages.value_of(name)) for page in reference_pages.pages() for name in page.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("link", "on_the_site"),
    [
        (TREE + "docs/events.md#targets", "events.md#targets"),
        (TREE + "README.md", "index.md"),
        ("../CHANGELOG.md", "changelog.md"),
        (RAW + "docs/forecast.svg", "forecast.svg"),
        (TREE + "examples/quickstart.py", TREE + "examples/quickstart.py"),
        ("events.md#targets", "events.md#targets"),
        ("https://docs.getmoto.org/", "https://docs.getmoto.org/"),
    ],
)
def test_a_link_to_github_leads_to_the_page_of_the_site(link: str, on_the_site: str) -> None:
    assert local(link) == on_the_site
    assert with_local_links(f"see [it]({link}), please") == f"see [it]({on_the_site}), please"


def test_no_page_is_loaded_from_elsewhere() -> None:
    """`scripts/docs` looks at each built page. These settings would load fonts, or ask GitHub for stars."""
    settings = (ROOT / "mkdocs.yml").read_text()
    assert re.search(r"^  font: false\b", settings, re.M)
    assert not re.search(r"^(repo_url|extra_javascript):", settings, re.M)
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text()):
            assert (ROOT / "docs" / local(picture)).exists(), picture


def test_a_notebook_is_a_page_with_its_outputs() -> None:
    shown = {"output_type": "display_data", "data": {"text/html": ["<p>a</p>\n", "<p>b</p>\n"], "text/plain": "x"}}
    printed = {"output_type": "stream", "text": ["1 < 2\n"]}
    cells = [
        {"cell_type": "markdown", "source": ["# Tour\n", "text"]},
        {"cell_type": "code", "source": ["plan"], "outputs": [shown, printed]},
    ]
    assert markdown({"cells": cells}).split("\n\n") == [
        "# Tour\ntext",
        "```python\nplan\n```",
        '<div class="output"><p>a</p>\n<p>b</p></div>',
        '<div class="output"><pre>1 &lt; 2</pre></div>',
    ]
