"""Who makes a request, by all the names that policies have for it. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["user", "role", "session", "group", "root", "account", "service", "federated", "everyone"]


class Caller(NamedTuple):
    """The principal of a request.

    Args:
        kind: ``user``, ``role`` (any session of it), ``session`` (one session of a role), ``group`` (any member of it),
            ``root`` (the root user of an account), ``account`` (somebody in it), ``service``, ``federated``, or
            ``everyone`` (who has an AWS account).
        name: The ARN of a user, a role, a session or a group; the id of an account, also for its root user; the name of
            a service or provider.
        account: The id of the account; empty if there is none.
        unique_id: The unique id of a user or role, ``AIDA…`` or ``AROA…``; empty if it is not known.
        role: The ARN of the role of a session; empty if its path is not known, or for other kinds.
        has_boundary: Whether a permissions boundary limits it; ``None`` if that is not known.
    """

    kind: Kind
    name: str
    account: str = ""
    unique_id: str = ""
    role: str = ""
    has_boundary: bool | None = False

    @property
    def role_name(self) -> str:
        """The name of the role, without a path; empty for other kinds."""
        if self.kind == "session":
            return self.name.split("/")[1] if ":assumed-role/" in self.name and self.name.count("/") > 1 else ""
        return self.name.rpartition("/")[2] if self.kind == "role" else ""
