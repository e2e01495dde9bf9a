"""Logins that people met in the field: files and variables of others, hosts of other partitions, the public gallery."""

from __future__ import annotations

import base64
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from ecrops import EcropsError, Registry, SpecError
from ecrops.testing import Cloud
from support import AT_ONCE, cases, registry_of

from .test_docker import AUTH, HOST, PASSWORD, fake_docker

SOURCES = {case["id"]: case["source"] for case in cases("public") if case["area"] == "access"}
OTHER = "111122223333"
OTHER_HOST = HOST.replace("123456789012", OTHER)
FIPS_HOST = "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com"
DUAL_STACK = "123456789012.dkr-ecr.eu-west-1.on.aws"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


@pytest.fixture
def registry(memory_cloud: Cloud) -> Registry:
    return registry_of(memory_cloud)


# Files of others


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_of_powershell_is_read_and_written_as_utf_8(registry: Registry, config: Path, encoding: str) -> None:
    assert SOURCES["R24"] == "own variant of aws/aws-cli#5636 (config.json written by PowerShell)"
    config.write_bytes(json.dumps({"psFormat": "ü"}).encode(encoding))
    registry.docker_login(config)
    assert json.loads(config.read_bytes().decode("utf-8")) == {"psFormat": "ü", "auths": {HOST: AUTH}}


@pytest.mark.parametrize(
    "case, before",
    [
        ("R19", {"credsStore": "desktop.exe"}),
        ("R17", {"credsStore": "ecr-login"}),
        ("R17", {"credHelpers": {HOST: "ecr-login"}}),
    ],
)
def test_a_store_that_docker_asks_in_place_of_the_file_is_refused(
    registry: Registry, config: Path, case: str, before: dict[str, Any]
) -> None:
    assert SOURCES[case] in ("docker/cli#3947", "amazon-ecr-credential-helper#214")
    config.write_text(json.dumps(before))
    with pytest.raises(EcropsError, match="is left as it was: its 'cred"):
        registry.docker_login(config)
    assert json.loads(config.read_text()) == before


@pytest.mark.parametrize(
    "case, before",
    [
        ("R22", {"credsStore": "desktop", "credHelpers": {HOST: ""}}),
        ("R23", {"auths": {f"https://{HOST}": {"auth": "old"}}}),
        ("R23", {"auths": {f"https://{HOST}/v1/": {"auth": "old"}}}),
        ("R25", {"auths": {HOST: {"identitytoken": "old", "auth": "old"}}}),
    ],
)
def test_what_is_no_obstacle_stays_and_the_entry_of_the_host_is_new(
    registry: Registry, config: Path, case: str, before: dict[str, Any]
) -> None:
    assert case in SOURCES
    config.write_text(json.dumps(before))
    registry.docker_login(config)
    auths = {**before.get("auths", {}), HOST: AUTH}
    assert json.loads(config.read_text()) == {**before, "auths": auths}


@pytest.mark.parametrize(
    "key, is_refused",
    [(f"{HOST}/team", True), (f"{HOST}/team/app", True), (f"{OTHER_HOST}/team", False), (f"{HOST}.x/team", False)],
)
def test_a_token_for_a_part_of_the_host_that_would_be_taken_first_is_refused(
    registry: Registry, config: Path, key: str, is_refused: bool
) -> None:
    assert SOURCES["R02b"].startswith("oras-project/oras-go#840")
    before = {"auths": {key: {"auth": "old"}}}
    config.write_text(json.dumps(before))
    if not is_refused:
        registry.docker_login(config)
        return
    with pytest.raises(EcropsError, match=f"its 'auths' have '{key}' too, and podman and skopeo take that entry"):
        registry.docker_login(config)
    assert json.loads(config.read_text()) == before


def test_an_empty_entry_for_a_part_of_the_host_is_no_token(registry: Registry, config: Path) -> None:
    config.write_text(json.dumps({"auths": {f"{HOST}/team": {}}}))
    registry.docker_login(config)


@pytest.mark.parametrize("name", [HOST, f"https://{HOST}", f"https://{HOST}/"])
@pytest.mark.parametrize("with_file", [True, False])
def test_a_variable_that_docker_reads_in_place_of_the_file_is_refused_before_a_token_is_fetched(
    registry: Registry, memory_cloud: Cloud, config: Path, monkeypatch: pytest.MonkeyPatch, name: str, with_file: bool
) -> None:
    assert SOURCES["R02"].startswith("docker/cli#6156")
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", json.dumps({"auths": {name: {"auth": "c2VjcmV0"}}}))
    said = fake_docker(config.parent, monkeypatch, "sys.exit(0)")
    with pytest.raises(EcropsError, match=f"the variable DOCKER_AUTH_CONFIG names {HOST}") as caught:
        registry.docker_login(config if with_file else None)
    assert "c2VjcmV0" not in str(caught.value)
    assert not config.exists()
    assert not said.exists()
    assert "GetAuthorizationToken" not in memory_cloud.calls.operations()


@pytest.mark.parametrize("value", ["", "{", "[]", '{"auths": []}', json.dumps({"auths": {OTHER_HOST: {"auth": "x"}}})])
def test_a_variable_about_other_hosts_is_no_obstacle(
    registry: Registry, config: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", value)
    registry.docker_login(config)
    if OTHER_HOST in value:
        with pytest.raises(EcropsError, match=f"names {OTHER_HOST}"):
            registry.docker_login(config, hosts=[OTHER])


# Hosts


@pytest.mark.parametrize(
    "case, region, ending",
    [
        ("R26", "cn-north-1", ".amazonaws.com.cn"),
        ("R27", "eusc-de-east-1", ".amazonaws.eu"),
        ("R28", "us-gov-west-1", ".amazonaws.com"),
    ],
)
def test_the_host_is_that_of_the_partition(memory_cloud: Cloud, case: str, region: str, ending: str) -> None:
    assert case in SOURCES
    registry = Registry(memory_cloud.session(region), dry_run=True, retry=AT_ONCE)
    assert registry.uri == f"123456789012.dkr.ecr.{region}{ending}"
    with pytest.raises(SpecError, match=r"is not in|of another partition"):
        registry.repository("ab").grant_pull("arn:aws:iam::111122223333:root")


def test_one_token_is_written_for_many_hosts(registry: Registry, memory_cloud: Cloud, config: Path) -> None:
    hosts = [OTHER, OTHER_HOST, DUAL_STACK]
    registry.docker_login(config, hosts=hosts)
    assert json.loads(config.read_text())["auths"] == dict.fromkeys([HOST, *hosts[1:]], AUTH)
    with pytest.raises(SpecError, match="hosts"):  # the region has none
        registry.docker_login(config, hosts=[HOST.replace("ecr", "ecr-fips")])
    assert memory_cloud.calls.operations().count("GetAuthorizationToken") == 1


@pytest.mark.parametrize(
    "options, hosts",
    [
        ({"dual_stack": True}, [DUAL_STACK, DUAL_STACK.replace("123456789012", OTHER)]),
        ({"fips": True}, [FIPS_HOST, FIPS_HOST.replace("123456789012", OTHER)]),
        ({}, [HOST, OTHER_HOST]),
    ],
)
def test_accounts_stand_for_the_hosts_that_the_registry_has_itself(
    memory_cloud: Cloud, config: Path, options: dict[str, Any], hosts: list[str]
) -> None:
    region = "us-east-1" if options.get("fips") else "eu-west-1"
    registry = Registry(memory_cloud.session(region), retry=AT_ONCE, **options)
    assert registry.docker_login(config, hosts=[OTHER]).endpoint == registry.uri
    assert list(json.loads(config.read_text())["auths"]) == hosts


def test_profiles_share_one_file(registry: Registry, memory_cloud: Cloud, config: Path) -> None:
    """W8: a registry has the session of its profile, and each login adds to the file."""
    assert SOURCES["W8"] == "amazon-ecr-credential-helper#249, #976, #77"
    other = Registry(memory_cloud.session(account=OTHER), retry=AT_ONCE)
    registry.docker_login(config)
    other.docker_login(config)
    assert list(json.loads(config.read_text())["auths"]) == [HOST, OTHER_HOST]


def test_the_docker_cli_is_run_for_each_host(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "docker"
    ran = tmp_path / "ran"
    script.write_text(f"#!{sys.executable}\nimport sys\nopen({str(ran)!r}, 'a').write(sys.argv[-1] + '\\n')\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    registry.docker_login(hosts=[OTHER, DUAL_STACK])
    assert ran.read_text().split() == [HOST, OTHER_HOST, DUAL_STACK]


@pytest.mark.parametrize(
    "hosts, reason",
    [
        (["docker.io"], r"hosts\[0\]: expected an account of 12 digits, or a host such as"),
        ([HOST, HOST.replace("eu-west-1", "us-east-1")], r"hosts\[1\]: a token is for one region, .* is in us-east-1"),
        ([DUAL_STACK.replace("eu-west-1", "us-east-1")], "a token is for one region"),
        ([f"{OTHER_HOST}/team/app"], f"expected a host, got .*: write '{OTHER_HOST}'"),
        ([f"https://{OTHER_HOST}"], f"write '{OTHER_HOST}'"),
        ([HOST.replace(".com", ".com.cn")], "expected an account of 12 digits, or a host"),
        ([DUAL_STACK.replace("on.aws", "on.aws.eu")], "expected an account of 12 digits, or a host"),
        ([f"x{HOST}"], "expected an account of 12 digits, or a host"),
        (["public.ecr.aws"], r"docker_login\(public=True\)"),
        (OTHER_HOST, "hosts: "),
        ([7], "hosts"),
    ],
)
def test_a_host_that_the_token_is_not_for_is_refused_before_any_call(
    registry: Registry, memory_cloud: Cloud, config: Path, hosts: Any, reason: str
) -> None:
    for login in (lambda: registry.docker_login(config, hosts=hosts), lambda: registry.docker_config(hosts=hosts)):
        with pytest.raises(SpecError, match=reason):
            login()
    assert memory_cloud.calls.operations() == []


# The text of a file, for Kubernetes


def test_the_text_of_a_file_is_a_value(registry: Registry) -> None:
    assert SOURCES["W7"] == "fluxcd#71, registry-creds, argocd#8097"
    assert json.loads(registry.docker_config()) == {"auths": {HOST: AUTH}}
    assert json.loads(registry.docker_config(hosts=[OTHER])) == {"auths": {HOST: AUTH, OTHER_HOST: AUTH}}


# The public gallery


@pytest.fixture
def gallery(memory_cloud: Cloud) -> list[str]:
    """The URLs that are asked for a token of the gallery, which is always the same here."""
    asked: list[str] = []
    session = memory_cloud.session(own=True)
    expires_at = (datetime.now(UTC) + timedelta(hours=12)).timestamp()
    token = base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()
    body = json.dumps({"authorizationData": {"authorizationToken": token, "expiresAt": expires_at}}).encode()

    def answer(request: Any, **_: Any) -> Any:
        asked.append(request.url)
        response: Any = AWSResponse(request.url, 200, {}, None)  # type: ignore[arg-type]
        response._content = body
        return response

    botocore_session: Any = session._session
    botocore_session.register("before-send.ecr-public", answer)
    memory_cloud.session = lambda *args, **options: session  # type: ignore[method-assign]
    return asked


def test_the_token_of_the_public_gallery_is_got_in_its_region(memory_cloud: Cloud, gallery: list[str]) -> None:
    assert SOURCES["W4"].startswith("buildkite ecr plugin#57")
    token = registry_of(memory_cloud).public_gallery_authorization_token.get()
    assert (token.user, token.password, token.endpoint) == ("AWS", PASSWORD, "public.ecr.aws")
    assert token.expires_at > datetime.now(UTC)
    assert gallery == ["https://api.ecr-public.us-east-1.amazonaws.com/"]
    assert PASSWORD not in repr(token)


def test_the_public_gallery_is_logged_in_to_like_a_registry(
    memory_cloud: Cloud, gallery: list[str], config: Path
) -> None:
    registry = registry_of(memory_cloud)
    registry.docker_login(config, public=True)
    assert json.loads(config.read_text()) == {"auths": {"public.ecr.aws": AUTH}}
    assert json.loads(registry.docker_config(public=True)) == {"auths": {"public.ecr.aws": AUTH}}
    assert registry.region == "eu-west-1"
    with pytest.raises(SpecError, match=r"is for public\.ecr\.aws alone"):
        registry.docker_login(config, hosts=[OTHER], public=True)
    with pytest.raises(SpecError, match="public: expected True or False"):
        registry.docker_login(config, public="yes")  # type: ignore[arg-type]


def test_another_partition_has_no_public_gallery(memory_cloud: Cloud) -> None:
    china = Registry(memory_cloud.session("cn-north-1"), retry=AT_ONCE)
    with pytest.raises(SpecError, match="in the partition aws, and this registry in aws-cn"):
        china.public_gallery_authorization_token.get()
