"""The seam between botocore and the emulator, the same one for both transports.

botocore emits `before-send` for every attempt, after signing and inside its retry loop. Here an attempt is
recorded and judged, and then handed to a transport. moto's own handler of that event is taken off the session
first: botocore would call it even when another handler has already answered, and a call that was to fail
would take effect all the same.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from .calls import Call, Recorder
from .faults import Faults
from .verdicts import answer, truncated

if TYPE_CHECKING:
    from botocore.model import OperationModel

FAULT_HEADER, PROTOCOL_HEADER, DELAY_HEADER = "x-emulator-fault", "x-emulator-protocol", "x-emulator-delay"
ACCOUNT_HEADER = "x-moto-account-id"
MANY_BYTES = 100_000
_REGION = re.compile(r"Credential=[^/]+/[^/]+/([^/]+)/")


class Transport(Protocol):
    """How an attempt reaches the emulator."""

    def __call__(
        self, request: AWSPreparedRequest, *, fault: str | None, protocol: str, delay: float
    ) -> AWSResponse | None: ...


class InProcess:
    """moto in this process. A dropped connection is the exception botocore raises for one."""

    def __call__(
        self, request: AWSPreparedRequest, *, fault: str | None, protocol: str, delay: float
    ) -> AWSResponse | None:
        if delay:
            time.sleep(delay)
        if fault == "reset_before":
            raise ConnectionClosedError(endpoint_url=request.url)
        if error := answer(fault or "", protocol):
            return _answered(request.url, error.status, error.headers, error.body)
        response = botocore_stubber("before-send", request)
        if fault == "reset_after":
            raise ConnectionClosedError(endpoint_url=request.url)
        return _cut(response) if fault == "truncated" and response else response


class OverHttp:
    """A real server: the request is sent there, with headers that tell it what to do to it."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint = urlsplit(endpoint_url)

    def __call__(
        self, request: AWSPreparedRequest, *, fault: str | None, protocol: str, delay: float
    ) -> AWSResponse | None:
        if fault:
            request.headers[FAULT_HEADER], request.headers[PROTOCOL_HEADER] = fault, protocol
        if delay:
            request.headers[DELAY_HEADER] = str(delay)
        scheme, netloc = self._endpoint[:2]
        request.url = urlunsplit(urlsplit(request.url)._replace(scheme=scheme, netloc=netloc))
        return None


class Wire:
    """Sends the attempts of a session through a transport; the observed ones are recorded and judged."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._calls, self._faults = Recorder(), Faults()
        self._lock = threading.Lock()
        self._here = threading.local()

    def serve(self, calls: Recorder, faults: Faults) -> None:
        """From now on record and judge for another test."""
        self._calls, self._faults = calls, faults

    def attach(self, events: Any, *, observed: bool, account: str | None) -> None:
        """Put the wire between a session and AWS, by the session's events. Clients made afterwards inherit it."""
        events.unregister("before-send", botocore_stubber)
        events.register("before-parameter-build", self._note)
        if account:
            events.register_first("before-send", _acting_in(account))
        events.register("before-send", self._judge_and_send if observed else self._send)
        if observed:
            events.register("response-received", self._over)

    def _note(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        """Keep what is asked, until it is sent: in between credentials may be refreshed, which is a call too."""
        noted: dict[str, tuple[dict[str, Any], OperationModel]] = vars(self._here).setdefault("noted", {})
        kept = {name: _short(value) for name, value in params.items()}
        noted[f"{model.service_model.service_id.hyphenize()}.{model.name}"] = kept, model

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        return self._transport(request, fault=None, protocol="", delay=0)

    def _judge_and_send(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
        params, model = self._here.noted[event_name.removeprefix("before-send.")]
        service = model.service_model
        call = Call(service.service_name, model.name, params, _region(request))
        with self._lock:
            self._calls.add(call)
            self._here.over = self._faults.judge(call)
            older: AWSResponse | None = self._faults.lag.begin(call)
        if older is not None:
            return older
        protocol = service.resolved_protocol
        answer_ = self._transport(request, fault=call.fault, protocol=protocol, delay=self._faults.latency)
        with self._lock:
            self._faults.lag.end(call, answer_)
        return answer_

    def _over(self, **_: object) -> None:
        self._here.over()


def _acting_in(account: str) -> Callable[..., None]:
    def act(request: AWSPreparedRequest, **_: object) -> None:
        if "X-Amz-Security-Token" not in request.headers:  # an assumed role is of its own account
            request.headers[ACCOUNT_HEADER] = account

    return act


def _short(value: Any) -> Any:
    """A value to remember: of many bytes, as of a part of a layer, only how many they are."""
    return f"{len(value):,} bytes" if isinstance(value, bytes) and len(value) > MANY_BYTES else value


def _region(request: AWSPreparedRequest) -> str:
    authorization = request.headers.get("Authorization", "")
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    found = _REGION.search(text)
    return found[1] if found else ""


def _cut(response: AWSResponse) -> AWSResponse:
    """An error is left whole: only what succeeded is worth losing."""
    status, content = response.status_code, response.content
    return _answered(response.url, status, response.headers, truncated(content) if status == 200 else content)


def _answered(url: str, status: int, headers: Mapping[str, str], body: bytes) -> AWSResponse:
    kept = HTTPHeaders()
    for name, value in headers.items():
        kept[name] = value
    return AWSResponse(url, status, kept, MockRawResponse(body))
