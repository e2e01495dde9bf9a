"""Users, roles and groups: principals with policies of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ecrops.access.principals.base import Principal, iam_arn, is_of_aws
from ecrops.aws import Arn
from ecrops.base.problems import Problems
from ecrops.errors import SpecError

_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/[\x21-\x7e]*")
LONGEST = {"user": 64, "role": 64, "group": 128}


@dataclass(frozen=True, repr=False)
class _Identity(Principal):
    """A user, role or group of IAM: a thing with policies of its own."""

    name_or_arn: str
    kind: ClassVar[str] = ""
    name: ClassVar[str]

    def _check(self, problems: Problems) -> None:
        if not isinstance(self.name_or_arn, str):
            problems.add("", f"expected the name or the ARN of a {self.kind}, got {self.name_or_arn!r}")
            return
        problems.take("", self._check_parts)

    def _check_parts(self) -> None:
        kind, _, rest = self._parsed()[2].partition("/")
        path, _, name = rest.rpartition("/")
        if kind != self.kind:
            raise SpecError(f"expected the name or the ARN of a {self.kind}, got {self.name_or_arn!r}")
        right = _NAME.fullmatch(name) and len(name) <= LONGEST[kind] and _PATH.fullmatch(f"/{path}")
        if not right:
            raise SpecError(
                f"the name of a {kind} has 1 to {LONGEST[kind]} letters, digits and '+=,.@_-', after a path if it has "
                f"one, got {rest!r}"
            )

    def _parsed(self) -> tuple[str, str, str]:
        """Partition and account, empty where only a name was given, and ``kind/path/name``."""
        if not self.name_or_arn.startswith("arn:"):
            return "", "", f"{self.kind}/{self.name_or_arn.lstrip('/')}"
        arn = iam_arn(self.name_or_arn)
        return arn.partition, arn.account, arn.resource

    @property
    def partition(self) -> str:
        """The partition, if an ARN was given."""
        return self._parsed()[0]

    @property
    def account(self) -> str:
        """The account, if an ARN was given."""
        return self._parsed()[1]

    @property
    def friendly_name(self) -> str:
        """The name without its path: what IAM's own calls take."""
        return self._parsed()[2].rpartition("/")[2]

    @property
    def is_of_aws(self) -> bool:
        """Whether AWS manages it, as far as its path says so."""
        return is_of_aws(self._parsed()[2])

    def arn(self, partition: str, account: str) -> str:
        """The ARN, with its path: what a policy names."""
        own_partition, own_account, resource = self._parsed()
        return str(Arn(own_partition or partition, "iam", "", own_account or account, resource))

    def __str__(self) -> str:
        return f"{self.kind} {self.friendly_name}"


@dataclass(frozen=True, repr=False)
class User(_Identity):
    """A user of IAM, by name (of the registry's account) or by ARN. Either may have a path.

    Raises:
        SpecError: It is neither.
    """

    kind = key = "user"


@dataclass(frozen=True, repr=False)
class Role(_Identity):
    """A role of IAM, by name (of the registry's account) or by ARN. Either may have a path.

    Raises:
        SpecError: It is neither.
    """

    kind = key = "role"


@dataclass(frozen=True, repr=False)
class Group(_Identity):
    """A group of users of the registry's account, by name or ARN. A repository policy cannot name one.

    Raises:
        SpecError: It is neither.
    """

    kind = key = "group"
