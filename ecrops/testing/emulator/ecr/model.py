"""What botocore's own service model says about a request, enforced as the service would.

botocore enforces required members, types and minima before it sends anything; moto enforces nothing.
Patterns, enums and maxima are therefore seen by nobody but AWS, and here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from ..botocores import LOADER
from .errors import invalid

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "timestamp": (int, float, str),
    "boolean": (bool,),
    "list": (list,),
    "structure": (dict,),
    "map": (dict,),
}


@cache
def service(name: str) -> ServiceModel:
    """A service's model, as this botocore has it."""
    return ServiceModel(LOADER.load_service_model(name, "service-2"), service_name=name)


def check(operation: str, params: dict[str, Any]) -> None:
    """Refuse a request to ECR that the model of its operation does not allow."""
    for path, constraint in violations("ecr", operation, params):
        raise invalid(path, constraint)


def violations(name: str, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What the model of a service's operation does not allow: where, and what it demands there."""
    shape = service(name).operation_model(operation).input_shape
    yield from _violations(shape, params, "") if shape else ()


def _violations(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    allowed: Any = _TYPES[shape.type_name]
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        yield path, f"Member must be of type {shape.type_name}"
        return
    if size := _SIZES.get(shape.type_name):
        yield from _bounds(shape, *size(value), path)
    if isinstance(value, str):
        yield from _text(shape, value, path)
    if isinstance(shape, ListShape):
        for index, item in enumerate(value, 1):
            yield from _violations(shape.member, item, f"{path}.{index}.member")
    if isinstance(shape, StructureShape):
        yield from _members(shape, value, path)


def _members(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _join(path, name), "Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _violations(member, value[name], _join(path, name))


def _text(shape: Shape, value: str, path: str) -> Iterator[tuple[str, str]]:
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(_python(pattern), value):
        yield path, f"must satisfy regular expression '{pattern}'"
    enum = getattr(shape, "enum", None)
    if enum and value not in enum:
        yield path, f"Member must satisfy enum value set: [{', '.join(enum)}]"


def _python(pattern: str) -> str:
    """The models have the regular expressions of Java, which knows the classes of Unicode.

    The pattern of scanning filters takes Python time that doubles with each character; the same is said otherwise.
    """
    for ours, theirs in ((r"\w", r"\p{L}"), (r"\d", r"\p{N}"), (r"\s", r"\p{Z}"), (_FILTER, _SLOW_FILTER)):
        pattern = pattern.replace(theirs, ours)
    return pattern


_SLOW_FILTER = r"[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*"
_FILTER = r"[a-z0-9*]+(?:[._\-/][a-z0-9*]+)*"


def _bounds(shape: Shape, size: float, noun: str, path: str) -> Iterator[tuple[str, str]]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield path, f"Member must have {noun} greater than or equal to {least}"
    if most is not None and size > most:
        yield path, f"Member must have {noun} less than or equal to {most}"


_SIZES: dict[str, Callable[[Any], tuple[float, str]]] = {
    "string": lambda text: (len(text), "length"),
    "blob": lambda text: (len(text) // 4 * 3 - text[-2:].count("="), "length"),
    "list": lambda items: (len(items), "length"),
    "integer": lambda number: (number, "value"),
    "long": lambda number: (number, "value"),
}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
