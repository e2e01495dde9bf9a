"""The events of the spec of a registry: rules on the events of several repositories."""

from __future__ import annotations

import pytest

from ecrops import (
    ConflictError,
    Registry,
    RegistrySpec,
    RepositorySpec,
    SpecError,
    fleet_from_dict,
    fleet_to_dict,
    prefix,
)
from ecrops.events import on_image_deleted, on_image_pushed
from ecrops.testing import Cloud

PUSHED = on_image_pushed(name="pushed", repositories=prefix("team/"))


def rules(cloud: Cloud) -> list[str]:
    return sorted(rule["Name"] for rule in cloud.client("events").list_rules()["Rules"])


def test_a_spec_of_the_registry_makes_and_removes_its_rules(registry: Registry, cloud: Cloud) -> None:
    cloud.client("events").put_rule(Name="theirs", EventPattern='{"source": ["aws.ecr"]}')
    own = RepositorySpec("team/api", events=[on_image_pushed(name="own")])
    assert registry.ensure(RegistrySpec(events=[PUSHED, on_image_deleted(name="deleted")]), own)
    assert rules(cloud) == ["deleted", "own", "pushed", "theirs"]
    assert not registry.ensure(RegistrySpec(events=[PUSHED, on_image_deleted(name="deleted")]), own)
    assert registry.ensure(RegistrySpec(events=[PUSHED]))
    assert rules(cloud) == ["own", "pushed", "theirs"]
    assert not registry.ensure(RegistrySpec())
    assert registry.ensure(RegistrySpec(events=()))
    assert rules(cloud) == ["own", "theirs"]


def test_the_spec_of_a_registry_takes_no_rule_of_a_repository(registry: Registry, cloud: Cloud) -> None:
    registry.ensure(RepositorySpec("team/api", events=[on_image_pushed(name="own")]))
    with pytest.raises(ConflictError, match="own"):
        registry.ensure(RegistrySpec(events=[on_image_pushed(name="own")]))
    with pytest.raises(SpecError, match=r"write it in RepositorySpec\('team/api'"):
        RegistrySpec(events=[on_image_pushed(name="own", repositories="team/api")])


def test_a_file_has_the_events_of_the_registry() -> None:
    spec = RegistrySpec(events=[PUSHED])
    assert fleet_from_dict(fleet_to_dict([spec])) == [spec]
