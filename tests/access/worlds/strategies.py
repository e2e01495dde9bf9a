"""Random worlds: an account with identities and policies, a repository, and a question; small, and shrinking well.

A world is what both evaluators take: ``GetAccountAuthorizationDetails`` as IAM answers it, a repository and a registry
policy. All names and values are from ``pools``. Strategies are made once, since making them takes longer than drawing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .pools import (
    ACCOUNT,
    ACTION_PATTERNS,
    ACTIONS,
    DATES,
    GROUPS,
    IDS,
    NOW,
    NUMBERS,
    OF_KEYS,
    OPERATORS,
    OTHER,
    PARTITION,
    PRINCIPALS,
    REGION,
    REPOSITORIES,
    RESOURCE_PATTERNS,
    ROLES,
    SERVICES,
    SUITED,
    TEXTS,
    THEIR_ROLES,
    THEIR_USERS,
    TOLD,
    USERS,
    iam,
)

JSON = dict[str, Any]
Draw = Callable[[Any], Any]
MANAGED = ("first", "second", "limits")
UNSEEN = iam("policy/unseen")
"""A policy that somebody has, and that is not among the policies of the account."""
TIMES = {times: st.integers(0, times - 1) for times in range(2, 61)}


def seldom(draw: Draw, times: int) -> bool:
    """Once in so many times."""
    return bool(draw(TIMES[times]) == times - 1)


@functools.cache
def one_or_list(values: tuple[Any, ...], size: int = 3) -> st.SearchStrategy[Any]:
    """A value, or a list of some."""
    one = st.sampled_from(values)
    return st.one_of(one, st.lists(one, min_size=1, max_size=size))


KEYS = st.sampled_from(tuple(OF_KEYS))
NULLS = st.sampled_from(("true", "false", ["true", "false"], True))
SETS = st.sampled_from(("ForAllValues:", "ForAnyValue:"))
TIMES_OF_DAY = ("aws:CurrentTime", "aws:EpochTime")
"""Keys of which no document says how they are written, so that no text is compared with them."""
SUITABLE = {
    key: st.sampled_from((*SUITED.get(key, ()), *SUITED.get(key, ()), *(() if key in TIMES_OF_DAY else TEXTS)))
    for key in OF_KEYS
}
ANY = {key: st.sampled_from((*DATES, *NUMBERS) if key in TIMES_OF_DAY else OPERATORS) for key in OF_KEYS}


@st.composite
def conditions(draw: Draw) -> JSON:
    """A condition of one or two tests."""
    found: JSON = {}
    for _ in range(2 if seldom(draw, 3) else 1):
        key = draw(KEYS)
        operator = _operator(draw, key)
        found.setdefault(operator, {})[key] = draw(NULLS if operator == "Null" else one_or_list(OF_KEYS[key]))
    return found


def _operator(draw: Draw, key: str) -> str:
    """An operator for a key: mostly one that suits it, in all its forms."""
    if seldom(draw, 12):
        return "Null"
    name = draw((ANY if seldom(draw, 8) else SUITABLE)[key])
    over = draw(SETS) if seldom(draw, 2 if key == "aws:TagKeys" else 6) else ""
    return f"{over}{name}{'IfExists' if seldom(draw, 5) else ''}"


_ARNS = one_or_list(PRINCIPALS)
_AWS = st.fixed_dictionaries({"AWS": _ARNS})
_BESIDE = {
    "Service": st.sampled_from(SERVICES),
    "Federated": st.just("cognito-identity.amazonaws.com"),
    "CanonicalUser": st.just("79a59df900b949e55d96a1e698fbaced"),
}
_SERVICES = st.fixed_dictionaries({"Service": one_or_list(SERVICES, 2)})
NAMED = st.one_of(_AWS, _AWS, st.just("*"), _SERVICES, st.fixed_dictionaries({"AWS": _ARNS}, optional=_BESIDE))
"""A ``Principal`` or ``NotPrincipal`` element, in all its forms."""
_LISTS = st.lists(st.sampled_from(PRINCIPALS), max_size=3)
EXCEPTED = st.one_of(st.fixed_dictionaries({"AWS": _LISTS.map(lambda names: [*names, iam("root")])}), NAMED)
"""A ``NotPrincipal`` element: often with the account, since without it nobody in it is excepted."""
EFFECTS = st.sampled_from(("Allow", "Allow", "Allow", "Deny"))
PATTERNS = one_or_list(ACTION_PATTERNS)
RESOURCES = st.one_of(st.just("*"), one_or_list(RESOURCE_PATTERNS))
UNREADABLE = st.sampled_from(("effect", "operator", "action"))


@st.composite
def statements(draw: Draw, *, kind: str) -> JSON:
    """A statement of an identity, a repository or a registry policy."""
    found: JSON = {"Effect": draw(EFFECTS)}
    if kind != "identity":
        if seldom(draw, 4):
            found["NotPrincipal"] = draw(EXCEPTED)
        else:
            found["Principal"] = draw(NAMED)
    found["NotAction" if seldom(draw, 7) else "Action"] = draw(PATTERNS)
    if kind != "repository" or seldom(draw, 5):
        found["NotResource" if seldom(draw, 7) else "Resource"] = draw(RESOURCES)
    if seldom(draw, 3):
        found["Condition"] = draw(CONDITIONS)
    return _unreadable(found, draw(UNREADABLE)) if seldom(draw, 50) else found


CONDITIONS = conditions()


def _unreadable(statement: JSON, what: str) -> JSON:
    """What IAM would not have accepted."""
    if what == "effect":
        return {**statement, "Effect": "Maybe"}
    if what == "operator":
        return {**statement, "Condition": {"StringResembles": {"aws:username": "ci"}}}
    return {name: value for name, value in statement.items() if not name.endswith("Action")}


BODIES = {
    kind: st.lists(statements(kind=kind), min_size=1, max_size=3) for kind in ("identity", "repository", "registry")
}
OLD = st.sampled_from(({"Version": "2008-10-17"}, {}))
NO_FORM = st.sampled_from(({}, {"Version": "2012-10-17"}, "unreadable"))


@st.composite
def policies(draw: Draw, *, kind: str = "identity") -> Any:
    """A policy of one to three statements, or of one that is in no list."""
    if seldom(draw, 60):
        return draw(NO_FORM)
    version = draw(OLD) if seldom(draw, 6) else {"Version": "2012-10-17"}
    found = draw(BODIES[kind])
    return {**version, "Statement": found[0] if len(found) == 1 and seldom(draw, 3) else found}


OF_IDENTITIES, OF_REPOSITORIES, OF_REGISTRIES = policies(), policies(kind="repository"), policies(kind="registry")
TAGS = st.sampled_from((None, "app", "team/app", "*"))
BOUNDARIES = st.sampled_from(("", MANAGED[2]))
GROUP_LISTS = st.sampled_from(((), GROUPS[:1], GROUPS))
ATTACHED = st.sampled_from(("", *MANAGED[:2]))


def _owner(draw: Draw, name: str, kind: str, account: str) -> JSON:
    """The policies of a user, a role or a group."""
    inline = [{"PolicyName": "inline", "PolicyDocument": draw(OF_IDENTITIES)}] if seldom(draw, 2) else []
    policy = "unseen" if seldom(draw, 50) else draw(ATTACHED)
    attached = [{"PolicyName": policy, "PolicyArn": iam(f"policy/{policy}", account)}] if policy else []
    return {f"{kind}Name": name, f"{kind}PolicyList": inline, "AttachedManagedPolicies": attached}


def _identity(draw: Draw, name: str, kind: str, path: str, account: str) -> JSON:
    """A user or a role, perhaps with tags and a boundary."""
    tag = draw(TAGS)
    tags = [{"Key": "Repo", "Value": tag}] if tag else []
    arn = iam(f"{kind.lower()}{path}{name}", account)
    found = {**_owner(draw, name, kind, account), "Arn": arn, f"{kind}Id": IDS[name], "Path": path, "Tags": tags}
    boundary = "unseen" if seldom(draw, 50) else draw(BOUNDARIES)
    if boundary:
        limit = iam(f"policy/{boundary}", account)
        found["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": limit}
    return {**found, "GroupList": list(draw(GROUP_LISTS))} if kind == "User" else found


def _managed(draw: Draw, name: str, account: str) -> JSON:
    """A managed policy; one version is in force."""
    old = {"VersionId": "v1", "IsDefaultVersion": False, "Document": {"Statement": []}}
    new = {"VersionId": "v2", "IsDefaultVersion": True, "Document": draw(OF_IDENTITIES)}
    return {
        "PolicyName": name,
        "Arn": iam(f"policy/{name}", account),
        "DefaultVersionId": "v2",
        "PolicyVersionList": [old, new],
    }


@st.composite
def details(draw: Draw, account: str, users: dict[str, str], roles: dict[str, str]) -> JSON:
    """All identities of an account, and its managed policies."""
    return {
        "UserDetailList": [_identity(draw, name, "User", path, account) for name, path in users.items()],
        "RoleDetailList": [_identity(draw, name, "Role", path, account) for name, path in roles.items()],
        "GroupDetailList": [
            {**_owner(draw, name, "Group", account), "Arn": iam(f"group/{name}", account)} for name in GROUPS
        ],
        "Policies": [_managed(draw, name, account) for name in MANAGED],
    }


DETAILS, THEIR_DETAILS = details(ACCOUNT, USERS, ROLES), details(OTHER, THEIR_USERS, THEIR_ROLES)
NAMES = st.sampled_from(REPOSITORIES)
TAGS_OF_REPOSITORIES = st.sampled_from(({"env": "prod"}, {}, {"env": "dev", "repo": "app"}, None))


@st.composite
def worlds(draw: Draw) -> JSON:
    """An account with a repository, and perhaps another account that was read too."""
    return {
        "account": ACCOUNT,
        "region": REGION,
        "partition": PARTITION,
        "details": None if seldom(draw, 40) else draw(DETAILS),
        "others": {OTHER: draw(THEIR_DETAILS)} if seldom(draw, 3) else {},
        "repository": {
            "name": draw(NAMES),
            "policy": None if seldom(draw, 4) else draw(OF_REPOSITORIES),
            "tags": draw(TAGS_OF_REPOSITORIES),
        },
        "registry_policy": draw(OF_REGISTRIES) if seldom(draw, 4) else None,
        "now": NOW,
    }


ASKED = st.sampled_from((ACTIONS[0], *ACTIONS))
TELLING = st.lists(st.sampled_from(tuple(TOLD)), max_size=3, unique=True)
VALUES = {key: st.sampled_from(values) for key, values in TOLD.items()}
MISSING = st.sampled_from(("aws:TagKeys", "aws:sourceip", "ecr:ResourceTag/env"))


@st.composite
def questions(draw: Draw) -> JSON:
    """What is asked, of whomever: an action, and what is told of the request. A key is told or missing, not both."""
    context = {key: list(draw(VALUES[key])) for key in draw(TELLING)}
    missing = [draw(MISSING)] if seldom(draw, 3) else []
    told = {key.lower() for key in context}
    return {"action": draw(ASKED), "context": context, "missing": [key for key in missing if key.lower() not in told]}
