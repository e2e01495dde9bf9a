"""The settings of an account in a region, by name. The model has their names and values in its texts only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.core.responses import ActionResult

from ..errors import invalid


class AccountSettings:
    """The values, and what values there are. A test may add a setting that is newer than the model."""

    def __init__(self) -> None:
        self.values = {
            "BASIC_SCAN_TYPE_VERSION": "AWS_NATIVE",
            "REGISTRY_POLICY_SCOPE": "V2",
            "BLOB_MOUNTING": "DISABLED",  # unverified: the guide says how to turn it on, so it is off
        }
        self._allowed = {
            "BASIC_SCAN_TYPE_VERSION": ("AWS_NATIVE",),
            "REGISTRY_POLICY_SCOPE": ("V2",),
            "BLOB_MOUNTING": ("ENABLED", "DISABLED"),
        }

    def add(self, name: str, values: Iterable[str]) -> None:
        """Let there be a setting with these values; the first is its default."""
        self._allowed[name] = tuple(values)
        self.values[name] = self._allowed[name][0]

    def put(self, name: str, value: str) -> None:
        """Set a value."""
        self.get(name)
        if value not in self._allowed[name]:
            raise invalid("value", f"Invalid value for account setting {name}: {value}")  # unverified: code, words
        self.values[name] = value

    def get(self, name: str) -> str:
        """The value of a setting that there is."""
        if name not in self.values:
            raise invalid("name", f"Invalid account setting name: {name}")  # unverified: code, words
        return self.values[name]


class AccountSettingsResponses:
    """The operations on account settings, for ECR's responses to inherit."""

    def put_account_setting(self: Any) -> ActionResult:
        """Set a value."""
        name, value = self.request["name"], self.request["value"]
        self.ecr_backend.settings.account_settings.put(name, value)
        return ActionResult({"name": name, "value": value})

    def get_account_setting(self: Any) -> ActionResult:
        """Tell a value."""
        name = self.request["name"]
        return ActionResult({"name": name, "value": self.ecr_backend.settings.account_settings.get(name)})
