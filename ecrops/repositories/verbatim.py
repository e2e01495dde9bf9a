"""What AWS has and ecrops would not write: it is kept as it is, compared, and never written. Pure.

AWS has accepted things that ecrops refuses to write, because they are older or newer than ecrops, or mean nothing. A
spec holds them unchecked, in the fields that its ``verbatim`` names. Called by ``RepositorySpec``, by ``aspects`` for
what is described, and by the aspects for the advice of a conflict.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ecrops.base import conflicts
from ecrops.base.change import Change
from ecrops.base.plain_json import plain
from ecrops.base.problems import Problems, hint

FIELDS: Mapping[str, type] = {
    "name": str,
    "image_tag_mutability": str,
    "image_tag_mutability_exclusion_filters": list,
    "encryption": str,
    "encryption_key": str,
    "lifecycle_rules": list,
    "resource_policy": dict,
    "tags": dict,
}
"""The fields of a spec that can be verbatim, and what stands there in JSON."""
READ = (*FIELDS, "image_scan_on_push")
"""The fields of a spec that are read, and may be unread."""
GROUPS = (
    ("name",),
    ("image_tag_mutability", "image_tag_mutability_exclusion_filters"),
    ("encryption", "encryption_key"),
    ("lifecycle_rules",),
    ("resource_policy",),
    ("tags",),
)
"""Fields that are right or wrong together."""
ASPECTS = frozenset({"lifecycle_rules", "resource_policy"})
"""Fields that are written by calls of their own, and do not travel with ``CreateRepository``."""
ADVICE = (
    "expected what is verbatim in the spec, as AWS had it, which stands behind the arrow, and AWS has what stands "
    "before it: ecrops compares it, and never writes it, because it would refuse it; describe the repository again to "
    "accept what AWS has, or take it out of verbatim to have it written"
)
_WORDS: Mapping[type, str] = {str: "a string", list: "a list", dict: "a mapping"}


def check_names(problems: Problems, names: object, known: Collection[str] = FIELDS) -> tuple[str, ...]:
    """Return the names of verbatim fields in the order of the fields, and add a reason for each wrong one."""
    listed = problems.strings("verbatim", names) or ()
    for name in listed:
        if name not in known:
            problems.add("verbatim", f"{name!r} is no field that can be{hint(name, list(known))}")
    return tuple(name for name in known if name in listed)


def check_unread(problems: Problems, unread: object, known: Collection[str] = READ) -> dict[str, str] | None:
    """Return a copy of the fields that could not be read, with the reasons, and add a reason for each wrong one."""
    if not isinstance(unread, Mapping) or not all(isinstance(reason, str) for reason in unread.values()):
        problems.add("unread", f"expected a mapping from fields to reasons, got {unread!r}")
        return None
    for name in unread:
        if name not in known:
            way_out = hint(str(name), known)
            problems.add("unread", f"expected a mapping from fields to reasons, got {name!r} in it{way_out}")
    return dict(unread)


def copied(problems: Problems, name: str, value: Any) -> Any:
    """Return a copy of the value of a verbatim field, and add a reason if it is of another type than AWS's.

    Args:
        problems: Takes the reason.
        name: The field.
        value: What AWS has.
    """
    expected = FIELDS[name]
    if expected is list and isinstance(value, tuple):
        value = list(value)
    path = f"verbatim.{name}"
    if not problems.check(isinstance(value, expected), path, f"expected {_WORDS[expected]}, got {value!r}"):
        return None
    if name == "resource_policy":
        from ecrops.iam.form import check_form

        return problems.take(path, lambda: check_form(plain(value)))
    if expected is not list:
        return problems.take(path, lambda: _plain(value))
    inner: type = dict if name == "lifecycle_rules" else str
    right = all(isinstance(item, inner) for item in value)
    problems.check(right, path, f"expected a list with {_WORDS[inner]} in each place, got {value!r}")
    return problems.take(path, lambda: tuple(_plain(value)))


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else plain(value)


def take(
    problems: Problems, values: Mapping[str, Any], verbatim: object, known: Collection[str] = FIELDS
) -> dict[str, Any]:
    """Return the fields of a spec, from those of a fleet file and what stands under ``verbatim`` there.

    Args:
        problems: Takes a reason for each wrong field.
        values: The other fields.
        verbatim: A mapping from fields to what AWS has.
        known: The fields that can be verbatim.
    """
    if not isinstance(verbatim, Mapping):
        problems.add("verbatim", f"expected a mapping from fields to what AWS has, got {verbatim!r}")
        return dict(values)
    twice = [name for name in verbatim if name in values]
    for name in twice:
        problems.add(f"verbatim.{name}", "is beside verbatim too: leave one of both out")
    once = {name: value for name, value in verbatim.items() if name not in twice}
    for name in once:
        if name not in known:
            problems.add(f"verbatim.{name}", f"unknown key{hint(str(name), list(known))}")
    unwritten = {name: value for name, value in once.items() if name in known}
    return {**values, **unwritten, "verbatim": tuple(unwritten)}


def apart(values: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return the fields of a spec as a fleet file has them: those of some names under ``verbatim``."""
    beside = {name: value for name, value in values.items() if name not in names}
    return beside | ({"verbatim": {name: values[name] for name in names if name in values}} if names else {})


def has_any(names: Collection[str] | None, fields: Sequence[str]) -> bool:
    """Whether one of some fields is verbatim."""
    return any(field in (names or ()) for field in fields)


def conflict(owner: str, what: str, before: str, after: str) -> Change:
    """Return the conflict in the place of a change that would write what is verbatim."""
    return conflicts.conflict(owner, what, before, after, ADVICE)
