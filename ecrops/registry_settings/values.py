"""What the values of all settings share. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol, TypeVar

from ecrops.base.problems import Problems, repeated

T = TypeVar("T")


def unchecked(cls: type[T], **fields: Any) -> T:
    """Return a value of a frozen dataclass as AWS has it, without its checks: AWS has accepted it.

    Args:
        cls: The class.
        fields: All fields.
    """
    value = object.__new__(cls)
    for name, field in fields.items():
        object.__setattr__(value, name, field)
    return value


class _Prefixed(Protocol):
    @property
    def prefix(self) -> str: ...


P = TypeVar("P", bound=_Prefixed)


def by_prefix(problems: Problems, values: Sequence[P], what: str) -> tuple[P, ...]:
    """Return values in the order of their prefixes.

    Args:
        problems: The reasons that are known already.
        values: The values.
        what: What they are, for messages.

    Raises:
        SpecError: Two have one prefix, or there are reasons already.
    """
    for prefix in sorted(repeated(value.prefix for value in values)):
        problems.add("", f"two {what} have the prefix {prefix!r}: ECR takes one")
    problems.raise_any()
    return tuple(sorted(values, key=lambda value: value.prefix))


def check_others(
    problems: Problems,
    path: str,
    value: object,
    own: Mapping[str, str],
    check: Callable[[str, object], Collection[str] | None] | None = None,
    what: str = "types",
) -> dict[str, tuple[str, ...]]:
    """Return filters under names that ecrops does not know, sorted: a field for what ``describe`` finds.

    Args:
        problems: Takes the reasons.
        path: The path of the field.
        value: The filters by name.
        own: The names that have a field of their own, with what to write.
        check: Returns the filters of a name, checked; ``None`` if they are none. By default they are any strings.
        what: What the names are.
    """
    if not isinstance(value, Mapping):
        problems.add(path, f"expected a mapping from {what} to filters, got {value!r}")
        return {}
    for name, way_out in own.items():
        problems.check(name not in value, path, f"{name} has a field of its own: write {way_out}")
    strings = check or (lambda name, filters: problems.strings(path, filters))
    checked = {str(name): strings(str(name), filters) for name, filters in value.items()}
    named = sorted(checked.items(), key=itemgetter(0))
    return {name: tuple(sorted(set(filters))) for name, filters in named if filters}
