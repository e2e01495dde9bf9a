"""The operators of conditions: whether a value of the request fits a value of the policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from .patterns import STAR, Pattern, matches, parts

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
DATE = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(T(?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)(\.(?P<fraction>\d+))?)?(?P<zone>Z|[+-]\d\d:\d\d))?)?)?"
)


def text_of(pattern: Pattern) -> str:
    """Return a pattern as text, where no wildcard counts."""
    return "".join(token if isinstance(token, str) else token.value for token in pattern)


def equals(value: str, pattern: Pattern) -> bool:
    """Return whether a text is the other, exactly."""
    return value == text_of(pattern)


def equals_ignoring_case(value: str, pattern: Pattern) -> bool:
    """Return whether a text is the other, in any case."""
    return value.lower() == text_of(pattern).lower()


def like(value: str, pattern: Pattern) -> bool:
    """Return whether a text is like a pattern with wildcards; the case counts."""
    return matches(pattern, value)


def arn_like(value: str, pattern: Pattern) -> bool:
    """Return whether each of the six components of an ARN is like that of the pattern. ``ArnEquals`` does the same.

    A star alone is taken for every ARN, which no document says.
    """
    components, wanted = value.split(":", 5), parts(pattern)
    if pattern == [STAR]:
        return len(components) == 6
    return len(components) == len(wanted) == 6 and all(map(matches, wanted, components))


def number(text: str) -> Decimal | None:
    """Return an integer or a decimal value."""
    if not NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def date(text: str) -> datetime | None:
    """Return a date in one of W3C's forms of ISO 8601 (https://www.w3.org/TR/NOTE-datetime), or in epoch seconds.

    A year alone is taken for epoch seconds.
    """
    try:
        seconds = number(text)
        if seconds is not None:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 1_000_000))
        form = DATE.fullmatch(text)
        if not form:
            return None
        zone = (form["zone"] or "Z").replace("Z", "+00:00")
        clock = f"{form['hour'] or '00'}:{form['minute'] or '00'}:{form['second'] or '00'}"
        fraction = f"{form['fraction'] or '0':0<6}"[:6]
        return datetime.fromisoformat(
            f"{form['year']}-{form['month'] or '01'}-{form['day'] or '01'}T{clock}.{fraction}{zone}"
        )
    except (ValueError, OverflowError):
        return None


def compared(
    parse: Callable[[str], Decimal | None] | Callable[[str], datetime | None], compare: Callable[[object, object], bool]
) -> Callable[[str, Pattern], bool]:
    """Return a test of two values that are both parsed; what does not parse does not fit."""

    def fits(value: str, pattern: Pattern) -> bool:
        here, wanted = parse(value), parse(text_of(pattern))
        return here is not None and wanted is not None and compare(here, wanted)

    return fits


def is_bool(value: str, pattern: Pattern) -> bool:
    """Return whether both are ``true``, or both ``false``."""
    return value.lower() in ("true", "false") and value.lower() == text_of(pattern).lower()


def same_bytes(value: str, pattern: Pattern) -> bool:
    """Return whether two texts in base 64 are the same bytes."""
    try:
        return base64.b64decode(value, validate=True) == base64.b64decode(text_of(pattern), validate=True)
    except (binascii.Error, ValueError):
        return False


def in_network(value: str, pattern: Pattern) -> bool:
    """Return whether an address is in a network; a network without a prefix is one address."""
    try:
        network = ipaddress.ip_network(text_of(pattern), strict=False)
        return ipaddress.ip_address(value) in network
    except ValueError:
        return False
