"""Grants on public repositories. Called by ``PublicRepository``.

Everybody can pull, without a grant: a grant is for those who push. The rules are those of private repositories, with
other actions and another token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ecrops.access.actions import PUBLIC_PUSH
from ecrops.access.grants import Grant
from ecrops.access.sides import Kind
from ecrops.public import policy
from ecrops.repositories.values import PUBLIC


class PublicGrant(Grant):
    """A principal may do something with a public repository."""

    __slots__ = ()
    service: ClassVar[str] = PUBLIC
    verbs: ClassVar[Mapping[str, tuple[tuple[str, ...], bool]]] = {"push": (PUBLIC_PUSH, True)}


KIND = Kind(PUBLIC, policy, PublicGrant)
