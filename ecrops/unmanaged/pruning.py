"""From specs to wants that take away what is in none of them: what ``ensure`` and ``plan`` do besides.

Called by the verbs. It decides what goes and what stays; ``share`` refuses a plan that would take more than half.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from ecrops.aws import Aws
from ecrops.base.change import Note
from ecrops.engine.aspect import Want
from ecrops.engine.reading import Readings
from ecrops.errors import SpecError
from ecrops.events import aspect as rules_aspect
from ecrops.repositories import settings
from ecrops.repositories.deletion import WITH_THEM, images_in_words
from ecrops.unmanaged import share
from ecrops.unmanaged.managed import Managed
from ecrops.unmanaged.reading import read_unmanaged
from ecrops.unmanaged.removing import wants_of
from ecrops.unmanaged.share import Share
from ecrops.unmanaged.unmanaged import Unmanaged
from ecrops.unmanaged.values import UnmanagedGrant, UnmanagedRepository, UnmanagedRule
from ecrops.unmanaged.within import Within, check_prefix, matching


class Removal(NamedTuple):
    """What ``ensure`` and ``plan`` take away besides.

    Args:
        within: The names that are looked at.
        force: Whether more than half of what is there may be deleted.
        empty_on_delete: Whether repositories are deleted with the images in them.
    """

    within: Within
    force: bool
    empty_on_delete: bool

    @classmethod
    def of(cls, within: object, force: object, empty_on_delete: object) -> Removal:
        """Return the checked options of ``ensure`` and ``plan``.

        Raises:
            SpecError: An option is wrong, or is about a removal that is not asked for.
        """
        for name, value in (("force", force), ("empty_on_delete", empty_on_delete)):
            if not isinstance(value, bool):
                raise SpecError(f"{name}: expected True or False, got {value!r}")
            if value and within is None:
                raise SpecError(f"{name}: it is about what is in no spec: say remove_unmanaged=prefix('team/') too")
        return cls(check_prefix(within, "remove_unmanaged"), bool(force), bool(empty_on_delete))


class Going(NamedTuple):
    """What goes of what was found.

    Args:
        repositories: Those that are empty, or may go with their images.
        rules: Those of no repository that stays.
        grants: Those on no repository that stays.
        staying: The repositories that stay.
    """

    repositories: list[UnmanagedRepository]
    rules: list[UnmanagedRule]
    grants: list[UnmanagedGrant]
    staying: list[UnmanagedRepository]

    @classmethod
    def of(cls, found: Unmanaged, managed: Managed, *, empty_on_delete: bool) -> Going:
        """Decide what goes. If repositories could not be listed, nothing goes that is about one of no spec.

        Args:
            found: What is in no spec.
            managed: What the specs manage.
            empty_on_delete: Whether repositories go with the images in them.
        """
        going = [one for one in found.repositories if one.images == 0 or (one.images and empty_on_delete)]
        gone = {one.name for one in going}
        staying = [one for one in found.repositories if one.name not in gone]
        names = frozenset(one.name for one in staying)
        is_known = "repositories" in found.looked_at
        rules = [rule for rule in found.rules if is_known and rule.repository not in names]
        grants = [grant for grant in found.grants if _is_left(grant.name, managed, names, is_known=is_known)]
        return cls(going, rules, grants, staying)

    def known(self, aws: Aws, known: Readings) -> None:
        """Add what was found to what is known. A repository that goes with images is read again: all are counted."""
        for one in self.repositories:
            if one.images == 0:
                known.take(aws, (settings, one.name), one.found)
        for rule in self.rules:
            known.take(aws, (rules_aspect, rule.key), rule.found)


def of_unmanaged(aws: Aws, managed: Managed, removal: Removal, known: Readings) -> tuple[list[Want], Readings]:
    """Return the wants that take away what is in no spec, and what was read on the way.

    A repository with images stays with its rules and grants, unless it is asked for. Templates are taken away by the
    spec of the registry, if it manages them: it is about all of them.

    Args:
        aws: The account and region.
        managed: What the specs manage.
        removal: What is taken away.
        known: What was read before, or a dry run would have made.
    """
    found, known = read_unmanaged(aws, managed, removal.within, known)
    going = Going.of(found, managed, empty_on_delete=removal.empty_on_delete)
    going.known(aws, known)
    things = [*going.repositories, *going.rules, *going.grants]
    wants, known = wants_of(aws, things, removal.empty_on_delete, known)
    notes = (*(_stays(one) for one in going.staying if one.images), *map(Note, found.notes))
    totals = {kind: number for kind, number in found.looked_at.items() if kind != "creation_templates"}
    of_repositories = len(going.repositories), totals.get("repositories", 0)
    if things or notes:
        edit = Share(of_repositories, (len(things), sum(totals.values())), removal.force, notes)
        wants.append(Want(share, str(removal.within), edit))
        known[share, str(removal.within)] = ()  # it has no value, and what is read after others makes those old
    return wants, known


def _is_left(name: str, managed: Managed, staying: Collection[str], *, is_known: bool) -> bool:
    """Whether a grant may go: it is on a repository of a spec, or on none that stays. A name may be a wildcard."""
    return name in managed.repositories or (is_known and not matching(name, staying))


def _stays(repository: UnmanagedRepository) -> Note:
    holds = f"holds {images_in_words(repository.images or 0)}"
    text = f"it is in no spec, {holds}, and stays with its rules and grants: {WITH_THEM}"
    return Note(f"{repository.name}: {text}").about(repository.name)
