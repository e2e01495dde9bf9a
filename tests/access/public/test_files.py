"""Policies of others, from public files: nothing that ecrops does changes what they mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import (
    Registry,
    Repository,
    RepositorySpec,
    ServicePrincipal,
    SpecError,
)
from ecrops.iam.statements import same
from ecrops.testing import Cloud

from ..callers import CALLERS, HERE, OTHER, THIRD, allowed_by_policy, allowed_by_report, allowed_by_rows
from ..world import listed
from .support import CASES, GET, PUT, policy_of, store

FILES = [case for case in CASES.values() if case["kind"] == "real policy file"]


def respelled(document: dict[str, Any]) -> dict[str, Any]:
    """The same policy otherwise: in another order, accounts as ids, one value as a list, actions in lower case."""

    def principal(value: Any) -> Any:
        if not isinstance(value, dict):
            return {"AWS": value}
        plain = {kind: [name.replace(":root", "") for name in listed(names)][::-1] for kind, names in value.items()}
        return {
            kind: [name.rpartition("::")[2] if name[-12:].isdecimal() else name for name in names]
            for kind, names in plain.items()
        }

    def statement(value: dict[str, Any]) -> dict[str, Any]:
        other = {key: value[key] for key in reversed(value)}
        other["Action"] = [name.lower() for name in listed(value["Action"])][::-1]
        for key in {"Principal", "NotPrincipal"} & set(value):
            other[key] = principal(value[key])
        return other

    return {**document, "Statement": [statement(each) for each in document["Statement"]][::-1]}


# Policies of others


@pytest.mark.parametrize("case", FILES, ids=lambda case: f"{case['id']}: {case['source']}")
class TestPoliciesOfOthers:
    """Each of the files, through all that ecrops does with a policy of others (R30: respelled, it is no change)."""

    def test_its_statements_keep_their_meaning_beside_grants(
        self, case: dict[str, Any], cloud: Cloud, repo: Repository
    ) -> None:
        store(case["input"])
        repo.grant_pull("777788889999")
        repo.grant_lambda()
        assert not same(policy_of(cloud), case["input"])
        repo.revoke("777788889999")
        functions = f"arn:aws:lambda:eu-west-1:{HERE}:function:*"
        repo.revoke(ServicePrincipal("lambda.amazonaws.com", conditions={"ArnLike": {"aws:SourceArn": functions}}))
        assert same(policy_of(cloud), case["input"])

    def test_it_is_set_once_however_it_is_spelled(self, case: dict[str, Any], cloud: Cloud, repo: Repository) -> None:
        assert repo.set_resource_policy(case["input"], force=True)
        assert same(policy_of(cloud), case["input"])
        assert not repo.set_resource_policy(case["input"])
        assert not repo.set_resource_policy(respelled(case["input"]))

    def test_it_is_described_and_read_back(self, case: dict[str, Any], registry: Registry, repo: Repository) -> None:
        repo.set_resource_policy(case["input"], force=True)
        (spec,) = registry.describe()
        assert not registry.ensure(RepositorySpec.from_dict(json.loads(json.dumps(spec.to_dict()))))

    def test_each_of_its_statements_is_added_once(self, case: dict[str, Any], cloud: Cloud, repo: Repository) -> None:
        for statement in case["input"]["Statement"]:
            assert repo.add_to_resource_policy(statement, force=True)
            assert not repo.add_to_resource_policy(statement)
        assert same({**policy_of(cloud), "Version": case["input"]["Version"]}, case["input"])

    def test_the_report_tells_what_iam_would(self, case: dict[str, Any], repo: Repository) -> None:
        store(case["input"])
        access = repo.access()
        for caller in CALLERS:
            for action in (GET, PUT):
                expected = allowed_by_policy(case["input"], caller, action)
                assert allowed_by_report(access, caller, action) == expected, (caller.names, action)
                assert allowed_by_rows(access, caller, action) >= expected, (caller.names, action)


# Sids (R01, R01b: getmoto/moto#8933)

TWICE: dict[str, Any] = CASES["R01"]["input"]
FIRST, SECOND = TWICE["Statement"]


@pytest.mark.parametrize(
    "statements", [[FIRST, SECOND], [FIRST, FIRST], [FIRST, {**FIRST, "Effect": "Deny"}]], ids=["two", "same", "deny"]
)
@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17"])
def test_a_sid_may_stand_in_a_policy_more_than_once(
    registry: Registry, repo: Repository, statements: list[dict[str, Any]], version: str
) -> None:
    document = {"Version": version, "Statement": statements}
    assert repo.set_resource_policy(document)
    assert not registry.ensure(RepositorySpec("ab", resource_policy=document))
    (spec,) = registry.describe()
    assert not registry.ensure(RepositorySpec.from_dict(spec.to_dict()))


def test_an_edit_by_a_sid_that_two_statements_have_is_refused_with_both(cloud: Cloud, repo: Repository) -> None:
    store(TWICE)
    with pytest.raises(SpecError, match=f"ab: 2 statements have the Sid 'AllowPull', .*{OTHER}.* or .*{THIRD}"):
        repo.remove_from_resource_policy("AllowPull")
    with pytest.raises(SpecError, match="2 statements have the Sid 'AllowPull', and replace=True replaces one"):
        repo.add_to_resource_policy({**FIRST, "Action": GET}, replace=True)
    assert same(policy_of(cloud), TWICE)
    assert repo.remove_from_resource_policy(FIRST)
    assert repo.add_to_resource_policy({**SECOND, "Action": GET}, replace=True), "one is left, and it is meant"
    assert repo.remove_from_resource_policy("AllowPull")


def test_one_statement_that_stands_twice_is_one(cloud: Cloud, repo: Repository) -> None:
    store({**TWICE, "Statement": [FIRST, FIRST]})
    assert repo.remove_from_resource_policy("AllowPull")
    assert policy_of(cloud) == {}


def test_the_advice_of_a_revoke_takes_one_statement(cloud: Cloud, repo: Repository) -> None:
    store(TWICE)
    (note,) = repo.revoke(OTHER).notes
    call = note[note.index("remove_from") : note.rindex(" takes")]
    assert eval(f"repo.{call}", {"repo": repo})
    assert same(policy_of(cloud), {**TWICE, "Statement": [SECOND]})
