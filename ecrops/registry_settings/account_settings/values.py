"""The account settings of ECR, as a mapping from names to values. Pure.

botocore's model has neither as an enumeration: they are in its texts. So a name that is newer than this ecrops is
taken, and AWS checks it.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutAccountSetting.html
"""

from __future__ import annotations

from collections.abc import Mapping

from ecrops.base.problems import Problems, nearest
from ecrops.errors import SpecError

KNOWN: Mapping[str, tuple[str, ...]] = {
    "BASIC_SCAN_TYPE_VERSION": ("AWS_NATIVE",),
    "REGISTRY_POLICY_SCOPE": ("V2",),
    "BLOB_MOUNTING": ("ENABLED", "DISABLED"),
}
"""The documented values of each name that this ecrops knows."""
FORMER: Mapping[str, tuple[str, ...]] = {"BASIC_SCAN_TYPE_VERSION": ("CLAIR",), "REGISTRY_POLICY_SCOPE": ("V1",)}
"""What accounts may still have, and AWS takes no more: gone from the model in botocore 1.42.50 and 1.43.0."""
MAX_NAME = 64


class Accepted(dict[str, str]):
    """Account settings as AWS has them: it has accepted them, so nobody checks them."""


def check(value: object) -> Mapping[str, str]:
    """Return account settings. A former value is taken: ``describe_settings`` may have found it.

    Raises:
        SpecError: A name or value can never be right; with every reason.
    """
    if isinstance(value, Accepted):
        return value
    if not isinstance(value, Mapping):
        raise SpecError(f'expected a mapping such as {{"BLOB_MOUNTING": "ENABLED"}}, got {value!r}')
    problems = Problems()
    for name, setting in value.items():
        try:
            check_name(name)
            check_value(name, setting, former=True)
        except SpecError as error:
            problems.add("", str(error))
    problems.raise_any()
    return dict(value)


def check_name(name: object) -> str:
    """Return the name of an account setting.

    Raises:
        SpecError: It can be none; with the name that was probably meant.
    """
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME or not (name.isascii() and name.isprintable()):
        raise SpecError(f"expected the name of an account setting, such as 'BLOB_MOUNTING', got {name!r}")
    spelled = name.strip().upper().replace("-", "_").replace(" ", "_")
    if spelled in KNOWN and name != spelled:
        raise SpecError(f"expected the name of an account setting, got {name!r}; did you mean {spelled}?")
    return name


def check_value(name: str, value: object, *, former: bool = False) -> str:
    """Return the value of an account setting.

    Args:
        name: Its name.
        value: The value.
        former: Whether a value that AWS takes no more is taken.

    Raises:
        SpecError: The documents have another list of values.
    """
    if not isinstance(value, str) or not value:
        raise SpecError(f"{name}: expected a string, got {value!r}{_expected(name)}")
    known = KNOWN.get(name)
    if known is None or value in known or (former and value in FORMER.get(name, ())):
        return value
    if value in FORMER.get(name, ()):
        raise SpecError(f"{name}: AWS takes {value} no more{_expected(name)}")
    close = nearest(value, known)
    raise SpecError(f"{name}: got {value!r}{_expected(name)}{f'; did you mean {close}?' if close else ''}")


def _expected(name: str) -> str:
    known = KNOWN.get(name, ())
    return f"; the documented value{'s are' if len(known) > 1 else ' is'} {', '.join(known)}" if known else ""
