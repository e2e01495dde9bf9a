"""How policy documents are written, and how long that is. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# What IAM takes, policyDocumentType: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html
_NOT_OF_IAM = re.compile(r"[^\t\n\r\x20-\xff]")
_BLANK = re.compile(r"[ \t\n\r]")


def to_text(document: Mapping[str, Any]) -> str:
    """The document as it is sent to ECR."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def to_iam_text(document: Mapping[str, Any]) -> str:
    """The document as it is sent to IAM, which takes no characters beyond Latin-1: those are escaped."""
    return _NOT_OF_IAM.sub(lambda found: json.dumps(found[0])[1:-1], to_text(document))


def size(document: Mapping[str, Any]) -> int:
    """How many characters IAM counts of what is sent: white space is not counted."""
    return len(_BLANK.sub("", to_iam_text(document)))
