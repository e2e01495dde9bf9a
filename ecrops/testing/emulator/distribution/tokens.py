"""Who asks: the user ``AWS`` with the password that GetAuthorizationToken gave, which says for which registry it is.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html#registry_auth_http
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecrops.testing.isolation import REGION

from ..ecr.backend import EcrBackend, backend
from .errors import API_VERSION, Refusal

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

_PASSWORD = re.compile(r"(?P<account>\d{12})-auth-token(?:-(?P<region>[a-z0-9-]+))?")


def password(account: str, region: str) -> str:
    """The password for the registry of an account and a region."""
    return f"{account}-auth-token" + ("" if region == REGION else f"-{region}")


def registry_of(request: Request) -> EcrBackend:
    """The registry for which a request has a password.

    The challenge is what ``curl -i https://ACCOUNT.dkr.ecr.REGION.amazonaws.com/v2/`` prints; a token that is too old
    is denied, in the words that Docker prints.
    """
    login = request.authorization
    match = _PASSWORD.fullmatch(login.password or "") if login and login.type == "basic" else None
    if login is None or match is None or login.username != "AWS":
        challenge = f'Basic realm="{request.host_url}",service="ecr.amazonaws.com"'
        raise Refusal(401, "UNAUTHORIZED", "Not Authorized", {"WWW-Authenticate": challenge, **API_VERSION})
    registry = backend(match["account"], match["region"] or REGION)
    if registry.tokens_are_old:
        raise Refusal(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")
    return registry
