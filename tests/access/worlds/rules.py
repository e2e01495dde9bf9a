"""Which rules of evaluation had a say in an answer, so that a test can tell whether its worlds meet all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecrops.testing.emulator.evaluator.decide import bound, decide, request_of, votes_on
from ecrops.testing.emulator.evaluator.principals import ACCOUNT, DIRECT, EVERYONE, ROLE
from ecrops.testing.emulator.evaluator.statements import Request, Vote

JSON = dict[str, Any]
LAYERS = ("identity", "boundary", "repository", "registry")
KINDS = ("user", "role", "session", "account", "service")
RULES = {
    *(f"a {layer} policy denies" for layer in LAYERS),
    *(f"a {layer} policy may deny" for layer in LAYERS),
    *(f"a {layer} policy allows" for layer in LAYERS),
    *(f"a {layer} policy may allow" for layer in LAYERS),
    *(f"{kind}: {answer}" for kind in KINDS for answer in (True, False, None)),
    "a boundary limits what identity policies allow",
    "the user or the session is named, whatever the boundary",
    "the role is named, and limited by the boundary",
    "everyone is named, and the boundary does not allow",
    "the own account is named, and its policies do not allow",
    "a session of the role that asks is named",
    "all but some are denied, with a boundary",
    "all but some are denied",
    "all but some may be denied",
    "some are excepted from a denial",
    "all but some are allowed",
    "all but some may be allowed",
    "some are excepted from what is allowed",
    "another account is allowed on this side",
    "another account is allowed on both sides",
    "a service is in everyone, perhaps",
    "a policy cannot be read",
    "a token is allowed",
    "a token is denied by a repository pattern",
}


def met(world: JSON, question: JSON) -> Iterator[str]:
    """Yield the rules that had a say."""
    request = request_of(world, question)
    found = votes_on(world, request)
    answer = decide(world, question)
    yield f"{request.caller.kind}: {answer}"
    if answer and request.caller.account not in ("", world["account"]) and not request.is_token:
        yield "another account is allowed on both sides"
    for layer, votes in found.items():
        for vote in votes:
            if vote.applies is not False:
                may, verb = ("may ", vote.effect.lower()) if vote.applies is None else ("", f"{vote.effect.lower()}s")
                yield f"a {layer} policy {may}{verb.replace('denys', 'denies')}"
            if not _is_readable(vote):
                yield "a policy cannot be read"
    yield from _of_boundaries(request, found)
    for layer in ("repository", "registry"):
        for vote in found.get(layer, ()):
            yield from _of_names(request, vote, world["account"])
    yield from _of_tokens(request, found, answer)


def _is_readable(vote: Vote) -> bool:
    return isinstance(vote.statement, dict) and vote.statement.get("Effect") == vote.effect


def _of_boundaries(request: Request, found: dict[str, list[Vote]]) -> Iterator[str]:
    if bound(request.caller, found) is not False:
        return
    if any(vote.effect == "Allow" and vote.applies for vote in found["identity"]):
        yield "a boundary limits what identity policies allow"
    ways = {
        way for vote in found.get("repository", ()) for way in vote.ways if vote.ways[way] and vote.effect == "Allow"
    }
    if DIRECT in ways:
        yield "the user or the session is named, whatever the boundary"
    if ROLE in ways:
        yield "the role is named, and limited by the boundary"
    if EVERYONE in ways:
        yield "everyone is named, and the boundary does not allow"


def _of_names(request: Request, vote: Vote, account: str) -> Iterator[str]:
    caller, allows = request.caller, vote.effect == "Allow"
    if not _is_readable(vote):
        return
    if "NotPrincipal" in vote.statement:
        yield from _of_exceptions(vote, allows, bounded=caller.boundary is not None)
        return
    if allows and vote.ways.get(ACCOUNT) and caller.account == account:
        yield "the own account is named, and its policies do not allow"
    if caller.kind == "role" and caller.known and DIRECT in vote.ways and vote.ways[DIRECT] is None:
        yield "a session of the role that asks is named"
    if caller.account not in ("", account) and allows and vote.applies:
        yield "another account is allowed on this side"
    if caller.kind == "service" and vote.ways.get(EVERYONE, False) is None:
        yield "a service is in everyone, perhaps"


def _of_exceptions(vote: Vote, allows: bool, *, bounded: bool) -> Iterator[str]:
    if vote.applies is None:
        yield f"all but some may be {'allowed' if allows else 'denied'}"
    elif vote.applies:
        limited = ", with a boundary" if bounded and not allows else ""
        yield f"all but some are {'allowed' if allows else 'denied'}{limited}"
    else:
        yield f"some are excepted from {'what is allowed' if allows else 'a denial'}"


def _of_tokens(request: Request, found: dict[str, list[Vote]], answer: bool | None) -> Iterator[str]:
    if not request.is_token:
        return
    if answer:
        yield "a token is allowed"
    for vote in found["identity"]:
        located = isinstance(vote.statement, dict) and vote.statement.get("Resource", "*") != "*"
        if vote.effect == "Allow" and vote.applies is False and located and _is_readable(vote):
            yield "a token is denied by a repository pattern"
