"""The policy of a registry: text that replaces the whole, and is written anew.

Its scope is V2: it may speak of every action of ECR, and names resources, which a repository's policy does not.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html

It is kept, not enforced. There is no ``force``: one that denies its own author to put another one is taken.
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.exceptions import RegistryPolicyNotFoundException

from .. import policies
from ..errors import invalid

REFUSED = "Invalid registry policy provided"


class RegistryPolicy:
    """The policy, if there is one; ``named`` are the unique ids of the users and roles that it names."""

    def __init__(self, account: str, partition: str) -> None:
        self.text: str | None = None
        self._named: dict[str, str] = {}
        self._account, self._partition = account, partition

    def put(self, text: str, *, unseen: bool) -> str:
        """Keep a policy, if ECR would; ``unseen``: it has not heard of any user or role yet."""
        statements = policies.statements(text)
        if not statements or not all(_is_sound(statement, self._partition) for statement in statements):
            raise invalid("PolicyText", REFUSED)
        # unverified: that principals are looked for, as they are for the policy of a repository
        policies.check_principals(statements, self._partition, unseen=unseen)
        self.text, self._named = text, policies.ids(statements, self._partition)
        return self.shown()

    def shown(self) -> str:
        """The text as ECR gives it back, or an error that there is none."""
        if self.text is None:
            raise RegistryPolicyNotFoundException(self._account)
        return policies.shown(json.loads(self.text), self._named, self._partition)

    def delete(self) -> str:
        """Take the policy away, and tell what it was."""
        shown = self.shown()
        self.text, self._named = None, {}
        return shown


def _is_sound(statement: dict[str, Any], partition: str) -> bool:
    # unverified: that a resource is demanded; every example has one, and moto's check wants one
    located = ("Resource" in statement) ^ ("NotResource" in statement)
    resources = policies.listed(statement.get("Resource", statement.get("NotResource", [])))
    known = re.compile(rf"\*|arn:({partition}|\*):ecr:[a-z0-9*-]+:[0-9*]+:repository/.+|arn:{partition}:ecr:\*")
    named = bool(resources) and all(isinstance(each, str) and known.fullmatch(each) for each in resources)
    return located and named and policies.is_sound(statement, resource=True)


class PolicyResponses:
    """The operations on the policy, for ECR's responses to inherit."""

    def put_registry_policy(self: Any) -> ActionResult:
        """Replace the policy."""
        registry = self.ecr_backend
        text = registry.settings.policy.put(self.request["policyText"], unseen=registry.takes_unseen())
        return ActionResult({"registryId": self.current_account, "policyText": text})

    def get_registry_policy(self: Any) -> ActionResult:
        """Tell the policy."""
        text = self.ecr_backend.settings.policy.shown()
        return ActionResult({"registryId": self.current_account, "policyText": text})

    def delete_registry_policy(self: Any) -> ActionResult:
        """Take the policy away."""
        text = self.ecr_backend.settings.policy.delete()
        return ActionResult({"registryId": self.current_account, "policyText": text})
