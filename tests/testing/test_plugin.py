"""The pytest plugin, as a user of ecrops has it."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

TESTS = """
    import boto3
    import os
    import pytest
    import subprocess
    import sys
    from ecrops import Registry, RepositorySpec
    from moto.core.models import botocore_stubber
    from ecrops.testing.emulator.network import NetworkBlocked

    APP = RepositorySpec("app")
    BEFORE = boto3.DEFAULT_SESSION
    EARLY = boto3.Session().client("ecr", "eu-west-1")
    EARLY.meta.events.unregister("before-send", botocore_stubber)  # as if moto had not been imported yet

    @pytest.mark.parametrize("turn", [1, 2])
    @pytest.mark.parametrize("fixture", ["ecr_cloud", "ecr_cloud_http"])
    def test_each_test_has_an_empty_aws(request, fixture, turn):
        cloud = request.getfixturevalue(fixture)
        assert "AWS_SESSION_TOKEN" not in os.environ
        assert not Registry().repository("app").exists()
        assert Registry().ensure(APP)
        assert cloud.calls.writes() == ["CreateRepository"]
        assert (Registry().region, Registry().account_id) == ("eu-west-1", cloud.account)
        assert len(boto3.Session().client("ecr").describe_repositories()["repositories"]) == 1

    @pytest.mark.parametrize("fixture", ["ecr_cloud", "ecr_cloud_http"])
    def test_faults_meet_what_names_no_session(request, fixture):
        cloud = request.getfixturevalue(fixture)
        cloud.faults.on("denied", times=None)
        with pytest.raises(Exception, match="AccessDenied"):
            Registry().ensure(APP)

    def test_a_program_is_on_the_same_aws(ecr_cloud_http):
        command = "import boto3; boto3.client('ecr').create_repository(repositoryName='app')"
        subprocess.run([sys.executable, "-c", command], check=True)
        assert Registry().repository("app").exists()

    @pytest.mark.parametrize("fixture", ["ecr_cloud", "ecr_cloud_http"])
    def test_a_client_that_was_made_earlier_reaches_no_aws(request, fixture):
        request.getfixturevalue(fixture)
        with pytest.raises(NetworkBlocked, match=r"request to api.ecr.eu-west-1.amazonaws.com.* before the test began"):
            EARLY.describe_repositories()

    def test_nothing_is_left_behind():
        assert os.environ["AWS_SESSION_TOKEN"] == "mine"
        assert "AWS_ENDPOINT_URL" not in os.environ
        assert boto3.DEFAULT_SESSION is BEFORE
"""

WITHOUT_MOTO = """
    import importlib.metadata

    version = importlib.metadata.version

    def without_moto(name):
        if name == "moto":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    importlib.metadata.version = without_moto
"""

SUITE = """
    import sys

    def test_of_somebody_else():
        assert not {"moto", "boto3", "botocore", "ecrops.testing.emulator", "ecrops.registry"} & set(sys.modules)

    def test_that_asks(ecr_cloud):
        pass
"""


def test_both_fixtures_are_aws_for_what_names_no_session(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "mine")
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=10)


def test_it_loads_nothing_and_without_moto_only_who_asks_for_it_fails(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(WITHOUT_MOTO)
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_subprocess("-W", "error")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E*ecrops.testing needs moto*not installed: pip install 'ecrops[[]testing]'"])


def test_pytest_finds_it_by_itself(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--fixtures")
    result.stdout.fnmatch_lines(["ecr_cloud*", "ecr_server*session*", "ecr_cloud_http*"])
