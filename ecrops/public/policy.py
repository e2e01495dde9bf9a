"""The aspect of the policy of a public repository: that of a private one, with the calls of ``ecr-public``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ecrops.access.aspects import repository_policy
from ecrops.access.edits import Edit
from ecrops.aws import Aws
from ecrops.base.change import Change, Note
from ecrops.engine.aspect import Read
from ecrops.iam.statements import Document
from ecrops.public import existence
from ecrops.repositories.values import PUBLIC

base = existence


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each repository."""
    return repository_policy.reads(aws, wants, PUBLIC)


def changes(name: str, edits: Sequence[Edit], current: Document | None) -> Iterator[Change | Note]:
    """Overwrite the policy in place, or delete it if nothing remains of it."""
    return repository_policy.changes(name, edits, current, PUBLIC)


after, verify = repository_policy.after, repository_policy.verify
