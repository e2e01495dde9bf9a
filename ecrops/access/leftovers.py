"""What somebody is still allowed after a revoke, by the policy that was read, and what takes it away. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator

from ecrops.access import actions, words
from ecrops.access.edits import Drop, Forbid
from ecrops.access.policy_keys import POLICY, PolicyKey
from ecrops.errors import SpecError
from ecrops.iam.statements import PRINCIPAL, Policy, Statement, Subject, condition_text, listed, meaning, plain_account
from ecrops.iam.wildcards import matches

_WORTH_A_TOKEN = (actions.LAMBDA, actions.PUSH)  # what is granted by verbs that bring the token
_EVERYONE = "AWS:*"
_IDENTITY = re.compile(r"arn:[^:]+:iam::([0-9]{12}):(user|role)/(?:.*/)?([^/]+)")


def of_identity(home: PolicyKey, forbid: Forbid, policy: Policy, attach: str = "inline") -> Iterator[str]:
    """What a user, a role or a group may still do with a repository, by a policy of its own."""
    if not forbid.repository:
        yield from _of_token(home, forbid, policy, attach)
        return
    prefix, _, name = forbid.repository.partition("repository/")
    who = str(PolicyKey(home.kind, home.name, home.account))
    for subject, allowed in policy.allowed.items():
        if matches(subject.name, forbid.repository) and (kept := _kept(allowed, forbid)):
            on = subject.name.removeprefix(f"{prefix}repository/")
            wider = "" if on == name else f" on {on!r}"
            call = _call_for(home, subject, _named(kept, forbid), "" if on == name else on, attach)
            # on= is of repositories of this registry: what somebody has made wider than that, it does not name
            way_out = "mend it in IAM" if on == subject.name else f"{call} takes it away"
            yield (
                f"{name}: {who} may still {_said(kept)}{wider}{_limits(subject.condition)}, by policy {home.policy}: "
                f"{way_out}"
            )
    for statement in policy.others:
        if _is_about(statement, forbid.repository) and (kept := _kept_by(statement, forbid)):
            by = f"by {_which(statement)} of policy {home.policy}"
            yield (
                f"{name}: {who} may still {_said(kept)}{_limits(condition_text(statement.get('Condition')))}, {by}: "
                "ecrops did not write it, and takes nothing from it; mend it in IAM"
            )
    yield from _of_login(home, policy, name)


def _of_login(home: PolicyKey, policy: Policy, name: str) -> Iterator[str]:
    """A token that came with a verb, and is kept for actions that were granted one by one: perhaps without one."""
    logins = [subject for subject in policy.allowed if subject.sid.endswith("Login")]
    uses = {
        subject.name.partition("repository/")[2]: allowed
        for subject, allowed in policy.allowed.items()
        if not subject.sid and actions.need_a_token(allowed)
    }
    brought = any(allowed.issuperset(each) for allowed in uses.values() for each in _WORTH_A_TOKEN)
    if logins and uses and not brought:
        who = PolicyKey(home.kind, home.name, home.account)
        yield (
            f"{name}: {who} may still log in, by policy {home.policy}, for what it may do with images of "
            f"{words.several(uses)}: the token goes when that is revoked"
        )


def _of_token(home: PolicyKey, forbid: Forbid, policy: Policy, attach: str) -> Iterator[str]:
    """What else lets somebody log in, where that was to be taken away."""
    wanted = actions.PUBLIC_TOKEN[0] if forbid.subject.sid.endswith("PublicToken") else actions.TOKEN[0]
    who = str(PolicyKey(home.kind, home.name, home.account))
    for subject, allowed in policy.allowed.items():
        if wanted in allowed and subject.name == "*":
            may = f"{who} may still {actions.words(allowed)}{_limits(subject.condition)}, by policy {home.policy}"
            call = _call_for(home, subject, "", "", attach).replace("revoke", "revoke_read", 1)
            is_own = subject.sid == forbid.subject.sid
            yield f"{may}: {f'{call} takes it away' if is_own else 'it goes when nothing that needs it is granted'}"
    for statement in policy.others:
        allowed_too = listed(statement.get("Action", [])) if str(statement.get("Effect")).lower() == "allow" else []
        if actions.is_among(wanted, map(str, allowed_too)):
            yield f"{who} may still log in, by {_which(statement)} of policy {home.policy}: mend it in IAM"


def of_repository(name: str, forbid: Forbid, policy: Policy) -> Iterator[str]:
    """What a principal may still do with a repository, by the repository's own policy."""
    whom = forbid.subject
    for subject, allowed in policy.allowed.items():
        if _means(subject, whom) and (kept := _kept(allowed, forbid)):
            way_out = f"revoke({_python(subject)}{_named(kept, forbid)}) takes it away"
            yield f"{name}: {_may(subject, whom, kept)}: {way_out}"
    for statement in policy.others:
        kept, sid = _kept_by(statement, forbid), statement.get("Sid")
        way_out = f"remove_from_resource_policy({repr(sid) if sid else 'statement'}) takes the whole statement away"
        for subject in _subjects(statement) if kept else ():
            if _means(subject, whom):
                by = f"by {_which(statement)} of the repository's policy"
                yield f"{name}: {_may(subject, whom, kept)}, {by}: {way_out}"


def check_drop(drop: Drop, policy: Policy) -> None:
    """Refuse to remove a statement of ecrops as if it were somebody's: each who is in it was granted something.

    Raises:
        SpecError: It is one; with the calls that take the grants away.
    """
    wanted = drop.statement
    for statement in Policy(policy.element, policy.allowed).document(actions.sid).get("Statement", []):
        sid = statement["Sid"]
        if isinstance(wanted, str):
            is_it = bool(re.fullmatch(rf"{re.escape(sid)}\d{{0,2}}", wanted))
        else:
            is_it = drop.means(statement) or meaning({**wanted, "Sid": sid}) == meaning(statement)
        if is_it:
            calls = words.several(f"revoke({_python(subject)})" for subject in _subjects(statement))
            raise SpecError(f"the statement {sid!r} holds what ecrops granted: {calls} takes it away")


# Actions


def _kept(allowed: Collection[str], forbid: Forbid) -> list[str]:
    """Which of the actions, as they are written, still allow something that was to be taken away."""
    taken = forbid.actions
    return sorted(
        each
        for each in allowed
        if actions.is_about_repositories(each)
        and (taken is None or any(actions.have_in_common(each, other) for other in taken))
    )


def _kept_by(statement: Statement, forbid: Forbid) -> list[str]:
    """The same of a statement of somebody else."""
    if str(statement.get("Effect")).lower() != "allow":
        return []
    if "NotAction" in statement:
        but = listed(statement["NotAction"])
        all_but = [each for each in sorted(actions.about_repositories()) if not actions.is_among(each, but)]
        return [f"do anything but {actions.words(map(str, but))}"] if _kept(all_but, forbid) else []
    return _kept([each for each in listed(statement.get("Action", [])) if isinstance(each, str)], forbid)


def _said(kept: Collection[str]) -> str:
    return "do anything" if {"*", "ecr:*"} & set(kept) else actions.words(kept)


def _limits(condition: str) -> str:
    return words.limits(json.loads(condition or "{}"))


# Whom and what


def _is_about(statement: Statement, arn: str) -> bool:
    if "NotResource" in statement:
        return not any(matches(str(each), arn) for each in listed(statement["NotResource"]))
    return any(matches(str(each), arn) for each in listed(statement.get("Resource", [])))


def _subjects(statement: Statement) -> Iterator[Subject]:
    """Whom a statement names; all but some are everyone, to be on the safe side."""
    condition = condition_text(statement.get("Condition"))
    named = PRINCIPAL.read(statement["Principal"]) if "Principal" in statement else [_EVERYONE]
    return (Subject(each, condition) for each in named)


def _means(subject: Subject, whom: Subject) -> bool:
    """Whether a principal is somebody, or everyone, or the account that somebody is of."""
    if subject.name != _EVERYONE:
        return _meant(subject.name) in (_meant(whom.name), f"AWS:{_account_of(whom.name)}")
    if _who(subject) == "everyone":
        return True
    # an organization: another one is not it, and a service of AWS is of none
    return not whom.name.startswith("Service:") and (
        whom.name != _EVERYONE or _who(whom) in ("everyone", _who(subject))
    )


def _meant(principal: str) -> str:
    """A principal without what does not tell it from others: the path of a user or role, the spelling of an account."""
    kind, _, who = principal.partition(":")
    if identity := _IDENTITY.fullmatch(who):
        return f"AWS:{identity[1]}:{identity[2]}/{identity[3]}"
    return f"AWS:{plain_account(who)}" if kind == "AWS" else principal


def _account_of(principal: str) -> str:
    parts = principal.split(":")
    return parts[5] if len(parts) > 5 and parts[0] == "AWS" else ""


def _who(subject: Subject) -> str:
    """A principal in words."""
    return words.who(subject.name.partition(":")[2], json.loads(subject.condition or "{}"))


def _may(subject: Subject, whom: Subject, kept: Collection[str]) -> str:
    """Who may do what, and what that has to do with somebody."""
    limits = "" if _who(subject).startswith("organization") else _limits(subject.condition)
    said = f"{_who(subject)} may still {_said(kept)}{limits}"
    if _meant(subject.name) == _meant(whom.name):
        return said
    return f"{said}, and so may {_who(whom)}" if subject.name == _EVERYONE else f"{said}, and may let {_who(whom)}"


def _which(statement: Statement) -> str:
    return f"the statement {statement['Sid']!r}" if statement.get("Sid") else "a statement without a Sid"


# Verbs


def _named(kept: Collection[str], forbid: Forbid) -> str:
    """The actions as arguments, where not all are taken away."""
    return "" if forbid.actions is None else "".join(f", {each!r}" for each in kept)


def _call_for(home: PolicyKey, subject: Subject, named: str, on: str, attach: str) -> str:
    options = {"on": on, "attach": attach if attach != "inline" else "", "policy_name": home.policy}
    said = {name: value for name, value in options.items() if value and (name, value) != ("policy_name", POLICY)}
    more = "".join(f", {name}={value!r}" for name, value in said.items())
    session = ", session=..." if home.account else ""
    return f"revoke({_made(home.kind.title(), home.name, subject.condition)}{named}{more}{session})"


def _python(subject: Subject) -> str:
    """The principal of a repository policy as Python."""
    kind, _, who = subject.name.partition(":")
    if subject.name == _EVERYONE:
        if re.fullmatch(r"o-[a-z0-9]{10,32}", named := _who(subject).removeprefix("organization ")):
            return _made("OrganizationPrincipal", named, "")
        conditions = f"conditions={json.loads(subject.condition)!r}" if subject.condition else "public=True"
        return f"AnyPrincipal({conditions})"
    if kind == "AWS":
        account = plain_account(who)
        return _made("AccountPrincipal" if account.isdecimal() else "ArnPrincipal", account, subject.condition)
    return _made(f"{kind}Principal", who, subject.condition)


def _made(kind: str, name: str, condition: str) -> str:
    conditions = f", conditions={json.loads(condition)!r}" if condition else ""
    return f"{kind}({name!r}{conditions})"
