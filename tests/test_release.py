"""What a release holds, and what its changelog says. `scripts/release-check` installs and uses it too."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import contents
import ecrops

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    assert path.name == f"ecrops-{ecrops.__version__}-py3-none-any.whl"
    return contents.wheel_files(path)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: dict[str, bytes]) -> None:
    if (ROOT / ".git").exists():
        assert list(contents.wheel_problems(wheel, contents.tracked())) == []


@pytest.mark.parametrize("name", contents.NEEDED)
def test_a_file_that_is_missing_is_told(wheel: dict[str, bytes], name: str) -> None:
    files = {other: content for other, content in wheel.items() if other != name}
    assert list(contents.wheel_problems(files, frozenset(wheel))) == [f"the wheel lacks {name}"]


def test_a_file_of_the_tests_and_a_path_of_this_machine_are_told(wheel: dict[str, bytes]) -> None:
    files = {"tests/conftest.py": b"", "ecrops/version.py": f"# {ROOT}/ecrops".encode()}
    told = list(contents.wheel_problems({**wheel, **files}, frozenset(wheel)))
    assert told[0] == "the wheel has tests/conftest.py"
    assert told[1].startswith("the wheel: ecrops/version.py has ")


def test_the_changelog_has_the_version_with_a_date() -> None:
    heads = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    dated = [head for head in heads if re.fullmatch(r"\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)", head)]
    assert heads in (dated, ["Unreleased", *dated])
    assert dated[0].split()[0] == ecrops.__version__


def test_the_page_on_pypi_has_no_dead_links(wheel: dict[str, bytes]) -> None:
    [metadata] = [content.decode() for name, content in wheel.items() if name.endswith(".dist-info/METADATA")]
    _, _, readme = metadata.partition("\n\n")
    assert "Description-Content-Type: text/markdown" in metadata
    assert re.findall(r"\]\((?!https://)[^)]*\)", readme) == []
    assert {"cli", "yaml", "testing"} == set(re.findall(r"^Provides-Extra: (.+)$", metadata, re.M))
