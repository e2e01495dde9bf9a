"""The wildcards of ECR's filters and of IAM. ecrops has a matcher of its own, which this one judges.

``fnmatch`` is not used: it takes ``[`` for the beginning of a set of characters, and neither ECR nor IAM does.
"""

from __future__ import annotations

import re


def matches(pattern: str, text: str) -> bool:
    """Whether a filter of ECR matches a whole text. ``*`` is zero or more characters, everything else is itself."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def includes(pattern: str, text: str) -> bool:
    """Whether a pattern of IAM includes an action or a resource: ``?`` is any one character too.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    parts = (re.escape(part).replace(r"\?", ".") for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None
