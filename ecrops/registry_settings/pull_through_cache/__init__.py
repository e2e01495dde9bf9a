"""From which upstream registries ECR caches images: ``registry.pull_through_cache``."""
