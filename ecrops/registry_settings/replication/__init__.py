"""Where the images of a registry are replicated to: ``registry.replication``."""
