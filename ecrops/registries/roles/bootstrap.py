"""The role that a registry of another account is managed with: its least policy, and whom it trusts.

Users call ``bootstrap_policy``, and give the documents to whoever makes the role in each account: a StackSet, a module
of Terraform, or a person. Nothing here writes to AWS.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecrops.aws import Arn, account_of, is_account, is_region, partition_of
from ecrops.aws.sessions import session_of
from ecrops.aws.sessions.trust import permission_statement, trust_statement
from ecrops.base.problems import Problems
from ecrops.base.shown import ShownText
from ecrops.errors import SpecError
from ecrops.registries.location import RegistryLocation
from ecrops.registries.roles.permissions import Need, Scope, needs, needs_of_everything
from ecrops.registry_settings.spec import RegistrySpec
from ecrops.repositories.checks import check_name
from ecrops.repositories.prefixes import Prefix
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    from ecrops.aws import RetryPolicy

MOST = 10_240
"""The characters, without white space, of the inline policies of a role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


@dataclass(frozen=True)
class BootstrapPolicy(ShownText):
    """The documents of a role. ``print`` shows them, and ``to_dict`` has them ready for JSON.

    Attributes:
        role_name: The name of the role, with its path.
        policy: Its identity policy.
        trust_policy: Its trust policy.
        caller_policy: The policy that whoever assumes the role needs in an account of its own.
    """

    role_name: str
    policy: dict[str, Any] = field(hash=False)
    trust_policy: dict[str, Any] = field(hash=False)
    caller_policy: dict[str, Any] = field(hash=False)

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that the role is allowed, sorted."""
        return tuple(sorted({action for statement in self.policy["Statement"] for action in statement["Action"]}))

    def to_dict(self) -> dict[str, Any]:
        """Return the documents, ready for JSON."""
        return {
            "role_name": self.role_name,
            "trust_policy": self.trust_policy,
            "policy": self.policy,
            "caller_policy": self.caller_policy,
        }

    def __str__(self) -> str:
        parts = (
            (f"trust policy of the role {self.role_name}, in each account", self.trust_policy),
            (f"policy of the role {self.role_name}, in each account", self.policy),
            ("policy of whoever assumes it", self.caller_policy),
        )
        return "\n\n".join(f"{words}:\n{json.dumps(document, indent=2)}" for words, document in parts)


def bootstrap_policy(
    *specs: RepositorySpec | RegistrySpec,
    role_name: str = "ecrops",
    within: str | Prefix | Sequence[str | Prefix] = (),
    trusts: str | None = None,
    external_id: str | None = None,
    account: str | None = None,
    regions: Sequence[str] = (),
    deletes: bool = False,
    profile: str | None = None,
    retry: RetryPolicy | None = None,
) -> BootstrapPolicy:
    """Return the documents of a role with which specs can be planned and applied, and nothing else.

    Args:
        specs: What is to be managed. Without any: all settings of registries, and all fields of repositories but
            ``grants``, ``events`` and keys of KMS.
        role_name: The name of the role, with its path if it has one.
        within: Names and prefixes of the repositories, in the place of the names of the specs: ``prefix("team/")``.
        trusts: The ARN of the user or role that assumes the role, or an account. By default it is the caller: AWS is
            asked who that is.
        external_id: The external id that the caller has to send.
        account: The account of the role. By default the documents are for each account.
        regions: The regions that the role may work in; all by default.
        deletes: Whether the role may delete repositories.
        profile: The profile whose caller is trusted.
        retry: How long to try to ask for the caller.

    Raises:
        SpecError: An argument is wrong, or the policy is too long for a role; with every reason.
        ClientError: botocore's own error: AWS does not say who the caller is.
    """
    scope = _checked(specs, role_name, within, trusts, external_id, account, regions)
    caller = trusts if trusts is not None else _caller(profile, retry)
    if is_account(caller):
        caller = str(Arn(scope.partition, "iam", "", caller, "root"))
    partition = caller.split(":")[1]
    scope = scope._replace(partition=partition)
    role = str(Arn(partition, "iam", "", account or "*", f"role/{role_name}"))
    found = needs(specs, scope, deletes=deletes) if specs else needs_of_everything(scope, deletes=deletes)
    policy = _document(_merged(found))
    size = len("".join(json.dumps(policy).split()))
    if size > MOST:
        raise SpecError(
            f"the policy has {size:,} characters, and a role has room for {MOST:,}: "
            "give prefixes instead of so many names, within=prefix('team/')"
        )
    trust = trust_statement(caller, external_id)
    return BootstrapPolicy(role_name, policy, _document([trust]), _document([permission_statement(role)]))


def _checked(
    specs: Iterable[object],
    role_name: str,
    within: object,
    trusts: object,
    external_id: str | None,
    account: object,
    regions: object,
) -> Scope:
    """Return where the role works.

    Raises:
        SpecError: With every reason.
    """
    problems = Problems()
    for spec in specs:
        problems.check(
            isinstance(spec, RepositorySpec | RegistrySpec),
            "",
            f"expected RepositorySpec or RegistrySpec, got {spec!r}",
        )
    example = "000000000000"
    problems.take("", lambda: RegistryLocation(example, role_name=role_name, external_id=external_id))
    if account is not None:
        problems.check(is_account(account), "account", f"expected 12 digits in a string, got {account!r}")
    names = problems.strings("regions", regions) or ()
    for name in names:
        problems.check(is_region(name), "regions", f"expected a region of AWS, such as 'eu-west-1', got {name!r}")
    if trusts is not None and not is_account(account_of(trusts)):
        problems.take("trusts", lambda: _check_caller(trusts))
    selected = (within,) if isinstance(within, str | Prefix) else within
    repositories = problems.each("within", selected, _wildcard) if isinstance(selected, Iterable) else []
    problems.check(isinstance(selected, Iterable), "within", f"expected names and prefixes, got {within!r}")
    problems.raise_any()
    partition = partition_of(names[0]).name if names else "aws"
    return Scope(partition, str(account or "*"), tuple(names) or ("*",), tuple(repositories))


def _check_caller(trusts: object) -> None:
    if not isinstance(trusts, str):
        raise SpecError(f"expected the ARN of a user or role, or an account, got {trusts!r}")
    arn = Arn.parse(trusts)
    if arn.service not in ("iam", "sts") or not arn.is_of_account:
        raise SpecError(f"expected the ARN of a user or role, or an account, got {trusts!r}")


def _wildcard(selected: object) -> str:
    """Return a name, or a prefix with a star behind it."""
    if isinstance(selected, Prefix):
        return f"{selected.text}*"
    return check_name(selected)


def _caller(profile: str | None, retry: RetryPolicy | None) -> str:
    """Return the ARN of the caller."""
    from ecrops.aws import Aws, RetryPolicy

    session = session_of(RegistryLocation(profile=profile))
    aws = Aws(session, 1, retry or RetryPolicy(), "us-east-1")
    return str(aws.get("sts", "GetCallerIdentity", "Arn"))


def _merged(found: Iterable[Need]) -> list[dict[str, Any]]:
    """Return statements: all actions on the same resources in one, all resources of the same actions in one."""
    of_resources: dict[tuple[Any, ...], dict[str, None]] = {}
    for need in found:
        of_resources.setdefault((need.resources, need.condition), {}).update(dict.fromkeys(need.actions))
    of_actions: dict[tuple[Any, ...], dict[str, None]] = {}
    for (resources, condition), actions in of_resources.items():
        of_actions.setdefault((tuple(sorted(actions)), condition), {}).update(dict.fromkeys(resources))
    return [_statement(actions, list(resources), condition) for (actions, condition), resources in of_actions.items()]


def _statement(
    actions: Sequence[str], resources: Sequence[str], condition: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*" if "*" in resources else sorted(resources)}
    return {**statement, "Condition": {"StringEquals": dict(condition)}} if condition else statement


def _document(statements: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
