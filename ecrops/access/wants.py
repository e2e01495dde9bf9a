"""From the verbs of a repository to wants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ecrops.access import actions, edits, notes, policy_checks
from ecrops.access.actions import LAMBDA
from ecrops.access.actions import check as check_actions
from ecrops.access.aspects import repository_policy
from ecrops.access.edits import Allow, Forbid, allowance
from ecrops.access.grants import Grant, check_on, check_places, places_of
from ecrops.access.policy_keys import POLICY, check_attach
from ecrops.access.principals.named import AccountPrincipal, AnyOne, Group, ServicePrincipal
from ecrops.access.principals.parse import principal_of
from ecrops.access.sides import IDENTITY, REPOSITORY, Place
from ecrops.aws import Arn, Aws
from ecrops.base.problems import Problems, hint
from ecrops.engine.aspect import Want
from ecrops.errors import SpecError
from ecrops.iam.plain_json import plain
from ecrops.iam.policy import Subject
from ecrops.iam.statements import condition_text
from ecrops.iam.wildcards import matches
from ecrops.repositories.calls import arn_of as repository_arn

if TYPE_CHECKING:
    import boto3


OPTIONS = ("on", "attach", "policy_name", "session")


def grant(aws: Aws, name: str, principal: Any, allow: Any, options: Mapping[str, Any]) -> list[Want]:
    """Somebody may do something."""
    try:
        made = Grant(principal, allow, **options)
    except TypeError:
        unknown = [key for key in options if key not in OPTIONS]
        if not unknown:
            raise
        raise SpecError(*(f"{key}: unknown option{hint(key, OPTIONS)}" for key in unknown)) from None
    return list(granted(aws, name, made))


def check_one_by_one(verb: str, actions: tuple[Any, ...]) -> tuple[Any, ...]:
    """The actions of a verb that takes each as an argument.

    Raises:
        SpecError: A list of them was given.
    """
    for given in actions:
        if isinstance(given, list | tuple | set | frozenset):
            raise SpecError(f"actions: give actions one by one, {verb}(principal, *actions), got {given!r}")
    return actions


def grant_lambda(aws: Aws, name: str, account: str | None, function_arn_pattern: str | None) -> list[Want]:
    """Lambda may pull, for the functions of an account, and so may the account if it is another."""
    problems = Problems()
    owner = None if account is None else problems.take("account", lambda: AccountPrincipal(account))
    if function_arn_pattern is not None:
        problems.take("function_arn_pattern", lambda: _check_functions(aws, function_arn_pattern))
    problems.raise_any()
    owner = owner or AccountPrincipal(aws.account_id)
    if function_arn_pattern is not None and Arn.parse(function_arn_pattern).account != owner.account:
        raise SpecError(
            f"function_arn_pattern: expected functions of account {owner.account}, got {function_arn_pattern}: "
            "grant_lambda(account, function_arn_pattern=...) lets in another account, the same in both"
        )
    functions = Arn(aws.partition.name, "lambda", aws.region, owner.account, "function:*")
    pattern = str(functions) if function_arn_pattern is None else function_arn_pattern
    service = ServicePrincipal("lambda.amazonaws.com", conditions={"ArnLike": {"aws:SourceArn": pattern}})
    grants = [Grant(service, LAMBDA)]
    if owner.account != aws.account_id:
        grants.append(Grant(owner, LAMBDA))
    return [want for each in grants for want in granted(aws, name, each)]


def _check_functions(aws: Aws, pattern: object) -> None:
    """Refuse what means no function that could ever run an image of this registry.

    Raises:
        SpecError: It is no ARN of functions, or of those of another partition or region.
    """
    example = Arn(aws.partition.name, "lambda", aws.region, "111122223333", "function:*")
    if not isinstance(pattern, str):
        raise SpecError(f"expected the ARN of functions, such as {example}, got {pattern!r}")
    arn = Arn.parse(pattern)
    named = arn.resource.startswith("function:") and arn.resource != "function:"
    if (arn.partition, arn.service) != (example.partition, "lambda") or not named:
        raise SpecError(f"expected the ARN of functions, such as {example}, got {pattern!r}")
    if not matches(arn.region, aws.region):
        raise SpecError(
            f"Lambda runs images of its own region only, and these functions are in {arn.region}, the repository in "
            f"{aws.region}: grant it on a repository there"
        )


def revoke(
    aws: Aws, name: str, principal: Any, actions: tuple[str, ...], places: Mapping[str, Any]
) -> tuple[list[Want], list[Want]]:
    """Somebody may not any longer: in the policy of the repository, and in others."""
    problems = Problems()
    problems.take("", lambda: check_attach(places["attach"], places["policy_name"]))
    problems.take("", lambda: check_on(places["on"], name))
    problems.raise_any()
    who, taken = principal_of(principal), check_actions(actions) if actions else None
    session = places["session"]
    said = places_of(places["on"], places["attach"], places["policy_name"])
    check_places(who, said | ({} if session is None else {"session": session}))
    wants = list(revoked(aws, name, who, taken, **places))
    here = [want for want in wants if want.aspect is repository_policy]
    return here, [want for want in wants if want not in here]


def add(aws: Aws, name: str, statement: Mapping[str, Any], replace: bool, force: bool) -> Want:
    """A statement is in the policy."""
    _check_force(force)
    checked = policy_checks.check_added(statement)
    policy_checks.check_partition({"Statement": [checked]}, aws.partition.name)
    return Want(repository_policy, name, edits.Add(checked, replace, force))


def drop(name: str, statement: Mapping[str, Any] | str, force: bool) -> Want:
    """A statement is not in the policy."""
    _check_force(force)
    if not isinstance(statement, str | Mapping) or not statement:
        raise SpecError(f"expected a statement, or the Sid of one, got {statement!r}")
    # it is not judged: what is there may be anything
    return Want(
        repository_policy, name, edits.Drop(statement if isinstance(statement, str) else plain(statement), force)
    )


def put(aws: Aws, name: str, document: Mapping[str, Any], force: bool) -> Want:
    """The policy is this document."""
    _check_force(force)
    checked = policy_checks.check_document(document)
    policy_checks.check_partition(checked, aws.partition.name)
    return Want(repository_policy, name, edits.Exactly(checked, force))


def _check_force(force: object) -> None:
    if not isinstance(force, bool):
        raise SpecError(f"force: expected True or False, got {force!r}")


# Grants, revokes, tokens


def of_grants(aws: Aws, name: str, grants: Iterable[Any]) -> Iterator[Want]:
    """Yield the wants of the grants of a spec, which are added to what a policy says already."""
    for index, grant in enumerate(grants):
        try:
            yield from granted(aws, name, grant)
        except SpecError as error:
            raise error.at(f"{name}: grants[{index}]") from None


def granted(aws: Aws, name: str, grant: Grant) -> Iterator[Want]:
    """The wants that make a grant true, and the notes of what they cannot."""
    resource = grant.resource(name)
    place = Place.of(aws, grant.principal, grant.session)
    if place.side & IDENTITY and place.home is not None:
        allowed = allowance(grant, repository_arn(aws, resource))
        yield place.want(allowed, grant.attach, grant.policy_name)
    if place.side & REPOSITORY:
        there = tuple(action for action in grant.actions if not actions.is_of_identities(action))
        told = (*notes.of_grant(aws, name, grant, place), *notes.not_allowed(name, grant, place))
        yield Want(repository_policy, name, Allow(place.subject(aws), there, notes=told))


def revoked(
    aws: Aws,
    name: str,
    principal: AnyOne,
    taken: tuple[str, ...] | None,
    *,
    on: str | None = None,
    attach: str = "inline",
    policy_name: str = POLICY,
    session: boto3.Session | None = None,
) -> Iterator[Want]:
    """The wants that undo grants, on both sides."""
    place = Place.of(aws, principal, session)
    if place.home is not None:
        subject = Subject(repository_arn(aws, on or name), condition_text(principal.all_conditions))
        yield place.want(Forbid(subject, taken, repository_arn(aws, name)), attach, policy_name)
    if not isinstance(principal, Group):
        stays = (
            ""
            if place.home or not place.account
            else notes.left_elsewhere(name, place, taken, places_of(on, attach, policy_name))
        )
        yield Want(repository_policy, name, Forbid(place.subject(aws), taken, stays=stays))


def token(aws: Aws, principal: AnyOne, edit: Allow | Forbid, session: boto3.Session | None, **options: str) -> Want:
    """The want of a token, which only a policy of IAM can grant.

    Raises:
        SpecError: The principal has no such policy here.
    """
    place = Place.of(aws, principal, session)
    if place.home is None:
        raise SpecError(
            f"{principal} has no policy of IAM in this account, and nothing else can grant a token: name a User, Role "
            f"or Group, give session= for account {place.account}"
            if place.account
            else f"{principal} has no policy of IAM, and nothing else can grant a token: name a User, Role or Group"
        )
    return place.want(edit, options.get("attach", "inline"), options.get("policy_name", POLICY))
