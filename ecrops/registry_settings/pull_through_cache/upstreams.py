"""The registries that ECR caches images of, by the host in a rule, and what each takes to get in. Pure.

Source: ``upstreamRegistryUrl`` of CreatePullThroughCacheRule in the model of botocore, and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ecrops.errors import SpecError


class Upstream(NamedTuple):
    """A kind of upstream registry.

    Args:
        name: Its name in ECR, such as ``docker-hub``.
        host: The form of its host.
        example: Its host, or an example of one.
        takes_credentials: Whether it takes credentials, and nobody gets in without them.
        also: Other hosts that users know it by.
    """

    name: str
    host: str
    example: str
    takes_credentials: bool = False
    also: tuple[str, ...] = ()


DOCKER = ("docker.io", "hub.docker.com", "index.docker.io", "registry.hub.docker.com")
ECR = Upstream(
    "ecr",
    r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com",
    "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
)
UPSTREAMS = (
    ECR,
    Upstream("ecr-public", r"public\.ecr\.aws", "public.ecr.aws", also=("gallery.ecr.aws", "ecr-public.aws.com")),
    Upstream("docker-hub", r"registry-1\.docker\.io", "registry-1.docker.io", takes_credentials=True, also=DOCKER),
    Upstream("github-container-registry", r"ghcr\.io", "ghcr.io", takes_credentials=True, also=("github.com",)),
    Upstream(
        "gitlab-container-registry",
        r"registry\.gitlab\.com",
        "registry.gitlab.com",
        takes_credentials=True,
        also=("gitlab.com",),
    ),
    Upstream("k8s", r"registry\.k8s\.io", "registry.k8s.io", also=("k8s.gcr.io",)),
    Upstream("azure-container-registry", r"[a-z0-9-]+\.azurecr\.io", "myregistry.azurecr.io", takes_credentials=True),
    Upstream("quay", r"quay\.io", "quay.io"),
    Upstream("chainguard", r"cgr\.dev", "cgr.dev", takes_credentials=True, also=("chainguard.dev",)),
)
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def upstream_of(host: str) -> Upstream | None:
    """Return the kind of an upstream registry; ``None`` for one that is newer than ecrops."""
    return next((upstream for upstream in UPSTREAMS if re.fullmatch(upstream.host, host)), None)


def account_of(host: str) -> str:
    """Return the account of an upstream that is a private registry of ECR; empty for others."""
    private = re.fullmatch(ECR.host, host)
    return private["account"] if private else ""


def region_of(host: str) -> str:
    """Return the region of an upstream that is a private registry of ECR; empty for others."""
    private = re.fullmatch(ECR.host, host)
    return private["region"] if private else ""


def check_upstream(upstream: object) -> str:
    """Return the host of an upstream registry. A host that ecrops does not know is left to ECR to judge.

    Raises:
        SpecError: It is no host alone, or one that no images are pulled from.
    """
    expected = "expected the host of a registry, such as 'registry-1.docker.io'"
    if not isinstance(upstream, str):
        raise SpecError(f"{expected}, got {upstream!r}")
    if "@" in upstream:  # what stands before it may be a password: it is not shown
        raise SpecError(
            f"{expected}, without a user and a password: give username= and access_token=, or credential_arn="
        )
    host = re.sub(r"^\w+://", "", upstream).partition("/")[0].lower()
    other = next((known.example for known in UPSTREAMS if host in (known.name, *known.also)), "")
    if other:
        raise SpecError(f"{expected}, got {upstream!r}; write {other!r}")
    if upstream != host:
        path = upstream.partition("://")[2].partition("/")[2]
        prefix = "; upstream_prefix is the first part of its repositories' names" if path.strip("/") else ""
        raise SpecError(f"{expected}, without a scheme and a path, got {upstream!r}; write {host!r}{prefix}")
    if not HOST.fullmatch(host):
        raise SpecError(f"{expected}, got {upstream!r}")
    return host
