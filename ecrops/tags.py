"""The aspect of a repository's tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecrops import ecr, settings
from ecrops.aws import Aws
from ecrops.change import Change, Kind, Note
from ecrops.checks import MOST_TAGS
from ecrops.spec import RepositorySpec

stands_on = settings
missing = ecr.MISSING


class Exactly(NamedTuple):
    """An edit: these tags and no others."""

    tags: Mapping[str, str]

    def __call__(self, have: Mapping[str, str]) -> dict[str, str]:
        """The tags after the edit."""
        return dict(self.tags)


class Include(NamedTuple):
    """An edit: these tags too."""

    tags: Mapping[str, str]

    def __call__(self, have: Mapping[str, str]) -> dict[str, str]:
        """The tags after the edit."""
        return {**have, **self.tags}


class Exclude(NamedTuple):
    """An edit: no tags with these keys."""

    keys: Sequence[str]

    def __call__(self, have: Mapping[str, str]) -> dict[str, str]:
        """The tags after the edit."""
        return {key: value for key, value in have.items() if key not in self.keys}


Edit = Exactly | Include | Exclude


class Tagged(NamedTuple):
    """What is there: a repository's ARN, and its tags without AWS's own."""

    arn: str
    tags: Mapping[str, str]


def of_spec(spec: RepositorySpec) -> Edit | None:
    """What a spec wants."""
    return None if spec.tags is None else Exactly(spec.tags)


def to_spec(have: Tagged) -> dict[str, Any]:
    """The fields of the spec that describes what is there."""
    return {"tags": dict(have.tags)}


def prepare(aws: Aws) -> None:
    """What must be there before reads run in parallel: the ARN names the account."""
    aws.client("ecr")
    _ = aws.account_id


def read(aws: Aws, name: str) -> Tagged:
    """The tags of a repository."""
    arn = ecr.arn_of(aws, name)
    tags = ecr.get(aws, name, "ListTagsForResource", "tags", resourceArn=arn)
    own = {tag["Key"]: tag.get("Value", "") for tag in tags if not tag["Key"].lower().startswith("aws:")}
    return Tagged(arn, own)


def changes(name: str, edits: Sequence[Edit], have: Tagged | None) -> Iterator[Change | Note]:
    """Tags are added and changed before others are removed, so that no moment lacks one of both."""
    if have is None:  # the repository is not there yet: the tags of its spec travel with CreateRepository
        added = {key: value for edit in edits if isinstance(edit, Include) for key, value in edit.tags.items()}
        if added:
            yield Note(f"{name}: the tags {words(added)} are added when it is there")
        return
    want = dict(have.tags)
    for edit in edits:
        want = edit(want)
    put = {key: want[key] for key in sorted(want) if have.tags.get(key) != want[key]}
    gone = sorted(key for key in have.tags if key not in want)
    room = MOST_TAGS - len(have.tags) - sum(key not in have.tags for key in put)
    first = gone[: max(0, -room)]  # only as many as there is no room for
    if first:
        yield _remove(name, have, first)
    if put:
        yield _put(name, have, put)
    if later := gone[len(first) :]:
        yield _remove(name, have, later)


def _put(name: str, have: Tagged, tags: Mapping[str, str]) -> Change:
    return Change(
        name,
        Kind.UPDATE,
        "tags",
        words({key: have.tags[key] for key in tags if key in have.tags}),
        words(tags),
        "ecr",
        "TagResource",
        {"resourceArn": have.arn, "tags": settings.tag_list(tags)},
        unseen=(ecr.MISSING,),
    )


def _remove(name: str, have: Tagged, keys: Sequence[str]) -> Change:
    return Change(
        name,
        Kind.DELETE,
        "tags",
        words({key: have.tags[key] for key in keys}),
        "",
        "ecr",
        "UntagResource",
        {"resourceArn": have.arn, "tagKeys": list(keys)},
        unseen=(ecr.MISSING,),
    )


def words(tags: Mapping[str, str]) -> str:
    """Tags as ``key=value``."""
    return ", ".join(f"{key}={value}" for key, value in tags.items())


def look_again(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: each tag is written by itself, so never."""
    return False
