"""The aspect of a public repository's existence. Called by the engine.

One ``CreateRepository`` carries catalog data and tags, so ``Wanted`` holds both. Those of a repository that exists are
aspects of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from ecrops.aws import Aws
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.base.tags import tag_list, tag_part
from ecrops.base.tags import words as tag_words
from ecrops.engine.aspect import Read
from ecrops.public.values import MEMBERS, CatalogData
from ecrops.public.words import badge_notes, logo_parts, params, parts, words
from ecrops.repositories import calls, verbatim
from ecrops.repositories.deletion import deletion
from ecrops.repositories.states import Absent, utc
from ecrops.repositories.values import PUBLIC

base = None


class Wanted(NamedTuple):
    """An edit: the repository exists.

    Args:
        data: The catalog data that a new repository is made with.
        tags: The tags that it is made with.
        verbatim: The fields of the spec that are compared and never written.
    """

    data: CatalogData = CatalogData()
    tags: Mapping[str, str] | None = None
    verbatim: frozenset[str] = frozenset()


Edit = Wanted | Absent


class Existing(NamedTuple):
    """A public repository that exists.

    Args:
        uri: Its address, as AWS says it.
        created_at: When it was made: it tells this repository from a later one of the same name.
        images: How many images go with it, if it is to be deleted with them.
    """

    uri: str = ""
    created_at: str = ""
    images: int = 0


def parse(item: Mapping[str, Any]) -> Existing:
    """Return a repository in the form of ECR Public."""
    return Existing(item.get("repositoryUri", ""), utc(item.get("createdAt")))


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for all repositories: it takes as few calls as the size of the registry allows."""
    if wants:
        yield Read(tuple(wants), lambda: read_all(aws, wants), services=(PUBLIC,))


def read_all(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> dict[str, Existing | None]:
    """Read which repositories exist, and the number of images of those that are to be deleted with their images."""
    found = calls.find(aws, list(wants), parse, PUBLIC)
    emptied = [name for name, edits in wants.items() if name in found and Absent(empty_on_delete=True) in edits]
    counts = dict(zip(emptied, aws.map(lambda name: calls.count_images(aws, name, PUBLIC), emptied), strict=True))
    return {name: found[name]._replace(images=counts.get(name, 0)) if name in found else None for name in wants}


def every(aws: Aws) -> dict[str, Existing]:
    """Read all repositories of the registry."""
    return {name: parse(item) for name, item in calls.every(aws, PUBLIC)}


def changes(name: str, edits: Sequence[Edit], current: Existing | None) -> Iterator[Change | Note]:
    """Make the repository, or remove it."""
    for edit in edits:
        if isinstance(edit, Absent):
            if current is not None:
                yield deletion(name, edit, current.created_at, current.images, PUBLIC)
        elif current is None:
            yield from _create(name, edit)


def _create(name: str, wanted: Wanted) -> Iterator[Change | Note]:
    data, tags = params(wanted.data), wanted.tags or {}
    members = {field: value for field, value in wanted.data.managed.items() if field in MEMBERS}
    added = [*parts(members), *logo_parts(wanted.data.logo), *(tag_part(key, value) for key, value in tags.items())]
    call = {
        "repositoryName": name,
        **({"catalogData": data} if data else {}),
        **({"tags": tag_list(tags)} if tags else {}),
    }
    change = Change(
        owner=name,
        kind=Kind.CREATE,
        what="repository",
        after=", ".join(filter(None, [words(members, bool(wanted.data.logo)), tag_words(tags)])),
        added=added,
        call=Call(PUBLIC, "CreateRepository", call, [f"{PUBLIC}:TagResource"] if tags else []),
        races=Races(superseded=(calls.EXISTS,), is_made_between=partial(calls.is_made_between, name, service=PUBLIC)),
        makes_owner=True,
    )
    if wanted.verbatim - verbatim.ASPECTS:
        yield replace(change, kind=Kind.CONFLICT, call=None, makes_owner=False, advice={"": verbatim.ADVICE})
        return
    yield change
    yield from badge_notes(name, members)


def after(change: Change, current: Existing | None) -> Existing | None:
    """Return the repository after a change."""
    return None if change.operation == "DeleteRepository" else Existing()


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: a deletion takes a moment, and is waited for."""
    return isinstance(edit, Absent)
