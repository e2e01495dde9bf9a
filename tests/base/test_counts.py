"""Numbers with their nouns: one is one."""

from __future__ import annotations

import pytest

from ecrops import RepositorySpec
from ecrops.base.render import count
from ecrops.fleet import Fleet
from ecrops.fleet.imports import from_terraform

STATE = {
    "version": 4,
    "resources": [
        {
            "mode": "managed",
            "type": "aws_ecr_repository",
            "name": "api",
            "instances": [{"attributes": {"name": "team/api"}}],
        }
    ],
}


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (count(1, "image"), "1 image"),
        (count(0, "image"), "0 images"),
        (count(1200, "repository", "repositories"), "1,200 repositories"),
        (repr(Fleet((RepositorySpec("team/a"),))), "<Fleet: 1 repository>"),
        (repr(Fleet(tuple(map(RepositorySpec, ("aa", "bb", "cc"))))), "<Fleet: 3 repositories>"),
        (repr(from_terraform(STATE)), "<Imported: 1 repository, 0 not carried over>"),
    ],
)
def test_one_thing_is_one(shown: str, expected: str) -> None:
    assert shown == expected
