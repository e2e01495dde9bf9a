"""All that rules on events are made of, as it is in memory: without a call, since tests look after each of many."""

from __future__ import annotations

import json
from typing import Any

from moto.logs.models import logs_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from .backend import backend
from .functions import functions


def picture(account: str, region: str) -> dict[str, Any]:
    """Rules with their tags and targets, and every policy that could let EventBridge in, without an order."""
    events = backend(account, region)
    queues = sqs_backends[account][region].queues.values()
    topics = sns_backends[account][region].topics.values()
    groups = logs_backends[account][region].resource_policies.values()
    permissions = functions(account, region).permissions
    return {
        "rules": {
            rule.name: (
                rule.event_pattern.dump(),
                rule.state,
                _sorted(rule.targets),
                events.tagger.get_tag_dict_for_resource(rule.arn),
                rule.description,
            )
            for bus in events.event_buses.values()
            for rule in bus.rules.values()
        },
        "queues": {queue.name: _sorted((queue._policy_json or {}).get("Statement", [])) for queue in queues},
        "topics": {topic.name: _sorted(json.loads(topic.policy)["Statement"]) for topic in topics},
        "groups": [json.loads(policy.policy_document) for policy in groups],
        "functions": {owner: _sorted(statements.values()) for owner, statements in permissions.items() if statements},
    }


def _sorted(parts: Any) -> list[str]:
    return sorted(json.dumps(_plain(part), sort_keys=True) for part in parts)


def _plain(value: Any) -> Any:
    """Lists in no order: principals, actions and rules that are let in have none."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return sorted(map(_plain, value), key=str) if isinstance(value, list) else value
