"""Policy documents as text, and the length of that text. Pure.

Called by the aspects, right before a document is sent. It never decides what a document says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# What IAM takes, policyDocumentType: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html
_NOT_OF_IAM = re.compile(r"[^\t\n\r\x20-\xff]")
_BLANK = re.compile(r"[ \t\n\r]")


def to_text(document: Mapping[str, Any]) -> str:
    """Return the document as it is sent to ECR."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def to_iam_text(document: Mapping[str, Any]) -> str:
    """Return the document as it is sent to IAM, which takes no characters beyond Latin-1: those are escaped."""
    return _NOT_OF_IAM.sub(lambda match: json.dumps(match[0])[1:-1], to_text(document))


def size(document: Mapping[str, Any]) -> int:
    """Return the number of characters that IAM counts. It does not count white space."""
    return len(_BLANK.sub("", to_iam_text(document)))
