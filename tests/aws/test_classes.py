"""Every error of every operation that ecrops calls is in a class, and each class is treated as the table says."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError, NoCredentialsError, SSLError
from botocore.loaders import create_loader
from botocore.model import ServiceModel

from ecrops import Registry, RepositorySpec
from ecrops.aws.classes import CLASSES, GROUPS, ErrorClass, class_of
from ecrops.lifecycle import LifecycleRule
from ecrops.testing import Cloud
from support import registry_of

ROOT = Path(__file__).resolve().parents[2]
SERVICES = (
    "ecr", "ecr-public", "ecs", "events", "iam", "kms", "lambda", "logs", "organizations", "secretsmanager", "sns",
    "sqs", "sts",
)  # fmt: skip
NO_OPERATIONS = {"iam:PassRole", "sts:GetServiceBearerToken"}  # permissions without an operation


def operations() -> list[tuple[str, str]]:
    """The operations that ecrops calls, from the tables of permissions."""
    table = "".join((ROOT / "docs" / page).read_text() for page in ("operations.md", "public.md"))
    named = set(re.findall(rf"\b(?:{'|'.join(SERVICES)}):[A-Z]\w+", table)) - NO_OPERATIONS
    kinds = [name.replace("User", kind) for name in named for kind in ("User", "Role", "Group")]
    return sorted({(service, name) for service, _, name in (kind.partition(":") for kind in kinds)})


@pytest.mark.parametrize("service", SERVICES)
def test_every_error_that_botocore_knows_of_an_operation_is_in_a_class(service: str) -> None:
    model = ServiceModel(create_loader().load_service_model(service, "service-2"), service)
    names = [name for owner, name in operations() if owner == service and name in model.operation_names]
    assert names
    for name in names:
        for shape in model.operation_model(name).error_shapes:
            code = shape.metadata.get("error", {}).get("code", shape.name)
            assert code in CLASSES, f"{service}:{name} can answer {code}: put it into a group, with the reason"


def test_a_code_is_in_one_group_only() -> None:
    codes = [code for group in GROUPS for code in group.codes]
    assert len(codes) == len(set(codes))
    assert all(group.reason for group in GROUPS)


def answer(code: str = "", status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (answer("OperationAbortedException"), ErrorClass.PASSING),
        (answer("InternalException", 200), ErrorClass.PASSING),
        (answer("InternalFailure", 200), ErrorClass.PASSING),
        (answer("EntityTemporarilyUnmodifiable", 409), ErrorClass.PASSING),
        (answer("RequestLimitExceeded"), ErrorClass.THROTTLED),
        (answer("TransactionInProgressException"), ErrorClass.PASSING),
        (answer("Unheard", 429), ErrorClass.THROTTLED),
        (answer("Unheard", 500), ErrorClass.PASSING),
        (answer("Unheard", 503), ErrorClass.PASSING),
        (ClientError({}, "Operation"), ErrorClass.FINAL),
        (answer("Unheard", 400), ErrorClass.FINAL),
        (answer("501", 501), ErrorClass.FINAL),
        (answer("404", 404), ErrorClass.FINAL),
        (answer("UnknownOperationException"), ErrorClass.FINAL),
        (answer("LimitExceededException"), ErrorClass.FINAL),
        (answer("ExpiredTokenException"), ErrorClass.FINAL),
        (CredentialRetrievalError(provider="sso", error_msg="no answer"), ErrorClass.PASSING),
        (NoCredentialsError(), ErrorClass.FINAL),
        (SSLError(endpoint_url="https://h", error=ssl.SSLError("handshake broke off")), ErrorClass.PASSING),
        (SSLError(endpoint_url="https://h", error=ssl.SSLCertVerificationError("self-signed")), ErrorClass.FINAL),
        (SSLError(endpoint_url="https://h", error=Exception(ssl.SSLCertVerificationError("x"))), ErrorClass.FINAL),
        (KeyError("a bug"), ErrorClass.FINAL),
    ],
    ids=repr,
)
def test_an_error_has_the_class_that_its_cause_asks_for(error: Exception, kind: ErrorClass) -> None:
    assert class_of(error) is kind


@pytest.mark.parametrize(("code", "attempts"), [("OperationAbortedException", 2), ("LimitExceededException", 1)])
def test_what_passes_is_repeated_and_what_is_final_is_not(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, code: str, attempts: int
) -> None:
    registry: Registry = registry_of(memory_cloud)
    registry.ensure(RepositorySpec("ab"))
    once, asked = registry.aws.once, []

    def fail_first(service: str, operation: str, *args: Any, **options: Any) -> dict[str, Any]:
        asked.append(operation)
        if asked.count("PutLifecyclePolicy") == 1 and operation == "PutLifecyclePolicy":
            raise answer(code)
        return once(service, operation, *args, **options)

    monkeypatch.setattr("ecrops.aws.client.Aws.once", lambda self, *args, **options: fail_first(*args, **options))
    if attempts == 1:
        with pytest.raises(ClientError, match=code):
            registry.repository("ab").set_lifecycle_rules(LifecycleRule(max_image_count=3))
    else:
        assert registry.repository("ab").set_lifecycle_rules(LifecycleRule(max_image_count=3))
    assert asked.count("PutLifecyclePolicy") == attempts


def test_a_credential_provider_that_fails_is_asked_once_more(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fail(self: Any, service: str, operation: str, *args: Any, **options: Any) -> dict[str, Any]:
        asked.append(operation)
        raise CredentialRetrievalError(provider="custom-process", error_msg="no answer")

    monkeypatch.setattr("ecrops.aws.client.Aws.once", fail)
    with pytest.raises(CredentialRetrievalError):
        registry_of(memory_cloud).repository("ab").exists()
    assert asked == ["DescribeRepositories"] * 2
