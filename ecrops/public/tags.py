"""The aspect of the tags of a public repository: that of a private one, with the calls of ``ecr-public``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ecrops.aws import Aws
from ecrops.engine.aspect import Read
from ecrops.public import existence
from ecrops.repositories import tags
from ecrops.repositories.values import PUBLIC

base = existence


def reads(aws: Aws, wants: Mapping[str, Sequence[tags.Edit]]) -> Iterator[Read]:
    """Yield one reading for each repository."""
    return tags.reads(aws, wants, PUBLIC)


changes, after, verify = tags.changes, tags.after, tags.verify
