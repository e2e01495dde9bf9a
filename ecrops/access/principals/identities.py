"""Users, roles and groups: the principals that have IAM policies of their own. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (the lengths of names)
"""

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
MAX_LENGTH = {"user": 64, "role": 64, "group": 128}


@dataclass(frozen=True, repr=False)
class Identity(Principal):
    """The base class of users, roles and groups of IAM.

    Args:
        name_or_arn: A name, of the registry's account, or an ARN. Either may have a path.
    """

    name_or_arn: str
    kind: ClassVar[str] = ""
    name: ClassVar[str]

    def _check(self, problems: Problems) -> None:
        if not isinstance(self.name_or_arn, str):
            problems.add("", f"expected the name or the ARN of a {self.kind}, got {self.name_or_arn!r}")
            return
        problems.take("", self._check_parts)

    def _check_parts(self) -> None:
        kind, _, path_and_name = self._parsed()[2].partition("/")
        path, _, name = path_and_name.rpartition("/")
        if kind != self.kind:
            raise SpecError(f"expected the name or the ARN of a {self.kind}, got {self.name_or_arn!r}")
        is_name = _NAME.fullmatch(name) and len(name) <= MAX_LENGTH[kind]
        if not is_name or not _PATH.fullmatch(f"/{path}"):
            raise SpecError(
                f"the name of a {kind} has 1 to {MAX_LENGTH[kind]} letters, digits and '+=,.@_-', after a path if it "
                f"has one, got {path_and_name!r}"
            )

    def _parsed(self) -> tuple[str, str, str]:
        """Return partition, account and ``kind/path/name``. The first two are empty if only a name was given."""
        if not self.name_or_arn.startswith("arn:"):
            return "", "", f"{self.kind}/{self.name_or_arn.lstrip('/')}"
        arn = iam_arn(self.name_or_arn)
        return arn.partition, arn.account, arn.resource

    @property
    def partition(self) -> str:
        """The partition of the ARN; empty for a name."""
        return self._parsed()[0]

    @property
    def account(self) -> str:
        """The account of the ARN; empty for a name."""
        return self._parsed()[1]

    @property
    def friendly_name(self) -> str:
        """The name without its path, as calls of IAM take it."""
        return self._parsed()[2].rpartition("/")[2]

    @property
    def is_of_aws(self) -> bool:
        """Whether AWS manages the role, as far as its path tells."""
        return is_of_aws(self._parsed()[2])

    def arn(self, partition: str, account: str) -> str:
        """Return the ARN with its path, as policies name it. A name is in the account given here."""
        arn_partition, arn_account, resource = self._parsed()
        return str(Arn(arn_partition or partition, "iam", "", arn_account or account, resource))

    def __str__(self) -> str:
        return f"{self.kind} {self.friendly_name}"


@dataclass(frozen=True, repr=False)
class User(Identity):
    """A user of IAM, by name (in the registry's account) or by ARN. Either may have a path.

    Raises:
        SpecError: The value is neither.
    """

    kind = key = "user"


@dataclass(frozen=True, repr=False)
class Role(Identity):
    """A role of IAM, by name (in the registry's account) or by ARN. Either may have a path.

    Raises:
        SpecError: The value is neither.
    """

    kind = key = "role"


@dataclass(frozen=True, repr=False)
class Group(Identity):
    """A group of users in the registry's account, by name or ARN. A repository policy cannot name a group.

    Raises:
        SpecError: The value is neither.
    """

    kind = key = "group"
