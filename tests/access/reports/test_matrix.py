"""Who can use which repositories: a matrix, whose cells are what ``access`` and ``can`` say of one repository."""

from __future__ import annotations

import csv
import io
import json
import pickle
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecrops import AccountPrincipal, Group, Registry, Role, SpecError, User, prefix
from ecrops.access import AccessMatrix
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.questions import callers
from ecrops.access.answers.words import UNSEEN
from ecrops.access.reports import reading
from ecrops.access.reports.repositories import Repositories
from ecrops.access.reports.row import SHOWN_VERBS
from ecrops.testing import Cloud
from support import examples, registry_of

from ..callers import HERE, OTHER
from ..world import FOREIGN, populate, put_policy
from ..worlds.both import documents_of
from ..worlds.strategies import worlds
from .test_access import DENY, NODES, allow, put_inline

NAMES = ("team/a", "team/b", "team/c", "shop")
GET, LAYER, TOKEN = "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:GetAuthorizationToken"


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    populate(memory_cloud, *NAMES)
    return memory_cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    """A registry in which a role, a user, a group, Lambda and another account can do something."""
    put_inline(cloud, "role", "nodes", allow(GET, LAYER, resource="arn:aws:ecr:*:*:repository/team/*"), allow(TOKEN))
    put_inline(cloud, "user", "ci", allow("ecr:*"))
    put_inline(cloud, "group", "devs", allow(GET, LAYER, resource="arn:aws:ecr:*:*:repository/shop"))
    put_policy(cloud, "team/b", FOREIGN, {**DENY, "Action": "ecr:PutImage"})
    account = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": [GET, LAYER]}
    put_policy(cloud, "shop", account, {**account, "Principal": {"AWS": NODES}})
    return registry_of(cloud)


def rows_of(matrix: AccessMatrix) -> dict[str, tuple[str, ...]]:
    return {row.who: row.cells()[1:] for row in matrix}


def test_a_row_says_of_each_verb_with_which_repositories(registry: Registry) -> None:
    every, none = "all 4 repositories", "none"
    assert rows_of(registry.access()) == {
        "user ci": (every, every, "shop, team/a, team/c", every, every),
        "group devs": (none, "no token: shop", none, none, none),
        "role nodes": (none, every, none, none, none),
        "lambda.amazonaws.com": (none, "team/b", none, none, none),
        f"account {OTHER}": (none, "depends: shop", none, none, none),
    }


def test_it_is_of_some_repositories_by_names_and_prefixes(registry: Registry) -> None:
    assert registry.access(prefix("team/")).repositories == ("team/a", "team/b", "team/c")
    assert registry.access("shop", prefix("team/c")).repositories == ("shop", "team/c")
    assert rows_of(registry.access("shop"))["user ci"] == ("shop",) * 5
    assert rows_of(registry.access("shop", prefix("team/")))["role nodes"][1] == "all 4 repositories"
    assert registry.access(prefix("team/")).what_can(User("ci")).cells()[3] == "team/a, team/c"
    for wrong in ("team/*", "A", ["shop"], 1):
        with pytest.raises(SpecError):
            registry.access(wrong)  # type: ignore[arg-type]


def test_it_tells_who_can_and_what_somebody_can(registry: Registry) -> None:
    matrix = registry.access()
    assert matrix.who_can("pull", "shop") == ("user ci", "role nodes", f"account {OTHER}")
    assert matrix.who_can("pull", "shop", certain=True) == ("user ci", "role nodes")
    assert matrix.who_can("push", "team/b") == ()
    assert matrix.who_can(GET, "shop") == ("user ci", "group devs", "role nodes", f"account {OTHER}")
    assert matrix.who_can("lifecycle", "shop") == ("user ci",)
    nodes = matrix.what_can(Role("nodes"))
    assert nodes.can("pull") == tuple(sorted(NAMES))
    assert nodes.can("push") == nodes.depends("pull") == ()
    assert nodes == matrix.what_can(NODES) == matrix.what_can("role nodes") == matrix.what_can({"role": "nodes"})
    assert str(nodes) == "role nodes: pull all 4 repositories"
    session = f"arn:aws:sts::{HERE}:assumed-role/nodes/i-1"
    assert matrix.what_can(session).can("pull") == nodes.can("pull")
    assert matrix.what_can(Group("devs")).cells()[2] == "no token: shop"
    assert matrix.what_can("lambda.amazonaws.com").can("pull") == ("team/b",)
    assert matrix.what_can(AccountPrincipal(OTHER)).depends("pull") == ("shop",)
    assert str(matrix.what_can(f"arn:aws:iam::{OTHER}:role/x")) == f"role x of {OTHER}: pull depends: shop"
    assert str(matrix.what_can("codebuild.amazonaws.com")) == "codebuild.amazonaws.com: nothing"


@pytest.mark.parametrize(
    "ask, says",
    [
        (
            lambda matrix: matrix.what_can(Role("gone")),
            "there is no role gone in account 123456789012",
        ),
        (
            lambda matrix: matrix.what_can(NODES.replace("team", "other")),
            "no role arn:.*/other/nodes in .*: deleted, or never made",
        ),
        (lambda matrix: matrix.what_can(HERE), "has the repositories: ask about its users, roles and groups"),
        (lambda matrix: matrix.what_can("nodes"), r"a name is given as .*Role\('nodes'\)"),
        (
            lambda matrix: matrix.who_can("pull", "team/d"),
            "one of the 4 repositories of the matrix, got 'team/d'; did",
        ),
        (lambda matrix: matrix.who_can("pul", "shop"), "ECR has no action 'ecr:pul'|did you mean 'pull'"),
        (lambda matrix: matrix.what_can(User("ci")).can("lifecycle"), "expected read, pull, push, delete_images, "),
    ],
)
def test_what_it_cannot_answer_is_refused_with_the_way_out(registry: Registry, ask: Any, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        ask(registry.access())


def test_it_is_one_listing_and_one_policy_each_repository_and_rows_come_one_by_one(
    cloud: Cloud, registry: Registry
) -> None:
    cloud.calls.clear()
    matrix = registry.access()
    counts = {operation: cloud.calls.operations().count(operation) for operation in cloud.calls.operations()}
    assert counts.pop("GetCallerIdentity", 1) == 1
    assert counts == {
        "DescribeRepositories": 1,
        "GetRepositoryPolicy": len(NAMES),
        "GetAccountAuthorizationDetails": 1,
        "GetRegistryPolicy": 1,
    }
    assert next(iter(matrix)).who == "user ci"
    assert len(matrix._rows) == 1
    assert [row.who for row in matrix] == [row.who for row in matrix.rows]


def test_it_is_written_as_csv_and_json(registry: Registry) -> None:
    matrix = registry.access()
    file = io.StringIO()
    csv.writer(file).writerows(matrix.csv_rows())
    lines = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert {(line["repository"], line["pull"]) for line in lines if line["who"] == "role nodes"} == {
        (name, "yes") for name in NAMES
    }
    assert [line["pull"] for line in lines if line["who"] == f"account {OTHER}"] == ["depends"]
    data = json.loads(json.dumps(matrix.to_dict()))
    pulls = {row["who"]: row["verbs"]["pull"] for row in data["principals"]}
    assert pulls["user ci"] == {"certain": ["*"], "depends": []}
    assert pulls[f"account {OTHER}"] == {"certain": [], "depends": ["shop"]}
    assert data["repositories"] == sorted(NAMES)
    assert data["not_seen"] == UNSEEN


def test_it_can_be_pickled_with_all_that_it_answers(registry: Registry) -> None:
    matrix = registry.access()
    next(iter(matrix))
    copy = pickle.loads(pickle.dumps(matrix))
    assert str(copy) == str(registry.access())
    assert copy.who_can(GET, "shop") == matrix.who_can(GET, "shop")
    assert copy.what_can(Role("nodes")) == matrix.what_can(Role("nodes"))
    assert len(matrix.at_rest()._rows) == len(matrix) == 5


def test_what_is_shown_is_bounded_and_escaped(cloud: Cloud, registry: Registry) -> None:
    text, page = str(registry.access()), registry.access()._repr_html_()
    assert text.split("\n")[1].startswith("user ci ")
    assert text.split("\n")[-1] == UNSEEN
    assert "<td style" in page
    assert "all 4 repositories" in page
    assert repr(registry.access()) == "<AccessMatrix: 6 principals, 4 repositories>"
    for number in range(230):
        cloud.emulator.make_principals(user=f"u{number}")
        put_inline(cloud, "user", f"u{number}", allow("ecr:*"))
    many = registry.access()
    assert str(many).count("\n") == 1 + 200 + 1
    assert "and 35 more, in .rows" in str(many)
    assert many._repr_html_().count("<tr>") == 1 + 20 + 1


def test_what_cannot_be_read_and_who_was_deleted_is_told(cloud: Cloud, registry: Registry) -> None:
    role = f"arn:aws:iam::{OTHER}:role/team/nodes"
    registry.repository("team/c").grant_pull(role)
    cloud.client("iam", account=OTHER).delete_role(RoleName="nodes")
    cloud.faults.on("denied", operation="GetAccountAuthorizationDetails", times=None)
    matrix = registry.access()
    assert [text.rpartition(": ")[2] for text in matrix.deleted] == ["team/c"]
    assert rows_of(matrix)["role nodes"][1] == "depends: all 4 repositories", "its own policies may allow it"
    assert "iam:GetAccountAuthorizationDetails" in matrix.unread[0]
    lines = str(matrix).split("\n")
    assert lines[-3].startswith("deleted: a deleted role (AROA")
    assert lines[-2].startswith("not read: ")


def test_nobody_and_nothing_are_told(cloud: Cloud) -> None:
    empty = registry_of(cloud).access()
    assert not empty
    assert str(empty).split("\n")[0] == "4 repositories: no policy allows anybody anything"
    assert "no policy allows anybody anything" in empty._repr_html_()
    for name in NAMES:
        cloud.client("ecr").delete_repository(repositoryName=name)
    assert str(registry_of(cloud).access()).split("\n")[0] == "0 repositories: no policy allows anybody anything"


@pytest.mark.parametrize(
    "mask, words",
    [
        (0b11111, "all 5 repositories"),
        (0b01111, "a/* (4)"),
        (0b01110, "a/b/* (2), a/c"),
        (0b00110, "a/b/* (2)"),
        (0b00010, "a/b/1"),
        (0b10001, "a/0, b"),
        (0, ""),
    ],
)
def test_repositories_are_told_as_all_prefixes_or_names(mask: int, words: str) -> None:
    repositories = Repositories(["b", "a/c", "a/b/2", "a/b/1", "a/0"], is_registry=True)
    assert repositories.words(mask) == words
    assert repositories.among(mask) == tuple(name for name in repositories.names if repositories.bit(name) & mask)
    assert Repositories([f"r{n}" for n in range(9)]).words(0b111111111 - 1) == "r1, r2, r3, r4, r5 and 3 more"
    assert Repositories(["ab"], is_registry=True).words(1) == "the only repository"
    assert Repositories(["ab"]).words(1) == "ab"


# The matrix, the report of one repository, and the answer to a question


BOTH = ("app", "team/app")
ASKED = ("user", "role", "group", "session", "account", "service")


def read_from(documents: Documents) -> Any:
    """What reads the documents of a world, in the place of AWS."""
    return lambda aws, names, **options: replace(documents, policies={name: documents.policies[name] for name in names})


def together(world: dict[str, Any], other: dict[str, Any]) -> Documents:
    """A world with the repository of another one beside its own."""
    first, second = documents_of(world), documents_of(other)
    policies = dict(zip(BOTH, (*first.policies.values(), *second.policies.values()), strict=True))
    tags = {name: each for name, part in zip(BOTH, (first, second), strict=True) for each in part.tags.values()}
    return replace(first, policies=policies, tags=tags)


@given(worlds(), worlds(), st.sampled_from(SHOWN_VERBS))
@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
def test_a_cell_is_the_row_of_the_report_and_the_answer_to_the_question(
    cloud: Cloud, world: dict[str, Any], other: dict[str, Any], verb: str
) -> None:
    registry, documents = registry_of(cloud), together(world, other)
    cloud.emulator.seed(BOTH)
    with patch.object(reading, "read", read_from(documents)), patch.object(callers, "read", read_from(documents)):
        matrix = registry.access(*BOTH)
        known = {identity.arn for identity in documents.directory or ()}
        for place, name in enumerate(BOTH):
            repo = registry.repository(name)
            rows = {row.who: row.allowed(verb) for row in repo.access()}
            for party in matrix._judge.parties.present:
                cell = matrix.what_can(party.who).extent(verb).at(place)
                if party.who in rows or party.name in known:  # others have a row where a policy names them
                    assert rows.get(party.who, False) is cell, (name, party.who)
                if not party.is_only_denied:
                    assert (party.who in matrix.who_can(verb, name)) == (cell is not False)
                if party.kind in ASKED and ":federated-user/" not in party.name:  # can refuses to answer for these
                    assert repo.can(party.name, verb).allowed is cell, (name, party.who)


def test_a_matrix_can_be_pickled_whether_rows_were_judged_or_not(registry: Registry) -> None:
    matrix = registry.access()
    copies = [pickle.loads(pickle.dumps(matrix))]
    next(iter(matrix))
    copies.append(pickle.loads(pickle.dumps(matrix)))
    assert len(matrix)
    copies.append(pickle.loads(pickle.dumps(matrix)))
    assert [copy.to_dict() for copy in copies] == [matrix.to_dict()] * 3
