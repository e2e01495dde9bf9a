"""The aspect of a repository's tags. Called by the engine. The smallest aspect: read it first.

``public/tags`` is the same for public repositories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ecrops.aws import Aws
from ecrops.aws.arn import partition_of
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.base.tags import tag_list, tag_part, words
from ecrops.engine.aspect import Read, one_by_one
from ecrops.repositories import calls, settings, verbatim
from ecrops.repositories.checks import MAX_TAGS
from ecrops.repositories.values import ECR, repository_arn

base = settings


class Exactly(NamedTuple):
    """An edit: these tags and no others.

    Args:
        tags: The tags.
        verbatim: Whether they are compared and never written: AWS has accepted them, and ecrops would not write them.
    """

    tags: Mapping[str, str]
    verbatim: bool = False

    def __call__(self, current: Mapping[str, str]) -> dict[str, str]:
        """Return the desired tags."""
        return dict(self.tags)


class Include(NamedTuple):
    """An edit: these tags too."""

    tags: Mapping[str, str]

    def __call__(self, current: Mapping[str, str]) -> dict[str, str]:
        """Return the desired tags."""
        return {**current, **self.tags}


class Exclude(NamedTuple):
    """An edit: no tags with these keys."""

    keys: Sequence[str]

    def __call__(self, current: Mapping[str, str]) -> dict[str, str]:
        """Return the desired tags."""
        return {key: value for key, value in current.items() if key not in self.keys}


Edit = Exactly | Include | Exclude


class Tagged(NamedTuple):
    """A repository's ARN, and its current tags without AWS's own."""

    arn: str
    tags: Mapping[str, str]

    @property
    def service(self) -> str:
        """The service that has the repository."""
        return self.arn.split(":", 3)[2]


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]], service: str = ECR) -> Iterator[Read]:
    """Yield one reading for each repository."""
    return one_by_one(wants, lambda name: read(aws, name, service), services=(service,), base_missing=(calls.MISSING,))


def read(aws: Aws, name: str, service: str = ECR) -> Tagged:
    """Read the tags of a repository."""
    arn = calls.arn_of(aws, name, service)
    tags = calls.get(aws, name, "ListTagsForResource", "tags", service=service, resourceArn=arn)
    return Tagged(arn, {tag["Key"]: tag.get("Value", "") for tag in tags if not tag["Key"].lower().startswith("aws:")})


def changes(name: str, edits: Sequence[Edit], current: Tagged | None) -> Iterator[Change | Note]:
    """Add and change tags before others are removed, so that no moment lacks one of both."""
    if current is None:  # the repository does not exist yet: the tags of its spec travel with CreateRepository
        added = {key: value for edit in edits if isinstance(edit, Include) for key, value in edit.tags.items()}
        if added:
            yield Note(f"{name}: the tags {words(added)} are added when it is there")
        return
    desired = dict(current.tags)
    for edit in edits:
        desired = edit(desired)
    changed = {key: desired[key] for key in sorted(desired) if current.tags.get(key) != desired[key]}
    removed = sorted(key for key in current.tags if key not in desired)
    if (changed or removed) and any(isinstance(edit, Exactly) and edit.verbatim for edit in edits):
        yield verbatim.conflict(name, "tags", words(current.tags), words(desired))
        return
    room = MAX_TAGS - len(current.tags) - sum(key not in current.tags for key in changed)
    removed_first = removed[: max(0, -room)]  # only as many as there is no room for
    if removed_first:
        yield _remove(name, current, removed_first)
    if changed:
        yield _put(name, current, changed)
    if removed_later := removed[len(removed_first) :]:
        yield _remove(name, current, removed_later)


def _put(name: str, current: Tagged, tags: Mapping[str, str]) -> Change:
    return Change(
        owner=name,
        kind=Kind.UPDATE,
        what="tags",
        before=words({key: current.tags[key] for key in tags if key in current.tags}),
        after=words(tags),
        call=Call(current.service, "TagResource", {"resourceArn": current.arn, "tags": tag_list(tags)}),
        removed=[tag_part(key, current.tags[key]) for key in tags if key in current.tags],
        added=[tag_part(key, value) for key, value in tags.items()],
        races=Races(not_yet_visible=(calls.MISSING,)),
    )


def _remove(name: str, current: Tagged, keys: Sequence[str]) -> Change:
    return Change(
        owner=name,
        kind=Kind.DELETE,
        what="tags",
        before=words({key: current.tags[key] for key in keys}),
        call=Call(current.service, "UntagResource", {"resourceArn": current.arn, "tagKeys": list(keys)}),
        removed=[tag_part(key, current.tags[key]) for key in keys],
        races=Races(not_yet_visible=(calls.MISSING,)),
    )


def after(change: Change, current: Tagged | None) -> Tagged:
    """Return the tags after a change: a repository is made with tags too."""
    arn = repository_arn(partition_of(change.region).name, change.region, change.account, change.owner, change.service)
    tags = dict(current.tags) if current else {}
    tags |= {tag["Key"]: tag["Value"] for tag in change.params.get("tags", ())}
    removed = change.params.get("tagKeys", ())
    return Tagged(arn, {key: value for key, value in tags.items() if key not in removed})


def verify(edit: Edit) -> bool:
    """Whether another writer can undo the edit: each tag is written by itself, so never."""
    return False
