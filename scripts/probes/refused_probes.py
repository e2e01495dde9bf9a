"""Probes that send what is expected to be refused, to see the code and the words. What is taken is undone.

A setting that AWS has once for the whole registry is left alone wherever the registry has something in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from probing import TAKEN, Asked, Probe, Skip

OTHER = "111122223333"
REFUSED = "sends what is expected to be refused"


def setting_value(asked: Asked) -> str:
    before = asked.ecr.get_account_setting(name="BLOB_MOUNTING")["value"]
    answer = asked.refusal(lambda: asked.ecr.put_account_setting(name="BLOB_MOUNTING", value="PERHAPS"))
    if answer == TAKEN:
        asked.later(lambda: asked.ecr.put_account_setting(name="BLOB_MOUNTING", value=before))
    return answer


def _scanning(*frequencies: str) -> Callable[[Asked], str]:
    filters = [{"filter": "ecrops-probe", "filterType": "WILDCARD"}]
    rules = [{"scanFrequency": frequency, "repositoryFilters": filters} for frequency in frequencies]

    def ask(asked: Asked) -> str:
        need_no_scanning(asked)
        return asked.refusal(lambda: asked.ecr.put_registry_scanning_configuration(scanType="BASIC", rules=rules))

    return ask


def need_no_scanning(asked: Asked) -> None:
    found = asked.ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    if found.get("rules") or found["scanType"] != "BASIC":
        raise Skip("the registry has a scanning configuration, which stays as it is")
    asked.later(lambda: _remove_filters(asked))


def _remove_filters(asked: Asked) -> None:
    """Take the filters of probes away, unless somebody has put others since."""
    rules = asked.ecr.get_registry_scanning_configuration()["scanningConfiguration"].get("rules", [])
    filters = {each["filter"] for rule in rules for each in rule["repositoryFilters"]}
    if filters and filters <= {"ecrops-probe", "ecrops-probe*", "ecrops-*"}:
        asked.ecr.put_registry_scanning_configuration(scanType="BASIC", rules=[])


def _replication(account: str, region: str) -> Callable[[Asked], str]:
    def ask(asked: Asked) -> str:
        if _replicated_to(asked):
            raise Skip("the registry has replication rules, which stay as they are")
        place = {"region": region or asked.region, "registryId": account or asked.account}
        put = asked.ecr.put_replication_configuration
        asked.later(lambda: _replicated_to(asked) == [place] and put(replicationConfiguration={"rules": []}))
        return asked.refusal(lambda: put(replicationConfiguration={"rules": [{"destinations": [place]}]}))

    return ask


def _replicated_to(asked: Asked) -> list[dict[str, str]]:
    rules = asked.ecr.describe_registry()["replicationConfiguration"].get("rules", [])
    return [place for rule in rules for place in rule["destinations"]]


def signing_region(asked: Asked) -> str:
    if _signed_with(asked) is not None:
        raise Skip("the registry has a signing configuration, which stays as it is")
    other = "us-east-1" if asked.region != "us-east-1" else "eu-west-1"
    profile = f"arn:aws:signer:{other}:{asked.account}:/signing-profiles/ecrops_probe"
    asked.later(lambda: _signed_with(asked) == [profile] and asked.ecr.delete_signing_configuration())
    rules = [{"signingProfileArn": profile}]
    return asked.refusal(lambda: asked.ecr.put_signing_configuration(signingConfiguration={"rules": rules}))


def _signed_with(asked: Asked) -> list[str] | None:
    try:
        configuration = asked.ecr.get_signing_configuration()["signingConfiguration"]
    except asked.ecr.exceptions.SigningConfigurationNotFoundException:
        return None
    return [rule["signingProfileArn"] for rule in configuration["rules"]]


def _policy(**members: Any) -> Callable[[Asked], str]:
    def ask(asked: Asked) -> str:
        if _sids(asked):
            raise Skip("the registry has a policy, which stays as it is")
        sid = "".join(filter(str.isalnum, asked.name()))
        principal = {"AWS": f"arn:aws:iam::{asked.account}:root"}
        statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "ecr:ReplicateImage", **members}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        text = text.replace("ACCOUNT", asked.account).replace("NAME", asked.name())
        asked.later(lambda: _sids(asked) == [sid] and asked.ecr.delete_registry_policy())
        return asked.refusal(lambda: asked.ecr.put_registry_policy(policyText=text))

    return ask


def _sids(asked: Asked) -> list[str]:
    try:
        policy = json.loads(asked.ecr.get_registry_policy()["policyText"])
    except asked.ecr.exceptions.RegistryPolicyNotFoundException:
        return []
    return [each.get("Sid", "") for each in policy["Statement"]]


def _exclusion(account: str) -> Callable[[Asked], str]:
    def ask(asked: Asked) -> str:
        principal = f"arn:aws:iam::{account or asked.account}:role/{asked.name()}"
        asked.later(lambda: asked.ecr.deregister_pull_time_update_exclusion(principalArn=principal))
        return asked.refusal(lambda: asked.ecr.register_pull_time_update_exclusion(principalArn=principal))

    return ask


def _cache(url: str, **members: str) -> Callable[[Asked], str]:
    def ask(asked: Asked) -> str:
        prefix = members.get("ecrRepositoryPrefix", asked.name())
        if prefix == "ROOT" and asked.ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"]:
            raise Skip("the registry has pull-through cache rules, which stay alone")
        request = {"ecrRepositoryPrefix": prefix, "upstreamRegistryUrl": url, **members}
        filled = {key: _filled(value, asked) for key, value in request.items()}
        asked.later(partial(asked.ecr.delete_pull_through_cache_rule, ecrRepositoryPrefix=prefix))
        return asked.refusal(lambda: asked.ecr.create_pull_through_cache_rule(**filled))

    return ask


def _filled(text: str, asked: Asked) -> str:
    other = "us-east-1" if asked.region != "us-east-1" else "eu-west-1"
    for word, value in {"ACCOUNT": asked.account, "ELSEWHERE": other, "REGION": asked.region}.items():
        text = text.replace(word, value)
    return text


def _template(**members: Any) -> Callable[[Asked], str]:
    def ask(asked: Asked) -> str:
        request = {"prefix": asked.name(), "appliedFor": ["REPLICATION"], **members}
        asked.later(lambda: asked.ecr.delete_repository_creation_template(prefix=asked.name()))
        return asked.refusal(lambda: asked.ecr.create_repository_creation_template(**request))

    return ask


def _secret(**members: Any) -> Callable[[Asked], str]:
    def ask(asked: Asked) -> str:
        secrets = asked.client("secretsmanager")
        asked.later(lambda: secrets.delete_secret(SecretId=asked.name(), ForceDeleteWithoutRecovery=True))
        return asked.refusal(lambda: secrets.create_secret(Name=asked.name(), **members))

    return ask


SECRET = "arn:aws:secretsmanager:REGION:{}:secret:ecr-pullthroughcache/ecrops-probe-AbCdEf"
ROLE = "arn:aws:iam::{}:role/ecrops-probe"
OWN, THEIRS = "ACCOUNT.dkr.ecr.REGION.amazonaws.com", f"{OTHER}.dkr.ecr.ELSEWHERE.amazonaws.com"
CACHE, TEMPLATE, SECRETS = (
    f"ecr/registry/caching/{module}.py" for module in ("pull_through_cache", "creation_templates", "credentials")
)
CACHE_ACCESS = f"{CACHE}: the codes of a credential and of a role that the upstream has no use for"
SCAN_CODES = "ecr/registry/scanning.py: the codes and the words of these refusals"
_WHERE = "ecr/registry/replication.py: the codes and the words of these two"
_GONE = {"AWS": "arn:aws:iam::ACCOUNT:role/NAME"}
_EARLY = f"{TEMPLATE}: that policies are checked as early as this"
_TAGS = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
_TABLE: list[tuple[str, str, str, Callable[[Asked], str]]] = [
    (
        "setting-value",
        "a wrong value of an account setting",
        "ecr/registry/account.py: Invalid value for",
        setting_value,
    ),
    ("basic-continuous", "BASIC scanning with a continuous rule", SCAN_CODES, _scanning("CONTINUOUS_SCAN")),
    ("same-frequency", "two scanning rules of one frequency", SCAN_CODES, _scanning("SCAN_ON_PUSH", "SCAN_ON_PUSH")),
    ("replicate-here", "replication to the registry itself", _WHERE, _replication("", "")),
    ("replicate-nowhere", "replication to a region that there is not", _WHERE, _replication("", "xx-nowhere-1")),
    (
        "signing-region",
        "a signing profile of another region",
        "ecr/registry/signing.py: code and words",
        signing_region,
    ),
    ("policy-resource", "a registry policy without a resource", "ecr/registry/policy.py: that a resource", _policy()),
    (
        "policy-principal",
        "a registry policy that names a role which does not exist",
        "ecr/registry/policy.py: that principals are looked for",
        _policy(Resource="*", Principal=_GONE),
    ),
    (
        "exclusion-of-nobody",
        "an exclusion of a role that does not exist is taken",
        "ecr/registry/exclusions.py: whether a principal must exist",
        _exclusion(""),
    ),
    (
        "exclusion-elsewhere",
        "an exclusion of a role of another account is taken",
        "ecr/registry/exclusions.py: whether a principal must exist",
        _exclusion(OTHER),
    ),
    (
        "cache-credential",
        "a credential for an upstream without any",
        CACHE_ACCESS,
        _cache("public.ecr.aws", credentialArn=SECRET.format("ACCOUNT")),
    ),
    (
        "cache-role",
        "a role for a public upstream",
        CACHE_ACCESS,
        _cache("quay.io", customRoleArn=ROLE.format("ACCOUNT")),
    ),
    (
        "cache-of-itself",
        "a registry as its own upstream",
        f"{CACHE}: A registry can't be its own upstream",
        _cache(OWN),
    ),
    (
        "cache-without-role",
        "the registry of another account as upstream, without a role",
        f"{CACHE}: the guide and Terraform's documentation say",
        _cache(THEIRS),
    ),
    (
        "cache-foreign-role",
        "a role of another account for a cache",
        f"{SECRETS}: This role must be in the same account",
        _cache(THEIRS, customRoleArn=ROLE.format(OTHER)),
    ),
    (
        "cache-root-prefix",
        "a prefix of the upstream of a rule for ROOT",
        f"{CACHE}: the codes, and that other upstreams",
        _cache(
            THEIRS, ecrRepositoryPrefix="ROOT", upstreamRepositoryPrefix="prod", customRoleArn=ROLE.format("ACCOUNT")
        ),
    ),
    (
        "cache-public-prefix",
        "a prefix of a public upstream",
        f"{CACHE}: the codes, and that other upstreams",
        _cache("public.ecr.aws", upstreamRepositoryPrefix="docker"),
    ),
    (
        "cache-name",
        "the name of another upstream than that of the host",
        "ecr/registry/caching/upstreams.py: a name that is not that",
        _cache("public.ecr.aws", upstreamRegistry="quay"),
    ),
    (
        "secret-of-others",
        "a secret of another account for a cache",
        f"{SECRETS}: the code for a secret of another account",
        _cache("registry-1.docker.io", credentialArn=SECRET.format(OTHER)),
    ),
    (
        "secret-elsewhere",
        "a secret of another region for a cache",
        f"{SECRETS}: the code for a secret of another region",
        _cache("registry-1.docker.io", credentialArn=SECRET.format("ACCOUNT").replace("REGION", "ELSEWHERE")),
    ),
    (
        "template-foreign-role",
        "a role of another account in a template",
        f"{SECRETS}: This role must be in the same account",
        _template(customRoleArn=ROLE.format(OTHER)),
    ),
    (
        "template-lifecycle",
        "a template with a wrong lifecycle policy",
        _EARLY,
        _template(lifecyclePolicy='{"rules": 7}'),
    ),
    ("template-policy", "a template with a wrong policy", _EARLY, _template(repositoryPolicy='{"Statement": 7}')),
    (
        "secret-of-both-kinds",
        "a secret that is a string and binary",
        "services/secrets.py: the code; the reference",
        _secret(SecretString="a", SecretBinary=b"a"),
    ),
    (
        "secret-key",
        "a secret under a key that there is not",
        "services/secrets.py: the words",
        _secret(KmsKeyId="alias/ecrops-probe"),
    ),
    (
        "secret-tags",
        "a secret with one tag twice",
        "services/secrets.py: the codes and the words",
        _secret(SecretString="a", Tags=_TAGS),
    ),
]
PROBES = [Probe(name, fact, [mark], ask, REFUSED) for name, fact, mark, ask in _TABLE]
