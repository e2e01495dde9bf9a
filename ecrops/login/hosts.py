"""The hosts that one token logs in to: those of all private registries in its region, under each of their names. Pure.

Called by ``Registry.docker_login``. A token opens the registry of every account that its user may use, in the region
that it was got in, but each tool looks it up under the name of the host that it calls.

Sources: https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html,
https://docs.aws.amazon.com/general/latest/gr/ecr.html (dual-stack and FIPS endpoints)
"""

from __future__ import annotations

import re

from ecrops.aws import Aws
from ecrops.base.problems import Problems
from ecrops.errors import SpecError

PUBLIC = "public.ecr.aws"
_ACCOUNT = re.compile(r"[0-9]{12}")
_DUAL_STACK = r"on\.(aws|aws\.[a-z.]+|amazonwebservices\.[a-z.]+)"


def check_hosts(aws: Aws, hosts: object) -> tuple[str, ...]:
    """Return hosts of private registries in the region of an account.

    Args:
        aws: The account.
        hosts: Hosts, or accounts of 12 digits, whose registries have the usual host.

    Raises:
        SpecError: One is no such host; with every reason.
    """
    problems = Problems()
    named = problems.strings("hosts", hosts)
    checked = problems.each("hosts", named or (), lambda host: _check(aws, host))
    problems.raise_any()
    return tuple(dict.fromkeys(checked))


def _check(aws: Aws, host: str) -> str:
    suffix = aws.partition.dns_suffix
    if _ACCOUNT.fullmatch(host):
        return f"{host}.dkr.ecr.{aws.region}.{suffix}"
    if host == PUBLIC:
        raise SpecError(f"{PUBLIC} has a token of its own: docker_login(public=True)")
    bare, slash, _ = host.removeprefix("https://").partition("/")
    found = re.fullmatch(
        rf"[0-9]{{12}}\.(dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.{re.escape(suffix)}|"
        rf"dkr-ecr(?:-fips)?\.([a-z0-9-]+)\.{_DUAL_STACK})",
        bare,
    )
    if not found:
        raise SpecError(
            f"expected an account of 12 digits, or a host such as '111122223333.dkr.ecr.{aws.region}.{suffix}', "
            f"got {host!r}"
        )
    region = found[2] or found[3]
    if region != aws.region:
        raise SpecError(
            f"a token is for one region, {host!r} is in {region}, and this registry in {aws.region}: make a Registry "
            "with a session for it"
        )
    if slash or bare != host:
        raise SpecError(f"expected a host, got {host!r}: write {bare!r}")
    return host
