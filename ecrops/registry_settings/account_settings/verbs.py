"""``registry.account_settings``: the verbs of the account settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ecrops.base.problems import Problems
from ecrops.engine.aspect import Want
from ecrops.engine.plan import Plan
from ecrops.engine.reading import read
from ecrops.errors import SpecError
from ecrops.registry_settings.account_settings import aspect
from ecrops.registry_settings.account_settings.values import check_name, check_value
from ecrops.registry_settings.setting import Handle


class AccountSettings(Handle):
    """The settings of the account in the region, by name.

    ecrops knows ``BASIC_SCAN_TYPE_VERSION``, ``REGISTRY_POLICY_SCOPE`` and ``BLOB_MOUNTING``, and refuses values that
    are not documented for them. A name that is newer than this ecrops is taken, and AWS checks it. AWS removes no
    setting: set its default to go back.
    """

    aspect = aspect

    def describe(self) -> dict[str, str]:
        """Return the values of the settings that this ecrops knows, by name; without those that the region lacks."""
        readings = read(self._registry.aws, {(aspect, key): () for key in aspect.KEYS})
        return dict(aspect.field({key: readings[aspect, key].value for key in aspect.KEYS}))

    def get(self, name: str) -> str:
        """Return the value of one setting.

        Args:
            name: Its name, such as ``BLOB_MOUNTING``.

        Raises:
            SpecError: It can be no name of a setting.
            ClientError: botocore's own error: AWS has no such setting.
        """
        value: str = self._registry.aws.get("ecr", "GetAccountSetting", "value", name=check_name(name))
        return value

    def set(self, name: str | Mapping[str, str], value: str | None = None) -> Plan:
        """Set one setting, or some: others stay.

        Args:
            name: The name of a setting, such as ``BLOB_MOUNTING``; or a mapping from names to values.
            value: Its value, such as ``ENABLED``; none with a mapping.

        Raises:
            SpecError: A name or value can never be right.
        """
        wanted = _wanted(name, value)
        return self._registry.make(*(Want(aspect, key, edit) for key, edit in aspect.edits(wanted)))


def _wanted(name: str | Mapping[str, str], value: str | None) -> dict[str, Any]:
    if isinstance(name, Mapping):
        if value is not None:
            raise SpecError("value: a mapping has the values: leave the other argument out")
        given: dict[str, Any] = dict(name)
    else:
        given = {check_name(name): value}
    problems = Problems()
    if not given:
        problems.add("", 'expected account settings, such as {"BLOB_MOUNTING": "ENABLED"}; got none')
    for each, setting in given.items():
        problems.take("", partial(_check, each, setting))
    problems.raise_any()
    return given


def _check(name: object, value: object) -> None:
    check_value(check_name(name), value)
