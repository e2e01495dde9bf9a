"""The names, actions, keys and values of random worlds: few, so that statements often apply."""

from __future__ import annotations

ACCOUNT, OTHER, THIRD = "123456789012", "444455556666", "999988887777"
REGION, PARTITION, NOW = "eu-west-1", "aws", "2026-11-29T12:00:00Z"
REPOSITORIES = ("app", "team/app")


def iam(name: str, account: str = ACCOUNT) -> str:
    """The ARN of a user, a role, a policy or the root user."""
    return f"arn:aws:iam::{account}:{name}"


def sts(name: str, account: str = ACCOUNT) -> str:
    """The ARN of a session."""
    return f"arn:aws:sts::{account}:{name}"


USERS = {"ci": "/", "dev": "/team/"}
ROLES = {"nodes": "/team/", "build": "/"}
GROUPS = ("devs", "ops")
USER_ARNS = {name: iam(f"user{path}{name}") for name, path in USERS.items()}
ROLE_ARNS = {name: iam(f"role{path}{name}") for name, path in ROLES.items()}
IDS = {
    "ci": "AIDACIAAAAAAAAAAAAAAA",
    "dev": "AIDADEVAAAAAAAAAAAAAA",
    "nodes": "AROANODESAAAAAAAAAAAA",
    "build": "AROABUILDAAAAAAAAAAAA",
    "bob": "AIDABOBAAAAAAAAAAAAAA",
    "worker": "AROAWORKERAAAAAAAAAAA",
}
GONE = ("AIDAGONEAAAAAAAAAAAAA", "AROAGONEAAAAAAAAAAAAA")
SESSIONS = (sts("assumed-role/nodes/i-1"), sts("assumed-role/nodes/i-2"), sts("assumed-role/build/i-1"))
SERVICES = ("lambda.amazonaws.com", "codebuild.amazonaws.com")
THEIR_USERS, THEIR_ROLES = {"bob": "/"}, {"worker": "/app/"}
THEIRS = (iam("user/bob", OTHER), iam("role/app/worker", OTHER), iam("root", OTHER))
THEIR_SESSION = sts("assumed-role/worker/i-9", OTHER)
CALLERS = (*USER_ARNS.values(), *ROLE_ARNS.values(), *SESSIONS[:2], iam("root"), *SERVICES, *THEIRS, THEIR_SESSION)
"""Who asks in every world."""

PRINCIPALS = (
    USER_ARNS["ci"], ROLE_ARNS["nodes"], SESSIONS[0], "*", iam("root"), ACCOUNT, USER_ARNS["dev"], ROLE_ARNS["build"],
    SESSIONS[2], IDS["ci"], IDS["nodes"], *GONE, *THEIRS, OTHER, THEIR_SESSION, iam("root", THIRD),
    iam("role/nodes"), sts("federated-user/ci"), iam("group/devs"),
)  # fmt: skip

ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:PutImage", "ecr:GetAuthorizationToken")
ACTION_PATTERNS = (
    "ecr:BatchGetImage", "ecr:*", "*", "ecr:Batch*", "ECR:batchgetimage", "ecr:Get*", "ecr:?etDownload*Layer",
    "ecr:PutImage", "ecr:GetAuthorizationToken", "s3:*", "ecr:*Image", "ecr:PutImag",
)  # fmt: skip

BASE = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository"
RESOURCE_PATTERNS = (
    "*", f"{BASE}/app", f"{BASE}/*", "arn:aws:ecr:*:*:repository/team/*", f"{BASE}/?pp", f"{BASE}/APP",
    "arn:aws:s3:::*", "**", f"{BASE}/${{aws:PrincipalTag/repo}}", f"{BASE}/${{aws:PrincipalTag/none, 'app'}}",
    f"{BASE}/${{aws:PrincipalTag/none}}", f"{BASE}/${{x:color}}", f"{BASE}/${{aws:TagKeys}}", f"{BASE}/${{*}}",
    "arn:aws:ecr:*:${aws:PrincipalAccount}:repository/*",
)  # fmt: skip

NAMES = (
    "app",
    "team/app",
    "APP",
    "a*",
    "*",
    "?pp",
    "${aws:PrincipalTag/repo}",
    "${x:color}",
    "${*}",
    "${aws:PrincipalTag/none, 'app'}",
)
OF_KEYS: dict[str, tuple[str, ...]] = {
    "aws:PrincipalArn": (
        USER_ARNS["ci"], ROLE_ARNS["nodes"], iam("role/*"), iam("user/*"), SESSIONS[0], "*", iam("*", OTHER),
        iam("root"), "arn:*:iam::*:*/team/*", "${aws:PrincipalArn}", "arn:aws:iam::${aws:PrincipalAccount}:role/team/*",
    ),
    "aws:PrincipalTag/repo": NAMES,
    "AWS:principaltag/None": NAMES,
    "aws:username": ("ci", "dev", "c?", "CI", "${aws:username}", "*"),
    "aws:userid": (IDS["ci"], f"{IDS['nodes']}:i-1", f"{IDS['nodes']}:*", ACCOUNT, "${aws:userid}"),
    "aws:PrincipalType": ("User", "AssumedRole", "Account", "user"),
    "aws:PrincipalAccount": (ACCOUNT, OTHER, "1234*", "${aws:ResourceAccount}"),
    "aws:PrincipalIsAWSService": ("true", "false", "FALSE"),
    "aws:PrincipalServiceName": (SERVICES[0], "*.amazonaws.com"),
    "aws:PrincipalOrgID": ("o-1234567890", "o-*"),
    "aws:ResourceAccount": (ACCOUNT, OTHER, "${aws:PrincipalAccount}"),
    "ecr:ResourceTag/env": ("prod", "dev", "PROD", "${x:color}", "p*"),
    "aws:ResourceTag/ENV": ("prod", "dev"),
    "aws:ResourceTag/none": ("prod",),
    "aws:RequestedRegion": (REGION, "us-east-1", "eu-*", "EU-WEST-1"),
    "aws:SecureTransport": ("true", "false", "True", "yes"),
    "aws:ViaAWSService": ("true", "false"),
    "aws:CalledVia": SERVICES,
    "aws:SourceArn": ("arn:aws:lambda:eu-west-1:123456789012:function:*", "arn:aws:lambda:*:4444*:function:f", "*"),
    "aws:SourceAccount": (ACCOUNT, OTHER, "${aws:ResourceAccount}"),
    "aws:CurrentTime": (
        NOW, "2026-11-29T13:00:00+01:00", "2027-01-01", "2020-01-01T00:00Z", "1795953600", "2026-11", "soon",
        "2020-01-01T00:00:00.5Z",
    ),
    "aws:EpochTime": ("1795953600", "1795953601", "1500000000", "2026-11-29", "many"),
    "aws:SourceIp": (
        "203.0.113.0/24", "203.0.113.7", "2001:db8::/32", "10.0.0.0/8", "203.0.113.7/16", "0.0.0.0/0", "home",
    ),
    "aws:MultiFactorAuthPresent": ("true", "false"),
    "x:color": ("app", "red", "r?d", "*", "${x:color}", "${aws:TagKeys}"),
    "x:size": ("5", "10", "10.0", "-3", "2e3", "large"),
    "x:bytes": ("cmVk", "cmVkIQ==", "cmVk=", "red"),
    "aws:TagKeys": ("env", "team", "e*", "*", "${aws:username}"),
}  # fmt: skip
"""The keys of conditions: some every request has, some it never has, some nobody knows; and values of policies."""
TOLD: dict[str, tuple[tuple[str, ...], ...]] = {
    "aws:SourceIp": (("203.0.113.7",), ("2001:db8::1",), ("home",)),
    "aws:MultiFactorAuthPresent": (("true",), ("false",)),
    "aws:SourceArn": (
        ("arn:aws:lambda:eu-west-1:123456789012:function:f",),
        ("arn:aws:lambda:eu-west-1:123456789012:function",),
    ),
    "aws:SourceAccount": ((ACCOUNT,), (OTHER,)),
    "aws:PrincipalTag/repo": (("team/app",), ("*",)),
    "x:color": (("red",), ("app",), ("*",), ("red", "app")),
    "X:Size": (("5",), ("10",), ("large",), ("5", "20")),
    "x:bytes": (("cmVk",), ("red",)),
    "aws:TagKeys": (("env",), ("env", "team"), ("other", "team"), ("other",)),
}
"""What a question may tell of its request."""

TEXTS = tuple(
    f"String{name}" for name in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
)
ARNS = ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")
ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
DATES, NUMBERS = tuple(f"Date{name}" for name in ORDERS), tuple(f"Numeric{name}" for name in ORDERS)
ADDRESSES = ("IpAddress", "NotIpAddress")
SUITED = {
    "aws:PrincipalArn": ARNS,
    "aws:SourceArn": ARNS,
    "aws:CurrentTime": DATES,
    "aws:EpochTime": (*DATES, *NUMBERS),
    "x:size": NUMBERS,
    "aws:SourceIp": ADDRESSES,
    "x:bytes": ("BinaryEquals",),
    **dict.fromkeys(
        ("aws:SecureTransport", "aws:ViaAWSService", "aws:PrincipalIsAWSService", "aws:MultiFactorAuthPresent"),
        ("Bool",),
    ),
}
"""The operators that suit a key, beside those of texts."""
OPERATORS = (*TEXTS, *ARNS, *DATES, *NUMBERS, *ADDRESSES, "Bool", "BinaryEquals")
