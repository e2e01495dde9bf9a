"""The aspect of the pull-time exclusions of a registry, and what can be wanted of it. Called by the engine.

AWS adds and removes each principal alone, and refuses what is done already. So nobody overwrites anybody here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial, reduce
from itertools import chain
from typing import NamedTuple

from ecrops.aws import Aws
from ecrops.base.change import Call, Change, Note
from ecrops.engine.aspect import Read
from ecrops.errors import SpecError
from ecrops.registry_settings.pull_time_exclusions.values import MAX_EXCLUSIONS, Accepted, check_here
from ecrops.registry_settings.setting import Setting, demand, part, put

base = None
KEY = "pull-time exclusions"
READ_BY = "ListPullTimeUpdateExclusions"
_REGISTER, _DEREGISTER = "RegisterPullTimeUpdateExclusion", "DeregisterPullTimeUpdateExclusion"
_DONE = ("ExclusionAlreadyExistsException", "ExclusionNotFoundException")
_AT_ONCE = 1000

Principals = frozenset[str]


class Exactly(NamedTuple):
    """An edit: these principals and no other."""

    principals: Principals

    def __call__(self, current: Principals) -> Principals:
        """Return the desired principals."""
        return self.principals


class Include(NamedTuple):
    """An edit: these principals too."""

    principals: Principals

    def __call__(self, current: Principals) -> Principals:
        """Return the desired principals.

        Raises:
            SpecError: There would be too many.
        """
        desired = current | self.principals
        if len(desired) > max(MAX_EXCLUSIONS, len(current)):
            limit = f"ECR takes {MAX_EXCLUSIONS} at most"
            raise SpecError(f"the registry would have {len(desired)} pull-time exclusions, and {limit}")
        return desired


class Exclude(NamedTuple):
    """An edit: these principals no more."""

    principals: Principals

    def __call__(self, current: Principals) -> Principals:
        """Return the desired principals."""
        return current - self.principals


Edit = Exactly | Include | Exclude


def exactly(principals: Sequence[str]) -> Exactly:
    """Return the edit of a spec's field."""
    return Exactly(frozenset(principals))


def field(value: Principals) -> Accepted:
    """Return the current principals as a spec's field."""
    return Accepted(sorted(value))


def check_of_region(aws: Aws, principals: Sequence[str]) -> None:
    """Refuse principals of another partition than the registry's."""
    check_here(principals, aws.partition.name, aws.region)


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield the one listing."""
    for key in wants:
        yield Read((key,), partial(_listed, aws, key), ("ecr",))


def _listed(aws: Aws, key: str) -> Mapping[str, Setting]:
    demand(READ_BY)
    pages = aws.pages("ecr", READ_BY, "pullTimeUpdateExclusions", maxResults=_AT_ONCE)
    return {key: Setting(frozenset(chain.from_iterable(pages)))}


def changes(key: str, edits: Sequence[Edit], current: Setting) -> Iterator[Change | Note]:
    """Deregister and register principals, one a call. Removals come first: they make room."""
    before: Principals = current.value
    after = reduce(lambda value, edit: edit(value), edits, before)
    for principal in sorted(before - after):
        call = Call("ecr", _DEREGISTER, {"principalArn": principal})
        yield put(key, call, {part(principal)}, set(), what=principal, words=("", ""), superseded=_DONE)
    for principal in sorted(after - before):
        call = Call("ecr", _REGISTER, {"principalArn": principal})
        yield put(key, call, set(), {part(principal)}, what=principal, words=("", ""), superseded=_DONE)


def after(change: Change, current: Setting) -> Setting:
    """Return the principals after a change."""
    principal = {change.params["principalArn"]}
    return Setting(current.value - principal if change.operation == _DEREGISTER else current.value | principal)


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: no, since nobody overwrites it."""
    return False
