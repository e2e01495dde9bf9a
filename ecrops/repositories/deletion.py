"""The change that deletes a repository, private or public. Pure.

Called by the aspects of a repository's existence.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ecrops.base.change import Call, Change, Kind, Races
from ecrops.base.conflicts import conflict
from ecrops.base.render import count
from ecrops.repositories import calls
from ecrops.repositories.states import Absent, AsFound, Settings
from ecrops.repositories.values import ECR

MOST_COUNTED = calls.PAGE
"""The images that are counted of a repository in no spec: one page of them."""
AGAIN = "somebody uses it: look at it, and find again what is in no spec"
WITH_THEM = "empty_on_delete=True deletes it with them"


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
        advice={"RepositoryNotEmptyException": f"it holds images: {WITH_THEM}"},
    )


def of_found(name: str, edit: AsFound, current: Settings, needs: Collection[str] = ()) -> Change:
    """Return the change that deletes a repository as it was found, or the conflict if that is not what is there.

    One that was empty is deleted without the power to delete images: ECR refuses that if somebody pushed one since.

    Args:
        name: The repository.
        edit: The edit that removes it.
        current: The repository as it is now.
        needs: As in ``deletion``.
    """
    found = edit.found
    if not current.is_as(found):
        before = "made anew, or its settings changed, since it was found"
        return conflict(name, "repository", before, advice=f"{name}: {AGAIN}")
    if found.images and not edit.empty_on_delete:
        return conflict(name, "repository", f"with {images_in_words(found.images)}", advice=f"{name}: {WITH_THEM}")
    if found.images and min(current.images, MOST_COUNTED) > found.images:
        after = f"with {count(found.images, 'image')}, as it was found"
        return conflict(name, "repository", f"with {count(current.images, 'image')}", after, f"{name}: {AGAIN}")
    absent = Absent(empty_on_delete=bool(found.images))
    change = deletion(name, absent, current.created_at, current.images, ECR, needs)
    return replace(change, advice={"RepositoryNotEmptyException": f"it was empty when it was found: {AGAIN}"})


def images_in_words(images: int) -> str:
    """Return how many images a repository was found with. More than a page of them are not counted."""
    return count(images, "image") if images < MOST_COUNTED else f"{images:,} images or more"
