"""Which registries ECR caches, by the host in a rule's URL, and what each of them takes to get in.

The hosts are those of the model's text of `upstreamRegistryUrl`; `cgr.dev` is in the guide only. Who needs
credentials is in https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html.
"""

from __future__ import annotations

import re

from moto.core.exceptions import ServiceException

AUTHENTICATED = frozenset(
    {
        "docker-hub",
        "github-container-registry",
        "gitlab-container-registry",
        "azure-container-registry",
        "chainguard",
    }
)
"""The upstream registries that let nobody in without credentials; the others take none."""

_HOSTS = {
    "ecr": r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com",
    "ecr-public": r"public\.ecr\.aws",
    "docker-hub": r"registry-1\.docker\.io",
    "github-container-registry": r"ghcr\.io",
    "gitlab-container-registry": r"registry\.gitlab\.com",
    "k8s": r"registry\.k8s\.io",
    "azure-container-registry": r"[a-z0-9]{5,50}\.azurecr\.io",
    "quay": r"quay\.io",
    "chainguard": r"cgr\.dev",
}
_WITHOUT_RULES = ("aws-cn", "aws-us-gov")


class UnsupportedUpstreamRegistry(ServiceException):
    """An upstream that ECR does not cache, or not so."""

    code = "UnsupportedUpstreamRegistryException"
    message = "The specified upstream registry isn't supported."


def named(url: str, claimed: str | None, partition: str) -> str:
    """The name of the upstream registry at a URL, which has no scheme and no path.

    The guide leaves out China and GovCloud; Terraform's tests skip GovCloud.
    """
    # unverified: the error of a partition without rules, and of a name that is not that of the URL's host
    found = next((name for name, host in _HOSTS.items() if re.fullmatch(host, url)), None)
    if found is None or claimed not in (None, found) or partition in _WITHOUT_RULES:
        raise UnsupportedUpstreamRegistry
    return found


def private_registry(url: str) -> tuple[str, str]:
    """The account and region of an upstream that is a private ECR registry."""
    host = re.fullmatch(_HOSTS["ecr"], url)
    assert host
    return host["account"], host["region"]
