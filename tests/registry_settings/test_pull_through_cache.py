"""Pull-through cache rules: each a thing of its own in AWS, validated by the service after it is written."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from ecrops import ConflictError, EcropsError, PullThroughCacheRule, Registry, RegistrySpec, SpecError
from ecrops.testing import FAULTS, Call, Client, Cloud, Fault
from support import HERE, registry_of

LIST, CREATE, VALIDATE = (
    "DescribePullThroughCacheRules",
    "CreatePullThroughCacheRule",
    "ValidatePullThroughCacheRule",
)
UPDATE, DELETE = "UpdatePullThroughCacheRule", "DeletePullThroughCacheRule"
DOCKER = "registry-1.docker.io"
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:ecr-pullthroughcache/any-AbCdEf"
ROLE = "arn:aws:iam::123456789012:role/cache"
OTHER = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    return cloud.client("ecr")


def secret(cloud: Cloud, name: str = "hub", **content: str) -> str:
    """A secret that somebody else has made."""
    text = json.dumps(content or {"username": "ci", "accessToken": "theirs"})
    made = cloud.client("secretsmanager").create_secret(Name=f"ecr-pullthroughcache/{name}", SecretString=text)
    return str(made["ARN"])


def rules(ecr: Client) -> dict[str, str]:
    listed = ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"]
    return {rule["ecrRepositoryPrefix"]: rule["upstreamRegistryUrl"] for rule in listed}


def role_of(cloud: Cloud, name: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "pullthroughcache.ecr.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    iam = cloud.client("iam")
    return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"])


def test_a_rule_is_made_and_then_validated(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="theirs", upstreamRegistryUrl="quay.io")
    made = registry.pull_through_cache.add("k8s/", "registry.k8s.io")
    assert str(made) == HERE + "+ pull-through cache k8s: registry.k8s.io\n1 created"
    assert cloud.calls.operations() == [LIST, CREATE, VALIDATE]
    assert made.permissions == (f"ecr:{CREATE}", f"ecr:{VALIDATE}", "iam:CreateServiceLinkedRole")
    assert rules(ecr) == {"theirs": "quay.io", "k8s": "registry.k8s.io"}
    cloud.calls.clear()
    assert not registry.pull_through_cache.add("k8s", "registry.k8s.io")
    assert cloud.calls.operations() == [LIST]


def test_an_invalid_rule_is_an_error_and_stays(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    cloud.emulator.caches.take_down("quay.io")
    with pytest.raises(EcropsError, match=r"quay was written, and does not work: Unable to connect") as raised:
        registry.pull_through_cache.add("quay", "quay.io")
    assert any("done before: + pull-through cache quay" in note for note in raised.value.__notes__)
    assert rules(ecr) == {"quay": "quay.io"}
    validation = registry.pull_through_cache.validate("quay")
    assert not validation
    assert "Unable to connect" in validation.failure
    cloud.emulator.caches.mend("quay.io")
    assert registry.pull_through_cache.validate("quay")


def test_a_rule_that_another_writer_removes_before_it_is_validated_is_an_error(memory_cloud: Cloud) -> None:
    ecr = memory_cloud.client("ecr")

    def remove(call: Call) -> bool:
        if call.operation == VALIDATE:
            ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="quay")
        return call.operation == VALIDATE

    memory_cloud.faults.on("throttle", where=remove)
    with pytest.raises(EcropsError, match="quay was written, and another writer has removed it since"):
        registry_of(memory_cloud).pull_through_cache.add("quay", "quay.io")
    assert rules(ecr) == {}


def test_an_invalid_rule_stops_no_other(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    cloud.emulator.caches.take_down("quay.io")
    cloud.emulator.caches.take_down("public.ecr.aws")
    wanted = [("a1", "quay.io"), ("b1", "registry.k8s.io"), ("c1", "public.ecr.aws")]
    with pytest.raises(EcropsError, match="a1 was written") as raised:
        registry.pull_through_cache.set(*(PullThroughCacheRule(*each) for each in wanted))
    assert any("c1 was written, and does not work" in note for note in raised.value.__notes__)
    assert rules(ecr) == dict(wanted)


def test_a_validation_that_cannot_be_asked_says_what_is_known(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    cloud.faults.on("denied", operation=VALIDATE)
    with pytest.raises(Exception, match="AccessDenied") as raised:
        registry.pull_through_cache.add("quay", "quay.io")
    assert any("was written; whether it works is not known" in note for note in raised.value.__notes__)
    assert rules(ecr) == {"quay": "quay.io"}


def test_a_credential_is_updated_and_not_taken_away(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    first, second = secret(cloud, "one"), secret(cloud, "two")
    registry.pull_through_cache.add("hub", DOCKER, credential_arn=first)
    cloud.calls.clear()
    made = registry.pull_through_cache.add("hub", DOCKER, credential_arn=second)
    assert cloud.calls.operations() == [LIST, UPDATE, VALIDATE]
    assert str(made) == (
        HERE + f"~ pull-through cache hub: credential_arn {first} -> credential_arn {second}\n1 updated"
    )
    assert registry.pull_through_cache.describe() == (PullThroughCacheRule("hub", DOCKER, credential_arn=second),)


def test_a_role_is_updated_and_not_taken_away(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    one, two = role_of(cloud, "one"), role_of(cloud, "two")
    registry.pull_through_cache.add("base", OTHER, custom_role_arn=one, upstream_prefix="images")
    registry.pull_through_cache.add("base", OTHER, custom_role_arn=two, upstream_prefix="images/")
    assert cloud.calls.of(UPDATE)[-1].params == {"ecrRepositoryPrefix": "base", "customRoleArn": two}
    with pytest.raises(ConflictError, match=r"upstream_prefix of a rule are chosen once: .*remove\('base'\)"):
        registry.pull_through_cache.add("base", OTHER, custom_role_arn=two)


def test_what_cannot_be_taken_away_is_a_conflict(registry: Registry, ecr: Client, cloud: Cloud) -> None:
    same = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    registry.pull_through_cache.add("base", same, custom_role_arn=role_of(cloud, "one"))
    with pytest.raises(ConflictError, match=r"custom_role_arn of a rule can be replaced, and not taken away"):
        registry.pull_through_cache.add("base", same)


def test_another_upstream_is_a_conflict(registry: Registry, ecr: Client, cloud: Cloud) -> None:
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="cache/", upstreamRegistryUrl="quay.io")
    with pytest.raises(ConflictError, match=r"upstream of a rule are chosen once: .*what is cached stays"):
        registry.pull_through_cache.add("cache", "public.ecr.aws")
    assert registry.pull_through_cache.remove("cache")
    assert registry.pull_through_cache.add("cache", "public.ecr.aws")


def test_a_removal_leaves_other_rules_and_the_repositories(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    arn = secret(cloud)
    registry.pull_through_cache.add("hub", DOCKER, credential_arn=arn)
    registry.pull_through_cache.add("ROOT", "quay.io")
    assert cloud.emulator.caches.pulled_through("hub/library/nginx")
    made = registry.pull_through_cache.remove("hub", "never/there")
    assert made.notes == (
        f"pull-through cache: the repositories of hub stay, with what is cached, and so do the secrets {arn}",
    )
    assert rules(ecr) == {"ROOT": "quay.io"}
    assert [spec.name for spec in registry.describe()] == ["hub/library/nginx"]
    assert not registry.pull_through_cache.remove("hub")


def test_a_spec_is_all_rules(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    arn = secret(cloud)
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="theirs", upstreamRegistryUrl="quay.io")
    spec = RegistrySpec(
        pull_through_cache=[
            PullThroughCacheRule("k8s", "registry.k8s.io"),
            {"prefix": "hub", "upstream": DOCKER, "credential_arn": arn},
        ]
    )
    assert [str(change)[0] for change in registry.ensure(spec)] == ["+", "+", "-"]
    cloud.calls.clear()
    assert not registry.ensure(spec)
    assert cloud.calls.operations() == [LIST]
    assert registry.describe_settings().pull_through_cache == spec.pull_through_cache
    assert RegistrySpec.from_dict(spec.to_dict()) == spec
    assert not registry.ensure(registry.describe_settings())
    assert len(registry.ensure(RegistrySpec(pull_through_cache=()))) == 2


def test_rules_are_listed_to_the_last_page(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    for number in range(12):
        ecr.create_pull_through_cache_rule(ecrRepositoryPrefix=f"a{number}", upstreamRegistryUrl="quay.io")
    assert len(registry.pull_through_cache.describe()) == 12


def test_a_rule_for_another_account_needs_a_role_and_says_what_else(registry: Registry, cloud: Cloud) -> None:
    with pytest.raises(SpecError, match="custom_role_arn is needed, as 111122223333"):
        registry.pull_through_cache.add("base", OTHER)
    assert cloud.calls.writes() == []
    made = registry.pull_through_cache.add(
        "base", OTHER, custom_role_arn=role_of(cloud, "cache"), upstream_prefix="images"
    )
    documents = [json.loads(getattr(note, "document", "")) for note in sorted(made.notes)]
    policy, statement = (document["Statement"][0] for document in documents)
    assert statement["Resource"] == "arn:aws:ecr:eu-west-1:111122223333:repository/images/*"
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert "ecr:BatchImportUpstreamImage" in statement["Action"]
    assert "ecr:GetAuthorizationToken" in policy["Action"]
    assert "iam:PassRole" in made.permissions
    assert not registry.pull_through_cache.add("base", OTHER, custom_role_arn=ROLE, upstream_prefix="images").notes


def test_a_registry_of_the_same_account_needs_no_role(registry: Registry) -> None:
    assert not registry.pull_through_cache.add("base", "123456789012.dkr.ecr.us-east-1.amazonaws.com").notes


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"prefix": "a", "upstream": "quay.io"}, "2 to 30"),
        ({"prefix": "Quay", "upstream": "quay.io"}, "write 'quay'"),
        ({"prefix": "qu", "upstream": "https://quay.io/"}, "without a scheme and a path.*write 'quay.io'"),
        ({"prefix": "qu", "upstream": "quay.io/team"}, "write 'quay.io'"),
        ({"prefix": "qu", "upstream": "docker.io"}, "write 'registry-1.docker.io'"),
        ({"prefix": "qu", "upstream": "https://index.docker.io/v1/"}, "write 'registry-1.docker.io'"),
        ({"prefix": "qu", "upstream": "docker-hub"}, "write 'registry-1.docker.io'"),
        ({"prefix": "qu", "upstream": DOCKER}, "docker-hub lets nobody in without credentials"),
        ({"prefix": "qu", "upstream": "ghcr.io"}, "without credentials"),
        ({"prefix": "qu", "upstream": "registry.gitlab.com"}, "without credentials"),
        ({"prefix": "qu", "upstream": "mine.azurecr.io"}, "without credentials"),
        ({"prefix": "qu", "upstream": "cgr.dev"}, "without credentials"),
        ({"prefix": "qu", "upstream": "quay.io", "credential_arn": ARN}, "quay takes no credentials: leave it out"),
        ({"prefix": "qu", "upstream": OTHER, "credential_arn": ARN}, "custom_role_arn is how ECR gets in"),
        ({"prefix": "qu", "upstream": "quay.io", "custom_role_arn": ROLE}, "only a registry of ECR takes a role"),
        ({"prefix": "qu", "upstream": DOCKER, "credential_arn": ARN.replace("ecr-", "")}, "starts with 'ecr-pull"),
        ({"prefix": "qu", "upstream": DOCKER, "credential_arn": "s3cret"}, "type str that is none"),
        ({"prefix": "ROOT", "upstream": OTHER, "upstream_prefix": "ab"}, "caches the whole upstream"),
        ({"prefix": "qu", "upstream": "quay.io", "access_token": "s3cret"}, "a rule holds no secret"),
        ({"prefix": "qu"}, "upstream: is missing"),
        ({"prefix": "qu", "upstream": "quay.io", "upstreamRegistry": "quay"}, "leave it out"),
    ],
)
def test_what_ecr_refuses_is_refused_before_any_call(
    registry: Registry, cloud: Cloud, wanted: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SpecError, match=reason) as raised:
        RegistrySpec.from_dict({"pull_through_cache": [wanted]})
    assert "s3cret" not in str(raised.value)
    assert not cloud.calls


def test_two_rules_of_one_prefix_are_refused() -> None:
    with pytest.raises(SpecError, match="two rules have the prefix 'quay'"):
        RegistrySpec(pull_through_cache=[PullThroughCacheRule("quay", "quay.io")] * 2)


def test_a_secret_of_another_region_is_refused_before_any_call(registry: Registry, cloud: Cloud) -> None:
    with pytest.raises(SpecError, match="name the ARN of the replica"):
        registry.pull_through_cache.add("hub", DOCKER, credential_arn=ARN.replace("eu-west-1", "eu-west-2"))
    assert not cloud.calls


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_regions_without_the_cache_are_said_before_any_call(cloud: Cloud, region: str) -> None:
    registry = Registry(cloud.session(region))
    with pytest.raises(SpecError, match="ECR has no pull-through cache in"):
        registry.pull_through_cache.add("quay", "quay.io")
    assert not cloud.calls


def test_a_rule_that_another_writer_made_first_is_read_again(memory_cloud: Cloud) -> None:
    ecr, registry = memory_cloud.client("ecr"), registry_of(memory_cloud)

    def meddle(call: Call) -> bool:
        if call.operation == CREATE and not rules(ecr):
            ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="quay", upstreamRegistryUrl="public.ecr.aws")
        return False

    memory_cloud.faults.on("throttle", where=meddle)
    with pytest.raises(ConflictError, match="another writer changed it"):
        registry.pull_through_cache.add("quay", "quay.io")


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "denied"])
@pytest.mark.parametrize("operation", [LIST, CREATE, UPDATE, DELETE, VALIDATE])
def test_a_fault_at_any_call_changes_nothing_of_the_outcome(memory_cloud: Cloud, operation: str, fault: Fault) -> None:
    ecr, registry = memory_cloud.client("ecr"), registry_of(memory_cloud)
    first, second = secret(memory_cloud, "one"), secret(memory_cloud, "two")
    registry.pull_through_cache.set(
        PullThroughCacheRule("old1", "quay.io"),
        PullThroughCacheRule("old2", "quay.io"),
        PullThroughCacheRule("hub", DOCKER, credential_arn=first),
    )
    memory_cloud.faults.on(fault, operation=operation)
    made = registry.pull_through_cache.set(
        PullThroughCacheRule("hub", DOCKER, credential_arn=second),
        PullThroughCacheRule("new1", "quay.io"),
        PullThroughCacheRule("new2", "quay.io"),
    )
    assert rules(ecr) == {"hub": DOCKER, "new1": "quay.io", "new2": "quay.io"}
    assert [(change.operation, change.what) for change in made] == [
        (UPDATE, "hub"),
        (CREATE, "new1"),
        (CREATE, "new2"),
        (DELETE, "old1"),
        (DELETE, "old2"),
    ]
    assert not any("another writer" in note for note in made.notes)


def test_an_approved_plan_takes_no_foreign_rule_away(registry: Registry, ecr: Client) -> None:
    plan = registry.plan(RegistrySpec(pull_through_cache=[PullThroughCacheRule("quay", "quay.io")]))
    plan = pickle.loads(pickle.dumps(plan))
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="theirs", upstreamRegistryUrl="quay.io")
    with pytest.raises(ConflictError, match="theirs"):
        registry.apply(plan)
    assert rules(ecr) == {"theirs": "quay.io"}


def test_a_dry_run_remembers_what_it_would_make(cloud: Cloud, ecr: Client) -> None:
    registry = registry_of(cloud, dry_run=True)
    arn = secret(cloud)
    assert registry.pull_through_cache.add("hub", DOCKER, credential_arn=arn)
    assert not registry.pull_through_cache.add("hub", DOCKER, credential_arn=arn)
    assert (
        registry.pull_through_cache.add("hub", DOCKER, credential_arn=secret(cloud, "two")).changes[0].kind == "update"
    )
    assert registry.pull_through_cache.remove("hub")
    assert not registry.pull_through_cache.remove("hub")
    assert rules(ecr) == {}


def test_the_parts_of_a_difference_name_the_rule(registry: Registry) -> None:
    plan = registry.plan(RegistrySpec(pull_through_cache=[PullThroughCacheRule("quay", "quay.io")]))
    assert plan.changes[0].parts == {("+", '["quay", "upstream", "quay.io"]')}


def test_wrong_arguments_say_what_to_write(registry: Registry) -> None:
    with pytest.raises(SpecError, match=r"set\(\*rules\)"):
        registry.pull_through_cache.set([PullThroughCacheRule("quay", "quay.io")])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a rule holds no secret"):
        PullThroughCacheRule("quay", "quay.io", access_token="s3cret")  # type: ignore[call-arg]
    with pytest.raises(SpecError, match="expected a list of PullThroughCacheRules"):
        RegistrySpec(pull_through_cache=PullThroughCacheRule("quay", "quay.io"))  # type: ignore[arg-type]


def test_a_password_in_an_upstream_is_not_shown() -> None:
    with pytest.raises(SpecError) as refused:
        PullThroughCacheRule("hub", "ci:dckr_pat_SECRET@registry-1.docker.io")
    assert "secret" not in str(refused.value).lower()
    assert "access_token=" in str(refused.value)
