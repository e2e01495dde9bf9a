"""Policies of repositories and of IAM."""

from __future__ import annotations

import json

from ecrops.testing import Client, Cloud

from .support import refused

ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def test_a_policy_that_lets_nobody_set_another_is_forced(ecr: Client) -> None:
    ecr.create_repository(repositoryName="ab")
    statement = {"Effect": "Deny", "Principal": {"AWS": ["*"]}, "Action": "ecr:Set*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with refused("InvalidParameterException", "prevent setting another policy"):
        ecr.set_repository_policy(repositoryName="ab", policyText=text)
    ecr.set_repository_policy(repositoryName="ab", policyText=text, force=True)
    narrow = {**statement, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    ecr.set_repository_policy(repositoryName="ab", policyText=json.dumps({"Statement": [narrow]}))


def test_a_policy_of_iam_has_no_characters_beyond_latin_1(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="ci")
    for name in ("caf\u00e9", "\\u30c1"):
        text = ALLOW_ALL.replace('"*"}', f'"arn:aws:s3:::{name}"}}')
        iam.put_user_policy(UserName="ci", PolicyName="p", PolicyDocument=text)
    raw = ALLOW_ALL.replace('"*"}', '"arn:aws:s3:::\u30c1"}')
    with refused("ValidationError", "policyDocument"):
        iam.put_user_policy(UserName="ci", PolicyName="p", PolicyDocument=raw)
    with refused("ValidationError", "policyDocument"):
        iam.create_policy(PolicyName="p", PolicyDocument=raw)


def test_a_managed_policy_that_is_attached_or_has_versions_is_not_deleted(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="ci")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=ALLOW_ALL)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ci", PolicyArn=arn)
    with refused("DeleteConflict", "attached to entities", status=409):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_user_policy(UserName="ci", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW_ALL)
    with refused("DeleteConflict", "more than one version", status=409):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
