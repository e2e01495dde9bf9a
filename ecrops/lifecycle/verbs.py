"""The verbs of a repository about its lifecycle policy."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ecrops.aws import ClientError, code_of
from ecrops.engine.account import Account
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.lifecycle import aspect
from ecrops.lifecycle.edits import Exactly, Exclude, Include, check_guard
from ecrops.lifecycle.policy.checks import Rule
from ecrops.lifecycle.policy.document import check_rules
from ecrops.lifecycle.policy.rule import LifecycleRule
from ecrops.repositories import calls
from ecrops.repositories.checks import check_name
from ecrops.repositories.handle import Handle

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ecrops.images.image import Image
    from ecrops.lifecycle.edits import Guarding
    from ecrops.lifecycle.policy.document import Rules
    from ecrops.lifecycle.simulation.compare import Comparison
    from ecrops.lifecycle.simulation.compiled import Policy
    from ecrops.lifecycle.simulation.result import Simulation

WHOLE = "a rule is removed by saying the whole rule again, such as tag_status='untagged', max_image_age=7"


class RepositoryVerbs(Handle):
    """Adding, removing and replacing the rules of a repository."""

    def __init__(self, registry: Account, name_or_arn: str) -> None:
        super().__init__(registry, name_or_arn)
        self._added: list[LifecycleRule | Rule] = []

    def add_lifecycle_rule(
        self, rule: LifecycleRule | Rule | None = None, /, *, guard: Guarding = None, **fields: Any
    ) -> Plan:
        """Add a rule to the lifecycle policy, before its ``any`` rule. The same rule twice is no change.

        Rules that are added one by one through one handle are in the order that the CDK gives them at once.

        Args:
            rule: A rule, or one in ECR's own JSON form.
            guard: What the policy may take away with it; the registry's without it, ``False`` for none.
            fields: The fields of a ``LifecycleRule``, instead of a rule.

        Raises:
            SpecError: ECR would refuse the rule, or the policy with it.
            ConflictError: The guard refuses it; nothing was changed.
        """
        check_guard(guard)
        wanted = _one_rule(rule, fields)
        made = self._make(aspect, Include(wanted, tuple(self._added), guard))
        self._added.append(wanted)
        return made

    def remove_lifecycle_rule(
        self, rule: LifecycleRule | Rule | None = None, /, *, guard: Guarding = None, **fields: Any
    ) -> Plan:
        """Remove a rule from the lifecycle policy, wherever it stands; with the last one, the policy.

        The whole rule is said again: ``remove_lifecycle_rule(tag_status="untagged", max_image_age=7)``. Its priority
        may be left out, its description not. Without a rule that keeps images, a later one may take them: that is
        what a guard is for here.

        Args:
            rule: The rule, or the same in ECR's own JSON form.
            guard: What the policy may take away without the rule; the registry's without it, ``False`` for none.
            fields: The fields of the rule, all of them, instead of a rule.

        Raises:
            SpecError: This is no whole rule.
            ConflictError: The guard refuses it; nothing was changed.
        """
        check_guard(guard)
        return self._make(aspect, Exclude(_whole_rule(rule, fields), guard))

    def set_lifecycle_rules(self, *rules: LifecycleRule | Rule, guard: Guarding = None) -> Plan:
        """Replace the lifecycle policy by these rules; without one, remove it.

        Args:
            rules: The rules; ``any`` goes last by itself.
            guard: What the policy may take away; the registry's without it, ``False`` for none.

        Raises:
            SpecError: ECR would refuse the policy.
            ConflictError: The guard refuses it; nothing was changed.
        """
        check_guard(guard)
        if any(isinstance(rule, list | tuple) for rule in rules):
            raise SpecError("expected rules, one argument each, got a list: write set_lifecycle_rules(*rules)")
        made = self._make(aspect, Exactly(check_rules(rules), guard))
        self._added = list(rules)
        return made

    # Nothing below writes

    def images(self, *, references: bool = False) -> Iterator[Image]:
        """All images of the repository, archived ones too, page after page as they are asked for.

        Args:
            references: Whether to learn which images are parts of an index. All images are read first then, and the
                manifests of the indexes, which needs ``ecr:BatchGetImage``. ECR counts that as a pull of the index, so
                that a rule by ``since_image_pulled`` sees it as used:
                https://github.com/aws/containers-roadmap/issues/2390

        Raises:
            ClientError: botocore's ``RepositoryNotFoundException``.
        """
        from ecrops.images import image

        self._check_account()
        aws, name = self.registry.aws, self.name
        found = image.describe(aws, name)
        return iter(image.with_references(aws, name, found)) if references else found

    def simulate_lifecycle(
        self,
        rules: Policy | None = None,
        *,
        now: datetime | None = None,
        references: bool = False,
        count_referrers: bool = False,
    ) -> Simulation:
        """What a policy would do to the images that are there, by ecrops' own evaluation. Changes nothing.

        Args:
            rules: The policy; without it, the one that is stored.
            now: The moment to evaluate it at; the present without it.
            references: As for ``images``. Without it the parts of an index that stays are taken for images that go.
            count_referrers: As for ``ecrops.lifecycle.simulate``.

        Raises:
            SpecError: ECR would refuse the policy, or ecrops does not know what a rule of it does.
            ClientError: botocore's ``RepositoryNotFoundException``.
        """
        from ecrops.lifecycle.simulation.simulate import evaluate

        policy = self._policy(rules)
        return evaluate(policy, self.images(references=references), now, count_referrers)

    def preview_lifecycle(
        self,
        rules: Policy | None = None,
        *,
        timeout: float = 600,
        on_wait: Callable[[float], object] | None = None,
    ) -> Simulation:
        """What ECR itself says that a policy would do: its preview, waited for. Changes no image.

        Args:
            rules: The policy; without it, the one that is stored.
            timeout: Seconds to wait; another preview of this repository is waited for as well.
            on_wait: Called with the seconds waited so far, before each wait.

        Raises:
            PreviewError: ECR says that the preview failed or expired.
            DeadlineError: It is not finished in time.
            SpecError: ECR would refuse the policy, or the timeout is no number of at least 0.
            ClientError: botocore's ``LifecyclePolicyNotFoundException``: no rules were given, and none are stored.
        """
        from ecrops.lifecycle.simulation.preview import Patience, preview

        patience = Patience(self.registry.aws, timeout, on_wait)
        wanted = None if rules is None else self._policy(rules)
        return preview(self.registry.aws, self.name, wanted, self.images(), patience)

    def check_lifecycle(
        self,
        rules: Policy | None = None,
        *,
        timeout: float = 600,
        on_wait: Callable[[float], object] | None = None,
        count_referrers: bool = False,
    ) -> Comparison:
        """Where ecrops' evaluation (``before``) and ECR's preview (``after``) of a policy differ: false if nowhere.

        Takes the arguments of ``preview_lifecycle`` and ``simulate_lifecycle``, and raises their errors.
        """
        from ecrops.lifecycle.simulation.compare import marked, side_by_side
        from ecrops.lifecycle.simulation.preview import Patience, preview
        from ecrops.lifecycle.simulation.simulate import evaluate

        patience = Patience(self.registry.aws, timeout, on_wait)
        policy, known = self._policy(rules), list(self.images())
        simulated = evaluate(policy, known, None, count_referrers)
        previewed = preview(self.registry.aws, self.name, None if rules is None else policy, known, patience)
        return side_by_side(simulated, previewed, marked)

    def _policy(self, rules: Policy | None) -> Rules:
        from ecrops.lifecycle.simulation.compiled import rules_of

        self._check_account()
        return aspect.read(self.registry.aws, self.name).rules if rules is None else rules_of(rules)


class RegistryVerbs(Account):
    """The same for all repositories of a registry."""

    def simulate_lifecycles(
        self, *names: str, rules: Policy | None = None, now: datetime | None = None
    ) -> Iterator[tuple[str, Simulation]]:
        """What a policy would do to the images of repositories: one after the other, as they are asked for.

        As many are read ahead as the registry has workers; what was yielded is not held. A repository that is deleted
        after it was listed is left out.

        Args:
            names: Of repositories; all repositories of the registry without one.
            rules: The policy; without it, the one that each repository has.
            now: The moment to evaluate it at; the present without it.

        Raises:
            SpecError: As for ``Repository.simulate_lifecycle``.
            ClientError: botocore's ``RepositoryNotFoundException``, for names that are given.
        """
        from ecrops.images.image import describe
        from ecrops.lifecycle.simulation.compiled import clauses_of, rules_of
        from ecrops.lifecycle.simulation.simulate import evaluate

        given = None if rules is None else rules_of(rules)
        clauses_of(given or ())

        def one(name: str) -> Simulation | None:
            try:
                policy = aspect.read(self.aws, name).rules if given is None else given
                return evaluate(policy, describe(self.aws, name), now)
            except Exception as error:
                if not names and isinstance(error, ClientError) and code_of(error) == calls.MISSING:
                    return None
                error.add_note(f"while simulating {name}")
                raise

        known = [check_name(name) for name in names] or (name for name, _ in calls.every(self.aws))
        return self._ahead(one, known)

    def _ahead(self, do: Callable[[str], Any], names: Iterable[str]) -> Iterator[tuple[str, Any]]:
        self.aws.client("ecr")
        running: deque[tuple[str, Any]] = deque()
        with self.aws.pool(self.aws.workers) as pool:
            try:
                for name in names:
                    running.append((name, pool.submit(do, name)))
                    if len(running) > self.aws.workers:
                        yield from _result(*running.popleft())
                while running:
                    yield from _result(*running.popleft())
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


def _result(name: str, future: Any) -> Iterator[tuple[str, Any]]:
    if (found := future.result()) is not None:
        yield name, found


def _one_rule(rule: LifecycleRule | Rule | None, fields: Mapping[str, Any]) -> LifecycleRule | Rule:
    if (rule is None) == (not fields):
        raise SpecError("expected one rule, or the fields of one, such as max_image_count=30")
    if rule is None:
        return LifecycleRule.from_dict(fields)
    check_rules([rule])
    return rule


def _whole_rule(rule: LifecycleRule | Rule | None, fields: Mapping[str, Any]) -> LifecycleRule | Rule:
    try:
        return _one_rule(rule, fields)
    except SpecError as error:
        raise SpecError(*error.reasons, WHOLE) from None
