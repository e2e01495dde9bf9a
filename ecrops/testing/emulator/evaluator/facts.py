"""What a request says of itself: the keys of conditions, and their values.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .callers import Caller
from .patterns import Facts, Values

TYPES = {"user": "User", "role": "AssumedRole", "session": "AssumedRole", "account": "Account"}
OF_SOURCES = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
OF_NO_SERVICE = ("aws:principalorgid", "aws:principalorgpaths")
"""Services are in no organization. What else the guide says of principals, it says of users and roles alone."""
OF_AWS: dict[str, Values] = {
    "aws:principalisawsservice": ("false",),
    "aws:principalservicename": (),
    **dict.fromkeys(OF_SOURCES, ()),
}
OF_CHAINS = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast")
PRINCIPAL_TAG = "aws:principaltag/"
RESOURCE_TAGS = ("aws:resourcetag/", "ecr:resourcetag/")


def facts_of(world: dict[str, Any], question: dict[str, Any], caller: Caller, *, of_nothing: bool) -> Facts:
    """Return the values of the keys of a request; what the question says goes first.

    Args:
        world: As ``decide`` takes it.
        question: As ``decide`` takes it.
        caller: Who calls.
        of_nothing: Whether the action has no resource, and so no tags of one.
    """
    values: dict[str, Values | None] = {**_of_caller(caller), **_of_world(world)}
    values |= {key.lower(): tuple(found) for key, found in question.get("context", {}).items()}
    values |= {key.lower(): () for key in question.get("missing", ())}
    tags = {
        PRINCIPAL_TAG: _tags_of(caller),
        **dict.fromkeys(RESOURCE_TAGS, {} if of_nothing else world["repository"].get("tags")),
    }

    def get(key: str) -> Values | None:
        if key in values:
            return values[key]
        for prefix, found in tags.items():
            if key.startswith(prefix) and found is not None:
                return tuple(value for name, value in found.items() if name.lower() == key.removeprefix(prefix))
        return None

    return get


def _tags_of(caller: Caller) -> dict[str, str] | None:
    """Return the tags of a caller; ``None`` if nobody knows them. The root user has none."""
    if not caller.known:
        return None
    return {tag["Key"]: tag["Value"] for tag in caller.identity.get("Tags", ())}


def _of_caller(caller: Caller) -> dict[str, Values | None]:
    if caller.kind == "service":
        return {
            "aws:principalisawsservice": ("true",),
            "aws:principalservicename": (caller.name,),
            **dict.fromkeys(OF_NO_SERVICE, ()),
        }
    if caller.kind == "account" and not caller.known:
        return {"aws:principalaccount": (caller.account,), **OF_AWS}  # whoever it is in another account
    return {
        "aws:principalarn": (caller.arn,) if caller.arn else None,
        "aws:principalaccount": (caller.account,),
        "aws:principaltype": (TYPES[caller.kind],),
        "aws:username": (caller.role,) if caller.kind == "user" else (),
        "aws:userid": _user_id(caller),
        **OF_AWS,
    }


def _user_id(caller: Caller) -> Values | None:
    """Return the id of who calls: a session has that of its role, and its name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
    """
    if caller.kind == "account":
        return (caller.account,)
    if caller.kind == "role" or not caller.id:
        return None
    return (f"{caller.id}:{caller.session}" if caller.kind == "session" else caller.id,)


def _of_world(world: dict[str, Any]) -> dict[str, Values | None]:
    now = datetime.fromisoformat(world["now"])
    moment = (now if now.tzinfo else now.replace(tzinfo=UTC)).astimezone(UTC)
    return {
        "aws:viaawsservice": ("false",),
        "aws:securetransport": ("true",),
        "aws:requestedregion": (world["region"],),
        "aws:resourceaccount": (world["account"],),
        "aws:currenttime": (moment.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(moment.timestamp())),),
        **dict.fromkeys(OF_CHAINS, ()),
    }
