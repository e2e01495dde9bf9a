"""The marks in the emulator for which there is no probe, with the reason."""

from __future__ import annotations

V2 = "it is about the registry's own API: probes call only AWS's"

UNPROBED = {
    "distribution/errors.py: the statuses and codes": V2,
    "distribution/pulling.py: code and words": V2,
    "distribution/pulling.py: the order": V2,
    "distribution/pushing.py: the statuses": V2,
    "ecr/registry/__init__.py: is marked with": "it says what the mark means",
    "ecr_public/__init__.py: is marked": "it says what the mark means",
    "services/secrets.py: No error names a value": "it says what the mark means",
    "ecr/registry/signing.py: the failure code": "it takes a signing profile and an image that its pusher may not sign",
    "ecr/registry/replication.py: UNABLE_TO_REPLICATE": "it takes a replication that fails",
    "ecr/registry/backfills.py: the code": "it takes a backfill that fails for many images",
    "ecr/registry/backfills.py: that what is archived": "it takes an archived image, which costs 90 days of storage",
    "ecr/artifacts/storage.py: which updates exactly": "it takes archived images, which cost 90 days of storage",
    "ecr/content/layers.py: that it is the layers of archived images": "it takes an archived image",
    "ecr/content/handing_out.py: the code for archived": "it takes an archived image",
    "ecr/content/layers.py: the code for the layers of archived": "it takes an archived image",
    "ecr/registry/caching/made_by_ecr.py: that nothing is made if": "it takes a role of IAM that goes in between",
    "ecr_public/backend.py: whether an empty blob removes": "it takes a verified account: others have no logo",
}
