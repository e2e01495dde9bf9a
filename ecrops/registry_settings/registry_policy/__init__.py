"""The policy of a registry: ``registry.registry_policy``."""
