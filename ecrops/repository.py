"""A live handle on one repository, and its verbs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecrops import aspects
from ecrops.access import verbs as access
from ecrops.engine.apply import OnChange
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.events import verbs as events
from ecrops.lifecycle import verbs as lifecycle
from ecrops.repositories import calls, settings, tags
from ecrops.repositories.checks import check_tag_keys, check_tags
from ecrops.spec import RepositorySpec


class Repository(lifecycle.RepositoryVerbs, access.RepositoryVerbs, events.RepositoryVerbs):
    """A repository of a registry, whether it exists or not. Get one from ``Registry.repository``.

    Every verb returns a ``Plan``: the changes that it made, false if there was nothing to do.

    The verbs ``on_…`` make rules of EventBridge: ``help(ecrops.events.RuleOptions)`` lists what all of them take, and
    without a name the rule's is made up from the kind of event, the repository and the filters.
    """

    def exists(self) -> bool:
        """Whether the repository is there."""
        self._check_account()
        return calls.is_there(self.registry.aws, self.name)

    def describe(self) -> RepositorySpec:
        """What is there, as a spec that ``ensure`` would find nothing to do for.

        Raises:
            ClientError: botocore's ``RepositoryNotFoundException``.
        """
        self._check_account()
        return aspects.describe(self.registry.aws, [self.name])[0]

    def ensure(self, *, on_change: OnChange | None = None, **fields: Any) -> Plan:
        """Create the repository, or bring it to the settings given.

        Args:
            on_change: Called on this thread with every change that was made.
            fields: The fields of a ``RepositorySpec``, without the name.

        Raises:
            SpecError: No repository can be like this.
            ConflictError: Something differs that cannot be changed, such as the encryption.
        """
        if "name" in fields:
            raise SpecError(f"name: a handle has one, {self.name!r}; Registry.repository gives another handle")
        spec = RepositorySpec.from_dict({"name": self.name, **fields})
        self._check_account()
        wanted, known = aspects.wants(self.registry.aws, [spec])
        made = self.registry.make(*wanted, known=known, on_change=on_change)
        if spec.lifecycle_rules is not None:
            self._added = list(spec.lifecycle_rules)
        return made

    def delete(self, empty_on_delete: bool = False) -> Plan:
        """Delete the repository, and wait until it is gone. Without it there is nothing to do.

        Args:
            empty_on_delete: Delete it even if it holds images, with them.

        Raises:
            ClientError: botocore's ``RepositoryNotEmptyException``: it holds images.
        """
        return self._make(settings, settings.absent(empty_on_delete))

    def add_tags(self, tags_: Mapping[str, str] | None = None, /, **more: str) -> Plan:
        """Set these tags, and leave the others."""
        wanted = check_tags({**check_tags(tags_ or {}), **more})
        return self._make(tags, tags.Include(wanted))

    def remove_tags(self, *keys: str) -> Plan:
        """Remove the tags with these keys, and leave the others."""
        return self._make(tags, tags.Exclude(check_tag_keys(keys)))
