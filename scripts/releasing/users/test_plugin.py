"""Tests of a user, with the fixtures of the plugin."""

from ecrops import Registry
from ecrops.testing import Cloud


def test_in_memory(ecr_cloud: Cloud) -> None:
    assert Registry(ecr_cloud.session()).repository("team/api").ensure()


def test_over_http(ecr_cloud_http: Cloud) -> None:
    assert Registry(ecr_cloud_http.session()).repository("team/api").ensure()
