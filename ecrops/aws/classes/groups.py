"""The error codes of AWS in classes, each with the reason: one table. Pure.

A test asks botocore's models for the errors of every operation that ecrops calls, and fails when one is in no class.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


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
            "RegionDisabledException",
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
            "AWSOrganizationsNotInUseException",
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
            "ParentNotFoundException",
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
            "TargetNotFoundException",
            "TemplateNotFoundException",
            "UploadNotFoundException",
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
            "LayerAlreadyExistsException",
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
            "EmptyUploadException",
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
            "InvalidInputException",
            "InvalidLayerException",
            "InvalidLayerPartException",
            "InvalidParameter",
            "InvalidParameterException",
            "InvalidParameterValueException",
            "InvalidTagParameterException",
            "LayerPartTooSmallException",
            "MalformedPolicyDocument",
            "MalformedPolicyDocumentException",
            "ManagedRuleException",
            "PackedPolicyTooLarge",
            "PolicyEvaluation",
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
