"""An empty repository to archive images of."""

from __future__ import annotations

from tests.images.deleting.conftest import app as app
from tests.images.deleting.conftest import cloud as cloud
from tests.images.deleting.conftest import dry as dry
