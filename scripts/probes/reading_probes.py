"""Probes that only read."""

from __future__ import annotations

from probing import Asked, Probe, Skip


def blob_mounting(asked: Asked) -> str:
    return str(asked.ecr.get_account_setting(name="BLOB_MOUNTING")["value"])


def setting_name(asked: Asked) -> str:
    return asked.refusal(lambda: asked.ecr.get_account_setting(name="ECROPS_PROBE"))


def template_pages(asked: Asked) -> str:
    prefixes = [asked.name()]
    return asked.refusal(lambda: asked.ecr.describe_repository_creation_templates(prefixes=prefixes, maxResults=10))


def missing_template(asked: Asked) -> str:
    return asked.refusal(lambda: asked.ecr.describe_repository_creation_templates(prefixes=[asked.name()]))


def public_registry_uri(asked: Asked) -> str:
    registry = asked.client("ecr-public", "us-east-1").describe_registries()["registries"][0]
    if any(alias["status"] == "ACTIVE" and not alias["defaultRegistryAlias"] for alias in registry["aliases"]):
        raise Skip("the public registry has an alias of its own")
    alias = next((each["name"] for each in registry["aliases"]), "")
    uri = str(registry["registryUri"])
    return asked.plain(uri.replace(alias, "ALIAS") if alias else uri)


def backfills_order(asked: Asked) -> str:
    listed = asked.ecr.list_replication_backfills().get("replicationBackfills", [])
    if len(listed) < 2:
        raise Skip("the registry has had fewer than two backfills in the last 90 days")
    begun = [each["createdAt"] for each in listed]
    return "newest first" if begun == sorted(begun, reverse=True) else "in another order"


PROBES = [
    Probe(
        "blob-mounting",
        "BLOB_MOUNTING is DISABLED where nobody has set it",
        ["ecr/registry/account.py: the guide says how to turn it on"],
        blob_mounting,
    ),
    Probe(
        "setting-name",
        "an account setting of an unknown name is refused",
        ["ecr/registry/account.py: Invalid account setting name"],
        setting_name,
    ),
    Probe(
        "template-pages",
        "templates are not listed by prefix and by page at once",
        ["ecr/registry/caching/creation_templates.py: DescribeRepositories and DescribePullThroughCacheRules"],
        template_pages,
    ),
    Probe(
        "missing-template",
        "the description of a template that does not exist is empty, and no error",
        ["ecr/registry/caching/creation_templates.py: the model has no error for this"],
        missing_template,
    ),
    Probe(
        "public-registry-uri",
        "the URI of a public registry without an alias of its own",
        ["ecr_public/response.py: what it is without an alias"],
        public_registry_uri,
    ),
    Probe(
        "backfills-order",
        "backfills are listed newest first",
        ["ecr/registry/backfills.py: the order"],
        backfills_order,
    ),
]
