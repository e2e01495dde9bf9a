"""The aspect of the repository creation templates of a registry. Called by the engine.

AWS has each template by itself, and a template is written whole: what an update leaves out may be reset. So a template
with members that the installed botocore drops is not updated. All are read by one listing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ecrops.aws import Aws
from ecrops.aws.attempt.whole import list_whole
from ecrops.base.change import Call, Change, Kind, Note
from ecrops.engine.aspect import Read
from ecrops.errors import SpecError
from ecrops.registry_settings.creation_templates import form
from ecrops.registry_settings.creation_templates.edits import Edit, Exactly, Include, Templates, changed_since
from ecrops.registry_settings.creation_templates.form import Form
from ecrops.registry_settings.creation_templates.values import RepositoryCreationTemplate
from ecrops.registry_settings.setting import Setting, put
from ecrops.repositories.checks import check_key_of

base = None
KEY = "creation templates"
EXISTS, MISSING = "TemplateAlreadyExistsException", "TemplateNotFoundException"


def exactly(templates: Sequence[RepositoryCreationTemplate]) -> Exactly:
    """Return the edit of a spec's field."""
    return Exactly(templates)


def field(value: Templates) -> tuple[RepositoryCreationTemplate, ...]:
    """Return the current value as a spec's field."""
    return tuple(form.value(value.by_prefix[prefix]) for prefix in sorted(value.by_prefix))


# Read


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield the one reading."""
    for key, edits in wants.items():
        for edit in edits:
            for template in _added(edit):
                _check_place(aws, template)
        yield Read((key,), partial(_read, aws, key), ("ecr",))


def _added(edit: Edit) -> Sequence[RepositoryCreationTemplate]:
    return edit.templates if isinstance(edit, Exactly) else [edit.template] if isinstance(edit, Include) else ()


def _check_place(aws: Aws, template: RepositoryCreationTemplate) -> None:
    """Refuse a template that no registry of a region can have, before any call.

    Raises:
        SpecError: Its key is of another region, or its policy names another partition.
    """
    try:
        if template.encryption_key:
            check_key_of(template.encryption_key, aws.partition.name, aws.region)
        if template.resource_policy:
            from ecrops.access.policy_checks import check_partition

            check_partition(template.resource_policy, aws.partition.name)
    except SpecError as error:
        raise error.at(f"{KEY} {template.prefix}") from None


def _read(aws: Aws, key: str) -> dict[str, Setting]:
    listed = list_whole(
        aws, "ecr", "DescribeRepositoryCreationTemplates", "repositoryCreationTemplates", maxResults=1000
    )
    templates, unknown = dict[str, Form](), dict[str, Collection[str]]()
    for item, members in listed:
        template = form.parse(item)
        templates[template.prefix] = template
        if members:
            unknown[template.prefix] = members
    return {key: Setting(Templates(templates, unknown))}


# Decide


def changes(key: str, edits: Sequence[Edit], current: Setting) -> Iterator[Change | Note]:
    """Make, update and delete templates, each by itself and whole."""
    before: Mapping[str, Form] = current.value.by_prefix
    desired = dict(before)
    for edit in edits:
        desired = edit(desired)
    for prefix in sorted(desired):
        old, new = before.get(prefix), desired[prefix]
        if not new.is_same(old):
            yield _write(key, old, new, current.value.unknown.get(prefix, ()))
    for prefix in sorted({prefix for edit in edits for prefix in changed_since(edit, before)} & desired.keys()):
        yield Note(f"{key}: {prefix} stays: it was changed since it was found")
    removed = sorted(before.keys() - desired.keys())
    for prefix in removed:
        call = Call("ecr", "DeleteRepositoryCreationTemplate", {"prefix": prefix})
        parts, words = form.parts(before[prefix]), form.words(before[prefix], None)
        made = before[prefix].created_at
        yield put(key, call, parts, (), words=(words, ""), what=prefix, superseded=(MISSING,), identity=made)
    if removed:
        yield Note(f"{key}: the repositories that were made by {', '.join(removed)} stay as they are")


def _write(key: str, old: Form | None, new: Form, unknown: Collection[str]) -> Change:
    operation = "UpdateRepositoryCreationTemplate" if old else "CreateRepositoryCreationTemplate"
    call = Call(
        "ecr", operation, form.params(new, whole=old is not None), list(_needs(old, new)), partial(_is_kept, new)
    )
    before, after = form.parts(old), form.parts(new)
    return put(
        key,
        call,
        before - after,
        after - before,
        unknown=unknown,
        words=(form.words(old, new) if old else "", form.words(new, old)),
        what=new.prefix,
        superseded=(EXISTS, MISSING),
    )


def _needs(old: Form | None, new: Form) -> Iterator[str]:
    """Yield what the caller needs besides: ECR checks that the caller could make such repositories.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html
    """
    yield "ecr:CreateRepository"
    if new.rules:
        yield "ecr:PutLifecyclePolicy"
    if new.policy:
        yield "ecr:SetRepositoryPolicy"
    if new.role:
        yield "iam:PassRole"
    elif not old:
        yield "iam:CreateServiceLinkedRole"


def _is_kept(sent: Form, answer: Mapping[str, Any]) -> bool:
    """Whether an answer has the template that was sent. AWS may add the key that it manages."""
    item = answer.get("repositoryCreationTemplate")
    if not item or "prefix" not in item:
        return True
    kept = form.parse(item)
    return form.with_current_key(sent, kept).is_same(kept)


def after(change: Change, current: Setting) -> Setting:
    """Return the templates after a change."""
    templates = dict(current.value.by_prefix)
    if change.kind is Kind.DELETE:
        templates.pop(change.params["prefix"], None)
    else:
        written = form.parse(change.params)
        templates[written.prefix] = written
    return Setting(current.value._replace(by_prefix=templates))


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: a template is written whole, and another writer may do so too."""
    return isinstance(edit, Include)
