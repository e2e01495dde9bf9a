"""What the tests of repositories share."""

from __future__ import annotations

from ecrops import RepositorySpec

APP = RepositorySpec("team/api", image_tag_mutability="IMMUTABLE", image_scan_on_push=True, tags={"team": "web"})
