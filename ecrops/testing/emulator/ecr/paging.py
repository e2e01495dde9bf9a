"""Pages, and the opaque tokens between them."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import TypeVar

from .errors import invalid

DEFAULT_SIZE = 100
T = TypeVar("T")


def token(position: str) -> str:
    """A position, made opaque."""
    return base64.urlsafe_b64encode(position.encode()).decode()


def position(token: str) -> str:
    """The position in a token of ours."""
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid("nextToken", "Invalid token") from error


def page(items: Sequence[T], size: int | None, after: str | None) -> tuple[Sequence[T], str | None]:
    """One page of a sequence, and the token of the next if there is one."""
    start = _number(after) if after else 0
    end = start + (size or DEFAULT_SIZE)
    return items[start:end], token(str(end)) if end < len(items) else None


def following(token: str | None) -> dict[str, str]:
    """The member of an answer that leads to the next page; nothing on the last one."""
    return {"nextToken": token} if token else {}


def place(name: str) -> tuple[int, str]:
    """Where a name is in an order that nobody could expect, for listings of which no order is promised."""
    return zlib.crc32(name.encode()), name


def _number(text: str) -> int:
    number = position(text)
    if not number.isdecimal():
        raise invalid("nextToken", "Invalid token")
    return int(number)
