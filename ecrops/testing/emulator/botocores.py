"""What botocore has on file, whoever runs the tests: nothing of their profiles, files and environment is read."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3
import botocore.session
from moto.core.base_backend import AccountSpecificBackend

OF_NO_USER: dict[str, Any] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ignore_configured_endpoint_urls": (None, None, True, None),
}
"""The ``session_vars`` of a session of botocore that reads nothing of a user."""
LOADER = botocore.session.Session(session_vars=OF_NO_USER).get_component("data_loader")
"""Shared by all sessions: reading the service models anew costs more than most tests."""


@cache
def _session() -> boto3.Session:
    return boto3.Session(botocore_session=botocore.session.Session(session_vars=OF_NO_USER))


@cache
def dns_suffix(partition: str) -> str:
    """The suffix of the host names of a partition: `amazonaws.com.cn` for `aws-cn`."""
    suffix: str = _partitions()[partition]["outputs"]["dnsSuffix"]
    return suffix


@cache
def regions(partition: str) -> frozenset[str]:
    """The regions of a partition, without what only looks like one: `aws-global`."""
    return frozenset(name for name in _partitions()[partition]["regions"] if not name.endswith("-global"))


def _partitions() -> dict[str, Any]:
    return {partition["id"]: partition for partition in LOADER.load_data("partitions")["partitions"]}


def install() -> None:
    """Let moto ask this session for the names of regions: its own fails where a profile is named that is not there."""
    AccountSpecificBackend.get_session = _session  # type: ignore[method-assign]
