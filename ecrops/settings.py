"""The aspect of a repository's existence, and of the settings that travel with it.

The edit is a whole ``RepositorySpec``, because one ``CreateRepository`` carries everything that it takes: tags too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecrops import ecr
from ecrops.aws import Aws
from ecrops.change import Change, Kind, Note
from ecrops.errors import SpecError
from ecrops.keys import arn_behind, is_alias, is_id_of
from ecrops.spec import RepositoryEncryption, RepositorySpec

stands_on = None
KMS_CREATE = ("kms:CreateGrant", "kms:DescribeKey")
KMS_ADVICE = "encryption with KMS needs kms:DescribeKey and kms:CreateGrant on the key, deletion kms:RetireGrant"


class Absent(NamedTuple):
    """An edit: no such repository.

    Args:
        empty_on_delete: Whether it is deleted with the images in it.
    """

    empty_on_delete: bool = False


Edit = RepositorySpec | Absent


def absent(empty_on_delete: object) -> Absent:
    """The edit that removes a repository.

    Raises:
        SpecError: ``empty_on_delete`` is not a truth value.
    """
    if not isinstance(empty_on_delete, bool):
        raise SpecError(f"empty_on_delete: expected True or False, got {empty_on_delete!r}")
    return Absent(empty_on_delete)


class Settings(NamedTuple):
    """What is there.

    Args:
        mutability: Of its tags.
        filters: The exclusions from it.
        scan_on_push: Whether images are scanned.
        encryption: How images are encrypted.
        key: The ARN of the KMS key.
        wanted_key: The ARN of the key that is wanted by alias; ``None`` if that could not be learned.
    """

    mutability: str = "MUTABLE"
    filters: frozenset[str] = frozenset()
    scan_on_push: bool = False
    encryption: str = "AES256"
    key: str = ""
    wanted_key: str | None = ""


def of_spec(spec: RepositorySpec) -> Edit | None:
    """What a spec wants: at least, that the repository is there."""
    return spec


def to_spec(have: Settings) -> dict[str, Any]:
    """The fields of the spec that describes what is there."""
    return {
        "image_tag_mutability": have.mutability,
        "image_tag_mutability_exclusion_filters": sorted(have.filters) or None,
        "image_scan_on_push": have.scan_on_push,
        "encryption": have.encryption,
        "encryption_key": have.key or None,
    }


# Read


def prepare(aws: Aws) -> None:
    """What must be there before reads run in parallel."""
    aws.client("ecr")


def read_all(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> dict[str, Settings | None]:
    """What is there, and ``None`` for each repository that is not."""
    found = ecr.find(aws, list(wants))
    have = {name: _parse(found[name]) if name in found else None for name in wants}
    return _with_wanted_keys(aws, wants, have)


def every(aws: Aws) -> dict[str, Settings]:
    """All repositories of the registry."""
    return {name: _parse(item) for name, item in ecr.every(aws)}


def _parse(item: Mapping[str, Any]) -> Settings:
    encryption = item.get("encryptionConfiguration", {})
    return Settings(
        item.get("imageTagMutability", "MUTABLE"),
        frozenset(entry.get("filter", str(entry)) for entry in item.get("imageTagMutabilityExclusionFilters", ())),
        item.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        encryption.get("encryptionType", "AES256"),
        encryption.get("kmsKey", ""),
    )


def _with_wanted_keys(
    aws: Aws, wants: Mapping[str, Sequence[Edit]], have: dict[str, Settings | None]
) -> dict[str, Settings | None]:
    """Learn the keys behind the aliases that are wanted for repositories that have a key: each alias once."""
    keys: dict[str, str | None] = {}
    for name, edits in wants.items():
        there, alias = have[name], _wanted_alias(edits)
        if there is None or not there.key or not alias:
            continue
        if alias not in keys:
            keys[alias] = arn_behind(aws, alias)
        have[name] = there._replace(wanted_key=keys[alias])
    return have


def _wanted_alias(edits: Sequence[Edit]) -> str:
    keys = (edit.encryption_key or "" for edit in edits if isinstance(edit, RepositorySpec))
    return next((key for key in keys if is_alias(key)), "")


# Decide


def changes(name: str, edits: Sequence[Edit], have: Settings | None) -> Iterator[Change | Note]:
    """Make it, converge what can be changed, say what cannot, or remove it."""
    for edit in edits:
        if isinstance(edit, Absent):
            if have is not None:
                yield _delete(name, edit, have)
        elif have is None:
            yield _create(edit)
        else:
            yield from _converge(edit, have)


def _converge(spec: RepositorySpec, have: Settings) -> Iterator[Change | Note]:
    yield from _compare_encryption(spec, have)
    mutability, filters = spec.image_tag_mutability, spec.image_tag_mutability_exclusion_filters or ()
    if mutability is not None and (mutability, frozenset(filters)) != (have.mutability, have.filters):
        yield Change(
            spec.name,
            Kind.UPDATE,
            "tag mutability",
            _mutability(have.mutability, sorted(have.filters)),
            _mutability(mutability, filters),
            "ecr",
            "PutImageTagMutability",
            {"repositoryName": spec.name} | _mutability_params(spec),
            unseen=(ecr.MISSING,),
        )
    scan = spec.image_scan_on_push
    if scan is not None and scan != have.scan_on_push:
        yield Change(
            spec.name,
            Kind.UPDATE,
            "scan on push",
            "on" if have.scan_on_push else "off",
            "on" if scan else "off",
            "ecr",
            "PutImageScanningConfiguration",
            {"repositoryName": spec.name} | _scan_params(spec),
            unseen=(ecr.MISSING,),
        )


def _compare_encryption(spec: RepositorySpec, have: Settings) -> Iterator[Change | Note]:
    want, key = spec.encryption, spec.encryption_key
    if want is None:
        return
    if want == have.encryption and (key is None or _same_key(key, have)):
        return
    if want == have.encryption and have.wanted_key is None:
        yield Note(f"{spec.name}: whether its key is {key} cannot be said without the IAM action kms:DescribeKey")
        return
    yield Change(
        spec.name,
        Kind.CONFLICT,
        "encryption",
        _encryption(have.encryption, have.key),
        _encryption(want, key or ""),
        advice={"": "encryption is chosen once: leave it out, or delete the repository yourself and make it anew"},
    )


def _same_key(key: str, have: Settings) -> bool:
    """A key's ARN, its id and its aliases are the same key."""
    return is_id_of(key, have.key) or bool(have.key and have.wanted_key == have.key)


def _create(spec: RepositorySpec) -> Change:
    encrypted = spec.encryption not in (None, RepositoryEncryption.AES256)
    params: dict[str, Any] = {"repositoryName": spec.name} | _mutability_params(spec) | _scan_params(spec)
    if encrypted:
        params["encryptionConfiguration"] = {"encryptionType": str(spec.encryption)}
        if spec.encryption_key is not None:
            params["encryptionConfiguration"]["kmsKey"] = spec.encryption_key
    if spec.tags:
        params["tags"] = tag_list(spec.tags)
    needs = [*(["ecr:TagResource"] if spec.tags else []), *(KMS_CREATE if encrypted else [])]
    return Change(
        spec.name,
        Kind.CREATE,
        "repository",
        "",
        _words(spec),
        "ecr",
        "CreateRepository",
        params,
        whole=True,
        needs=needs,
        races=(ecr.EXISTS,),
        advice={"KmsException": KMS_ADVICE},
    )


def _delete(name: str, edit: Absent, have: Settings) -> Change:
    return Change(
        name,
        Kind.DELETE,
        "repository",
        "with all its images" if edit.empty_on_delete else "",
        "",
        "ecr",
        "DeleteRepository",
        {"repositoryName": name, "force": edit.empty_on_delete},
        whole=True,
        needs=("kms:RetireGrant",) if have.key else (),
        races=(ecr.MISSING,),
        advice={
            "KmsException": KMS_ADVICE,
            "RepositoryNotEmptyException": "it holds images: empty_on_delete=True deletes it with them",
        },
    )


def look_again(edit: Edit) -> bool:
    """Whether to look again afterwards: a deletion takes a moment, and is waited for."""
    return isinstance(edit, Absent)


def _mutability_params(spec: RepositorySpec) -> dict[str, Any]:
    params: dict[str, Any] = {}
    if spec.image_tag_mutability is not None:
        params["imageTagMutability"] = str(spec.image_tag_mutability)
    if spec.image_tag_mutability_exclusion_filters:
        params["imageTagMutabilityExclusionFilters"] = [
            {"filterType": "WILDCARD", "filter": entry} for entry in spec.image_tag_mutability_exclusion_filters
        ]
    return params


def _scan_params(spec: RepositorySpec) -> dict[str, Any]:
    scan = spec.image_scan_on_push
    return {} if scan is None else {"imageScanningConfiguration": {"scanOnPush": scan}}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the API takes them."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


# Words


def _words(spec: RepositorySpec) -> str:
    parts = []
    if spec.image_tag_mutability is not None:
        parts.append(_mutability(spec.image_tag_mutability, spec.image_tag_mutability_exclusion_filters or ()))
    if spec.image_scan_on_push is not None:
        parts.append("scan on push" if spec.image_scan_on_push else "no scan on push")
    if spec.encryption is not None:
        parts.append(_encryption(spec.encryption, spec.encryption_key or ""))
    return ", ".join([*parts, *(f"{key}={value}" for key, value in (spec.tags or {}).items())])


def _mutability(mode: str, filters: Iterable[str]) -> str:
    return f"{mode.removesuffix('_WITH_EXCLUSION')} except {', '.join(filters)}" if filters else str(mode)


def _encryption(kind: str, key: str) -> str:
    return f"{kind} with {key}" if key else str(kind)
