"""Tokens: got, never shown, and put where the tools look for them."""

from __future__ import annotations

import base64
import copy
import dataclasses
import logging
import os
import pickle
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ecrops import Registry
from ecrops.login.tokens import Token
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
PASSWORD = "123456789012-auth-token"


def test_a_token_has_user_password_endpoint_and_expiry(registry: Registry) -> None:
    token = registry.authorization_token.get()
    assert (token.user, token.password, token.endpoint) == ("AWS", PASSWORD, HOST)
    assert token.expires_at > datetime.now(UTC)


def test_a_password_is_never_shown(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="ecrops"):
        token = registry.authorization_token.get()
    for shown in (repr(token), str(token), f"{token}", caplog.text):
        assert PASSWORD not in shown


def test_a_password_is_in_no_log_even_if_everything_is_logged(
    http_cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    registry = registry_of(http_cloud)
    with caplog.at_level(logging.DEBUG):
        registry.authorization_token.get()
    assert "GetAuthorizationToken" in caplog.text
    for secret in (PASSWORD, base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()):
        assert secret not in caplog.text


def test_what_others_are_answered_meanwhile_and_afterwards_is_logged(
    http_cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    session, bodies = http_cloud.session(own=True), logging.getLogger("botocore.parsers")

    def meanwhile(**_: object) -> None:
        other = threading.Thread(target=bodies.debug, args=("of another thread",))
        other.start()
        other.join()
        bodies.debug("of this thread")

    session.events.register("before-send.ecr.GetAuthorizationToken", meanwhile)
    registry = Registry(session)
    with caplog.at_level(logging.DEBUG):
        registry.authorization_token.get()
        bodies.debug("afterwards")
    assert "of another thread" in caplog.text
    assert "of this thread" not in caplog.text
    assert "afterwards" in caplog.text
    assert bodies.filters == []


def test_a_password_does_not_leave_with_what_goes_through_the_fields(registry: Registry) -> None:
    token = registry.authorization_token.get()
    assert dataclasses.asdict(token) == {"user": "AWS", "endpoint": HOST, "expires_at": token.expires_at}
    for shown in (dataclasses.astuple(token), dataclasses.fields(token), f"{token!s:>9}", token.__getstate__()):
        assert PASSWORD not in repr(shown)


@pytest.mark.parametrize("use", [vars, lambda token: token < token, lambda token: format(token, "x")])
def test_an_error_about_a_token_does_not_tell_its_password(registry: Registry, use: Callable[[Token], object]) -> None:
    with pytest.raises(TypeError) as caught:
        use(registry.authorization_token.get())
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_token_is_not_pickled_but_got_anew(registry: Registry, protocol: int) -> None:
    with pytest.raises(TypeError, match=r"get a new one with authorization_token\.get\(\)"):
        pickle.dumps(registry.authorization_token.get(), protocol)


def test_a_token_is_copied_and_compared_with_its_password() -> None:
    until = datetime.now(UTC)
    token = Token("AWS", "secret", HOST, until)
    for same in (copy.copy(token), copy.deepcopy([token])[0], Token("AWS", "secret", HOST, until)):
        assert same == token
        assert same.password == "secret"
        assert {same: 1} == {token: 1}
    assert token != Token("AWS", "other", HOST, until)
    with pytest.raises(dataclasses.FrozenInstanceError):
        token.user = "root"  # type: ignore[misc]


def test_a_token_is_of_the_registry_of_the_region_and_partition(http_cloud: Cloud) -> None:
    token = Registry(http_cloud.session("cn-north-1"), retry=AT_ONCE).authorization_token.get()
    assert token.endpoint == "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"
    assert registry_of(http_cloud).authorization_token.get().endpoint == HOST
    assert os.environ.get("DOCKER_CONFIG") is None
