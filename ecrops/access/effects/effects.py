"""Who gains and loses what by a plan. Called by the verb ``access_changes``.

The policies are read once, and the changes of the plan laid over them. A plan that changes no policy is answered
without a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ecrops.access import words
from ecrops.access.answers.askers import asker_named
from ecrops.access.answers.asking import Asker, asker_of
from ecrops.access.answers.identities import Identity
from ecrops.access.answers.words import DELEGATES, UNSEEN
from ecrops.access.effects.changes import UNCHANGED, AccessChange, AccessChanges, merged
from ecrops.access.effects.comparing import Comparison
from ecrops.access.effects.concerned import ORGANIZATIONS, Named, identities, named
from ecrops.access.effects.overlay import is_about_access
from ecrops.access.effects.reading import States, read
from ecrops.access.linting.statements import may
from ecrops.aws import Aws
from ecrops.base.change import Change
from ecrops.base.plain_json import check_depth
from ecrops.base.render import several
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.iam.evaluation.caller import Caller


def access_changes(aws: Aws, plan: Plan) -> AccessChanges:
    """Return who gains and loses what by a plan.

    Args:
        aws: The account and region of the registry.
        plan: The plan.

    Raises:
        SpecError: It is no plan, it was made already, or it is for another registry.
    """
    if not isinstance(plan, Plan):
        check_depth(plan)
        raise SpecError(f"plan: expected a Plan, such as registry.plan(*specs), got {plan!r}")
    if plan.applied:
        raise SpecError(
            "plan: it was made already, so that nobody can tell what was before: ask with a plan to be made"
        )
    changes = [change for change in plan.changes if is_about_access(change)]
    if not changes:
        return AccessChanges()
    _check_place(aws, plan, changes)
    here = [change for change in changes if change.account in ("", aws.account_id)]
    elsewhere = [change for change in changes if change not in here]
    states = read(aws, here)
    rows = merged(_rows(states))
    return AccessChanges(
        tuple(row for row in rows if row.effect != UNCHANGED),
        tuple(row for row in rows if row.effect == UNCHANGED),
        tuple(_notes(states, here, elsewhere)),
    )


def _check_place(aws: Aws, plan: Plan, changes: Iterable[Change]) -> None:
    """Refuse a plan for another registry. The account of a session may be another one."""
    places = [(plan.account, plan.region), *((one.account, one.region) for one in changes if one.service == "ecr")]
    for account, region in places:
        if account not in ("", aws.account_id) or region not in ("", aws.region):
            raise SpecError(
                f"plan: it is for account {account}, region {region}, and this is the registry of account "
                f"{aws.account_id}, region {aws.region}"
            )


def _rows(states: States) -> Iterator[AccessChange]:
    before, after = states.before, states.after
    concerned = named(before, after, states.changed)
    if any(before.tags[name] != after.tags[name] for name in before.tags.keys() & after.tags.keys()):
        concerned = concerned._replace(is_everybody=True)  # tags are read only if a statement asks for them
    comparison = Comparison(before, after, states.names)
    of_groups: dict[str, list[AccessChange]] = {}
    pairs = identities(before, after, states.identities, concerned)
    for identity, later in sorted(pairs, key=lambda pair: pair[0].kind):  # groups first
        askers = (asker_of(each, before.account, before.organization) for each in (identity, later))
        rows = merged(comparison.of(str(identity), *askers))
        if not _is_meant(identity, states, concerned):  # what is for everybody is told once
            rows = tuple(row for row in rows if row.effect != UNCHANGED)
        if identity.kind == "group":
            of_groups[identity.name] = list(map(_anonymous, rows))
        known = [row for name in identity.groups for row in of_groups.get(name, ())]
        yield from (row for row in rows if _anonymous(row) not in known)
    yield from _outside(states, concerned, comparison)
    for name, statement in concerned.delegations:
        who = f"account {before.account}"
        yield AccessChange(who, UNCHANGED, (may(statement.document),), (name,), f"it {DELEGATES}")


def _is_meant(identity: Identity, states: States, concerned: Named) -> bool:
    """Whether the plan changes the policies of a user, role or group, or names it."""
    groups = {("group", name) for name in identity.groups}
    changed = {(identity.kind, identity.name), *groups} & set(states.identities)
    return bool(changed) or f"AWS:{identity.arn}" in concerned.principals


def _anonymous(row: AccessChange) -> AccessChange:
    """Return what is the same of a group and of its members."""
    return AccessChange("", row.effect, row.what, row.repositories, row.because)


def _outside(states: States, concerned: Named, comparison: Comparison) -> Iterator[AccessChange]:
    """Yield the rows of all but the users and roles of the account, which have rows by their own policies."""
    before, after = states.before, states.after
    for principal in concerned.principals:
        kind, _, name = principal.partition(":")
        if kind == ORGANIZATIONS:
            within = Comparison(before, after, states.names, {"aws:principalorgid": (name,)})
            asker = Asker(Caller("everyone", "*"))
            yield from within.of(f"organization {name}", asker, asker)
            continue
        found = asker_named(principal, before), asker_named(principal, after)
        if found[0] is None or found[1] is None or _has_rows(states, found[1]):
            continue
        yield from comparison.of(words.who(name), found[0], found[1])


def _has_rows(states: States, asker: Asker) -> bool:
    """Whether who asks is a user or role that was read with its policies."""
    return asker.caller.kind in ("user", "role") and asker.identity is not None


# Notes


def _notes(states: States, here: Sequence[Change], elsewhere: Sequence[Change]) -> Iterator[str]:
    for change in elsewhere:
        yield f"{change.owner}: what changes in account {change.account} is not evaluated: its policies are not read"
    for kind, name in dict.fromkeys(states.missing):
        if states.before.directory is not None:
            yield f"{kind} {name}: IAM has no such {kind}, so that what the plan says of it changes nothing yet"
    if made := _names_of(here, "CreateRepository"):
        yield f"{several(made)}: new; what wider policies allow there, registry.access() says after it is made"
    if gone := _names_of(here, "DeleteRepository"):
        yield f"{several(gone)}: deleted, and whoever could use it no longer can"
    for unread in states.before.unread:
        yield f"not read: {unread}"
    yield UNSEEN


def _names_of(changes: Iterable[Change], operation: str) -> list[str]:
    return [change.params["repositoryName"] for change in changes if change.operation == operation]
