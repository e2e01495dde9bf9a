"""The errors of ECR that moto has no class for, worded as AWS words them."""

from __future__ import annotations

from moto.core.exceptions import JsonRESTError, ServiceException
from moto.ecr.exceptions import InvalidParameterException


def invalid(parameter: str, constraint: str) -> InvalidParameterException:
    """A parameter that breaks a constraint, in ECR's words."""
    return InvalidParameterException(f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'")


class AccessDenied(JsonRESTError):
    """What one account may not do in the registry of another. ECR's model does not name this error."""

    def __init__(self, account: str, operation: str, registry: str, service: str = "ecr") -> None:
        who, what = f"arn:aws:iam::{account}:root", f"{service}:{operation}"
        message = f"User: {who} is not authorized to perform: {what} in the registry '{registry}'"
        super().__init__("AccessDeniedException", message)


class KmsException(ServiceException):
    """A key that ECR cannot use."""

    code = "KmsException"

    def __init__(self, kms_error: str, message: str) -> None:
        super().__init__(message)
        self.kmsError = kms_error


class TooManyTags(ServiceException):
    """More than fifty tags on one repository."""

    code = "TooManyTagsException"
    message = "Too many tags: a repository can have at most 50"


class InvalidTag(ServiceException):
    """A tag that cannot be."""

    code = "InvalidTagParameterException"


class LimitExceeded(ServiceException):
    """A quota that is used up."""

    code = "LimitExceededException"


class ImageTagAlreadyExists(ServiceException):
    """A push that would move a tag which must not move."""

    code = "ImageTagAlreadyExistsException"

    def __init__(self, tag: str, repository: str) -> None:
        super().__init__(
            f"The image tag '{tag}' already exists in the '{repository}' repository "
            "and cannot be overwritten because the tag is immutable."
        )


class ImageDigestDoesNotMatch(ServiceException):
    """A digest that is not the manifest's."""

    code = "ImageDigestDoesNotMatchException"
