"""The aspect of customer managed policies that are attached to a user, a role or a group.

Its key is a ``PolicyKey`` as text, with ``attached`` at the end. The grants are those of ``inline_policy``, spread over
as many policies as their quota makes necessary. Only an attached policy is in force: a policy that somebody detached
gives nothing, and no grant brings back what it says.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ecrops.access.aspects import edited_statements, inline_policy
from ecrops.access.aspects.managed_parts import Difference
from ecrops.access.aspects.managed_reading import MISSING, Found, Managed, key_of, read
from ecrops.access.edits import IDENTITIES, LOGINS, Allow, Edit, added_parts, edited, elsewhere
from ecrops.access.policy_keys import MANAGED_QUOTA, MOST_ATTACHED, MOST_VERSIONS, PolicyKey, managed_name
from ecrops.aws import Aws, ClientError
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.engine.aspect import Read, one_by_one
from ecrops.errors import SpecError
from ecrops.iam.policy import NO_ACTIONS, Policy
from ecrops.iam.splitting import in_order, spread
from ecrops.iam.statements import Document, same
from ecrops.iam.text import size, to_iam_text
from ecrops.text import printable

base = None
_Words = tuple[str, str]  # what is removed and what is added
_Documents = Mapping[int, tuple[Document, bool]]  # by number, and whether each is attached afterwards
EXISTS, FULL, IN_USE = "EntityAlreadyExists", "LimitExceeded", "DeleteConflict"
verify = inline_policy.verify


def after(change: Change, current: Found | None) -> Found:
    """Return the policies after a change."""
    found, params = current or Found("", {}), change.params
    name = params.get("PolicyName") or _name(params["PolicyArn"])
    names = [managed_name(key_of(change.owner), number) for number in range(MOST_ATTACHED)]
    document = json.loads(params["PolicyDocument"]) if "PolicyDocument" in params else None
    return found.after(change.owner, names.index(name), change.operation, document)


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each identity and policy name."""
    return one_by_one(wants, lambda key: read(aws, key), services=("iam",), settles=inline_policy.SETTLES)


class _Half(NamedTuple):
    """The policies that are attached, or those that are not.

    Args:
        policies: The policies by number.
        before: What they say together.
        after: What they say together after the edits.
        elsewhere: The repositories of other registries that the edits are about.
    """

    policies: Mapping[int, Policy]
    before: Policy
    after: Policy
    elsewhere: frozenset[str]

    @classmethod
    def of(cls, managed: Mapping[int, Managed], edits: Sequence[Edit]) -> _Half:
        """Take the documents of the policies apart."""
        policies = {number: inline_policy.parse(item.document) for number, item in managed.items()}
        before = inline_policy.parse({})
        for policy in policies.values():
            before = before.allowing_all(policy.allowed.items()).with_foreign([*before.foreign, *policy.foreign])
        after = inline_policy.without_unused_logins(edited(edits, before))
        return cls(policies, before, after, elsewhere(edits))

    @property
    def is_unchanged(self) -> bool:
        """Whether the edits change nothing."""
        return same(self.after.document, self.before.document)

    @property
    def words(self) -> _Words:
        """What the edits take away and add, in words."""
        return inline_policy.difference(self.before, self.after, self.elsewhere)


def changes(key: str, edits: Sequence[Edit], current: Found | None) -> Iterator[Change | Note]:
    """Write policies, then attach them; detach policies, then delete them, the last one first.

    A grant writes a detached policy anew before it attaches it.
    """
    policy_key, current = key_of(key), current or Found("", {})
    attached, detached = (_Half.of(current.where(attached=value), edits) for value in (True, False))
    for policy in attached.policies.values():
        inline_policy.check_edits(policy_key, edits, policy)
    yield from inline_policy.notes(policy_key, edits, attached.before, attached.after, "managed")
    attach = bool(attached.after.document) and any(isinstance(edit, Allow) for edit in edits)
    if attached.is_unchanged and (attach or detached.is_unchanged):
        return
    _check_foreign(policy_key, current, detached)
    if attach and current.missing_identity:
        raise _missing(policy_key, current.missing_identity, attached.words)
    documents = _attached_documents(current, attached) if attach else _edited_documents(edits, attached, detached)
    _check_quota(policy_key, [document for document, _ in documents.values()])
    yield from edited_statements.notes(f"{policy_key} managed policy", attached.before, attached.after)
    if attach:
        yield from _not_given_back(policy_key, detached.before, attached.after)
    removed, added = (f"not attached{side and f', {side}'}" for side in detached.words)
    words = {True: attached.words, False: (removed, added)}
    unused = {
        number: policy
        for number, policy in current.policies.items()
        if number not in documents and (policy.attached or not attach)
    }
    wanted = added_parts(edits, attached.before, attached.after) if attach else frozenset[str]()
    difference = Difference(current, documents, unused, wanted)
    numbered = (*_writes(key, current, documents, words), *_removals(key, unused, words))
    for number, change in numbered:
        gone, new = ((), ()) if change.operation == "DeletePolicyVersion" else difference.of(number)
        races = change.races._replace(derived=True)
        yield replace(change, removed=gone, added=new, races=races, step=IDENTITIES)


def _writes(
    key: str, current: Found, documents: _Documents, words: Mapping[bool, _Words]
) -> Iterator[tuple[int, Change]]:
    for number, (document, attached) in documents.items():
        policy = current.policies.get(number)
        arn = current.arn_of(key, number)
        written = list(_put(key, arn, policy, document, words[attached]))
        yield from ((number, change) for change in written)
        if attached and not (policy and policy.attached):
            # the document may say it already: then it is the attachment that brings it into force
            added = "" if written else words[True][1]
            yield number, _attachment(key, arn, "Attach", ("", f"attached{added and f', {added}'}"))


def _removals(key: str, policies: Mapping[int, Managed], words: Mapping[bool, _Words]) -> Iterator[tuple[int, Change]]:
    for number, policy in sorted(policies.items(), reverse=True):
        if policy.attached:
            yield number, _attachment(key, policy.arn, "Detach", ("attached", ""))
        for version in policy.old_versions:
            yield number, _version_removal(key, policy.arn, version, "old version")
        removed, _ = words[policy.attached]
        call = Call("iam", "DeletePolicy", {"PolicyArn": policy.arn})
        yield number, _change(key, Kind.DELETE, _name(policy.arn), (removed, ""), call)


def _not_given_back(policy_key: PolicyKey, unused: Policy, after: Policy) -> Iterator[Note]:
    """Yield a note on what a detached policy says, and no attached one does after the edits."""
    lost = inline_policy.parse({}).allowing_all(
        (subject, allowed - after.allowed.get(subject, NO_ACTIONS))
        for subject, allowed in unused.allowed.items()
        if subject.sid not in [login.sid for login in LOGINS.values()]
    )
    if words := inline_policy.difference(lost, inline_policy.parse({}))[0]:
        yield Note(
            f"{policy_key}: a managed policy that is not attached says more, {words}: that is not in force, and is not "
            "given back; grant it again if it is wanted"
        )


def _missing(policy_key: PolicyKey, answer: ClientError, words: _Words) -> ClientError:
    """Return IAM's answer with notes on the grant: ecrops makes no policy for an identity that does not exist."""
    error = ClientError(answer.response, answer.operation_name)
    error.add_note(printable(f"while planning this change: + {policy_key} managed policy: {words[1]}"))
    error.add_note(inline_policy.missing_advice(policy_key))
    return error


def _attached_documents(current: Found, attached: _Half) -> _Documents:
    """Return the documents of a grant in the order of writing, all attached. A detached policy is written anew."""
    empty = inline_policy.parse({})
    policies = {number: attached.policies.get(number, empty) for number in current.policies}
    parts = spread(attached.after, policies, MANAGED_QUOTA)
    return {number: (parts[number].document, True) for number in in_order(parts, policies)}


def _edited_documents(edits: Sequence[Edit], attached: _Half, detached: _Half) -> _Documents:
    """Return the documents that a revoke leaves, in the order of writing. It attaches none."""
    documents: dict[int, tuple[Document, bool]] = {}
    for half, other, is_attached in ((attached, detached, True), (detached, attached, False)):
        if other.policies:  # numbers of both: nothing may move
            parts = {number: _edited(policy, edits, half.after) for number, policy in half.policies.items()}
        else:
            parts = spread(half.after, half.policies, MANAGED_QUOTA)
        written = {number: parts[number].document for number in in_order(parts, half.policies)}
        documents |= {number: (document, is_attached) for number, document in written.items() if document}
    return documents


def _edited(policy: Policy, edits: Sequence[Edit], together: Policy) -> Policy:
    """Return one of several policies after the edits, without the tokens that all ``together`` need no longer."""
    policy = edited(edits, policy)
    for subject in [subject for subject in policy.allowed if subject.sid and subject not in together.allowed]:
        policy = policy.forbidding(subject)
    return policy


# Checks


def _check_foreign(policy_key: PolicyKey, current: Found, detached: _Half) -> None:
    for number, policy in detached.policies.items():
        if policy.foreign:
            raise SpecError(
                f"{policy_key}: {current.policies[number].arn} is there, is not attached and says what ecrops did not "
                "write: it is left alone; remove it, or give another policy_name="
            )


def _check_quota(policy_key: PolicyKey, documents: Sequence[Document]) -> None:
    lengths = list(map(size, documents))
    if len(documents) > MOST_ATTACHED or any(length > MANAGED_QUOTA for length in lengths):
        raise SpecError(
            f"{policy_key}: a managed policy has at most {MANAGED_QUOTA:,} characters and {MOST_ATTACHED} are "
            f"attached, these would be {len(documents)}, the longest of {max(lengths):,}: on='team/*' makes one "
            "resource of many repositories"
        )


# Changes


def _put(key: str, arn: str, policy: Managed | None, document: Document, words: _Words) -> Iterator[Change]:
    name, text = _name(arn), to_iam_text(document)
    if policy is None:
        call = Call("iam", "CreatePolicy", {"PolicyName": name, "PolicyDocument": text})
        yield _change(key, Kind.CREATE, name, words, call, superseded=(EXISTS,))
    elif not same(policy.document, document):
        if len(policy.old_versions) + 1 >= MOST_VERSIONS:
            yield _version_removal(key, arn, policy.old_versions[0], "oldest version")
        params = {"PolicyArn": arn, "PolicyDocument": text, "SetAsDefault": True}
        call = Call("iam", "CreatePolicyVersion", params)
        # there can be five versions after all if the answer to this call was lost, and the call is made again
        yield _change(key, Kind.UPDATE, name, words, call, superseded=(MISSING, FULL))


def _version_removal(key: str, arn: str, version: str, before: str) -> Change:
    """Return the removal of a version that is not in force. It takes nothing from anybody, so it is no deletion.

    Somebody may make this version the default in the meantime: IAM keeps that one, and another one has to go.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html
    """
    call = Call("iam", "DeletePolicyVersion", {"PolicyArn": arn, "VersionId": version})
    return _change(key, Kind.UPDATE, f"{_name(arn)} {version}", (before, ""), call, superseded=(MISSING, IN_USE))


def _attachment(key: str, arn: str, verb: str, words: _Words) -> Change:
    policy_key = key_of(key)
    kind = policy_key.kind.title()
    call = Call("iam", f"{verb}{kind}Policy", {f"{kind}Name": policy_key.name, "PolicyArn": arn})
    return _change(key, Kind.UPDATE, _name(arn), words, call)


def _change(
    key: str, kind: Kind, name: str, words: _Words, call: Call, *, superseded: Collection[str] = (MISSING,)
) -> Change:
    policy_key = key_of(key)
    return Change(
        owner=key,
        kind=kind,
        what=f"policy {name}",
        before=words[0],
        after=words[1],
        call=call,
        races=Races(superseded=superseded),
        advice={
            MISSING: inline_policy.missing_advice(policy_key),
            inline_policy.OF_AWS: inline_policy.of_aws_advice(policy_key),
            FULL: _quota_advice(policy_key, call.operation),
            # https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html: another identity has it too
            IN_USE: f"the {policy_key.kind} {policy_key.name} has it no more, but somebody else to whom it was "
            "attached by hand has: iam:ListEntitiesForPolicy says who; detach it there, and do this again",
        },
    )


def _name(arn: str) -> str:
    return arn.partition(":policy/")[2]


def _quota_advice(policy_key: PolicyKey, operation: str) -> str:
    """Return the way out if a quota is used up.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    fewer = "on='team/*' makes one resource of many repositories, for which attach='inline' may have the room"
    if operation.startswith("Attach"):
        return (
            f"the {policy_key.kind} has as many managed policies attached as its quota allows, {MOST_ATTACHED} unless "
            f"it was raised: detach one, or have it raised; {fewer}"
        )
    return f"the account has as many managed policies as its quota allows: delete one, or have it raised; {fewer}"
