"""What an auditor asks about one statement of a repository policy."""

from __future__ import annotations

import json
from typing import Any

from ecrops.testing import Cloud

from ..policies import ACCOUNT, EVERYBODY, NODES, ORGANIZATION, OTHER, PULL, THIRD, codes, codes_of_each, linted


def only(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {**EVERYBODY, "Condition": {operator: {key: list(values)}}}


SOURCE = "arn:aws:lambda:eu-west-1:{}:function:pull"


def of_lambda(*accounts: str, key: str = "aws:SourceArn") -> dict[str, Any]:
    values = [SOURCE.format(account) for account in accounts]
    condition = {"Condition": {"ArnLike": {key: values}}} if values else {}
    return {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": PULL, **condition}


STATEMENTS: list[tuple[dict[str, Any], list[str]]] = [
    (EVERYBODY, ["everyone"]),
    ({**EVERYBODY, "Principal": {"AWS": ["*", ACCOUNT]}}, ["everyone", "own-account"]),
    (only("Bool", "aws:SecureTransport", "true"), ["everyone"]),
    (only("StringEquals", "aws:SourceVpce", "vpce-1a2b3c4d"), []),
    (only("StringEquals", "aws:PrincipalAccount", ACCOUNT), []),
    (only("StringEquals", "aws:PrincipalAccount", ACCOUNT, OTHER), ["other-account"]),
    (only("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{OTHER}:role/*"), ["other-account"]),
    (only("StringNotEquals", "aws:PrincipalAccount", OTHER), ["everyone"]),
    ({**EVERYBODY, "Effect": "Deny"}, []),
    ({"Effect": "Deny", "Principal": {"AWS": OTHER}, "Action": "ecr:*"}, []),
    ({"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": PULL}, ["other-account"]),
    ({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:user/x"}, "Action": PULL}, ["other-account"]),
    (
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:sts::{OTHER}:assumed-role/a/b"}, "Action": PULL},
        ["other-account"],
    ),
    ({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": PULL}, ["own-account"]),
    ({"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": PULL}, ["not-principal"]),
    (
        {"Effect": "Deny", "NotPrincipal": {"AWS": f"arn:aws:iam::{OTHER}:role/x"}, "Action": PULL},
        ["not-principal"],
    ),
    ({"Effect": "Deny", "NotPrincipal": {"AWS": [f"arn:aws:iam::{OTHER}:role/x", OTHER]}, "Action": PULL}, []),
    ({"Effect": "Allow", "Principal": {"AWS": "AROA1234567890ABCDEF"}, "Action": PULL}, ["deleted-principal"]),
    ({"Effect": "Deny", "Principal": {"AWS": "AIDA1234567890ABCDEF"}, "Action": PULL}, ["deleted-principal"]),
    ({"Effect": "Allow", "Principal": {"AWS": NODES}, "Action": PULL}, ["deleted-principal"]),  # nobody made it
    (only("ArnEquals", "aws:PrincipalArn", NODES), ["deleted-principal"]),
    (only("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*"), []),
    (of_lambda(), ["confused-deputy"]),
    (of_lambda(ACCOUNT), []),
    (of_lambda("*"), ["confused-deputy"]),
    (of_lambda(ACCOUNT, OTHER), ["other-account"]),
    (only("ArnLike", "aws:SourceArn", f"arn:aws:eu-west-1:{ACCOUNT}:function/*"), ["impossible-arn"]),
    ({**EVERYBODY, "Condition": {"StringLikes": {"aws:SourceVpce": "x"}}}, ["unreadable-policy"]),
    ({**EVERYBODY, "Effect": "Perhaps"}, ["unreadable-policy"]),
]


def test_a_statement_has_the_findings_that_it_deserves_and_no_others(memory_cloud: Cloud) -> None:
    assert codes_of_each(memory_cloud, [statement for statement, _ in STATEMENTS]) == [codes for _, codes in STATEMENTS]


ON_ORGANIZATIONS: list[tuple[dict[str, Any], list[str]]] = [
    (only("StringEquals", "aws:PrincipalOrgID", ORGANIZATION), []),
    (only("StringLike", "aws:PrincipalOrgPaths", f"{ORGANIZATION}/*"), []),
    (only("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/*"), []),
    (only("StringEquals", "aws:PrincipalOrgID", "o-zzzzzzzzzz"), ["other-organization"]),
    (only("StringEquals", "aws:PrincipalOrgID", ORGANIZATION, "o-zzzzzzzzzz"), ["other-organization"]),
    (only("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-zzzzzzzzzz/r-ab12/*"), ["other-organization"]),
    (only("ForAllValues:StringEquals", "aws:PrincipalOrgID", ORGANIZATION), ["loose-organization"]),
    (only("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-zzzzzzzzzz"), ["loose-organization"]),
    (
        only("StringEquals", "aws:PrincipalOrgID", "O-ABCDEFGHIJ", "o-zzzzzzzzzz"),
        ["other-organization", "misspelt-organization"],  # the gravest first
    ),
    ({**only("StringNotEquals", "aws:PrincipalOrgID", ORGANIZATION, "o-zzzzzzzzzz"), "Effect": "Deny"}, []),
    (only("StringEqualsIfExists", "aws:PrincipalOrgID", ORGANIZATION), ["loose-organization"]),
    (only("StringNotEquals", "aws:PrincipalOrgID", "o-zzzzzzzzzz"), ["loose-organization"]),
    (only("StringLike", "aws:PrincipalOrgID", "o-*"), ["loose-organization"]),
    (only("StringEquals", "aws:PrincipalOrgID", "O-ABCDEFGHIJ"), ["misspelt-organization"]),
    (only("StringEqualsIgnoreCase", "aws:PrincipalOrgID", ORGANIZATION.upper()), []),
    (only("StringEquals", "aws:PrincipalOrgID", f"{ORGANIZATION[:-1]}*"), ["misspelt-organization"]),
    (only("StringLike", "aws:PrincipalOrgID", f"{ORGANIZATION[:-1]}*"), []),
    (only("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}"), []),
    (only("StringEquals", "aws:PrincipalOrgPaths", f"{ORGANIZATION}/r-ab12/*"), ["misspelt-organization"]),
    (only("StringEquals", "aws:PrincipalOrgPaths", f"{ORGANIZATION}/r-ab12"), ["misspelt-organization"]),
    (only("StringLike", "aws:PrincipalOrgPaths", f"{ORGANIZATION}/ou-ab12-11111111/*"), ["misspelt-organization"]),
    ({**only("StringNotEquals", "aws:PrincipalOrgID", ORGANIZATION), "Effect": "Deny"}, []),
    (
        {**only("StringNotEquals", "aws:PrincipalOrgID", "o-zzzzzzzzzz"), "Effect": "Deny"},
        ["other-organization"],
    ),
    ({**only("StringEquals", "aws:PrincipalOrgID", "o-zzzzzzzzzz"), "Effect": "Deny"}, []),
]


def test_a_condition_on_an_organization_has_to_be_one_of_its_own(memory_cloud: Cloud) -> None:
    made = memory_cloud.client("organizations").create_organization(FeatureSet="ALL")["Organization"]["Id"]
    text = json.dumps([statement for statement, _ in ON_ORGANIZATIONS])
    text = text.replace(ORGANIZATION[:-1], made[:-1]).replace(f"{made[:-1]}j", made)
    statements = json.loads(text.replace(ORGANIZATION.upper(), made.upper()))
    assert codes_of_each(memory_cloud, statements) == [codes for _, codes in ON_ORGANIZATIONS]


def test_a_unique_id_of_somebody_who_is_there_is_no_deleted_one(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.make_principals(user="ci", role="team/nodes", group="devs")
    role_id = memory_cloud.client("iam").get_role(RoleName="nodes")["Role"]["RoleId"]
    of = {"Effect": "Allow", "Action": "ecr:ListImages"}
    there, gone = ({**of, "Principal": {"AWS": name}} for name in (role_id, f"{role_id[:-3]}ZZZ"))
    assert codes_of_each(memory_cloud, [there, gone]) == [[], ["deleted-principal"]]


def test_accounts_and_organizations_that_are_meant_are_no_findings(memory_cloud: Cloud) -> None:
    accounts = {"Effect": "Allow", "Principal": {"AWS": [OTHER, f"arn:aws:iam::{THIRD}:role/x"]}, "Action": PULL}
    organization = only("StringEquals", "aws:PrincipalOrgID", "o-zzzzzzzzzz")
    found = linted(memory_cloud, accounts, organization)
    assert sorted((finding.code, finding.way_out.partition("]")[0]) for finding in found) == [
        ("other-account", f"say accounts=['{OTHER}'"),
        ("other-account", f"say accounts=['{THIRD}'"),
        ("other-organization", "say accounts=['o-zzzzzzzzzz'"),
    ]
    meant = [f"arn:aws:iam::{OTHER}:root", int(THIRD), "o-zzzzzzzzzz"]
    assert codes(memory_cloud, accounts, organization, accounts=meant) == []


def test_a_finding_says_who_may_what_where_and_the_way_out(memory_cloud: Cloud) -> None:
    statement = {"Sid": "CI", "Effect": "Allow", "Principal": {"AWS": OTHER}, "NotAction": "ecr:PutImage"}
    (finding,) = linted(memory_cloud, EVERYBODY, statement, ignore=["everyone"])
    assert str(finding) == (
        f"high other-account: ab: repository policy, statement CI: lets account {OTHER} do anything but PutImage, and "
        f"{OTHER} is not in accounts=; say accounts=['{OTHER}'] if it is meant to, or take it out"
    )
    assert finding.to_dict() == {
        "severity": "high",
        "code": "other-account",
        "repository": "ab",
        "where": "repository policy, statement CI",
        "message": finding.message,
        "way_out": finding.way_out,
    }
