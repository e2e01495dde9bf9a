"""The change that deletes a repository, private or public. Pure.

Called by the aspects of a repository's existence.
"""

from __future__ import annotations

from collections.abc import Collection

from ecrops.base.change import Call, Change, Kind, Races
from ecrops.repositories import calls
from ecrops.repositories.states import Absent


def deletion(
    name: str, edit: Absent, created_at: str, images: int, service: str, needs: Collection[str] = ()
) -> Change:
    """Return the change that deletes a repository.

    Args:
        name: The repository.
        edit: The edit that removes it.
        created_at: When it was made: a later one of the same name is not deleted.
        images: How many images go with it.
        service: The service that has it.
        needs: IAM actions that the call needs besides its own.
    """
    params = {"repositoryName": name, "force": edit.empty_on_delete}
    return Change(
        owner=name,
        kind=Kind.DELETE,
        what="repository",
        before=f"with all its images, {images:,} now" if edit.empty_on_delete else "",
        removed=["with all its images"] if edit.empty_on_delete else [],
        call=Call(service, "DeleteRepository", params, needs),
        races=Races(derived=True, superseded=(calls.MISSING,)),
        makes_owner=True,
        identity=created_at,
        images=images,
        advice={"RepositoryNotEmptyException": "it holds images: empty_on_delete=True deletes it with them"},
    )
