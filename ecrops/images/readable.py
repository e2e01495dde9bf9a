"""What can be read of one image: the part of its handle that changes nothing.

``ImageHandle`` adds the verbs that change something, and scanning. A handle by tag means whichever image has the tag
when something is asked. What a method needs is imported when it is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.shown import Shown, ShownTuple
from ecrops.images.names import address, check_name, is_digest
from ecrops.repositories import calls

if TYPE_CHECKING:
    from ecrops.images.configuration import ImageConfig
    from ecrops.images.image import Image
    from ecrops.images.manifests import Part, Platform
    from ecrops.images.statuses import Referrer, ReplicationStatus, SigningStatus
    from ecrops.images.verbs import RepositoryVerbs


class ReadableImage(Shown):
    """An image of a repository, by a tag or by its digest, whether it exists or not.

    Attributes:
        repository: The repository.
        name: The tag, or the digest.
    """

    def __init__(self, repository: RepositoryVerbs, tag_or_digest: str) -> None:
        self.repository = repository
        self.name = check_name(tag_or_digest)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.repository.name!r}, {self.name!r})"

    def __eq__(self, other: object) -> bool:
        """Whether another handle is of the same name in the same repository."""
        return isinstance(other, ReadableImage) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        return self.repository, self.name

    def _shown(self) -> Mapping[str, Any]:
        return {"repository": self.repository.name, "digest" if is_digest(self.name) else "tag": self.name}

    # Names

    @property
    def uri(self) -> str:
        """The address that it is pulled from, by the tag or the digest that the handle has. Calls nothing of ECR."""
        return address(self.repository.uri, self.name)

    @property
    def digest(self) -> str:
        """Its digest, for pinning: ``repository.uri_for_digest(image.digest)``. One call for a tag, none for a digest.

        Raises:
            ClientError: botocore's ``ImageNotFoundException``: no image has the tag.
        """
        return self.name if is_digest(self.name) else self.describe().digest

    def _aws(self) -> Aws:
        """Return the account, after a check that the repository is in it."""
        self.repository._check_account()
        return self.repository.registry.aws

    # Reading

    def describe(self) -> Image:
        """Return the image as a listing has it: all its tags, size, times. An archived one too.

        Raises:
            ClientError: botocore's ``ImageNotFoundException`` or ``RepositoryNotFoundException``.
        """
        from ecrops.images.image import describe_one

        return describe_one(self._aws(), self.repository.name, self.name)

    def exists(self) -> bool:
        """Whether the repository has the image. An archived one exists."""
        from ecrops.images.image import find_one

        try:
            return find_one(self._aws(), self.repository.name, self.name) is not None
        except ClientError as error:
            if code_of(error) != calls.MISSING:
                raise
            return False

    @property
    def media_type(self) -> str:
        """The media type of its manifest, in one call that does not count as a pull."""
        return self.describe().media_type or ""

    def manifest(self) -> bytes:
        """Return its manifest, byte for byte: the digest is of these bytes, which is checked. Counts as a pull.

        Raises:
            EcropsError: ECR does not hand it out, such as that of an archived image; or it has another digest.
            ClientError: botocore's ``ImageNotFoundException``.
        """
        from ecrops.images.manifests import one

        return one(self._aws(), self.repository.name, self.name).content

    def parts(self) -> tuple[Part, ...]:
        """Return the manifests that an index names, attestations too; none of an image. Counts as a pull."""
        from ecrops.images.manifests import one

        return ShownTuple(one(self._aws(), self.repository.name, self.name).parsed.parts)

    def platforms(self) -> tuple[Platform, ...]:
        """Return what it runs on: the platforms of an index, or the one that the configuration of an image says.

        Counts as a pull. For an image that is no index, the configuration is downloaded.
        """
        from ecrops.images.configuration import platforms

        return platforms(self._aws(), self.repository.name, self.name)

    def config(self, platform: Platform | str | None = None) -> ImageConfig:
        """Return its configuration: labels, the time it was built, environment, entrypoint. Counts as a pull.

        Args:
            platform: Such as ``linux/arm64``: which image of an index. An index of one platform does without.

        Raises:
            SpecError: It is an index of several platforms and none was given, or the platform is not there.
            EcropsError: It is an artifact without such a configuration, or ECR does not hand it out.
        """
        from ecrops.images.configuration import check_platform, configuration

        wanted = check_platform(platform)
        return configuration(self._aws(), self.repository.name, self.name, wanted)

    def referrers(self, artifact_type: str | Sequence[str] | None = None) -> tuple[Referrer, ...]:
        """Return the artifacts that are about it: signatures, SBOMs, attestations; archived ones too.

        Args:
            artifact_type: A type, or up to five; without it, all.
        """
        from ecrops.images import statuses

        types = statuses.artifact_types(artifact_type)
        aws = self._aws()
        statuses.check_known(statuses.REFERRERS)
        return ShownTuple(statuses.referrers(aws, self.repository.name, self.digest, types))

    def replication_status(self) -> tuple[ReplicationStatus, ...]:
        """Return how far it is replicated: one status for each destination."""
        from ecrops.images import statuses

        return ShownTuple(statuses.replication(self._aws(), self.repository.name, self.name))

    def signing_status(self) -> tuple[SigningStatus, ...]:
        """Return how far ECR has signed it: one status for each signing profile."""
        from ecrops.images import statuses

        return ShownTuple(statuses.signing(self._aws(), self.repository.name, self.name))
