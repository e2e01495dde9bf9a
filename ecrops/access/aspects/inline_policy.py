"""The aspect of an inline policy of a user, a role or a group: however many repositories, it is one policy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecrops.access import actions, leftovers
from ecrops.access.edits import LOGIN, OWN_SIDS, Allow, Edit, Exactly, Forbid, check_variables
from ecrops.access.policy_keys import INLINE_QUOTA, POLICY, PolicyKey
from ecrops.access.words import limits, several
from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.engine.aspect import Read, one_by_one
from ecrops.errors import SpecError
from ecrops.iam.conditions import without_resources
from ecrops.iam.statements import RESOURCE, VERSION, Document, Policy, Subject, canonical_condition, same
from ecrops.iam.text import size, to_iam_text

base = None
MISSING, OF_AWS = "NoSuchEntity", "UnmodifiableEntity"


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each policy."""
    return one_by_one(wants, lambda key: read(aws, key), services=("iam",))


def read(aws: Aws, key: str) -> Document:
    """The policy; empty if there is none, or nobody to have one."""
    home = PolicyKey.parse(key)
    try:
        policy: Document = aws.get("iam", f"Get{home.kind.title()}Policy", "PolicyDocument", **_names(home))
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return {}
    return policy


def _names(home: PolicyKey) -> dict[str, str]:
    return {f"{home.kind.title()}Name": home.name, "PolicyName": home.policy}


def edited(edits: Sequence[Edit], have: Document) -> tuple[Policy, Policy]:
    """The policy before and after the edits. The token to log in is kept as long as anything needs it.

    It has the conditions of what needs it, but for those of a resource, which would never hold for it.
    """
    before, after = parse(have), parse(have)
    for edit in edits:
        after = edit(after)
    logins = {canonical_condition(each.condition): each for each in after.allowed if each.sid == LOGIN.sid}
    needed = {
        canonical_condition(without_resources(subject.condition))
        for subject, allowed in after.allowed.items()
        if not subject.sid and actions.need_a_token(allowed)
    }
    for condition, login in logins.items():
        others_use_it = not condition and bool(needed - logins.keys())
        if condition not in needed and not others_use_it:
            after.forbid(login)
    return before, after


def parse(document: Mapping[str, Any]) -> Policy:
    """A policy of IAM taken apart."""
    return Policy.parse(document, RESOURCE, actions.sid, OWN_SIDS)


def changes(key: str, edits: Sequence[Edit], have: Document | None) -> Iterator[Change | Note]:
    """One policy holds everything: it is overwritten in place, and deleted when nothing is left of it."""
    home, have = PolicyKey.parse(key), have or {}
    check_edits(home, edits, have)
    before, after = edited(edits, have)
    yield from notes(home, edits, after)
    want = after.document(actions.sid)
    if same(want, before.document(actions.sid)):
        return
    check_size(home, want)
    lost, gained = difference(before, after)
    params = _names(home)
    if want:
        kind, operation = Kind.UPDATE if have else Kind.CREATE, f"Put{home.kind.title()}Policy"
        params["PolicyDocument"] = to_iam_text(want)
    else:
        kind, operation = Kind.DELETE, f"Delete{home.kind.title()}Policy"
    yield Change(
        owner=key,
        kind=kind,
        what=f"policy {home.policy}" if home.policy == POLICY else "",  # the key says another name already
        before=lost,
        after=gained,
        call=Call("iam", operation, params),
        races=Races(derived=any(map(verify, edits)), superseded=() if want else (MISSING,)),
        advice={
            MISSING: missing_advice(home),
            OF_AWS: of_aws_advice(home),
            "LimitExceeded": f"all inline policies of a {home.kind} share {INLINE_QUOTA[home.kind]:,} characters: "
            "attach='managed' puts these into a policy of their own",
        },
    )


def missing_advice(home: PolicyKey) -> str:
    """The way out where there is nobody to have a policy."""
    return f"there is no {home.kind} {home.name} in that account: make it first, or mend the name"


def of_aws_advice(home: PolicyKey) -> str:
    """The way out where nobody but AWS writes the policies."""
    return f"AWS manages the {home.kind} {home.name}: ArnPrincipal(<its ARN>) is granted on the repository"


def notes(home: PolicyKey, edits: Sequence[Edit], after: Policy, attach: str = "inline") -> Iterator[Note]:
    """What the user must know of the edits."""
    for edit in edits:
        if isinstance(edit, Allow):
            yield from map(Note, edit.notes)
        if isinstance(edit, Forbid):
            yield from map(Note, leftovers.of_identity(home, edit, after, attach))


def check_edits(home: PolicyKey, edits: Sequence[Edit], have: Document) -> None:
    """Refuse what cannot mean in the policy that is there what it says.

    Raises:
        SpecError: With the policy and the way out.
    """
    way_out = f"write that with the Version {VERSION} in IAM, or give another policy_name="
    for edit in edits:
        try:
            check_variables(edit, parse(have), way_out)
        except SpecError as error:
            raise error.at(f"{home.kind} {home.name} policy {home.policy}") from None


def check_size(home: PolicyKey, want: Document) -> None:
    """Refuse what IAM has no room for.

    Raises:
        SpecError: The document is over the quota; with the numbers and the way out.
    """
    most, counted = INLINE_QUOTA[home.kind], size(want) if want else 0
    if counted > most:
        raise SpecError(
            f"{home}: its inline policies have at most {most:,} characters, this one {counted:,}: "
            "attach='managed' makes policies of their own, and on='team/*' one resource of many repositories"
        )


def difference(before: Policy, after: Policy) -> tuple[str, str]:
    """What is lost and what is gained, in words."""
    return _words(_minus(before.allowed, after.allowed)), _words(_minus(after.allowed, before.allowed))


def _minus(
    one: Mapping[Subject, frozenset[str]], other: Mapping[Subject, frozenset[str]]
) -> dict[Subject, frozenset[str]]:
    return {subject: allowed for subject, allowed in one.items() if other.get(subject) != allowed}


def _words(allowed: Mapping[Subject, frozenset[str]]) -> str:
    groups: dict[tuple[str, str], list[str]] = {}
    for subject, actions_ in allowed.items():
        said = actions.words(actions_), limits(json.loads(subject.condition or "{}"))
        groups.setdefault(said, []).append(subject.name.partition("repository/")[2])
    return "; ".join(f"{f'{verb} {several(filter(None, on))}'.rstrip()}{when}" for (verb, when), on in groups.items())


def verify(edit: Edit) -> bool:
    """Whether to look again afterwards: a writer who had read the policy before may have overwritten it."""
    return not isinstance(edit, Exactly)
