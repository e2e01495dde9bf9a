"""What a spec of a public repository says of each aspect, and back. Called by ``PublicRegistry``.

Nothing here decides what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ecrops.aws import Aws
from ecrops.base.shown import ShownList
from ecrops.engine.aspect import Aspect, Want
from ecrops.engine.reading import Goal
from ecrops.errors import SpecError
from ecrops.public import catalog, existence, tags
from ecrops.public.spec import UNNAMED, PublicRepositorySpec
from ecrops.repositories import tags as tag_edits
from ecrops.repositories.checks import no_spec
from ecrops.repositories.described import is_there, read_every, read_named
from ecrops.repositories.values import PUBLIC
from ecrops.text import printable


def aspects() -> dict[Aspect, str]:
    """Return the aspects of a public repository, with the field of a spec that each is about."""
    from ecrops.public import policy

    return {existence: "name", catalog: "catalog_data", tags: "tags", policy: "resource_policy"}


def of_specs(specs: Iterable[object]) -> Iterator[Want]:
    """Yield the wants of specs.

    Raises:
        SpecError: Two specs have one name, or one is no spec.
    """
    names = set[str]()
    for spec in specs:
        if not isinstance(spec, PublicRepositorySpec):
            raise no_spec(spec, "PublicRepositorySpec", "PublicRepositorySpec.from_dict({...})")
        if spec.name in names:
            raise SpecError(f"two specs have the name {spec.name!r}: merge them into one")
        names.add(spec.name)
        yield from _of_spec(spec)


def _of_spec(spec: PublicRepositorySpec) -> Iterator[Want]:
    name, unwritten = spec.name, frozenset(spec.verbatim or ())
    yield Want(existence, name, existence.Wanted(spec.catalog, spec.tags, unwritten))
    if spec.catalog.managed:
        yield Want(catalog, name, catalog.Members(spec.catalog))
    if spec.tags is not None:
        yield Want(tags, name, tag_edits.Exactly(spec.tags, "tags" in unwritten))
    if spec.resource_policy is not None:
        from ecrops.access import edits
        from ecrops.access.policy_checks import check_partition
        from ecrops.public import policy

        is_verbatim = "resource_policy" in unwritten
        if not is_verbatim:
            try:
                check_partition(spec.resource_policy, "aws")
            except SpecError as error:
                raise error.at(f"{name}: resource_policy") from None
        yield Want(policy, name, edits.Exactly(spec.resource_policy, verbatim=is_verbatim))


# Describe


def describe(aws: Aws, names: Sequence[str]) -> list[PublicRepositorySpec]:
    """Return public repositories as specs; all of the registry if none is named.

    A part that cannot be read is an error if the repository is named. Else the other repositories are described too,
    and its spec says in ``unread`` what was not read.
    """
    parts = aspects()
    if names:
        current = read_named(aws, names, parts, PUBLIC)
        return ShownList(_described(name, current, {}) for name in names)
    known: dict[Goal, Any] = {(existence, name): value for name, value in existence.every(aws).items()}
    current, unread = read_every(aws, known, parts)
    listed = sorted(name for _, name in known)
    return ShownList(
        _described(name, current, unread.get(name, {})) for name in listed if is_there(name, current, parts)
    )


def _described(name: str, current: Mapping[Goal, Any], unread: Mapping[Aspect, Exception]) -> PublicRepositorySpec:
    """Return the spec of a repository, with what ecrops would not write as it is."""
    values = {field: current[aspect, name] for aspect, field in aspects().items() if (aspect, name) in current}
    reasons = {aspects()[aspect]: printable(str(error)) for aspect, error in unread.items()}
    fields: dict[str, Any] = {}
    unwritten: list[str] = [] if _is_right(name) else ["name"]
    for field, value in _fields(values).items():
        if _is_right(UNNAMED, **{field: value}):
            fields[field] = value
        elif field != "catalog_data" and _is_right(UNNAMED, **{field: value}, verbatim=[field]):
            fields[field] = value
            unwritten.append(field)
        else:
            reasons[field] = "AWS has what no spec can hold"
    return PublicRepositorySpec(name, **fields, verbatim=unwritten or None, unread=reasons or None)


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    from ecrops.access.policy_checks import stored

    fields: dict[str, Any] = {}
    if "catalog_data" in values:
        fields["catalog_data"] = dict(values["catalog_data"].values)
    if "tags" in values:
        fields["tags"] = dict(values["tags"].tags)
    if "resource_policy" in values:
        fields["resource_policy"] = stored(values["resource_policy"])
    return fields


def _is_right(name: str, **fields: Any) -> bool:
    """Whether a spec can have some fields."""
    try:
        PublicRepositorySpec(name, **fields)
    except SpecError:
        return False
    return True
