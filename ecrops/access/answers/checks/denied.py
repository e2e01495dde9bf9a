"""Messages of AWS, and of what pulls and pushes, that say that access was denied: who, what, and which reason. Pure.

Called by ``explain_denied``. It takes a message out of a log: with escapes of JSON, colours of a terminal, and lines
that were broken. A message that names nobody is refused, with what it means, and what to ask instead. A text of any
length takes as many steps as it is long.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html (how AWS words a reason),
https://github.com/aws/amazon-ecs-agent (what Docker makes of it: ``pull access denied for …: denied: User: …``),
https://docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors-docker.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ecrops.errors import SpecError

LAMBDA = "lambda.amazonaws.com"
_MARK = "is not authorized to perform"
_WINDOW = 2_500
"""The characters before and behind the mark that belong to a message: an ARN has up to 2,048."""
_MOST = 100
"""How many messages of a text are looked at."""
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]?|\\+[nrt\"']?")
_MEMBERS = re.compile(
    r"[\s:]*(?P<action>[A-Za-z0-9-]+:[A-Za-z0-9*?]+)"
    r"(?:[\s.,]+on(?: the)? resources?[\s:\"'`]*(?P<resource>\*|arn:[^\s\"'<>]+))?"
)
_POLICIES = {
    "identity-based policy": "identity policy",
    "resource-based policy": "resource policy",
    "permissions boundary": "permissions boundary",
    "service control policy": "service control policy",
    "resource control policy": "resource control policy",
    "session policy": "session policy",
    "vpc endpoint policy": "VPC endpoint policy",
    "role trust policy": "trust policy of a role",
}
UNSEEN = ("service control policy", "resource control policy", "session policy", "VPC endpoint policy")
"""The policies that ecrops does not read."""
_KINDS = "|".join(_POLICIES)
_REASON = re.compile(
    rf"because no (?P<none>{_KINDS}) allows|with an explicit deny in (?:an? |the )?(?P<deny>{_KINDS})|explicit deny"
)
_POLICY = re.compile(r"[\s:]*(arn:[^\s\"']+)")
_WAY_OUT = "ask about it by its name: repo.can(Role('nodes'), 'pull')"
# What the messages say that name nobody, the more telling one first, and what they mean
_NAMELESS = (
    (
        "no basic auth credentials",
        "the client sent no token to log in, so AWS judged nobody: log in first (registry.docker_login()), and see "
        "that what pulls uses it; a kubelet uses its credential provider, and the role of its node",
    ),
    (
        "authorization token has expired",
        "the token to log in is older than 12 hours, so AWS judged nobody: log in again (registry.docker_login())",
    ),
    (
        "does not exist in the registry with id",
        "there is no such repository in that account and region: see its name, and whose registry the URI is of",
    ),
    (
        "name unknown",
        "there is no such repository in that account and region: see its name, and whose registry the URI is of",
    ),
    (
        "requested access to the resource is denied",
        "the client was refused, or pulls from another registry than this one, and it does not say as whom: see the "
        f"host in the name of the image, and {_WAY_OUT}",
    ),
    (
        "repository does not exist or may require",
        "Docker says this of every refusal: what AWS answered stands behind 'denied:', and this text has not got it; "
        f"if it names nobody, {_WAY_OUT}",
    ),
    ("403 forbidden", f"the registry refused, and does not say whom: find out which role pulls, and {_WAY_OUT}"),
    (
        "401 unauthorized",
        "the token to log in is missing, or is of another region or account, so AWS judged nobody: log in to this "
        "registry (registry.docker_login())",
    ),
    ("authentication required", "the client sent no token to log in, so AWS judged nobody: registry.docker_login()"),
    ("accessdenied", f"it does not say who was denied what: {_WAY_OUT}"),
)
_OF_LAMBDA = (
    "lambda does not have permission to access the ecr image",
    "the function does not have permission to access the specified image",
)


@dataclass(frozen=True, slots=True)
class Denial:
    """One message.

    Args:
        principal: The ARN of who was denied; or a service.
        action: The action; or a verb.
        resource: The ARN of what it was on, ``*``, or empty if the message does not tell.
        policy: The kind of policy that AWS named; empty if it named none.
        is_explicit: Whether a statement denied it, and not that none allowed it; ``None`` if the message does not tell.
        policy_arn: The ARN of the policy, if AWS named it.
    """

    principal: str
    action: str
    resource: str = ""
    policy: str = ""
    is_explicit: bool | None = None
    policy_arn: str = ""

    @property
    def is_unseen(self) -> bool:
        """Whether AWS named a kind of policy that ecrops does not read."""
        return self.policy in UNSEEN

    def __str__(self) -> str:
        if self.is_explicit is None:
            return "AWS named no policy as the reason"
        if not self.is_explicit:
            return f"AWS named as the reason that no {self.policy} allows {self.action}"
        arn = f", {self.policy_arn}" if self.policy_arn else ""
        what = f"in a {self.policy}{arn}" if self.policy != "identity policy" else f"in an {self.policy}{arn}"
        return f"AWS named as the reason an explicit deny{f' {what}' if self.policy else ''}"


def denials_in(text: object) -> list[Denial]:
    """Return the messages of a text in which AWS names who was denied which action, each once.

    Args:
        text: The text, such as the lines of a log.

    Raises:
        SpecError: It has none, or it names nobody; with what it means, and what to do.
    """
    if not isinstance(text, str):
        raise SpecError(f"expected the text of a message that denies access, got {type(text).__name__}")
    plain = " ".join(_ESCAPES.sub(" ", text).split())
    lower = _lower(plain)
    found = list(dict.fromkeys(_found(plain, lower)))
    if found:
        return found
    if any(message in lower for message in _OF_LAMBDA):
        return [Denial(LAMBDA, "pull")]
    if _MARK in lower:
        raise SpecError(
            "the text does not name a user, a role or a session by its whole ARN, and an action, as AWS does: "
            f"'User: arn:aws:… is not authorized to perform: ecr:…'; if it was cut, {_WAY_OUT}"
        )
    for words, meaning in _NAMELESS:
        if words in lower:
            raise SpecError(f"{words!r} names nobody: {meaning}")
    raise SpecError(
        "expected a message that denies access, such as 'User: arn:aws:… is not authorized to perform: ecr:…', got "
        f"{_start(plain)}"
    )


def _lower(text: str) -> str:
    """Return a text in lower case, of the same length: some letters of Unicode have two in lower case."""
    return text.lower() if text.isascii() else "".join(char.lower() if char.isascii() else char for char in text)


def _found(text: str, lower: str) -> Iterator[Denial]:
    """Yield the whole messages."""
    end = 0
    for _ in range(_MOST):
        start = lower.find(_MARK, end)
        if start < 0:
            return
        before, end = text[max(end, start - _WINDOW) : start], start + len(_MARK)
        following = lower.find(_MARK, end, end + _WINDOW)
        behind = text[end : following if following >= 0 else end + _WINDOW]
        principal = _principal(before)
        members = _MEMBERS.match(behind)
        if principal and members:
            resource = (members["resource"] or "").rstrip(".,;:)]}>")
            yield _denial(principal, members["action"], resource, behind[members.end() :])


def _principal(before: str) -> str:
    """Return the last ARN before the mark; empty if what stands there is none."""
    words = before.split()
    word = words[-1].strip("\"'`(<>,;") if words else ""
    return word if word.startswith("arn:") else ""


def _denial(principal: str, action: str, resource: str, behind: str) -> Denial:
    reason = _REASON.search(_lower(behind))
    if reason is None:
        return Denial(principal, action, resource)
    policy = _POLICIES.get(reason["none"] or reason["deny"] or "", "")
    arn = _POLICY.match(behind, reason.end()) if reason["deny"] else None
    named = arn[1].rstrip(".,;:)]}>") if arn else ""
    return Denial(principal, action, resource, policy, reason["none"] is None, named)


def _start(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:100]}…")
