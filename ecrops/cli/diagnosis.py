"""What stands in the way of a fleet file: credentials, region, and the permissions that its plan needs.

Called by ``ecrops doctor``. It only reads. IAM's own simulator (``iam:SimulatePrincipalPolicy``) says what the caller
may do: it knows the policies of a user or role, its boundary, and the service control policies without conditions.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ecrops.access.answers.checks.simulator import ALLOWED, PERMISSION, Decision, simulated
from ecrops.aws import Arn, ClientError, code_of
from ecrops.base.render import several
from ecrops.cli.failures import sentence
from ecrops.text import printable

if TYPE_CHECKING:
    from ecrops.base.change import Change
    from ecrops.engine.plan import Plan
    from ecrops.registry import Registry

OK, PROBLEM, UNKNOWN = "ok", "problem", "unknown"
UNSEEN = (
    "not seen: session policies, endpoint policies, service control policies with conditions, key policies of KMS, and "
    "the repository and queue policies that may allow or deny more"
)
MAX_NAMES = 3
"""How many resources of one action are named."""
_NAMES = {"UserName": "user", "RoleName": "role", "GroupName": "group"}


class Finding(NamedTuple):
    """One thing that was looked at.

    Args:
        state: ``ok``, ``problem``, or ``unknown`` for what cannot be seen from here.
        subject: What was looked at.
        text: What was found, and the way out.
    """

    state: str
    subject: str
    text: str

    def __str__(self) -> str:
        return printable(f"{self.state:<8}{self.subject}: {self.text}")


def of_caller(registry: Registry) -> Iterator[Finding]:
    """Yield who calls, and where. It calls STS, which needs no permission."""
    credentials = registry.aws.session.get_credentials()
    method = getattr(credentials, "method", "") or "an unknown source"
    identity = registry.aws.call("sts", "GetCallerIdentity", {})
    yield Finding(OK, "credentials", f"{identity['Arn']}, from {method}")
    yield Finding(OK, "region", f"{registry.region}, account {identity['Account']}")


def of_plan(registry: Registry, plan: Plan) -> Iterator[Finding]:
    """Yield what the caller may do of what a plan needs: one finding for each action."""
    needed = needs_of(plan, registry)
    if not needed:
        yield Finding(OK, "permissions", "nothing is to be written")
        return
    source, reason = _source(registry)
    if not source:
        yield _unjudged(needed, reason)
        return
    try:
        decisions = {action: dict[str, str]() for action in needed}
        for actions, resources in _questions(needed):
            for decision in simulated(registry.aws, source, actions, resources):
                decisions[decision.action][decision.resource] = _verdict(decision)
    except ClientError as error:
        why = f"IAM does not say ({code_of(error)}): the caller needs {PERMISSION} on {source}"
        yield _unjudged(needed, why)
        return
    for action, resources in needed.items():
        yield _finding(action, resources, decisions[action])


def _unjudged(actions: Iterable[str], why: str) -> Finding:
    """Return that nobody says whether any of the actions is allowed."""
    return Finding(UNKNOWN, "permissions", f"none can be judged: {why}; the plan needs {', '.join(actions)}")


def of_keys(registry: Registry, plan: Plan) -> Iterator[Finding]:
    """Yield what KMS says of each key and alias that a change names: ``plan`` does not ask, and ``apply`` would fail.

    Source: ``KeyState`` of ``KeyMetadata`` in the API model of KMS.
    """
    keys = dict.fromkeys(key for change in plan for key in _keys_in(change.params))
    for key in keys:
        subject = f"key {key}"
        try:
            state = registry.aws.get("kms", "DescribeKey", "KeyMetadata", KeyId=key).get("KeyState", "Enabled")
        except ClientError as error:
            if code_of(error) == "NotFoundException":
                text = f"there is no such key in {registry.region}: make it, or name another one"
                yield Finding(PROBLEM, subject, text)
            else:
                yield Finding(UNKNOWN, subject, f"KMS does not say ({code_of(error)}): ask for kms:DescribeKey on it")
            continue
        if state == "Enabled":
            yield Finding(OK, subject, "enabled")
        else:
            yield Finding(PROBLEM, subject, f"its state is {state}: ECR cannot use it")


def _keys_in(value: object) -> Iterator[str]:
    """Yield the KMS keys that the members of an input name."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name == "kmsKey" and isinstance(member, str):
                yield member
            else:
                yield from _keys_in(member)


def needs_of(plan: Plan, registry: Registry) -> dict[str, list[str]]:
    """Return the resources that each IAM action of a plan is needed for; ``*`` where a change does not name them."""
    needed: dict[str, dict[str, None]] = {}
    for change in plan:
        for action in change.permissions:
            is_own = action.partition(":")[0] == change.service
            needed.setdefault(action, {})[_resource(change, registry) if is_own else "*"] = None
    return {action: list(resources) for action, resources in sorted(needed.items())}


def _resource(change: Change, registry: Registry) -> str:
    """Return the ARN of what a change is about; ``*`` if it does not tell."""
    params: Mapping[str, Any] = change.params
    account = change.account or registry.account_id
    start = f"arn:{registry.partition}:{change.service}"
    place = f"{start}:{change.region or registry.region}:{account}"
    if change.service == "ecr" and isinstance(name := params.get("repositoryName"), str):
        return f"{place}:repository/{name}"
    if change.service == "ecr" and isinstance(arn := params.get("resourceArn"), str):
        return arn
    if change.service == "iam":
        for key, kind in _NAMES.items():
            if isinstance(name := params.get(key), str):
                return f"{start}::{account}:{kind}/{name}"
    return "*"


def _source(registry: Registry) -> tuple[str, str]:
    """Return the ARN whose policies IAM simulates, or why there is none."""
    caller = Arn.parse(registry.aws.call("sts", "GetCallerIdentity", {})["Arn"])
    kind, _, name = caller.resource.partition("/")
    if caller.service == "iam" and kind == "user":
        return str(caller), ""
    if kind == "assumed-role":
        role = name.split("/")[0]
        try:  # the ARN of a session lacks the path of its role
            return str(registry.aws.call("iam", "GetRole", {"RoleName": role})["Role"]["Arn"]), ""
        except ClientError:
            return f"arn:{caller.partition}:iam::{caller.account}:role/{role}", ""
    return "", f"IAM simulates users and roles, and the caller is {caller}"


def _questions(needed: Mapping[str, Sequence[str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield actions with the resources that all of them are needed for."""
    together: dict[tuple[str, ...], list[str]] = {}
    for action, resources in needed.items():
        together.setdefault(tuple(resources), []).append(action)
    for resources, actions in together.items():
        yield actions, list(resources)


def _verdict(decision: Decision) -> str:
    """Return the decision of IAM in its word, or what it depends on."""
    is_open = decision.verdict != ALLOWED and decision.missing
    return f"depends on {', '.join(decision.missing)}" if is_open else decision.verdict


def _finding(action: str, resources: Iterable[str], decisions: Mapping[str, str]) -> Finding:
    """Return what IAM says of one action."""
    decided = {resource: decisions.get(resource, decisions.get("*", "no answer")) for resource in resources}
    refused = [resource for resource, decision in decided.items() if decision != "allowed"]
    if not refused:
        return Finding(OK, action, f"allowed on {several(list(decided), most=MAX_NAMES)}")
    decision = decided[refused[0]]
    if decision == "explicitDeny":
        return Finding(
            PROBLEM, action, f"denied by a policy, on {several(refused, most=MAX_NAMES)}: change that policy"
        )
    if decision == "implicitDeny" and "*" not in refused:
        return Finding(
            PROBLEM,
            action,
            f"no policy allows it on {several(refused, most=MAX_NAMES)}: add it to a policy of the caller",
        )
    if decision == "implicitDeny":
        return Finding(UNKNOWN, action, "no policy allows it on every resource; one may on those that are meant")
    return Finding(UNKNOWN, action, f"{decision}, on {several(refused, most=MAX_NAMES)}")


class Diagnosis:
    """All findings: printed one a line, and ready for JSON."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.findings), UNSEEN])

    @property
    def is_well(self) -> bool:
        """Whether there is no problem, as far as can be seen."""
        return all(finding.state != PROBLEM for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return the findings, ready for JSON."""
        return {"findings": [finding._asdict() for finding in self.findings], "unseen": UNSEEN}


def attempt(subject: str, look: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings; an error on the way is one more finding."""
    try:
        yield from look
    except Exception as error:
        yield Finding(PROBLEM, subject, sentence(error))
