"""Lifecycle policies: their rules, their order, their meaning."""

from ecrops.lifecycle.rule import LifecycleRule, TagStatus

__all__ = ["LifecycleRule", "TagStatus"]
