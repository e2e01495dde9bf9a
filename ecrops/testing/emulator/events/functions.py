"""Lambda's permissions: each version and alias has its own, and an id is given once. And what its images resolve to."""

from __future__ import annotations

import json
from typing import Any, cast
from urllib.parse import unquote

from moto.awslambda import urls
from moto.awslambda.models import LambdaBackend, lambda_backends
from moto.awslambda.responses import LambdaResponse
from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import JsonRESTError

from ..ecr.backend import backend as ecr
from ..ecr.content.album import album

Owner = tuple[str, str]


class FunctionsBackend(LambdaBackend):
    """moto's Lambda of one account and region, with permissions."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.permissions: dict[Owner, dict[str, dict[str, Any]]] = {}
        self.revisions: dict[Owner, int] = {}

    def create_function(self, spec: dict[str, Any]) -> Any:
        """Make a function. The digest of its image is found now: "The resolved URI for the image".

        https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html
        """
        return super().create_function({**spec, "Code": self._resolved(spec.get("Code", {}))})

    def update_function_code(self, function_name: str, qualifier: str, body: dict[str, Any]) -> Any:
        """Change the code of a function. Versions that were published before keep theirs."""
        function = self.get_function(function_name, qualifier)
        function.code = dict(function.code)  # moto gives a version the same dictionary
        super().update_function_code(function_name, qualifier, body)
        function.code = self._resolved(function.code)
        return function.get_configuration()

    def _resolved(self, code: dict[str, Any]) -> dict[str, Any]:
        """The code of a function, with the digest of its image as far as the emulated registry knows it."""
        uri = code.get("ImageUri", "")
        path, at, _ = uri.partition("@")
        if at or not uri:
            return {**code, "ResolvedImageUri": uri}
        host, _, rest = path.partition("/")
        name, _, tag = rest.partition(":")
        repository = ecr(host.partition(".")[0], self.region_name).repositories.get(name)
        image = album(repository).tagged(tag or "latest") if repository else None
        return {**code, "ResolvedImageUri": f"{host}/{name}@{image.image_digest}" if image else ""}

    @property
    def _url_module(self) -> Any:
        return urls

    def owner(self, function: str, qualifier: str | None) -> Owner:
        """The function, version or alias that there is; moto raises if there is none."""
        found = self.get_function(function, qualifier)
        return str(found.function_name), qualifier or ""


def functions(account: str, region: str) -> FunctionsBackend:
    """The extended Lambda of an account and region."""
    return cast(FunctionsBackend, lambda_backends[account][region])


class FunctionsResponse(LambdaResponse):
    """One request to Lambda."""

    def get_function(self) -> str:
        """A function, with what its image resolved to when the function was made or changed."""
        answer = json.loads(super().get_function())
        name, qualifier = unquote(self.path.rsplit("/", 1)[-1]), self._get_param("Qualifier", None)
        resolved = self.backend.get_function(name, qualifier).code.get("ResolvedImageUri")
        if resolved:
            answer["Code"]["ResolvedImageUri"] = resolved
        return json.dumps(answer)

    def add_permission(self) -> str:
        owner, request = self._owner(-2), json.loads(self.body)
        there = self._functions.permissions.setdefault(owner, {})
        sid = request["StatementId"]
        if sid in there:
            raise _Refusal("ResourceConflictException", f"The statement id ({sid}) provided already exists.", 409)
        self._revise(owner, request.get("RevisionId"))
        there[sid] = self._statement(owner, request)
        return json.dumps({"Statement": json.dumps(there[sid])})

    def _revise(self, owner: Owner, expected: str | None) -> None:
        """Make another revision of a policy, unless the request is for one that is past.

        botocore's model of AddPermission and RemovePermission: "Update the policy only if the revision ID matches".
        """
        current = self._functions.revisions.get(owner, 0)
        if expected not in (None, str(current)):
            message = "The Revision Id provided does not match the latest Revision Id."
            raise _Refusal("PreconditionFailedException", message, 412)
        self._functions.revisions[owner] = current + 1

    def _statement(self, owner: tuple[str, str], request: dict[str, Any]) -> dict[str, Any]:
        arn = self._functions.get_function(owner[0]).function_arn
        condition = {"ArnLike": {"AWS:SourceArn": request["SourceArn"]}} if "SourceArn" in request else {}
        if "SourceAccount" in request:
            condition["StringEquals"] = {"AWS:SourceAccount": request["SourceAccount"]}
        return {
            "Sid": request["StatementId"],
            "Effect": "Allow",
            "Principal": {"Service": request["Principal"]},
            "Action": request["Action"],
            "Resource": f"{arn}:{owner[1]}" if owner[1] else arn,
            "Condition": condition,
        }

    def get_policy(self) -> str:
        owner = self._owner(-2)
        statements = list(self._functions.permissions.get(owner, {}).values())
        if not statements:
            raise _Refusal("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        return json.dumps({"Policy": json.dumps(policy), "RevisionId": str(self._functions.revisions[owner])})

    def remove_permission(self) -> TYPE_RESPONSE:
        sid = unquote(self.path.split("/")[-1].split("?")[0])
        owner = self._owner(-3)
        there = self._functions.permissions.get(owner, {})
        if sid not in there:
            raise _Refusal("ResourceNotFoundException", f"No policy is associated with {sid}.", 404)
        self._revise(owner, self.querystring.get("RevisionId", [None])[0])
        del there[sid]
        return 204, {"status": 204}, "{}"

    @property
    def _functions(self) -> FunctionsBackend:
        return functions(self.current_account, self.region)

    def _owner(self, part: int) -> Owner:
        name = unquote(self.path.split("/")[part])
        return self._functions.owner(name, self.querystring.get("Qualifier", [None])[0])


class _Refusal(JsonRESTError):
    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(code, message)
        self.code = status
