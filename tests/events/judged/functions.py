"""A function that writes down what it is invoked with, as a file in the judge's home."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CODE = """
import json, pathlib, uuid

def do(event, context):
    name = f"{{uuid.uuid4()}}"
    being_written = pathlib.Path({home!r}, name)
    being_written.write_text(json.dumps(event))
    being_written.rename(pathlib.Path({home!r}, f"invoked-{{name}}"))  # nobody reads a part of it
"""


def make(client: Any, name: str, role: str, home: Path | None) -> None:
    """Make the function, with a version 1 and an alias ``live`` of it."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("work.py", CODE.format(home=str(home)))
    made = {"Runtime": "python3.12", "Role": role, "Handler": "work.do", "Code": {"ZipFile": code.getvalue()}}
    client.create_function(FunctionName=name, **made)
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


def invoked(home: Path | None) -> Sequence[str]:
    """What functions were invoked with."""
    return [path.read_text() for path in home.glob("invoked-*")] if home else []
