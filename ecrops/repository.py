"""A live handle of one repository, and its verbs.

Users get one from ``Registry.repository``. The verbs about lifecycle policies, grants and events are in the
``verbs.py`` of ``lifecycle``, ``access`` and ``events``; the verbs about the repository itself are here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Never

from ecrops import aspects
from ecrops.access import verbs as access
from ecrops.base.problems import given
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.events import verbs as events
from ecrops.lifecycle import verbs as lifecycle
from ecrops.repositories import calls, settings
from ecrops.repositories import tags as tag_aspect
from ecrops.repositories.advice import DELETION, refuse_options
from ecrops.repositories.checks import check_one_by_one, check_tag_keys, check_tags, uri_problem
from ecrops.repositories.states import absent
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    from ecrops.access.grants import Grant
    from ecrops.base.waits import OnWait
    from ecrops.engine.account import Account
    from ecrops.engine.aspect import Want
    from ecrops.engine.reading import Goal
    from ecrops.engine.telling import OnChange
    from ecrops.events.event import Event
    from ecrops.lifecycle.guard import Guard
    from ecrops.lifecycle.policy.rule import LifecycleRule
    from ecrops.repositories.values import EncryptionName, RepositoryEncryption, TagMutability, TagMutabilityName


class Repository(lifecycle.RepositoryVerbs, access.RepositoryVerbs, events.RepositoryVerbs):
    """A repository of a registry, whether it exists or not. Get one from ``Registry.repository``.

    Every verb returns a ``Plan``: the changes that it made, false if there was nothing to do.

    The verbs ``on_…`` make EventBridge rules. ``help(ecrops.events.RuleOptions)`` lists their options. A rule without
    a name is named after the kind of event, the repository and the filters.
    """

    def exists(self) -> bool:
        """Whether the repository exists."""
        self._check_account()
        return calls.is_there(self.registry.aws, self.name)

    def describe(self) -> RepositorySpec:
        """Return the repository as a spec for which ``ensure`` has nothing to do.

        Raises:
            ClientError: botocore's ``RepositoryNotFoundException``.
        """
        self._check_account()
        from ecrops.describing import describe

        return describe(self.registry.aws, [self.name])[0]

    def ensure(
        self,
        *positional: Never,
        image_tag_mutability: TagMutabilityName | TagMutability | None = None,
        image_tag_mutability_exclusion_filters: Sequence[str] | None = None,
        image_scan_on_push: bool | None = None,
        encryption: EncryptionName | RepositoryEncryption | None = None,
        encryption_key: str | None = None,
        lifecycle_rules: Sequence[LifecycleRule | Mapping[str, Any]] | None = None,
        lifecycle_guard: Guard | Literal[False] | None = None,
        resource_policy: Mapping[str, Any] | None = None,
        grants: Sequence[Grant | Mapping[str, Any]] | None = None,
        events: Sequence[Event] | None = None,
        tags: Mapping[str, str] | None = None,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
        **misspelt: Never,
    ) -> Plan:
        """Create the repository, or bring it to the settings given.

        The options are the fields of a ``RepositorySpec``: ``help(RepositorySpec)`` describes them. An option that is
        left out is not managed.

        Args:
            positional: All options are keywords.
            on_change: Called on this thread with every change that was made.
            on_wait: Called on this thread with a ``Wait`` before ecrops waits.
            progress: Whether to draw how far it is, on the standard error.

        Returns:
            The changes that were made; false if there was nothing to do.

        Raises:
            SpecError: No repository can be like this.
            ConflictError: Something differs that cannot be changed, such as the encryption.
        """
        fields = given(locals(), "on_change", "on_wait", "progress", "positional")
        if positional:
            is_spec = isinstance(positional[0], RepositorySpec)
            way_out = "Registry.ensure takes specs" if is_spec else "write ensure(**{...})"
            raise SpecError(f"the options of ensure are keywords, got {type(positional[0]).__name__}; {way_out}")
        if "name" in fields:
            raise SpecError(f"name: a handle has one, {self.name!r}; Registry.repository gives another handle")
        name = {"name": self.name}
        # an ARN may be of a repository whose name is a URI: it is not made, and can be changed
        spec = RepositorySpec.from_dict({**({"verbatim": name} if uri_problem(self.name) else name), **fields})
        self._check_account()
        with self.registry.telling(on_change, on_wait, progress) as registry:
            wants, known = aspects.wants(registry.aws, [spec], registry.assumed)
            plan = registry.make(*wants, known=known)
        if spec.lifecycle_rules is not None:
            self._added = list(spec.lifecycle_rules)
        return plan

    def _wanted(self, spec: RepositorySpec, registry: Account) -> tuple[list[Want], Mapping[Goal, Any]]:
        """Return the wants of a spec of this repository, and what is known of them."""
        wants, known = aspects.wants(registry.aws, [spec], registry.assumed)
        return list(wants), known

    def delete(self, empty_on_delete: bool = False, **misspelt: Never) -> Plan:
        """Delete the repository, and wait until it is gone. If it does not exist, there is nothing to do.

        Args:
            empty_on_delete: Whether to delete it with its images, if it holds any.
            misspelt: No other keyword is accepted. The error says which one was probably meant.

        Raises:
            SpecError: There is no such option.
            ClientError: botocore's ``RepositoryNotEmptyException``: it holds images.
        """
        refuse_options(misspelt, ["empty_on_delete"], DELETION)
        return self._make(settings, absent(empty_on_delete))

    def add_tags(self, tags: Mapping[str, str] | None = None, /, **more_tags: str) -> Plan:
        """Set these tags, and leave the other tags as they are."""
        checked = check_tags({**check_tags(tags or {}), **more_tags})
        return self._make(tag_aspect, tag_aspect.Include(checked))

    def remove_tags(self, *keys: str) -> Plan:
        """Remove the tags with these keys, and leave the other tags as they are."""
        check_one_by_one(keys, "remove_tags(*keys)")
        return self._make(tag_aspect, tag_aspect.Exclude(check_tag_keys(keys)))
