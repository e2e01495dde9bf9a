"""What a finding is measured by: whose registry it is, and whom somebody said to be meant. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from ecrops.access.principals.named import AccountPrincipal, OrganizationPrincipal
from ecrops.access.principals.parse import principal_of
from ecrops.base.problems import Problems
from ecrops.errors import SpecError


@dataclass(frozen=True)
class Known:
    """Whose registry it is, and which others may use it.

    Args:
        account: The account of the registry.
        accepted: Other accounts and organizations that may.
        organization: Returns the organization of the account; empty if it is in none, and ``None`` if nobody knows.
        is_there: Whether the account has a user or role, by its ARN or unique id; ``None`` if nobody knows.
    """

    account: str
    accepted: Collection[str] = ()
    organization: Callable[[], str | None] = lambda: None
    is_there: Callable[[str], bool | None] = lambda _: None

    def is_foreign(self, account: str) -> bool:
        """Whether an account is another one than the registry's, and nobody said that it is meant."""
        return account not in ("", self.account, *self.accepted)

    def is_foreign_organization(self, organization: str) -> bool:
        """Whether an organization is certainly another one than the registry's, and nobody said that it is meant."""
        return organization not in self.accepted and self.organization() not in (None, organization)


def check_accounts(accounts: object) -> frozenset[str]:
    """Return the accounts and organizations that may use a registry, by their ids.

    Raises:
        SpecError: One is neither; with what came.
    """
    if isinstance(accounts, str | Mapping) or not isinstance(accounts, Collection):
        raise SpecError(f"accounts: expected a list of accounts, got {accounts!r}; write [{accounts!r}]")
    problems = Problems()
    checked = problems.each("accounts", accounts, _id_of)
    problems.raise_any()
    return frozenset(checked)


def _id_of(value: object) -> str:
    try:
        principal = principal_of(value)
    except SpecError:
        if not isinstance(value, str):
            raise
        principal = None
    if isinstance(principal, AccountPrincipal):
        return principal.account
    if isinstance(principal, OrganizationPrincipal):
        return principal.organization
    raise SpecError(f"expected an account of 12 digits, the ARN of its root, or an organization 'o-…', got {value!r}")
