"""Who may use a repository: principals, grants, and the report of who can do what.

Users import from here, or the commonest names from ``ecrops`` itself.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.access.answers.answer import Answer as Answer
    from ecrops.access.answers.answer import Missing as Missing
    from ecrops.access.answers.checks.check import AccessCheck as AccessCheck
    from ecrops.access.answers.checks.check import Comparison as Comparison
    from ecrops.access.effects.changes import AccessChange as AccessChange
    from ecrops.access.effects.changes import AccessChanges as AccessChanges
    from ecrops.access.grants import Grant as Grant
    from ecrops.access.grants import pull as pull
    from ecrops.access.grants import pull_push as pull_push
    from ecrops.access.grants import push as push
    from ecrops.access.grants import read as read
    from ecrops.access.linting.findings import AccessFinding as AccessFinding
    from ecrops.access.principals.identities import Group as Group
    from ecrops.access.principals.identities import Role as Role
    from ecrops.access.principals.identities import User as User
    from ecrops.access.principals.named import AccountPrincipal as AccountPrincipal
    from ecrops.access.principals.named import AnyPrincipal as AnyPrincipal
    from ecrops.access.principals.named import ArnPrincipal as ArnPrincipal
    from ecrops.access.principals.named import FederatedPrincipal as FederatedPrincipal
    from ecrops.access.principals.named import OrganizationPrincipal as OrganizationPrincipal
    from ecrops.access.principals.named import ServicePrincipal as ServicePrincipal
    from ecrops.access.reports.access import Access as Access
    from ecrops.access.reports.entry import Entry as Entry
    from ecrops.access.reports.matrix import AccessMatrix as AccessMatrix
    from ecrops.access.reports.matrix_row import MatrixRow as MatrixRow
    from ecrops.access.reports.row import PrincipalAccess as PrincipalAccess
    from ecrops.access.reports.row import VerbAccess as VerbAccess

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.access.answers.answer": (
                "Answer",
                "Missing",
            ),
            "ecrops.access.answers.checks.check": (
                "AccessCheck",
                "Comparison",
            ),
            "ecrops.access.grants": (
                "Grant",
                "pull",
                "pull_push",
                "push",
                "read",
            ),
            "ecrops.access.effects.changes": ("AccessChange", "AccessChanges"),
            "ecrops.access.linting.findings": ("AccessFinding",),
            "ecrops.access.principals.identities": (
                "Group",
                "Role",
                "User",
            ),
            "ecrops.access.principals.named": (
                "AccountPrincipal",
                "AnyPrincipal",
                "ArnPrincipal",
                "FederatedPrincipal",
                "OrganizationPrincipal",
                "ServicePrincipal",
            ),
            "ecrops.access.reports.access": ("Access",),
            "ecrops.access.reports.entry": ("Entry",),
            "ecrops.access.reports.matrix": ("AccessMatrix",),
            "ecrops.access.reports.matrix_row": ("MatrixRow",),
            "ecrops.access.reports.row": (
                "PrincipalAccess",
                "VerbAccess",
            ),
        },
    )
