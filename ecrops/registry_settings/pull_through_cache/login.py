"""A user name and an access token for an upstream registry, as the secret that ECR reads. Never shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, SupportsIndex

from ecrops.base.secret import Secret
from ecrops.errors import SpecError


class Login(Secret):
    """The content of a secret: JSON with the keys ``username`` and ``accessToken``.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-secret.html

    Args:
        username: The user name.
        access_token: The token, or a function that returns it.

    Raises:
        SpecError: One of both is none.
    """

    __slots__ = ("_username",)

    def __init__(self, username: str, access_token: str | Callable[[], str]) -> None:
        super().__init__(access_token, "access_token")
        if not isinstance(username, str) or not username:
            kind = type(username).__name__
            raise SpecError(f"username: expected a string of at least one character, got a value of type {kind}")
        self._username = username

    def reveal(self) -> str:
        """Return the JSON."""
        return json.dumps({"username": self._username, "accessToken": super().reveal()})

    def forms(self, text: str) -> list[str]:
        """Return the forms in which a message might repeat the JSON or the token."""
        return [*super().forms(text), *super().forms(json.loads(text)["accessToken"])]

    def is_in(self, content: Secret | None) -> bool:
        """Whether the content of a secret has this user name and this token."""
        return content is not None and _pair(content.reveal()) == _pair(self.reveal())

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and isinstance(other, Login) and self._username == other._username

    def __hash__(self) -> int:
        return hash((super().__hash__(), self._username))

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        """Pickle the function that returns the token by its name.

        Raises:
            TypeError: The token is a text, or the function has no name to find it by.
        """
        self.check_importable()
        return Login, (self._username, self._source)


def _pair(text: str) -> tuple[Any, Any] | None:
    """Return the user name and the token in the content of a secret; ``None`` if it has not both."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):  # somebody else's secret may hold anything
        return None
    if not isinstance(content, dict) or not {"username", "accessToken"} <= content.keys():
        return None
    return content["username"], content["accessToken"]
