"""References to images, as services that run them write them: ``HOST/NAME:TAG``, ``HOST/NAME@sha256:…``. Pure.

Called by ``values`` and by the readers of services. A reference without a host is one of Docker Hub, as Docker reads
it; what a user protects may be named without the host of its registry.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ecrops.aws import place_of_host
from ecrops.errors import SpecError
from ecrops.images.names import DIGEST_RULE, check_tag, is_digest

_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
LATEST = "latest"
FORMS = "HOST/NAME:TAG, HOST/NAME@sha256:… or NAME@sha256:…"


class Reference(NamedTuple):
    """An image of a repository, by tag or by digest. A reference with both means the digest.

    Args:
        host: The host of the registry; empty if it is not said.
        name: The repository; empty if it is not said.
        tag: The tag; empty if there is a digest.
        digest: The digest; empty if there is a tag.
    """

    host: str
    name: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        path = "/".join(filter(None, (self.host, self.name)))
        return f"{path}@{self.digest}" if self.digest and path else self.digest or f"{path}:{self.tag}"

    def is_of(self, repository: str | None, host: str | None) -> bool:
        """Whether it may mean an image of a repository. What is not known, of either, does not differ.

        Args:
            repository: The name of the repository, if it is known.
            host: The host of its registry, if it is known.
        """
        same_name = repository is None or not self.name or self.name == repository
        return same_name and (not host or not self.host or registry_of(self.host) == registry_of(host))


def registry_of(host: str) -> str:
    """Return what is the same for all hosts of a registry: its account and region. ECR has several hosts for one."""
    return " ".join(place_of_host(host) or (host,))


def is_of_ecr(host: str) -> bool:
    """Whether a host is that of a private registry of ECR."""
    return place_of_host(host) is not None


def parse(text: object) -> Reference:
    """Return the reference that a text is.

    Raises:
        SpecError: It is none, or has neither a tag nor a digest.
    """
    if not isinstance(text, str):
        raise SpecError(f"expected an image, {FORMS}, got {text!r}")
    reference = as_docker(text)
    if not reference.digest and ":" not in text.rpartition("/")[2]:
        raise SpecError(f"expected an image, {FORMS}, got {text!r}, without a tag and without a digest")
    return reference


def as_docker(text: str) -> Reference:
    """Return the reference that a text is for Docker: without a tag and a digest it means ``latest``.

    Raises:
        SpecError: It is none.
    """
    path, at, digest = text.partition("@")
    if at and not is_digest(digest):
        raise SpecError(f"expected an image, {FORMS}, got {text!r}: {DIGEST_RULE}")
    if is_digest(path):
        return Reference("", "", "", path)
    if re.match(r"sha\d+:", path):
        raise SpecError(f"expected an image, {FORMS}, got {text!r}: {DIGEST_RULE}")
    host, name, tag = _split(path)
    if not _NAME.fullmatch(name):
        raise SpecError(f"expected an image, {FORMS}, got {text!r}: {name!r} is no name of a repository")
    if tag:
        check_tag(tag)
    return Reference(host, name, "", digest) if digest else Reference(host, name, tag or LATEST)


def _split(path: str) -> tuple[str, str, str]:
    """Return the host, the name and the tag of a path. A first part with ``.`` or ``:``, or localhost, is a host."""
    first, slash, path_of_name = path.partition("/")
    has_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    host, tail = (first, path_of_name) if has_host else ("", path)
    name, _, tag = tail.partition(":")
    return host, name, tag
