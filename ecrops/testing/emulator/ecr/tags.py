"""Which tags a repository can carry: at most fifty, none of AWS's own, no key twice, no signs but some.

The characters are those of the guide: "letters, numbers, and spaces representable in UTF-8", and + - = . _ : / @
https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from .errors import InvalidTag, TooManyTags

MOST_TAGS, LONGEST_KEY, LONGEST_VALUE = 50, 128, 256
Tags = list[dict[str, str]]


def is_system(key: str) -> bool:
    """Whether a key belongs to AWS. The prefix is reserved in whatever case."""
    return key.casefold().startswith("aws:")


def check(tags: Tags, present: Iterable[str] = ()) -> None:
    """Refuse tags that cannot be, or cannot be added to those present. AWS's own do not count."""
    keys = [tag["Key"] for tag in tags]
    check_keys(keys)
    if len(set(keys)) < len(keys):
        raise InvalidTag("Duplicate tag keys found")
    texts = [*keys, *(tag["Value"] for tag in tags)]
    if not all(_is_allowed(sign) for text in texts for sign in text):
        raise InvalidTag("Tag keys and values can contain only letters, digits, spaces and + - = . _ : / @")
    if any(is_system(tag["Value"]) for tag in tags):
        raise InvalidTag("Tag values beginning with 'aws:' are reserved for system use")
    if any(len(tag["Value"]) > LONGEST_VALUE for tag in tags):
        raise InvalidTag(f"Tag values can have a maximum length of {LONGEST_VALUE} characters")
    if len({key for key in (*keys, *present) if not is_system(key)}) > MOST_TAGS:
        raise TooManyTags


def _is_allowed(sign: str) -> bool:
    return sign in "+-=._:/@" or unicodedata.category(sign)[0] in ("L", "N") or unicodedata.category(sign) == "Zs"


def check_keys(keys: list[str]) -> None:
    """Refuse keys that cannot be, in a tag or to untag."""
    if any(is_system(key) for key in keys):
        raise InvalidTag("Tag keys beginning with 'aws:' are reserved for system use")
    if not all(1 <= len(key) <= LONGEST_KEY for key in keys):
        raise InvalidTag(f"Tag keys must have a length of 1 to {LONGEST_KEY} characters")
