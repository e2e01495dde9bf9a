"""Logging in to a registry: tokens, the Docker CLI, and the file that holds tokens.

Users get these values from ``Registry.authorization_token`` and ``Registry.docker_login``. They import the classes for
type hints.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.login.tokens import AuthorizationToken as AuthorizationToken
    from ecrops.login.tokens import PublicGalleryAuthorizationToken as PublicGalleryAuthorizationToken
    from ecrops.login.tokens import Token as Token

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.login.tokens": (
                "AuthorizationToken",
                "PublicGalleryAuthorizationToken",
                "Token",
            ),
        },
    )
