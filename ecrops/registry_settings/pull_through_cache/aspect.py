"""The aspect of the pull-through cache rules of a registry. Called by the engine.

AWS has each rule by itself. All of them are read by one listing, and each change is of one rule. A rule that was
written is validated: ECR answers with the reason why it does not work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Note, never
from ecrops.base.conflicts import conflict
from ecrops.engine.aspect import Read
from ecrops.errors import EcropsError, SpecError
from ecrops.registry_settings.pull_through_cache import access, secrets
from ecrops.registry_settings.pull_through_cache.edits import Edit, Exactly, Include, Rules, edited, pending
from ecrops.registry_settings.pull_through_cache.upstreams import UPSTREAMS, account_of
from ecrops.registry_settings.pull_through_cache.values import ROOT, PullThroughCacheRule, Validation
from ecrops.registry_settings.setting import Setting, part, put
from ecrops.registry_settings.values import unchecked
from ecrops.repositories.states import utc

base = None
KEY = secrets.RULES
EXISTS, MISSING = "PullThroughCacheRuleAlreadyExistsException", "PullThroughCacheRuleNotFoundException"
SECRET_MISSING = "SecretNotFoundException"
# Not available there: https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
WITHOUT = {"aws-cn": "China", "aws-us-gov": "AWS GovCloud"}
MEMBERS = {
    "upstream": "upstreamRegistryUrl",
    "credential_arn": "credentialArn",
    "custom_role_arn": "customRoleArn",
    "upstream_prefix": "upstreamRepositoryPrefix",
}
UPDATED = ("credential_arn", "custom_role_arn")
ADVICE = {
    "UnsupportedUpstreamRegistryException": "ECR caches images of "
    + ", ".join(f"{upstream.name} ({upstream.example})" for upstream in UPSTREAMS),
    "LimitExceededException": "a registry has 50 pull-through cache rules at most: remove one",
    SECRET_MISSING: "credential_arn has to be of a secret in the account and region of the registry",
    "UnableToAccessSecretException": "ECR reads secrets of its own account and region that are not to be deleted",
    "UnableToDecryptSecretValueException": "ECR reads secrets under the default key aws/secretsmanager only",
}


def exactly(rules: Sequence[PullThroughCacheRule]) -> Exactly:
    """Return the edit of a spec's field."""
    return Exactly(rules)


def field(value: Rules) -> tuple[PullThroughCacheRule, ...]:
    """Return the current value as a spec's field."""
    return tuple(value.by_prefix[prefix] for prefix in sorted(value.by_prefix))


# Read


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield the one reading, which has the ARNs of the secrets that ecrops makes too."""
    for key, edits in wants.items():
        rules = [rule for edit in edits for rule in _added(edit)]
        _check_place(aws, rules)
        names = sorted({edit.secret for edit in edits if isinstance(edit, Include) and edit.secret})
        needs_account = any(account_of(rule.upstream) for rule in rules)
        services = ["ecr", *(["secretsmanager"] if names else []), *(["sts"] if needs_account else [])]
        yield Read((key,), partial(_read, aws, key, names, needs_account=needs_account), services)


def _added(edit: Edit) -> Sequence[PullThroughCacheRule]:
    return edit.rules if isinstance(edit, Exactly) else [edit.rule] if isinstance(edit, Include) else ()


def _check_place(aws: Aws, rules: Sequence[PullThroughCacheRule]) -> None:
    """Refuse rules that no registry of a region can have, before any call.

    Raises:
        SpecError: The region has no pull-through cache, or a secret is of another one.
    """
    if rules and aws.partition.name in WITHOUT:
        raise SpecError(f"{KEY}: ECR has no pull-through cache in {WITHOUT[aws.partition.name]}: copy the images")
    for rule in rules:
        arn = (rule.credential_arn or "").split(":")
        if rule.credential_arn and (arn[1], arn[3]) != (aws.partition.name, aws.region):
            raise SpecError(
                f"{KEY} {rule.prefix}: credential_arn is of a secret in {arn[3]}, and ECR reads secrets in the region "
                f"of the registry, {aws.region}, only: replicate the secret, and name the ARN of the replica"
            )


def _read(aws: Aws, key: str, names: Sequence[str], *, needs_account: bool) -> dict[str, Setting]:
    pages = aws.pages("ecr", "DescribePullThroughCacheRules", "pullThroughCacheRules", maxResults=1000)
    rules, made = dict[str, PullThroughCacheRule](), dict[str, str]()
    for item in chain.from_iterable(pages):
        rule = parse(item)
        rules[rule.prefix], made[rule.prefix] = rule, utc(item.get("createdAt"))
    arns = {name: secrets.arn_of(aws, name) for name in names}
    return {key: Setting(Rules(rules, arns, aws.account_id if needs_account else "", made))}


def parse(item: Mapping[str, Any]) -> PullThroughCacheRule:
    """Return a rule in ECR's form, or the parameters of the call that makes it."""
    fields = {name: item.get(member) or None for name, member in MEMBERS.items()}
    if fields["upstream_prefix"] is not None:
        bare = fields["upstream_prefix"].removesuffix("/")
        fields["upstream_prefix"] = None if bare == ROOT else bare
    return unchecked(PullThroughCacheRule, prefix=item["ecrRepositoryPrefix"].removesuffix("/"), **fields)


# Decide


def changes(key: str, edits: Sequence[Edit], current: Setting) -> Iterator[Change | Note]:
    """Make, update and delete rules, each by itself."""
    rules: Rules = current.value
    before, desired = rules.by_prefix, edited(edits, rules)
    made_secrets = {edit.rule.prefix: edit.secret for edit in edits if isinstance(edit, Include) and edit.secret}
    for prefix in sorted(desired):
        rule, old = desired[prefix], before.get(prefix)
        if old is None:
            yield from access.check(key, rule, rules.account)
            yield _create(key, rule, rules, made_secrets.get(prefix, ""))
        elif old != rule:
            yield _update(key, old, rule, rules, made_secrets.get(prefix, ""))
    removed = sorted(before.keys() - desired.keys())
    for prefix in removed:
        yield _delete(key, before[prefix], rules)
    if removed:
        used = sorted({arn for prefix in removed if (arn := before[prefix].credential_arn)})
        secrets_stay = f", and so do the secrets {', '.join(used)}" if used else ""
        yield Note(f"{key}: the repositories of {', '.join(removed)} stay, with what is cached{secrets_stay}")


def _create(key: str, rule: PullThroughCacheRule, rules: Rules, secret: str) -> Change:
    params = {"ecrRepositoryPrefix": rule.prefix, **_params(rule, MEMBERS)}
    needs = ["iam:CreateServiceLinkedRole", "ecr:ValidatePullThroughCacheRule", *_passes(rule)]
    call = Call("ecr", "CreatePullThroughCacheRule", params, needs, confirm=partial(confirm, rule.prefix))
    return _put(key, call, None, rule, rules, secret)


def _update(key: str, old: PullThroughCacheRule, rule: PullThroughCacheRule, rules: Rules, secret: str) -> Change:
    differing = [name for name in MEMBERS if getattr(old, name) != getattr(rule, name)]
    fixed = [name for name in differing if name not in UPDATED]
    unset = [name for name in differing if name in UPDATED and getattr(rule, name) is None]
    if fixed or unset:
        why = "are chosen once" if fixed else "can be replaced, and not taken away"
        way_out = f"pull_through_cache.remove({rule.prefix!r}), and add the rule again; what is cached stays"
        advice = f"{', '.join(fixed or unset)} of a rule {why}: {way_out}"
        words = _words(old, rules, differing), _words(rule, rules, differing)
        return conflict(key, rule.prefix, words[0], words[1], advice)
    sent = _params(rule, {name: MEMBERS[name] for name in UPDATED})  # an omitted one might be taken away
    call = Call(
        "ecr",
        "UpdatePullThroughCacheRule",
        {"ecrRepositoryPrefix": rule.prefix, **sent},
        ["ecr:ValidatePullThroughCacheRule", *_passes(rule)],
        confirm=partial(confirm, rule.prefix),
    )
    return _put(key, call, old, rule, rules, secret)


def _delete(key: str, old: PullThroughCacheRule, rules: Rules) -> Change:
    call = Call("ecr", "DeletePullThroughCacheRule", {"ecrRepositoryPrefix": old.prefix})
    return _put(key, call, old, None, rules, "")


def _params(rule: PullThroughCacheRule, members: Mapping[str, str]) -> dict[str, Any]:
    return {member: value for name, member in members.items() if (value := getattr(rule, name)) is not None}


def _passes(rule: PullThroughCacheRule) -> list[str]:
    return ["iam:PassRole"] if rule.custom_role_arn else []


def _put(
    key: str,
    call: Call,
    old: PullThroughCacheRule | None,
    rule: PullThroughCacheRule | None,
    rules: Rules,
    secret: str,
) -> Change:
    removed, added = _parts(old, rules) - _parts(rule, rules), _parts(rule, rules) - _parts(old, rules)
    differing = [name for name in MEMBERS if getattr(old, name, None) != getattr(rule, name, None)]
    words = _words(old, rules, differing), _words(rule, rules, differing)
    return put(
        key,
        call,
        removed,
        added,
        words=words,
        what=call.params["ecrRepositoryPrefix"],
        advice=ADVICE,
        superseded=(EXISTS, MISSING),
        awaits=_is_unseen if secret else never,
        identity="" if rule else rules.created_at.get(call.params["ecrRepositoryPrefix"], ""),
    )


def _is_unseen(error: Exception) -> bool:
    """Whether ECR has not heard yet of a secret that was made a moment ago.

    Source: https://github.com/entigolabs/entigo-infralib/issues/1645
    """
    return code_of(error) == SECRET_MISSING


def _parts(rule: PullThroughCacheRule | None, rules: Rules) -> set[str]:
    if rule is None:
        return set()
    names = {arn: pending(name) for name, arn in rules.secrets.items() if arn}
    values = {name: names.get(getattr(rule, name), getattr(rule, name)) for name in MEMBERS}
    return {part(rule.prefix, name, value) for name, value in values.items() if value is not None}


def _words(rule: PullThroughCacheRule | None, rules: Rules, names: Sequence[str]) -> str:
    """Return some members of a rule in words."""
    if rule is None:
        return ""
    values = {name: getattr(rule, name) for name in names if getattr(rule, name) is not None}
    return ", ".join(value if name == "upstream" else f"{name} {value}" for name, value in values.items())


# Validate


def validate(aws: Aws, prefix: str) -> Validation:
    """Ask ECR whether it gets through to the upstream of a rule."""
    awaits = (MISSING,) if KEY in aws.made else ()
    answer = aws.call(
        "ecr", "ValidatePullThroughCacheRule", {"ecrRepositoryPrefix": prefix}, needs="isValid", awaits=awaits
    )
    return Validation(prefix, answer["isValid"], answer.get("failure") or "")


def confirm(prefix: str, aws: Aws) -> None:
    """Refuse a rule that was just written, if it does not work.

    Raises:
        EcropsError: ECR says why it does not, and the rule stays as it was asked for; or there is no such rule any
            more.
        ClientError: botocore's own error: whether it works is not known.
    """
    try:
        validation = validate(aws, prefix)
    except ClientError as error:
        if code_of(error) == MISSING:
            raise EcropsError(
                f"the pull-through cache rule {prefix} was written, and another writer has removed it since: ask again "
                "if it is to be there"
            ) from error
        error.add_note(f"the pull-through cache rule {prefix} was written; whether it works is not known")
        raise
    if not validation:
        raise EcropsError(
            f"the pull-through cache rule {prefix} was written, and does not work: {validation.failure} Mend that, and "
            f"ask again: pull_through_cache.validate({prefix!r})"
        )


def after(change: Change, current: Setting) -> Setting:
    """Return the rules after a change."""
    rules: Rules = current.value
    by_prefix = dict(rules.by_prefix)
    prefix = change.params["ecrRepositoryPrefix"]
    old = by_prefix.pop(prefix, None)
    if change.kind is not Kind.DELETE:
        kept = {member: getattr(old, name, None) for name, member in MEMBERS.items()}
        by_prefix[prefix] = parse({**kept, **change.params})
    made = {other: at for other, at in rules.created_at.items() if other != prefix}
    return Setting(rules._replace(by_prefix=by_prefix, created_at=made))


def verify(edit: Edit) -> bool:
    """Whether another writer can undo the edit unseen: each rule is written by itself, so never."""
    return False
