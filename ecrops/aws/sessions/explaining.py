"""What to do about an error of a location: notes that say what is missing, as documents where it is a policy.

Called by ``assuming``, and by tasks for whatever ends them. AWS's errors stay botocore's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ecrops.aws.classes import DENIED, code_of
from ecrops.aws.sessions.located import Location
from ecrops.aws.sessions.regions import is_opt_in
from ecrops.aws.sessions.trust import permission_statement, principal_of, trust_statement
from ecrops.text import printable_lines

_LOG_IN = "log in again: aws sso login{profile}"
_ADVICE: Mapping[str, str] = {
    **dict.fromkeys(("SSOTokenLoadError", "UnauthorizedSSOTokenError", "TokenRetrievalError"), _LOG_IN),
    **dict.fromkeys(
        ("LoginTokenLoadError", "LoginRefreshRequired", "LoginRefreshTokenError"), "log in again: aws login{profile}"
    ),
    "NoCredentialsError": "there are no credentials where the work runs: name a profile=, or log in there",
    "NoRegionError": "give the location a region=",
    "ProfileNotFound": "a profile has to be there where the work runs: aws configure list-profiles shows those of a "
    "machine",
}
_NOT_IN_REGION = frozenset({"UnrecognizedClientException", "InvalidClientTokenId", "RegionDisabledException"})
"""What AWS answers in a region that the account has not enabled: the credentials are not known there.

https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
"""


def explain(error: BaseException, location: Location) -> None:
    """Add to an error what to do about it, if that is known and the error does not say so yet.

    Args:
        error: What ended the work of the location.
        location: The location.
    """
    for inner in getattr(error, "exceptions", ()):
        explain(inner, location)
    if isinstance(error, BotoCoreError):
        profile = f" --profile {location.profile}" if location.profile else ""
        if text := _ADVICE.get(type(error).__name__):
            _add(error, text.format(profile=profile))
    elif isinstance(error, ClientError) and code_of(error) in _NOT_IN_REGION and is_opt_in(location.region):
        account, region = location.account or "the account", location.region
        _add(
            error,
            f"AWS answers so in a region that {account} has not enabled: aws account enable-region --region-name "
            f"{region}; aws account get-region-opt-status --region-name {region} tells",
        )


def explain_denied_role(error: ClientError, role_arn: str, external_id: str | None, caller: Callable[[], str]) -> None:
    """Add to a denied AssumeRole the statements of which one is missing. AWS does not say which.

    Args:
        error: The error.
        role_arn: The role.
        external_id: The external id that was sent, if one was.
        caller: Returns the ARN of the caller; asks AWS.
    """
    if code_of(error) not in DENIED:
        return
    try:
        arn = caller()
    except (BotoCoreError, ClientError):
        return
    role = role_arn.partition(":role/")[2]
    account = role_arn.split(":")[4]
    _add(error, f"the role has to be there: role {role} in account {account}")
    trust = trust_statement(arn, external_id)
    _add(error, f"its trust policy has to let {principal_of(arn)} in, with this statement:\n{_document(trust)}")
    if arn.split(":")[4] != account:
        own = _document(permission_statement(role_arn))
        _add(error, f"and a policy of {principal_of(arn)} has to allow it, with this statement:\n{own}")


def _document(statement: Mapping[str, Any]) -> str:
    return json.dumps(statement, indent=2)


def _add(error: BaseException, note: str) -> None:
    note = printable_lines(note)
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)
