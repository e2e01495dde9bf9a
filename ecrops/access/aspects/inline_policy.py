"""The aspect of an inline policy of a user, a role or a group. One policy holds the grants on all repositories.

Its key is a ``PolicyKey`` as text. Its reading is the document. ``managed_policies`` uses its parts for the same grants
in customer managed policies.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ecrops.access import actions, leftovers
from ecrops.access.aspects import edited_statements, in_vain
from ecrops.access.edits import (
    IDENTITIES,
    LOGINS,
    RESERVED_SIDS,
    Allow,
    Edit,
    Exactly,
    Forbid,
    added_parts,
    check_variables,
    edited,
    elsewhere,
)
from ecrops.access.policy_keys import INLINE_QUOTA, POLICY, PolicyKey
from ecrops.access.words import limits
from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.base.plain_json import plain
from ecrops.base.render import several
from ecrops.engine.aspect import Read, one_by_one
from ecrops.errors import SpecError
from ecrops.iam.conditions import without_resources
from ecrops.iam.form import check_form
from ecrops.iam.policy import RESOURCE, Policy, Subject
from ecrops.iam.statements import VERSION, Document, canonical_condition, same
from ecrops.iam.text import size, to_iam_text

base = None
MISSING, OF_AWS = "NoSuchEntity", "UnmodifiableEntity"

SETTLES = 30.0
"""Seconds for which IAM may answer with an older policy. It says that it is eventually consistent, and gives no number:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""


class NoIdentity(dict[str, Any]):
    """The empty document of a user, role or group of which IAM says that it does not exist."""


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each policy."""
    return one_by_one(wants, lambda key: read(aws, key), services=("iam",), settles=SETTLES)


def read(aws: Aws, key: str) -> Document:
    """Read the document. It is empty if there is no such policy, or no such user, role or group."""
    policy_key = PolicyKey.parse(key)
    operation = f"Get{policy_key.kind.title()}Policy"
    try:
        document = aws.get("iam", operation, "PolicyDocument", **_params(policy_key))
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return NoIdentity() if _names_identity(policy_key, error) else {}
    return readable(f"{policy_key} policy {policy_key.policy}", document)


def _names_identity(policy_key: PolicyKey, error: ClientError) -> bool:
    """Whether IAM says that the identity is missing, and not only its policy: the code is the same for both.

    IAM says "The role with name nodes cannot be found.", and of a policy "The role policy with name ecrops cannot be
    found.". Messages are no contract, so this is the reason of a note, and of no error. Sources:
    https://github.com/prowler-cloud/prowler/pull/2872, https://github.com/aws/aws-cli/issues/6139,
    https://github.com/ansible/ansible/issues/45593
    """
    answer: Any = error.response.get("Error", {})
    return f"the {policy_key.kind} with name {policy_key.name} ".lower() in str(answer.get("Message", "")).lower()


def readable(where: str, document: object) -> Document:
    """Return a document that IAM has.

    Args:
        where: Which policy it is, for the error.
        document: The document as botocore returns it: a text if it is no JSON.

    Raises:
        SpecError: It has not the form of a policy.
    """
    try:
        return check_form(plain(document))
    except SpecError as error:
        raise error.at(where) from None


def _params(policy_key: PolicyKey) -> dict[str, str]:
    return {f"{policy_key.kind.title()}Name": policy_key.name, "PolicyName": policy_key.policy}


def parse(document: Mapping[str, Any]) -> Policy:
    """Take the document of an identity policy apart."""
    return Policy.parse(document, RESOURCE, actions.sid, RESERVED_SIDS)


def changes(key: str, edits: Sequence[Edit], current: Document | None) -> Iterator[Change | Note]:
    """Overwrite the policy in place, or delete it if nothing remains of it."""
    policy_key, before = PolicyKey.parse(key), parse(current or {})
    check_edits(policy_key, edits, before)
    after = without_unused_logins(edited(edits, before))
    yield from notes(policy_key, edits, before, after)
    desired = after.document
    if same(desired, before.document):
        return
    yield from edited_statements.notes(f"{policy_key} policy {policy_key.policy}", before, after)
    check_size(policy_key, desired)
    removed, added = difference(before, after, elsewhere(edits))
    params = _params(policy_key)
    if desired:
        if isinstance(current, NoIdentity):
            kind_of = policy_key.kind
            yield Note(f"{key}: there is no such {kind_of}, as IAM says: make it first, or apply fails")
        kind, operation = Kind.UPDATE if current else Kind.CREATE, f"Put{policy_key.kind.title()}Policy"
        params["PolicyDocument"] = to_iam_text(desired)
    else:
        kind, operation = Kind.DELETE, f"Delete{policy_key.kind.title()}Policy"
    yield Change(
        owner=key,
        kind=kind,
        what=f"policy {policy_key.policy}" if policy_key.policy == POLICY else "",  # the key has another name in it
        before=removed,
        after=added,
        call=Call("iam", operation, params),
        removed=before.parts - after.parts,
        added=added_parts(edits, before, after),
        races=Races(derived=True, superseded=() if desired else (MISSING,)),
        step=IDENTITIES,
        advice={
            MISSING: missing_advice(policy_key),
            OF_AWS: of_aws_advice(policy_key),
            "LimitExceeded": f"all inline policies of a {policy_key.kind} share {INLINE_QUOTA[policy_key.kind]:,} "
            "characters: attach='managed' puts these into a policy of their own",
        },
    )


def without_unused_logins(policy: Policy) -> Policy:
    """Return the policy without the tokens to log in that no grant needs any longer.

    A token has the conditions of the grants that need it, without those of a resource, which would never hold for it.
    A token without conditions also serves grants with conditions for which there is no token.
    """
    for service in LOGINS:
        policy = _without_unused(policy, service)
    return policy


def _without_unused(policy: Policy, service: str) -> Policy:
    sid = LOGINS[service].sid
    logins = {canonical_condition(subject.condition): subject for subject in policy.allowed if subject.sid == sid}
    needed = {
        canonical_condition(without_resources(subject.condition))
        for subject, allowed in policy.allowed.items()
        if not subject.sid and actions.need_a_token(allowed, service)
    }
    for condition, login in logins.items():
        serves_others = not condition and bool(needed - logins.keys())
        if condition not in needed and not serves_others:
            policy = policy.forbidding(login)
    return policy


def missing_advice(policy_key: PolicyKey) -> str:
    """Return the way out if the user, role or group does not exist."""
    account = f"account {policy_key.account}" if policy_key.account else "the registry's account"
    return f"there is no {policy_key.kind} {policy_key.name} in {account}: make it first, or correct the name"


def of_aws_advice(policy_key: PolicyKey) -> str:
    """Return the way out if AWS manages the role, and nobody else may write its policies."""
    return f"AWS manages the {policy_key.kind} {policy_key.name}: ArnPrincipal(<its ARN>) is granted on the repository"


def notes(
    policy_key: PolicyKey, edits: Sequence[Edit], before: Policy, after: Policy, attach: str = "inline"
) -> Iterator[Note]:
    """Yield what the user must know about the edits, and of a grant that is there already nothing."""
    yield from in_vain.of_identity(policy_key, edits, before)
    for edit in edits:
        is_new = isinstance(edit, Allow | Forbid) and not edit.is_met(before)
        if isinstance(edit, Allow) and is_new:
            yield from map(Note, edit.notes)
        if isinstance(edit, Forbid):
            yield from map(Note, leftovers.of_identity(policy_key, edit, after, attach))
            if edit.stays and is_new:
                yield Note(edit.stays)


def check_edits(policy_key: PolicyKey, edits: Sequence[Edit], current: Policy) -> None:
    """Refuse an edit that would mean something else in the current policy.

    Raises:
        SpecError: With the policy and the way out.
    """
    way_out = f"write that with the Version {VERSION} in IAM, or give another policy_name="
    for edit in edits:
        try:
            check_variables(edit, current, way_out)
        except SpecError as error:
            raise error.at(f"{policy_key.kind} {policy_key.name} policy {policy_key.policy}") from None


def check_size(policy_key: PolicyKey, desired: Document) -> None:
    """Refuse a document that IAM has no room for.

    Raises:
        SpecError: The document is over the quota; with the numbers and the way out.
    """
    limit, length = INLINE_QUOTA[policy_key.kind], size(desired) if desired else 0
    if length > limit:
        raise SpecError(
            f"{policy_key}: its inline policies have at most {limit:,} characters, this one {length:,}: "
            "attach='managed' makes policies of their own, and on='team/*' one resource of many repositories"
        )


def difference(before: Policy, after: Policy, by_arn: Collection[str] = ()) -> tuple[str, str]:
    """Return what the statements of ecrops lose and gain, in words.

    Args:
        before: The policy before the edits.
        after: The policy after the edits.
        by_arn: The repositories that are shown by their ARNs.
    """
    lost, gained = _minus(before.allowed, after.allowed), _minus(after.allowed, before.allowed)
    return _words(lost, by_arn), _words(gained, by_arn)


def _minus(
    allowed: Mapping[Subject, frozenset[str]], other: Mapping[Subject, frozenset[str]]
) -> dict[Subject, frozenset[str]]:
    return {subject: names for subject, names in allowed.items() if other.get(subject) != names}


def _words(allowed: Mapping[Subject, frozenset[str]], by_arn: Collection[str]) -> str:
    groups: dict[tuple[str, str], list[str]] = {}
    for subject, names in allowed.items():
        group = actions.words(names), limits(json.loads(subject.condition or "{}"))
        name = subject.name if subject.name in by_arn else subject.name.partition("repository/")[2]
        groups.setdefault(group, []).append(name)
    return "; ".join(f"{f'{verb} {several(filter(None, on))}'.rstrip()}{when}" for (verb, when), on in groups.items())


def after(change: Change, current: Document | None) -> Document:
    """Return the policy after a change."""
    document: Document = json.loads(change.params.get("PolicyDocument", "{}"))
    return document


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: a writer who read the policy before may have overwritten it."""
    return not isinstance(edit, Exactly)
