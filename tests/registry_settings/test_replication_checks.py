"""What is refused of replication rules before any call, or before any write."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import Registry, SpecError
from ecrops.registry_settings import RegistrySpec, ReplicationRule
from ecrops.testing import Client, Cloud

from .replication_rules import OTHER, OWN, put, rule


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    return cloud.client("ecr")


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"prefix": "prod/*", "to": ["us-east-1"]}, r"without \*: 'prod/'"),
        ({"prefix": "*", "to": ["us-east-1"]}, "leave it out for every repository"),
        ({"prefix": "p", "to": ["us-east-1"]}, "2 to 256 lower-case characters"),
        ({"prefix": ["Prod"], "to": ["us-east-1"]}, "got 'Prod'"),
        ({"prefix": [f"a{n}" for n in range(101)]}, "100 filters in a rule at most, got 101"),
        ({"to": "us-east-1"}, r"write \['us-east-1'\]"),
        ({"to": ["us-east"]}, "got 'us-east'"),
        ({"to": ["1111/us-east-1"]}, "got '1111/us-east-1'"),
        ({"to": [f"{OTHER}/"]}, "got '111122223333/'"),
        ({"to": ["moon-north-1"]}, "got 'moon-north-1'"),
        ({"to": ["us-east-1"], "delete_replication": "yes"}, "expected True, False or None"),
        ({}, "a rule without prefix and destinations says nothing"),
        ({"destinations": ["us-east-1"]}, "write to="),
        ({"to": [f"{OTHER[:-2]}{n:02}/us-east-1" for n in range(26)]}, "25 unique destinations .*, got 26"),
    ],
)
def test_what_ecr_refuses_is_refused_before_any_call(
    registry: Registry, cloud: Cloud, wanted: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        RegistrySpec.from_dict({"replication": [wanted]})
    if not {"destinations"} & wanted.keys() and "26" not in reason:
        with pytest.raises(SpecError, match=reason):
            registry.replication.add(**wanted)
    assert not cloud.calls


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("eu-west-1", "to: eu-west-1 is where this registry is"),
        (f"{OWN}/eu-west-1", "to: eu-west-1 is where this registry is"),
        ("cn-north-1", "cn-north-1 is in the partition aws-cn"),
    ],
)
def test_a_registry_does_not_replicate_to_itself_nor_to_another_partition(
    registry: Registry, cloud: Cloud, to: str, reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        registry.replication.add(to=[to])
    with pytest.raises(SpecError, match=reason.replace("to: ", "")):
        registry.ensure(RegistrySpec(replication=[ReplicationRule(to=[to])]))
    assert cloud.calls.writes() == []
    assert not cloud.calls or to.startswith(OWN)  # the account has to be asked for


def test_two_rules_of_one_prefix_are_refused(registry: Registry) -> None:
    one, other = ReplicationRule(prefix="a/", to=["us-east-1"]), ReplicationRule(prefix=["a/"], to=["us-west-2"])
    with pytest.raises(SpecError, match=r"\[1\]: another rule has the same prefix, 'a/'"):
        RegistrySpec(replication=[one, other])
    with pytest.raises(SpecError, match=r"write set\(\*rules\)"):
        registry.replication.set([one])  # type: ignore[arg-type]


def test_quotas_are_foreseen(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    put(ecr, *(rule([f"a{number}/"], ["us-east-1"]) for number in range(10)))
    made = registry.replication.add(prefix="more/", to=["us-east-1"])
    assert any("11 rules: AWS documents 10 as the quota" in note for note in made.notes)
    put(ecr, *(rule([f"a{number}/"], [f"{number:012}/us-east-1"]) for number in range(25)))
    cloud.calls.clear()
    with pytest.raises(SpecError, match="25 replication rules at most, got 26"):
        registry.replication.add(prefix="more/", to=["eu-central-1"])
    with pytest.raises(SpecError, match="25 unique destinations in all replication rules at most, got 26"):
        registry.replication.add(prefix="a1/", to=["eu-central-1"])
    assert cloud.calls.writes() == []
