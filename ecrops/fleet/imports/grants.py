"""Policies of IAM: which of their statements are grants on repositories. Pure.

Called for each policy of a user, a role or a group. ecrops owns only the statements that it wrote, so a grant that is
carried over is written again, into a policy of ecrops's: nothing is, unless the caller of the import asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecrops.errors import SpecError
from ecrops.fleet.imports.building import Builder
from ecrops.iam.statements import listed, statements
from ecrops.iam.wildcards import matches

STAYS = (
    "stays in IAM as it is, and ecrops neither reads nor changes it; with grants=True it is a grant of the repository, "
    "which ecrops writes into a policy of its own: remove this one then"
)
_TOKEN = "ecr:getauthorizationtoken"


class Policy(NamedTuple):
    """A policy of IAM.

    Args:
        address: The resource that has it.
        field: The property of the resource.
        identity: ``user``, ``role`` or ``group``.
        name: The name of the user, role or group.
        document: The document.
    """

    address: str
    field: str
    identity: str
    name: str
    document: Any


def is_about_ecr(document: Any) -> bool:
    """Whether a policy document names ECR in its actions."""
    return isinstance(document, Mapping) and any(map(_is_of_ecr, _statements(document)))


def carry(builder: Builder, policy: Policy) -> None:
    """Carry over the grants of a policy, or list its statements about ECR."""
    about_ecr = [statement for statement in _statements(policy.document) if _is_of_ecr(statement)]
    if not about_ecr:
        return
    if not builder.grants:
        builder.leave(policy.address, policy.field, f"{_words(policy, about_ecr)}: {STAYS}")
        return
    granted = False
    tokens: list[Mapping[str, Any]] = []
    for statement in about_ecr:
        if _actions(statement) == [_TOKEN]:
            tokens.append(statement)
            continue
        granted |= _carry_statement(builder, policy, statement)
    if tokens and not granted:
        call = f"registry.authorization_token.grant_read({policy.identity.title()}({policy.name!r}))"
        builder.leave(
            policy.address, policy.field, f"allows the token to log in, and no pull or push: {call} grants it"
        )


def _carry_statement(builder: Builder, policy: Policy, statement: Mapping[str, Any]) -> bool:
    """Carry over one statement; return whether it brings the token to log in."""
    reason = _no_grant(statement)
    if reason:
        builder.leave(policy.address, _field(policy, statement), reason)
        return False
    from ecrops.access.grants import VERBS, Grant

    actions = _actions(statement)
    words = {frozenset(map(str.lower, names)): word for word, (names, _) in VERBS.items()}
    wanted = [action for action in listed(statement["Action"]) if action.lower() != _TOKEN]
    allow: Any = words.get(frozenset(actions) - {_TOKEN}, wanted)
    principal: dict[str, Any] = {policy.identity: policy.name}
    if statement.get("Condition"):
        principal["conditions"] = statement["Condition"]
    carried = False
    for name, options, problem in _repositories(builder, statement):
        try:
            grant = Grant.from_dict({"allow": allow, "principal": principal, **options})
        except SpecError as error:
            problem = problem or str(error)
        if problem:
            builder.leave(policy.address, _field(policy, statement), problem)
            continue
        builder.grant(name, grant.to_dict())
        carried |= grant.needs_login
    return carried


def _repositories(builder: Builder, statement: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield the repositories that a statement names, each with the options of its grant, or with a reason why not."""
    place = builder.place
    for resource in listed(statement["Resource"]):
        prefix = place.arn("ecr", "repository/")
        if not isinstance(resource, str) or not resource.startswith(prefix):
            yield "", {}, f"is about {resource}, and a grant is about repositories of the registry: it stays in IAM"
            continue
        pattern = resource.removeprefix(prefix)
        is_wildcard = bool({"*", "?"} & set(pattern))
        names = [name for name in builder.names if matches(pattern, name)] if is_wildcard else [pattern]
        if not names or not set(names) <= set(builder.names):
            yield "", {}, f"is about the repository {pattern}, which is not in the file: it stays in IAM"
            continue
        for name in names:
            yield name, {"on": pattern} if is_wildcard else {}, ""


def _no_grant(statement: Mapping[str, Any]) -> str:
    """Return why a statement is no grant; empty if it is one."""
    if str(statement.get("Effect", "")).lower() != "allow":
        return "denies, and a grant allows: it stays in IAM"
    if "Action" not in statement or "Resource" not in statement:
        return "has a NotAction or a NotResource, which no grant has: it stays in IAM"
    foreign_actions = sorted(action for action in _actions(statement) if not action.startswith("ecr:"))
    return f"is about more than ECR ({', '.join(foreign_actions)}): it stays in IAM" if foreign_actions else ""


def _statements(document: Any) -> list[dict[str, Any]]:
    part = document.get("Statement") if isinstance(document, Mapping) else None
    items: Sequence[Any] = part if isinstance(part, list) else [part]
    return statements({"Statement": [item for item in items if isinstance(item, Mapping)]})


def _actions(statement: Mapping[str, Any]) -> list[str]:
    names = listed(statement.get("Action", statement.get("NotAction", ())))
    return [name.lower() for name in names if isinstance(name, str)]


def _is_of_ecr(statement: Mapping[str, Any]) -> bool:
    return any(action.startswith(("ecr:", "ecr-public:")) for action in _actions(statement))


def _field(policy: Policy, statement: Mapping[str, Any]) -> str:
    sid = statement.get("Sid")
    return f"{policy.field}, the statement {sid}" if isinstance(sid, str) and sid else policy.field


def _words(policy: Policy, about_ecr: Sequence[Mapping[str, Any]]) -> str:
    from ecrops.access.actions import NAMES, short, words

    spelled = {frozenset(map(str.lower, names)): word for word, names in NAMES.items()}
    allowing = [statement for statement in about_ecr if not _no_grant(statement)]
    phrases = [
        spelled.get(frozenset(_actions(statement))) or words(map(short, map(str, listed(statement.get("Action", "")))))
        for statement in allowing
    ]
    rest = [] if len(allowing) == len(about_ecr) else ["what its other statements about ECR say"]
    return f"{policy.identity} {policy.name} may {'; '.join(dict.fromkeys([*phrases, *rest]))}"
