"""One request that is no call of an AWS API: what of it nobody may see, and how its answer is judged.

Called by ``http`` for each request. A signed URL is a secret: no error and no log has its query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError, IncompleteReadError, ResponseStreamingError

from ecrops.aws.attempt.unseen import clear, unlogged
from ecrops.base.secret import spellings

SMALL = 65_536
"""Bytes of the body of an error, or of a redirect, that are read."""


def shown(url: str) -> str:
    """Return a URL as messages may show it: without user, password, query and fragment."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}{'?…' if parts.query else ''}"


def host_of(url: str) -> str:
    """Return the scheme and the host of a URL, without user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


@contextmanager
def unseen(url: str, *secrets: str) -> Iterator[None]:
    """Keep the query of a URL, and other secrets, out of logs and errors."""
    texts = [secret for secret in (urlsplit(url).query, *secrets) if secret]
    try:
        with unlogged(is_input=bool(texts)):
            yield
    except Exception as error:
        if isinstance(error, BotoCoreError) and "endpoint_url" in error.kwargs:
            error.kwargs = {**error.kwargs, "endpoint_url": shown(url)}
        clear(error, [form for text in texts for form in spellings(text)])
        raise error.with_traceback(None) from None


@contextmanager
def as_streaming() -> Iterator[None]:
    """Raise what urllib3 raises while a body is read as botocore's error, which counts as a lost answer."""
    try:
        yield
    except BotoCoreError:
        raise
    except Exception as error:
        raise ResponseStreamingError(error=error) from error


def check_length(response: Any, size: int) -> None:
    """Raise if an answer was truncated."""
    expected = response.headers.get("Content-Length")
    if expected is not None and int(expected) != size:
        raise IncompleteReadError(actual_bytes=size, expected_bytes=int(expected))


def drop(response: Any, most: int = 0) -> None:
    """Be done with a response. Its connection is used again if all was read, or at most so many bytes remain."""
    raw = response.raw
    if raw.length_remaining is not None and raw.length_remaining <= most:
        raw.drain_conn()
        raw.release_conn()
    else:
        raw.close()


def refusal(method: str, url: str, response: Any) -> ClientError:
    """Return the error of an answer, with the code and the message that its body has: of a registry, or of S3."""
    body = b"" if method == "HEAD" else response.raw.read(SMALL)
    drop(response)
    code, message = _explanation(body.decode(errors="replace"))
    status = response.status_code
    error = {"Code": code or f"HTTP{status}", "Message": message or f"HTTP status {status}"}
    answer: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}}}
    return ClientError(answer, f"{method} {shown(url)}")


def _explanation(body: str) -> tuple[str, str]:
    """Return the code and the message of an error. S3 answers XML, which may repeat what was signed: two members."""
    try:
        first = json.loads(body)["errors"][0]
        return str(first.get("code") or ""), str(first.get("message") or "")
    except (ValueError, LookupError, TypeError, AttributeError):
        matches = (re.search(rf"<{name}>([^<]*)</{name}>", body) for name in ("Code", "Message"))
        code, message = (match[1] if match else "" for match in matches)
        return code, message
