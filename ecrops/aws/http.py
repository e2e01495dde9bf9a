"""HTTP beside the API of AWS: the URLs that layers are downloaded from, and the ``/v2`` of a registry.

Called by what reads and copies images. Requests are sent by botocore's own HTTP session, with the proxies, the CA
bundle and the timeouts that calls of the API have, and repeated as those are. It follows redirects. It knows nothing of
images. A signed URL is a secret: no error and no log has its query.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from ecrops.aws.attempt.requesting import SMALL, as_streaming, check_length, drop, host_of, refusal, unseen
from ecrops.aws.clients import agent_of
from ecrops.errors import EcropsError

if TYPE_CHECKING:
    from ecrops.aws.client import Aws

Url = str | Callable[[], str]
"""A URL, or a function that returns a new one: signed URLs expire."""
Headers = Mapping[str, str] | Callable[[], Mapping[str, str]]
"""Headers, or a function that returns those of this moment: tokens expire."""
SUCCESSES = (200, 201, 202, 204, 206)
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
PIECE = 1_048_576
"""Bytes of an answer that are read at once."""


class Answer(NamedTuple):
    """The answer of a request: names of headers are compared without case, and ``url`` is where redirects led."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Http:
    """Requests of one account that are no calls of an AWS API.

    Args:
        aws: The account and region: its session, retry policy, deadline and workers.
    """

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self._config: Any = aws.client("ecr").meta.config

    def read(self, url: Url, headers: Headers | None = None) -> bytes:
        """Return the whole body behind a URL.

        The arguments are those of ``open``.

        Raises:
            ClientError: The server refused.
        """
        with self.open(url, headers) as stream:
            return stream.read()

    def open(self, url: Url, headers: Headers | None = None) -> Stream:
        """Return the body behind a URL as a stream, which is opened now. It goes on where a connection broke off.

        Args:
            url: The URL, or a function that returns it: it is asked again where a connection broke off.
            headers: Headers of the request.

        Raises:
            ClientError: The server refused.
        """
        return Stream(self, self.aws, url, headers)

    def request(
        self,
        method: str,
        url: Url,
        *,
        headers: Headers | None = None,
        body: Any = b"",
        accepts: Collection[int] = SUCCESSES,
    ) -> Answer:
        """Make a request that is safe to repeat, as often as the retry policy allows.

        Args:
            method: Such as ``HEAD``.
            url: The URL, or a function that returns it.
            headers: Its headers.
            body: What is sent: bytes, or a stream that ``seek(0)`` rewinds before it is sent, with ``Content-Length``
                among the headers.
            accepts: The statuses that are answers, and no errors.

        Raises:
            ClientError: The server refused.
        """

        def attempt() -> Answer:
            return self.once(method, url, headers=headers, body=body, accepts=accepts)

        return self.aws.persist(attempt, doing_of(method, url))

    def once(
        self,
        method: str,
        url: Url,
        *,
        headers: Headers | None = None,
        body: Any = b"",
        accepts: Collection[int] = SUCCESSES,
    ) -> Answer:
        """Make a request once, in its turn. The arguments are those of ``request``.

        A body that is a stream holds no place among the calls: its source may need one to go on.

        Raises:
            ClientError: The server refused.
            BotoCoreError: The server was not reached, or its answer was lost.
        """
        target, sent = _of_now(url, headers)

        def send() -> Answer:
            response = self._send(method, target, sent, body, accepts)
            with unseen(response.url), as_streaming():
                content = response.content
                if method != "HEAD":
                    check_length(response, len(content))
                return Answer(response.status_code, response.headers, content, response.url)

        if isinstance(body, bytes):
            return self.aws.in_turn(send, doing_of(method, url))
        self.aws.check(doing_of(method, url))
        return send()

    def open_once(self, url: Url, headers: Mapping[str, str]) -> Any:
        """Send a GET once, in its turn, and return botocore's response with its body unread."""
        target, sent = _of_now(url, headers)
        return self.aws.in_turn(lambda: self._send("GET", target, sent, b"", (200, 206)), doing_of("GET", url))

    def _send(self, method: str, target: str, sent: dict[str, str], body: Any, accepts: Collection[int]) -> Any:
        """Return the response, after redirects."""
        for _ in range(MOST_REDIRECTS + 1):
            response = self._send_once(method, target, sent, body)
            if response.status_code in accepts or response.status_code not in REDIRECTS:
                break
            after = urljoin(target, response.headers.get("Location", ""))
            drop(response, SMALL)
            if host_of(after) != host_of(target):  # the token is for this host alone
                sent.pop("Authorization", None)
            target = after
        if response.status_code not in accepts:
            raise refusal(method, target, response)
        return response

    def _send_once(self, method: str, url: str, headers: Mapping[str, str], body: Any) -> Any:
        agent = {"User-Agent": agent_of(self._config)}
        data = body if isinstance(body, bytes) else _pieces(body)
        request = AWSRequest(method=method, url=url, headers={**agent, **headers}, data=data, stream_output=True)
        try:
            with unseen(url, headers.get("Authorization", "")):
                return self._session(url).send(request.prepare())
        except HTTPClientError as lost:
            source = lost.kwargs.get("error")
            if isinstance(source, ClientError | BotoCoreError | EcropsError):  # of the stream that was sent
                raise source from None
            raise

    def _session(self, url: str) -> Any:
        """Return botocore's HTTP session for the host of a URL, made once: which proxy there is depends on the host."""
        host, config = host_of(url), self._config
        sessions = self.aws.connections
        if host not in sessions:
            make: Any = URLLib3Session  # its stub knows no pair of timeouts
            session = make(
                verify=_verify(self.aws),
                proxies=config.proxies if config.proxies is not None else get_environ_proxies(url),
                proxies_config=config.proxies_config,
                timeout=(config.connect_timeout, config.read_timeout),
                max_pool_connections=config.max_pool_connections,
                socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # as for calls
                client_cert=config.client_cert,
            )
            sessions.setdefault(host, session)  # of two threads at once, both take that of the first
        return sessions[host]


class Stream:
    """The body behind a URL. Where a connection breaks off, it goes on with another one from the same byte.

    Attributes:
        size: Its bytes; ``None`` if the server does not say.
        offset: How many of them were read.
    """

    def __init__(self, http: Http, aws: Aws, url: Url, headers: Headers | None) -> None:
        self._http = http
        self._aws = aws
        self._url = url
        self._headers = headers
        self._response: Any = None
        self._doing = doing_of("GET", url)
        self.size: int | None = None
        self.offset = 0
        aws.persist(self._open, self._doing)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes: as many as asked for, or all that remain; fewer at the end only."""
        pieces: list[bytes] = []
        rest = size
        while rest and (piece := self._aws.persist(partial(self._next, rest), self._doing)):
            pieces.append(piece)
            rest -= len(piece) if rest > 0 else 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def seek(self, offset: int) -> int:
        """Go on at another byte. Returns it."""
        if offset != self.offset:
            self.close()
            self.offset = offset
        return offset

    def close(self) -> None:
        """Give the connection back, or close it if not all was read."""
        response, self._response = self._response, None
        if response is not None:
            drop(response)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _next(self, wanted: int) -> bytes:
        self._aws.check(self._doing)
        if self._response is None:
            if self.offset == self.size:
                return b""
            self._open()
        try:
            with unseen(self._response.url), as_streaming():
                piece: bytes = self._response.raw.read(wanted if 0 < wanted < PIECE else PIECE)
                if not piece and self.size is not None and self.offset < self.size:
                    raise IncompleteReadError(actual_bytes=self.offset, expected_bytes=self.size)
        except BaseException:
            self.close()
            raise
        self.offset += len(piece)
        return piece

    def _open(self) -> None:
        """Send the request, from the byte that comes next."""
        (_, headers), begin = _of_now("", self._headers), self.offset
        if begin:
            headers["Range"] = f"bytes={begin}-"
        response = self._http.open_once(self._url, headers)
        length = response.headers.get("Content-Length")
        is_part = response.status_code == 206
        if length is not None:
            self.size = int(length) + (begin if is_part else 0)
        self._response = response
        if begin and not is_part:  # the server sends all of it again
            self.offset = 0
            while self.offset < begin and self._next(begin - self.offset):
                pass


def doing_of(method: str, url: Url) -> str:
    """Return the name of a request: requests of one method to one host are paced together."""
    return f"{method} {host_of(url)}" if isinstance(url, str) else f"{method} of a signed URL"


def _of_now(url: Url, headers: Headers | None) -> tuple[str, dict[str, str]]:
    """Return the URL and the headers of this moment. They may take calls, so they are asked for outside of a turn."""
    return url if isinstance(url, str) else url(), dict((headers() if callable(headers) else headers) or {})


def _verify(aws: Aws) -> Any:
    """Return the CA bundle, as botocore finds it for a client."""
    configuration: Any = aws.session._session  # boto3 has no public way to its botocore session
    bundle = configuration.get_config_variable("ca_bundle")
    return bundle if bundle is not None else os.environ.get("REQUESTS_CA_BUNDLE", True)


def _pieces(stream: Any) -> Iterator[bytes]:
    """Yield a stream from its first byte on, in large pieces."""
    stream.seek(0)
    while piece := stream.read(PIECE):
        yield piece
