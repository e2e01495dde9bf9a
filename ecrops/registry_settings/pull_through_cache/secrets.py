"""The aspect of the secrets that ecrops makes for pull-through cache rules. Called by the engine.

A secret is ours if it has the tag of ecrops: then it gets another content, and is restored if it was to be deleted. One
of somebody else is used if it holds the same, and is a conflict otherwise. No reading, no change and no difference has
the content of a secret: the call has a reference, which is revealed when it is sent.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-secret.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Races
from ecrops.base.conflicts import conflict
from ecrops.base.secret import Secret
from ecrops.engine.aspect import Read
from ecrops.registry_settings.pull_through_cache.login import Login
from ecrops.registry_settings.setting import STEP, part

base = None
OWNER = "pull-through secret "
FOLDER = "ecr-pullthroughcache/"
RULES = "pull-through cache"
"""The owner that secrets are made for: ``KEY`` of the aspect of rules."""
TAG = "ecrops:pull-through-cache"
SERVICE = "secretsmanager"
CURRENT = "AWSCURRENT"
MISSING, EXISTS = "ResourceNotFoundException", "ResourceExistsException"
DEFAULT_KEY = "alias/aws/secretsmanager"
CONTENT = "user name and access token"


class Keep(NamedTuple):
    """An edit: there is a secret with this content."""

    login: Login


class State(NamedTuple):
    """What is known of a secret: never what is in it.

    Args:
        arn: Its ARN; empty if there is none.
        is_ours: Whether ecrops made it.
        is_deleted: Whether it is to be deleted.
        key: The key that it is under; empty for the default.
        holds: Which of the wanted contents it has.
        version: The id of the version of its content: it tells this content from a later one.
    """

    arn: str = ""
    is_ours: bool = False
    is_deleted: bool = False
    key: str = ""
    holds: Collection[Login] = ()
    version: str = ""


def key_of(prefix: str) -> str:
    """Return the key of the secret for a rule."""
    return OWNER + prefix


def name_of(key: str) -> str:
    """Return the name of a secret in Secrets Manager."""
    return FOLDER + key.removeprefix(OWNER)


def arn_of(aws: Aws, name: str) -> str:
    """Return the ARN of a secret; empty if there is none."""
    item = _described(aws, OWNER + name.removeprefix(FOLDER), name)
    return str(item["ARN"]) if item else ""


# Read


def reads(aws: Aws, wants: Mapping[str, Sequence[Keep]]) -> Iterator[Read]:
    """Yield one reading for each secret: two calls."""
    for key, edits in wants.items():
        yield Read((key,), partial(_read, aws, key, edits), (SERVICE,))


def _read(aws: Aws, key: str, edits: Sequence[Keep]) -> dict[str, State]:
    item = _described(aws, key, name_of(key))
    if not item:
        return {key: State()}
    is_deleted, kms_key = bool(item.get("DeletedDate")), str(item.get("KmsKeyId") or "")
    is_ours = any(tag.get("Key") == TAG for tag in item.get("Tags", ()))
    key_shown = "" if kms_key.endswith(DEFAULT_KEY) else kms_key
    state = State(str(item["ARN"]), is_ours, is_deleted, key_shown, version=_version(item))
    if state.is_deleted or state.key:  # it cannot be read, or need not be
        return {key: state}
    content, version = _content(aws, state.arn)
    holds = [edit.login for edit in edits if edit.login.is_in(content)]
    return {key: state._replace(holds=holds, version=version)}


def _version(item: Mapping[str, Any]) -> str:
    stages = item.get("VersionIdsToStages") or {}
    return next((str(version) for version in sorted(stages) if CURRENT in stages[version]), "")


def _described(aws: Aws, key: str, name: str) -> dict[str, Any]:
    awaits = (MISSING,) if key in aws.made else ()
    try:
        return aws.call(SERVICE, "DescribeSecret", {"SecretId": name}, needs="ARN", awaits=awaits)
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return {}


def _content(aws: Aws, arn: str) -> tuple[Secret | None, str]:
    """Return the content of a secret, and the id of its version; ``None`` if it has none, or none that is a text."""
    try:
        answer = aws.call(SERVICE, "GetSecretValue", {"SecretId": arn}, needs="ARN")
        return _text(answer), str(answer.get("VersionId", ""))
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return None, ""


def _text(answer: Mapping[str, Any]) -> Secret | None:
    return Secret(answer["SecretString"], "SecretString") if answer.get("SecretString") else None


# Decide


def changes(key: str, edits: Sequence[Keep], current: State) -> Iterator[Change]:
    """Make the secret, or give it the wanted content."""
    login, name = edits[-1].login, name_of(key)
    tags = [{"Key": TAG, "Value": key.removeprefix(OWNER)}]
    if not current.arn:
        params = {"Name": name, "SecretString": login, "Tags": tags}
        call = Call(SERVICE, "CreateSecret", params, ["secretsmanager:TagResource"])
        yield _change(key, Kind.CREATE, call, CONTENT, makes_owner=True)
    elif current.key:
        way_out = "ECR reads secrets under the default key only: give credential_arn, or change the key of the secret"
        yield _conflict(key, f"under the key {current.key}", way_out)
    elif login in current.holds:
        return
    elif not current.is_ours:
        state = "somebody else's, to be deleted" if current.is_deleted else "somebody else's, with another content"
        way_out = (
            f"{name} has no tag {TAG!r}, so ecrops did not make it: give its ARN as credential_arn, or tag it to hand "
            "it to ecrops"
        )
        yield _conflict(key, state, way_out)
    else:
        if current.is_deleted:
            call = Call(SERVICE, "RestoreSecret", {"SecretId": current.arn})
            yield _change(key, Kind.UPDATE, call, "not to be deleted", "to be deleted")
        put = Call(SERVICE, "PutSecretValue", {"SecretId": current.arn, "SecretString": login})
        yield _change(key, Kind.UPDATE, put, CONTENT, "another content", current.version)


def _change(
    key: str, kind: Kind, call: Call, after: str, before: str = "", version: str = "", *, makes_owner: bool = False
) -> Change:
    return Change(
        owner=key,
        kind=kind,
        what="",
        before=before,
        after=after,
        call=call,
        removed=[part(before, version)] if before else [],
        added=[part(after)],
        races=Races(derived=True, superseded=(EXISTS,) if makes_owner else (MISSING,)),
        makes_owner=makes_owner,
        for_owners=(RULES,),
        step=STEP - 1,
    )


def _conflict(key: str, before: str, way_out: str) -> Change:
    return conflict(key, before=before, after=CONTENT, advice=way_out)


def after(change: Change, current: State) -> State:
    """Return what is known of the secret after a change."""
    arn = current.arn or name_of(change.owner)
    login = change.params.get("SecretString")
    return State(arn, is_ours=True, holds=[login] if isinstance(login, Login) else current.holds)


def verify(edit: Keep) -> bool:
    """Whether the engine reads again after the edit: another writer may have given the secret another content."""
    return True
