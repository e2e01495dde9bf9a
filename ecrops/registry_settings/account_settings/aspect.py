"""The aspect of the account settings of a registry: one key a setting, read by one call. Called by the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from ecrops.aws import Aws, ClientError, code_of
from ecrops.aws.attempt.whole import read_whole
from ecrops.base.change import Call, Change, Note
from ecrops.base.conflicts import conflict
from ecrops.engine.aspect import Read
from ecrops.errors import SpecError
from ecrops.registry_settings.account_settings.values import KNOWN, Accepted, check_value
from ecrops.registry_settings.setting import STEP, Setting, demand, put

base = None
_PREFIX = "account setting "
KEYS = tuple(f"{_PREFIX}{name}" for name in KNOWN)
_NO_SUCH_NAME = ("InvalidParameterException", "ValidationException")


class Value(NamedTuple):
    """An edit: this value. A setting has no removal, so this is the only edit."""

    value: str


def key_of(name: str) -> str:
    """Return the key of a setting."""
    return f"{_PREFIX}{name}"


def edits(settings: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    """Yield the edits of a spec's field, each with its key: settings that it does not name are not managed."""
    for name, value in settings.items():
        yield key_of(name), Value(value)


def field(values: Mapping[str, str | None]) -> Accepted:
    """Return current values, by key, as a spec's field."""
    return Accepted({key.removeprefix(_PREFIX): value for key, value in values.items() if value is not None})


def reads(aws: Aws, wants: Mapping[str, Sequence[Value]]) -> Iterator[Read]:
    """Yield one reading for each setting. Where nothing is wanted of one, the region may lack it."""
    for key, wanted in wants.items():
        yield Read((key,), partial(_read, aws, key, bool(wanted)), ("ecr",))


def _read(aws: Aws, key: str, is_wanted: bool) -> Mapping[str, Setting]:
    demand("GetAccountSetting")
    try:
        answer, unknown = read_whole(aws, "ecr", "GetAccountSetting", name=key.removeprefix(_PREFIX))
    except ClientError as error:
        if is_wanted or code_of(error) not in _NO_SUCH_NAME:
            raise
        return {key: Setting(None)}
    return {key: Setting(answer["value"], unknown)}


def changes(key: str, edits: Sequence[Value], current: Setting) -> Iterator[Change | Note]:
    """Put the value."""
    before, after = current.value, edits[-1].value
    if after == before:
        return
    name = key.removeprefix(_PREFIX)
    try:
        check_value(name, after)
    except SpecError as error:
        yield conflict(key, "", before or "", after, str(error), STEP)
        return
    call = Call("ecr", "PutAccountSetting", {"name": name, "value": after})
    yield put(key, call, {before} - {None}, {after}, unknown=current.unknown)


def after(change: Change, current: Setting) -> Setting:
    """Return the setting after a change."""
    return Setting(change.params["value"])


def verify(edit: Value) -> bool:
    """Whether the engine reads again after the edit: no, since a setting is one value."""
    return False
