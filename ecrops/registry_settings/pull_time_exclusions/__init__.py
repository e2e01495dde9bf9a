"""Whose pulls leave no pull time: ``registry.pull_time_exclusions``."""
