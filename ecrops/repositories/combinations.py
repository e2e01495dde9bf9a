"""Settings of a repository that belong together: a tag mutability and its filters, an encryption and its key. Pure.

Called by every value that has these fields: the spec of a repository, and the template that ECR makes one from.
"""

from __future__ import annotations

from collections.abc import Sequence

from ecrops.base.problems import Problems
from ecrops.repositories.checks import MAX_FILTERS, check_filters, check_key
from ecrops.repositories.values import RepositoryEncryption, TagMutability

FILTERS = "image_tag_mutability_exclusion_filters"


def check_mutability(
    problems: Problems, mode: object, filters: object
) -> tuple[TagMutability | None, Sequence[str] | None]:
    """Return a tag mutability and its filters, with a problem for each that is wrong.

    Args:
        problems: Takes the problems.
        mode: What was given as ``image_tag_mutability``.
        filters: What was given as ``image_tag_mutability_exclusion_filters``.
    """
    member: TagMutability | None = None
    if isinstance(mode, bool):
        modes = "'MUTABLE' for tags that can be moved to another image, 'IMMUTABLE' for tags that cannot"
        problems.add("image_tag_mutability", f"expected {modes}, got {mode}")
    elif mode is not None:
        member = problems.member("image_tag_mutability", TagMutability, mode)
    excludes = member is not None and member.endswith("_WITH_EXCLUSION")
    if filters is None:
        problems.check(not excludes, FILTERS, f"{member} needs 1 to {MAX_FILTERS} wildcards of tags, such as 'dev-*'")
        return member, None
    wildcards = problems.strings(FILTERS, filters)
    problems.check(
        excludes,
        FILTERS,
        f"image_tag_mutability must be IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION with them, got {member}",
    )
    if wildcards is not None:
        check_filters(problems, FILTERS, wildcards)
    return member, wildcards


def check_encryption(problems: Problems, encryption: object, key: object) -> RepositoryEncryption | None:
    """Return an encryption, which is KMS if only a key is given, with a problem for each of both that is wrong.

    Args:
        problems: Takes the problems.
        encryption: What was given as ``encryption``.
        key: What was given as ``encryption_key``.
    """
    member: RepositoryEncryption | None = None
    if encryption is not None:
        member = problems.member("encryption", RepositoryEncryption, encryption)
    if key is None:
        return member
    problems.take("encryption_key", lambda: check_key(key))
    problems.check(
        member != RepositoryEncryption.AES256,
        "encryption_key",
        "AES256 has no key of yours: say KMS or KMS_DSSE, or leave the encryption out",
    )
    return RepositoryEncryption.KMS if encryption is None else member
