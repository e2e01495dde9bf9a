"""With what ECR gets into an upstream registry: a secret in Secrets Manager, or a role that it may assume."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

from ...errors import invalid

DEFAULT_KEY = "alias/aws/secretsmanager"


class SecretNotFound(ServiceException):
    """No such secret: the words are quoted in entigolabs/entigo-infralib#1645."""

    code = "SecretNotFoundException"
    message = "The ARN of the secret specified in the pull through cache rule was not found."


class UnableToAccessSecret(ServiceException):
    """A secret that ECR cannot get at."""

    code = "UnableToAccessSecretException"
    message = "The secret is unable to be accessed. Verify the resource permissions and try again."


class UnableToDecryptSecretValue(ServiceException):
    """A secret under a key that ECR cannot use."""

    code = "UnableToDecryptSecretValueException"
    message = "The secret is accessible but is unable to be decrypted. Verify the resource permissions and try again."


def find_secret(arn: str, account: str, region: str) -> FakeSecret:
    """The secret with an ARN, if ECR can use it for a rule of this registry: same account, region, default key.

    What is in it ECR does not look at here: a rule of Terraform's tests has the text "test" for a secret.
    """
    if arn.split(":")[4] != account:
        raise UnableToAccessSecret  # unverified: the code for a secret of another account
    secrets: Any = secretsmanager_backends[account][region].secrets
    found = next((each for each in dict.values(secrets) if each.arn == arn), None)
    if not isinstance(found, FakeSecret):
        raise SecretNotFound  # unverified: the code for a secret of another region
    if found.is_deleted():
        raise UnableToAccessSecret  # unverified: the code for a secret that is to be deleted
    if not is_default_key(found.kms_key_id, account, region):
        raise UnableToDecryptSecretValue
    return found


def is_default_key(name: str | None, account: str, region: str) -> bool:
    """Whether a secret's key is the managed one: "Amazon ECR doesn't support using a customer managed key"."""
    if not name or name.endswith(f":{DEFAULT_KEY}") or name == DEFAULT_KEY:
        return True
    key = kms_backends[account][region].keys.get(name.rpartition("/")[2])
    return key is not None and DEFAULT_KEY in key.aliases


def fault_of_secret(secret: FakeSecret) -> str | None:
    """Why what is in a secret cannot be credentials. The guide: the keys `username` and `accessToken`."""
    current = secret.versions.get(secret.default_version_id or "", {})
    try:
        value = json.loads(current.get("secret_string") or "")
    except ValueError:
        return "The secret is not valid JSON."
    if not isinstance(value, dict):
        return "The secret is not a JSON object."
    lacking = [key for key in ("username", "accessToken") if not (isinstance(value.get(key), str) and value[key])]
    return f"The secret lacks the key {' and the key '.join(lacking)}." if lacking else None


def check_role(arn: str, account: str, partition: str) -> None:
    """Refuse an ARN that names no role of the account."""
    if not re.fullmatch(rf"arn:{partition}:iam::{account}:role/[\w+=,.@/-]+", arn):
        # the model: "This role must be in the same account as the registry"; unverified: the code
        raise invalid("customRoleArn", "The role must be in the account of the registry")


def can_assume(service: str, arn: str, account: str, partition: str) -> bool:
    """Whether there is such a role, and it trusts a service."""
    roles: Any = iam_backends[account][partition].roles
    role = next((each for each in roles.values() if each.arn == arn), None)
    if role is None:
        return False
    statements = json.loads(role.assume_role_policy_document or "{}").get("Statement", [])
    return any(_lets_in(service, each) for each in (statements if isinstance(statements, list) else [statements]))


def _lets_in(service: str, statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    actions = statement.get("Action", [])
    return (
        statement.get("Effect") == "Allow"
        and service in ([services] if isinstance(services, str) else services)
        and "sts:AssumeRole" in ([actions] if isinstance(actions, str) else actions)
    )
