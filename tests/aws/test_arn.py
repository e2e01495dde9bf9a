"""The form of an ARN, wherever a user gives one: its partition, its region, its account and its resource."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ecrops import Registry, RepositorySpec, SpecError, aws
from ecrops.access import ArnPrincipal, FederatedPrincipal, Group, Role, User
from ecrops.events import Target
from ecrops.testing import Cloud
from support import registry_of

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:pushes"
STREAM = "arn:aws:kinesis:eu-west-1:123456789012:stream/pushes"
Use = Callable[[Registry, str], object]


def named(principal: str, kind: str = "AWS") -> dict[str, object]:
    """A statement that names a principal."""
    return {"Effect": "Allow", "Principal": {kind: principal}, "Action": "ecr:BatchGetImage"}


def denied_but(principal: str) -> dict[str, object]:
    """A statement that names the principal it is not about."""
    return {"Effect": "Deny", "NotPrincipal": {"AWS": principal}, "Action": "ecr:BatchGetImage"}


PLACED: dict[str, tuple[Use, str]] = {
    "a repository": (
        lambda registry, arn: registry.repository(arn).uri,
        "arn:aws:ecr:eu-west-1:123456789012:repository/ab",
    ),
    "a target": (lambda _, arn: Target(arn), QUEUE),
    "a function": (lambda _, arn: Target(arn), "arn:aws:lambda:eu-west-1:123456789012:function:f"),
    "dead letters": (lambda _, arn: Target(QUEUE, dead_letter_arn=arn), QUEUE),
    "a key": (
        lambda _, arn: RepositorySpec("ab", encryption_key=arn),
        "arn:aws:kms:eu-west-1:123456789012:key/1",
    ),
    "the alias of a key": (
        lambda _, arn: RepositorySpec("ab", encryption_key=arn),
        "arn:aws:kms:eu-west-1:123456789012:alias/images",
    ),
    "functions": (
        lambda registry, arn: registry.repository("ab").grant_lambda("123456789012", function_arn_pattern=arn),
        "arn:aws:lambda:eu-west-1:123456789012:function:f*",
    ),
}
OF_IAM: dict[str, tuple[Use, str]] = {
    "a user": (lambda _, arn: User(arn), "arn:aws:iam::123456789012:user/x"),
    "a role": (lambda _, arn: Role(arn), "arn:aws:iam::123456789012:role/x"),
    "a group": (lambda _, arn: Group(arn), "arn:aws:iam::123456789012:group/x"),
    "a principal": (lambda _, arn: ArnPrincipal(arn), "arn:aws:iam::123456789012:role/x"),
    "a provider": (lambda _, arn: FederatedPrincipal(arn), "arn:aws:iam::123456789012:saml-provider/x"),
    "a principal as text": (
        lambda registry, arn: registry.repository("ab").grant_pull(arn),
        "arn:aws:iam::123456789012:root",
    ),
    "a principal of a statement": (
        lambda registry, arn: registry.repository("ab").add_to_resource_policy(named(arn)),
        "arn:aws:iam::123456789012:role/x",
    ),
    "a provider of a statement": (
        lambda registry, arn: registry.repository("ab").add_to_resource_policy(named(arn, "Federated")),
        "arn:aws:iam::123456789012:oidc-provider/example.com/id/1",
    ),
    "the session of a negated principal": (
        lambda registry, arn: registry.repository("ab").add_to_resource_policy(denied_but(arn)),
        "arn:aws:sts::123456789012:assumed-role/x/session",
    ),
    "the role of a target": (
        lambda _, arn: Target(STREAM, role_arn=arn),
        "arn:aws:iam::123456789012:role/events",
    ),
}
ALL = PLACED | OF_IAM
ACCOUNTS = ["", "12", "../..", "123456789012\n", " 123456789012", "1234567890123", "١٢٣٤٥٦٧٨٩٠١٢", "evil.example.com/x"]
REGIONS = ["", "EU-WEST-1", "eu_west_1", "eu-west", "eu-west-1\n", "../eu-west-1", "eu-west-1.evil.example.com", "١"]
PARTITIONS = ["", "AWS", "aws\n", "gcp", "aws/../x", "*"]


def refuse(cloud: Cloud, use: Use, arn: str) -> None:
    """See that an ARN is refused before any call."""
    with pytest.raises(SpecError) as caught:
        use(registry_of(cloud), arn)
    assert str(caught.value).isprintable()
    assert cloud.calls.operations() == []


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("taken", ALL)
def test_an_account_has_12_digits_in_every_arn(memory_cloud: Cloud, taken: str, account: str) -> None:
    use, arn = ALL[taken]
    refuse(memory_cloud, use, arn.replace("123456789012", account))


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("taken", PLACED)
def test_a_region_has_its_form_in_every_arn(memory_cloud: Cloud, taken: str, region: str) -> None:
    use, arn = PLACED[taken]
    refuse(memory_cloud, use, arn.replace("eu-west-1", region))


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("taken", ALL)
def test_a_partition_has_its_form_in_every_arn(memory_cloud: Cloud, taken: str, partition: str) -> None:
    use, arn = ALL[taken]
    refuse(memory_cloud, use, arn.replace("arn:aws:", f"arn:{partition}:"))


@pytest.mark.parametrize("end", ["\n", "\x1b[2K", " x", "\0", "\u2028", "\ud800"])
@pytest.mark.parametrize("taken", ALL)
def test_a_resource_has_no_blanks_and_no_control_characters(memory_cloud: Cloud, taken: str, end: str) -> None:
    use, arn = ALL[taken]
    refuse(memory_cloud, use, arn + end)


@pytest.mark.parametrize(
    ("partition", "region"),
    [("aws", "us-east-1"), ("aws", "ap-southeast-7"), ("aws-cn", "cn-northwest-1"), ("aws-us-gov", "us-gov-west-1"),
     ("aws-iso-b", "us-isob-east-1"), ("aws-eusc", "eusc-de-east-1")],
)  # fmt: skip
def test_the_arns_of_every_partition_are_taken(partition: str, region: str) -> None:
    arn = f"arn:{partition}:sqs:{region}:123456789012:pushes"
    assert Target(arn).arn == arn
    assert RepositorySpec("ab", encryption_key=f"arn:{partition}:kms:{region}:123456789012:key/1")


@pytest.mark.parametrize(("account", "is_of_account"), [("", False), ("aws", False), ("123456789012", True)])
def test_an_arn_has_no_account_or_that_of_aws_or_12_digits(account: str, is_of_account: bool) -> None:
    assert aws.Arn.parse(f"arn:aws:iam::{account}:policy/x").is_of_account is is_of_account


@pytest.mark.parametrize("account", ["12", "*", "1?3456789012", "AWS", "../.."])
def test_another_account_is_none(account: str) -> None:
    with pytest.raises(SpecError, match="with an account of 12 digits"):
        aws.Arn.parse(f"arn:aws:iam::{account}:policy/x")


def test_the_functions_of_any_region_of_a_pattern_are_taken(memory_cloud: Cloud) -> None:
    repo = registry_of(memory_cloud).repository("ab")
    repo.ensure()
    assert repo.grant_lambda("123456789012", function_arn_pattern="arn:aws:lambda:eu-*:123456789012:function:f")
