"""Copies while somebody else writes, and copies to where somebody else has something: nothing of theirs is lost unsaid."""

from __future__ import annotations

import pytest

from ecrops import ConflictError, Registry
from ecrops.testing import Cloud
from support import AT_ONCE
from tests.images.copying.support import FAR, far_of, registries, tags_of
from tests.images.test_tagging import during


@pytest.mark.parametrize("operation", ["InitiateLayerUpload", "CompleteLayerUpload", "PutImage"])
def test_an_approved_plan_does_not_move_a_tag_that_somebody_takes_while_layers_are_moved(
    memory_cloud: Cloud, operation: str
) -> None:
    memory_cloud.push_image("app", tag="v1")
    here, far = registries(memory_cloud)
    theirs = memory_cloud.push_image("copy", tag="theirs", region=FAR)
    plan = here.repository("app").copy_images(far_of(memory_cloud, dry_run=True).repository("copy"))
    by_another = Registry(memory_cloud.plain_session(FAR), retry=AT_ONCE).repository("copy")
    during(memory_cloud, operation, lambda: by_another.image("theirs").tag("v1"))
    with pytest.raises(ConflictError, match=f"tag v1: {theirs[:19]}"):
        far.apply(plan)
    assert tags_of(far, "copy") == {"v1": theirs, "theirs": theirs}
