"""What changes of managed policies take away and add, part by part. Pure.

Called by ``managed_policies``. The policies of an identity count together: what moves from one of them to another is
neither taken away nor added.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import chain

from ecrops.access.aspects import inline_policy
from ecrops.access.aspects.managed_reading import Found
from ecrops.iam.statements import Document

_Parts = frozenset[str]
_ByNumber = Mapping[int, _Parts]


class Difference:
    """The difference between the current managed policies of an identity and those after the changes.

    What a policy says is one part. That it is in force, because the policy is attached, is another one: to attach a
    policy adds nothing to what is said, and to detach it takes nothing away from that. A grant that attaches a policy
    may write it anew: what a policy said that was not in force is nobody's loss.
    """

    def __init__(
        self,
        current: Found,
        documents: Mapping[int, tuple[Document, bool]],
        unused: Collection[int],
        wanted: Collection[str],
    ) -> None:
        """Compare the current policies with those after the changes.

        Args:
            current: The current policies.
            documents: The documents that are written by number, and whether each is attached afterwards.
            unused: The numbers of the policies that are deleted.
            wanted: What the edits add, as ``edits.added_parts`` says.
        """
        self._before: _ByNumber = {
            number: _parts(policy.document, policy.attached) for number, policy in current.policies.items()
        }
        written = {number: _parts(document, attached) for number, (document, attached) in documents.items()}
        remaining = {number: parts for number, parts in self._before.items() if number not in unused}
        self._after: _ByNumber = {**remaining, **written}
        before, after = (frozenset(chain(*parts.values())) for parts in (self._before, self._after))
        attaches = any(attached for _, attached in documents.values())
        removed = before - after
        self._removed = frozenset(filter(_is_in_force, removed)) if attaches else removed
        self._added = after - before | after & {*wanted, *map(_in_force, wanted)}

    def of(self, number: int) -> tuple[_Parts, _Parts]:
        """Return what is taken away and added by the changes of one policy."""
        before, after = self._before.get(number, frozenset()), self._after.get(number, frozenset())
        return self._removed & before, self._added & after


def _parts(document: Document, attached: bool) -> _Parts:
    parts = inline_policy.parse(document).parts
    return parts.union(map(_in_force, parts)) if attached else parts


def _is_in_force(part: str) -> bool:
    return part.startswith(_in_force(""))


def _in_force(part: str) -> str:
    return f"in force: {part}"
