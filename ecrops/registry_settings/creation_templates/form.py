"""A creation template in the form that AWS has it in, and what tells two of them apart. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ecrops.access import words as policy_words
from ecrops.access.policy_checks import stored as stored_policy
from ecrops.base.plain_json import received
from ecrops.base.tags import tag_list
from ecrops.base.tags import words as tag_words
from ecrops.errors import SpecError
from ecrops.iam.form import check_form
from ecrops.iam.statements import VERSION
from ecrops.iam.statements import canonical as canonical_policy
from ecrops.iam.text import to_text as policy_text
from ecrops.lifecycle.policy.document import canonical, ecr_form, render, stored
from ecrops.lifecycle.policy.document import to_text as rules_text
from ecrops.lifecycle.policy.rule import LifecycleRule
from ecrops.lifecycle.policy.words import difference as rules_difference
from ecrops.registry_settings.creation_templates.values import RepositoryCreationTemplate
from ecrops.registry_settings.setting import part
from ecrops.registry_settings.values import unchecked
from ecrops.repositories.states import utc
from ecrops.repositories.words import encryption_words, mutability_words

TEXT = "text"
"""The one member of what stands for a document that AWS has accepted, and ecrops does not understand."""


class Form(NamedTuple):
    """A template as AWS has it, with ECR's defaults.

    Args:
        prefix: Its prefix.
        applied_for: When it is applied.
        description: What it is for.
        mutability: Whether tags can be moved.
        filters: The wildcards of tags that are excluded from that.
        encryption: How images are encrypted.
        key: The ARN of the KMS key; empty for one that AWS manages.
        rules: The lifecycle rules, in their canonical form.
        policy: The repository policy; empty for none.
        tags: The tags, by key.
        role: The ARN of the role; empty for none.
        created_at: When it was made: it tells this template from a later one of the same prefix.
    """

    prefix: str
    applied_for: frozenset[str]
    description: str = ""
    mutability: str = "MUTABLE"
    filters: frozenset[str] = frozenset()
    encryption: str = "AES256"
    key: str = ""
    rules: Sequence[Mapping[str, Any]] = ()
    policy: Mapping[str, Any] = {}
    tags: Mapping[str, str] = {}
    role: str = ""
    created_at: str = ""

    def is_same(self, other: Form | None) -> bool:
        """Whether another template means the same."""
        return other is not None and not differing(self, other)


def parse(item: Mapping[str, Any]) -> Form:
    """Return a template in ECR's form, or the parameters of a call that writes one."""
    encryption = item.get("encryptionConfiguration") or {}
    return Form(
        item["prefix"].removesuffix("/"),
        frozenset(item.get("appliedFor", ())),
        item.get("description") or "",
        item.get("imageTagMutability") or "MUTABLE",
        frozenset(entry["filter"] for entry in item.get("imageTagMutabilityExclusionFilters", ())),
        encryption.get("encryptionType", "AES256"),
        encryption.get("kmsKey") or "",
        _rules(item.get("lifecyclePolicy") or ""),
        _policy(item.get("repositoryPolicy") or ""),
        {tag["Key"]: tag.get("Value", "") for tag in item.get("resourceTags", ())},
        item.get("customRoleArn") or "",
        utc(item.get("createdAt")),
    )


def _rules(text: str) -> Sequence[Mapping[str, Any]]:
    try:
        return stored(text) if text else ()
    except SpecError:  # whatever it is, AWS has accepted it: it can be shown, kept and replaced
        return ({TEXT: text},)


def _policy(text: str) -> Mapping[str, Any]:
    try:
        return stored_policy(check_form(received(text))) if text else {}
    except SpecError:
        return {TEXT: text}


def is_text(document: Mapping[str, Any]) -> bool:
    """Whether a policy, or the one rule of a lifecycle policy, is a text of AWS that is no such document."""
    return document.keys() == {TEXT}


def of(template: RepositoryCreationTemplate) -> Form:
    """Return a value in this form."""
    policy = template.resource_policy
    return Form(
        template.prefix,
        frozenset(map(str, template.applied_for)),
        template.description or "",
        str(template.image_tag_mutability or "MUTABLE"),
        frozenset(template.image_tag_mutability_exclusion_filters or ()),
        str(template.encryption or "AES256"),
        template.encryption_key or "",
        desired_rules(template),
        {"Version": VERSION, **policy} if policy and not is_text(policy) else dict(policy or {}),
        dict(template.tags or {}),
        template.custom_role_arn or "",
    )


def desired_rules(template: RepositoryCreationTemplate) -> Sequence[Mapping[str, Any]]:
    """Return the lifecycle rules of a template in their canonical form."""
    rules = template.lifecycle_rules or ()
    try:
        return canonical(render(rules))
    except SpecError:  # the value was described: AWS has accepted what ecrops would not write
        return canonical(map(ecr_form, rules))


def value(form: Form) -> RepositoryCreationTemplate:
    """Return a template as a value. What is ECR's default is left out."""
    return unchecked(
        RepositoryCreationTemplate,
        prefix=form.prefix,
        applied_for=tuple(sorted(form.applied_for)),
        description=form.description or None,
        image_tag_mutability=None if form.mutability == "MUTABLE" else form.mutability,
        image_tag_mutability_exclusion_filters=tuple(sorted(form.filters)) or None,
        encryption=None if form.encryption == "AES256" else form.encryption,
        encryption_key=form.key or None,
        lifecycle_rules=_as_values(form.rules),
        resource_policy=dict(form.policy) or None,
        tags=dict(form.tags) or None,
        custom_role_arn=form.role or None,
    )


def _as_values(rules: Sequence[Mapping[str, Any]]) -> tuple[LifecycleRule | Mapping[str, Any], ...] | None:
    """Return rules as values, or as ECR has them if they would be others then."""
    try:
        made = tuple(LifecycleRule.from_ecr(rule) for rule in rules)
        if canonical(render(made)) == list(rules):
            return made or None
    except SpecError:
        pass
    return tuple(rules)


def params(form: Form, *, whole: bool) -> dict[str, Any]:
    """Return the members of the call that writes a template.

    Args:
        form: The template.
        whole: Whether to send empty members too: those that an update leaves out may be reset, or may stay.
    """
    filters = [{"filterType": "WILDCARD", "filter": wildcard} for wildcard in sorted(form.filters)]
    members: dict[str, Any] = {
        "description": form.description,
        "resourceTags": tag_list(form.tags),
        "repositoryPolicy": _policy_text(form.policy) if form.policy else "",
        "lifecyclePolicy": _rules_text(form.rules) if form.rules else "",
        "customRoleArn": form.role,
    }
    return {
        "prefix": form.prefix,
        "appliedFor": sorted(form.applied_for),
        "encryptionConfiguration": {"encryptionType": form.encryption, **({"kmsKey": form.key} if form.key else {})},
        "imageTagMutability": form.mutability,
        **({"imageTagMutabilityExclusionFilters": filters} if filters else {}),
        **{name: member for name, member in members.items() if whole or member},
    }


def _policy_text(policy: Mapping[str, Any]) -> str:
    return str(policy[TEXT]) if is_text(policy) else policy_text(policy)


def _rules_text(rules: Sequence[Mapping[str, Any]]) -> str:
    return str(rules[0][TEXT]) if is_text(rules[0]) else rules_text(rules)


def with_current_key(form: Form, current: Form) -> Form:
    """Return a template with the key that AWS has, if it names none: AWS tells the key that it manages itself too."""
    is_same = form.encryption == current.encryption
    return form._replace(key=current.key) if is_same and not form.key else form


def _parts_of(form: Form) -> dict[str, Any]:
    """Return what is compared, by field, as JSON."""
    return {
        "applied_for": sorted(form.applied_for),
        "description": form.description,
        "tag mutability": [form.mutability, sorted(form.filters)],
        "encryption": [form.encryption, form.key],
        "lifecycle": list(form.rules),
        "policy": _canonical_policy(form.policy),
        "tags": dict(sorted(form.tags.items())),
        "custom_role_arn": form.role,
    }


def _canonical_policy(policy: Mapping[str, Any]) -> Any:
    if "Statement" not in policy:
        return dict(policy)
    version, members, meanings = canonical_policy(policy)
    return [version, members, sorted(meanings.elements())]


def differing(one: Form, other: Form) -> list[str]:
    """Return the fields in which two templates differ."""
    first, second = _parts_of(one), _parts_of(other)
    return [name for name in first if first[name] != second[name]]


def parts(form: Form | None) -> set[str]:
    """Return a template as parts of a difference."""
    return set() if form is None else {part(form.prefix, name, content) for name, content in _parts_of(form).items()}


def words(form: Form, other: Form | None) -> str:
    """Return in words what one template has and the other has not; all that is not ECR's default without another."""
    base = other or Form(form.prefix, frozenset())
    rules = rules_difference(list(base.rules), list(form.rules))[1] if form.rules != base.rules else ""
    said = {
        "applied_for": ", ".join(sorted(form.applied_for)),
        "description": f"description {form.description!r}" if form.description else "",
        "tag mutability": mutability_words(form.mutability, sorted(form.filters)),
        "encryption": encryption_words(form.encryption, form.key),
        "lifecycle": f"lifecycle {rules}" if rules else "",
        "policy": f"policy {policy_words.difference(base.policy, form.policy)[1]}".strip() if form.policy else "",
        "tags": f"tags {tag_words(form.tags)}" if form.tags else "",
        "custom_role_arn": f"role {form.role}" if form.role else "",
    }
    return ", ".join(said[name] for name in differing(form, base) if said[name])
