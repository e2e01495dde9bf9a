"""Another writer acts at any call of an apply: what it writes stays, but for one moment that AWS leaves open."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecrops import Registry, RepositorySpec, pull
from ecrops.aws import Aws
from emulator import Cloud, in_memory
from support import registry_of

NAMES = ("aa", "bb", "cc", "dd")
ACCOUNTS = ("111122223333", "222233334444")
Write = tuple[int, str, str]  # before which call, to which repository, which statement
WRITES = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(NAMES), st.sampled_from(("DenyPush", "AllowList"))),
    min_size=1,
    max_size=4,
)
READ, WRITTEN = "GetRepositoryPolicy", ("SetRepositoryPolicy", "DeleteRepositoryPolicy")


class Adversary:
    """Adds statements to repository policies, each in one moment, before the calls that it was told."""

    def __init__(self, cloud: Cloud, writes: list[Write]) -> None:
        self.ecr = cloud.client("ecr")
        self.writes = writes
        self.log: list[tuple[str, str, str]] = []  # what happened, in order: operation or "foreign", repository, Sid

    def before(self, operation: str, params: dict[str, Any]) -> None:
        number = sum(entry[0] != "foreign" for entry in self.log)
        for at, name, sid in self.writes:
            if at == number:
                self.add(name, sid)
        self.log.append((operation, str(params.get("repositoryName", "")), ""))

    def add(self, name: str, sid: str) -> None:
        statements = [item for item in self.statements(name) if item["Sid"] != sid]
        effect = {"Effect": "Deny", "Action": "ecr:PutImage"} if sid == "DenyPush" else {
            "Effect": "Allow", "Action": "ecr:ListImages"}  # fmt: skip
        statements.append({"Sid": sid, "Principal": {"AWS": "arn:aws:iam::333344445555:root"}, **effect})
        text = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.ecr.set_repository_policy(repositoryName=name, policyText=text)
        self.log.append(("foreign", name, sid))

    def statements(self, name: str) -> list[dict[str, Any]]:
        try:
            policy: dict[str, Any] = json.loads(self.ecr.get_repository_policy(repositoryName=name)["policyText"])
        except self.ecr.exceptions.RepositoryPolicyNotFoundException:
            return []
        return list(policy["Statement"])

    def must_stay(self) -> set[tuple[str, str]]:
        """The foreign statements that were not written between a reading of ours and the write right after it.

        No call of ECR compares and swaps: in that one moment, and in no other, another writer may lose.
        """
        stays = set()
        for place, (event, name, sid) in enumerate(self.log):
            if event != "foreign":
                continue
            before = [entry[:2] for entry in self.log[:place] if entry[0] != "foreign"]
            after = [entry[:2] for entry in self.log[place:] if entry[0] != "foreign"]
            in_between = before[-1:] == [(READ, name)] and after[:1] in ([(write, name)] for write in WRITTEN)
            if not in_between:
                stays.add((name, sid))
        return stays


@pytest.mark.parametrize("approved", [True, False])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(writes=WRITES, first=st.booleans())
def test_what_another_writer_writes_during_an_apply_stays(approved: bool, writes: list[Write], first: bool) -> None:
    with in_memory() as cloud:
        registry: Registry = registry_of(cloud, workers=1)
        registry.ensure(*(RepositorySpec(name, grants=[pull(ACCOUNTS[1])] if first else []) for name in NAMES))
        specs = [RepositorySpec(name, grants=[pull(ACCOUNTS[0])]) for name in NAMES]
        plan = registry.plan(*specs) if approved else None
        adversary = Adversary(cloud, writes)
        once = Aws.once

        def interleaved(self: Aws, service: str, operation: str, params: Any, *args: Any) -> dict[str, Any]:
            adversary.before(operation, dict(params))
            return once(self, service, operation, params, *args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Aws, "once", interleaved)
            if plan is not None:
                registry.apply(plan)
            else:
                registry.ensure(*specs)
        for name, sid in adversary.must_stay():
            assert sid in {statement["Sid"] for statement in adversary.statements(name)}, (name, sid, adversary.log)
        for name in NAMES:
            assert ACCOUNTS[0] in json.dumps(adversary.statements(name))
        assert not registry.ensure(*specs)
