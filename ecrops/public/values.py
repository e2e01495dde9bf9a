"""What a public repository says of itself in the gallery, as a value that checks itself. Pure.

Users make ``CatalogData`` for specs and handles. The limits are those of the API model of ``ecr-public``; the model's
text names the values that the gallery shows as badges:
https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_RepositoryCatalogDataInput.html
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, Self, cast

from ecrops.base.plain_json import data_of
from ecrops.base.problems import Problems, from_fields, nearest, repeated, suggesting
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.repositories.checks import uri_problem

REGION = "us-east-1"
"""The region of the calls. There is an endpoint in us-west-2 too, which is not used:
https://docs.aws.amazon.com/general/latest/gr/ecr-public.html"""
LONGEST = {"description": 1024, "about_text": 25_600, "usage_text": 25_600}
MOST_ITEMS, LONGEST_ITEM = 50, 50
LARGEST_LOGO = 512_000
LISTS = ("architectures", "operating_systems")
BADGES = {"architectures": ("ARM", "ARM 64", "x86", "x86-64"), "operating_systems": ("Linux", "Windows")}
MEMBERS = {
    "description": "description",
    "about_text": "aboutText",
    "usage_text": "usageText",
    "architectures": "architectures",
    "operating_systems": "operatingSystems",
}
"""The members of a catalog that are read as they are written, by field."""
LOGO = "logo_image_blob"
_PART = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
_NAME = re.compile(rf"(?:{_PART}/)*{_PART}")
_CATALOG = {
    "repository_description": "did you mean description?",
    "short_description": "did you mean description?",
    "about": "did you mean about_text?",
    "usage": "did you mean usage_text?",
    "logo": "did you mean logo_image_blob?",
}


class RegistryAlias(NamedTuple):
    """A name of the public registry of an account, in the place of ``…`` in ``public.ecr.aws/…``.

    Args:
        name: The alias.
        status: ``ACTIVE``, ``PENDING`` as long as AWS has not approved it, or ``REJECTED``.
        is_primary: Whether the gallery shows it in URIs.
        is_default: Whether AWS made it up, when the first public repository was created.
    """

    name: str
    status: Literal["ACTIVE", "PENDING", "REJECTED"] | str
    is_primary: bool = False
    is_default: bool = False


@suggesting(_CATALOG)
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CatalogData(Shown):
    """What a public repository says of itself in the gallery. A member left at ``None`` stays as it is.

    Args:
        description: At most 1,024 characters; ``""`` is none.
        about_text: At most 25,600 characters of Markdown: what is in the repository.
        usage_text: At most 25,600 characters of Markdown: how it is used.
        architectures: Such as ``ARM``, ``ARM 64``, ``x86`` and ``x86-64``, which the gallery shows as badges. AWS
            keeps others too, and does not show them. At most 50 with at most 50 characters; ``()`` is none.
        operating_systems: Such as ``Linux`` and ``Windows``, likewise.
        logo_image_blob: The logo, at most 512,000 bytes, or its base64 text; ``b""`` is none. It can be written and not
            be read: it is written if the repository has none, or with another change. The gallery shows it for
            verified accounts only.

    Raises:
        SpecError: No repository can have it; with every reason.

    Example:
        >>> CatalogData(description="Our tools", architectures=["x86-64"]).architectures
        ('x86-64',)
    """

    description: str | None = None
    about_text: str | None = None
    usage_text: str | None = None
    architectures: Sequence[str] | None = None
    operating_systems: Sequence[str] | None = None
    logo_image_blob: bytes | str | None = None

    def __post_init__(self) -> None:
        problems = Problems()
        for name, longest in LONGEST.items():
            _check_text(problems, name, getattr(self, name), longest)
        for name in LISTS:
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, _checked_list(problems, name, value))
        if self.logo_image_blob is not None:
            logo = problems.take(LOGO, lambda: check_logo(self.logo_image_blob))
            object.__setattr__(self, LOGO, logo)
        problems.raise_any()

    def __repr__(self) -> str:
        shown = {
            name: f"<{len(value):,} bytes>" if isinstance(value, bytes) else repr(value)
            for name, value in self.managed.items()
        }
        return f"CatalogData({', '.join(f'{name}={text}' for name, text in shown.items())})"

    @property
    def managed(self) -> dict[str, Any]:
        """The members that are managed, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def logo(self) -> bytes | None:
        """The bytes of the logo; ``None`` if it is not managed."""
        return cast("bytes | None", self.logo_image_blob)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each member that is unknown or wrong.
        """
        return from_fields(cls, data, "catalog data", _CATALOG)

    def to_dict(self) -> dict[str, Any]:
        """Return the members that are managed, ready for JSON; the logo as base64."""
        return {name: data_of(value) for name, value in self.managed.items()}


def check_catalog(value: object) -> CatalogData:
    """Return catalog data, given as a value or as a mapping.

    Raises:
        SpecError: It is none; with every reason.
    """
    if isinstance(value, CatalogData):
        return value
    if not isinstance(value, Mapping):
        raise SpecError(f"expected CatalogData(description=...), got {value!r}")
    return CatalogData.from_dict(value)


def check_logo(value: object) -> bytes:
    """Return the bytes of a logo, given as bytes or as base64.

    Raises:
        SpecError: It is neither, or too large.
    """
    if isinstance(value, str):
        try:
            value = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise SpecError(
                f"expected the bytes of an image, or their base64 text, got a string of {len(value):,} characters: "
                "write pathlib.Path('logo.png').read_bytes()"
            ) from None
    if not isinstance(value, bytes):
        raise SpecError(f"expected the bytes of an image, or their base64 text, got {value!r}")
    if len(value) > LARGEST_LOGO:
        raise SpecError(f"a logo has at most {LARGEST_LOGO:,} bytes, this one {len(value):,}: scale it down")
    return value


def _check_text(problems: Problems, name: str, value: object, longest: int) -> None:
    if value is None:
        return
    if not problems.check(isinstance(value, str), name, f"expected a string, got {value!r}"):
        return
    length = len(str(value))
    problems.check(length <= longest, name, f"expected at most {longest:,} characters, got {length:,}")
    problems.texts(name, value)


def _checked_list(problems: Problems, name: str, value: object) -> tuple[str, ...] | None:
    items = problems.strings(name, value)
    if items is None:
        return None
    problems.check(len(items) <= MOST_ITEMS, name, f"expected at most {MOST_ITEMS}, got {len(items)}")
    problems.texts(name, *items)
    for item in items:
        is_right = 1 <= len(item) <= LONGEST_ITEM
        problems.check(is_right, name, f"each has 1 to {LONGEST_ITEM} characters, {item!r} has {len(item)}")
    for item in repeated(items):
        problems.add(name, f"{item!r} is there twice: leave one of both out")
    return items


def unlisted(name: str, items: Sequence[str]) -> dict[str, str]:
    """Return the items of a list that the gallery has no badge for, with the badge that was probably meant, if any.

    Args:
        name: The list, one of ``LISTS``.
        items: Its items.
    """
    listed = BADGES[name]
    return {item: nearest(item, listed) or "" for item in items if item not in listed}


def check_public_name(name: object) -> str:
    """Return the name of a public repository.

    Raises:
        SpecError: ECR Public would refuse it, or it is a URI or an ARN; with every reason.
    """
    if not isinstance(name, str):
        raise SpecError(f"expected the name of a public repository, got {name!r}")
    if reason := uri_problem(name):
        raise SpecError(reason)
    if name.startswith("arn:"):
        raise SpecError(f"expected the name of a public repository, what stands behind repository/ in {name!r}")
    problems = Problems()
    length = len(name)
    problems.check(2 <= length <= 205, "", f"a name of a public repository has 2 to 205 characters, got {length}")
    if not _NAME.fullmatch(name):
        lower = f"; use {name.lower()!r}" if _NAME.fullmatch(name.lower()) else ""
        problems.add(
            "",
            "the name of a public repository is made of lower-case letters and digits, joined by single '/', '.', '_' "
            f"and '-', got {name!r}{lower}",
        )
    problems.raise_any()
    return name
