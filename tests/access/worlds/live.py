"""A world put into ministack, which asks its IAM about every call, and the calls of users and sessions in it.

The identities are made once, in an account of their own. Their policies, tags, groups and boundaries, and the policy of
the repository, are those of the world that is asked about.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from ecrops.testing.emulator.evaluator.statements import TOKEN

from ..asking import Caller
from ..ministack import client
from .pools import ACCOUNT, GROUPS, IDS, REPOSITORIES, ROLES, SESSIONS, USERS

JSON = dict[str, Any]
HERE = "210987654321"
"""The account of the worlds in ministack."""
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)
NOTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:s3:::none"}]}
)


def elsewhere(text: str) -> str:
    """An ARN, or more of a world, in ministack's account."""
    return text.replace(ACCOUNT, HERE)


class Live:
    """An account of ministack with the identities of the worlds."""

    def __init__(self, url: str) -> None:
        """Make the identities, and a session of each that the worlds name."""
        self.iam, self.ecr, sts = (client(service, HERE) for service in ("iam", "ecr", "sts"))
        self.callers: dict[str, Caller] = {}
        self._ids: dict[str, str] = {}
        self._managed: dict[tuple[str, str], str] = {}
        self._given: dict[tuple[str, str], JSON] = {}
        for name in GROUPS:
            self.iam.create_group(GroupName=name)
        for name, path in USERS.items():
            user = self.iam.create_user(UserName=name, Path=path)["User"]
            arn, self._ids[IDS[name]] = user["Arn"], user["UserId"]
            key = self.iam.create_access_key(UserName=name)["AccessKey"]
            self.callers[arn] = Caller(url, key["AccessKeyId"], key["SecretAccessKey"])
        for name, path in ROLES.items():
            role = self.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST)["Role"]
            self._ids[IDS[name]] = role["RoleId"]
        for session in map(elsewhere, SESSIONS):
            _, of_role, name = session.split(":")[5].split("/")
            arn = self.iam.get_role(RoleName=of_role)["Role"]["Arn"]
            lent = sts.assume_role(RoleArn=arn, RoleSessionName=name)["Credentials"]
            self.callers[session] = Caller(url, lent["AccessKeyId"], lent["SecretAccessKey"], lent["SessionToken"])
        for name in REPOSITORIES:
            self.ecr.create_repository(repositoryName=name)

    def placed(self, world: JSON) -> JSON:
        """A world in ministack's account, with the unique ids that the identities have there."""
        text = elsewhere(json.dumps(world))
        for ours, theirs in self._ids.items():
            text = text.replace(ours, theirs)
        found: JSON = json.loads(text)
        return found

    def put(self, world: JSON) -> None:
        """Give all identities, and the repository, what a world says that they have, and they have not."""
        details, repository = world["details"], world["repository"]
        managed = {policy["Arn"]: self._arn_of(policy) for policy in details["Policies"]}
        for kind in ("User", "Role", "Group"):
            for identity in details[f"{kind}DetailList"]:
                wanted: JSON = json.loads(json.dumps(identity))
                for policy in wanted["AttachedManagedPolicies"]:
                    policy["PolicyArn"] = managed[policy["PolicyArn"]]
                if bound := wanted.get("PermissionsBoundary"):
                    bound["PermissionsBoundaryArn"] = managed[bound["PermissionsBoundaryArn"]]
                if self._given.get((kind, wanted[f"{kind}Name"])) != wanted:
                    self._give(kind, wanted)
                    self._given[kind, wanted[f"{kind}Name"]] = wanted
        at = {"repositoryName": repository["name"]}
        with contextlib.suppress(self.ecr.exceptions.RepositoryPolicyNotFoundException):
            self.ecr.delete_repository_policy(**at)
        if repository["policy"]:
            self.ecr.set_repository_policy(**at, policyText=json.dumps(repository["policy"]))

    def _arn_of(self, policy: JSON) -> str:
        """A managed policy with the document that is in force, made if there is none with it yet."""
        (document,) = (version["Document"] for version in policy["PolicyVersionList"] if version["IsDefaultVersion"])
        key = policy["PolicyName"], json.dumps(document) if document["Statement"] else NOTHING
        if key not in self._managed:
            name = f"{policy['PolicyName']}-{len(self._managed)}"
            made = self.iam.create_policy(PolicyName=name, PolicyDocument=key[1])
            self._managed[key] = made["Policy"]["Arn"]
        return self._managed[key]

    def _give(self, kind: str, identity: JSON) -> None:
        name, word = identity[f"{kind}Name"], kind.lower()
        who = {f"{kind}Name": name}
        with contextlib.suppress(ClientError):
            getattr(self.iam, f"delete_{word}_policy")(**who, PolicyName="inline")
        for policy in identity[f"{kind}PolicyList"]:
            if policy["PolicyDocument"]["Statement"]:
                text = json.dumps(policy["PolicyDocument"])
                getattr(self.iam, f"put_{word}_policy")(**who, PolicyName=policy["PolicyName"], PolicyDocument=text)
        attached = getattr(self.iam, f"list_attached_{word}_policies")(**who)["AttachedPolicies"]
        for policy in attached:
            getattr(self.iam, f"detach_{word}_policy")(**who, PolicyArn=policy["PolicyArn"])
        for policy in identity["AttachedManagedPolicies"]:
            getattr(self.iam, f"attach_{word}_policy")(**who, PolicyArn=policy["PolicyArn"])
        if kind != "Group":
            self._of_identity(word, who, identity)

    def _of_identity(self, word: str, who: dict[str, str], identity: JSON) -> None:
        getattr(self.iam, f"untag_{word}")(**who, TagKeys=["Repo"])
        if identity["Tags"]:
            getattr(self.iam, f"tag_{word}")(**who, Tags=identity["Tags"])
        with contextlib.suppress(ClientError):
            getattr(self.iam, f"delete_{word}_permissions_boundary")(**who)
        if bound := identity.get("PermissionsBoundary"):
            arn = bound["PermissionsBoundaryArn"]
            getattr(self.iam, f"put_{word}_permissions_boundary")(**who, PermissionsBoundary=arn)
        for group in GROUPS if word == "user" else ():
            with contextlib.suppress(ClientError):
                self.iam.remove_user_from_group(GroupName=group, **who)
            if group in identity["GroupList"]:
                self.iam.add_user_to_group(GroupName=group, **who)

    def answers(self, world: JSON, action: str) -> Iterator[tuple[str, bool]]:
        """Yield whether each user and session may do something, as the answers to calls tell. A token is of nothing."""
        name = None if action == TOKEN else world["repository"]["name"]
        for arn, caller in self.callers.items():
            yield arn, action in caller.allowed(name, [action])
