"""The aspect of a repository's existence, and of the settings that travel with it.

Called by the engine. One ``CreateRepository`` carries mutability, scanning, encryption and tags, so ``Wanted`` holds
all of them; the tags of a repository that exists are another aspect (``tags``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from ecrops.aws import Aws
from ecrops.aws.tags import tag_list, tag_part
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.engine.aspect import Read
from ecrops.errors import SpecError
from ecrops.repositories import calls
from ecrops.repositories.kms import ADVICE, arn_behind, is_alias, is_id_of
from ecrops.repositories.values import RepositoryEncryption

base = None
SCAN = "scan on push"
_SETTINGS = (
    "imageTagMutability",
    "imageTagMutabilityExclusionFilters",
    "imageScanningConfiguration",
    "encryptionConfiguration",
)
KMS_CREATE = ("kms:CreateGrant", "kms:DescribeKey")


class Wanted(NamedTuple):
    """An edit: the repository exists, with these settings. A member left at ``None`` is not managed.

    Args:
        mutability: Whether its tags can be moved.
        filters: Wildcards of tags that are excluded from the mutability.
        scan_on_push: Whether images are scanned when they are pushed.
        encryption: How images are encrypted.
        encryption_key: The id, ARN or alias of a KMS key.
        tags: The tags that a new repository is made with.
    """

    mutability: str | None = None
    filters: Sequence[str] = ()
    scan_on_push: bool | None = None
    encryption: str | None = None
    encryption_key: str | None = None
    tags: Mapping[str, str] | None = None


class Absent(NamedTuple):
    """An edit: the repository does not exist.

    Args:
        empty_on_delete: Whether it is deleted with the images in it.
    """

    empty_on_delete: bool = False


Edit = Wanted | Absent


def absent(empty_on_delete: object) -> Absent:
    """Return the edit that removes a repository.

    Raises:
        SpecError: ``empty_on_delete`` is not a truth value.
    """
    if not isinstance(empty_on_delete, bool):
        raise SpecError(f"empty_on_delete: expected True or False, got {empty_on_delete!r}")
    return Absent(empty_on_delete)


class Settings(NamedTuple):
    """The current settings of a repository.

    Args:
        mutability: Whether its tags can be moved.
        filters: The wildcards of tags that are excluded from it.
        scan_on_push: Whether images are scanned when they are pushed.
        encryption: How images are encrypted.
        key: The ARN of the KMS key.
        wanted_key: The ARN of the key behind the alias that is wanted; ``None`` if it could not be read.
        created_at: When the repository was made: it tells this repository from a later one of the same name.
        images: How many images go with it, if it is to be deleted with them.
    """

    mutability: str = "MUTABLE"
    filters: frozenset[str] = frozenset()
    scan_on_push: bool = False
    encryption: str = "AES256"
    key: str = ""
    wanted_key: str | None = ""
    created_at: str = ""
    images: int = 0


# Read


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for all repositories: it takes as few calls as the size of the registry allows."""
    if wants:
        yield Read(tuple(wants), lambda: read_all(aws, wants), services=("ecr",))


def read_all(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> dict[str, Settings | None]:
    """Read the settings of repositories; ``None`` for each that does not exist."""
    items = calls.find(aws, list(wants))
    current = {name: _parse(items[name]) if name in items else None for name in wants}
    return _with_wanted_keys(aws, wants, _with_images(aws, wants, current))


def _with_images(
    aws: Aws, wants: Mapping[str, Sequence[Edit]], current: dict[str, Settings | None]
) -> dict[str, Settings | None]:
    """Count the images of repositories that are to be deleted with their images."""
    emptied = [name for name, edits in wants.items() if Absent(empty_on_delete=True) in edits]
    found = [(name, settings) for name in emptied if (settings := current[name])]
    counts = aws.map(lambda pair: calls.count_images(aws, pair[0]), found)
    return current | {
        name: settings._replace(images=count) for (name, settings), count in zip(found, counts, strict=True)
    }


def every(aws: Aws) -> dict[str, Settings]:
    """Read the settings of all repositories of the registry."""
    return {name: _parse(item) for name, item in calls.every(aws)}


def _parse(item: Mapping[str, Any]) -> Settings:
    encryption = item.get("encryptionConfiguration", {})
    return Settings(
        item.get("imageTagMutability", "MUTABLE"),
        frozenset(entry.get("filter", str(entry)) for entry in item.get("imageTagMutabilityExclusionFilters", ())),
        item.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        encryption.get("encryptionType", "AES256"),
        encryption.get("kmsKey", ""),
        created_at=_utc(item.get("createdAt")),
    )


def _utc(moment: object) -> str:
    """Return a time in UTC: botocore returns it in the time zone of the machine, and it is a part of a checksum."""
    return moment.astimezone(UTC).isoformat() if isinstance(moment, datetime) else ""


def _with_wanted_keys(
    aws: Aws, wants: Mapping[str, Sequence[Edit]], current: dict[str, Settings | None]
) -> dict[str, Settings | None]:
    """Look up the keys behind wanted aliases, each alias once, for the repositories that have a key."""
    keys: dict[str, str | None] = {}
    for name, edits in wants.items():
        settings, alias = current[name], _wanted_alias(edits)
        if settings is None or not settings.key or not alias:
            continue
        if alias not in keys:
            keys[alias] = arn_behind(aws, alias)
        current[name] = settings._replace(wanted_key=keys[alias])
    return current


def _wanted_alias(edits: Sequence[Edit]) -> str:
    keys = (edit.encryption_key or "" for edit in edits if isinstance(edit, Wanted))
    return next((key for key in keys if is_alias(key)), "")


# Decide


def changes(name: str, edits: Sequence[Edit], current: Settings | None) -> Iterator[Change | Note]:
    """Make the repository, converge what can be changed, report what cannot, or remove it."""
    for edit in edits:
        if isinstance(edit, Absent):
            if current is not None:
                yield _delete(name, edit, current)
        elif current is None:
            yield _create(name, edit)
        else:
            yield from _converge(name, edit, current)


def _converge(name: str, wanted: Wanted, current: Settings) -> Iterator[Change | Note]:
    yield from _compare_encryption(name, wanted, current)
    mutability, filters = wanted.mutability, wanted.filters
    if mutability is not None and (mutability, frozenset(filters)) != (current.mutability, current.filters):
        yield Change(
            owner=name,
            kind=Kind.UPDATE,
            what="tag mutability",
            before=_mutability(current.mutability, sorted(current.filters)),
            after=_mutability(mutability, filters),
            removed=_mutability_parts(current.mutability, current.filters),
            added=_mutability_parts(mutability, filters),
            call=Call("ecr", "PutImageTagMutability", {"repositoryName": name} | _mutability_params(wanted)),
            races=Races(not_yet_visible=(calls.MISSING,)),
        )
    scan = wanted.scan_on_push
    if scan is not None and scan != current.scan_on_push:
        yield Change(
            owner=name,
            kind=Kind.UPDATE,
            what="scan on push",
            before="on" if current.scan_on_push else "off",
            after="on" if scan else "off",
            removed=[] if scan else [SCAN],
            added=[SCAN] if scan else [],
            call=Call("ecr", "PutImageScanningConfiguration", {"repositoryName": name} | _scan_params(wanted)),
            races=Races(not_yet_visible=(calls.MISSING,)),
        )


def _compare_encryption(name: str, wanted: Wanted, current: Settings) -> Iterator[Change | Note]:
    encryption, key = wanted.encryption, wanted.encryption_key
    if encryption is None:
        return
    if encryption == current.encryption and (key is None or _is_same_key(key, current)):
        return
    if encryption == current.encryption and current.wanted_key is None:
        yield Note(f"{name}: whether its key is {key} cannot be said without the IAM action kms:DescribeKey")
        return
    yield Change(
        owner=name,
        kind=Kind.CONFLICT,
        what="encryption",
        before=_encryption(current.encryption, current.key),
        after=_encryption(encryption, key or ""),
        advice={"": "encryption is chosen once: leave it out, or delete the repository yourself and create it again"},
    )


def _is_same_key(key: str, current: Settings) -> bool:
    """Whether a key, given by its ARN, its id or an alias, is the current one."""
    return is_id_of(key, current.key) or bool(current.key and current.wanted_key == current.key)


def _create(name: str, wanted: Wanted) -> Change:
    is_kms = wanted.encryption not in (None, RepositoryEncryption.AES256)
    params: dict[str, Any] = {"repositoryName": name} | _mutability_params(wanted) | _scan_params(wanted)
    if is_kms:
        params["encryptionConfiguration"] = {"encryptionType": str(wanted.encryption)}
        if wanted.encryption_key is not None:
            params["encryptionConfiguration"]["kmsKey"] = wanted.encryption_key
    if wanted.tags:
        params["tags"] = tag_list(wanted.tags)
    needs = [*(["ecr:TagResource"] if wanted.tags else []), *(KMS_CREATE if is_kms else [])]
    return Change(
        owner=name,
        kind=Kind.CREATE,
        what="repository",
        after=_words(wanted),
        added=_parts(wanted),
        call=Call("ecr", "CreateRepository", params, needs),
        races=Races(superseded=(calls.EXISTS,), is_made_between=partial(calls.is_made_between, name)),
        makes_owner=True,
        advice=ADVICE,
    )


def _delete(name: str, edit: Absent, current: Settings) -> Change:
    params = {"repositoryName": name, "force": edit.empty_on_delete}
    return Change(
        owner=name,
        kind=Kind.DELETE,
        what="repository",
        before=f"with all its images, {current.images:,} now" if edit.empty_on_delete else "",
        removed=["with all its images"] if edit.empty_on_delete else [],
        call=Call("ecr", "DeleteRepository", params, ("kms:RetireGrant",) if current.key else ()),
        races=Races(derived=True, superseded=(calls.MISSING,)),
        makes_owner=True,
        identity=current.created_at,
        images=current.images,
        advice={
            **ADVICE,
            "RepositoryNotEmptyException": "it holds images: empty_on_delete=True deletes it with them",
        },
    )


def after(change: Change, current: Settings | None) -> Settings | None:
    """Return the settings after a change. A new repository has the defaults of ECR for what its spec leaves out."""
    if change.operation == "DeleteRepository":
        return None
    item = {name: value for name, value in change.params.items() if name in _SETTINGS}
    if change.operation == "CreateRepository":
        return _parse(item)
    settings = current or Settings()
    if change.operation == "PutImageTagMutability":
        return settings._replace(mutability=_parse(item).mutability, filters=_parse(item).filters)
    return settings._replace(scan_on_push=_parse(item).scan_on_push)


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: a deletion takes a moment, and is waited for."""
    return isinstance(edit, Absent)


def _mutability_params(wanted: Wanted) -> dict[str, Any]:
    params: dict[str, Any] = {}
    if wanted.mutability is not None:
        params["imageTagMutability"] = str(wanted.mutability)
    if wanted.filters:
        params["imageTagMutabilityExclusionFilters"] = [
            {"filterType": "WILDCARD", "filter": entry} for entry in wanted.filters
        ]
    return params


def _scan_params(wanted: Wanted) -> dict[str, Any]:
    scan = wanted.scan_on_push
    return {} if scan is None else {"imageScanningConfiguration": {"scanOnPush": scan}}


# Words


def _words(wanted: Wanted) -> str:
    parts = []
    if wanted.mutability is not None:
        parts.append(_mutability(wanted.mutability, wanted.filters))
    if wanted.scan_on_push is not None:
        parts.append("scan on push" if wanted.scan_on_push else "no scan on push")
    if wanted.encryption is not None:
        parts.append(_encryption(wanted.encryption, wanted.encryption_key or ""))
    return ", ".join([*parts, *(f"{key}={value}" for key, value in (wanted.tags or {}).items())])


def _parts(wanted: Wanted) -> list[str]:
    """Return the parts of a difference that makes a repository: each setting that is not the default."""
    parts = [] if wanted.mutability is None else _mutability_parts(wanted.mutability, wanted.filters)
    if wanted.scan_on_push:
        parts.append(SCAN)
    if wanted.encryption is not None:
        parts.append(f"encryption: {_encryption(wanted.encryption, wanted.encryption_key or '')}")
    return [*parts, *(tag_part(key, value) for key, value in (wanted.tags or {}).items())]


def _mutability_parts(mode: str, filters: Iterable[str]) -> list[str]:
    words = _mutability(mode, sorted(filters))
    return [] if words == Settings().mutability else [f"tag mutability: {words}"]


def _mutability(mode: str, filters: Iterable[str]) -> str:
    return f"{mode.removesuffix('_WITH_EXCLUSION')} except {', '.join(filters)}" if filters else str(mode)


def _encryption(kind: str, key: str) -> str:
    return f"{kind} with {key}" if key else str(kind)
