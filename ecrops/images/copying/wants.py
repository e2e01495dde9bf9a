"""From images that a user names to the wants of a copy. Called by ``copying/verbs`` and ``ImageHandle``.

The source and the target are read here, once; the engine gets an edit for each image, and what is at the target. So a
copy that has nothing to do costs a listing of each side, and the manifests.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ecrops.aws import ClientError, code_of
from ecrops.base.change import Note
from ecrops.engine.account import Account
from ecrops.engine.aspect import Want
from ecrops.engine.reading import Readings
from ecrops.errors import SpecError
from ecrops.images import manifests
from ecrops.images.copying import aspect
from ecrops.images.copying.edits import Copied, TargetState
from ecrops.images.copying.layers import Transfers
from ecrops.images.copying.mounting import TWO_REGISTRIES, why_not_between, words
from ecrops.images.copying.plan import CopyPlan, with_bytes
from ecrops.images.copying.source import REFERRERS, Contents, read, tags_of
from ecrops.images.copying.stores.api import AVAILABLE, ApiStore
from ecrops.images.copying.words import EMPTY, NO_BYTES, layer_reason
from ecrops.images.image import Image
from ecrops.images.names import address, check_tag, is_digest
from ecrops.images.relations import listed
from ecrops.images.selection import Selection
from ecrops.images.tag_patterns import TagPatterns
from ecrops.repositories import calls, settings

if TYPE_CHECKING:
    from ecrops.base.waits import OnWait
    from ecrops.engine.telling import OnChange
    from ecrops.images.copying.verbs import CopyingVerbs
    from ecrops.images.handle import ImageHandle
    from ecrops.repositories.handle import Handle
    from ecrops.spec import RepositorySpec


def copy_image(
    image: ImageHandle,
    to: CopyingVerbs,
    *,
    tags: Sequence[str] | None = None,
    referrers: bool = True,
    create: RepositorySpec | None = None,
    on_change: OnChange | None = None,
    on_wait: OnWait | None = None,
    progress: bool = False,
) -> CopyPlan:
    """Copy one image: see ``ImageHandle.copy_to``."""
    source, name = image.repository, image.name
    if tags is not None:
        tags = list(dict.fromkeys(check_tag(tag) for tag in _list_of("tags", tags)))
    _check_target(source, to, create)
    with _target(source, to).telling(on_change, on_wait, progress) as registry:
        images = _images(source, registry)
        roots = [item for item in images.values() if name == item.digest or name in item.tags]
        if not roots:
            raise manifests.missing(source.name, name)
        wanted = ([] if is_digest(name) else [name]) if tags is None else tags
        return _Copy(source, to, registry, images, referrers).make({roots[0].digest: wanted}, create)


def copy_images(
    source: Handle,
    to: CopyingVerbs,
    *,
    tags: Sequence[str] | None = None,
    since: datetime | timedelta | int | None = None,
    untagged: bool = False,
    referrers: bool = True,
    create: RepositorySpec | None = None,
    on_change: OnChange | None = None,
    on_wait: OnWait | None = None,
    progress: bool = False,
) -> CopyPlan:
    """Copy many images: see ``RepositoryVerbs.copy_images``."""
    patterns = None if tags is None else Selection(tags=tags).tags
    fit = None if patterns is None else TagPatterns(patterns).fit
    selection = Selection.of(pushed_after=since)
    for option, value in (("untagged", untagged), ("referrers", referrers)):
        if not isinstance(value, bool):
            raise SpecError(f"{option}: expected True or False, got {value!r}")
    if untagged and patterns is not None:
        raise SpecError("untagged: images without tags fit no pattern of tags: leave one out")
    _check_target(source, to, create)
    with _target(source, to).telling(on_change, on_wait, progress) as registry:
        images = _images(source, registry)
        roots: dict[str, Sequence[str]] = {}
        for image in selection.pick(images.values()):
            fitting = [tag for tag in image.tags if fit is None or fit(tag)]
            if fitting or (untagged and not image.tags):
                roots[image.digest] = fitting
        copied_tags = {tag for tags_of_image in roots.values() for tag in tags_of_image}
        for pattern in patterns or () if since is None else ():
            if "*" not in pattern and pattern not in copied_tags:
                raise manifests.missing(source.name, pattern)
        return _Copy(source, to, registry, images, referrers).make(roots, create)


def _list_of(name: str, values: object) -> Iterable[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise SpecError(f"{name}: expected a list of tags, got {values!r}")
    return values


def _target(source: Handle, to: CopyingVerbs) -> Account:
    """Return the registry of the target, with the earlier one of both deadlines."""
    remaining = source.registry.aws.remaining
    return to.registry if math.isinf(remaining) else to.registry.within(remaining)


def _check_target(source: Handle, to: object, create: object) -> None:
    """Refuse a target that is none, or the source itself.

    Raises:
        SpecError: It is.
    """
    from ecrops.images.copying.verbs import CopyingVerbs

    if not isinstance(to, CopyingVerbs):
        raise SpecError(f"to: expected a repository, such as registry.repository('name'), got {to!r}")
    source._check_account()
    to._check_account()
    name = getattr(create, "name", None)
    if create is not None and name != to.name:
        raise SpecError(f"create: expected the RepositorySpec of {to.name!r}, got {create!r}")
    if source.name == to.name and _is_one(source.registry, to.registry):
        raise SpecError(f"to: {to.name} would be copied onto itself; ImageHandle.tag sets tags in one repository")


def _is_one(source: Account, target: Account) -> bool:
    """Whether two registries are one: the account is asked for only if the region does not tell."""
    return source is target or (source.region == target.region and source.account_id == target.account_id)


def _images(source: Handle, registry: Account) -> dict[str, Image]:
    with _noted(f"while {source.name} was read, which is the source"):
        return listed(source.registry.aws.bound_to(registry.aws), source.name)


@contextmanager
def _noted(words: str) -> Iterator[None]:
    """Add to an error which side it is of."""
    try:
        yield
    except ClientError as error:
        error.add_note(words)
        raise


class _Copy:
    """One copy: from what the source has to a plan that was made."""

    def __init__(
        self,
        source: Handle,
        to: CopyingVerbs,
        registry: Account,
        images: Mapping[str, Image],
        with_referrers: bool,
    ) -> None:
        self._source, self._to, self._registry = source, to, registry
        self._images, self._with_referrers = images, with_referrers
        self._aws = source.registry.aws.bound_to(registry.aws)
        self._transfers = Transfers(source.registry.aws, source.name, to.name)

    def make(self, roots: Mapping[str, Sequence[str]], create: RepositorySpec | None) -> CopyPlan:
        """Plan the copy of some images, each with its tags, and make it."""
        with _noted(f"while {self._source.name} was read, which is the source"):
            contents = read(
                self._aws, self._source.name, self._images, list(roots), with_referrers=self._with_referrers
            )
        copies = self._copies(contents, roots)
        wants: list[Want] = [Want(aspect, key, copied) for key, copied in copies.items()]
        known = Readings()
        if create is not None:
            wanted, readings = self._to._wanted(create, self._registry)
            wants, known = [*wanted, *wants], Readings(readings)
        states, planned = self._found(copies, is_made=create is not None)
        self._transfers.planned = planned
        reason = self._check_mounting(create) if planned else ""
        known.update({(aspect, key): state for key, state in states.items()})
        if self._source.registry.dry_run and not self._registry.dry_run:
            plan = self._registry.plan_wants(wants, known)
        else:
            plan = self._registry.make(*wants, known=known)
        transfers, changed = self._transfers, {change.owner for change in plan}
        skipped = sum(key not in changed for key in copies)
        if planned and plan:
            how = words(planned, reason or transfers.reason)
            plan = replace(plan, notes=(*plan.notes, Note(f"{self._to.name}: {how}")))
        return with_bytes(plan, planned, transfers.moved, transfers.mounted, skipped)

    def _check_mounting(self, create: RepositorySpec | None) -> str:
        """Return why the layers are streamed; empty if the registry may mount them."""
        if not _is_one(self._source.registry, self._registry):
            return TWO_REGISTRIES
        reason = why_not_between(self._registry.aws, self._source.name, self._to.name, create)
        self._transfers.can_mount = not reason
        return reason

    def _copies(self, contents: Contents, roots: Mapping[str, Sequence[str]]) -> dict[str, Copied]:
        """Return the edits by key: images, then artifacts about them."""
        taken: dict[str, str] = {}
        copies: dict[str, Copied] = {}
        for digest, tags in roots.items():
            self._add(copies, contents, digest, tags, taken)
        copied_tags = {tag for tags in roots.values() for tag in tags}
        for digest in contents.about(roots):
            if digest not in roots:
                tags = [tag for tag in tags_of(self._images[digest]) if tag not in copied_tags]
                self._add(copies, contents, digest, tags, taken, REFERRERS)
        return copies

    def _add(
        self,
        copies: dict[str, Copied],
        contents: Contents,
        digest: str,
        tags: Sequence[str],
        taken: dict[str, str],
        *steps: int,
    ) -> None:
        name = self._to.name
        key = address(name, tags[0] if tags else digest)
        root = contents.manifests.get(digest)
        params = {"imageManifest": root.text, "imageDigest": digest} if root else {}
        if root and root.media_type:
            params["imageManifestMediaType"] = root.media_type
        pieces = contents.pieces(digest, taken, *steps)
        problem = contents.problem(digest)
        copies[key] = Copied(name, digest, params, pieces, tuple(tags), self._transfers, problem)

    def _found(self, copies: Mapping[str, Copied], *, is_made: bool) -> tuple[dict[str, TargetState], int]:
        """Return what is at the target, and how many bytes of layers it lacks."""
        aws, name, assumed = self._registry.aws, self._to.name, self._registry.assumed
        is_made = is_made or assumed.get((settings, name)) is not None
        with _noted(f"while {name} was read, which is the target"):
            current = {
                key: assumed.get((aspect, key), current) for key, current in aspect.read(aws, name, copies).items()
            }
            pieces = {
                piece.digest: piece
                for key, copied in copies.items()
                for piece in copied.pieces
                if piece.digest not in current[key].digests
            }
            sizes = {layer.digest: layer.size for piece in pieces.values() for layer in piece.layers}
            present = self._layers_there(list(sizes), is_made=is_made)
        lacking = [digest for digest in sizes if digest not in present]
        with _noted(f"while {self._source.name} was read, which is the source"):
            states = self._transfers.states(aws, lacking) if lacking else {}
        bad = {d: layer_reason(states.get(d, ("", 0))[0]) for d in lacking if states.get(d, ("", 0))[0] != AVAILABLE}
        bad |= {d: NO_BYTES for d in lacking if d == EMPTY}
        layers = frozenset(present)
        of_all = {key: state._replace(layers=layers, missing=bad) for key, state in current.items()}
        return of_all, sum(sizes[digest] for digest in lacking)

    def _layers_there(self, digests: Sequence[str], *, is_made: bool) -> dict[str, int]:
        """Return the layers that the target has.

        Raises:
            ClientError: The target does not exist, and is not made.
        """
        aws, name = self._registry.aws, self._to.name
        if not digests:
            return {}
        try:
            return ApiStore(aws, name).has(digests)
        except ClientError as error:
            if code_of(error) != calls.MISSING or not is_made:
                if code_of(error) == calls.MISSING:
                    error.add_note(f"create=RepositorySpec({name!r}) makes it in the same plan")
                raise
            return {}
