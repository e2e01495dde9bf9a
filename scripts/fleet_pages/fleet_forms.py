"""What a type hint cannot say of a field in a fleet file: its form, its limits, and what else may stand there.

Called by ``fleet_schema``. The expressions are those that the values check themselves with, wherever they have one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ecrops.access.grants import VERBS
from ecrops.access.principals.named import KINDS as PRINCIPALS
from ecrops.access.principals.named import ORGANIZATION, SERVICE
from ecrops.events.patterns.kinds import KINDS, SCAN_TYPES, SEVERITIES
from ecrops.lifecycle.policy.checks import MAX_RULES
from ecrops.registry_settings.account_settings.values import FORMER, KNOWN, MAX_NAME
from ecrops.registry_settings.pull_through_cache.values import PREFIX, ROLE, ROOT, SECRET
from ecrops.registry_settings.replication.values import LONGEST_PREFIX
from ecrops.registry_settings.scanning.values import FILTER as SCAN_FILTER
from ecrops.registry_settings.signing.values import FILTER as SIGNING_FILTER
from ecrops.registry_settings.signing.values import MAX_FILTER, MAX_PROFILE, PROFILE
from ecrops.registry_settings.signing.values import MAX_RULES as MAX_SIGNING
from ecrops.repositories import checks, verbatim

Schema = dict[str, Any]
MAX_DAYS = timedelta.max.days
PLACEHOLDER = r"\{(account|region)\}"
_PYTHON_ONLY = re.compile(r"\(\?P<\w+>|\(\?a:")


def text(expression: str, **limits: Any) -> Schema:
    """A string of a form. With a placeholder in it, its form is known when that is filled in."""
    portable = _PYTHON_ONLY.sub("(?:", expression)
    return {"type": "string", "pattern": f"^({portable})$|{PLACEHOLDER}", **limits}


def ref(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


STRINGS: Schema = {"type": "array", "items": {"type": "string"}}
JSON_OBJECT: Schema = {"type": "object"}
NAME = text(checks._NAME, minLength=2, maxLength=256)
ROLE_ARN = text(ROLE.pattern, maxLength=2048)
_AWS_KEY = "(?![aA][wW][sS]:)"
TAGS: Schema = {
    "type": "object",
    "maxProperties": checks.MAX_TAGS,
    "propertyNames": {"minLength": 1, "maxLength": 128, "pattern": f"^{_AWS_KEY}"},
    "additionalProperties": {"type": "string", "maxLength": 256, "pattern": f"^{_AWS_KEY}"},
}
OWN_TAGS: Schema = {**TAGS, "additionalProperties": {**TAGS["additionalProperties"], "type": ["string", "null"]}}
_OTHERS: Schema = {"type": "object", "additionalProperties": STRINGS}
_TAG = {"type": "string", "pattern": "^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$"}
_IMAGE_TAGS: Schema = {"type": ["array", "null"], "items": _TAG, "minItems": 1}
OPTIONS: Mapping[str, Schema] = {
    "image_tags": {**_IMAGE_TAGS, "description": "Only images with one of these tags."},
    "image_tag": {**_TAG, "type": ["string", "null"], "description": "Only images with this tag."},
    "scan_type": {"enum": [*SCAN_TYPES, None], "description": "Whose scans; by default as the registry is scanned."},
    "severities": {
        "type": ["array", "null"],
        "items": {"enum": list(SEVERITIES)},
        "minItems": 1,
        "description": "Which findings; by default `CRITICAL` and `HIGH`.",
    },
    "result": {"enum": ["SUCCESS", "FAILED", None], "description": "Only replications that ended so."},
}
"""The options of kinds of events."""

FIELDS: Mapping[str, Schema] = {
    "RepositorySpec.name": NAME,
    "RepositorySpec.image_tag_mutability_exclusion_filters": {
        "items": {"type": "string", "pattern": rf"^(?!(.*\*){{3}}){checks._FILTER}$"},
        "minItems": 1,
        "maxItems": checks.MAX_FILTERS,
    },
    "RepositorySpec.encryption_key": text(rf"{checks._KEY}|arn:.+", maxLength=2048),
    "RepositorySpec.lifecycle_rules": {
        "items": ref("AnyLifecycleRule"),
        "maxItems": MAX_RULES,
        "description": "Lifecycle rules, with these fields or in ECR's own form; `[]` removes the lifecycle policy.",
    },
    "RepositorySpec.resource_policy": ref("PolicyDocument"),
    "RepositorySpec.tags": OWN_TAGS,
    "RepositorySpec.grants": {
        "description": "Who may use the repository. Grants are added, in IAM policies and in the repository policy; "
        "a grant that leaves the file stays until `Repository.revoke` takes it away."
    },
    "RepositorySpec.events": {
        "items": ref("RepositoryEvent"),
        "description": "EventBridge rules on its events; `[]` removes the rules that ecrops made for the repository.",
    },
    "Guard.never": {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"anyOf": [{"type": "string"}, ref("InUse")]}}]
    },
    "RegistrySpec.events": {
        "items": ref("RegistryEvent"),
        "description": "EventBridge rules on events of several repositories; `[]` removes those that ecrops made.",
    },
    "RegistrySpec.registry_policy": ref("PolicyDocument"),
    "RegistrySpec.account_settings": {
        "type": "object",
        "properties": {name: {"enum": [*values, *FORMER.get(name, ())]} for name, values in KNOWN.items()},
        "propertyNames": {"minLength": 1, "maxLength": MAX_NAME, "pattern": "^[ -~]+$"},
        "additionalProperties": {"type": "string", "minLength": 1},
    },
    "RegistrySpec.pull_time_exclusions": {"items": text(r"arn:aws.*:(role|user)/.+", maxLength=200)},
    "RegistrySpec.signing": {"maxItems": MAX_SIGNING},
    "LifecycleRule.rule_priority": {"minimum": 1},
    "LifecycleRule.max_image_count": {"minimum": 1},
    "LifecycleRule.max_image_age": {"type": "integer", "minimum": 1, "maximum": MAX_DAYS},
    "LifecycleRule.since_image_pulled": {"type": "integer", "minimum": 1, "maximum": MAX_DAYS},
    "LifecycleRule.since_image_transitioned": {"type": "integer", "minimum": 90, "maximum": MAX_DAYS},
    "LifecycleRule.tag_pattern_list": {"items": {"type": "string", "pattern": r"^(?!(.*\*){5}).+$"}},
    "Guard.max_expired": {"minimum": 0},
    "Guard.max_fraction": {"minimum": 0, "maximum": 1},
    "Guard.max_archived": {"minimum": 0},
    "Grant.principal": ref("AnyPrincipal"),
    "Grant.allow": {"anyOf": [{"enum": list(VERBS)}, {**STRINGS, "minItems": 1}]},
    "Grant.on": text("[a-z0-9._/*?-]{1,256}"),
    "Grant.policy_name": text("[A-Za-z0-9_+=,.@-]{1,128}"),
    "Event.kind": {"enum": list(KINDS)},
    "Event.name": text(r"[.\-_A-Za-z0-9]{1,64}"),
    "Event.bus": text(r"[/.\-_A-Za-z0-9]{1,256}"),
    "Event.description": {"maxLength": 512},
    "Event.repositories": {
        "description": "The repositories whose events are meant. In a repository they are its own: leave it out."
    },
    "Event.options": JSON_OBJECT,
    "Event.event_pattern": JSON_OBJECT,
    "Event.targets": {"items": ref("AnyTarget")},
    "Event.tags": {**TAGS, "maxProperties": 45},
    "Target.arn": text("arn:.+"),
    "Target.id": text(r"[.\-_A-Za-z0-9]{1,64}"),
    "Target.role_arn": text("arn:.+:iam::.+:role/.+"),
    "Target.input_path": text(r"\$.*"),
    "Target.input_transformer": JSON_OBJECT,
    "Target.dead_letter_arn": text("arn:.+:sqs:.+"),
    "Target.maximum_retry_attempts": {"minimum": 0, "maximum": 185},
    "Target.maximum_event_age": {
        "type": "integer",
        "minimum": 60,
        "maximum": 86400,
        "description": "Seconds, from 60 to 86,400, which is EventBridge's default.",
    },
    "Target.message_group_id": text("[!-~]{1,100}"),
    "Target.parameters": JSON_OBJECT,
    "Target.authorize": {"enum": [True, False, "shared"]},
    "ScanningConfiguration.continuous_scan": {"items": text(SCAN_FILTER.pattern, maxLength=255)},
    "ScanningConfiguration.scan_on_push": {"items": text(SCAN_FILTER.pattern, maxLength=255)},
    "ScanningConfiguration.other_frequencies": {"type": "object"},
    "SigningRule.profile_arn": text(PROFILE.pattern, maxLength=MAX_PROFILE),
    "SigningRule.repositories": {"items": text(SIGNING_FILTER.pattern, maxLength=MAX_FILTER), "minItems": 1},
    "SigningRule.other_filters": _OTHERS,
    "ReplicationRule.prefix": {
        "anyOf": [{"type": "string", "maxLength": LONGEST_PREFIX}, {"type": "array", "items": {"type": "string"}}]
    },
    "ReplicationRule.to": {"items": text("([0-9]{12}/)?[a-z0-9-]+")},
    "ReplicationRule.other_filters": _OTHERS,
    "PullThroughCacheRule.prefix": text(f"({PREFIX.pattern}|{ROOT})/?", minLength=2, maxLength=31),
    "PullThroughCacheRule.upstream": text("[a-z0-9-]+([.][a-z0-9-]+)+"),
    "PullThroughCacheRule.upstream_prefix": text(f"({PREFIX.pattern}|{ROOT})/?", minLength=2, maxLength=31),
    "PullThroughCacheRule.credential_arn": text(SECRET.pattern, maxLength=612),
    "PullThroughCacheRule.custom_role_arn": ROLE_ARN,
    "RepositoryCreationTemplate.prefix": text(f"({PREFIX.pattern}|{ROOT})/?", maxLength=257),
    "RepositoryCreationTemplate.applied_for": {"minItems": 1},
    "RepositoryCreationTemplate.description": {"maxLength": 256},
    "RepositoryCreationTemplate.encryption_key": text("arn:aws[a-z0-9-]*:kms:.+:.+:key/[a-z0-9-]+", maxLength=2048),
    "RepositoryCreationTemplate.resource_policy": ref("PolicyDocument"),
    "RepositoryCreationTemplate.tags": TAGS,
    "RepositoryCreationTemplate.custom_role_arn": ROLE_ARN,
}
"""What is said of a field besides its type hint, or in its place if it has a ``type``, a ``$ref``, an ``enum`` or an
``anyOf``."""
FIELDS = {
    **FIELDS,
    **{
        f"RepositoryCreationTemplate.{name}": FIELDS[f"RepositorySpec.{name}"]
        for name in ("image_tag_mutability_exclusion_filters", "lifecycle_rules")
    },
}
COUNTS = ("max_image_count", "max_image_age", "since_image_pulled", "since_image_transitioned")
RULES: Mapping[str, Schema] = {
    "LifecycleRule": {
        "oneOf": [{"required": [name], "properties": {name: {"type": "integer"}}} for name in COUNTS],
    }
}
"""What is said of several fields of a class together."""
ACCOUNT_NUMBERS: Schema = {"minimum": 10**11, "maximum": 10**12 - 1}
"""The ids of accounts that an editor may take for numbers: those that lose no zero."""
PRINCIPAL: Schema = {
    "type": "object",
    "description": "Who is granted something: exactly one of these keys, and perhaps conditions.",
    "properties": {
        **{
            kind.key: {
                "type": "boolean" if kind.key == "everyone" else "string",
                "description": str(kind.__doc__).split("\n")[0].replace("``", "`"),
            }
            for kind in PRINCIPALS
        },
        "account": {
            "anyOf": [{"type": "string"}, {"type": "integer", **ACCOUNT_NUMBERS}],
            "description": "An account, by the 12 digits of its id; in quotes if it begins with a zero.",
        },
        "conditions": {"type": ["object", "null"], "description": "The conditions of the grant, as in a policy."},
    },
    "oneOf": [{"required": [kind.key]} for kind in PRINCIPALS],
    "additionalProperties": False,
}


def _of_verbatim(name: str, kind: type) -> Schema:
    """What stands under ``verbatim`` for a field."""
    if kind is list:
        return {"type": "array", "items": {"type": "object" if name == "lifecycle_rules" else "string"}}
    return {"type": "string" if kind is str else "object"}


PARTS: Mapping[str, Schema] = {
    "Principal": PRINCIPAL,
    "AnyPrincipal": {
        "description": "A principal, or a string that stands for one.",
        "anyOf": [
            {"type": "integer", **ACCOUNT_NUMBERS},
            text(rf"arn:.+|[0-9]{{12}}|{ORGANIZATION.pattern}|{SERVICE.pattern}|\*"),
            ref("Principal"),
        ],
    },
    "AnyLifecycleRule": {
        "description": "A lifecycle rule, with the fields of `LifecycleRule` or in ECR's own form.",
        "if": {"type": "object", "anyOf": [{"required": ["selection"]}, {"required": ["action"]}]},
        "then": ref("EcrRule"),
        "else": ref("LifecycleRule"),
    },
    "EcrRule": {
        "type": "object",
        "description": "A lifecycle rule in ECR's own form. Members that ecrops does not know are left to ECR.",
        "properties": {
            "rulePriority": {"type": "integer", "minimum": 1},
            "description": {"type": "string"},
            "selection": {
                "type": "object",
                "properties": {
                    "tagStatus": {"enum": ["tagged", "untagged", "any"]},
                    "tagPrefixList": STRINGS,
                    "tagPatternList": STRINGS,
                    "storageClass": {"enum": ["standard", "archive"]},
                    "countType": {"type": "string"},
                    "countUnit": {"type": "string"},
                    "countNumber": {"type": "integer", "minimum": 1},
                },
                "required": ["tagStatus", "countType", "countNumber"],
            },
            "action": {
                "type": "object",
                "properties": {
                    "type": {"enum": ["expire", "transition"]},
                    "targetStorageClass": {"enum": ["archive"]},
                },
                "required": ["type"],
            },
        },
        "required": ["selection", "action"],
    },
    "PolicyDocument": {
        "type": "object",
        "description": "A policy document of IAM; `{}` is none.",
        "properties": {
            "Version": {"enum": ["2012-10-17", "2008-10-17"]},
            "Id": {"type": "string"},
            "Statement": {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
        },
        "additionalProperties": False,
    },
    "AnyTarget": {"description": "A target, or its ARN.", "anyOf": [text("arn:.+"), ref("Target")]},
    "Verbatim": {
        "type": "object",
        "description": "What AWS has and ecrops would not write, by field, in AWS's own form.",
        "properties": {name: _of_verbatim(name, kind) for name, kind in verbatim.FIELDS.items()},
        "additionalProperties": False,
    },
    "InUse": {
        "type": "object",
        "description": "Images that were in use, as `InUse.to_dict` of Python says them.",
        "properties": {
            "images": {
                "anyOf": [
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
                ],
                "description": "The images: HOST/NAME:TAG, HOST/NAME@sha256:… or digests; perhaps with what used each.",
            },
            "read": {"type": "array", "items": {"type": "string"}, "description": "What was read."},
        },
        "required": ["images"],
        "additionalProperties": False,
    },
    "Unread": {
        "type": "object",
        "description": "Fields that could not be read, each with the reason. They are not managed.",
        "properties": {name: {"type": "string"} for name in verbatim.READ},
        "additionalProperties": False,
    },
}
"""Definitions that are no dataclass."""
