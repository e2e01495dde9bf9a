"""Who was granted can, who was not cannot: as an independent evaluator of IAM sees it.

ministack takes the resource of a call from ``repositoryName`` alone, so that calls that name repositories otherwise
(DescribeRepositories, tags) are left out, and it does not route calls between accounts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from access.ministack import ACCOUNT, REGION, client, decisions, identities, needs_ministack, running, session
from ecrops import ArnPrincipal, Group, Registry, Role, User
from ecrops.access.actions import PULL
from ecrops.access.grants import VERBS
from support import AT_ONCE

pytestmark = needs_ministack
DIGEST = f"sha256:{'0' * 64}"
UPLOAD = {"uploadId": "00000000-0000-0000-0000-000000000000"}
CALLS: dict[str, dict[str, Any]] = {
    "BatchCheckLayerAvailability": {"layerDigests": [DIGEST]},
    "BatchDeleteImage": {"imageIds": [{"imageTag": "none"}]},
    "BatchGetImage": {"imageIds": [{"imageTag": "none"}]},
    "CompleteLayerUpload": {**UPLOAD, "layerDigests": [DIGEST]},
    "CreateRepository": {},
    "DeleteLifecyclePolicy": {},
    "DeleteRepository": {},
    "DeleteRepositoryPolicy": {},
    "DescribeImages": {},
    "GetDownloadUrlForLayer": {"layerDigest": DIGEST},
    "GetLifecyclePolicy": {},
    "GetRepositoryPolicy": {},
    "InitiateLayerUpload": {},
    "ListImages": {},
    "PutImage": {"imageManifest": "{}", "imageTag": "x"},
    "PutImageScanningConfiguration": {"imageScanningConfiguration": {"scanOnPush": True}},
    "PutImageTagMutability": {"imageTagMutability": "MUTABLE"},
    "PutLifecyclePolicy": {"lifecyclePolicyText": json.dumps({"rules": [], "padding": "x" * 100})},
    "SetRepositoryPolicy": {"policyText": json.dumps({"Statement": []})},
    "UploadLayerPart": {**UPLOAD, "partFirstByte": 0, "partLastByte": 0, "layerPartBlob": b"x"},
}
WHO: dict[str, User | Role | Group] = {"user": User("user-user"), "role": Role("nodes"), "group": Group("devs")}
TESTED = ["read", "pull", "push", "pull_push", "delete_images", "lifecycle"]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, running(tmp_path_factory.mktemp("ministack"), auth=True) as url:
        patch.setenv("AWS_ENDPOINT_URL", url)
        yield url


@pytest.fixture(scope="module")
def registry(url: str) -> Registry:
    registry = Registry(session(), retry=AT_ONCE)
    for name in ("granted", "team/other"):
        registry.repository(name).ensure()
    return registry


@pytest.fixture(scope="module")
def clients(registry: Registry) -> dict[str, Any]:
    return {kind: identities(kind) for kind in WHO}


def allowed(ecr: Any, name: str) -> set[str]:
    """The calls that are not denied."""
    found = set()
    for operation, params in CALLS.items():
        if is_allowed(lambda: ecr._make_api_call(operation, {"repositoryName": name, **params})):  # noqa: B023
            found.add(f"ecr:{operation}")
    return found


def is_allowed(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDeniedException"
    return True


@pytest.mark.parametrize("verb", TESTED)
@pytest.mark.parametrize("kind", WHO)
def test_who_was_granted_can_do_that_and_nothing_else_and_after_revoke_nothing(
    registry: Registry, clients: dict[str, Any], kind: str, verb: str
) -> None:
    ecr, repo, (actions, login) = clients[kind], registry.repository("granted"), VERBS[verb]
    assert allowed(ecr, "granted") == set()
    assert getattr(repo, f"grant_{verb}")(WHO[kind])
    assert allowed(ecr, "granted") == {action for action in actions if action.partition(":")[2] in CALLS}
    assert allowed(ecr, "team/other") == set()
    assert is_allowed(ecr.get_authorization_token) == login
    assert repo.revoke(WHO[kind])
    assert allowed(ecr, "granted") == set()
    assert not is_allowed(ecr.get_authorization_token)


@pytest.mark.parametrize("kind", WHO)
def test_a_managed_policy_allows_the_same(registry: Registry, clients: dict[str, Any], kind: str) -> None:
    repo = registry.repository("granted")
    repo.grant_pull(WHO[kind], attach="managed")
    assert not repo.grant_pull(WHO[kind], attach="managed")
    assert allowed(clients[kind], "granted") == set(PULL)
    repo.revoke(WHO[kind], attach="managed")
    assert allowed(clients[kind], "granted") == set()


def test_a_wildcard_is_of_the_repositories_that_it_matches(registry: Registry, clients: dict[str, Any]) -> None:
    repo, role = registry.repository("team/other"), Role("nodes")
    repo.grant_pull(role, on="team/*")
    assert allowed(clients["role"], "team/other") == set(PULL)
    assert allowed(clients["role"], "granted") == set()
    repo.revoke(role, on="team/*")
    assert allowed(clients["role"], "team/other") == set()


def test_the_policy_of_a_repository_allows_whom_it_names(registry: Registry, clients: dict[str, Any]) -> None:
    repo, who = registry.repository("granted"), ArnPrincipal(f"arn:aws:iam::{ACCOUNT}:user/user-user")
    assert repo.grant_pull(who)
    assert allowed(clients["user"], "granted") == set(PULL)
    assert allowed(clients["user"], "team/other") == set()
    assert allowed(clients["group"], "granted") == set()
    assert not is_allowed(clients["user"].get_authorization_token), "no policy of a repository can grant the token"
    assert repo.revoke(who)
    assert allowed(clients["user"], "granted") == set()


@pytest.mark.parametrize("named", ["111122223333", "arn:aws:iam::111122223333:user/ci"])
def test_from_another_account_both_sides_must_allow(registry: Registry, named: str) -> None:
    repo, user = registry.repository("granted"), "arn:aws:iam::111122223333:user/ci"
    plan = repo.grant_pull(named)
    policy = client("ecr").get_repository_policy(repositoryName="granted")["policyText"]
    (note,) = plan.notes
    there = json.loads(note[note.index("{") :])
    arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/granted"
    actions = [f"ecr:{operation}" for operation in CALLS]

    def can(principal: str, identity: list[Any], policy: str | None, resource: str = arn) -> set[str]:
        found = decisions(principal, resource, actions, identity, policy)
        return {action for action in actions if found[action]}

    assert can(user, [there], policy) == set(PULL)
    assert can(user, [], policy) == set()
    assert can(user, [there], None) == set()
    assert can(user.replace("1111", "9999"), [there], policy) == set()
    assert can(user, [there], policy, arn.replace("granted", "other")) == set()
    assert repo.revoke(named)
