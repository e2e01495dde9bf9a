"""All repositories as they are in memory: without a call, since tests look after each of many."""

from __future__ import annotations

import json
from typing import Any

from .backend import EcrBackend


def picture(backend: EcrBackend) -> dict[str, dict[str, Any]]:
    """Settings, tags and policies of each repository, without what differs from run to run."""
    return {
        name: {
            "settings": [
                repository.image_tag_mutability,
                repository.image_tag_mutability_exclusion_filters,
                repository.image_scanning_configuration,
                repository.encryption_configuration,
            ],
            "tags": backend.tagger.get_tag_dict_for_resource(repository.arn),
            "lifecycle": json.loads(repository.lifecycle_policy or "null"),
            "policy": json.loads(repository.policy or "null"),
        }
        for name, repository in backend.repositories.items()
        if not backend.visibility.is_going(name)
    }
