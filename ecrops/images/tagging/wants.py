"""From tags that a user names to wants, and to the plan of them. Called by ``tagging/verbs`` and ``ImageHandle``.

The first reading is made here, since it has the manifests that are put, and what it says of the tags is handed to the
engine. So a tag is set in two calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ecrops.aws import ClientError, code_of
from ecrops.base.change import Note
from ecrops.base.conflicts import conflict
from ecrops.base.problems import Problems
from ecrops.base.render import several
from ecrops.engine.account import Account
from ecrops.engine.aspect import Want
from ecrops.engine.plan import Plan
from ecrops.engine.reading import Goal, Readings
from ecrops.errors import ApplyError, ConflictError, SpecError
from ecrops.images import manifests
from ecrops.images.image import find_one
from ecrops.images.names import check_name, check_tag, short
from ecrops.images.tagging import removing, setting
from ecrops.images.tagging.edits import Point, Remove, Tags, key_of
from ecrops.images.tagging.words import TAKEN, TAKEN_ADVICE, image_words

if TYPE_CHECKING:
    from ecrops.base.waits import OnWait
    from ecrops.engine.telling import OnChange
    from ecrops.repositories.handle import Handle


def set_tags(
    repository: Handle,
    tags: Mapping[str, str],
    on_change: OnChange | None = None,
    on_wait: OnWait | None = None,
    progress: bool = False,
) -> Plan:
    """Set tags, each to an image: see ``RepositoryVerbs.tag_images``."""
    wanted = _checked(tags)
    repository._check_account()
    with repository.registry.telling(on_change, on_wait, progress) as registry:
        points, known = _points(registry, repository.name, wanted)
        wants = [Want(setting, key, point) for key, point in points.items()]
        try:
            return registry.make(*wants, known=known)
        except (ClientError, ApplyError) as error:
            raise _explained(error, points) from error


def _checked(tags: object) -> dict[str, str]:
    if not isinstance(tags, Mapping):
        raise SpecError(f"expected tags, each with a tag or a digest of an image, got {tags!r}")
    problems = Problems()
    for tag, image in tags.items():
        problems.take("", partial(check_tag, tag))
        problems.take(f"[{tag!r}]", partial(check_name, image))
    problems.raise_any()
    return dict(tags)


def _points(registry: Account, name: str, wanted: Mapping[str, str]) -> tuple[dict[str, Point], Mapping[Goal, Any]]:
    """Return the edits by key, and where the tags are, in one reading of both."""
    aws = registry.aws.stoppable()
    known = Readings()
    sources = {tag: _assumed(registry, name, image) for tag, image in wanted.items()}
    answer = manifests.ask(aws, name, [*sources.values(), *wanted]) if wanted else manifests.Answer({}, {})
    is_checked = registry.dry_run or len(wanted) > 1
    points: dict[str, Point] = {}
    for tag, image in wanted.items():
        source = sources[tag]
        code, reason = answer.failures.get(source, (manifests.NOT_FOUND, ""))
        if source not in answer.manifests and code != manifests.NOT_FOUND:
            raise manifests.refused(name, source, code, reason)
        manifest = answer.manifests.get(source)
        of_image = (manifest.digest, manifest.media_type, manifest.text) if manifest else ("", "", "")
        points[key_of(name, tag)] = Point(name, tag, image, *of_image, is_checked)
    states = setting.pointed(aws, name, points, answer)
    known |= {(setting, key): state for key, state in states.items()}
    return points, known


def _assumed(registry: Account, name: str, image: str) -> str:
    """Return an image as it is asked for: in a dry run, a tag may have been moved to another one before."""
    moved = registry.assumed.get((setting, key_of(name, image)))
    return moved.digest if moved else image


def _explained(error: ClientError | ApplyError, points: Mapping[str, Point]) -> Exception:
    """Return an error of setting tags: a conflict for each tag that is taken, and cannot be moved."""
    if isinstance(error, ApplyError):
        failed = {owner: _conflict(owner, reason, points) or reason for owner, reason in error.failed.items()}
        if list(failed.values()) == list(error.failed.values()):
            return error
        new = ApplyError(error.message, list(dict.fromkeys(failed.values())), error.applied, failed)
        for note in getattr(error, "__notes__", ()):
            new.add_note(note)
        return new
    return _conflict(getattr(error, "owner", ""), error, points) or error


def _conflict(owner: str, error: Exception, points: Mapping[str, Point]) -> ConflictError | None:
    if code_of(error) != setting.TAKEN_CODE or owner not in points:
        return None
    point = points[owner]
    words = f"{image_words(point.source, point.digest)}: {TAKEN}"
    return ConflictError([conflict(owner, "", "", words, TAKEN_ADVICE)])


def remove_tags(
    repository: Handle,
    image: str,
    tags: Sequence[str],
    delete_last: bool = False,
    on_change: OnChange | None = None,
    on_wait: OnWait | None = None,
    progress: bool = False,
) -> Plan:
    """Remove tags from an image: see ``ImageHandle.untag``."""
    check_tags(tags)
    if not isinstance(delete_last, bool):
        raise SpecError(f"delete_last: expected True or False, got {delete_last!r}")
    repository._check_account()
    name = repository.name
    with repository.registry.telling(on_change, on_wait, progress) as registry:
        aws, known = registry.aws.stoppable(), Readings()
        described = find_one(aws, name, image)
        if described is None:
            return Plan(notes=(Note(f"{name}: there is no image {image}, and so it has no tags"),), region=aws.region)
        tags_of_image = frozenset(described.tags)
        known.take(aws, (removing, name), Tags({described.digest: tags_of_image}))
        edit = Remove(described.digest, tuple(tags), delete_last, tags_of_image)
        plan = registry.make(Want(removing, name, edit), known=known)
    elsewhere = [tag for tag in dict.fromkeys(tags) if tag not in described.tags]
    if not elsewhere:
        return plan
    note = Note(f"{name}: {short(described.digest)} does not have the tags {several(elsewhere)}: they stay as they are")
    return replace(plan, notes=(*plan.notes, note))


def check_tags(tags: Sequence[str]) -> None:
    """Refuse what is no tag, and no tags at all.

    Raises:
        SpecError: With every reason.
    """
    problems = Problems()
    problems.check(bool(tags), "", "expected one tag or more")
    problems.each("tags", tags, check_tag)
    problems.raise_any()
