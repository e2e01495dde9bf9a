"""The policies as they would be after the changes of a plan. Pure.

Called by ``reading``. A change carries its call, and the call the whole document that it writes: nothing is derived
here. Calls that have nothing to do with access are passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ecrops.access.answers.documents import Documents
from ecrops.access.answers.identities import (
    AWS_MANAGED,
    BOUNDARY,
    INLINE,
    MANAGED,
    Directory,
    Identity,
    is_of_aws,
    whose,
)
from ecrops.access.answers.parts import REGISTRY, REPOSITORY
from ecrops.aws import Arn
from ecrops.base.change import Change
from ecrops.iam.evaluation.compiled import CompiledPolicy, compile_policy
from ecrops.repositories.values import ECR

OF_IDENTITY = re.compile(r"(Put|Delete|Attach|Detach)(User|Role|Group)Policy")
_OF_REPOSITORY = ("SetRepositoryPolicy", "DeleteRepositoryPolicy", "CreateRepository", "DeleteRepository")
_OF_TAGS = ("TagResource", "UntagResource")
_OF_REGISTRY = ("PutRegistryPolicy", "DeleteRegistryPolicy")
_OF_MANAGED = ("CreatePolicy", "CreatePolicyVersion", "DeletePolicy")
Key = tuple[str, str]
"""The kind and the name of a user, role or group."""


def is_about_access(change: Change) -> bool:
    """Whether a change can alter who may do what."""
    if change.service == "iam":
        return bool(OF_IDENTITY.fullmatch(change.operation)) or change.operation in _OF_MANAGED
    return change.service == ECR and change.operation in (*_OF_REPOSITORY, *_OF_TAGS, *_OF_REGISTRY)


def repository_of(change: Change) -> str:
    """Return the repository that a change is made to; empty for none."""
    if change.service != ECR:
        return ""
    if change.operation in _OF_TAGS:
        resource = Arn.parse(change.params["resourceArn"]).resource
        return resource.removeprefix("repository/") if resource.startswith("repository/") else ""
    return str(change.params["repositoryName"]) if change.operation in _OF_REPOSITORY else ""


def identity_of(change: Change) -> Key | None:
    """Return the user, role or group whose policies a change is made to; ``None`` for none."""
    found = OF_IDENTITY.fullmatch(change.operation) if change.service == "iam" else None
    return (found[2].lower(), str(change.params[f"{found[2]}Name"])) if found else None


class Overlay:
    """The policies of a registry and its account, with changes made to them.

    Args:
        documents: The policies before.
        managed: Returns the document of a managed policy that no identity has and no change writes, by its ARN.

    Attributes:
        missing: The users, roles and groups that changes are made to, and that are not there.
    """

    def __init__(self, documents: Documents, managed: Callable[[str], object]) -> None:
        self._before, self._managed = documents, managed
        self._policies, self._tags = dict(documents.policies), dict(documents.tags)
        self._registry = documents.registry
        self._identities = {(identity.kind, identity.name): identity for identity in documents.directory or ()}
        self._written: dict[str, object] = {}
        self.missing: list[Key] = []

    @classmethod
    def of(cls, documents: Documents, changes: Iterable[Change], managed: Callable[[str], object]) -> Overlay:
        """Return the policies with all of some changes made to them."""
        overlay = cls(documents, managed)
        for change in changes:
            overlay.make(change)
        return overlay

    def make(self, change: Change) -> None:
        """Make a change."""
        if name := repository_of(change):
            self._of_repository(name, change.operation, change.params)
        elif change.operation in _OF_REGISTRY and change.service == ECR:
            text = change.params.get("policyText")
            self._registry = compile_policy(json.loads(text), REGISTRY) if text else None
        elif (key := identity_of(change)) is not None:
            if key in self._identities:
                self._of_identity(key, change.operation, change.params)
            else:
                self.missing.append(key)
        elif change.service == "iam" and "PolicyDocument" in change.params:
            self._write(change.params)

    @property
    def documents(self) -> Documents:
        """The policies after the changes."""
        before, directory = self._before, self._before.directory
        if directory is not None:
            asked = None if directory.is_whole else [(each.kind, each.name) for each in directory]
            directory = Directory(self._identities.values(), asked)
        return replace(before, directory=directory, policies=self._policies, tags=self._tags, registry=self._registry)

    # The repository

    def _of_repository(self, name: str, operation: str, params: Mapping[str, Any]) -> None:
        if operation == "DeleteRepository":
            self._policies.pop(name, None)
            self._tags.pop(name, None)
        elif operation == "SetRepositoryPolicy":
            self._policies[name] = compile_policy(json.loads(params["policyText"]), REPOSITORY, name)
        elif operation in _OF_TAGS:
            if name in self._tags:
                removed = params.get("tagKeys", ())
                kept = {key: value for key, value in self._tags[name].items() if key not in removed}
                self._tags[name] = kept | _tags(params)
        else:
            self._policies[name] = None
            if operation == "CreateRepository":
                self._tags[name] = _tags(params)

    # Users, roles and groups

    def _of_identity(self, key: Key, operation: str, params: Mapping[str, Any]) -> None:
        identity = self._identities[key]
        verb = operation.removesuffix(f"{identity.kind.title()}Policy")
        arn = params.get("PolicyArn", "")
        name = arn.rpartition("/")[2] if arn else params["PolicyName"]
        policy_kind = INLINE if not arn else AWS_MANAGED if is_of_aws(arn) else MANAGED
        kind = whose(identity.kind.title(), identity.name, policy_kind)
        policies = [policy for policy in identity.policies if policy.source[:2] != (kind, name)]
        if verb == "Put":
            policies.append(compile_policy(json.loads(params["PolicyDocument"]), kind, name))
        elif verb == "Attach":
            policies.append(compile_policy(self._document(name, arn), kind, name))
        self._have(identity, policies)

    def _have(self, identity: Identity, policies: list[CompiledPolicy]) -> None:
        """Let an identity have some policies; and if it is a group, its members."""
        self._identities[identity.kind, identity.name] = replace(identity, policies=tuple(policies))
        if identity.kind != "group":
            return
        of_group = f"group {identity.name}: "
        for key, member in self._identities.items():
            if identity.name in member.groups:
                others = (policy for policy in member.policies if not policy.source.kind.startswith(of_group))
                self._identities[key] = replace(member, policies=(*others, *policies))

    def _document(self, name: str, arn: str) -> object:
        """Return what a managed policy says: as a change writes it, as another identity has it, or as IAM has it."""
        if name in self._written:
            return self._written[name]
        for identity in self._identities.values():
            for policy in identity.policies:
                if _is_managed(policy, name) and not policy.unreadable:
                    return policy.document
        return self._managed(arn)

    def _write(self, params: Mapping[str, Any]) -> None:
        """Write a managed policy, for all who have it. Its name is of one policy in an account, whatever its path."""
        name = params.get("PolicyName") or params["PolicyArn"].rpartition("/")[2]
        document = self._written[name] = json.loads(params["PolicyDocument"])
        for key, identity in self._identities.items():
            kinds = [policy.source.kind for policy in identity.policies if _is_managed(policy, name)]
            others = (policy for policy in identity.policies if not _is_managed(policy, name))
            written = (compile_policy(document, kind, name) for kind in kinds)
            boundary = identity.boundary
            if boundary is not None and boundary.source[:2] == (BOUNDARY, name):
                boundary = compile_policy(document, BOUNDARY, name)
            if kinds or boundary is not identity.boundary:
                self._identities[key] = replace(identity, policies=(*others, *written), boundary=boundary)


def _is_managed(policy: CompiledPolicy, name: str) -> bool:
    return policy.source.policy == name and policy.source.kind.split(": ")[-1] == MANAGED


def _tags(params: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in params.get("tags", ())}
