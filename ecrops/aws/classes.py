"""Which errors pass by themselves: one table, with the reason for each class. Pure.

Called by ``retry`` for every error. A test asks botocore's models for the errors of every operation that ecrops calls,
and fails when one of them is in no class. A code that is in no class is judged by its HTTP status.
"""

from __future__ import annotations

import re
import ssl
from enum import StrEnum
from typing import Any, NamedTuple

from botocore.exceptions import (
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
    SSLError,
)
from botocore.parsers import ResponseParserError


class ErrorClass(StrEnum):
    """What ecrops does after an error."""

    THROTTLED = "throttled"  # repeat the call, with fewer calls in flight
    PASSING = "passing"  # repeat the call
    FINAL = "final"  # raise the error


class Group(NamedTuple):
    """Error codes of one class for one reason."""

    kind: ErrorClass
    reason: str
    codes: tuple[str, ...]


GROUPS = (
    Group(
        ErrorClass.THROTTLED,
        "AWS asks for fewer calls",
        (
            "KmsThrottled",
            "PriorRequestNotComplete",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
        ),
    ),
    Group(
        ErrorClass.PASSING,
        "another caller changes the same thing at this moment",
        (
            "ConcurrentModification",
            "ConcurrentModificationException",
            "EntityTemporarilyUnmodifiable",
            "OperationAbortedException",
            "TransactionInProgressException",
        ),
    ),
    Group(
        ErrorClass.PASSING,
        "the service failed, sometimes in an entry of an answer with HTTP 200",
        (
            "DependencyTimeoutException",
            "InternalError",
            "InternalException",
            "InternalFailure",
            "InternalServerError",
            "InternalServiceError",
            "KMSInternalException",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServerException",
            "ServiceException",
            "ServiceFailure",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ),
    ),
    Group(
        ErrorClass.FINAL,
        "a quota is used up; botocore's own modes take these for throttling",
        (
            "LimitExceeded",
            "LimitExceededException",
            "OverLimit",
            "PolicyLengthExceededException",
            "TooManyTagsException",
        ),
    ),
    Group(
        ErrorClass.FINAL,
        "the caller may not, or its credentials are not valid",
        (
            "AccessDenied",
            "AccessDeniedException",
            "AuthorizationError",
            "BlockedByOrganizationPolicyException",
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidClientTokenId",
            "InvalidSecurity",
            "KmsAccessDenied",
            "KmsOptInRequired",
            "PublicPolicyException",
            "RequestExpired",
            "UnauthorizedOperation",
            "UnmodifiableEntity",
            "UnrecognizedClientException",
        ),
    ),
    Group(
        ErrorClass.FINAL,
        "it does not exist; an owner that was made a moment ago is waited for by code, see Races.not_yet_visible",
        (
            "ClusterNotFoundException",
            "ExclusionNotFoundException",
            "ImageNotFoundException",
            "KmsNotFound",
            "LayerInaccessibleException",
            "LayersNotFoundException",
            "LifecyclePolicyNotFoundException",
            "LifecyclePolicyPreviewNotFoundException",
            "NoSuchEntity",
            "NotFound",
            "NotFoundException",
            "PullThroughCacheRuleNotFoundException",
            "QueueDoesNotExist",
            "ReferencedImagesNotFoundException",
            "RegistryPolicyNotFoundException",
            "ReplicationBackfillNotFoundException",
            "RepositoryCatalogDataNotFoundException",
            "RepositoryNotFoundException",
            "RepositoryPolicyNotFoundException",
            "ResourceNotFoundException",
            "ScanNotFoundException",
            "SecretNotFoundException",
            "ServiceNotFoundException",
            "SigningConfigurationNotFoundException",
            "TemplateNotFoundException",
        ),
    ),
    Group(
        ErrorClass.FINAL,
        "it exists already, or is in use: the owner is planned again, see Races.superseded",
        (
            "DeleteConflict",
            "EntityAlreadyExists",
            "ExclusionAlreadyExistsException",
            "ImageAlreadyExistsException",
            "ImageTagAlreadyExistsException",
            "InvalidRequestException",
            "LifecyclePolicyPreviewInProgressException",
            "PreconditionFailedException",
            "PreconditionNotMetException",
            "PullThroughCacheRuleAlreadyExistsException",
            "QueueDeletedRecently",
            "QueueNameExists",
            "ReplicationBackfillInProgressException",
            "RepositoryAlreadyExistsException",
            "RepositoryNotEmptyException",
            "ResourceConflictException",
            "ResourceExistsException",
            "TemplateAlreadyExistsException",
        ),
    ),
    Group(
        ErrorClass.FINAL,
        "the input is wrong",
        (
            "ClientException",
            "ImageArchivedException",
            "ImageDigestDoesNotMatchException",
            "ImageStorageClassUpdateNotSupportedException",
            "InvalidAddress",
            "InvalidArnException",
            "InvalidAttributeName",
            "InvalidAttributeValue",
            "InvalidEventPatternException",
            "InvalidGrantIdException",
            "InvalidGrantTokenException",
            "InvalidIdFormat",
            "InvalidInput",
            "InvalidParameter",
            "InvalidParameterException",
            "InvalidParameterValueException",
            "InvalidTagParameterException",
            "MalformedPolicyDocument",
            "MalformedPolicyDocumentException",
            "ManagedRuleException",
            "PolicyNotAttachable",
            "ReceiptHandleIsInvalid",
            "UnsupportedCommandException",
            "UnsupportedFeatureException",
            "UnsupportedImageTypeException",
            "UnsupportedUpstreamRegistryException",
            "ValidationException",
        ),
    ),
    Group(
        ErrorClass.FINAL,
        "a KMS key, a secret, or an upstream registry, is not usable as it is",
        (
            "DecryptionFailure",
            "DisabledException",
            "DryRunOperationException",
            "EncryptionFailure",
            "KMSInvalidStateException",
            "KmsDisabled",
            "KmsException",
            "KmsInvalidKeyUsage",
            "KmsInvalidState",
            "UnableToAccessSecretException",
            "UnableToDecryptSecretValueException",
            "UnableToGetUpstreamImageException",
            "UnableToGetUpstreamLayerException",
        ),
    ),
    Group(
        ErrorClass.FINAL,
        "the server does not implement the operation",
        ("InvalidAction", "NotImplemented", "UnknownOperation", "UnknownOperationException", "UnsupportedOperation"),
    ),
)
CLASSES = {code: group.kind for group in GROUPS for code in group.codes}
LOST = (ConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError)
"""Errors after which the call may have taken effect: its answer was lost. The last one means a truncated answer."""
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
NO_LONGER_VALID = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "RequestExpired",
        "UnrecognizedClientException",
    }
)
"""Errors that every other call of the same session would get too."""
NO_CREDENTIALS_YET = (CredentialRetrievalError, MetadataRetrievalError)
"""A credential provider failed: the call was never sent, and the provider may answer in a moment."""


def code_of(error: BaseException | None) -> str:
    """Return the error code of an answer of AWS; empty for other errors."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def detail_of(error: BaseException | None) -> str:
    """Return the code of an error of another service inside of an error: ECR repeats that of KMS. Empty without one."""
    answer: Any = error.response if isinstance(error, ClientError) else {}
    inner = re.search(r"Error Code: (\w+)", str(answer.get("Error", {}).get("Message", "")))
    return str(answer.get("kmsError") or (inner[1] if inner else ""))


def class_of(error: BaseException | None) -> ErrorClass:
    """Return the class of an error: by its code, else by its HTTP status, else by its type."""
    code, status = code_of(error), _status(error)
    if code in CLASSES:
        return CLASSES[code]
    if status == 429:
        return ErrorClass.THROTTLED
    if status >= 500 and status != 501:  # 501: the server does not implement the operation
        return ErrorClass.PASSING
    if isinstance(error, (*LOST, *NO_CREDENTIALS_YET)) and not _is_wrong_certificate(error):
        return ErrorClass.PASSING
    return ErrorClass.FINAL


def explain(error: ClientError, doing: str) -> None:
    """Add notes to an error: what the caller lacks.

    Args:
        error: The error.
        doing: The operation, such as ``ecr:PutLifecyclePolicy``.
    """
    if code_of(error) in DENIED:
        error.add_note(f"the caller needs the IAM action {doing}")
    if code_of(error) in NO_LONGER_VALID:
        error.add_note("the credentials are not valid any more, and nothing else was begun: log in again")


def is_throttled(error: BaseException | None) -> bool:
    """Whether an error means that AWS throttles."""
    return class_of(error) is ErrorClass.THROTTLED


def is_momentary(error: BaseException | None) -> bool:
    """Whether the same call may succeed in a moment."""
    return class_of(error) is not ErrorClass.FINAL


def _status(error: BaseException | None) -> int:
    answer: Any = error.response if isinstance(error, ClientError) else {}
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)


def _is_wrong_certificate(error: BaseException) -> bool:
    """Whether the certificate of the server is wrong. A handshake that broke off may succeed in a moment."""
    if not isinstance(error, SSLError):
        return False
    causes: list[BaseException | None] = [error.kwargs.get("error"), error.__cause__, error.__context__]
    reasons = [getattr(cause, "reason", None) for cause in causes]
    chain = (*causes, *reasons, *(inner for cause in (*causes, *reasons) for inner in getattr(cause, "args", ())))
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain)
