"""A small client of Lambda's runtime API: it imports a handler, and calls it for one event after another.

Run as a program in the folder of a function, where Lambda has its own client. It does what that documents:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import http.client
import importlib
import json
import os
import sys
import time
import traceback
from email.message import Message
from typing import Any

ROOT = "/2018-06-01/runtime"


class Context:
    """What the headers of an event say."""

    def __init__(self, headers: Message) -> None:
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._deadline - int(time.time() * 1000))


def call(method: str, path: str, body: Any = None) -> tuple[Message, bytes]:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, f"{ROOT}{path}", None if body is None else json.dumps(body))
    answer = connection.getresponse()
    return answer.headers, answer.read()


def error(failure: BaseException) -> dict[str, Any]:
    trace = traceback.format_exception(failure)
    return {"errorType": type(failure).__name__, "errorMessage": str(failure), "stackTrace": trace}


def main() -> None:
    module, _, name = sys.argv[1].rpartition(".")
    sys.path[0] = os.getcwd()
    try:
        handler = getattr(importlib.import_module(module), name)
    except Exception as failure:
        call("POST", "/init/error", error(failure))
        sys.exit(1)
    while True:
        headers, event = call("GET", "/invocation/next")
        path = f"/invocation/{headers['Lambda-Runtime-Aws-Request-Id']}"
        try:
            result = handler(json.loads(event), Context(headers))
        except Exception as failure:
            call("POST", f"{path}/error", error(failure))
        else:
            call("POST", f"{path}/response", result)


if __name__ == "__main__":
    main()
