"""The credentials of a process: each role is assumed once for all regions of its account, and refreshes itself.

``session_of`` is called by every task of a registry, on any thread. What it remembers stays in this process: a process
that is forked remembers it too, with locks of its own. Nothing of it is sent, shown or logged.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

import boto3
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from ecrops.aws.arn import partition_of
from ecrops.aws.client import Aws
from ecrops.aws.locks import renew_after_fork
from ecrops.aws.retry import RetryPolicy
from ecrops.aws.sessions.explaining import explain, explain_denied_role
from ecrops.aws.sessions.located import LocatedSession, Location
from ecrops.base.waits import OnWait
from ecrops.errors import SpecError

SESSION_NAME = "ecrops"
"""What CloudTrail calls the sessions of assumed roles."""
AT_ONCE = 20
"""How many roles are assumed at once."""
_ALWAYS_ENABLED = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def now() -> datetime:
    """Return the time, by which credentials expire."""
    return datetime.now(UTC)


class _Role:
    """A role as it was assumed in this process: its credentials, once there are any."""

    def __init__(self) -> None:
        self.credentials: RefreshableCredentials | None = None
        self.renew()

    def renew(self) -> None:
        """Make a new lock; also for the credentials, which have one that other threads may have held."""
        self.lock = threading.Lock()
        credentials: Any = self.credentials
        if credentials is not None:
            credentials._refresh_lock = threading.Lock()


class _Base:
    """The credentials that a process has by itself: a profile or the default session, and what was done with them."""

    def __init__(self, session: boto3.Session, endpoint_url: str | None, region: str) -> None:
        self.session = LocatedSession(session, region=region, endpoint_url=endpoint_url)
        self.sts = Aws(self.session, AT_ONCE, RetryPolicy(), region)
        self._roles: dict[tuple[str, str | None], _Role] = {}
        self._identity: dict[str, Any] = {}
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Make new locks."""
        self._lock, self._asking = threading.Lock(), threading.Lock()
        for role in self._roles.values():
            role.renew()

    def identity(self, sts: Aws) -> dict[str, Any]:
        """Return who the caller is. AWS is asked once, and needs no permission for it."""
        with self._asking:
            if not self._identity:
                self._identity = sts.call("sts", "GetCallerIdentity", {}, needs="Account")
            return self._identity

    def assumed(self, sts: Aws, role_arn: str, external_id: str | None) -> RefreshableCredentials:
        """Return the credentials of a role, which is assumed if it was not. One thread does so, others wait for it."""
        with self._lock:
            role = self._roles.setdefault((role_arn, external_id), _Role())
        with role.lock:
            if role.credentials is None:
                role.credentials = self._assume(sts, role_arn, external_id)
            return role.credentials

    def _assume(self, sts: Aws, role_arn: str, external_id: str | None) -> RefreshableCredentials:
        asked = {"RoleArn": role_arn, "RoleSessionName": SESSION_NAME}
        if external_id is not None:
            asked["ExternalId"] = external_id

        def ask(call: Callable[..., dict[str, Any]]) -> dict[str, str]:
            try:
                return _metadata(call("sts", "AssumeRole", asked, needs="Credentials"))
            except ClientError as error:
                explain_denied_role(error, role_arn, external_id, lambda: str(self.identity(sts)["Arn"]))
                raise

        data = ask(sts.call)
        return RefreshableCredentials(
            data["access_key"],
            data["secret_key"],
            data["token"],
            datetime.fromisoformat(data["expiry_time"]),
            lambda: ask(self.sts.once),  # once: whoever makes the call that needs them tries again
            "assume-role",
            time_fetcher=lambda: now(),
        )


def _metadata(answer: dict[str, Any]) -> dict[str, str]:
    """Return credentials as botocore takes them from whoever refreshes them."""
    credentials = answer["Credentials"]
    return {
        "access_key": credentials["AccessKeyId"],
        "secret_key": credentials["SecretAccessKey"],
        "token": credentials["SessionToken"],
        "expiry_time": credentials["Expiration"].isoformat(),
    }


class _Memory:
    """What this process remembers: its own credentials, by where they come from."""

    def __init__(self) -> None:
        self.forget()
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Make a new lock."""
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Forget everything."""
        self._of_default: WeakKeyDictionary[boto3.Session, dict[Hashable, _Base]] = WeakKeyDictionary()
        self._bases: dict[Hashable, _Base] = {}

    def base(self, location: Location) -> _Base:
        """Return the credentials that a location starts from.

        Raises:
            BotoCoreError: The profile is not there, or no region is.
        """
        default = boto3.DEFAULT_SESSION if location.profile is None else None
        with self._lock:
            bases = self._bases if default is None else self._of_default.setdefault(default, {})
            key = location.profile, location.endpoint_url, None if default else _sources()
            if key not in bases:
                session = default or boto3.Session(profile_name=location.profile)
                bases[key] = _Base(session, location.endpoint_url, _region_of_sts(session, location))
            return bases[key]


_MEMORY = _Memory()


def _sources() -> int:
    """Return a number that changes when a variable or a file of AWS does: then the credentials may be other ones."""
    variables = tuple(sorted(item for item in os.environ.items() if item[0].startswith("AWS_")))
    files = (
        os.environ.get("AWS_CONFIG_FILE", "~/.aws/config"),
        os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    )
    return hash((variables, *(_changed(os.path.expanduser(file)) for file in files)))


def _changed(file: str) -> int:
    """Return when a file was changed; 0 if it is not there."""
    try:
        return os.stat(file).st_mtime_ns
    except OSError:
        return 0


def _region_of_sts(session: boto3.Session, location: Location) -> str:
    """Return the region in which roles are assumed: that of the caller, or one that each account has.

    Credentials of a regional endpoint are valid in all regions, also in those that an account has to enable:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html

    Raises:
        NoRegionError: botocore's own error: neither the session nor the location has one.
    """
    region = session.region_name or location.region
    if not region:
        raise NoRegionError
    partition = partition_of(location.region or region).name
    if session.region_name and partition_of(session.region_name).name == partition:
        return session.region_name
    return _ALWAYS_ENABLED.get(partition, region)


def session_of(
    location: Location,
    *,
    retry: RetryPolicy | None = None,
    seconds: float | None = None,
    on_wait: OnWait | None = None,
) -> LocatedSession:
    """Return a session of a location, of which the account is checked. It is made anew, its credentials are shared.

    A role is assumed once in a process, and its credentials refresh themselves. Without a role, and with an account,
    AWS is asked once whose the credentials are. So there is one call of STS for each account.

    Args:
        location: The account, the region, and how to get there.
        retry: How long to try.
        seconds: The time for it.
        on_wait: Called on this thread with a ``Wait`` before a wait.

    Raises:
        SpecError: The credentials are of another account.
        ClientError: botocore's own error: the role cannot be assumed; its notes have the statements that are missing.
        BotoCoreError: botocore's own error: there are no credentials, the profile is not there, or it has to log in.
            Notes say how.
        DeadlineError: The time is over.
    """
    try:
        base = _MEMORY.base(location)
        sts = base.sts.telling(on_wait)
        sts.retry = retry or sts.retry
        if seconds is not None:
            sts = sts.within(seconds)
        return _located(base, sts, location)
    except (BotoCoreError, ClientError) as error:
        explain(error, location)
        raise


def _located(base: _Base, sts: Aws, location: Location) -> LocatedSession:
    region = location.region or base.session.region_name
    role, account, credentials = location.role(sts.partition.name), location.account, None
    if role is not None:
        credentials = base.assumed(sts, role, location.external_id)
    elif account is not None:
        actual = base.identity(sts)["Account"]
        if actual != account:
            source = f"profile {location.profile!r}" if location.profile else "the default session"
            raise SpecError(f"account: expected {account}, and the credentials of {source} are of account {actual}")
    return LocatedSession(
        base.session, credentials, region=region, endpoint_url=location.endpoint_url, account=account or ""
    )


def forget() -> None:
    """Forget the credentials of this process: the next session reads profiles, and assumes roles, anew."""
    _MEMORY.forget()
