"""The verbs of a repository that try lifecycle policies on its images, and the one that carries them out at once.

Called by users, through ``Repository``. The simulation is imported when a verb needs it: a script that only sets
policies does not wait for that. Only ``run_lifecycle`` writes; but ECR counts ``references=True`` as pulls of indexes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecrops.images.verbs import RepositoryVerbs

if TYPE_CHECKING:
    from datetime import datetime

    from ecrops.base.waits import OnWait
    from ecrops.engine.plan import Plan
    from ecrops.engine.telling import OnChange
    from ecrops.images.usage.values import Protected
    from ecrops.lifecycle.edits import GuardOption
    from ecrops.lifecycle.policy.document import Rules
    from ecrops.lifecycle.simulation.compare import Comparison
    from ecrops.lifecycle.simulation.compiled import LifecyclePolicy
    from ecrops.lifecycle.simulation.result import Simulation


class RepositoryTrials(RepositoryVerbs):
    """Trying lifecycle policies on the images of a repository."""

    def simulate_lifecycle(
        self,
        rules: LifecyclePolicy | None = None,
        *,
        now: datetime | None = None,
        references: bool = False,
        count_referrers: bool = False,
        never: Protected = (),
    ) -> Simulation:
        """Return what a policy would do to the current images, by ecrops' own evaluation. Changes nothing.

        Args:
            rules: The policy; without it, the current one.
            now: The moment of the evaluation; the present without it.
            references: As for ``images``. Without it, the simulation removes parts of indexes that ECR would keep.
            count_referrers: As for ``ecrops.lifecycle.simulate``.
            never: What must stay, as for ``Guard``, such as ``ecrops.images.in_use()``: the simulation says which
                images the policy removes though they run.

        Raises:
            SpecError: ECR would refuse the policy, ecrops does not know what one of its rules does, or ``never`` has
                something that is no image.
            ClientError: botocore's ``RepositoryNotFoundException``.
        """
        from ecrops.images.usage.values import checked
        from ecrops.lifecycle.simulation.simulate import evaluate

        entries = checked(never)
        policy = self._policy(rules)
        place = self.name, self.registry_uri if entries else None
        return evaluate(policy, self.images(references=references), now, count_referrers, entries, place)

    def preview_lifecycle(
        self,
        rules: LifecyclePolicy | None = None,
        *,
        timeout: float = 600,
        on_wait: OnWait | None = None,
    ) -> Simulation:
        """Return what ECR itself says that a policy would do: run its preview, and wait for it. Changes no image.

        Args:
            rules: The policy; without it, the current one.
            timeout: Seconds to wait, also for another preview of this repository that is running.
            on_wait: Called on this thread with a ``Wait`` before each wait.

        Raises:
            PreviewError: ECR says that the preview failed or expired.
            DeadlineError: It is not finished in time.
            SpecError: ECR would refuse the policy, or the timeout is not a number of at least 0.
            ClientError: botocore's ``LifecyclePolicyNotFoundException``: ``rules`` is ``None``, and the repository has
                no policy.
        """
        from ecrops.lifecycle.simulation.preview import Waiter, preview

        with self.registry.telling(on_wait=on_wait) as registry:
            waiter = Waiter(registry.aws, timeout)
            policy = None if rules is None else self._policy(rules)
            return preview(registry.aws, self.name, policy, self.images(), waiter)

    def check_lifecycle(
        self,
        rules: LifecyclePolicy | None = None,
        *,
        timeout: float = 600,
        on_wait: OnWait | None = None,
        count_referrers: bool = False,
    ) -> Comparison:
        """Compare ecrops' evaluation of a policy (``before``) with ECR's preview (``after``). False if they agree.

        Takes the arguments of ``preview_lifecycle`` and ``simulate_lifecycle``, and raises their errors.
        """
        from ecrops.lifecycle.simulation.compare import comparison, marked_by
        from ecrops.lifecycle.simulation.preview import Waiter, preview
        from ecrops.lifecycle.simulation.simulate import evaluate

        with self.registry.telling(on_wait=on_wait) as registry:
            waiter = Waiter(registry.aws, timeout)
            policy, images = self._policy(rules), list(self.images())
            simulated = evaluate(policy, images, None, count_referrers)
            previewed = preview(registry.aws, self.name, None if rules is None else policy, images, waiter)
            return comparison(simulated, previewed, marked_by)

    def run_lifecycle(
        self,
        rules: LifecyclePolicy | None = None,
        *,
        never: Protected = (),
        guard: GuardOption = None,
        references: bool = True,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> Plan:
        """Do at once what a lifecycle policy would do, by ecrops' own evaluation. ECR itself may take 24 hours.

        What goes is decided by the images that there are now. An approved plan is derived anew from what there is when
        it is applied: an image that was pulled, tagged or restored since stays, and so do images that came since. Parts
        of an index that stays, and what is about an image that stays, are never deleted. An image that goes to the
        archive cannot be pulled from then on.

        Args:
            rules: The policy; without it, the current one. It is not written.
            never: What must stay, as for ``Guard``, such as ``ecrops.images.in_use()``. These images are left out, with
                all that belongs to them; a note says so. What a guard protects is a conflict instead.
            guard: Limits of what may go; without it the registry's guard, ``False`` for none.
            references: Whether to find out which images are parts of an index, as for ``images``. Without it, parts
                of indexes are sent that ECR refuses to delete.
            on_change: Called with every change that was made.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how far it is, on the standard error.

        Returns:
            What was done; with ``dry_run``, what would be: which images, why, how many bytes, and what stays.

        Raises:
            SpecError: ECR would refuse the policy, or ecrops does not know what one of its rules does.
            ConflictError: The guard refuses it; nothing was changed.
            ClientError: botocore's ``RepositoryNotFoundException``.
        """
        from ecrops.lifecycle.run import run_lifecycle

        return run_lifecycle(
            self,
            rules,
            never,
            guard,
            references=references,
            on_change=on_change,
            on_wait=on_wait,
            progress=progress,
        )

    def _policy(self, rules: LifecyclePolicy | None) -> Rules:
        """Return canonical rules: those of a policy, or the current ones."""
        from ecrops.lifecycle import aspect
        from ecrops.lifecycle.simulation.compiled import rules_of

        self._check_account()
        return aspect.read(self.registry.aws, self.name).rules if rules is None else rules_of(rules)
