"""From the verbs of a repository, and the grants of a spec, to wants.

Called by ``verbs``, and for specs by ``ecrops.aspects``. It checks the arguments, decides in which
policies a grant is written (see ``sides``), and adds the notes (see ``notes``). It reads and writes no policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecrops.access import actions, edits, notes, policy_checks
from ecrops.access.actions import LAMBDA
from ecrops.access.actions import check as check_actions
from ecrops.access.edits import Allow, Forbid, allowance
from ecrops.access.grants import OPTIONS, Grant, check_on, check_options, not_default, options_of
from ecrops.access.policy_keys import check_attach
from ecrops.access.principals.functions import of_functions
from ecrops.access.principals.identities import Group
from ecrops.access.principals.named import Grantee
from ecrops.access.principals.parse import principal_of
from ecrops.access.sides import IDENTITY, PRIVATE, REPOSITORY, Kind, Place
from ecrops.aws import Arn, Aws
from ecrops.base.plain_json import check_size, plain
from ecrops.base.problems import Problems, hint
from ecrops.engine.aspect import Want
from ecrops.errors import SpecError
from ecrops.iam.policy import Subject
from ecrops.iam.statements import condition_text
from ecrops.repositories.calls import arn_of as repository_arn

if TYPE_CHECKING:
    import boto3

    from ecrops.access.grants import Verb


# Grants


def grant(
    aws: Aws,
    name: str,
    allow: Verb | tuple[str, ...],
    arguments: Mapping[str, Any],
    elsewhere: Arn | None = None,
    kind: Kind = PRIVATE,
) -> list[Want]:
    """Return the wants of a verb ``grant_*``.

    Args:
        aws: The registry's account.
        name: The repository.
        allow: What is granted.
        arguments: The ``locals()`` of the verb.
        elsewhere: The ARN of a repository of another registry: only the identity policy is written.
        kind: The kind of the repository.

    Raises:
        SpecError: An argument is wrong; with every reason.
    """
    if isinstance(allow, tuple):
        _check_one_by_one("grant", allow)
    options = _checked_options(arguments)
    try:
        value = kind.grant(arguments["principal"], allow, **options)
    except SpecError as error:  # its field ``allow`` is the argument ``actions`` here
        raise SpecError(*(reason.removeprefix("allow.") for reason in error.reasons)) from None
    if elsewhere is not None:
        return [_granted_elsewhere(aws, name, value, elsewhere)]
    wants = list(granted(aws, name, value, kind))
    # The policy that is written is read last: what is read after it would make it old, and it would be read again
    return [*denials_of(aws, name, value, wants, kind), *wants]


def of_grants(aws: Aws, name: str, grants: Iterable[Any], *, reads_policy: bool = False) -> Iterator[Want]:
    """Yield the wants of the grants of a spec, which are added to what a policy says already.

    Args:
        aws: The registry's account.
        name: The repository.
        grants: The grants.
        reads_policy: Whether the repository policy is read in any case. If neither that nor a grant needs it, it is not
            read for notes: a fleet of many repositories would cost one call more for each.
    """
    wants: list[Want] = []
    for_notes: list[Want] = []
    for index, grant in enumerate(grants):
        try:
            made = list(granted(aws, name, grant))
        except SpecError as error:
            raise error.at(f"{name}: grants[{index}]") from None
        # Nothing is granted in IAM on a repository that cannot be made
        wants += [want if want.key == name else want._replace(for_owner=name) for want in made]
        for_notes += denials_of(aws, name, grant, made)
    is_read = reads_policy or any(want.aspect is PRIVATE.policy for want in wants)
    yield from (*wants, *(for_notes if is_read else ()))


def denials_of(aws: Aws, name: str, grant: Grant, wants: Iterable[Want], kind: Kind = PRIVATE) -> list[Want]:
    """Return the want to say which statement of the repository policy denies a grant that is written in IAM alone.

    Args:
        aws: The registry's account.
        name: The repository.
        grant: The grant.
        wants: The wants of the grant.
        kind: The kind of the repository.
    """
    keys = [want.key for want in wants if want.aspect is not kind.policy]
    if not keys or any(want.aspect is kind.policy for want in wants):
        return []
    subject = Place.of(aws, grant.principal, grant.session).subject_or_account(aws)
    return [Want(kind.policy, name, edits.Elsewhere(subject, grant.actions, keys[0]), for_owner=keys[0])]


def granted(aws: Aws, name: str, grant: Grant, kind: Kind = PRIVATE) -> Iterator[Want]:
    """Yield the wants of a grant on each side, with notes of what they cannot allow."""
    resource = grant.resource(name)
    place = Place.of(aws, grant.principal, grant.session)
    if place.side & IDENTITY and place.account_aws is not None:
        allowed = allowance(grant, repository_arn(aws, resource, kind.service))
        yield place.want(allowed, grant.attach, grant.policy_name)
    if place.side & REPOSITORY:
        edit = Allow(
            place.subject(aws),
            tuple(action for action in grant.actions if not actions.is_of_identities(action)),
            notes=(*notes.of_grant(aws, name, grant, place), *notes.not_allowed(name, grant, place)),
            is_of_other_account=not place.local,
        )
        yield Want(kind.policy, name, edit)


def _granted_elsewhere(aws: Aws, name: str, grant: Grant, repository: Arn) -> Want:
    resource = grant.resource(name)
    place = Place.of_puller(aws, grant.principal, grant.session, repository)
    edit = allowance(grant, str(repository._replace(resource=f"repository/{resource}")))
    said: Iterable[str] = ()
    if repository.account != (place.account or aws.account_id):
        said = notes.of_puller(resource, grant, place.subject_or_account(aws), repository)
    return place.want(replace(edit, notes=tuple(said), is_elsewhere=True), grant.attach, grant.policy_name)


def grant_lambda(aws: Aws, name: str, owners: object, function_arn_pattern: str | None) -> list[Want]:
    """Return the wants of ``grant_lambda``: Lambda may pull for the functions of some owners.

    Owners other than the registry's account may pull too, as Lambda asks for.

    Raises:
        SpecError: An argument is wrong; with every reason.
    """
    grants = [Grant(principal, LAMBDA) for principal in of_functions(aws, owners, function_arn_pattern)]
    return [want for grant in grants for want in granted(aws, name, grant)]


# Revokes


def revoke(
    aws: Aws,
    name: str,
    principal: Grantee | str,
    granted_actions: tuple[str, ...],
    arguments: Mapping[str, Any],
    elsewhere: Arn | None = None,
    kind: Kind = PRIVATE,
) -> tuple[list[Want], list[Want]]:
    """Return the wants of ``revoke``: those for the repository policy, and those for the identity policy.

    Args:
        aws: The registry's account.
        name: The repository.
        principal: The principal, or a string that stands for one.
        granted_actions: The actions to remove; all without.
        arguments: The ``locals()`` of the verb.
        elsewhere: As in ``grant``.
        kind: As in ``grant``.

    Raises:
        SpecError: An argument is wrong; with every reason.
    """
    _check_one_by_one("revoke", granted_actions)
    options = _checked_options(arguments)
    problems = Problems()
    problems.take("", lambda: check_attach(options["attach"], options["policy_name"]))
    problems.take("", lambda: check_on(options["on"], name))
    problems.raise_any()
    parsed = principal_of(principal)
    removed = check_actions(granted_actions, kind.service) if granted_actions else None
    check_options(parsed, not_default(**options))
    if elsewhere is not None:
        return [], [_revoked_elsewhere(aws, name, parsed, removed, elsewhere, options)]
    wants = list(_revoked(aws, name, parsed, removed, kind, **options))
    on_repository = [want for want in wants if want.aspect is kind.policy]
    return on_repository, [want for want in wants if want not in on_repository]


def _revoked(
    aws: Aws,
    name: str,
    principal: Grantee,
    removed: tuple[str, ...] | None,
    kind: Kind,
    *,
    on: str | None,
    attach: str,
    policy_name: str,
    session: boto3.Session | None,
) -> Iterator[Want]:
    place = Place.of(aws, principal, session)
    if place.account_aws is not None:
        subject = Subject(repository_arn(aws, on or name, kind.service), condition_text(principal.all_conditions))
        repository = repository_arn(aws, name, kind.service)
        note = notes.of_all_policies(name, place, removed, kind.service)
        yield place.want(Forbid(subject, removed, repository, note, service=kind.service), attach, policy_name)
    if isinstance(principal, Group):
        return
    note = "" if place.account_aws is not None else notes.of_all_policies(name, place, removed, kind.service)
    if place.account and not place.account_aws:
        note = notes.left_elsewhere(name, place, removed, not_default(on, attach, policy_name))
    edit = Forbid(place.subject(aws), removed, stays=note, service=kind.service)
    yield Want(kind.policy, name, edit)


def _revoked_elsewhere(
    aws: Aws,
    name: str,
    principal: Grantee,
    removed: tuple[str, ...] | None,
    repository: Arn,
    options: Mapping[str, Any],
) -> Want:
    place = Place.of_puller(aws, principal, options["session"], repository)
    on = options["on"] or name
    resource = str(repository._replace(resource=f"repository/{on}"))
    subject = Subject(resource, condition_text(principal.all_conditions))
    note = ""
    if repository.account != (place.account or aws.account_id):
        note = notes.left_in_repository(on, place.subject_or_account(aws), repository)
    edit = Forbid(subject, removed, str(repository), note, is_elsewhere=True)
    return place.want(edit, options["attach"], options["policy_name"])


# The repository policy


def add(aws: Aws, name: str, statement: Mapping[str, Any], replace: bool, force: bool, kind: Kind = PRIVATE) -> Want:
    """Return the want of ``add_to_resource_policy``."""
    _check_force(force)
    checked = policy_checks.check_added(statement, kind.service)
    policy_checks.check_partition({"Statement": [checked]}, aws.partition.name)
    return Want(kind.policy, name, edits.Add(checked, replace, force))


def drop(name: str, statement: Mapping[str, Any] | str, force: bool, kind: Kind = PRIVATE) -> Want:
    """Return the want of ``remove_from_resource_policy``."""
    _check_force(force)
    check_size(statement)
    if not isinstance(statement, str | Mapping) or not statement:
        raise SpecError(f"expected a statement, or the Sid of one, got {statement!r}")
    # Not checked as an added statement is: a statement that AWS accepted once may be one that ecrops refuses.
    removed = statement if isinstance(statement, str) else plain(statement)
    return Want(kind.policy, name, edits.Drop(removed, force))


def put(aws: Aws, name: str, document: Mapping[str, Any], force: bool, kind: Kind = PRIVATE) -> Want:
    """Return the want of ``set_resource_policy``."""
    _check_force(force)
    checked = policy_checks.check_document(document, kind.service)
    policy_checks.check_partition(checked, aws.partition.name)
    return Want(kind.policy, name, edits.Exactly(checked, force))


def _check_force(force: object) -> None:
    if not isinstance(force, bool):
        raise SpecError(f"force: expected True or False, got {force!r}")


# Arguments


def _check_one_by_one(verb: str, arguments: tuple[Any, ...]) -> None:
    """Refuse a list of actions, for a verb that takes each action as an argument."""
    for argument in arguments:
        if isinstance(argument, list | tuple | set | frozenset):
            raise SpecError(f"actions: give actions one by one, {verb}(principal, *actions), got {argument!r}")


def _checked_options(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a verb, or refuse the misspelt ones."""
    options = options_of(arguments)
    unknown = [key for key in options if key not in OPTIONS]
    if unknown:
        raise SpecError(*(f"{key}: unknown option{hint(key, OPTIONS)}" for key in unknown))
    return options
