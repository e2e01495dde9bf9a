"""The world of the tests: what is there at first, what is wanted of it, and what must be true afterwards."""

from __future__ import annotations

from collections.abc import Callable

from botocore.exceptions import ClientError

from ecrops import EcropsError, LifecycleRule, Plan, Registry, RepositorySpec, RetryPolicy, Role, pull
from ecrops.engine.turns import TURNS
from ecrops.events import Target, on_image_pushed
from ecrops.testing import Cloud
from support import registry_of

from .cells import ASPECTS, QUEUE
from .watch import Watch
from .writers import RULE, Writers

NAMES = ("aa", "bb", "cc")
GROUP = f"arn:aws:logs:eu-west-1:{Cloud.account}:log-group:/g"
FIRST, SECOND = "111122223333", "222233334444"
ROOT = f"arn:aws:iam::{Cloud.account}:root"


def document(sid: str) -> dict[str, object]:
    """A repository policy of the user's own."""
    statement = {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "ecr:BatchGetImage"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def keep(count: int) -> LifecycleRule:
    """A rule whose number tells it from others."""
    return LifecycleRule(max_image_count=count)


OURS = on_image_pushed(RULE, targets=[Target(QUEUE, id="ours"), GROUP])
MANAGED = pull(Role("deploy"), attach="managed")
FLEET = [
    RepositorySpec("aa", grants=[pull(FIRST), pull(Role("ci"))], events=[OURS]),
    RepositorySpec(
        "bb",
        tags={"team": "a"},
        lifecycle_rules=[keep(301)],
        resource_policy=document("Mine"),
        image_tag_mutability="IMMUTABLE",
        grants=[MANAGED],
    ),
    RepositorySpec("cc", tags={}, lifecycle_rules=[], grants=[pull(SECOND), pull(Role("ci")), MANAGED]),
]
BEFORE = [
    RepositorySpec("aa", grants=[pull(SECOND)], lifecycle_rules=[keep(302)], events=[]),
    RepositorySpec("bb", tags={"team": "b", "cost": "1"}, lifecycle_rules=[keep(303)], resource_policy=document("Old")),
    RepositorySpec("cc", tags={"cost": "1"}, lifecycle_rules=[keep(304)], grants=[MANAGED]),
]

Act = Callable[[Registry], Plan]
ACTS: dict[str, Act] = {
    "fleet": lambda registry: registry.ensure(*FLEET),
    "exact": lambda registry: registry.ensure(
        *(RepositorySpec(name, lifecycle_rules=[keep(305)], resource_policy=document("Mine")) for name in NAMES)
    ),
    "one of many": lambda registry: registry.ensure(
        *(RepositorySpec(name, grants=[pull(FIRST)] if name == "bb" else [], tags={"team": "a"}) for name in NAMES)
    ),
    "no events": lambda registry: registry.ensure(RepositorySpec("aa", events=[])),
    "add_lifecycle_rule": lambda registry: registry.repository("aa").add_lifecycle_rule(
        tag_prefix_list=["dev"], max_image_count=306
    ),
    "remove_lifecycle_rule": lambda registry: registry.repository("aa").remove_lifecycle_rule(max_image_count=302),
    "grant_pull": lambda registry: registry.repository("aa").grant_pull(Role("ci")),
    "revoke": lambda registry: registry.repository("aa").revoke(Role("ci")),
    "set_resource_policy": lambda registry: registry.repository("aa").set_resource_policy(document("Mine")),
    "add_to_resource_policy": lambda registry: registry.repository("aa").add_to_resource_policy(
        {"Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
    ),
    "add_tags": lambda registry: registry.repository("aa").add_tags(team="a"),
    "on_image_pushed": lambda registry: registry.repository("aa").on_image_pushed(
        RULE, target=Target(QUEUE, id="ours"), description="ours"
    ),
    "remove_target": lambda registry: registry.rule(RULE).remove_target("ours"),
    "remove_rule": lambda registry: registry.rule(RULE).remove(),
}
LONG = ("fleet", "exact", "one of many")
"""The acts that write several owners, or read several."""
STARTS: dict[str, Act] = {
    "bare": lambda registry: Plan(),
    "before": lambda registry: registry.ensure(*BEFORE),
    "done": lambda registry: registry.ensure(*FLEET),
}


class Judged:
    """What is wanted of an emulated AWS, an apply of it that is watched, and what must be true afterwards.

    Args:
        cloud: The emulated AWS, with what was made before.
        act: What is wanted.
        watch: The watch.
        approved: Whether the plan is made first and applied then.
    """

    def __init__(self, cloud: Cloud, act: Act, watch: Watch, *, approved: bool) -> None:
        self.cloud, self.watch = cloud, watch
        self._act = act
        self.notes: tuple[str, ...] = ()
        self.plan = self.wanted() if approved else None
        cloud.calls.clear()

    def registry(self, *, dry_run: bool = False) -> Registry:
        """A registry that has read nothing yet."""
        retry = RetryPolicy(sleep=self.watch.wait)
        return registry_of(self.cloud, workers=1, retry=retry, dry_run=dry_run)

    def wanted(self) -> Plan:
        """What is missing now, with a registry that has read nothing yet."""
        return self._act(self.registry(dry_run=True))

    def make(self) -> Plan:
        """Make what is wanted, unwatched."""
        return self._act(self.registry())

    def aspect_of(self, aspect: str) -> str:
        """The aspect of cells that an aspect of ecrops is about."""
        return ASPECTS[aspect.removeprefix("ecrops.")]

    def run(self) -> Exception | None:
        """Apply, and return the error if it failed."""
        registry = self.registry()
        with self.watch.watching():
            try:
                done = self._act(registry) if self.plan is None else registry.apply(self.plan)
                self.notes = done.notes
            except (EcropsError, ExceptionGroup, ClientError) as error:
                return error
        return None

    def check(self, error: Exception | None) -> None:
        """Assert the promise: see ``tests/adversaries/test_writers.py``."""
        watch = self.watch
        story = f"{watch.story()}\n{error!r}"
        assert not watch.unsaid(), f"{watch.unsaid()}\n{story}"
        if self.plan is not None:
            for change in watch.changes:
                approved = frozenset[tuple[str, str]]().union(
                    *(other.parts for other in self.plan if other.owner == change.owner)
                )
                assert change.parts <= approved, f"{change}: {change.parts - approved}\n{story}"
        if error is None:
            missing = [change for change in self.wanted() if not self._is_excused(change.owner, change.aspect)]
            assert not missing, f"{[str(change) for change in missing]}\n{story}"

    def _is_excused(self, owner: str, aspect: str) -> bool:
        """Whether something may be missing: a writer came after our last reading, a note says so, nobody approved."""
        is_approved = self.plan is None or any((owner, aspect) == (each.owner, each.aspect) for each in self.plan)
        is_said = any(note.startswith(owner) and "was lost" in note for note in self.notes)
        return is_said or not is_approved or self.watch.is_touched_late(owner, self.aspect_of(aspect))


class World(Judged):
    """An emulated AWS with three repositories, and everything that they send to or grant to.

    Args:
        cloud: The emulated AWS.
        act: What is wanted: one of ``ACTS``.
        start: What was made before: one of ``STARTS``.
        approved: Whether the plan is made first and applied then.
    """

    def __init__(self, cloud: Cloud, act: str, start: str, *, approved: bool) -> None:
        TURNS.renew()
        self.writers = Writers(cloud)
        for name in NAMES:
            cloud.client("ecr").create_repository(repositoryName=name)
        for role in ("ci", "deploy"):
            cloud.emulator.make_principals(role=role)
        cloud.client("sqs").create_queue(QueueName="pushes")
        cloud.client("logs").create_log_group(logGroupName="/g")
        watch = Watch(cloud, approved=approved)
        STARTS[start](registry_of(cloud, workers=1, retry=RetryPolicy(sleep=watch.wait)))
        super().__init__(cloud, ACTS[act], watch, approved=approved)

    def write(self, kind: str, name: str, number: int) -> None:
        """Let another writer write."""
        self.watch.act(lambda: self.writers.write(kind, name, number), f"{kind} {name} {number}")
