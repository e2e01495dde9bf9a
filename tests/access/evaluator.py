"""ministack's evaluator of IAM, asked line by line: run it with a Python that has ministack, and ``-I``.

Each line is a case in JSON, and so is each answer: the pairs of a resource and an action that are allowed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from ministack.core.iam_evaluator import (  # type: ignore[import-not-found, unused-ignore]
    EvalContext,
    combine_resource_policy,
    evaluate,
    evaluate_resource_policy,
    parse_policy_document,
)


def allowed(case: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a caller, or a service of AWS, may do: both sides must allow it across accounts, either one within."""
    caller, service = case["caller"], case["service"]
    account = "" if service else caller.split(":")[4]
    keys = {key.lower(): value for key, value in case["keys"].items()}
    identity = [parse_policy_document(document) for document in case["identity"]]
    for label, arn in case["resources"].items():
        policy, owner = json.loads(case["policies"].get(label, "{}")), None if arn == "*" else arn.split(":")[4]
        for action in case["actions"]:
            context = EvalContext(caller, case["kind"], account, action, arn, case["region"], service_context=keys)
            if service:
                result = evaluate_resource_policy(policy, context, service=caller)
            else:
                result = combine_resource_policy(evaluate(context, identity), context, policy, owner)
            if result.decision == "Allow":
                yield label, action


for line in sys.stdin:
    print(json.dumps(list(allowed(json.loads(line)))), flush=True)
