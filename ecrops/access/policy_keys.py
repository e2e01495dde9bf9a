"""Policy keys: which IAM policy of which user, role or group holds a grant. Pure.

``PolicyKey`` as a string is the key of the aspects that write identity policies. The quotas of IAM are here too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecrops.errors import SpecError
from ecrops.iam.statements import fingerprint

POLICY = "ecrops"
ATTACH = ("inline", "managed")
MAX_NAME_LENGTH = 128
_POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
# Characters without white space: of all inline policies of one identity together, and of one managed policy.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
INLINE_QUOTA = {"user": 2_048, "group": 5_120, "role": 10_240}
MANAGED_QUOTA = 6_144
MOST_ATTACHED = 10
MOST_VERSIONS = 5


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """Which policy of which user, role or group. As a string it is the key of an aspect.

    Args:
        kind: ``user``, ``role`` or ``group``.
        name: The name of the user, role or group, without a path.
        account: Its account, if that is not the registry's.
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
        """Parse a key. Inverse of ``str``. Names in IAM contain no spaces, so splitting is safe."""
        kind, name, *pairs = key.split()
        options = dict(zip(pairs[::2], pairs[1::2], strict=True))
        return cls(kind, name, options.get("of", ""), options.get("policy", POLICY))


def managed_name(policy_key: PolicyKey, number: int = 0) -> str:
    """Return the name of a managed policy that ecrops writes.

    All managed policies of an account share one space of names. The fingerprint at the end keeps names apart that
    would be the same without it, or that were cut.

    Args:
        policy_key: The key that the policy belongs to.
        number: Which of its policies, counted from 0: a document that is too long for one is split.
    """
    end = fingerprint("\n".join((policy_key.kind, policy_key.name, policy_key.policy, str(number))))
    start = f"{policy_key.policy}-{policy_key.kind}-{policy_key.name}{f'-{number + 1}' if number else ''}"
    return f"{start[: MAX_NAME_LENGTH - len(end) - 1]}-{end}"


def check_attach(attach: object, policy_name: object) -> None:
    """Refuse an unknown way to attach a policy, or a name that no policy can have.

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
