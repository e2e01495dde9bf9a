"""Lambda's runtime API on 127.0.0.1: it hands events to a client of the runtime, and takes its answers."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any, NamedTuple
from uuid import uuid4

ROOT = "/2018-06-01/runtime/"
PATIENCE = 60


class Reply(NamedTuple):
    """What a client posted: ``response``, ``error`` or ``init/error``, for a request, and the body."""

    kind: str
    request_id: str
    body: Any
    size: int


class RuntimeApi(ThreadingHTTPServer):
    """The API, for one client.

    Attributes:
        process: The process of the client.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.process: subprocess.Popen[str] | None = None
        self.events: SimpleQueue[tuple[str, bytes, float] | None] = SimpleQueue()
        self.replies: SimpleQueue[Reply] = SimpleQueue()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def invoke(self, event: Any, seconds: float = 60) -> Reply:
        """Let the client call its handler, and return what it posted."""
        self.events.put((str(uuid4()), json.dumps(event).encode(), time.time() + seconds))
        return self.replies.get(timeout=PATIENCE)

    def stop(self) -> str:
        """End the client, and return what it printed."""
        if self.process is None:
            return ""
        self.events.put(None)
        self.process.terminate()
        printed = self.process.communicate(timeout=30)[0]
        self.process = None
        self.shutdown()
        self.server_close()
        return printed


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert self.path == f"{ROOT}invocation/next"
        event = self.server.events.get()
        if event is None:
            self.close_connection = True
            return
        request_id, body, end = event
        self._answer(
            200,
            body,
            {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(int(end * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:bootstrap",
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
            },
        )

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        path = self.path.removeprefix(ROOT)
        kind = path if path == "init/error" else path.rpartition("/")[2]
        request_id = "" if kind == path else path.split("/")[1]
        self._answer(202, b'{"status": "OK"}\n', {})
        self.server.replies.put(Reply(kind, request_id, json.loads(content), len(content)))

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
