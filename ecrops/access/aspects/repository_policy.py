"""The aspect of a repository's policy: who may use it, as the repository itself says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecrops.access import actions, leftovers, words
from ecrops.access.edits import Add, Allow, Drop, Edit, Exactly, Forbid, check_variables
from ecrops.access.policy_checks import LONGEST, may_lock_out, named, too_long
from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Note, Races, never
from ecrops.engine.aspect import Read, one_by_one
from ecrops.errors import SpecError
from ecrops.iam.statements import PRINCIPAL, VERSION, Document, Policy, same
from ecrops.iam.text import to_text
from ecrops.repositories import calls, settings

base = settings
NO_POLICY = "RepositoryPolicyNotFoundException"
REFUSED = "InvalidParameterException"
# What ECR answers while IAM has not told it of a new principal yet, before and since 2024:
# https://github.com/hashicorp/terraform-provider-aws/issues/39064. A policy that is wrong has the second text too.
UNSEEN = ("Principal not found", "Invalid repository policy provided")
NEWER = f"set_resource_policy writes it with the Version {VERSION}, if what others have in it may have variables too"
_ALWAYS_THERE = re.compile(r"\*|[0-9]{12}|arn:[^:]+:iam::[0-9]{12}:root")


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each repository."""
    return one_by_one(wants, lambda name: read(aws, name), services=("ecr",), base_missing=(calls.MISSING,))


def read(aws: Aws, name: str) -> Document:
    """The policy of a repository; empty if it has none."""
    try:
        text = calls.get(aws, name, "GetRepositoryPolicy", "policyText", repositoryName=name)
    except ClientError as error:
        if code_of(error) != NO_POLICY:
            raise
        return {}
    document: Document = json.loads(text)
    return document


def changes(name: str, edits: Sequence[Edit], have: Document | None) -> Iterator[Change | Note]:
    """A policy is overwritten in place, and deleted when nothing is left of it."""
    have = have or {}
    policy = _parsed(have)
    for edit in edits:
        policy = _edited(name, edit, policy)
    for edit in edits:
        yield from map(Note, _notes(name, edit, have, policy))
    if same(policy.document(actions.sid), _parsed(have).document(actions.sid)):
        return
    yield from _forget_deleted(name, policy)
    want = policy.document(actions.sid)
    if len(to_text(want)) > LONGEST:
        raise SpecError(f"{name}: {too_long(len(to_text(want)))}")
    stale = list(_stale(policy))
    yield from (Note(f"{name}: {each}") for each in stale)
    forced = any(isinstance(edit, Exactly | Add | Drop) and edit.force for edit in edits)
    yield _change(name, have, want, stale, forced=forced, derived=any(map(verify, edits)))


def _edited(name: str, edit: Edit, policy: Policy) -> Policy:
    try:
        if isinstance(edit, Drop):
            leftovers.check_drop(edit, policy)
        check_variables(edit, policy, NEWER)
        return edit(policy)
    except SpecError as error:
        raise error.at(name) from None


def _parsed(have: Document) -> Policy:
    return Policy.parse(have, PRINCIPAL, actions.sid)


def _notes(name: str, edit: Edit, have: Document, policy: Policy) -> Iterator[str]:
    if isinstance(edit, Forbid):
        yield from leftovers.of_repository(name, edit, policy)
        if edit.stays and edit(_parsed(have)).allowed != _parsed(have).allowed:
            yield edit.stays
    if isinstance(edit, Allow):
        yield from edit.notes


def _forget_deleted(name: str, policy: Policy) -> Iterator[Note]:
    """AWS would refuse a policy that names who is no longer there. What others wrote is theirs to mend."""
    for subject in list(policy.allowed):
        if gone := words.deleted(subject.name.partition(":")[2]):
            policy.forbid(subject)
            yield Note(
                f"{name}: {gone} is taken out of the policy; one made again under the name must be granted again"
            )


def _stale(policy: Policy) -> Iterator[str]:
    """What names somebody who was deleted in the statements of others, and the way out: AWS may refuse it."""
    for statement in policy.others:
        sid = statement.get("Sid")
        which, argument = (f"the statement {sid!r}", repr(sid)) if sid else ("a statement without a Sid", "statement")
        for gone in filter(None, map(words.deleted, named({"Statement": [statement]}))):
            yield (
                f"{which}, which ecrops did not write, names {gone}, and AWS may refuse a policy that does: "
                f"remove_from_resource_policy({argument}) takes the whole statement away"
            )


def _change(name: str, have: Document, want: Document, stale: Sequence[str], *, forced: bool, derived: bool) -> Change:
    before, after = words.difference(have, want)
    params: dict[str, Any] = {"repositoryName": name}
    # who is in the stored policy was seen by ECR before, and who was deleted does not come back under that id
    new = sorted(set(named(want)) - set(named(have)))
    identities = [who for who in new if not _ALWAYS_THERE.fullmatch(who) and not words.deleted(who)]
    if want:
        kind, operation = Kind.UPDATE if have else Kind.CREATE, "SetRepositoryPolicy"
        params |= {"policyText": to_text(want)} | ({"force": True} if forced else {})
    else:
        kind, operation = Kind.DELETE, "DeleteRepositoryPolicy"
    return Change(
        owner=name,
        kind=kind,
        what="policy",
        before=before,
        after=after,
        call=Call("ecr", operation, params),
        races=Races(
            derived=derived,
            superseded=(NO_POLICY,),
            not_yet_visible=(calls.MISSING,),
            awaits=_is_unseen if identities else never,
        ),
        advice={REFUSED: "; ".join([*stale, *_advice(identities, stale, may_lock_out(want) and not forced)])},
    )


def _is_unseen(error: Exception) -> bool:
    return code_of(error) == REFUSED and any(text in str(error) for text in UNSEEN)


def _advice(identities: Sequence[str], stale: Sequence[str], may_lock_out: bool) -> Iterator[str]:
    if may_lock_out:
        yield (
            "it forbids ecr:SetRepositoryPolicy, and ECR refuses a policy that keeps the caller from setting another: "
            "allow that, or say force=True to set_resource_policy or add_to_resource_policy"
        )
    if identities:
        who = ", ".join(identities)
        yield f"it names {who}: each must exist, under its path, in an account that has this region enabled"
    elif not stale and not may_lock_out:
        yield "it names no user or role that might be missing: its actions, conditions or accounts are wrong"


def verify(edit: Edit) -> bool:
    """Whether to look again afterwards: a writer who had read the policy before may have overwritten it."""
    return not isinstance(edit, Exactly)
