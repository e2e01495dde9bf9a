"""Secrets Manager as its API reference has it: moto, which accepts more and answers some errors otherwise.

Sources: https://docs.aws.amazon.com/secretsmanager/latest/apireference/ and botocore's model. Words that neither
quotes are `# unverified`. No error names a value: they are sensitive.
"""

from __future__ import annotations

import json
import re
import threading
from typing import Any, cast

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import JsonRESTError
from moto.kms.models import kms_backends
from moto.secretsmanager import urls
from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    SecretsManagerClientError,
    ValidationException,
)
from moto.secretsmanager.models import SecretsManagerBackend, secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse

from ..ecr import model

MOST_TAGS = 50
_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
_INVALID_NAME = (
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
)
"""Quoted in smithy-lang/smithy-typescript#1546, and for GetSecretValue in anomalyco/sst#3795."""

_ON_DELETED = ("DeleteSecret", "GetSecretValue", "PutSecretValue", "UpdateSecret", "TagResource", "UntagResource")
"""The operations whose reference has, for InvalidRequestException, "The secret is scheduled for deletion"."""

_DELETED = "You can't perform this operation on the secret because it was marked for deletion."
"""Quoted in aws/copilot-cli#4871."""

_NAME_IS_GOING = "You can't create this secret because a secret with this name is already scheduled for deletion."
"""Quoted in redpanda-data/console#1835."""


class EncryptionFailure(SecretsManagerClientError):
    """A key that cannot be used: the words are the model's."""

    def __init__(self) -> None:
        what = "Secrets Manager can't encrypt the protected secret text using the provided KMS key."
        how = "Check that the KMS key is available, enabled, and not in an invalid state."
        super().__init__("EncryptionFailure", f"{what} {how}")


class SecretsBackend(SecretsManagerBackend):
    """moto's Secrets Manager of one account and region, one request at a time."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.lock = threading.RLock()

    @property
    def _url_module(self) -> Any:
        """Moto looks for the URLs beside the class, which for a subclass is the wrong place."""
        return urls

    def secret(self, name: str) -> Any:
        """The secret of a name or an ARN, or None."""
        return self.secrets.get(name)

    def check_key(self, name: str) -> None:
        """Refuse a key that cannot encrypt. The managed one is made when it is first used."""
        kms = kms_backends[self.account_id][self.region_name]
        local = name.removeprefix(f"arn:{self.partition}:kms:{self.region_name}:{self.account_id}:")
        local = local.removeprefix("key/")
        if local in ("", self.DEFAULT_KMS_KEY_ALIAS):
            return
        key = next((each for each in kms.keys.values() if local == each.id or local in each.aliases), None)
        if key is None:
            # the code is that of boto/boto3#1533; unverified: the words
            raise InvalidParameterException("The KMS key was not found.")
        if key.key_state != "Enabled" or key.key_spec != "SYMMETRIC_DEFAULT":
            raise EncryptionFailure


class SecretsResponse(SecretsManagerResponse):
    """One request to Secrets Manager."""

    @property
    def backend(self) -> SecretsBackend:
        return backend(self.current_account, self.region)

    def call_action(self) -> TYPE_RESPONSE:
        """One request at a time: moto has no locks of its own. All errors but those of the server are HTTP 400."""
        with self.backend.lock:
            try:
                self._admit(self._get_action(), json.loads(self.body or "{}"))
            except JsonRESTError as refusal:
                return refusal.code, dict(refusal.get_headers()), refusal.get_body()
            status, headers, body = super().call_action()
            return 400 if status == 404 else status, headers, body

    def _admit(self, operation: str, request: dict[str, Any]) -> None:
        for path, constraint in model.violations("secretsmanager", operation, request):
            message = f"1 validation error detected: Value at '{path}' failed to satisfy constraint: {constraint}"
            raise ValidationException(message)
        self._admit_name(operation, request)
        if "SecretString" in request and "SecretBinary" in request:
            # unverified: the code; the reference: "Either SecretString or SecretBinary must have a value, but not both"
            raise InvalidParameterException("You can't specify both a binary secret value and a string secret value.")
        if request.get("KmsKeyId"):
            self.backend.check_key(request["KmsKeyId"])
        if operation in ("CreateSecret", "TagResource"):
            self._admit_tags(request)

    def _admit_name(self, operation: str, request: dict[str, Any]) -> None:
        name = request.get("Name") or request.get("SecretId")
        if name is None:
            return
        if not name.startswith("arn:") and not _NAME.fullmatch(name):
            raise ValidationException(_INVALID_NAME)
        secret = self.backend.secret(name)
        if secret is None or not secret.is_deleted():
            return
        if operation == "CreateSecret":
            raise InvalidRequestException(_NAME_IS_GOING)
        if operation in _ON_DELETED and not request.get("ForceDeleteWithoutRecovery"):
            raise InvalidRequestException(_DELETED)

    def _admit_tags(self, request: dict[str, Any]) -> None:
        """The quotas are those of https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html."""
        # unverified: the codes and the words
        keys = [tag.get("Key", "") for tag in request.get("Tags", [])]
        secret = self.backend.secret(request["SecretId"]) if "SecretId" in request else None
        present = [tag["Key"] for tag in (secret.tags if secret else None) or []]
        if len(set(keys)) < len(keys):
            raise InvalidParameterException("Duplicate tag keys found.")
        if any(key.lower().startswith("aws:") for key in keys):
            raise InvalidParameterException("Tag keys that begin with aws: are reserved.")
        if len({*keys, *present}) > MOST_TAGS:
            raise InvalidParameterException(f"A secret can have at most {MOST_TAGS} tags.")

    def update_secret(self) -> str:
        """Update a secret; an empty KmsKeyId is the managed key."""
        answer = super().update_secret()
        secret = self.backend.secret(self._get_param("SecretId"))
        if secret.kms_key_id == "":
            secret.kms_key_id = None
        return answer


def backend(account: str, region: str) -> SecretsBackend:
    """Secrets Manager of an account in a region."""
    return cast(SecretsBackend, secretsmanager_backends[account][region])


def install() -> None:
    """Put the stricter Secrets Manager in moto's place, before a server answers its first request to it."""
    urls.url_paths["{0}/$"] = SecretsResponse.dispatch
    secretsmanager_backends.backend = SecretsBackend
    secretsmanager_backends.clear()
