"""The aspect of a repository's existence, and of the settings that travel with it.

Called by the engine. One ``CreateRepository`` carries mutability, scanning, encryption and tags, so ``Wanted`` holds
all of them; the tags of a repository that exists are another aspect (``tags``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ecrops.aws import Aws
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.base.conflicts import conflict
from ecrops.base.tags import tag_list
from ecrops.engine.aspect import Read
from ecrops.repositories import calls, verbatim
from ecrops.repositories.kms import ADVICE, arn_behind, is_alias, is_id_of
from ecrops.repositories.states import Absent, AsFound, Edit, Settings, Wanted, mutability_params, parse, scan_params
from ecrops.repositories.values import ECR, RepositoryEncryption
from ecrops.repositories.words import SCAN, encryption_words, mutability_parts, mutability_words, parts, words

base = None
_SETTINGS = (
    "imageTagMutability",
    "imageTagMutabilityExclusionFilters",
    "imageScanningConfiguration",
    "encryptionConfiguration",
)
MUTABILITY = ("image_tag_mutability", "image_tag_mutability_exclusion_filters")
FILTERS = MUTABILITY[1]
ENCRYPTION = ("encryption", "encryption_key")
KMS_CREATE = ("kms:CreateGrant", "kms:DescribeKey")


# Read


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for all repositories: it takes as few calls as the size of the registry allows."""
    if wants:
        yield Read(tuple(wants), lambda: read_all(aws, wants), services=("ecr",))


def read_all(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> dict[str, Settings | None]:
    """Read the settings of repositories; ``None`` for each that does not exist."""
    found = calls.find(aws, list(wants), parse)
    current = {name: found.get(name) for name in wants}
    return _with_wanted_keys(aws, wants, _with_images(aws, wants, current))


def _with_images(
    aws: Aws, wants: Mapping[str, Sequence[Edit]], current: dict[str, Settings | None]
) -> dict[str, Settings | None]:
    """Count the images of repositories that are to be deleted with their images."""
    emptied = [name for name, edits in wants.items() if any(map(_goes_with_images, edits))]
    found = [(name, settings) for name in emptied if (settings := current[name])]
    counts = aws.map(lambda pair: calls.count_images(aws, pair[0]), found)
    return current | {
        name: settings._replace(images=count) for (name, settings), count in zip(found, counts, strict=True)
    }


def _goes_with_images(edit: Edit) -> bool:
    return isinstance(edit, Absent | AsFound) and edit.empty_on_delete


def every(aws: Aws) -> dict[str, Settings]:
    """Read the settings of all repositories of the registry."""
    return {name: parse(item) for name, item in calls.every(aws)}


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
        if isinstance(edit, Absent | AsFound):
            if current is not None:
                yield _delete(name, edit, current)
        elif current is None:
            if not edit.only_existing:
                change = _create(name, edit)
                yield _unwritten(change) if edit.verbatim - verbatim.ASPECTS else change
        else:
            yield from _converge(name, edit, current)


def _converge(name: str, wanted: Wanted, current: Settings) -> Iterator[Change | Note]:
    yield from _compare_encryption(name, wanted, current)
    mutability, filters = wanted.mutability, wanted.filters
    if mutability is None and FILTERS in wanted.verbatim:  # a file may say the one and not the other
        mutability = current.mutability
    if mutability is not None and (mutability, frozenset(filters)) != (current.mutability, current.filters):
        change = Change(
            owner=name,
            kind=Kind.UPDATE,
            what="tag mutability",
            before=mutability_words(current.mutability, sorted(current.filters)),
            after=mutability_words(mutability, filters),
            removed=mutability_parts(current.mutability, current.filters),
            added=mutability_parts(mutability, filters),
            call=_call("PutImageTagMutability", {"repositoryName": name} | mutability_params(wanted)),
            races=Races(not_yet_visible=(calls.MISSING,)),
        )
        yield _unwritten(change) if verbatim.has_any(wanted.verbatim, MUTABILITY) else change
    scan = wanted.scan_on_push
    if scan is not None and scan != current.scan_on_push:
        yield Change(
            owner=name,
            kind=Kind.UPDATE,
            what=SCAN,
            before="on" if current.scan_on_push else "off",
            after="on" if scan else "off",
            removed=[] if scan else [SCAN],
            added=[SCAN] if scan else [],
            call=_call("PutImageScanningConfiguration", {"repositoryName": name} | scan_params(wanted)),
            races=Races(not_yet_visible=(calls.MISSING,)),
        )


def _unwritten(change: Change) -> Change:
    """Return the conflict in the place of a change that would write what is verbatim."""
    return replace(change, kind=Kind.CONFLICT, call=None, makes_owner=False, advice={"": verbatim.ADVICE})


def _compare_encryption(name: str, wanted: Wanted, current: Settings) -> Iterator[Change | Note]:
    encryption, key = wanted.encryption, wanted.encryption_key
    is_same = encryption in (None, current.encryption)
    if is_same and (key is None or _is_same_key(key, current)):
        return
    if is_same and current.wanted_key is None:
        yield Note(f"{name}: whether its key is {key} cannot be said without the IAM action kms:DescribeKey")
        return
    change = conflict(
        name,
        "encryption",
        encryption_words(current.encryption, current.key),
        encryption_words(encryption or "", key or ""),
        "encryption is chosen once: leave it out, or delete the repository yourself and create it again",
    )
    yield _unwritten(change) if verbatim.has_any(wanted.verbatim, ENCRYPTION) else change


def _is_same_key(key: str, current: Settings) -> bool:
    """Whether a key, given by its ARN, its id or an alias, is the current one."""
    return is_id_of(key, current.key) or bool(current.key and current.wanted_key == current.key)


def _create(name: str, wanted: Wanted) -> Change:
    is_kms = wanted.encryption not in (None, RepositoryEncryption.AES256)
    params: dict[str, Any] = {"repositoryName": name} | mutability_params(wanted) | scan_params(wanted)
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
        after=words(wanted),
        added=parts(wanted),
        call=_call("CreateRepository", params, needs),
        races=Races(superseded=(calls.EXISTS,), is_made_between=partial(calls.is_made_between, name)),
        makes_owner=True,
        advice=ADVICE,
    )


def _call(operation: str, params: Mapping[str, Any], needs: Collection[str] = ()) -> Call:
    """Return a call that writes settings, which its answer repeats."""
    return Call("ecr", operation, params, needs, partial(_is_kept, params))


def _is_kept(params: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Whether an answer has the mutability and the scanning that were sent. Some servers drop exclusion filters."""
    sent, kept = parse(params), parse(answer.get("repository", answer))
    mutability = "imageTagMutability" not in params or (sent.mutability, sent.filters) == (
        kept.mutability,
        kept.filters,
    )
    return mutability and ("imageScanningConfiguration" not in params or sent.scan_on_push == kept.scan_on_push)


def _delete(name: str, edit: Absent | AsFound, current: Settings) -> Change:
    from ecrops.repositories.deletion import deletion, of_found

    needs = ("kms:RetireGrant",) if current.key else ()
    if isinstance(edit, AsFound):
        change = of_found(name, edit, current, needs)
    else:
        change = deletion(name, edit, current.created_at, current.images, ECR, needs)
    return replace(change, advice={**ADVICE, **change.advice})


def after(change: Change, current: Settings | None) -> Settings | None:
    """Return the settings after a change. A new repository has the defaults of ECR for what its spec leaves out."""
    if change.operation == "DeleteRepository":
        return None
    item = {name: value for name, value in change.params.items() if name in _SETTINGS}
    if change.operation == "CreateRepository":
        return parse(item)
    settings = current or Settings()
    if change.operation == "PutImageTagMutability":
        return settings._replace(mutability=parse(item).mutability, filters=parse(item).filters)
    return settings._replace(scan_on_push=parse(item).scan_on_push)


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: a deletion takes a moment, and is waited for."""
    return isinstance(edit, Absent | AsFound)
