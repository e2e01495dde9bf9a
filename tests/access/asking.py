"""Asking ministack what somebody may do: through its API, and of its evaluator of IAM.

Its API asks IAM about the action that a call names and the ``repositoryName`` in it, before it looks whether it knows
such a call. So every action of ECR can be asked about, those too that ministack does not implement or that name their
repository in another way. What it does not do is to take a call from one account to another, or ``ecr-public``: there
its evaluator is given the documents that ecrops wrote.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .ministack import ACCOUNT, PYTHON, REGION, client

TARGET = "AmazonEC2ContainerRegistry_V20150921"
PERMISSION_ONLY = ("BatchImportUpstreamImage", "GetImageCopyStatus", "ReplicateImage")
LET_THROUGH = re.compile(r"InvalidAction|InvalidParameterException|\w+NotFoundException|\w+AlreadyExistsException")
GRANTED, OTHER = "granted", "team/other"


def _actions(service: str) -> list[str]:
    return [f"{service}:{name}" for name in botocore.session.get_session().get_service_model(service).operation_names]


ECR = [*_actions("ecr"), *(f"ecr:{name}" for name in PERMISSION_ONLY)]
ACTIONS = [*ECR, *_actions("ecr-public"), "sts:GetServiceBearerToken", "sts:AssumeRole", "iam:PassRole"]


def arn(name: str, account: str = ACCOUNT, region: str = REGION) -> str:
    """The ARN of a repository."""
    return f"arn:aws:ecr:{region}:{account}:repository/{name}"


RESOURCES = {
    GRANTED: arn(GRANTED),
    OTHER: arn(OTHER),
    "longer": arn(f"{GRANTED}-too"),
    "region": arn(GRANTED, region="us-east-1"),
    "account": arn(GRANTED, account="444455556666"),
    "*": "*",
}


def within(here: set[str], everywhere: set[str], name: str = GRANTED) -> dict[str, set[str]]:
    """Actions on a repository, and those on all that is of its account, as ``Evaluator.allowed`` tells them."""
    found = {label: here | everywhere if label == name else everywhere for label in RESOURCES if label != "account"}
    return {label: actions for label, actions in found.items() if actions}


class Caller:
    """Somebody with credentials for ministack."""

    def __init__(self, url: str, *credentials: str) -> None:
        """Credentials are a key, its secret and perhaps a token."""
        self.ecr = client("ecr", *credentials)
        self._url = url
        self._signer = SigV4Auth(Credentials(*credentials), "ecr", REGION)

    def allowed(self, name: str | None, actions: Sequence[str] = ECR) -> set[str]:
        """The actions on a repository that are not denied, as the answers to calls of all of them tell."""
        body = json.dumps({"repositoryName": name} if name else {}).encode()
        with contextlib.closing(http.client.HTTPConnection(urlsplit(self._url).netloc, timeout=20)) as connection:
            return {action for action in actions if self._lets_through(connection, action, body)}

    def _lets_through(self, connection: http.client.HTTPConnection, action: str, body: bytes) -> bool:
        target = f"{TARGET}.{action.removeprefix('ecr:')}"
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        request = AWSRequest("POST", f"{self._url}/", data=body, headers=headers)
        self._signer.add_auth(request)
        connection.request("POST", "/", body, dict(request.headers.items()))
        answer = connection.getresponse()
        said = answer.read()
        if answer.status == 200:
            return True
        code: str = json.loads(said)["__type"]
        assert code == "AccessDeniedException" or LET_THROUGH.fullmatch(code), said
        return code != "AccessDeniedException"


def caller(url: str, kind: str) -> Caller:
    """A user, a role or a group, made with its name; the caller is it, or in it."""
    iam = client("iam")
    if kind == "role":
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName="nodes", AssumeRolePolicyDocument=document)["Role"]
        lent = client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
        return Caller(url, lent["AccessKeyId"], lent["SecretAccessKey"], lent["SessionToken"])
    user = f"{kind}-user"
    iam.create_user(UserName=user)
    if kind == "group":
        iam.create_group(GroupName="devs")
        iam.add_user_to_group(GroupName="devs", UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return Caller(url, key["AccessKeyId"], key["SecretAccessKey"])


def documents(kind: str, name: str, account: str = ACCOUNT) -> list[Any]:
    """The policies that a user, a role or a group has: those inside it, and those attached to it."""
    iam, who = client("iam", account), {f"{kind.title()}Name": name}
    inline = getattr(iam, f"list_{kind}_policies")(**who)["PolicyNames"]
    found = [getattr(iam, f"get_{kind}_policy")(**who, PolicyName=each)["PolicyDocument"] for each in inline]
    for each in getattr(iam, f"list_attached_{kind}_policies")(**who)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=each["PolicyArn"])["Policy"]["DefaultVersionId"]
        policy = iam.get_policy_version(PolicyArn=each["PolicyArn"], VersionId=version)
        found.append(policy["PolicyVersion"]["Document"])
    return found


def policies() -> dict[str, str]:
    """The policies of the repositories that have one."""
    ecr, found = client("ecr"), {}
    for name in (GRANTED, OTHER):
        with contextlib.suppress(ecr.exceptions.RepositoryPolicyNotFoundException):
            found[name] = ecr.get_repository_policy(repositoryName=name)["policyText"]
    return found


def forget(account: str = ACCOUNT) -> None:
    """Take every policy away, so that a test which fails leaves nothing to the next."""
    iam, ecr = client("iam", account), client("ecr", account)
    for kind, names in (("user", "Users"), ("role", "Roles"), ("group", "Groups")):
        for each in getattr(iam, f"list_{kind}s")()[names]:
            who = {f"{kind.title()}Name": each[f"{kind.title()}Name"]}
            for policy in getattr(iam, f"list_{kind}_policies")(**who)["PolicyNames"]:
                getattr(iam, f"delete_{kind}_policy")(**who, PolicyName=policy)
            for policy in getattr(iam, f"list_attached_{kind}_policies")(**who)["AttachedPolicies"]:
                getattr(iam, f"detach_{kind}_policy")(**who, PolicyArn=policy["PolicyArn"])
    for name in policies() if account == ACCOUNT else ():
        ecr.delete_repository_policy(repositoryName=name)


class Evaluator:
    """ministack's evaluator of IAM, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def allowed(
        self,
        who: str,
        identity: Sequence[Any] = (),
        policies: Mapping[str, str] | None = None,
        *,
        service: bool = False,
        **keys: str,
    ) -> dict[str, set[str]]:
        """Of all actions on all resources, those that are allowed, by resource.

        Args:
            who: An ARN, or the name of a service.
            identity: The documents on the side of who calls.
            policies: Those of repositories.
            service: Whether the caller is a service.
            keys: What the request says of itself, such as ``aws_SourceArn``.
        """
        case = {
            "caller": who,
            "kind": "AssumedRole" if ":assumed-role/" in who else "User",
            "service": service,
            "identity": identity,
            "policies": policies or {},
            "keys": {key.replace("_", ":", 1): value for key, value in keys.items()},
            "region": REGION,
            "resources": RESOURCES,
            "actions": ACTIONS,
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(case)}\n")
        self._process.stdin.flush()
        found: dict[str, set[str]] = {}
        for label, action in json.loads(self._process.stdout.readline()):
            found.setdefault(label, set()).add(action)
        return found


@contextlib.contextmanager
def evaluating() -> Iterator[Evaluator]:
    """An evaluator, as long as it is needed."""
    script = Path(__file__).with_name("evaluator.py")
    command = [PYTHON, "-I", str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ran:
        yield Evaluator(ran)
        assert ran.stdin
        ran.stdin.close()
        ran.wait(timeout=20)
