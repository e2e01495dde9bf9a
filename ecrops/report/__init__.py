"""The report: one page about a registry, for people who would rather look than read.

``registry.report()`` reads and returns a ``Report``, a value. Its ``html()`` draws the page, which needs nothing else.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.inventory.prices import Prices as Prices
    from ecrops.report.report import Report as Report
    from ecrops.report.values import Outlook as Outlook
    from ecrops.report.values import ReportedAccess as ReportedAccess
    from ecrops.report.values import ReportedPrincipal as ReportedPrincipal
    from ecrops.report.values import ReportedRepository as ReportedRepository
    from ecrops.report.values import Unread as Unread

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.inventory.prices": ("Prices",),
            "ecrops.report.report": ("Report",),
            "ecrops.report.values": ("Outlook", "ReportedAccess", "ReportedPrincipal", "ReportedRepository", "Unread"),
        },
    )
