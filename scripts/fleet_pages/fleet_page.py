"""The page of the fleet file: a table of the fields of each part of the schema, with an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ecrops.events.patterns.kinds import KINDS
from fleet_examples import ALSO, SECTIONS
from fleet_forms import OPTIONS, Schema
from fleet_limits import LIMITS
from fleet_schema import ID

TEMPLATE = Path(__file__).with_name("fleet-file.md")
_PLURALS = {"string": "strings", "object": "mappings", "integer": "whole numbers"}
_WORDS = {"string": "a string", "object": "a mapping", "integer": "a whole number", "number": "a number", "null": ""}
_HOMES = {name: home for home, section in SECTIONS.items() for name in (home, *section.also)}
_LINKS = {
    "AnyLifecycleRule": "LifecycleRule",
    "EcrRule": "LifecycleRule",
    "Defaults": "Repository",
    "AnyPrincipal": "Principal",
    **_HOMES,
}


def page(schema: Schema) -> str:
    """Return the text of the page."""
    text = TEMPLATE.read_text(encoding="utf-8")
    text = text.replace("ADDRESS", f"# yaml-language-server: $schema={ID}")
    text = text.replace("LIMITS", "\n".join(f"* {limit};" for limit in LIMITS.values()).removesuffix(";") + ".")
    text = text.replace("```text\n# yaml", "```yaml\n# yaml").replace("\n# Every field\n", "\n## Every field\n")
    return text.replace("FIELDS\n", "\n".join(_sections(schema)))


def _sections(schema: Schema) -> Iterator[str]:
    yield " · ".join(f"[{section.title}](#{_anchor(section.title)})" for section in SECTIONS.values()) + "\n"
    for name, section in SECTIONS.items():
        part = schema if name == "Fleet" else schema["$defs"][name]
        yield f"### {section.title}\n"
        yield part["description"] + "\n"
        yield f"```yaml\n{section.example}```\n"
        required = part.get("required", ["name"] if name == "Repository" else [])
        yield from _table(part["properties"], required)
        for definition in section.also:
            yield ALSO[definition]
        if name == "RepositoryEvent":
            yield from _kinds()


def _table(properties: Mapping[str, Schema], required: list[str]) -> Iterator[str]:
    rows = ["| field | value | meaning |", "| --- | --- | --- |"]
    for name, part in properties.items():
        needed = ", required" if name in required else ""
        rows.append(f"| `{name}` | {_escaped(value(part))}{needed} | {_escaped(part.get('description', ''))} |")
    yield "\n".join(rows) + "\n"


def _kinds() -> Iterator[str]:
    rows = ["| kind | options |", "| --- | --- |"]
    rows += [f"| `{kind}` | {', '.join(f'`{name}`' for name in pattern.options)} |" for kind, pattern in KINDS.items()]
    yield "\n".join(rows) + "\n"
    yield from _table(OPTIONS, [])


def value(part: Schema) -> str:
    """Return in words what stands in a field."""
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        home = SECTIONS.get(_LINKS.get(name, ""))
        title = {"PolicyDocument": "a policy document"}.get(name, "")
        return f"[{_small(home.title)}](#{_anchor(home.title)})" if home else title
    if "const" in part:
        return "`false`"
    if "enum" in part:
        return ", ".join(f"`{_json(item)}`" for item in part["enum"] if item is not None)
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(filter(None, map(value, part["anyOf"]))))
    kinds = part["type"] if isinstance(part.get("type"), list) else [part.get("type")]
    return " or ".join(filter(None, (_typed(part, kind) for kind in kinds if kind != "null")))


def _typed(part: Schema, kind: Any) -> str:
    if kind is None:
        return "anything"
    if kind == "boolean":
        return "`true` or `false`"
    if kind == "array":
        inner = part["items"]
        items = _PLURALS.get(inner.get("type", ""))
        listed = f"a list of {items}" if items else f"a list, each {value(inner)}"
        return f"{listed}{_bounds(part, 'minItems', 'maxItems', ' of them')}"
    limits = _bounds(part, "minimum", "maximum") or _bounds(part, "minLength", "maxLength", " characters")
    return f"{_WORDS[kind]}{limits}"


def _bounds(part: Schema, low: str, high: str, unit: str = "") -> str:
    if low in part and high in part:
        return f", {part[low]:,} to {part[high]:,}{unit}"
    if low in part:
        return f", {part[low]:,}{unit} or more"
    return f", at most {part[high]:,}{unit}" if high in part else ""


def _json(item: object) -> str:
    return str(item).lower() if isinstance(item, bool) else str(item)


def _small(title: str) -> str:
    return title[0].lower() + title[1:]


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;") if "`" not in text else text.replace("|", "\\|")
