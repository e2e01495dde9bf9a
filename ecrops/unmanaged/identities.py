"""The grants of ecrops in the policies of all users, roles and groups of the account. It reads, and decides nothing.

One listing of IAM has them all, page after page. Of each page only what ecrops may have written is kept.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ecrops.access.aspects import inline_policy
from ecrops.access.policy_keys import MOST_ATTACHED, PolicyKey, managed_name
from ecrops.aws import Aws
from ecrops.errors import SpecError
from ecrops.iam.policy import Policy
from ecrops.iam.sids import PREFIX
from ecrops.unmanaged.values import Attach

KINDS = ("User", "Group", "Role")
FILTER = (*KINDS, "LocalManagedPolicy")
PAGE = 500
"""Identities and policies on a page, 1,000 at most: the documents of a page are in memory at once."""


class Written(NamedTuple):
    """A policy of a user, a role or a group that has statements of ecrops.

    Args:
        key: Which one.
        attach: ``inline``, or ``managed`` for customer managed policies.
        policy: What it says. The managed policies under one name count together.
    """

    key: PolicyKey
    attach: Attach
    policy: Policy


class Gathered:
    """What the pages of the listing have told.

    Attributes:
        notes: Which policies could not be read.
    """

    def __init__(self) -> None:
        self._inline: list[Written] = []
        self._attached: list[tuple[PolicyKey, str]] = []
        self._managed: dict[str, Policy] = {}
        self.notes: list[str] = []

    def add(self, page: Mapping[str, Any]) -> None:
        """Add a page."""
        for kind in KINDS:
            for detail in page.get(f"{kind}DetailList", ()):
                self._add(kind, detail)
        for policy in page.get("Policies", ()):
            for version in policy.get("PolicyVersionList", ()):
                if version.get("IsDefaultVersion") and (parsed := self._parsed(policy["Arn"], version["Document"])):
                    self._managed[policy["Arn"]] = parsed

    def _add(self, kind: str, detail: Mapping[str, Any]) -> None:
        name = detail[f"{kind}Name"]
        for inline in detail.get(f"{kind}PolicyList", ()):
            key = PolicyKey(kind.lower(), name, policy=inline["PolicyName"])
            if parsed := self._parsed(f"{key} policy {key.policy}", inline.get("PolicyDocument")):
                self._inline.append(Written(key, "inline", parsed))
        for attached in detail.get("AttachedManagedPolicies", ()):
            policy, arn = attached["PolicyName"], attached["PolicyArn"]
            managed_key = key_of_managed(kind.lower(), name, policy)
            if managed_key and arn.endswith(f":policy/{policy}"):  # ecrops makes none with a path
                self._attached.append((managed_key, arn))

    def _parsed(self, where: str, document: object) -> Policy | None:
        """Return a policy that has a Sid of ecrops; ``None`` for any other."""
        if PREFIX not in json.dumps(document, default=str):
            return None
        try:
            return inline_policy.parse(inline_policy.readable(where, document))
        except SpecError as error:
            self.notes.append(f"grants of ecrops in it are not known: {error}")
            return None

    def written(self) -> Iterator[Written]:
        """Yield the policies, after the last page."""
        yield from self._inline
        together: dict[PolicyKey, Policy] = {}
        for key, arn in self._attached:
            if arn in self._managed:
                before = together.get(key, inline_policy.parse({}))
                together[key] = before.allowing_all(self._managed[arn].allowed.items())
        yield from (Written(key, "managed", policy) for key, policy in together.items())


def key_of_managed(kind: str, name: str, policy: str) -> PolicyKey | None:
    """Return the key that a managed policy of an identity belongs to, by its name; ``None`` if ecrops names none so.

    A name that was cut, because it would be too long, tells no key: it is not ecrops's default.
    """
    for number in range(MOST_ATTACHED):
        start, found, _ = policy.rpartition(f"-{kind}-{name}{f'-{number + 1}' if number else ''}-")
        if found and managed_name(key := PolicyKey(kind, name, policy=start), number) == policy:
            return key
    return None


def read(aws: Aws) -> Gathered:
    """Read what ecrops wrote for the users, roles and groups of the account, in one listing.

    Raises:
        ClientError: botocore's own error; the caller may not list them, for example.
    """
    gathered = Gathered()
    for page in aws.pages("iam", "GetAccountAuthorizationDetails", Filter=list(FILTER), MaxItems=PAGE):
        gathered.add(page)
    return gathered
