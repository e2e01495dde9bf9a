"""The aspect of customer managed policies attached to a user, a role or a group: as many as the quota makes needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecrops.access import actions
from ecrops.access.aspects import inline_policy
from ecrops.access.aspects.managed_reading import MISSING, Found, Managed, key_of, read
from ecrops.access.edits import LOGIN, Allow, Edit
from ecrops.access.policy_keys import MANAGED_QUOTA, MOST_ATTACHED, MOST_VERSIONS, PolicyKey, managed_name
from ecrops.aws import Aws, ClientError
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.engine.aspect import Read, one_by_one
from ecrops.errors import SpecError
from ecrops.iam.splitting import in_order, spread
from ecrops.iam.statements import Document, Policy, same, statements
from ecrops.iam.text import size, to_iam_text

base = None
_Said = tuple[str, str]  # what is lost and what is gained, in words
_BothSaid = Mapping[bool, _Said]  # of what is attached, and of what is not
_Documents = Mapping[int, tuple[Document, bool]]  # by number, and whether each is attached
EXISTS, FULL, IN_USE = "EntityAlreadyExists", "LimitExceeded", "DeleteConflict"
verify = inline_policy.verify


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each identity and policy name."""
    return one_by_one(wants, lambda key: read(aws, key), services=("iam",))


def changes(key: str, edits: Sequence[Edit], have: Found | None) -> Iterator[Change | Note]:
    """Policies are written, then attached; and detached, then deleted, the last one first.

    Only what is attached is in force. A grant gives nothing back that was detached: its documents are written anew
    before they are attached.
    """
    home, there = key_of(key), have or Found("", {})
    for policy in there.where(attached=True).values():
        inline_policy.check_edits(home, edits, policy.document)
    before, after = inline_policy.edited(edits, _joined(there.where(attached=True)))
    yield from inline_policy.notes(home, edits, after, "managed")
    want = after.document(actions.sid)
    attach = bool(want) and any(isinstance(edit, Allow) for edit in edits)
    in_force = same(want, before.document(actions.sid))
    unused, left = inline_policy.edited(edits, _joined(there.where(attached=False)))
    if in_force and (attach or same(left.document(actions.sid), unused.document(actions.sid))):
        return
    _check_foreign(home, there)
    if attach and there.nobody:
        raise _missing(home, there.nobody, inline_policy.difference(before, after))
    documents = _attached_documents(there, after) if attach else _edited_documents(there, edits)
    _check(home, [document for document, _ in documents.values()])
    if attach:
        yield from _given_up(home, unused, after)
    lost, gained = (f"not attached{side and f', {side}'}" for side in inline_policy.difference(unused, left))
    said = {True: inline_policy.difference(before, after), False: (lost, gained)}
    gone = {number: policy for number, policy in there.policies.items() if policy.attached or not attach}
    for change in (*_writes(key, home, there, documents, said), *_removals(key, gone, documents, said)):
        yield replace(change, races=replace(change.races, derived=any(map(verify, edits))))


def _writes(key: str, home: PolicyKey, there: Found, documents: _Documents, said: _BothSaid) -> Iterator[Change]:
    for number, (document, attached) in documents.items():
        policy = there.policies.get(number)
        arn = f"{there.prefix}{managed_name(home, number)}"
        put = list(_put(key, arn, policy, document, said[attached]))
        yield from put
        yield from _attachment(key, arn, attached, policy is not None and policy.attached, "" if put else said[True][1])


def _removals(key: str, policies: Mapping[int, Managed], documents: _Documents, said: _BothSaid) -> Iterator[Change]:
    for number in sorted(policies.keys() - documents.keys(), reverse=True):
        yield from _remove(key, policies[number], said[policies[number].attached])


def _given_up(home: PolicyKey, unused: Policy, after: Policy) -> Iterator[Note]:
    """What was not in force before, and is not afterwards either."""
    kept = {subject: allowed - after.allowed.get(subject, frozenset()) for subject, allowed in unused.allowed.items()}
    nothing, lost = inline_policy.parse({}), inline_policy.parse({})
    lost.allowed = {each: allowed for each, allowed in kept.items() if allowed and each.sid != LOGIN.sid}
    if words := inline_policy.difference(lost, nothing)[0]:
        yield Note(
            f"{home}: a managed policy that is not attached says more, {words}: that is not in force, and is not given "
            "back; grant it again if it is wanted"
        )


def _missing(home: PolicyKey, answer: ClientError, said: _Said) -> ClientError:
    """What IAM answered, with the grant: nothing is made for somebody who is not there."""
    error = ClientError(answer.response, answer.operation_name)
    error.add_note(f"while planning this change: + {home} managed policy: {said[1]}")
    error.add_note(inline_policy.missing_advice(home))
    return error


def _attached_documents(there: Found, after: Policy) -> _Documents:
    """The documents, as they are written, that say what is wanted, all attached: a detached one says nothing yet."""
    own = {
        number: inline_policy.parse(policy.document if policy.attached else {})
        for number, policy in there.policies.items()
    }
    parts = spread(after, own, MANAGED_QUOTA, actions.sid)
    return {number: (parts[number].document(actions.sid), True) for number in in_order(parts, own)}


def _edited_documents(there: Found, edits: Sequence[Edit]) -> _Documents:
    """The documents that a revoke leaves, as they are written, and whether each is attached: it attaches none."""
    documents: dict[int, tuple[Document, bool]] = {}
    for attached in (True, False):
        policies = there.where(attached=attached)
        own = {number: inline_policy.parse(policy.document) for number, policy in policies.items()}
        after = inline_policy.edited(edits, _joined(policies))[1]
        if len(policies) == len(there.policies):
            parts = spread(after, own, MANAGED_QUOTA, actions.sid)
        else:
            parts = {number: _edited(policy, edits, after) for number, policy in own.items()}
        written = {number: parts[number].document(actions.sid) for number in in_order(parts, own)}
        documents |= {number: (document, attached) for number, document in written.items() if document}
    return documents


def _edited(own: Policy, edits: Sequence[Edit], after: Policy) -> Policy:
    for edit in edits:
        own = edit(own)
    for subject in [each for each in own.allowed if each.sid and each not in after.allowed]:
        own.forbid(subject)
    return own


def _check_foreign(home: PolicyKey, there: Found) -> None:
    for policy in there.policies.values():
        if not policy.attached and inline_policy.parse(policy.document).others:
            raise SpecError(
                f"{home}: {policy.arn} is there, is not attached and says what ecrops did not write: it is left "
                "alone; remove it, or give another policy_name="
            )


def _joined(policies: Mapping[int, Managed]) -> Document:
    """Policies as one document."""
    parts = [statement for policy in policies.values() for statement in statements(policy.document)]
    rest = next((policy.document for policy in policies.values()), {})
    return {**rest, "Statement": parts} if parts else {}


def _check(home: PolicyKey, documents: Sequence[Document]) -> None:
    over = [size(document) for document in documents if size(document) > MANAGED_QUOTA]
    if over or len(documents) > MOST_ATTACHED:
        raise SpecError(
            f"{home}: a managed policy has at most {MANAGED_QUOTA:,} characters and {MOST_ATTACHED} are attached, "
            f"these would be {len(documents)}, the longest of {max(map(size, documents)):,}: on='team/*' makes one "
            "resource of many repositories"
        )


def _put(key: str, arn: str, policy: Managed | None, document: Document, said: _Said) -> Iterator[Change]:
    name, text = arn.partition(":policy/")[2], to_iam_text(document)
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


def _attachment(key: str, arn: str, want: bool, have: bool, gained: str = "") -> Iterator[Change]:
    """``gained`` is what is in force by this alone, where the document says it already."""
    home, name = key_of(key), arn.partition(":policy/")[2]
    kind, params = home.kind.title(), {f"{home.kind.title()}Name": home.name, "PolicyArn": arn}
    if want and not have:
        said = ("", f"attached{f', {gained}' if gained else ''}")
        yield _change(key, Kind.UPDATE, name, said, f"Attach{kind}Policy", params)
    if have and not want:
        yield _change(key, Kind.UPDATE, name, ("attached", ""), f"Detach{kind}Policy", params)


def _remove(key: str, policy: Managed, said: _Said) -> Iterator[Change]:
    name = policy.arn.partition(":policy/")[2]
    yield from _attachment(key, policy.arn, False, policy.attached)
    for version in policy.others:
        params = {"PolicyArn": policy.arn, "VersionId": version}
        yield _change(key, Kind.DELETE, f"{name} {version}", ("old version", ""), "DeletePolicyVersion", params)
    yield _change(key, Kind.DELETE, name, (said[0], ""), "DeletePolicy", {"PolicyArn": policy.arn})


def _change(
    key: str,
    kind: Kind,
    name: str,
    said: _Said,
    operation: str,
    params: dict[str, Any],
    races: tuple[str, ...] = (MISSING,),
) -> Change:
    home = key_of(key)
    advice = {MISSING: inline_policy.missing_advice(home), FULL: _full(home, operation), IN_USE: _in_use(home)}
    advice[inline_policy.OF_AWS] = inline_policy.of_aws_advice(home)
    return Change(
        owner=key,
        kind=kind,
        what=f"policy {name}",
        before=said[0],
        after=said[1],
        call=Call("iam", operation, params),
        races=Races(superseded=races),
        advice=advice,
    )


def _full(home: PolicyKey, operation: str) -> str:
    """The way out where a quota is used up: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
    fewer = "on='team/*' makes one resource of many repositories, for which attach='inline' may have the room"
    if operation.startswith("Attach"):
        return (
            f"the {home.kind} has as many managed policies attached as its quota allows, {MOST_ATTACHED} unless it was "
            f"raised: detach one, or have it raised; {fewer}"
        )
    return f"the account has as many managed policies as its quota allows: delete one, or have it raised; {fewer}"


def _in_use(home: PolicyKey) -> str:
    """The way out where somebody else has the policy too: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html."""
    return (
        f"the {home.kind} {home.name} has it no more, but somebody else to whom it was attached by hand has: iam:"
        "ListEntitiesForPolicy says who; detach it there, and do this again"
    )
