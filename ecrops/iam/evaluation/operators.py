"""The operators of conditions: whether a value of a request fits a value of a policy. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from ipaddress import ip_network
from typing import Any

from ecrops.iam.evaluation.variables import Filled, fits_arn, fits_pattern

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
Fit = Callable[[str, Filled], bool]
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}


def _is_equal(value: str, filled: Filled) -> bool:
    return value == filled.text


def _is_equal_ignoring_case(value: str, filled: Filled) -> bool:
    return value.lower() == filled.text.lower()


def _is_same_truth(value: str, filled: Filled) -> bool:
    return value.lower() in ("true", "false") and value.lower() == filled.text.lower()


def _is_same_binary(value: str, filled: Filled) -> bool:
    try:
        return b64decode(value, validate=True) == b64decode(filled.text, validate=True)
    except ValueError:
        return False


def _is_in_network(value: str, filled: Filled) -> bool:
    try:
        # a value of a request may be a network too, as in a simulation: it has to be within the other one
        inner, outer = ip_network(value, strict=False), ip_network(filled.text, strict=False)
    except ValueError:
        return False
    return inner.version == outer.version and inner.network_address in outer and inner.broadcast_address in outer


def _compares(parse: Callable[[str], Any], order: Callable[[Any, Any], bool], value: str, filled: Filled) -> bool:
    left, right = parse(value), parse(filled.text)
    return left is not None and right is not None and bool(order(left, right))


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(text: str) -> datetime | None:
    """Return a moment, by ISO 8601 or by seconds since 1970; ``None`` if it is neither.

    Of a month alone, it is the first moment: https://www.w3.org/TR/NOTE-datetime
    """
    text = text.strip()
    try:
        if text.lstrip("-").isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        moment = datetime.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


FITS: dict[str, Fit] = {
    "stringequals": _is_equal,
    "stringequalsignorecase": _is_equal_ignoring_case,
    "stringlike": fits_pattern,
    "arnequals": fits_arn,
    "arnlike": fits_arn,
    "bool": _is_same_truth,
    "binaryequals": _is_same_binary,
    "ipaddress": _is_in_network,
    **{f"numeric{name}": partial(_compares, _number, order) for name, order in _ORDERS.items()},
    **{f"date{name}": partial(_compares, _moment, order) for name, order in _ORDERS.items()},
}
"""By operator in lower case, without ``not``, a quantifier, and ``IfExists``."""
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
}
WITH_VARIABLES = ("string", "arn")
OF_ITSELF = ("stringequals", "stringlike", "arnequals", "arnlike")
"""The operators by which a text without wildcards fits itself alone."""


def is_negated(name: str) -> bool:
    """Whether an operator is met by what does not fit."""
    return name in _NEGATED


def fit_of(name: str) -> Fit | None:
    """Return what tells whether values fit, for an operator in lower case; ``None`` if there is no such operator."""
    return FITS.get(positive(name))


def positive(name: str) -> str:
    """Return an operator that is met by what fits, for itself or for the one that is met by what does not fit."""
    return _NEGATED.get(name, name)
