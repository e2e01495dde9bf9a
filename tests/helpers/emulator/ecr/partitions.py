"""The DNS suffix of each partition, from botocore's own data."""

from __future__ import annotations

from functools import cache

import botocore.session


@cache
def dns_suffix(partition: str) -> str:
    """The suffix of the host names of a partition: `amazonaws.com.cn` for `aws-cn`."""
    loader = botocore.session.get_session().get_component("data_loader")
    known = loader.load_data("partitions")["partitions"]
    suffixes: dict[str, str] = {each["id"]: each["outputs"]["dnsSuffix"] for each in known}
    return suffixes[partition]
