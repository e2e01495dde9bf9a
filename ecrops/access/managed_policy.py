"""The aspect of customer managed policies attached to a user, a role or a group: as many as the quota makes needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecrops.access import actions, identity_policy
from ecrops.access.edits import Allow, Edit
from ecrops.access.homes import MANAGED_QUOTA, MOST_ATTACHED, MOST_VERSIONS, Home, managed_name
from ecrops.access.splitting import in_order, spread
from ecrops.access.statements import Document, Policy, same, size, statements, to_text
from ecrops.aws import Arn, Aws, ClientError, code_of
from ecrops.change import Change, Kind, Note
from ecrops.errors import SpecError

stands_on = None
missing = identity_policy.missing
MISSING, EXISTS, FULL = "NoSuchEntity", "EntityAlreadyExists", "LimitExceeded"
look_again = identity_policy.look_again
prepare = identity_policy.prepare


@dataclass(frozen=True)
class Managed:
    """A managed policy that is there.

    Args:
        arn: Its ARN.
        document: Its default version.
        default: The id of that version.
        others: The ids of the other versions, oldest first.
        attached: Whether it is attached to the principal.
    """

    arn: str
    document: Document
    default: str
    others: tuple[str, ...]
    attached: bool


@dataclass(frozen=True)
class There:
    """What is there.

    Args:
        prefix: How the ARNs of all policies begin.
        policies: By their number.
        nobody: What IAM answered, where there is nobody who could have them.
    """

    prefix: str
    policies: Mapping[int, Managed]
    nobody: ClientError | None = None


def _home(key: str) -> Home:
    return Home.parse(key.removesuffix(" attached"))


def read(aws: Aws, key: str) -> There:
    """The policies by number, until one is not there, and after it those that are attached: they are in force."""
    home = _home(key)
    prefix = str(Arn(aws.partition.name, "iam", "", aws.account_id, "policy/"))
    found: dict[int, Managed] = {}
    try:
        attached, nobody = _attached(aws, home), None
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        attached, nobody = set(), error
    arns = {number: f"{prefix}{managed_name(home, number)}" for number in range(MOST_ATTACHED)}
    is_gap = False
    for number, arn in arns.items():
        if is_gap and arn not in attached:
            continue
        policy = _read(aws, arn, attached)
        if policy is None:
            is_gap = True
        else:
            found[number] = policy
    return There(prefix, found, nobody)


def _attached(aws: Aws, home: Home) -> set[str]:
    kind = home.kind.title()
    pages = aws.pages("iam", f"ListAttached{kind}Policies", "AttachedPolicies", **{f"{kind}Name": home.name})
    return {policy["PolicyArn"] for page in pages for policy in page}


def _read(aws: Aws, arn: str, attached: set[str]) -> Managed | None:
    try:
        versions: list[dict[str, Any]] = aws.get("iam", "ListPolicyVersions", "Versions", PolicyArn=arn)
        default = next(version["VersionId"] for version in versions if version["IsDefaultVersion"])
        version = aws.get("iam", "GetPolicyVersion", "PolicyVersion", PolicyArn=arn, VersionId=default)
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return None
    others = sorted((each["VersionId"] for each in versions if each["VersionId"] != default), key=_number)
    return Managed(arn, version["Document"], default, tuple(others), arn in attached)


def _number(version: str) -> int:
    return int(version.removeprefix("v").partition(".")[0])


def changes(key: str, edits: Sequence[Edit], have: There | None) -> Iterator[Change | Note]:
    """Policies are made, then attached; and detached, then deleted, the last one first."""
    home, there = _home(key), have or There("", {})
    before, after = identity_policy.edited(edits, _joined(there))
    in_force = after if any(policy.attached for policy in there.policies.values()) else identity_policy.parse({})
    yield from identity_policy.notes(home, edits, in_force, "managed")
    want = after.document(actions.sid)
    attach = bool(want) and any(isinstance(edit, Allow) for edit in edits)
    if same(want, before.document(actions.sid)) and (
        not attach or all(policy.attached for policy in there.policies.values())
    ):
        return
    _check_foreign(home, there)
    said = identity_policy.difference(before, after)
    if attach and there.nobody:
        raise _missing(home, there.nobody, said)
    documents = _documents(there, edits, after, attach)
    _check(home, [document for document, _ in documents.values()])
    derived = any(map(look_again, edits))
    for number, (document, attached) in documents.items():
        policy = there.policies.get(number)
        arn = f"{there.prefix}{managed_name(home, number)}"
        for change in _put(key, home, arn, policy, document, said):
            yield replace(change, derived=derived)
        yield from _attachment(key, home, arn, attached, policy is not None and policy.attached)
    for number in sorted(there.policies.keys() - documents.keys(), reverse=True):
        yield from _remove(key, home, there.policies[number], said)


def _missing(home: Home, answer: ClientError, said: tuple[str, str]) -> ClientError:
    """What IAM answered, with the grant: nothing is made for somebody who is not there."""
    error = ClientError(answer.response, answer.operation_name)
    error.add_note(f"while planning this change: + {home} managed policy: {said[1]}")
    error.add_note(identity_policy.missing_advice(home))
    return error


def _documents(there: There, edits: Sequence[Edit], after: Policy, attach: bool) -> dict[int, tuple[Document, bool]]:
    """The documents that are wanted, as they are written, and whether each is attached.

    What was detached is not allowed by a revoke.
    """
    own = {number: identity_policy.parse(policy.document) for number, policy in there.policies.items()}
    states = {number: policy.attached for number, policy in there.policies.items()}
    if attach or len(set(states.values())) < 2:
        parts = spread(after, own, MANAGED_QUOTA, actions.sid)
        attached = attach or any(states.values())
        return {number: (parts[number].document(actions.sid), attached) for number in in_order(parts, own)}
    documents = {number: _edited(policy, edits, after).document(actions.sid) for number, policy in own.items()}
    return {number: (document, states[number]) for number, document in documents.items() if document}


def _edited(own: Policy, edits: Sequence[Edit], after: Policy) -> Policy:
    for edit in edits:
        own = edit(own)
    for subject in [each for each in own.allowed if each.sid and each not in after.allowed]:
        own.forbid(subject)
    return own


def _check_foreign(home: Home, there: There) -> None:
    for policy in there.policies.values():
        if not policy.attached and identity_policy.parse(policy.document).others:
            raise SpecError(
                f"{home}: {policy.arn} is there, is not attached and says what ecrops did not write: it is left "
                "alone; remove it, or give another policy_name="
            )


def _joined(there: There) -> Document:
    """All policies as one document."""
    parts = [statement for policy in there.policies.values() for statement in statements(policy.document)]
    rest = next((policy.document for policy in there.policies.values()), {})
    return {**rest, "Statement": parts} if parts else {}


def _check(home: Home, documents: Sequence[Document]) -> None:
    over = [size(document) for document in documents if size(document) > MANAGED_QUOTA]
    if over or len(documents) > MOST_ATTACHED:
        raise SpecError(
            f"{home}: a managed policy has at most {MANAGED_QUOTA:,} characters and {MOST_ATTACHED} are attached, "
            f"these would be {len(documents)}, the longest of {max(map(size, documents)):,}: on='team/*' makes one "
            "resource of many repositories"
        )


def _put(
    key: str, home: Home, arn: str, policy: Managed | None, document: Document, said: tuple[str, str]
) -> Iterator[Change]:
    name, text = arn.partition(":policy/")[2], to_text(document)
    if policy is None:
        params: dict[str, Any] = {"PolicyName": name, "PolicyDocument": text}
        yield _change(key, Kind.CREATE, name, said, "CreatePolicy", params, races=(EXISTS,))
    elif not same(policy.document, document):
        if len(policy.others) + 1 >= MOST_VERSIONS:
            params = {"PolicyArn": arn, "VersionId": policy.others[0]}
            yield _change(
                key, Kind.DELETE, f"{name} {policy.others[0]}", ("oldest version", ""), "DeletePolicyVersion", params
            )
        params = {"PolicyArn": arn, "PolicyDocument": text, "SetAsDefault": True}
        # there can be five versions after all if the answer to this call was lost, and the call is made again
        yield _change(key, Kind.UPDATE, name, said, "CreatePolicyVersion", params, races=(MISSING, FULL))


def _attachment(key: str, home: Home, arn: str, want: bool, have: bool) -> Iterator[Change]:
    name, kind = arn.partition(":policy/")[2], home.kind.title()
    if want and not have:
        yield _change(key, Kind.UPDATE, name, ("", "attached"), f"Attach{kind}Policy", _pair(home, arn))
    if have and not want:
        yield _change(key, Kind.UPDATE, name, ("attached", ""), f"Detach{kind}Policy", _pair(home, arn))


def _remove(key: str, home: Home, policy: Managed, said: tuple[str, str]) -> Iterator[Change]:
    name = policy.arn.partition(":policy/")[2]
    yield from _attachment(key, home, policy.arn, False, policy.attached)
    for version in policy.others:
        params = {"PolicyArn": policy.arn, "VersionId": version}
        yield _change(key, Kind.DELETE, f"{name} {version}", ("old version", ""), "DeletePolicyVersion", params)
    yield _change(key, Kind.DELETE, name, (said[0], ""), "DeletePolicy", {"PolicyArn": policy.arn})


def _pair(home: Home, arn: str) -> dict[str, str]:
    return {f"{home.kind.title()}Name": home.name, "PolicyArn": arn}


def _change(
    key: str,
    kind: Kind,
    name: str,
    said: tuple[str, str],
    operation: str,
    params: dict[str, Any],
    races: tuple[str, ...] = (MISSING,),
) -> Change:
    advice = {MISSING: identity_policy.missing_advice(_home(key)), FULL: _full(_home(key), operation)}
    return Change(key, kind, f"policy {name}", *said, "iam", operation, params, races=races, advice=advice)


def _full(home: Home, operation: str) -> str:
    """The way out where a quota is used up: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
    fewer = "on='team/*' makes one resource of many repositories, for which attach='inline' may have the room"
    if operation.startswith("Attach"):
        return (
            f"the {home.kind} has as many managed policies attached as its quota allows, {MOST_ATTACHED} unless it was "
            f"raised: detach one, or have it raised; {fewer}"
        )
    return f"the account has as many managed policies as its quota allows: delete one, or have it raised; {fewer}"
