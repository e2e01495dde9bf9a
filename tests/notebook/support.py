"""Values that notebooks show, and what holds for the HTML of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from ecrops import (
    Change,
    LifecycleRule,
)
from ecrops.base.change import Kind
from ecrops.lifecycle import Image, simulate
from tests.events.support import arn

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>&\u202e\"'><img src=x onerror=y>"
QUEUE = arn("sqs", "pushes")
ALL_OF = LifecycleRule(tag_prefix_list=["a", "b"], max_image_count=5)
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:ListImages"}]}


def images(count: int, tag: str = "v") -> list[Image]:
    """Images that were pushed an hour after each other."""
    return [Image(f"sha256:{n:064x}", (f"{tag}{n}",), NOW - timedelta(hours=n), 10**8) for n in range(count)]


def change(kind: Kind, text: str = "x", **fields: Any) -> Change:
    """A change from one text to another."""
    return Change(owner="team/api", kind=kind, what="encryption", before="AES256", after=text, **fields)


def simulated(count: int, tag: str = "v") -> Any:
    """A policy that keeps the last ten images."""
    return simulate([LifecycleRule(max_image_count=10)], images(count, tag), now=NOW)


def shown(value: Any) -> str:
    """The HTML of a value, which is well-formed and has no style sheet, and whose heads are named and on the left."""
    page: str = value._repr_html_()
    root = ElementTree.fromstring(page)
    assert not {"script", "style"} & {element.tag for element in root.iter()}
    for head in root.iter("th"):
        assert "text-align:left" in head.attrib["style"]
        assert head.text
    if root.tag != "img":
        assert "mathjax_ignore" in root.attrib["class"]
    return page
