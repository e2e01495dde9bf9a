"""The verbs of a repository and of a registry about lifecycle policies.

Called by users, through ``Repository`` and ``Registry``. A verb that writes makes one edit, and hands it to the
engine. The verbs that only read are in ``trials``; here is the one that reads many repositories. What is known of
policies is imported when a verb needs it: who sets no lifecycle rules does not wait for that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Never

from ecrops.aws import ClientError, code_of
from ecrops.aws.parallel import pool_of
from ecrops.base.plain_json import check_size
from ecrops.base.problems import given
from ecrops.engine.account import Account
from ecrops.engine.plan import Plan
from ecrops.engine.reading import is_of_one
from ecrops.errors import SpecError
from ecrops.lifecycle.trials import RepositoryTrials
from ecrops.repositories import calls
from ecrops.repositories.checks import check_existing_name, check_one_by_one

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ecrops.images.usage.values import Protected
    from ecrops.lifecycle.edits import GuardOption
    from ecrops.lifecycle.policy.checks import EcrRule
    from ecrops.lifecycle.policy.rule import LifecycleRule, TagStatus
    from ecrops.lifecycle.simulation.compiled import LifecyclePolicy
    from ecrops.lifecycle.simulation.result import Simulation

WHOLE_RULE = "a rule is removed by saying the whole rule again, such as tag_status='untagged', max_image_age=7"


class RepositoryVerbs(RepositoryTrials):
    """Adding, removing and replacing the lifecycle rules of a repository."""

    def __init__(self, registry: Account, name_or_arn: str) -> None:
        super().__init__(registry, name_or_arn)
        self._added: list[LifecycleRule | EcrRule] = []

    def add_lifecycle_rule(
        self,
        rule: LifecycleRule | EcrRule | None = None,
        /,
        *,
        guard: GuardOption = None,
        rule_priority: int | None = None,
        description: str | None = None,
        tag_status: Literal["any", "tagged", "untagged"] | TagStatus | None = None,
        tag_prefix_list: Sequence[str] | None = None,
        tag_pattern_list: Sequence[str] | None = None,
        max_image_count: int | None = None,
        max_image_age: timedelta | int | None = None,
        since_image_pulled: timedelta | int | None = None,
        since_image_transitioned: timedelta | int | None = None,
        storage_class: Literal["standard", "archive"] | None = None,
        transition_to: Literal["archive"] | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Add a rule to the lifecycle policy, before its ``any`` rule. The same rule twice is no change.

        Rules that are added one by one through one handle get the order that the CDK gives them when they are added
        together.

        Args:
            rule: A rule, or a dict: with the fields of one, or in ECR's own JSON form.
            guard: Limits of what the policy may remove; without it the registry's guard, ``False`` for none.
            rule_priority: This field of a ``LifecycleRule``, and the following ones: instead of ``rule``.
            description: For people.
            tag_status: Which images the rule selects, by whether they have tags.
            tag_prefix_list: Starts of tags; an image must match every entry.
            tag_pattern_list: Patterns of tags; an image must match every entry.
            max_image_count: How many images are kept.
            max_image_age: Days since the push.
            since_image_pulled: Days since the last pull.
            since_image_transitioned: Days since the image was archived.
            storage_class: Where the images are stored that the rule selects.
            transition_to: ``archive`` to archive images; without it they are deleted.
            misspelt: No other keyword is accepted. The error says which field was probably meant.

        Raises:
            SpecError: ECR would refuse the rule, or the policy with it.
            ConflictError: The guard refuses it; nothing was changed.

        Example:
            ``repo.add_lifecycle_rule(tag_status="untagged", max_image_age=7, guard=Guard(max_fraction=0.2))``
        """
        fields = given(locals(), "rule", "guard")
        from ecrops.lifecycle import aspect
        from ecrops.lifecycle.edits import Include, check_guard

        check_guard(guard)
        wanted = _one_rule(rule, fields)
        made = self._make(aspect, Include(wanted, tuple(self._added), guard))
        self._added.append(wanted)
        return made

    def remove_lifecycle_rule(
        self,
        rule: LifecycleRule | EcrRule | None = None,
        /,
        *,
        guard: GuardOption = None,
        rule_priority: int | None = None,
        description: str | None = None,
        tag_status: Literal["any", "tagged", "untagged"] | TagStatus | None = None,
        tag_prefix_list: Sequence[str] | None = None,
        tag_pattern_list: Sequence[str] | None = None,
        max_image_count: int | None = None,
        max_image_age: timedelta | int | None = None,
        since_image_pulled: timedelta | int | None = None,
        since_image_transitioned: timedelta | int | None = None,
        storage_class: Literal["standard", "archive"] | None = None,
        transition_to: Literal["archive"] | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Remove a rule from the lifecycle policy; with its last rule, the policy.

        The whole rule is needed: ``remove_lifecycle_rule(tag_status="untagged", max_image_age=7)``. Its priority may be
        left out; its description must be given. Without a rule that keeps images, a later rule may remove them: a
        guard limits that.

        Args:
            rule: The rule, or the same in ECR's own JSON form, also one that ecrops would not write.
            guard: Limits of what the policy may remove without the rule; without it the registry's guard, ``False``
                for none.
            rule_priority: This field of the rule, and the following ones, as in ``add_lifecycle_rule``: instead of
                ``rule``. Without it the rule is removed wherever it is.
            description: As the rule has it.
            tag_status: As the rule has it.
            tag_prefix_list: As the rule has it.
            tag_pattern_list: As the rule has it.
            max_image_count: As the rule has it.
            max_image_age: As the rule has it.
            since_image_pulled: As the rule has it.
            since_image_transitioned: As the rule has it.
            storage_class: As the rule has it.
            transition_to: As the rule has it.
            misspelt: No other keyword is accepted. The error says which field was probably meant.

        Raises:
            SpecError: This is no whole rule; or ECR would refuse it, and the repository has no such rule.
            ConflictError: The guard refuses it; nothing was changed.
        """
        fields = given(locals(), "rule", "guard")
        from ecrops.lifecycle import aspect
        from ecrops.lifecycle.edits import Exclude, check_guard
        from ecrops.lifecycle.policy.document import removed_rule, to_ecr

        check_guard(guard)
        try:
            wanted = removed_rule(rule) if isinstance(rule, Mapping) and not fields else _one_rule(rule, fields)
        except SpecError as error:
            raise SpecError(*error.reasons, WHOLE_RULE) from None
        made = self._make(aspect, Exclude(wanted, guard))
        if not made:  # ECR has no such rule: one that it would refuse is a mistake
            to_ecr(wanted)
        return made

    def set_lifecycle_rules(self, *rules: LifecycleRule | EcrRule, guard: GuardOption = None) -> Plan:
        """Replace the lifecycle policy by these rules; without one, remove it.

        Args:
            rules: The rules; an ``any`` rule without a priority is put last.
            guard: Limits of what the policy may remove; without it the registry's guard, ``False`` for none.

        Raises:
            SpecError: ECR would refuse the policy.
            ConflictError: The guard refuses it; nothing was changed.
        """
        from ecrops.lifecycle import aspect
        from ecrops.lifecycle.edits import Exactly, check_guard
        from ecrops.lifecycle.policy.document import check_rules

        check_guard(guard)
        if any(isinstance(rule, list | tuple) for rule in rules):
            raise SpecError("expected rules, one argument each, got a list: write set_lifecycle_rules(*rules)")
        if len(rules) == 1 and isinstance(rules[0], Mapping) and "rules" in rules[0]:
            raise SpecError("expected rules, got a whole document: write set_lifecycle_rules(*document['rules'])")
        checked = check_rules(rules)
        made = self._make(aspect, Exactly(checked, guard))
        self._added = list(checked)
        return made


class RegistryVerbs(Account):
    """Simulating the lifecycle policies of many repositories of a registry."""

    def simulate_lifecycles(
        self,
        *names: str,
        rules: LifecyclePolicy | None = None,
        now: datetime | None = None,
        never: Protected = (),
    ) -> Iterator[tuple[str, Simulation | SpecError | ClientError]]:
        """Yield the name of each repository, and what a policy would do to its images.

        As many repositories are read ahead as the registry has workers; what was yielded is not held in memory. A
        repository that is deleted after it was listed is left out. One that cannot be simulated stops no other: in
        the place of its simulation is the error, a ``SpecError`` if ecrops does not know what one of its rules does,
        or botocore's own ``ClientError`` if AWS refuses to say its policy or its images.

        Args:
            names: Names of repositories; without one, all repositories of the registry.
            rules: The policy; without it, the one that each repository has.
            now: The moment of the evaluation; the present without it.
            never: What must stay, as for ``simulate_lifecycle``.

        Raises:
            SpecError: ``rules`` are no policy that ecrops can simulate, a name is none, or ``never`` is not right.
            ClientError: botocore's ``RepositoryNotFoundException``, for a name among ``names``; or the credentials are
                not valid any more, or AWS throttles for too long.
        """
        from ecrops.images.image import describe
        from ecrops.images.usage.values import checked
        from ecrops.lifecycle import aspect
        from ecrops.lifecycle.simulation.compiled import compile_rules, rules_of
        from ecrops.lifecycle.simulation.simulate import evaluate

        desired = None if rules is None else rules_of(rules)
        compile_rules(desired or ())
        entries = checked(never)
        host = self.uri if entries else None

        def simulate(name: str) -> Simulation | SpecError | ClientError | None:
            try:
                policy = aspect.read(self.aws, name).rules if desired is None else desired
                return evaluate(policy, describe(self.aws, name), now, False, entries, (name, host))
            except Exception as error:
                if not names and isinstance(error, ClientError) and code_of(error) == calls.MISSING:
                    return None
                error.add_note(f"while simulating {name}")
                if is_of_one(error) and code_of(error) != calls.MISSING:
                    return error
                raise

        check_one_by_one(names, "simulate_lifecycles(*names)")
        wanted = [check_existing_name(name) for name in names] or (name for name, _ in calls.every(self.aws))
        return self._ahead(simulate, wanted)

    def _ahead(self, call: Callable[[str], Any], names: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """Yield the names and the results of calls, in order. Calls that return ``None`` are left out."""
        self.aws.client("ecr")
        running: deque[tuple[str, Any]] = deque()
        with pool_of(self.aws.workers) as pool:
            try:
                for name in names:
                    running.append((name, pool.submit(call, name)))
                    if len(running) > self.aws.workers:
                        yield from _result(*running.popleft())
                while running:
                    yield from _result(*running.popleft())
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


def _result(name: str, future: Any) -> Iterator[tuple[str, Any]]:
    if (result := future.result()) is not None:
        yield name, result


def _one_rule(rule: LifecycleRule | EcrRule | None, fields: Mapping[str, Any]) -> LifecycleRule | EcrRule:
    """Return the rule of a verb that takes a rule, or its fields."""
    from ecrops.lifecycle.policy.document import check_rules
    from ecrops.lifecycle.policy.rule import LifecycleRule

    if (rule is None) == (not fields):
        raise SpecError("expected one rule, or the fields of one, such as max_image_count=30")
    if rule is None:
        return LifecycleRule.from_dict(fields)
    check_size(rule)
    if isinstance(rule, list | tuple | str):
        check_size(rule)
        raise SpecError(f"expected one rule, got {rule!r}; set_lifecycle_rules takes several, one argument each")
    return check_rules([rule])[0]
