"""Who was granted can, who was not cannot: as an independent evaluator of IAM sees it, within one account.

Every state is asked about twice. ministack's API is called with every action of ECR, on the repository and on another
one, by the user, the role or a user in the group. And its evaluator is asked about every action of ECR, of the public
gallery and of what is near them, on further resources too (``access.asking``), given the documents that ecrops wrote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from ecrops import AccountPrincipal, ArnPrincipal, Group, Registry, Role, User
from ecrops.access.grants import VERBS
from ecrops.repository import Repository

from .asking import GRANTED as NAME
from .asking import OTHER, Caller, Evaluator, caller, documents, forget, policies, within
from .ministack import ACCOUNT, needs_ministack
from .world import GRANTED, LOG_IN, PULL

pytestmark = needs_ministack
WHO: dict[str, User | Role | Group] = {"user": User("user-user"), "role": Role("nodes"), "group": Group("devs")}
USER = f"arn:aws:iam::{ACCOUNT}:user/user-user"
PUBLIC = {"ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"}


@pytest.fixture(scope="module")
def registry(ministack_registry: Registry) -> Registry:
    for name in (NAME, OTHER):
        ministack_registry.repository(name).ensure()
    return ministack_registry


@pytest.fixture(scope="module")
def repo(registry: Registry) -> Repository:
    return registry.repository(NAME)


@pytest.fixture(scope="module")
def callers(registry: Registry, ministack: str) -> dict[str, Caller]:
    return {kind: caller(ministack, kind) for kind in WHO}


@pytest.fixture(autouse=True)
def afresh(registry: Registry) -> Iterator[None]:
    yield
    forget()


def test_all_verbs_are_asked_about() -> None:
    assert GRANTED.keys() == VERBS.keys()


@pytest.mark.parametrize("verb", GRANTED)
@pytest.mark.parametrize("kind", WHO)
def test_who_was_granted_can_do_that_and_nothing_else_and_after_revoke_nothing(
    repo: Repository, callers: dict[str, Caller], evaluator: Evaluator, kind: str, verb: str
) -> None:
    who, (here, everywhere) = WHO[kind], GRANTED[verb]
    assert getattr(repo, f"grant_{verb}")(who)
    assert callers[kind].allowed(NAME) == here | everywhere
    assert callers[kind].allowed(OTHER) == everywhere
    assert callers[kind].allowed(None, [*LOG_IN]) == everywhere
    assert evaluator.allowed(USER, documents(kind, who.friendly_name), policies()) == within(here, everywhere)
    assert repo.revoke(who)
    assert callers[kind].allowed(NAME) == set()
    assert callers[kind].allowed(None, [*LOG_IN]) == set()
    assert documents(kind, who.friendly_name) == []


@pytest.mark.parametrize("kind", WHO)
def test_a_managed_policy_allows_the_same(
    repo: Repository, callers: dict[str, Caller], evaluator: Evaluator, kind: str
) -> None:
    who = WHO[kind]
    repo.grant_pull(who, attach="managed")
    assert not repo.grant_pull(who, attach="managed")
    assert callers[kind].allowed(NAME) == PULL | LOG_IN
    assert evaluator.allowed(USER, documents(kind, who.friendly_name)) == within(PULL, LOG_IN)
    repo.revoke(who, attach="managed")
    assert callers[kind].allowed(NAME) == set()
    assert documents(kind, who.friendly_name) == []


@pytest.mark.parametrize("kind", WHO)
def test_a_token_is_all_that_it_is_and_gone_when_revoked(
    registry: Registry, callers: dict[str, Caller], evaluator: Evaluator, kind: str
) -> None:
    who, private, public = WHO[kind], registry.authorization_token, registry.public_gallery_authorization_token
    assert private.grant_read(who)
    assert callers[kind].allowed(None) == LOG_IN
    assert callers[kind].allowed(NAME, [*PULL]) == set()
    assert evaluator.allowed(USER, documents(kind, who.friendly_name)) == within(set(), LOG_IN)
    assert public.grant_read(who)
    assert evaluator.allowed(USER, documents(kind, who.friendly_name)) == within(set(), LOG_IN | PUBLIC)
    assert private.revoke_read(who)
    assert callers[kind].allowed(None, [*LOG_IN]) == set()
    assert evaluator.allowed(USER, documents(kind, who.friendly_name)) == within(set(), PUBLIC)
    assert public.revoke_read(who)
    assert documents(kind, who.friendly_name) == []


def test_one_of_the_actions_is_taken_away_and_the_others_stay(
    repo: Repository, callers: dict[str, Caller], evaluator: Evaluator
) -> None:
    repo.grant(WHO["role"], "ecr:ListImages", "ecr:Put*")
    before = callers["role"].allowed(NAME)
    assert before > {"ecr:ListImages", "ecr:PutImage", "ecr:PutLifecyclePolicy"}
    repo.revoke(WHO["role"], "ecr:ListImages")
    assert callers["role"].allowed(NAME) == before - {"ecr:ListImages"}
    assert evaluator.allowed(USER, documents("role", "nodes")).keys() == {NAME}
    repo.revoke(WHO["role"])
    assert documents("role", "nodes") == []


def test_a_wildcard_is_of_the_repositories_that_it_matches(
    registry: Registry, callers: dict[str, Caller], evaluator: Evaluator
) -> None:
    repo, role = registry.repository(OTHER), Role("nodes")
    repo.grant_pull(role, on="team/*")
    assert callers["role"].allowed(OTHER) == PULL | LOG_IN
    assert callers["role"].allowed(NAME) == LOG_IN
    assert evaluator.allowed(USER, documents("role", "nodes")) == within(PULL, LOG_IN, OTHER)
    repo.revoke(role, on="team/*")
    assert callers["role"].allowed(OTHER) == set()


@pytest.mark.parametrize("verb", GRANTED)
def test_the_policy_of_a_repository_allows_whom_it_names(
    repo: Repository, callers: dict[str, Caller], evaluator: Evaluator, verb: str
) -> None:
    who, here = ArnPrincipal(USER), GRANTED[verb][0] - {"ecr:CreateRepository"}
    assert getattr(repo, f"grant_{verb}")(who)
    assert callers["user"].allowed(NAME) == here
    assert callers["user"].allowed(OTHER, [*here]) == set()
    assert callers["group"].allowed(NAME, [*here]) == set()
    assert callers["user"].allowed(None, [*LOG_IN]) == set(), "no policy of a repository can grant the token"
    assert evaluator.allowed(USER, [], policies()) == {NAME: here}
    assert repo.revoke(who)
    assert callers["user"].allowed(NAME, [*here]) == set()
    assert policies() == {}


def test_naming_the_own_account_leaves_it_to_iam_who_in_it(
    repo: Repository, callers: dict[str, Caller], evaluator: Evaluator
) -> None:
    assert repo.grant_pull(AccountPrincipal(ACCOUNT))
    assert callers["user"].allowed(NAME, [*PULL]) == set()
    assert evaluator.allowed(USER, [], policies()) == {}
    assert repo.revoke(AccountPrincipal(ACCOUNT))


@pytest.mark.parametrize("kind", WHO)
def test_the_calls_of_a_push_a_pull_and_a_deletion_succeed(
    repo: Repository, callers: dict[str, Caller], kind: str
) -> None:
    for verb in ("pull_push", "delete_images"):
        getattr(repo, f"grant_{verb}")(WHO[kind])
    ecr, layer = callers[kind].ecr, kind.encode()
    digest = f"sha256:{hashlib.sha256(layer).hexdigest()}"
    at: dict[str, Any] = {"repositoryName": NAME}
    assert ecr.get_authorization_token()["authorizationData"]
    upload = {**at, "uploadId": ecr.initiate_layer_upload(**at)["uploadId"]}
    ecr.upload_layer_part(**upload, partFirstByte=0, partLastByte=len(layer) - 1, layerPartBlob=layer)
    assert ecr.complete_layer_upload(**upload, layerDigests=[digest])["layerDigest"] == digest
    assert ecr.batch_check_layer_availability(**at, layerDigests=[digest])["layers"]
    assert ecr.get_download_url_for_layer(**at, layerDigest=digest)["downloadUrl"]
    manifest = f'{{"schemaVersion": 2, "layers": [{{"digest": "{digest}"}}]}}'
    ecr.put_image(**at, imageManifest=manifest, imageTag=kind)
    (image,) = ecr.batch_get_image(**at, imageIds=[{"imageTag": kind}])["images"]
    assert image["imageManifest"] == manifest
    assert ecr.describe_images(**at, imageIds=[{"imageTag": kind}])["imageDetails"]
    assert ecr.batch_delete_image(**at, imageIds=[{"imageTag": kind}])["imageIds"]
    assert kind not in {each.get("imageTag") for each in ecr.list_images(**at)["imageIds"]}
    repo.revoke(WHO[kind])
