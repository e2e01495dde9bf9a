"""Pull-through cache rules: their upstreams, what these take to get in, and how rules are tried."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.testing import Client, Cloud

from .caches import GOOD, ROLE, make_role, rule, secret
from .support import attempts, refused

HOSTS = {
    "ecr-public": "public.ecr.aws",
    "k8s": "registry.k8s.io",
    "quay": "quay.io",
    "docker-hub": "registry-1.docker.io",
    "github-container-registry": "ghcr.io",
    "gitlab-container-registry": "registry.gitlab.com",
    "azure-container-registry": "mine1.azurecr.io",
    "chainguard": "cgr.dev",
}
OPEN = ("ecr-public", "k8s", "quay")
DOCKER_HUB = HOSTS["docker-hub"]
ELSEWHERE = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
ANOTHER = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
INVALID = "InvalidParameterException"


def described(ecr: Client, **which: Any) -> Any:
    return ecr.describe_pull_through_cache_rules(**which)["pullThroughCacheRules"]


def failure(ecr: Client, prefix: str = "hub") -> str | None:
    answer: dict[str, Any] = ecr.validate_pull_through_cache_rule(ecrRepositoryPrefix=prefix)
    assert answer["isValid"] is ("failure" not in answer)
    return answer.get("failure")


def test_a_rule_is_answered_and_described(ecr: Client) -> None:
    made = rule(ecr, "public/", "public.ecr.aws")
    expected = {
        "ecrRepositoryPrefix": "public/",
        "upstreamRegistryUrl": "public.ecr.aws",
        "registryId": "123456789012",
        "upstreamRegistry": "ecr-public",
        "upstreamRepositoryPrefix": "ROOT",
    }
    assert made == {**expected, "createdAt": made["createdAt"]}
    whole = {**made, "updatedAt": made["createdAt"]}
    assert described(ecr) == described(ecr, ecrRepositoryPrefixes=["public"]) == [whole]
    assert ecr.validate_pull_through_cache_rule(ecrRepositoryPrefix="public")["isValid"]
    deleted = ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="public")
    assert deleted["upstreamRegistryUrl"] == "public.ecr.aws"
    assert described(ecr) == []


@pytest.mark.parametrize("prefix", ["public", "public/"])
def test_a_second_rule_for_a_prefix_is_refused_even_if_it_is_the_same(ecr: Client, prefix: str) -> None:
    made = rule(ecr)
    with refused("PullThroughCacheRuleAlreadyExistsException", "public"):
        rule(ecr, prefix)
    assert described(ecr)[0]["createdAt"] == made["createdAt"]


@pytest.mark.parametrize("prefix", ["a", "Public", "-a", "a//b", "root_", "a" * 31, "ROOT/"])
def test_a_prefix_that_cannot_be_is_refused(cloud: Cloud, prefix: str) -> None:
    if len(prefix) > 1:  # botocore refuses shorter ones itself
        with refused(INVALID, "ecrRepositoryPrefix"):
            rule(cloud.client("ecr"), prefix)


@pytest.mark.parametrize("prefix", ["ab", "a/b", "a__b--c.d/e", "ROOT", "a" * 30])
def test_a_prefix_that_can_be_is_taken(ecr: Client, prefix: str) -> None:
    assert rule(ecr, prefix)["ecrRepositoryPrefix"] == prefix


@pytest.mark.parametrize("name", HOSTS)
def test_each_upstream_has_its_host_and_its_way_in(cloud: Cloud, ecr: Client, name: str) -> None:
    arn = secret(cloud)
    asked = {} if name in OPEN else {"credentialArn": arn}
    if name in OPEN:
        with refused(INVALID, "credentialArn"):
            rule(ecr, "up", HOSTS[name], credentialArn=arn)
    else:
        with refused("UnsupportedUpstreamRegistryException", "requires authentication"):
            rule(ecr, "up", HOSTS[name])
    with refused(INVALID, "customRoleArn"):
        rule(ecr, "up", HOSTS[name], **asked, customRoleArn=ROLE)
    with refused(INVALID, "upstreamRepositoryPrefix"):
        rule(ecr, "up", HOSTS[name], **asked, upstreamRepositoryPrefix="team")
    made = rule(ecr, "up", HOSTS[name], **asked, upstreamRegistry=name)
    assert (made["upstreamRegistry"], made.get("credentialArn")) == (name, asked.get("credentialArn"))


@pytest.mark.parametrize(
    "host", ["https://quay.io", "quay.io/", "quay.io/team", "docker.io", "", "x.azurecr.io.evil.com"]
)
def test_another_host_is_no_upstream(ecr: Client, host: str) -> None:
    with refused("UnsupportedUpstreamRegistryException"):
        rule(ecr, "up", host)


def test_the_name_of_an_upstream_is_that_of_its_host(ecr: Client) -> None:
    with refused("UnsupportedUpstreamRegistryException"):
        rule(ecr, "up", "quay.io", upstreamRegistry="k8s")
    with refused(INVALID, "upstreamRegistry"):
        rule(ecr, "up", "quay.io", upstreamRegistry="harbor")


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_some_partitions_have_no_rules(cloud: Cloud, region: str) -> None:
    with refused("UnsupportedUpstreamRegistryException"):
        rule(cloud.client("ecr", region))


def test_a_private_registry_is_an_upstream(cloud: Cloud, ecr: Client) -> None:
    made = rule(ecr, "us", ELSEWHERE, upstreamRepositoryPrefix="team")
    assert (made["upstreamRegistry"], made["upstreamRepositoryPrefix"]) == ("ecr", "team")
    with refused(INVALID, "customRoleArn"):
        rule(ecr, "them", ANOTHER)
    with refused(INVALID, "customRoleArn"):
        rule(ecr, "them", ANOTHER, customRoleArn=ROLE.replace("123456789012", "111122223333"))
    with refused(INVALID, "credentialArn"):
        rule(ecr, "them", ANOTHER, customRoleArn=ROLE, credentialArn=secret(cloud))
    with refused(INVALID, "upstreamRegistryUrl"):
        rule(ecr, "us2", ELSEWHERE.replace("us-east-1", "eu-west-1"))
    with refused(INVALID, "upstreamRepositoryPrefix"):
        rule(ecr, "ROOT", ANOTHER, customRoleArn=ROLE, upstreamRepositoryPrefix="team")
    assert rule(ecr, "ROOT", ANOTHER, customRoleArn=ROLE)["customRoleArn"] == ROLE


def test_a_role_has_to_be_there_and_trust_the_cache(cloud: Cloud, ecr: Client) -> None:
    rule(ecr, "them", ANOTHER, customRoleArn=ROLE)
    assert ROLE in str(failure(ecr, "them"))
    make_role(cloud, "ecr.amazonaws.com")
    assert ROLE in str(failure(ecr, "them"))
    ecr.update_pull_through_cache_rule(ecrRepositoryPrefix="them", customRoleArn=make_role(cloud, name="other"))
    assert failure(ecr, "them") is None


def test_a_secret_has_to_be_found_and_read(cloud: Cloud, ecr: Client) -> None:
    arn = secret(cloud)
    with refused("SecretNotFoundException", "was not found"):
        rule(ecr, "hub", DOCKER_HUB, credentialArn=arn[:-6] + "abcdef")
    with refused("SecretNotFoundException"):
        rule(ecr, "hub", DOCKER_HUB, credentialArn=secret(cloud, region="us-east-1"))
    with refused("UnableToAccessSecretException"):
        rule(ecr, "hub", DOCKER_HUB, credentialArn=secret(cloud, account="111122223333"))
    key = cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    with refused("UnableToDecryptSecretValueException"):
        rule(ecr, "hub", DOCKER_HUB, credentialArn=secret(cloud, name="own-key", KmsKeyId=key))
    with refused(INVALID, "credentialArn"):
        rule(ecr, "hub", DOCKER_HUB, credentialArn=arn.replace("ecr-pullthroughcache/", "elsewhere-----------/"))
    cloud.client("secretsmanager").delete_secret(SecretId=arn)
    with refused("UnableToAccessSecretException"):
        rule(ecr, "hub", DOCKER_HUB, credentialArn=arn)
    assert described(ecr) == []


def test_a_secret_under_the_managed_key_by_name_is_fine(cloud: Cloud, ecr: Client) -> None:
    rule(ecr, "hub", DOCKER_HUB, credentialArn=secret(cloud, KmsKeyId="alias/aws/secretsmanager"))
    assert failure(ecr) is None


def test_a_new_secret_may_not_be_found_yet(cloud: Cloud, ecr: Client) -> None:
    arn, cloud.emulator.caches.secrets_unseen = secret(cloud), 2
    for _ in range(2):
        with refused("SecretNotFoundException"):
            rule(ecr, "hub", DOCKER_HUB, credentialArn=arn)
    rule(ecr, "hub", DOCKER_HUB, credentialArn=arn)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("test", "JSON"),
        ([], "JSON object"),
        ({}, "username and the key accessToken"),
        ({"username": "me"}, "accessToken"),
        ({"accessToken": "t", "username": ""}, "username"),
        ({"username": "me", "accesstoken": "t"}, "accessToken"),
        (GOOD, None),
    ],
)
def test_what_is_in_the_secret_is_seen_by_validation_only(cloud: Cloud, ecr: Client, value: Any, text: str) -> None:
    rule(ecr, "hub", DOCKER_HUB, credentialArn=secret(cloud, value))
    found = failure(ecr)
    assert found is None if text is None else text in str(found)


def test_validation_fails_where_the_upstream_or_the_secret_does(cloud: Cloud, ecr: Client) -> None:
    arn, caches = secret(cloud), cloud.emulator.caches
    rule(ecr, "hub", DOCKER_HUB, credentialArn=arn)
    caches.take_down(DOCKER_HUB)
    assert "connect" in str(failure(ecr))
    caches.mend(DOCKER_HUB)
    caches.refuse_credentials(DOCKER_HUB)
    assert "refused" in str(failure(ecr))
    caches.mend(DOCKER_HUB)
    assert failure(ecr) is None
    cloud.client("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    assert "not found" in str(failure(ecr))


def test_only_the_way_in_can_be_updated(cloud: Cloud, ecr: Client) -> None:
    first, second = secret(cloud), secret(cloud, name="second")
    made = rule(ecr, "hub", DOCKER_HUB, credentialArn=first)
    updated = ecr.update_pull_through_cache_rule(ecrRepositoryPrefix="hub/", credentialArn=second)
    assert (updated["credentialArn"], updated["upstreamRepositoryPrefix"]) == (second, "ROOT")
    assert updated["updatedAt"] >= made["createdAt"]
    assert described(ecr)[0]["credentialArn"] == second
    with refused(INVALID, "Please set either credential arn or role arn"):
        ecr.update_pull_through_cache_rule(ecrRepositoryPrefix="hub")
    with refused(INVALID, "customRoleArn"):
        ecr.update_pull_through_cache_rule(ecrRepositoryPrefix="hub", customRoleArn=ROLE)
    with refused("SecretNotFoundException"):
        ecr.update_pull_through_cache_rule(ecrRepositoryPrefix="hub", credentialArn=second[:-6] + "abcdef")
    assert described(ecr)[0]["credentialArn"] == second


def test_what_is_not_there_is_not_found(ecr: Client) -> None:
    rule(ecr)
    code = "PullThroughCacheRuleNotFoundException"
    with refused(code, "none"):
        ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=["public", "none"])
    for operation in ("delete", "validate", "update"):
        with refused(code, "none"):
            getattr(ecr, f"{operation}_pull_through_cache_rule")(ecrRepositoryPrefix="none")


def test_rules_come_in_pages_or_by_name(ecr: Client) -> None:
    for number in range(7):
        rule(ecr, f"public{number}")
    pages = ecr.get_paginator("describe_pull_through_cache_rules").paginate(PaginationConfig={"PageSize": 3})
    sizes, names = [], set()
    for page in pages:
        sizes.append(len(page["pullThroughCacheRules"]))
        names |= {each["ecrRepositoryPrefix"] for each in page["pullThroughCacheRules"]}
    assert (sizes, len(names)) == ([3, 3, 1], 7)
    for paging in ({"maxResults": 5}, {"nextToken": "x"}):
        with refused(INVALID, "ecrRepositoryPrefixes"):
            ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=["public1"], **paging)
    with refused(INVALID, "nextToken"):
        ecr.describe_pull_through_cache_rules(nextToken="?")
    with refused(INVALID, "maxResults"):
        ecr.describe_pull_through_cache_rules(maxResults=1001)


def test_a_registry_has_fifty_rules(ecr: Client) -> None:
    for number in range(50):
        rule(ecr, f"public{number}")
    with refused("LimitExceededException", "50"):
        rule(ecr, "public50")
    ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="public0")
    rule(ecr, "public50")


def test_each_account_and_region_has_its_own(cloud: Cloud, ecr: Client) -> None:
    rule(ecr)
    others = [cloud.client("ecr", "us-east-1"), cloud.client("ecr", account="111122223333")]
    assert [described(each) for each in others] == [[], []]
    assert rule(others[1])["registryId"] == "111122223333"
    with refused("AccessDeniedException"):
        ecr.describe_pull_through_cache_rules(registryId="111122223333")


def test_a_pull_makes_the_repository_if_the_rule_works(cloud: Cloud, ecr: Client) -> None:
    caches = cloud.emulator.caches
    assert not caches.pulled_through("hub/library/nginx")
    rule(ecr, "hub", DOCKER_HUB, credentialArn=secret(cloud))
    caches.take_down(DOCKER_HUB)
    assert not caches.pulled_through("hub/library/nginx")
    caches.mend(DOCKER_HUB)
    assert caches.pulled_through("hub/library/nginx")
    assert not caches.pulled_through("hubble/nginx")
    [made] = ecr.describe_repositories()["repositories"]
    assert (made["repositoryName"], made["imageTagMutability"]) == ("hub/library/nginx", "MUTABLE")
    ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="hub")
    assert caches.pulled_through("hub/library/nginx")


def test_the_longest_prefix_says_which_upstream_is_asked(cloud: Cloud, ecr: Client) -> None:
    rule(ecr, "ROOT", "quay.io")
    rule(ecr, "team/k8s", "registry.k8s.io")
    rule(ecr, "team", "quay.io")
    cloud.emulator.caches.take_down("quay.io")
    assert cloud.emulator.caches.pulled_through("team/k8s/pause")
    assert not cloud.emulator.caches.pulled_through("team/nginx")


def test_calls_are_recorded_and_fail_on_demand(cloud: Cloud) -> None:
    ecr = attempts(cloud)
    cloud.faults.on("throttle", operation="CreatePullThroughCacheRule", times=1)
    with refused("ThrottlingException"):
        rule(ecr)
    rule(ecr)
    ecr.validate_pull_through_cache_rule(ecrRepositoryPrefix="public")
    assert cloud.calls.writes() == ["CreatePullThroughCacheRule"] * 2
    assert cloud.calls.operations()[-1] == "ValidatePullThroughCacheRule"
