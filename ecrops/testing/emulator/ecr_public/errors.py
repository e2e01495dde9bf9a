"""The errors of ECR Public: each code that its model names, worded as those of ECR are.

unverified: the texts. ecrops reads codes alone, but for a principal that is not found in a policy.
"""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class Failure(ServiceException):
    """An error of the model, by its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def failure(kind: str, message: str) -> Failure:
    """An error, by the name that the model has for it without ``Exception``."""
    return Failure(f"{kind}Exception", message)


def invalid(parameter: str, constraint: str) -> Failure:
    """A parameter that breaks a constraint."""
    text = f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'"
    return failure("InvalidParameter", text)
