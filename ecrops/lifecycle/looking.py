"""What a repository, and a registry, can be asked about lifecycle policies. Nothing here writes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ecrops import ecr
from ecrops.account import Account
from ecrops.aws import ClientError, code_of
from ecrops.checks import check_name
from ecrops.handle import Handle
from ecrops.lifecycle import aspect

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ecrops.lifecycle.clauses import Policy
    from ecrops.lifecycle.comparison import Comparison
    from ecrops.lifecycle.document import Rules
    from ecrops.lifecycle.images import Image
    from ecrops.lifecycle.simulation import Simulation


class LifecycleLooking(Handle):
    """Images, and what a policy would do to them."""

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
        from ecrops.lifecycle import images

        self._check_account()
        aws, name = self.registry.aws, self.name
        found = images.describe(aws, name)
        return iter(images.with_references(aws, name, found)) if references else found

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
        from ecrops.lifecycle.evaluation import evaluate

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
        from ecrops.lifecycle.preview import Patience, preview

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
        from ecrops.lifecycle.comparison import marked, side_by_side
        from ecrops.lifecycle.evaluation import evaluate
        from ecrops.lifecycle.preview import Patience, preview

        patience = Patience(self.registry.aws, timeout, on_wait)
        policy, known = self._policy(rules), list(self.images())
        simulated = evaluate(policy, known, None, count_referrers)
        previewed = preview(self.registry.aws, self.name, None if rules is None else policy, known, patience)
        return side_by_side(simulated, previewed, marked)

    def _policy(self, rules: Policy | None) -> Rules:
        from ecrops.lifecycle.clauses import rules_of

        self._check_account()
        return aspect.read(self.registry.aws, self.name).rules if rules is None else rules_of(rules)


class RegistryLooking(Account):
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
        from ecrops.lifecycle.clauses import clauses_of, rules_of
        from ecrops.lifecycle.evaluation import evaluate
        from ecrops.lifecycle.images import describe

        given = None if rules is None else rules_of(rules)
        clauses_of(given or ())

        def one(name: str) -> Simulation | None:
            try:
                policy = aspect.read(self.aws, name).rules if given is None else given
                return evaluate(policy, describe(self.aws, name), now)
            except Exception as error:
                if not names and isinstance(error, ClientError) and code_of(error) == ecr.MISSING:
                    return None
                error.add_note(f"while simulating {name}")
                raise

        known = [check_name(name) for name in names] or (name for name, _ in ecr.every(self.aws))
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
