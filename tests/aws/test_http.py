"""HTTP beside the API of AWS: streams that go on, errors without secrets, redirects without the token."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from botocore.httpsession import URLLib3Session

from ecrops.aws import Aws, RetryPolicy
from ecrops.aws.http import PIECE, Http
from ecrops.errors import DeadlineError

CONTENT = bytes(range(256)) * 10_000
SECRET = "X-Amz-Signature=abc%2Fdef123"
AUTHORIZATION = {"Authorization": "Basic dG9rZW4="}
Answers = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """A request, and the answer that a test gives it."""

    protocol_version = "HTTP/1.1"
    server: Server

    def handle_any(self) -> None:
        self.content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append(self)
        self.server.answer(self)

    do_GET = do_HEAD = do_PUT = do_POST = handle_any

    def reply(self, status: int, body: bytes = b"", cut: int | None = None, **headers: str) -> None:
        """Answer, or break off after some bytes."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body[:cut])
        self.close_connection = cut is not None or self.close_connection

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class Server(ThreadingHTTPServer):
    """A server that answers as a test says, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self, answer: Answers) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.answer, self.requests = answer, list[Request]()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Print nothing of connections that a test closes."""


@contextmanager
def serving(answer: Answers) -> Iterator[Server]:
    server = Server(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def aws_of(**policy: Any) -> Aws:
    retry = RetryPolicy(**{"sleep": lambda seconds: None, "attempts": 4, **policy})
    return Aws(boto3.Session("testing", "testing", region_name="eu-west-1"), 4, retry)


@pytest.fixture(scope="module")
def account(nothing_real: None) -> Aws:
    return aws_of()


@pytest.fixture
def http(account: Aws) -> Http:
    return Http(account)


def test_a_body_is_read_whole_and_in_parts(http: Http) -> None:
    with serving(lambda request: request.reply(200, CONTENT)) as server:
        assert http.read(server.url) == CONTENT
        with http.open(server.url) as stream:
            assert stream.size == len(CONTENT)
            parts = [stream.read(1_000_000) for _ in range(4)]
    assert [len(part) for part in parts] == [1_000_000, 1_000_000, 560_000, 0]
    assert b"".join(parts) == CONTENT


@pytest.mark.parametrize("knows_ranges", [True, False], ids=["with ranges", "without ranges"])
def test_a_stream_goes_on_where_the_connection_broke_off(http: Http, knows_ranges: bool) -> None:
    def answer(request: Request) -> None:
        first = int(request.headers.get("Range", "bytes=0-")[6:-1])
        begin = first if knows_ranges else 0
        cut = None if len(request.server.requests) == 3 else begin - begin + 1_000_000 + first - begin
        request.reply(206 if begin else 200, CONTENT[begin:], cut)

    with serving(answer) as server:
        assert http.read(server.url) == CONTENT
        assert [request.headers["Range"] for request in server.requests] == [None, "bytes=1000000-", "bytes=2000000-"]


def test_each_connection_of_a_stream_has_a_new_url(http: Http) -> None:
    urls: list[str] = []

    def url() -> str:
        urls.append(f"{server.url}/layer?number={len(urls)}")
        return urls[-1]

    def answer(request: Request) -> None:
        first = int(request.headers.get("Range", "bytes=0-")[6:-1])
        request.reply(206 if first else 200, CONTENT[first:], None if first else 1_000_000)

    with serving(answer) as server:
        assert http.read(url) == CONTENT
        assert [request.path for request in server.requests] == ["/layer?number=0", "/layer?number=1"]


def test_a_stream_that_never_ends_whole_is_an_error(http: Http) -> None:
    with serving(lambda request: request.reply(200, CONTENT, 10)) as server, pytest.raises(BotoCoreError) as caught:
        http.read(f"{server.url}/layer?{SECRET}")
    assert SECRET not in shown(caught.value)


def test_a_rewound_stream_begins_again(http: Http) -> None:
    with serving(lambda request: request.reply(200, CONTENT)) as server, http.open(server.url) as stream:
        assert stream.read(100) == CONTENT[:100]
        stream.seek(0)
        assert stream.read() == CONTENT


@pytest.mark.parametrize(("status", "times"), [(429, 3), (500, 3), (503, 3), (404, 1), (403, 1), (501, 1)])
def test_what_passes_is_repeated_and_what_does_not_is_an_error(http: Http, status: int, times: int) -> None:
    def answer(request: Request) -> None:
        request.reply(status) if len(request.server.requests) < 3 else request.reply(200, b"done")

    with serving(answer) as server:
        if times == 3:
            assert http.request("GET", server.url).body == b"done"
        else:
            with pytest.raises(ClientError, match=f"HTTP{status}"):
                http.request("GET", server.url)
        assert len(server.requests) == times


def test_a_request_that_is_made_once_is_not_repeated(http: Http) -> None:
    with serving(lambda request: request.reply(503)) as server:
        with pytest.raises(ClientError):
            http.once("POST", server.url)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"errors":[{"code":"BLOB_UNKNOWN","message":"not here"}]}', "BLOB_UNKNOWN"),
        (b"<?xml?><Error><Code>AccessDenied</Code><Message>not here</Message><S>abc</S></Error>", "AccessDenied"),
        (b'{"errors":[]}', "HTTP403"),
        (b"<html>", "HTTP403"),
        (b"", "HTTP403"),
    ],
)
def test_an_error_has_the_code_of_the_registry_or_of_s3(http: Http, body: bytes, code: str) -> None:
    with (
        serving(lambda request: request.reply(403, body)) as server,
        pytest.raises(ClientError, match=rf"\({code}\)") as caught,
    ):
        http.read(f"{server.url}/v2/team/api?{SECRET}")
    assert f"GET {server.url}/v2/team/api?…" in str(caught.value)
    assert "<" not in str(caught.value)


def shown(error: BaseException) -> str:
    """All that an error shows, or keeps."""
    return "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(error.args)


@pytest.mark.parametrize("fault", ["refused", "closed", "denied", "cut"])
def test_a_signed_url_and_a_token_are_in_no_error_and_no_log(
    http: Http, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def answer(request: Request) -> None:
        if fault == "denied":
            request.reply(403, f"<Code>No</Code><Signed>{request.path}</Signed>".encode())
        elif fault == "cut":
            request.reply(200, CONTENT, 5)
        request.close_connection = True

    with serving(answer) as server:
        url = "http://127.0.0.1:9" if fault == "refused" else server.url
        with pytest.raises((ClientError, BotoCoreError)) as caught:
            http.read(f"{url}/layer?{SECRET}", AUTHORIZATION)
    everything = shown(caught.value) + caplog.text
    assert "abc%2Fdef123" not in everything
    assert "dG9rZW4=" not in everything
    assert "127.0.0.1" in everything


def test_a_server_that_cannot_be_reached_is_named(http: Http) -> None:
    with pytest.raises(EndpointConnectionError, match=r"http://127.0.0.1:9/layer"):
        http.once("GET", f"http://127.0.0.1:9/layer?{SECRET}")


def test_a_redirect_keeps_the_token_on_its_host_alone(http: Http) -> None:
    def other(request: Request) -> None:
        request.reply(200, b"layer")

    with serving(other) as storage:

        def answer(request: Request) -> None:
            places = {"/a": "/b", "/b": f"{storage.url}/layer?{SECRET}"}
            request.reply(307, Location=places[request.path])

        with serving(answer) as server:
            assert http.read(f"{server.url}/a", AUTHORIZATION) == b"layer"
            assert [request.headers["Authorization"] for request in server.requests] == ["Basic dG9rZW4="] * 2
            assert [request.headers["Authorization"] for request in storage.requests] == [None]


def test_a_connection_that_redirects_is_used_again(http: Http) -> None:
    def answer(request: Request) -> None:
        if request.path == "/a":
            request.reply(307, b"<a href=...>", Location="/b")
        else:
            request.reply(200, b"layer")

    with serving(answer) as server:
        for _ in range(3):
            assert http.read(f"{server.url}/a") == b"layer"
        assert len({request.client_address for request in server.requests}) == 1


def test_redirects_that_do_not_end_are_an_error(http: Http) -> None:
    with (
        serving(lambda request: request.reply(302, Location="/again")) as server,
        pytest.raises(ClientError, match="HTTP302"),
    ):
        http.read(server.url)


def test_a_stream_is_sent_whole_and_again_after_an_error(http: Http) -> None:
    source = BytesIO(b"x" * (PIECE + 10))
    source.read(100)

    def answer(request: Request) -> None:
        request.reply(503 if len(request.server.requests) == 1 else 201)

    with serving(answer) as server:
        headers = {"Content-Length": str(PIECE + 10)}
        assert http.request("PUT", server.url, headers=headers, body=source).status == 201
        assert [request.content for request in server.requests] == [b"x" * (PIECE + 10)] * 2


def test_an_error_of_the_source_is_raised_and_not_repeated(http: Http) -> None:
    def answer(request: Request) -> None:
        request.reply(404) if request.command == "GET" and request.headers["Range"] else request.reply(
            200, CONTENT, 1_500_000
        )

    with serving(answer) as server, serving(lambda request: request.reply(201)) as target:
        source = http.open(server.url)
        with pytest.raises(ClientError, match="HTTP404"):
            http.request("PUT", target.url, headers={"Content-Length": str(len(CONTENT))}, body=source)


def test_a_truncated_answer_counts_as_lost(http: Http) -> None:
    def answer(request: Request) -> None:
        request.reply(200, b"manifest", 3 if len(request.server.requests) == 1 else None)

    with serving(answer) as server:
        assert http.request("GET", server.url).body == b"manifest"
        assert len(server.requests) == 2


def test_a_head_has_no_body(http: Http) -> None:
    with serving(lambda request: request.reply(200, CONTENT)) as server:
        answer = http.request("HEAD", server.url)
        assert (answer.body, answer.headers["content-length"]) == (b"", str(len(CONTENT)))
        server.answer = lambda request: request.reply(404, b"nothing")
        with pytest.raises(ClientError, match="HTTP404"):
            http.request("HEAD", server.url)


def test_nothing_is_sent_after_the_deadline(account: Aws) -> None:
    with serving(lambda request: request.reply(200, CONTENT)) as server:
        with pytest.raises(DeadlineError):
            Http(account.within(0)).read(server.url)
        assert server.requests == []
        run = account.stoppable()
        with Http(run).open(server.url) as stream:
            run.stop()
            with pytest.raises(DeadlineError):
                stream.read()


def test_a_connection_is_used_again(http: Http) -> None:
    with serving(lambda request: request.reply(200, CONTENT)) as server:
        for _ in range(5):
            http.read(server.url)
            http.request("HEAD", server.url)
        assert len({request.client_address for request in server.requests}) == 1


def test_proxies_and_the_ca_bundle_are_those_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(URLLib3Session, "__init__", lambda self, **options: made.append(options))
    monkeypatch.setattr(URLLib3Session, "send", lambda self, request: 1 / 0)
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/bundle.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "direct.example.com")
    http = Http(aws_of())
    for host in ("registry.example.com", "direct.example.com"):
        with pytest.raises(ZeroDivisionError):
            http.once("GET", f"https://{host}/v2/")
    proxied, direct = (options for options in made[-2:])
    assert proxied["proxies"]["https"] == "http://proxy:3128"
    assert direct["proxies"] == {}
    assert {options["verify"] for options in made} == {"/etc/bundle.pem"}
    assert {options["timeout"] for options in made} == {(10, 30)}


def test_importing_ecrops_imports_none_of_it() -> None:
    program = "import sys, ecrops; print([name for name in sys.modules if name.endswith(('aws.http', 'requesting'))])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
