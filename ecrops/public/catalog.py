"""The aspect of what a public repository says of itself in the gallery. Called by the engine.

``PutRepositoryCatalogData`` replaces the whole: the members that are not managed are sent as they were read. The answer
has a URL in the place of the logo, and its bytes cannot be read back. So a logo is compared by whether there is one,
and a write that would drop a logo which no edit brings is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecrops.aws import Aws, ClientError, code_of
from ecrops.aws.attempt.whole import read_whole
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.base.conflicts import conflict
from ecrops.engine.aspect import Read, one_by_one
from ecrops.public import existence
from ecrops.public.values import LISTS, LOGO, MEMBERS, CatalogData
from ecrops.public.words import badge_notes, in_api, logo_parts, part_of, parts, words
from ecrops.repositories import calls
from ecrops.repositories.values import PUBLIC

base = existence
NO_DATA = "RepositoryCatalogDataNotFoundException"
LOGO_LOST = (
    "the repository has a logo, which cannot be read back, and a write without it may take it away: give "
    "logo_image_blob= the logo, or b'' for none"
)


class Members(NamedTuple):
    """An edit: these members of the catalog data, and the others as they are.

    Args:
        data: The members.
        replaces_logo: Whether a logo is written where there is one: it may be the same.
    """

    data: CatalogData
    replaces_logo: bool = False


class Catalog(NamedTuple):
    """The current catalog data.

    Args:
        values: The members that can be read as they are written, by field: texts, and tuples of texts.
        logo_url: Where the gallery has the logo; empty if there is none.
        unknown: The members of the answer that the installed botocore does not know, and has dropped.
    """

    values: Mapping[str, Any]
    logo_url: str = ""
    unknown: tuple[str, ...] = ()


def parse(data: Mapping[str, Any], unknown: tuple[str, ...] = ()) -> Catalog:
    """Return the catalog data of an answer, or of the parameters of a call."""
    values = {field: data.get(member, "") for field, member in MEMBERS.items() if field not in LISTS}
    values |= {field: tuple(data.get(MEMBERS[field], ())) for field in LISTS}
    return Catalog(values, data.get("logoUrl", ""), unknown)


# Read


def reads(aws: Aws, wants: Mapping[str, Sequence[Members]]) -> Iterator[Read]:
    """Yield one reading for each repository."""
    return one_by_one(wants, lambda name: read(aws, name), services=(PUBLIC,), base_missing=(calls.MISSING,))


def read(aws: Aws, name: str) -> Catalog:
    """Read the catalog data of a repository; empty if it has none."""
    awaits = calls.visibility(aws, name)
    try:
        answer, unknown = read_whole(aws, PUBLIC, "GetRepositoryCatalogData", awaits=awaits, repositoryName=name)
    except ClientError as error:
        if code_of(error) == NO_DATA:
            return parse({})
        calls.advise(error, name, PUBLIC)
        raise
    return parse(answer["catalogData"], unknown)


# Decide


def changes(name: str, edits: Sequence[Members], current: Catalog | None) -> Iterator[Change | Note]:
    """Write the catalog data as a whole, if a member differs."""
    if current is None:  # the catalog data of a spec travels with CreateRepository
        return
    desired = dict(current.values)
    for edit in edits:
        desired |= {field: value for field, value in edit.data.managed.items() if field != LOGO}
    logo = next((edit.data.logo for edit in reversed(edits) if edit.data.logo is not None), None)
    differing = [field for field in MEMBERS if not _is_same(desired[field], current.values[field])]
    if not differing and not _is_logo_written(edits, logo, current):
        return
    change = _put(name, current, desired, differing, logo)
    if current.unknown:
        yield _conflict(change, _newer(current.unknown))
    elif current.logo_url and logo is None:
        yield _conflict(change, LOGO_LOST)
    else:
        yield change
        yield from badge_notes(name, {field: desired[field] for field in differing})


def _is_logo_written(edits: Sequence[Members], logo: bytes | None, current: Catalog) -> bool:
    """Whether a logo is missing, or to be removed, or to be replaced by one that may be the same."""
    if logo is None:
        return False
    return bool(logo) != bool(current.logo_url) or (bool(logo) and any(edit.replaces_logo for edit in edits))


def _is_same(value: Any, other: Any) -> bool:
    return value == other if isinstance(value, str) else set(value) == set(other)


def _put(
    name: str, current: Catalog, desired: Mapping[str, Any], differing: Sequence[str], logo: bytes | None
) -> Change:
    # An empty member is sent only to empty it: what has no value has none in the request either
    sent = {field: value for field, value in desired.items() if value or field in differing}
    data: dict[str, Any] = in_api(sent)
    removed = [part for field in differing for part in parts({field: current.values[field]})]
    added = [part for field in differing for part in parts({field: desired[field]})]
    if logo is not None and (logo or current.logo_url):
        data["logoImageBlob"] = logo
        removed += [part_of("logo", current.logo_url)] if current.logo_url else []
        added += logo_parts(logo)
    return Change(
        owner=name,
        kind=Kind.UPDATE,
        what="catalog data",
        before=words(
            {field: current.values[field] for field in differing}, bool(current.logo_url) and "logoImageBlob" in data
        ),
        after=words({field: desired[field] for field in differing}, bool(data.get("logoImageBlob"))),
        removed=[part for part in removed if part not in added],
        added=[part for part in added if part not in removed],
        call=Call(PUBLIC, "PutRepositoryCatalogData", {"repositoryName": name, "catalogData": data}),
        races=Races(derived=True, not_yet_visible=(calls.MISSING,)),
    )


def _conflict(change: Change, advice: str) -> Change:
    return conflict(change.owner, change.what, change.before, change.after, advice)


def _newer(unknown: Sequence[str]) -> str:
    import botocore

    return (
        f"the answer of AWS has {', '.join(unknown)}, which the installed botocore {botocore.__version__} drops, and a "
        "write would lose: update boto3"
    )


# Remember


def after(change: Change, current: Catalog | None) -> Catalog:
    """Return the catalog data after a change: a repository is made with catalog data too."""
    data = change.params.get("catalogData", {})
    found = parse(data)
    kept = current.logo_url if current and "logoImageBlob" not in data else ""
    return found._replace(logo_url="written by this dry run" if data.get("logoImageBlob") else kept)


def verify(edit: Members) -> bool:
    """Whether the engine reads again after the edit: a writer who read the data before may have overwritten it.

    A logo is not waited for: AWS does not say when it shows its URL, nor whether it does for every account.
    """
    return not edit.data.logo
