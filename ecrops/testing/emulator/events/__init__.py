"""EventBridge as this project reads its guide: moto, plus delivery, permissions, dead letters and strictness.

The patterns are matched by a matcher of its own (``matching``), which knows nothing of ecrops's.
"""

from moto.awslambda import urls as lambda_urls
from moto.awslambda.models import lambda_backends
from moto.events import urls
from moto.events.models import events_backends
from moto.logs import urls as logs_urls

from .backend import EventsBackend, backend
from .functions import FunctionsBackend, FunctionsResponse
from .logs import LogsResponse
from .response import EventsResponse

__all__ = ["EventsBackend", "backend", "install"]


def install() -> None:
    """Put the extended services in moto's place, before a server answers its first request to them."""
    urls.url_paths["{0}/"] = EventsResponse.dispatch
    events_backends.backend = EventsBackend
    events_backends.clear()
    for path in lambda_urls.url_paths:
        lambda_urls.url_paths[path] = FunctionsResponse.dispatch
    for path in logs_urls.url_paths:
        logs_urls.url_paths[path] = LogsResponse.dispatch
    lambda_backends.backend = FunctionsBackend
    lambda_backends.clear()
