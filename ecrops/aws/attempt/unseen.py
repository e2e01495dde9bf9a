"""Calls with a secret in them: in no log, no traceback and no error.

Called by ``sending`` for a call whose input or whose answer has a secret, and by ``requesting`` for signed URLs.
botocore logs whole bodies at the level DEBUG, keeps the request in its errors, and has both in the variables of its
frames.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from ecrops.base.secret import SHOWN, forms, has_secret, revealed

_LOGGERS = ("botocore", "boto3", "urllib3")
"""The loggers, with those below them, that may show what is sent."""
_ANSWERS_IN = "botocore.parsers"
"""The logger that shows what is answered."""


def call(method: Callable[..., dict[str, Any]], params: Mapping[str, Any]) -> dict[str, Any]:
    """Make one attempt of a call, and leave its secret nowhere.

    Args:
        method: The method of a client of boto3.
        params: The members of its input. Secrets are revealed here, and nowhere else.

    Raises:
        BaseException: What the method raised, without its frames, and without what was sent.
    """
    plain = revealed(params)
    try:
        with unlogged(is_input=has_secret(params)):
            return method(**plain)
    except BaseException as error:
        clear(error, forms(params, plain))
        raise error.with_traceback(None) from None
    finally:
        plain.clear()  # this frame is in the traceback


@contextmanager
def unlogged(*, is_input: bool) -> Iterator[None]:
    """Keep bodies that this thread sends and gets out of the log.

    Args:
        is_input: Whether something that is sent is secret, and not only the answer.
    """
    thread = threading.get_ident()

    def is_of_other_thread(record: logging.LogRecord) -> bool:
        return threading.get_ident() != thread

    names = list(logging.root.manager.loggerDict) if is_input else [_ANSWERS_IN]
    loggers = [logging.getLogger(name) for name in names if name.partition(".")[0] in _LOGGERS]
    for logger in loggers:
        logger.addFilter(is_of_other_thread)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(is_of_other_thread)


def clear(error: BaseException, texts: list[str]) -> None:
    """Take out of an error what was sent, and of its causes their frames.

    Args:
        error: The error.
        texts: The secrets, in each form in which the error might repeat them.
    """
    seen: set[int] = set()
    chain: list[Any] = [error]
    while chain:
        each = chain.pop()
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        chain += [each.__cause__, each.__context__, *getattr(each, "kwargs", {}).values(), *each.args]
        each.__traceback__ = each.__cause__ = each.__context__ = None
        for name in ("request", "response"):  # of botocore's HTTPClientError
            if not isinstance(each, ClientError) and getattr(each, name, None) is not None:
                setattr(each, name, None)
        each.args = tuple(_without(part, texts) for part in each.args)
        if isinstance(each, ClientError):
            each.response = _without(each.response, texts)


def _without(value: Any, texts: list[str]) -> Any:
    """Return a value without some texts, should a server repeat them."""
    if isinstance(value, str):
        for text in texts:
            value = value.replace(text, SHOWN)
        return value
    if isinstance(value, dict):
        return {key: _without(part, texts) for key, part in value.items()}
    return value
