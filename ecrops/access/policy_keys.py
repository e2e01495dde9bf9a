"""Where the grants of a user, a role or a group are written: which of its policies, in which account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ecrops.errors import SpecError
from ecrops.iam.statements import fingerprint

POLICY = "ecrops"
Attach = Literal["inline", "managed"]
ATTACH = ("inline", "managed")
LONGEST_NAME = 128
_POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
# Characters, white space not counted: all inline policies of one of a kind together, and one managed policy.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
INLINE_QUOTA = {"user": 2_048, "group": 5_120, "role": 10_240}
MANAGED_QUOTA = 6_144
MOST_ATTACHED = 10
MOST_VERSIONS = 5


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """A policy of a user, a role or a group; as a string, the key of an aspect.

    Args:
        kind: ``user``, ``role`` or ``group``.
        name: Its name, without a path.
        account: Its account, where that is not the registry's.
        policy: The name of the policy.
    """

    kind: str
    name: str
    account: str = ""
    policy: str = POLICY

    def __str__(self) -> str:
        account = f" of {self.account}" if self.account else ""
        return f"{self.kind} {self.name}{account}{'' if self.policy == POLICY else f' policy {self.policy}'}"

    @classmethod
    def parse(cls, key: str) -> PolicyKey:
        """The home that a key stands for. No name in IAM has a blank."""
        kind, name, *rest = key.split()
        more = dict(zip(rest[::2], rest[1::2], strict=True))
        return cls(kind, name, more.get("of", ""), more.get("policy", POLICY))


def managed_name(home: PolicyKey, number: int = 0) -> str:
    """The name of a managed policy of ecrops, counted from 0.

    All of an account share one space of names: the end tells apart what reads the same before it, or was cut.
    """
    end = fingerprint("\n".join((home.kind, home.name, home.policy, str(number))))
    said = f"{home.policy}-{home.kind}-{home.name}{f'-{number + 1}' if number else ''}"
    return f"{said[: LONGEST_NAME - len(end) - 1]}-{end}"


def check_attach(attach: object, policy_name: object) -> None:
    """Refuse a place for a policy that there is not.

    Raises:
        SpecError: With every reason.
    """
    reasons = []
    if attach not in ATTACH:
        reasons.append(f"attach: expected 'inline' or 'managed', got {attach!r}")
    if not isinstance(policy_name, str) or not _POLICY_NAME.fullmatch(policy_name):
        reasons.append(f"policy_name: expected 1 to 128 letters, digits and '+=,.@_-', got {policy_name!r}")
    if reasons:
        raise SpecError(*reasons)
