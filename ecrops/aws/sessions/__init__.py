"""Sessions of accounts and regions that are given as data, made where the work runs.

Called by ``ecrops.registries`` for each location. ``located``: the session, which is never sent anywhere.
``assuming``: the credentials of a process, each role assumed once. ``regions``: is a region enabled.
``explaining``: what to do about an error. ``trust``: statements of trust policies.
"""

from ecrops.aws.sessions.assuming import forget, session_of
from ecrops.aws.sessions.explaining import explain
from ecrops.aws.sessions.located import LocatedSession, Location
from ecrops.aws.sessions.regions import check_region

__all__ = ["LocatedSession", "Location", "check_region", "explain", "forget", "session_of"]
