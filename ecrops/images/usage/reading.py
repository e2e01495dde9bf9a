"""Reading which images run: in ECS, in Lambda, and what the user knows besides.

Called by users, as ``ecrops.images.in_use``. It only reads. A part that may not be read is an error: protection that
lacks a part would delete what runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from ecrops.aws import DENIED, Aws, ClientError, RetryPolicy, code_of
from ecrops.base.problems import Problems, check_function
from ecrops.engine.account import Account
from ecrops.errors import SpecError
from ecrops.images.usage import ecs, functions
from ecrops.images.usage.mentions import Mention, joined
from ecrops.images.usage.references import FORMS, parse
from ecrops.images.usage.uses import InUse

if TYPE_CHECKING:
    import boto3

    from ecrops.base.waits import OnWait

WORKERS = 20


class Reader(NamedTuple):
    """What reads a service that runs images.

    Args:
        option: The option of ``in_use`` that leaves it out.
        service: Its name.
        read: Yields the images that it uses.
    """

    option: str
    service: str
    read: Callable[[Aws], Iterator[Mention]]


READERS = (Reader("ecs", "ECS", ecs.read), Reader("lambda_", "Lambda", functions.read))


def in_use(
    *sessions: boto3.Session | Account,
    ecs: bool = True,
    lambda_: bool = True,
    extra: InUse | Iterable[str | InUse] = (),
    retry: RetryPolicy | None = None,
    on_wait: OnWait | None = None,
) -> InUse:
    """Read which images are used, each with what uses it. Changes nothing.

    In ECS: what running tasks, the current revisions of services, and the newest revision of every active family of
    task definitions use, and every task definition that a service names. In Lambda: the image of every version of
    every function. A tag protects whatever image has it when the protection is asked for. What uses images in other
    accounts and regions is unseen unless a session is given for each.

    Args:
        sessions: Sessions of boto3, or registries: one for each account and region to look in. Without one, boto3's
            default session.
        ecs: Whether to read ECS.
        lambda_: Whether to read Lambda.
        extra: Images besides: ``HOST/NAME:TAG``, ``HOST/NAME@sha256:…``, digests, or what ``from_kubernetes`` returns.
        retry: How long calls are repeated; a registry has its own.
        on_wait: Called on this thread with every wait, before it; a registry has its own without it.

    Raises:
        SpecError: Something is no session, or no image; or there is nothing to read.
        ClientError: botocore's own error. A note names the permission that is missing, and the way to leave a part out.

    Example:
        ``repo.delete_images(untagged=True, never=in_use(prod_session, staging_session))``
    """
    check_function("on_wait", on_wait, "wait")
    for name, value in (("ecs", ecs), ("lambda_", lambda_)):
        if not isinstance(value, bool):
            raise SpecError(f"{name}: expected True or False, got {value!r}")
    besides = _extra(extra)
    readers = [reader for reader, is_wanted in zip(READERS, (ecs, lambda_), strict=True) if is_wanted]
    accounts = [_account(session, retry, on_wait) for session in sessions or (None,)] if readers else []
    if not readers and sessions:
        raise SpecError("nothing is read of a session with ecs=False and lambda_=False: leave the sessions out")
    return reduce(or_, [*_read(accounts, readers), *besides], InUse())


def _account(session: object, retry: RetryPolicy | None, on_wait: OnWait | None) -> Aws:
    if isinstance(session, Account):
        return session.aws if on_wait is None else session.aws.telling(on_wait)
    aws = Aws(session, WORKERS, RetryPolicy() if retry is None else retry)  # type: ignore[arg-type]
    return aws.telling(on_wait)


def _extra(extra: object) -> list[InUse]:
    problems = Problems()
    entries = [extra] if isinstance(extra, str | InUse) else extra
    if not isinstance(entries, Iterable) or isinstance(entries, bytes):
        raise SpecError(f"extra: expected images, {FORMS}, got {extra!r}")
    uses = problems.each(
        "extra", entries, lambda entry: entry if isinstance(entry, InUse) else InUse([str(parse(entry))])
    )
    problems.raise_any()
    return uses


def _read(accounts: list[Aws], readers: list[Reader]) -> list[InUse]:
    """Read each part of each account, all in parallel. The first error stops all."""
    jobs = [(account.stoppable(), reader) for account in accounts for reader in readers]
    if not jobs:
        return []
    for account, reader in jobs:
        account.client("lambda" if reader.option == "lambda_" else reader.option)
        account.client("sts")

    def stop() -> None:
        for account, _ in jobs:
            account.stop()

    return jobs[0][0].map(lambda job: _read_one(*job), jobs, stop)


def _read_one(aws: Aws, reader: Reader) -> InUse:
    try:
        images = list(reader.read(aws))
    except ClientError as error:
        if code_of(error) in DENIED:
            error.add_note(
                f"without it nobody knows which images {reader.service} uses, and none of them would be protected: "
                f"allow it, or leave {reader.service} out with {reader.option}=False"
            )
        raise
    return joined(images, f"{reader.service} of account {aws.account_id} in {aws.region}")
