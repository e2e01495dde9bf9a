"""Pull-through cache rules: from which upstream ECR fetches what is pulled under a prefix.

Models botocore's text of the operations, and the guide's "Creating a pull through cache rule",
https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html. It pulls nothing:
whether an upstream answers is steered by the test.
"""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecr.exceptions import InvalidParameterException
from moto.utilities.utils import get_partition

from ... import paging
from ...errors import invalid
from . import credentials, upstreams
from .credentials import SecretNotFound
from .prefixes import key_of, longest
from .upstreams import AUTHENTICATED, UnsupportedUpstreamRegistry

MOST_RULES = 50
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html, not adjustable."""

ASSUMES = "pullthroughcache.ecr.amazonaws.com"
Rule = dict[str, Any]


class RuleAlreadyExists(ServiceException):
    """A second rule for a prefix, even one that is the same."""

    code = "PullThroughCacheRuleAlreadyExistsException"

    def __init__(self, prefix: str, registry: str) -> None:
        super().__init__(f"A pull through cache rule with prefix '{prefix}' already exists in registry '{registry}'")


class RuleNotFound(ServiceException):
    """No rule for a prefix."""

    code = "PullThroughCacheRuleNotFoundException"

    def __init__(self, prefix: str, registry: str) -> None:
        super().__init__(f"The pull through cache rule with prefix '{prefix}' was not found in registry '{registry}'")


class TooManyRules(ServiceException):
    """More rules than a registry can have."""

    code = "LimitExceededException"
    message = f"The registry already has the maximum number of {MOST_RULES} pull through cache rules."


class PullThroughCache:
    """The rules of one registry, by prefix."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region, self._partition = account, region, get_partition(region)
        self.rules: dict[str, Rule] = {}
        self.down: set[str] = set()
        self.refusing: set[str] = set()
        self.secrets_unseen = 0

    def create(self, request: Rule) -> Rule:
        """A new rule; refused if there is one of that prefix, whatever it says."""
        prefix, url = request["ecrRepositoryPrefix"], request["upstreamRegistryUrl"]
        if key_of(prefix) in self.rules:
            raise RuleAlreadyExists(prefix, self._account)
        upstream = upstreams.named(url, request.get("upstreamRegistry"), self._partition)
        _check_prefixes(prefix, request.get("upstreamRepositoryPrefix", "ROOT"), upstream)
        self._check_access(upstream, url, request.get("credentialArn"), request.get("customRoleArn"))
        if len(self.rules) >= MOST_RULES:
            raise TooManyRules
        now = utcnow()
        # Terraform's tests read both prefixes as they were written, and ROOT for an upstream prefix
        kept = {"upstreamRepositoryPrefix": "ROOT", **request, "upstreamRegistry": upstream}
        self.rules[key_of(prefix)] = {**kept, "registryId": self._account, "createdAt": now, "updatedAt": now}
        return self.rules[key_of(prefix)]

    def _check_access(self, upstream: str, url: str, credential: str | None, role: str | None) -> None:
        if upstream in AUTHENTICATED and not credential:
            # quoted in aws-controllers-k8s/community#2589
            why = "The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN"
            raise UnsupportedUpstreamRegistry(why)
        # unverified: the codes of a credential and of a role that the upstream has no use for
        if credential and upstream not in AUTHENTICATED:
            raise invalid("credentialArn", f"The upstream registry {upstream} takes no credentials")
        if role and upstream != "ecr":
            raise invalid("customRoleArn", f"The upstream registry {upstream} takes no role")
        if upstream == "ecr":
            self._check_private(url, role)
        if credential:
            self._check_secret(credential)

    def _check_private(self, url: str, role: str | None) -> None:
        account, region = upstreams.private_registry(url)
        if (account, region) == (self._account, self._region):
            raise invalid("upstreamRegistryUrl", "A registry can't be its own upstream")  # unverified
        if account != self._account and not role:
            # the guide and Terraform's documentation say that it is required; unverified: the code
            raise invalid("customRoleArn", "A role is required for the registry of another account")
        if role:
            credentials.check_role(role, self._account, self._partition)

    def _check_secret(self, arn: str) -> None:
        """A new secret is not found for some seconds: entigolabs/entigo-infralib#1645."""
        credentials.find_secret(arn, self._account, self._region)
        if self.secrets_unseen:
            self.secrets_unseen -= 1
            raise SecretNotFound

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Those of some prefixes, all or none; or a page of all."""
        if "ecrRepositoryPrefixes" not in request:
            rules = [self.rules[name] for name in sorted(self.rules, key=paging.place)]
            page, more = paging.page(rules, request.get("maxResults"), request.get("nextToken"))
            return {"pullThroughCacheRules": page, **paging.following(more)}
        for name in ("nextToken", "maxResults"):
            if name in request:
                raise invalid(name, f"{name} can't be specified together with ecrRepositoryPrefixes")
        named = {key_of(prefix): self._find(prefix) for prefix in request["ecrRepositoryPrefixes"]}
        return {"pullThroughCacheRules": list(named.values())}

    def update(self, request: Rule) -> Rule:
        """Another credential or another role: nothing else of a rule can change."""
        rule = self._find(request["ecrRepositoryPrefix"])
        changes = {key: request[key] for key in ("credentialArn", "customRoleArn") if request.get(key)}
        if not changes:
            # quoted in pulumi/pulumi-aws#5714
            why = "Invalid input: Please set either credential arn or role arn to update the credentials"
            raise InvalidParameterException(why)
        url, merged = rule["upstreamRegistryUrl"], {**rule, **changes}
        self._check_access(rule["upstreamRegistry"], url, merged.get("credentialArn"), merged.get("customRoleArn"))
        rule.update(changes, updatedAt=utcnow())
        return rule

    def delete(self, prefix: str) -> Rule:
        """Take a rule away. What it has cached stays: ordinary repositories."""
        rule = self._find(prefix)
        return self.rules.pop(key_of(rule["ecrRepositoryPrefix"]))

    def validate(self, prefix: str) -> Rule:
        """Whether ECR gets through to the upstream: an answer, not an error."""
        rule = self._find(prefix)
        failure = self._failure(rule)
        return {**rule, "isValid": failure is None, **({"failure": failure} if failure else {})}

    def lets_in(self, repository: str) -> bool:
        """Whether a rule caches what is pulled as this repository, and ECR gets through to its upstream."""
        rule = self.rules.get(longest(self.rules, repository))
        return rule is not None and self._failure(rule) is None

    def covers(self, repository: str) -> bool:
        """Whether a repository is one of a cache."""
        return longest(self.rules, repository) in self.rules

    def _failure(self, rule: Rule) -> str | None:
        """Why a rule does not work: first the network, then the secret or the role, then the upstream's answer.

        The order is that of the guide's "Validating pull through cache rules". unverified: the words.
        """
        url = rule["upstreamRegistryUrl"]
        if url in self.down:
            return f"Unable to connect to the upstream registry {url}."
        failure = self._failure_of_secret(rule.get("credentialArn")) or self._failure_of_role(rule.get("customRoleArn"))
        if failure is None and url in self.refusing:
            return f"The upstream registry {url} refused the credentials."
        return failure

    def _failure_of_secret(self, arn: str | None) -> str | None:
        if arn is None:
            return None
        try:
            return credentials.fault_of_secret(credentials.find_secret(arn, self._account, self._region))
        except ServiceException as error:
            return str(error.message)

    def _failure_of_role(self, arn: str | None) -> str | None:
        usable = arn is None or credentials.can_assume(ASSUMES, arn, self._account, self._partition)
        return None if usable else f"Unable to assume the role {arn}."

    def _find(self, prefix: str) -> Rule:
        if key_of(prefix) not in self.rules:
            raise RuleNotFound(prefix, self._account)
        return self.rules[key_of(prefix)]


def _check_prefixes(prefix: str, upstream_prefix: str, upstream: str) -> None:
    """A prefix of the upstream is for private upstreams, and for rules that have a prefix themselves.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private-wildcards.html
    """
    # unverified: the codes, and that other upstreams take none
    if upstream_prefix != "ROOT" and prefix == "ROOT":
        raise invalid("upstreamRepositoryPrefix", "It can't be specified when ecrRepositoryPrefix is ROOT")
    if upstream_prefix != "ROOT" and upstream != "ecr":
        raise invalid("upstreamRepositoryPrefix", f"The upstream registry {upstream} takes no prefix")


class PullThroughCacheResponses:
    """The operations on rules, for ECR's responses to inherit."""

    def create_pull_through_cache_rule(self: Any) -> ActionResult:
        """Make a rule."""
        return ActionResult(self.ecr_backend.pull_through_cache.create(self.request))

    def describe_pull_through_cache_rules(self: Any) -> ActionResult:
        """List rules."""
        return ActionResult(self.ecr_backend.pull_through_cache.describe(self.request))

    def update_pull_through_cache_rule(self: Any) -> ActionResult:
        """Change how a rule gets in."""
        return ActionResult(self.ecr_backend.pull_through_cache.update(self.request))

    def delete_pull_through_cache_rule(self: Any) -> ActionResult:
        """Take a rule away."""
        return ActionResult(self.ecr_backend.pull_through_cache.delete(self.request["ecrRepositoryPrefix"]))

    def validate_pull_through_cache_rule(self: Any) -> ActionResult:
        """Try a rule."""
        return ActionResult(self.ecr_backend.pull_through_cache.validate(self.request["ecrRepositoryPrefix"]))
