"""Tags of AWS, as its calls take them and as a plan shows them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags in the form that most calls of AWS take, sorted by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def words(tags: Mapping[str, str]) -> str:
    """Return tags as ``key=value``, for plans."""
    return ", ".join(f"{key}={value}" for key, value in tags.items())


def tag_part(key: str, value: str) -> str:
    """Return a tag as a part of a difference."""
    return json.dumps(["tag", key, value])
