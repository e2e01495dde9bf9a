"""The rules of managed signing, as values. Pure.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/managed-signing.html, and the model of botocore.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from ecrops.base.problems import Problems, compact, from_fields, repeated, suggesting
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.registry_settings.values import check_others

PROFILE = re.compile(r"arn:aws(-[a-z]+)*:signer:[a-z0-9-]+:[0-9]{12}:/signing-profiles/[a-zA-Z0-9_]{2,}")
FILTER = re.compile(r"(?:[a-z0-9*]+(?:[._-][a-z0-9*]+)*/)*[a-z0-9*]+(?:[._-][a-z0-9*]+)*")
WILDCARD = "WILDCARD_MATCH"
MAX_PROFILE, MAX_FILTER = 200, 256
MAX_RULES, MAX_FILTERS = 10, 100

ADVICE = {
    "signing_profile_arn": "write profile_arn",
    "profile": "write profile_arn",
    "repository_filters": "write repositories=[...]",
    "filters": "write repositories=[...]",
}


@suggesting(ADVICE)
@dataclass(frozen=True, slots=True)
class SigningRule(Shown):
    """A signing profile, and the repositories whose images are signed with it when they are pushed.

    Whoever pushes needs ``signer:SignPayload`` on the profile. What was pushed before is not signed. An image that
    several rules select gets several signatures.

    Args:
        profile_arn: The ARN of the profile of AWS Signer. It is in the region of the registry, and may be in another
            account.
        repositories: Filters: names with ``*`` for any characters. Without them, every repository.
        other_filters: Filters of types that this ecrops does not know, which ``describe`` finds, by their type.

    Raises:
        SpecError: ECR would never accept such a rule; with every reason.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SigningRule.html
    """

    profile_arn: str
    repositories: Sequence[str] | None = None
    other_filters: Mapping[str, Sequence[str]] = field(default_factory=dict, kw_only=True)

    def __repr__(self) -> str:
        shown = compact(self)
        return shown if self.other_filters else shown.replace(", other_filters={})", ")")

    def __hash__(self) -> int:
        return hash((self.profile_arn, self.repositories))

    def __post_init__(self) -> None:
        problems = Problems()
        problems.take("profile_arn", partial(check_profile, self.profile_arn))
        if self.repositories is not None:
            object.__setattr__(self, "repositories", _check_filters(problems, self.repositories))
        own = {WILDCARD: "repositories=['team/*']"}
        others = check_others(problems, "other_filters", self.other_filters, own)
        object.__setattr__(self, "other_filters", others)
        problems.raise_any()

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        required = {"profile_arn": "a signing rule needs the ARN of a profile"}
        return from_fields(cls, data, "a signing rule", ADVICE, required)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule, ready for JSON."""
        filters = {} if self.repositories is None else {"repositories": list(self.repositories)}
        others = {kind: list(texts) for kind, texts in self.other_filters.items()}
        return {"profile_arn": self.profile_arn, **filters, **({"other_filters": others} if others else {})}


class Accepted(tuple[SigningRule, ...]):
    """Rules as AWS has them: it has accepted them, so nobody checks them."""

    __slots__ = ()


def check(value: object) -> tuple[SigningRule, ...]:
    """Return signing rules, which a file has as mappings.

    Raises:
        SpecError: They are none, or too many, or two are of one profile.
    """
    if isinstance(value, Accepted):
        return value
    if isinstance(value, SigningRule):
        raise SpecError(f"expected a list of SigningRules, got {value!r}: write [{value!r}]")
    if not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping):
        raise SpecError(f"expected a list of SigningRules, got {value!r}")
    problems = Problems()
    rules = problems.each("", value, check_rule)
    for profile in sorted(repeated(rule.profile_arn for rule in rules)):
        problems.add("", f"two rules are of the profile {profile}: merge their repositories into one")
    problems.check(len(rules) <= MAX_RULES, "", f"ECR takes {MAX_RULES} signing rules at most, got {len(rules)}")
    problems.raise_any()
    return tuple(rules)


def check_rule(value: object) -> SigningRule:
    """Return a signing rule, which a file has as a mapping."""
    return value if isinstance(value, SigningRule) else SigningRule.from_dict(value)


def check_here(rules: Sequence[SigningRule], partition: str, region: str) -> None:
    """Refuse rules whose profile is in another region than the registry.

    Raises:
        SpecError: With each such profile.
    """
    if isinstance(rules, Accepted):
        return
    problems = Problems()
    for number, rule in enumerate(rules):
        check = partial(check_profile_here, rule.profile_arn, partition, region)
        problems.take(f"[{number}].profile_arn", check)
    problems.raise_any()


def check_profile(value: object) -> None:
    """Refuse what is no ARN of a signing profile.

    Raises:
        SpecError: With what is expected.
    """
    if isinstance(value, str) and PROFILE.fullmatch(value) and len(value) <= MAX_PROFILE:
        return
    example = "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/releases"
    way_out = ""
    if isinstance(value, str) and re.search(r":signing-profiles/|/signing-profiles/\w+/\w+$", value):
        way_out = "; there is a slash before signing-profiles, and no version behind the name"
    raise SpecError(f"expected the ARN of a signing profile, such as {example!r}, got {value!r}{way_out}")


def check_profile_here(profile: str, partition: str, region: str) -> None:
    """Refuse a profile that is in another region than the registry.

    Raises:
        SpecError: It is.
    """
    _, own_partition, _, own_region, *_ = profile.split(":")
    if (own_partition, own_region) != (partition, region):
        raise SpecError(f"the registry is in {region}, and signs with profiles of {region} alone, got {profile!r}")


def _check_filters(problems: Problems, value: object) -> tuple[str, ...]:
    filters = problems.strings("repositories", value)
    if filters is None:
        return ()
    problems.check(bool(filters), "repositories", "an empty list selects nothing: leave it out to sign everything")
    for wildcard in filters:
        right = FILTER.fullmatch(wildcard) and len(wildcard) <= MAX_FILTER
        expected = f"expected a name of repositories with * for any characters, at most {MAX_FILTER}, such as 'team/*'"
        problems.check(bool(right), "repositories", f"{expected}, got {wildcard!r}")
    count = len(set(filters))
    problems.check(count <= MAX_FILTERS, "repositories", f"ECR takes {MAX_FILTERS} filters at most, got {count}")
    return tuple(sorted(set(filters)))
