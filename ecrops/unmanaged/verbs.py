"""The verbs of a registry about what is in no spec. Called by users, through ``Registry``.

What they need is imported inside the verbs: a program that uses none need not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Never

from ecrops import aspects
from ecrops.engine.account import Account
from ecrops.engine.aspect import Want
from ecrops.engine.plan import Plan
from ecrops.engine.reading import Goal, Readings
from ecrops.repositories import settings
from ecrops.repositories.advice import DELETION, refuse_options
from ecrops.repositories.checks import check_name, check_one_by_one
from ecrops.repositories.states import absent

if TYPE_CHECKING:
    from ecrops.registry_settings.spec import RegistrySpec
    from ecrops.repositories.prefixes import Prefix
    from ecrops.spec import RepositorySpec
    from ecrops.unmanaged.unmanaged import Unmanaged
    from ecrops.unmanaged.values import Thing


class RegistryVerbs(Account):
    """What is there and in no spec, and removing it."""

    def unmanaged(
        self, *specs: RepositorySpec | RegistrySpec, within: Prefix | None = None, everything: bool = False
    ) -> Unmanaged:
        """Return what is there and in no spec. Reads only.

        What is not managed is not read:

        - repositories: always; those of a pull-through cache that the ``RegistrySpec`` lists are ECR's own;
        - EventBridge rules that ecrops made: if a spec has ``events``, be it none. Those on events of a repository that
          no spec has; with the ``events`` of a ``RegistrySpec`` also those on events of several repositories;
        - repository creation templates: if a ``RegistrySpec`` has ``creation_templates``;
        - grants that statements of ecrops hold: if a spec has ``grants``, be it none. Those on a repository that no
          spec has, or whose spec has ``grants`` and not this one, in its policy and in those of users, roles and
          groups.

        One call lists 1,000 repositories, and one more each counts the images of those found. IAM is listed once.

        Args:
            specs: All specs of the fleet, one argument each.
            within: The names that are looked at, such as ``prefix("team/")``.
            everything: Whether to look at all of the registry, in place of ``within``.

        Returns:
            What was found: iterable, and false if nothing was. What the caller may not read is a note in it.

        Raises:
            SpecError: No repository is among the specs, ``within`` is no prefix, or one that others may share.

        Example:
            ``print(registry.unmanaged(*specs, within=prefix("team/")))``
        """
        from ecrops.unmanaged.managed import Managed
        from ecrops.unmanaged.reading import read_unmanaged
        from ecrops.unmanaged.within import check_within

        checked = check_within(within, everything)
        return read_unmanaged(self.aws, Managed.of(specs), checked, Readings(self.assumed))[0]

    def remove(self, *names: str | Unmanaged | Thing, empty_on_delete: bool = False, **misspelt: Never) -> Plan:
        """Delete repositories, and wait until they are gone. One that does not exist is no error.

        It also takes what ``unmanaged`` found, or some of it: repositories, EventBridge rules, creation templates and
        grants. Of that, only what is still as it was found is deleted: a note says what stays.

        Args:
            names: The names of repositories, or what ``unmanaged`` found.
            empty_on_delete: Whether to delete those that hold images with their images.
            misspelt: No other keyword is accepted. The error says which one was probably meant.

        Raises:
            SpecError: A name is none of a repository, or there is no such option. Or it was found in another account
                or region.
            ConflictError: ``unmanaged`` found a repository with images, or images were pushed into one of them since.
            ClientError: botocore's ``RepositoryNotEmptyException``: one holds images.
        """
        refuse_options(misspelt, ["empty_on_delete"], DELETION)
        check_one_by_one(names, "remove(*names)")
        edit = absent(empty_on_delete)
        found = _found(names)
        named = dict.fromkeys(check_name(name) for name in names if name not in found)
        wants = [Want(settings, name, edit) for name in named]
        if not found:
            return self.make(*wants)
        from ecrops.unmanaged.removing import things_of, wants_of

        things = things_of(self.aws, found, named)
        of_found, known = wants_of(self.aws, things, empty_on_delete, Readings(self.assumed))
        return self.make(*wants, *of_found, known=known)

    def _wanted(
        self,
        specs: Sequence[RepositorySpec | RegistrySpec],
        remove_unmanaged: Prefix | None,
        force: bool,
        empty_on_delete: bool,
    ) -> tuple[list[Want], Mapping[Goal, Any]]:
        """Return the wants of specs, and of the removal of what is in none of them; and what was read on the way."""
        if remove_unmanaged is None and force is False and empty_on_delete is False:
            return aspects.wants(self.aws, specs, self.assumed)
        from ecrops.unmanaged.managed import Managed
        from ecrops.unmanaged.pruning import Removal, of_unmanaged

        removal, managed = Removal.of(remove_unmanaged, force, empty_on_delete), Managed.of(specs)
        begun = Readings()  # its moment is before anything is read
        wants, of_specs = aspects.wants(self.aws, specs, self.assumed)
        known = Readings(of_specs) if of_specs else begun
        known.update({goal: value for goal, value in self.assumed.items() if goal not in known})
        removals, known = of_unmanaged(self.aws, managed, removal, known)
        return [*removals, *wants], known  # what specs want comes last: it stays


def _found(names: Sequence[object]) -> list[object]:
    """Return what is no name, and was found by ``unmanaged``."""
    if all(isinstance(name, str) for name in names):
        return []
    from ecrops.unmanaged.unmanaged import Unmanaged
    from ecrops.unmanaged.values import Thing

    return [name for name in names if isinstance(name, Unmanaged | Thing)]
