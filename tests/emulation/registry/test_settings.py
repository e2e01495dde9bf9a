"""What the settings of a registry have in common: whose they are, and members that botocore does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ecrops.testing import Client, Cloud

from ..support import refused
from .test_replication import put, rule

OTHER = "210987654321"


def change(ecr: Client) -> None:
    ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=[])
    put(ecr, rule("us-east-1"))
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "ecr:*", "Resource": "*"}
    ecr.put_registry_policy(policyText=json.dumps({"Statement": [everybody]}))
    ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    ecr.put_signing_configuration(signingConfiguration={"rules": []})
    ecr.register_pull_time_update_exclusion(principalArn="arn:aws:iam::123456789012:user/u")


def test_settings_belong_to_one_account_in_one_region(cloud: Cloud) -> None:
    home, elsewhere = cloud.emulator.settings, cloud.emulator.at(region="us-west-2").settings
    others, before = cloud.emulator.at(account=OTHER).settings, cloud.emulator.settings.picture()
    change(cloud.client("ecr"))
    assert home.picture() != before
    assert all(home.picture()[setting] != before[setting] for setting in before)
    assert elsewhere.picture() == others.picture() == before
    change(cloud.client("ecr", account=OTHER))
    assert others.picture() == home.picture()
    assert elsewhere.picture() == before
    assert cloud.client("ecr", account=OTHER).describe_registry()["registryId"] == OTHER


def test_a_new_cloud_has_the_defaults(cloud: Cloud) -> None:
    picture = cloud.emulator.settings.picture()
    assert picture == {
        "scanning": {"scanType": "BASIC", "rules": []},
        "replication": {"rules": []},
        "policy": None,
        "account settings": {
            "BASIC_SCAN_TYPE_VERSION": "AWS_NATIVE", "REGISTRY_POLICY_SCOPE": "V2", "BLOB_MOUNTING": "DISABLED",
        },
        "signing": None,
        "exclusions": [],
    }  # fmt: skip
    change(cloud.client("ecr"))


@contextmanager
def bodies(ecr: Client, operation: str) -> Iterator[list[Any]]:
    """The bodies of the answers to an operation, as they come over the wire."""
    seen: list[Any] = []

    def note(response_dict: dict[str, Any], **_: object) -> None:
        seen.append(json.loads(response_dict["body"]))

    event = f"before-parse.ecr.{operation}"
    ecr.meta.events.register(event, note)
    yield seen
    ecr.meta.events.unregister(event, note)


def test_a_member_that_botocore_does_not_know_is_there_until_the_setting_is_put_anew(cloud: Cloud) -> None:
    session: Any = cloud.session(own=True)
    ecr = session.client("ecr")
    put(ecr, rule("us-east-1"))
    path = "replicationConfiguration.rules.0.brandNew"
    cloud.emulator.add_unknown_member("DescribeRegistry", path, {"enabled": True})
    cloud.emulator.add_unknown_member("DescribeRegistry", "beside", 1)
    with bodies(ecr, "DescribeRegistry") as seen:
        parsed = ecr.describe_registry()["replicationConfiguration"]
        assert parsed == {"rules": [rule("us-east-1")]}
        assert seen[-1]["replicationConfiguration"]["rules"][0]["brandNew"] == {"enabled": True}
        with refused("InvalidParameterException"):
            put(ecr, rule("eu-west-1"))
        ecr.put_registry_scanning_configuration(scanType="BASIC", rules=[])
        assert cloud.emulator.unknown_members("DescribeRegistry") == {path: {"enabled": True}, "beside": 1}
        ecr.put_replication_configuration(replicationConfiguration=parsed)
        ecr.describe_registry()
        assert "brandNew" not in seen[-1]["replicationConfiguration"]["rules"][0]
    assert cloud.emulator.unknown_members("DescribeRegistry") == {"beside": 1}


def test_each_setting_that_is_replaced_whole_can_have_one(cloud: Cloud) -> None:
    ecr = cloud.client("ecr")
    change(ecr)
    puts = {
        "GetRegistryScanningConfiguration": ("scanningConfiguration.new", ecr.put_registry_scanning_configuration),
        "GetSigningConfiguration": ("signingConfiguration.new", ecr.delete_signing_configuration),
    }
    for operation, (path, write) in puts.items():
        cloud.emulator.add_unknown_member(operation, path, [1])
        assert cloud.emulator.unknown_members(operation) == {path: [1]}
        write()
        assert cloud.emulator.unknown_members(operation) == {}


def test_another_registry_is_not_asked(cloud: Cloud) -> None:
    cloud.emulator.add_unknown_member("DescribeRegistry", "replicationConfiguration.new", 1)
    assert cloud.emulator.at(account=OTHER).unknown_members("DescribeRegistry") == {}
