"""Who calls: ecrops names itself in the user agent, so that CloudTrail shows it.

Called by botocore for each request, after botocore has written its own user agent. The signature does not cover that
header.
"""

from __future__ import annotations

from botocore.awsrequest import AWSRequest

from ecrops.version import __version__


def name_agent(request: AWSRequest, **_: object) -> None:
    """Add ecrops to the user agent of a request, behind what the session of the caller adds."""
    agent = request.headers["User-Agent"]
    text = agent.decode() if isinstance(agent, bytes) else agent
    request.headers.replace_header("User-Agent", f"{text} ecrops/{__version__}")
