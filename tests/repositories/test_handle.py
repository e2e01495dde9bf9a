"""The name, the ARN and the URI of a repository, and the account that they are of."""

from __future__ import annotations

import pytest

from ecrops import Registry, RepositorySpec, SpecError
from emulator import Cloud

from .support import APP


def test_names_follow_from_the_account_and_the_region(registry: Registry) -> None:
    repo = registry.repository("team/api")
    host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    assert repo.arn == "arn:aws:ecr:eu-west-1:123456789012:repository/team/api"
    assert (registry.uri, repo.registry_uri, repo.uri) == (host, host, f"{host}/team/api")
    assert repo.uri_for_tag("v1") == f"{host}/team/api:v1"
    assert repo.uri_for_tag() == repo.uri_for_tag("") == repo.uri
    assert repo.uri_for_digest("sha256:ab") == f"{host}/team/api@sha256:ab"
    assert repo.uri_for_digest() == repo.uri
    assert repo.uri_for_tag_or_digest("sha256:ab") == f"{host}/team/api@sha256:ab"
    assert repo.uri_for_tag_or_digest("v1") == f"{host}/team/api:v1"
    assert repo.uri_for_tag_or_digest() == repo.uri


def test_a_handle_from_an_arn_is_the_handle_of_its_name(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("arn:aws:ecr:eu-west-1:123456789012:repository/foo/bar/baz")
    assert repo.name == "foo/bar/baz"
    assert cloud.calls.operations() == []
    assert repo.ensure()
    assert repo.exists()


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("arn:aws:ecr:us-east-1:123456789012:repository/ab", "is not in eu-west-1"),
        ("arn:aws-cn:ecr:eu-west-1:123456789012:repository/ab", "is not in eu-west-1"),
        ("arn:aws:ecr:eu-west-1:123456789012:ab", "expected arn:PARTITION:ecr"),
        ("arn:aws:s3:::bucket", "expected arn:PARTITION:ecr"),
        ("arn:aws", "expected an ARN"),
        ("arn:aws:ecr:eu-west-1:123456789012:repository/A", "2 to 256"),
    ],
)
def test_an_arn_of_something_else_is_refused(registry: Registry, arn: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        registry.repository(arn)


def test_an_arn_of_another_account_is_refused_before_anything_is_written(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("arn:aws:ecr:eu-west-1:111122223333:repository/ab")
    assert repo.uri == "111122223333.dkr.ecr.eu-west-1.amazonaws.com/ab"
    with pytest.raises(SpecError, match="make a Registry with a session for it"):
        repo.ensure()
    with pytest.raises(SpecError, match="another account"):
        repo.delete()
    assert cloud.calls.writes() == []


def test_a_plan_of_another_account_is_not_applied(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab"))
    plan = registry.plan(RepositorySpec("cd"), RepositorySpec("ab"))
    with pytest.raises(SpecError, match="the plan is for the account 123456789012, this registry is of 111122223333"):
        Registry(cloud.session(account="111122223333")).apply(plan)


def test_a_plan_of_another_region_is_not_applied(cloud: Cloud, registry: Registry) -> None:
    plan = registry.plan(APP)
    elsewhere = Registry(cloud.session("us-east-1"))
    with pytest.raises(SpecError, match="the plan is for eu-west-1, this registry is in us-east-1"):
        elsewhere.apply(plan)
