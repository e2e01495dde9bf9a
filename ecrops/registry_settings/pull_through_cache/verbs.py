"""``registry.pull_through_cache``: the verbs of pull-through cache rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ecrops.base.shown import ShownTuple
from ecrops.engine.aspect import Want
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.registry_settings.pull_through_cache import aspect, secrets
from ecrops.registry_settings.pull_through_cache.edits import Exactly, Exclude, Include, with_credential
from ecrops.registry_settings.pull_through_cache.login import Login
from ecrops.registry_settings.pull_through_cache.values import (
    PullThroughCacheRule,
    Validation,
    check,
    check_prefix,
)
from ecrops.registry_settings.setting import Handle
from ecrops.repositories.checks import check_one_by_one

PLACEHOLDER = "arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache/made-by-ecrops"
"""Stands for the ARN of a secret that is made with the rule, while the rule is checked."""


class PullThroughCache(Handle):
    """From which upstream registries ECR caches images."""

    aspect = aspect
    key = aspect.KEY

    def describe(self) -> tuple[PullThroughCacheRule, ...]:
        """Return the rules that AWS has, by prefix."""
        return ShownTuple(aspect.field(self._current()))

    def add(
        self,
        prefix: str,
        upstream: str,
        *,
        credential_arn: str | None = None,
        username: str | None = None,
        access_token: str | Callable[[], str] | None = None,
        custom_role_arn: str | None = None,
        upstream_prefix: str | None = None,
    ) -> Plan:
        """Add a rule, or give the rule of a prefix another credential or role. Rules of others stay.

        With a user name and a token, ecrops first keeps them in Secrets Manager, in ``ecr-pullthroughcache/PREFIX``
        under the default key: it makes the secret, or gives its own secret another content. ECR then validates the
        rule: whether it gets through to the upstream.

        Args:
            prefix: As in ``PullThroughCacheRule``.
            upstream: As in ``PullThroughCacheRule``.
            credential_arn: As in ``PullThroughCacheRule``. In its place:
            username: The user name for the upstream.
            access_token: The token, or a function that returns it, and is called whenever the token is needed. It is
                never shown. A plan with a function of a module can be pickled, one with a text cannot.
            custom_role_arn: As in ``PullThroughCacheRule``.
            upstream_prefix: As in ``PullThroughCacheRule``.

        Raises:
            SpecError: ECR would never accept the rule.
            ConflictError: The prefix has a rule that differs in what cannot be changed, or the secret is somebody
                else's, with another content.
            EcropsError: The rule was written, and ECR says why it does not work.
        """
        try:
            login = _login(username, access_token, credential_arn)
            rule = PullThroughCacheRule(
                prefix,
                upstream,
                credential_arn=PLACEHOLDER if login else credential_arn,
                custom_role_arn=custom_role_arn,
                upstream_prefix=upstream_prefix,
            )
        except SpecError as error:
            raise error.with_traceback(
                None
            ) from None  # the frames below have what may be the token, in whichever place
        finally:
            del username, access_token, credential_arn  # this frame is in tracebacks
        if login is None:
            return self._make(Include(rule))
        key = secrets.key_of(rule.prefix)
        include = Include(with_credential(rule, None), secrets.name_of(key))
        return self._registry.make(
            Want(secrets, key, secrets.Keep(login), for_owner=self.key), Want(aspect, self.key, include)
        )

    def set(self, *rules: PullThroughCacheRule) -> Plan:
        """Make these all rules of the registry: those of others go.

        Args:
            rules: The rules; none removes all.

        Raises:
            SpecError: ECR would never accept them.
            ConflictError: A prefix has a rule that differs in what cannot be changed.
            EcropsError: A rule was written, and ECR says why it does not work.
        """
        check_one_by_one(rules, "set(*rules)")
        return self._make(Exactly(check(rules)))

    def remove(self, *prefixes: str) -> Plan:
        """Remove rules. The repositories that they have made stay, with their images, and so do the secrets.

        Args:
            prefixes: The prefixes of the rules.

        Raises:
            SpecError: One is no prefix.
        """
        check_one_by_one(prefixes, "remove(*prefixes)")
        return self._make(Exclude(tuple(map(check_prefix, prefixes))))

    def validate(self, prefix: str) -> Validation:
        """Ask ECR whether it gets through to the upstream of a rule: with its credentials, or with its role.

        Args:
            prefix: The prefix of the rule.

        Returns:
            True or false, with the reason.

        Raises:
            ClientError: botocore's own error: there is no such rule, or it cannot be asked.
        """
        return aspect.validate(self._registry.aws, check_prefix(prefix))


def _login(username: object, access_token: Any, credential_arn: object) -> Login | None:
    """Return the user name and the token; ``None`` if none is given.

    Raises:
        SpecError: One of both is missing, or there is a secret too.
    """
    if username is None and access_token is None:
        return None
    if username is None or access_token is None:
        missing = "username" if username is None else "access_token"
        raise SpecError(f"{missing}: is missing: a user name and an access token go together")
    if credential_arn is not None:
        raise SpecError("credential_arn: give the ARN of a secret, or a user name and an access token, and not both")
    return Login(cast("str", username), access_token)
