"""The hosts that one token logs in to: those of all private registries in its region, under each of their names. Pure.

Called by ``Registry.docker_login``. A token opens the registry of every account that its user may use, in the region
that it was got in, but each tool looks it up under the name of the host that it calls.

Sources: https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html,
https://docs.aws.amazon.com/general/latest/gr/ecr.html (dual-stack and FIPS endpoints)
"""

from __future__ import annotations

from itertools import product

from ecrops.aws import is_account, lacks_fips, place_of_host, registry_host
from ecrops.base.problems import Problems
from ecrops.engine.account import Account
from ecrops.errors import SpecError

PUBLIC = "public.ecr.aws"


def check_hosts(registry: Account, hosts: object) -> tuple[str, ...]:
    """Return hosts of private registries in the region of a registry.

    Args:
        registry: The registry.
        hosts: Hosts, or accounts of 12 digits, whose registries have the same kind of host as this one.

    Raises:
        SpecError: One is no such host; with every reason.
    """
    problems = Problems()
    named = problems.strings("hosts", hosts)
    checked = problems.each("hosts", named or (), lambda host: _check(registry, host))
    problems.raise_any()
    return tuple(dict.fromkeys(checked))


def _check(registry: Account, host: str) -> str:
    region = registry.region
    if is_account(host):
        return registry.host(host)
    bare, slash, _ = host.removeprefix("https://").partition("/")
    if bare == PUBLIC:
        raise SpecError(f"{PUBLIC} has a token of its own: docker_login(public=True)")
    found = place_of_host(bare)
    if found and found[1] != region:
        raise SpecError(
            f"a token is for one region, {host!r} is in {found[1]}, and this registry in {region}: make a Registry "
            "with a session for it"
        )
    if not found or bare not in _names(found[0], region):
        example = registry.host("111122223333")
        raise SpecError(f"expected an account of 12 digits, or a host such as {example!r}, got {host!r}")
    if slash or bare != host:
        raise SpecError(f"expected a host, got {host!r}: write {bare!r}")
    return host


def _names(account: str, region: str) -> set[str]:
    """Return every name of the host of a registry."""
    choices = product((False, True), (False,) if lacks_fips(region) else (False, True))
    return {registry_host(account, region, dual_stack=dual_stack, fips=fips) for dual_stack, fips in choices}
