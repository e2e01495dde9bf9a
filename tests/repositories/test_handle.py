"""The name, the ARN and the URI of a repository, and the account that they are of."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from ecrops import ConflictError, Registry, RepositorySpec, SpecError
from ecrops.testing import Cloud
from support import AT_ONCE, cases, registry_of

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
        ("arn:aws-cn:ecr:eu-west-1:123456789012:repository/ab", "aws-cn has no region 'eu-west-1'"),
        ("arn:aws:ecr:cn-north-1:123456789012:repository/ab", "aws has no region 'cn-north-1'"),
        ("arn:aws:ecr:xx-north-1:123456789012:repository/ab", "aws has no region 'xx-north-1'"),
        ("arn:aws:ecr::123456789012:repository/ab", "aws has no region ''"),
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


@pytest.mark.parametrize(
    ("arn", "host"),
    [
        ("arn:aws:ecr:us-east-1:123456789012:repository/team/ab", "123456789012.dkr.ecr.us-east-1.amazonaws.com"),
        ("arn:aws:ecr:us-east-1:111122223333:repository/team/ab", "111122223333.dkr.ecr.us-east-1.amazonaws.com"),
        ("arn:aws-cn:ecr:cn-north-1:111122223333:repository/team/ab",
         "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn"),
        ("arn:aws-eusc:ecr:eusc-de-east-1:111122223333:repository/team/ab",
         "111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu"),
    ],
)  # fmt: skip
def test_a_handle_of_another_region_has_its_names_and_makes_no_call(
    cloud: Cloud, registry: Registry, arn: str, host: str
) -> None:
    """As the CDK's ``Repository.fromRepositoryArn``."""
    repo = registry.repository(arn)
    assert (repo.name, repo.arn, repo.registry_uri) == ("team/ab", arn, host)
    assert repo.uri_for_tag("v1") == f"{host}/team/ab:v1"
    assert repo == registry.repository(arn)
    verbs: list[Callable[[], object]] = [
        repo.ensure, repo.delete, repo.exists, repo.describe, repo.images, lambda: repo.add_tags(a="1"),
        lambda: repo.add_lifecycle_rule(max_image_count=1), lambda: repo.grant_pull("111122223333"),
        lambda: repo.revoke("111122223333"), lambda: repo.set_resource_policy({}), repo.access,
        lambda: repo.on_image_pushed(target="arn:aws:sqs:eu-west-1:123456789012:q"), repo.simulate_lifecycle,
    ]  # fmt: skip
    for verb in verbs:
        with pytest.raises(SpecError, match=f"{arn} is not in eu-west-1: make a Registry with a session for it"):
            verb()
    assert set(cloud.calls.operations()) <= {"GetCallerIdentity"}


HOSTS = [
    ("eu-west-1", "dkr-ecr.eu-west-1.on.aws", ""),
    ("us-gov-west-1", "dkr-ecr.us-gov-west-1.on.aws", "dkr.ecr-fips.us-gov-west-1.amazonaws.com"),
    ("cn-north-1", "dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", ""),
    ("eusc-de-east-1", "dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu", ""),
    ("us-iso-east-1", "dkr-ecr.us-iso-east-1.on.aws.ic.gov", ""),
]


@pytest.mark.parametrize(("region", "dual_stack", "fips"), HOSTS)
def test_dual_stack_and_fips_hosts_are_those_of_the_partition(
    cloud: Cloud, region: str, dual_stack: str, fips: str
) -> None:
    session = cloud.session(region)
    account = cloud.account
    assert Registry(session, dual_stack=True).repository("ab").uri == f"{account}.{dual_stack}/ab"
    if not fips:
        choices: list[dict[str, Any]] = [{"fips": True}, {"fips": True, "dual_stack": True}]
        for options in choices:
            with pytest.raises(
                SpecError, match=f"fips: botocore lists no host of FIPS 140 .* in {region}: say fips=False"
            ):
                Registry(session).host("111122223333", **options)
        return
    assert Registry(session, fips=True).uri == f"{account}.{fips}"
    both = dual_stack.replace("dkr-ecr", "dkr-ecr-fips")
    assert Registry(session).host("111122223333", dual_stack=True, fips=True) == f"111122223333.{both}"
    assert Registry(session, dual_stack=True, fips=True).host(dual_stack=False) == f"{account}.{fips}"


@pytest.mark.parametrize(
    ("region", "host"),
    [
        pytest.param("cn-north-1", "dkr.ecr.cn-north-1.amazonaws.com.cn", id="R26"),
        pytest.param("eusc-de-east-1", "dkr.ecr.eusc-de-east-1.amazonaws.eu", id="R27"),
        pytest.param("us-gov-west-1", "dkr.ecr.us-gov-west-1.amazonaws.com", id="R28"),
    ],
)
def test_the_host_of_a_registry_is_that_of_its_partition(cloud: Cloud, region: str, host: str) -> None:
    """Source: public.json, R26 to R28."""
    registry = Registry(cloud.session(region))
    assert registry.uri == f"{cloud.account}.{host}"
    with pytest.raises(SpecError, match="of another partition than the registry's"):
        registry.repository("ab").grant_pull("arn:aws-iso:iam::111122223333:role/nodes")


@pytest.mark.parametrize("fips", [False, True])
def test_the_hosts_are_those_that_the_session_is_configured_for(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, fips: bool
) -> None:
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", str(fips).lower())
    registry = Registry(boto3.Session(region_name="us-east-1"))
    host = f"dkr-ecr{'-fips' * fips}.us-east-1.on.aws"
    assert registry.host("111122223333") == f"111122223333.{host}"
    there = registry.repository("arn:aws:ecr:us-west-2:111122223333:repository/ab")
    assert there.uri == f"111122223333.{host.replace('us-east-1', 'us-west-2')}/ab"
    plain = Registry(boto3.Session(region_name="us-east-1"), dual_stack=False, fips=False)
    assert plain.host("111122223333") == "111122223333.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize("option", ["dual_stack", "fips"])
def test_a_choice_of_hosts_is_a_truth_value(option: str) -> None:
    wrong: dict[str, Any] = {option: "yes"}
    with pytest.raises(SpecError, match=f"{option}: expected True or False, got 'yes'"):
        Registry(**wrong)


def test_a_region_that_botocore_does_not_list_may_have_hosts_of_fips(memory_cloud: Cloud) -> None:
    host = Registry(memory_cloud.session()).host("111122223333", "us-east-9", fips=True)
    assert host == "111122223333.dkr.ecr-fips.us-east-9.amazonaws.com"


def test_hosts_of_fips_that_do_not_exist_are_refused_before_a_token_is_fetched(
    memory_cloud: Cloud, tmp_path: Path
) -> None:
    registry = registry_of(memory_cloud, fips=True)
    for call in (registry.authorization_token.get, lambda: registry.docker_login(tmp_path / "config.json")):
        with pytest.raises(SpecError, match="no host of FIPS 140"):
            call()
    assert memory_cloud.calls.operations() == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"region": 5}, "region: expected a region such as 'eu-west-1', got 5"),
        ({"region": ""}, "region: expected a region such as 'eu-west-1', got ''"),
        ({"region": "moon"}, "region: expected a region such as 'eu-west-1', got 'moon'"),
        ({"dual_stack": "yes"}, "dual_stack: expected True or False, got 'yes'"),
        ({"fips": 1}, "fips: expected True or False, got 1"),
    ],
)
def test_the_options_of_a_host_are_checked(memory_cloud: Cloud, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        Registry(memory_cloud.session()).host("111122223333", **options)


def test_a_handle_of_another_registry_shows_its_arn(memory_cloud: Cloud) -> None:
    registry = Registry(memory_cloud.session())
    arn = "arn:aws:ecr:us-east-1:111122223333:repository/ab"
    assert repr(registry.repository(arn)) == f"Repository({arn!r})"
    assert repr(registry.repository("ab")) == "Repository('ab')"


def test_a_login_is_to_the_host_that_images_are_pulled_from(cloud: Cloud, tmp_path: Path) -> None:
    choices: list[dict[str, Any]] = [{}, {"dual_stack": True}, {"fips": True}]
    for options in choices:
        registry = Registry(cloud.session("us-east-1"), retry=AT_ONCE, **options)
        token = registry.docker_login(tmp_path / "config.json")
        assert token.endpoint == registry.uri
        assert registry.uri in json.loads((tmp_path / "config.json").read_text())["auths"]


URIS = next(case for case in cases("public") if case["id"] == "registry-uri-as-name")["input"]["names"]


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        *zip(URIS, ("app", "repo", "org/repo"), strict=True),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/a/b:latest", "a/b"),
        ("123456789012.dkr-ecr.eu-west-1.on.aws/a/b@sha256:0123", "a/b"),
        ("123456789012.dkr-ecr-fips.us-east-1.on.aws/app:v1@sha256:0123", "app"),
        ("https://123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app", "app"),
        ("123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/app", "app"),
        ("123456789012.dkr.ecr.eu-west-1.localhost.localstack.cloud:4566/app", "app"),
        ("localhost:5000/team/app:v1", "team/app"),
        ("ecr-public.aws.com/abc/repo:v1", "repo"),
        ("oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/charts/app", "charts/app"),
        ("team/app:v1", "team/app"),
        ("team/app@sha256:0123", "team/app"),
    ],
)
def test_a_uri_in_the_place_of_a_name_is_answered_with_the_name(registry: Registry, uri: str, name: str) -> None:
    """Source: public.json, registry-uri-as-name (int128/create-ecr-repository-action#231)."""
    for take in (registry.repository, RepositorySpec, registry.remove):
        with pytest.raises(SpecError, match=f"is (the URI|an image) of a repository, its name is '{name}'"):
            take(uri)


@pytest.mark.parametrize("name", ["docker.io/library/nginx", "quay.io/a/b", "my.ecr/app", "ecr-tools/x.y", "a.b/c.d"])
def test_a_name_with_a_host_of_another_registry_is_a_name(name: str) -> None:
    assert RepositorySpec(name).name == name


def test_a_repository_whose_name_is_a_uri_is_changed_by_its_arn_and_not_made(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed(["public.ecr.aws/abc/repo"])
    arn = f"arn:aws:ecr:eu-west-1:{cloud.account}:repository/public.ecr.aws/abc/"
    assert registry.repository(f"{arn}repo").ensure(image_scan_on_push=True)
    with pytest.raises(ConflictError):
        registry.repository(f"{arn}other").ensure(image_scan_on_push=True)


@pytest.mark.parametrize("account", ["1234", "abc", "1111222233334", "١١١١٢٢٢٢٣٣٣٣"])
def test_the_host_of_what_is_no_account_is_refused(registry: Registry, account: str) -> None:
    with pytest.raises(SpecError, match="expected 12 digits"):
        registry.host(account)
