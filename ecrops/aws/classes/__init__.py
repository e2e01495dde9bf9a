"""The classes of errors: which pass by themselves (``groups``), and what an error is (``judging``)."""

from ecrops.aws.classes.groups import CLASSES, GROUPS, ErrorClass
from ecrops.aws.classes.judging import (
    DENIED,
    LOST,
    NO_CREDENTIALS_YET,
    NO_LONGER_VALID,
    class_of,
    code_of,
    detail_of,
    explain,
    is_momentary,
    is_throttled,
)

__all__ = [
    "CLASSES",
    "DENIED",
    "GROUPS",
    "LOST",
    "NO_CREDENTIALS_YET",
    "NO_LONGER_VALID",
    "ErrorClass",
    "class_of",
    "code_of",
    "detail_of",
    "explain",
    "is_momentary",
    "is_throttled",
]
