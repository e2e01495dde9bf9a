"""What all settings of a registry share: how they are read, how a write that would lose something is refused.

Called by the aspects and the handles of the settings. A setting is one key of one aspect: the whole registry has one
of it. AWS replaces most settings whole, and has no compare-and-swap for them. So each edit is made on a fresh reading,
and verified after the write; and a setting with members that the installed botocore drops is not written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from ecrops.aws import BOTOCORE, Aws, ClientError, code_of, operations_of
from ecrops.aws.attempt.whole import UNREADABLE, read_whole
from ecrops.base.change import NOTHING, Call, Change, Kind, Races, never
from ecrops.base.conflicts import conflict
from ecrops.base.shown import Shown
from ecrops.engine.account import Account
from ecrops.engine.aspect import Aspect, Read, Want
from ecrops.engine.plan import Plan
from ecrops.engine.reading import NONE, Goal, read
from ecrops.errors import EcropsError

STEP = -1
"""The step of changes of settings: before that of repositories, which may need them."""
KNOWN_SINCE = {"deleteReplication": "1.44.4"}
"""The first botocore that knows a member which older ones drop."""
OPERATIONS_SINCE = {
    "GetSigningConfiguration": "1.41.2",
    "ListPullTimeUpdateExclusions": "1.41.0",
}
"""The first botocore that knows an operation, where the oldest that ecrops takes does not."""


class Setting(NamedTuple):
    """The current value of a setting.

    Args:
        value: The value.
        unknown: The members of the answer that the installed botocore does not know, and has dropped.
    """

    value: Any
    unknown: Collection[str] = ()


def reading(
    key: str,
    aws: Aws,
    operation: str,
    parse: Callable[[Mapping[str, Any]], Any],
    absent: str = "",
    only: Mapping[str, str] = NOTHING,
) -> Iterator[Read]:
    """Yield the reading of a setting: one call.

    Args:
        key: The key of the setting.
        aws: The account and region.
        operation: The operation of ECR that reads it.
        parse: Returns the value that an answer has; of an empty answer, the value of a setting that is not set.
        absent: The error code that means that the setting is not set.
        only: Members that ``parse`` takes for granted, with the one value that ecrops writes, such as ``filterType``.
            Another value is one that a write would lose.
    """

    def make() -> Mapping[str, Any]:
        demand(operation)
        try:
            answer, unknown = read_whole(aws, "ecr", operation)
        except ClientError as error:
            if not absent or code_of(error) != absent:
                raise
            return {key: Setting(parse({}))}
        return {key: Setting(parse(answer), (*unknown, *dict.fromkeys(_others(answer, only))))}

    yield Read((key,), make, ("ecr",))


def put(
    key: str,
    call: Call,
    removed: Collection[str],
    added: Collection[str],
    *,
    unknown: Collection[str] = (),
    words: tuple[str, str] | None = None,
    what: str = "",
    advice: Mapping[str, str] | None = None,
    superseded: Collection[str] = (),
    awaits: Callable[[Exception], bool] = never,
    identity: str = "",
) -> Change:
    """Return the change of a setting; a conflict if the write would lose members that botocore does not know.

    Args:
        key: The key of the setting.
        call: The call that writes it.
        removed: The parts that it takes away or overwrites.
        added: The parts that it adds.
        unknown: The members that it would lose.
        words: Both sides in words; without it, the parts themselves.
        what: The part of the setting.
        advice: The way out, by error code.
        superseded: Error codes that mean that another writer was faster.
        awaits: Whether an error means that something the call names is not visible yet, such as a new role.
        identity: The time at which the part was made. It tells the part from a later one of the same name: if the
            answer to a removal was lost, what somebody has made since stays.
    """
    before, after = words or (", ".join(sorted(removed)), ", ".join(sorted(added)))
    if unknown:
        return conflict(key, what, before, after, lost(unknown))
    kind = Kind.UPDATE if removed and added else Kind.CREATE if added else Kind.DELETE
    return Change(
        owner=key,
        kind=kind,
        what=what,
        before=before,
        after=after,
        call=call,
        removed=removed,
        added=added,
        races=Races(derived=True, superseded=superseded, awaits=awaits),
        identity=identity,
        advice=advice or {},
        step=STEP,
    )


def lost(unknown: Collection[str]) -> str:
    """Return why a setting is not written, and the way out."""
    if UNREADABLE in unknown:
        return "the answer of AWS is not JSON, so ecrops cannot tell what a write would lose: update ecrops"
    if values := sorted(name for name in unknown if "=" in name):
        return f"AWS has {', '.join(values)}, which this ecrops does not know, and a write would lose: update ecrops"
    since = sorted({KNOWN_SINCE[name] for name in map(_last, unknown) if name in KNOWN_SINCE}, key=_version)
    newer = f"{since[-1]} or later knows it" if since and len(unknown) == 1 else "a newer one may know it"
    return (
        f"the answer of AWS has {', '.join(sorted(unknown))}, which the installed botocore {BOTOCORE} "
        f"drops, and a write would lose: update boto3; botocore {newer}"
    )


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _others(value: Any, only: Mapping[str, str]) -> Iterator[str]:
    """Yield the members that have another value than the one that ecrops writes, such as ``filterType=REGEX``."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            if name in only and part != only[name]:
                yield f"{name}={part}"
            else:
                yield from _others(part, only)
    elif isinstance(value, list):
        for item in value:
            yield from _others(item, only)


def is_known(operation: str) -> bool:
    """Whether the installed botocore has an operation of ECR."""
    return operation in operations_of("ecr")


def demand(operation: str) -> None:
    """Refuse a setting that the installed botocore cannot read.

    Raises:
        EcropsError: It is too old; with the version that can.
    """
    if not is_known(operation):
        newer = f"{OPERATIONS_SINCE[operation]} or later" if operation in OPERATIONS_SINCE else "a newer one"
        raise EcropsError(
            f"the installed botocore {BOTOCORE} does not know ecr:{operation}: update boto3; botocore {newer} knows it"
        )


def _last(path: str) -> str:
    return path.rpartition(".")[2].removesuffix("[]")


def part(*members: Any) -> str:
    """Return a part of a difference as canonical text."""
    return json.dumps(members, sort_keys=True)


class Handle(Shown):
    """A handle of a setting of a registry. Making one calls nothing."""

    aspect: Aspect
    key: str

    def __init__(self, registry: Account) -> None:
        self._registry = registry

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._registry!r})"

    def _shown(self) -> Mapping[str, Any]:
        return self._registry._shown()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._registry is getattr(other, "_registry", None)

    def __hash__(self) -> int:
        return hash((type(self), id(self._registry)))

    def _make(self, edit: Any) -> Plan:
        return self._registry.make(Want(self.aspect, self.key, edit))

    def _current(self, known: Mapping[Goal, Any] = NONE) -> Any:
        """Read the value of the setting, unless it is among the known ones."""
        return read(self._registry.aws, {(self.aspect, self.key): ()}, known)[self.aspect, self.key].value
