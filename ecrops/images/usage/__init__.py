"""Which images run: what is read of services that run them, and what such images keep from being deleted."""
