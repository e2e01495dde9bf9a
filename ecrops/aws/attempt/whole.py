"""Answers of AWS with the members that the installed botocore does not know, and drops.

botocore parses the members of its own model alone. A setting that is read, changed and written back would lose what a
newer ECR has in it. So the answer as it was sent is compared with the model.

Source: the event ``before-parse``, https://botocore.amazonaws.com/v1/documentation/api/latest/topics/events.html
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ecrops.aws.pages import Pages

if TYPE_CHECKING:
    from botocore.model import Shape

    from ecrops.aws.client import Aws


UNREADABLE = "members in a form that is not JSON"
"""What an answer has that nobody can compare with the model: botocore may have chosen another protocol."""
_TYPE = "__type"
"""The name of a shape in its members: botocore skips it too, and nothing is lost."""


class _Body(threading.local):
    """The body of this thread's last answer, while it is watched."""

    is_watched = False
    content: bytes | str = b""


_BODY = _Body()


def keep_body(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Keep the body of an answer. botocore calls it before it parses one."""
    if _BODY.is_watched:
        _BODY.content = response_dict.get("body", b"")


def read_whole(
    aws: Aws, service: str, operation: str, *, awaits: Collection[str] = (), **params: Any
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Make a call, and return its answer, with the paths of the members that the installed botocore does not know.

    Args:
        aws: The account and region.
        service: A service of boto3 whose answers are JSON, such as ``ecr``.
        operation: An operation that reads.
        awaits: Error codes that mean "not visible yet". They are waited for.
        params: The members of its input.
    """
    with _watched() as body:
        answer = aws.call(service, operation, params, awaits=awaits)
        shape = aws.client(service).meta.service_model.operation_model(operation).output_shape
        return answer, unknown_members(body.content, shape)


def list_whole(
    aws: Aws, service: str, operation: str, member: str, **params: Any
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Yield the items of a listing, each with the paths of its members that the installed botocore does not know.

    Args:
        aws: The account and region.
        service: A service of boto3 whose answers are JSON, such as ``ecr``.
        operation: An operation that lists, page after page.
        member: The member of its answers that has the items.
        params: The members of its input.
    """
    shape = aws.client(service).meta.service_model.operation_model(operation).output_shape.members[member].member

    def ask(token: dict[str, str]) -> dict[str, Any]:
        with _watched() as body:
            answer = aws.call(service, operation, {**params, **token}, needs=member)
            items = answer[member]
            sent = _items(body.content, member)
        if sent is None:
            return {**answer, member: [(item, (UNREADABLE,)) for item in items]}
        pairs: Any = zip_longest(items, sent[: len(items)], fillvalue={})
        return {**answer, member: [(item, tuple(dict.fromkeys(_unknown(whole, shape, "")))) for item, whole in pairs]}

    return (item for page in Pages(ask, member) for item in page)


def _items(body: bytes | str, member: str) -> Sequence[Any] | None:
    """Return the items of a listing as they were sent; ``None`` if the body is not JSON."""
    try:
        items: Sequence[Any] = json.loads(body).get(member, ()) if body else ()
    except ValueError:
        return None
    return items


@contextmanager
def _watched() -> Iterator[_Body]:
    """Keep the bodies of this thread's answers. A callback of a wait may read inside of a reading."""
    before = _BODY.is_watched, _BODY.content
    _BODY.is_watched, _BODY.content = True, b""
    try:
        yield _BODY
    finally:
        _BODY.is_watched, _BODY.content = before


def unknown_members(body: bytes | str, shape: Shape | None) -> tuple[str, ...]:
    """Return the paths of the members of a JSON body that a shape lacks, such as ``rules[].brandNew``."""
    if not body or shape is None:
        return ()
    try:
        value = json.loads(body)
    except ValueError:
        return (UNREADABLE,)
    return tuple(dict.fromkeys(_unknown(value, shape, "")))


def _unknown(value: Any, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure" and isinstance(value, Mapping):
        if getattr(shape, "is_document_type", False):  # any JSON, which botocore keeps as it is
            return
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for name, part in value.items():
            at = f"{path}.{name}" if path else name
            if name in names:
                yield from _unknown(part, names[name], at)
            elif part is not None and name != _TYPE:  # botocore drops a member without a value too
                yield at
    elif shape.type_name == "map" and isinstance(value, Mapping):
        for part in value.values():
            yield from _unknown(part, shape.value, f"{path}{{}}")
    elif shape.type_name == "list" and isinstance(value, list):
        for item in value:
            yield from _unknown(item, shape.member, f"{path}[]")
