"""What the tests of fleet files need: files, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecrops import SpecError
from ecrops.fleet import parse, read


def fields(text: str, format: Any = None) -> list[dict[str, Any]]:
    """The fields of the repositories of a fleet file."""
    return [spec.to_dict() for spec in parse(text, format).repositories]


def refused(text: str, format: Any = None, **options: Any) -> tuple[str, ...]:
    """The reasons why a text is no fleet file."""
    with pytest.raises(SpecError) as caught:
        parse(text, format, name="fleet", **options)
    return caught.value.reasons


def written(folder: Path, **files: str) -> Path:
    """A folder with YAML files, by their names."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def read_refused(folder: Path, *names: str) -> list[str]:
    """The reasons why the files of a folder are no fleet, without the folder."""
    with pytest.raises(SpecError) as caught:
        read(*(folder / name for name in names or ("",)))
    return [reason.replace(f"{folder}/", "") for reason in caught.value.reasons]
