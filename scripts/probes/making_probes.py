"""Probes that make something, look at it, and remove it. Nothing of them holds an image."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from probing import Asked, Probe, Skip
from refused_probes import CACHE, SECRETS, TEMPLATE, need_no_scanning

REPOSITORY, TEMPLATES = "makes a repository", "makes templates, and perhaps a repository"
PUBLIC = "makes a public repository, which everybody can see for some seconds"


def _made(asked: Asked, name: str = "", **members: Any) -> str:
    name = name or asked.name()
    asked.later(lambda: asked.ecr.delete_repository(repositoryName=name, force=True))
    asked.ecr.create_repository(repositoryName=name, **members)
    return name


def own_scanning(asked: Asked) -> str:
    need_no_scanning(asked)
    name = _made(asked, imageScanningConfiguration={"scanOnPush": True})
    return _frequency(asked, name)


def enhanced_without_filter(asked: Asked) -> str:
    found = asked.ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    if found["scanType"] != "ENHANCED":
        raise Skip("the registry has BASIC scanning, and Amazon Inspector is not turned on for a probe")
    return _frequency(asked, _made(asked))


def _frequency(asked: Asked, name: str) -> str:
    answer = asked.ecr.batch_get_repository_scanning_configuration(repositoryNames=[name])
    found = answer["scanningConfigurations"][0]
    return f"{found['scanFrequency']} by {[each['filter'] for each in found.get('appliedScanFilters', [])]}"


def last_filter(asked: Asked) -> str:
    need_no_scanning(asked)
    name = _made(asked)
    _put_filters(asked, "SCAN_ON_PUSH", "ecrops-probe*", "ecrops-*")
    return _frequency(asked, name)


def manual_rule(asked: Asked) -> str:
    need_no_scanning(asked)
    return asked.refusal(lambda: _put_filters(asked, "MANUAL", "ecrops-probe"))


def left_out(asked: Asked) -> str:
    need_no_scanning(asked)
    _put_filters(asked, "SCAN_ON_PUSH", "ecrops-probe")
    asked.ecr.put_registry_scanning_configuration(scanType="BASIC")
    found = asked.ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    return "rules stay" if found.get("rules") else "no rules"


def _put_filters(asked: Asked, frequency: str, *filters: str) -> None:
    wildcards = [{"filter": each, "filterType": "WILDCARD"} for each in filters]
    rules = [{"scanFrequency": frequency, "repositoryFilters": wildcards}]
    asked.ecr.put_registry_scanning_configuration(scanType="BASIC", rules=rules)


def image_id(asked: Asked) -> str:
    name = _made(asked)
    return asked.refusal(lambda: asked.ecr.describe_image_signing_status(repositoryName=name, imageId={}))


def _template(asked: Asked, prefix: str, *applied_for: str, **members: Any) -> None:
    asked.later(lambda: asked.ecr.delete_repository_creation_template(prefix=prefix))
    asked.ecr.create_repository_creation_template(prefix=prefix, appliedFor=list(applied_for), **members)


def _updated(**members: Any) -> Callable[[Asked], str]:
    rules = {"rules": [{"rulePriority": 1, "selection": _UNTAGGED, "action": {"type": "expire"}}]}

    def ask(asked: Asked) -> str:
        prefix = asked.name()
        _template(asked, prefix, "REPLICATION", description="probe", lifecyclePolicy=json.dumps(rules))
        asked.ecr.update_repository_creation_template(prefix=prefix, **members)
        answer = asked.ecr.describe_repository_creation_templates(prefixes=[prefix])
        found = answer["repositoryCreationTemplates"][0]
        kept = [name for name in ("description", "lifecyclePolicy", "appliedFor") if found.get(name)]
        return f"kept: {', '.join(kept) or 'nothing'}"

    return ask


_UNTAGGED = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 9}


def _pushed(*prefixes: tuple[str, str]) -> Callable[[Asked], str]:
    def ask(asked: Asked) -> str:
        for suffix, applied_for in prefixes:
            _template(asked, asked.name(suffix), applied_for)
        name = asked.name("/a/b")
        asked.later(lambda: asked.ecr.delete_repository(repositoryName=name, force=True))
        answer = asked.refusal(lambda: asked.ecr.initiate_layer_upload(repositoryName=name))
        return "made" if answer == "taken" else answer.partition(":")[0]

    return ask


def backfill(asked: Asked) -> str:
    if asked.ecr.describe_registry()["replicationConfiguration"].get("rules"):
        raise Skip("the registry has replication rules, and a backfill would copy images")
    destination = {"region": "us-east-1" if asked.region != "us-east-1" else "eu-west-1", "registryId": asked.account}
    return asked.refusal(lambda: asked.ecr.start_replication_backfill(destination=destination))


def deleted_secret(asked: Asked) -> str:
    secrets, name = asked.client("secretsmanager"), f"ecr-pullthroughcache/{asked.name()}"
    asked.later(lambda: secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True))
    arn = secrets.create_secret(Name=name, SecretString='{"username": "probe", "accessToken": "none"}')["ARN"]
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    asked.later(lambda: asked.ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix=asked.name()))
    request = {"ecrRepositoryPrefix": asked.name(), "upstreamRegistryUrl": "registry-1.docker.io", "credentialArn": arn}
    return asked.refusal(lambda: asked.ecr.create_pull_through_cache_rule(**request))


def invalid_role(asked: Asked) -> str:
    upstream, role = (
        f"111122223333.dkr.ecr.{asked.region}.amazonaws.com",
        f"arn:aws:iam::{asked.account}:role/{asked.name()}",
    )
    asked.later(lambda: asked.ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix=asked.name()))
    request = {"ecrRepositoryPrefix": asked.name(), "upstreamRegistryUrl": upstream, "customRoleArn": role}
    asked.ecr.create_pull_through_cache_rule(**request)
    answer = asked.ecr.validate_pull_through_cache_rule(ecrRepositoryPrefix=asked.name())
    return asked.plain(f"{answer['isValid']}: {answer.get('failure', '')}")


def _public(asked: Asked, **data: Any) -> tuple[Any, str]:
    client, name = asked.client("ecr-public", "us-east-1"), asked.name()
    asked.later(lambda: client.delete_repository(repositoryName=name, force=True))
    client.create_repository(repositoryName=name, catalogData=data)
    return client, name


def public_left_out(asked: Asked) -> str:
    client, name = _public(asked, description="probe", aboutText="probe")
    client.put_repository_catalog_data(repositoryName=name, catalogData={"description": "other"})
    found = client.get_repository_catalog_data(repositoryName=name)["catalogData"]
    return "the text stays" if found.get("aboutText") else "the text goes"


def public_policy(asked: Asked) -> str:
    client, name = _public(asked, description="probe")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr-public:DescribeImages", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return asked.refusal(lambda: client.set_repository_policy(repositoryName=name, policyText=text))


_PUSHES = [("/a", "REPLICATION"), ("", "CREATE_ON_PUSH")]
_SCANNING = "ecr/registry/scanning.py"
PROBES = [
    Probe(
        "own-scanning",
        "the deprecated setting of a repository counts where no filter applies",
        [f"{_SCANNING}: that the deprecated setting"],
        own_scanning,
        REPOSITORY,
    ),
    Probe(
        "enhanced-off",
        "ENHANCED scanning of a repository that no filter selects is told as MANUAL",
        [f'{_SCANNING}: for ENHANCED, where the guide says "off"'],
        enhanced_without_filter,
        REPOSITORY,
    ),
    Probe(
        "last-filter",
        "of two filters that apply, the last one is told",
        [f"{_SCANNING}: that only the last filter is told"],
        last_filter,
        f"{REPOSITORY} and a scanning rule",
    ),
    Probe(
        "manual-rule",
        "BASIC scanning takes a rule that says MANUAL",
        [f"{_SCANNING}: whether BASIC takes a rule that says MANUAL"],
        manual_rule,
        "makes a scanning rule",
    ),
    Probe(
        "scanning-left-out",
        "rules that are left out go",
        [f"{_SCANNING}: that what is left out is set to its default"],
        left_out,
        "makes a scanning rule",
    ),
    Probe("image-id", "an image by neither digest nor tag", ["ecr/images.py: words"], image_id, REPOSITORY),
    Probe(
        "template-omitted",
        "an update of a template keeps what it leaves out",
        [f"{TEMPLATE}: that all else stays when it is omitted"],
        _updated(imageTagMutability="MUTABLE"),
        TEMPLATES,
    ),
    Probe(
        "template-cleared",
        "an empty text of an update clears, an empty list of tags too",
        [f"{TEMPLATE}: that empty texts clear"],
        _updated(lifecyclePolicy="", resourceTags=[]),
        TEMPLATES,
    ),
    Probe(
        "made-on-push",
        "the call of the API that begins a push makes a missing repository, by a template",
        ["ecr/backend.py: that the call of the API does so too"],
        _pushed(_PUSHES[1]),
        TEMPLATES,
    ),
    Probe(
        "hidden-template",
        "a longer prefix that is applied for others does not hide a shorter one",
        [f"{TEMPLATE}: that a longer prefix for other scenarios"],
        _pushed(*_PUSHES),
        TEMPLATES,
    ),
    Probe(
        "backfill-of-nothing",
        "a backfill to a destination that no rule has",
        ["ecr/registry/backfills.py: code and words"],
        backfill,
        "sends what is expected to be refused",
    ),
    Probe(
        "deleted-secret",
        "a secret that is to be deleted, for a cache",
        [f"{SECRETS}: the code for a secret that is to be deleted"],
        deleted_secret,
        "makes a secret",
    ),
    Probe(
        "invalid-role",
        "the words of a rule that does not work: its role is missing",
        [f"{CACHE}: Validating pull through cache rules"],
        invalid_role,
        "makes a pull-through cache rule",
    ),
    Probe(
        "public-left-out",
        "catalog data that is left out goes",
        ["ecr_public/backend.py: whether a member that is left out goes"],
        public_left_out,
        PUBLIC,
    ),
    Probe(
        "public-policy",
        "the policy of a public repository with a resource",
        ["ecr/policies.py: that ``ecr-public`` has the same rules", "ecr_public/errors.py: the texts"],
        public_policy,
        PUBLIC,
    ),
]
